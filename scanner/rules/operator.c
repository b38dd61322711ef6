/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/rules/operator.h"

#include "analysis/classify/public_suffix.h"
#include "output/hash_table.h"
#include "parsers/hash.h"
#include "parsers/siphash.h"
#include "scanner/base/extra.h"

enum { MEMO_HOSTS = 4096 }; /* 64 KiB a thread */

struct span operator_of_host(struct span host)
{
	return public_suffix_cut(host).registrable;
}

struct span operator_name(struct span servers)
{
	struct span first;

	if (extra_items(servers, &first, 1) == 0)
		return (struct span){ NULL, 0 };
	return operator_of_host(first);
}

/* The list of public suffixes takes thousands of instructions a name, and the same hosts come again and again: a
 * million domains name thousands. Who does not know the key can't choose a host that is taken for another. */
uint64_t operator_of(struct span servers)
{
	static _Thread_local struct {
		uint64_t host, operator;
	} memo[MEMO_HOSTS];
	static _Thread_local uint8_t key[SIPHASH_KEY_OCTETS];
	static _Thread_local bool has_key;
	struct span first, name;
	uint64_t host;

	if (extra_items(servers, &first, 1) == 0)
		return 0;
	if (!has_key)
		hash_table_key(key);
	has_key = true;
	host = siphash(key, first);
	if (memo[host % MEMO_HOSTS].host != host) {
		name = operator_of_host(first);
		memo[host % MEMO_HOSTS].host = host;
		memo[host % MEMO_HOSTS].operator= name.p ? hash_span(name) : 0;
	}
	return memo[host % MEMO_HOSTS].operator;
}
