/* SPDX-License-Identifier: BSD-2-Clause */
/* A question with --direct while memory runs out: it ends once, with a fault of ours or as it would, and nothing about
 * the domain is made up. */
#include "tests/scanner/dns/net_direct_rig.h"

#include <stdlib.h>

#include "tests/fake/failing_malloc.h"

enum { ALLOCATIONS_MAX = 100 };

struct shortage {
	const char *name;
	const char *first, *second, *resolver;
	bool audit, unknown_host;
	enum dns_status status;
};

static const struct shortage shortages[] = {
	{ "an answer", "data", NULL, NULL, false, false, DNS_NOERROR },
	{ "the resolver's", "alias", NULL, "data", false, false, DNS_NOERROR },
	{ "a second server's", "refused", "data", NULL, false, false, DNS_NOERROR },
	{ "with a look-up", "refused", "data", "data", false, true, DNS_NOERROR },
	{ "an audit", "nx", NULL, "data", true, false, DNS_NXDOMAIN },
};

/* False: no allocation failed, there are no more. */
static bool ask_short_of(const struct shortage *c, long allocation)
{
	struct net_direct_rig *rig = net_direct_rig_open(!c->unknown_host);
	struct net_direct_asked asked;
	bool was_hit;

	rig->audit.share = c->audit;
	rig->second_host = "127.0.0.2";
	rig->server[0][0] = c->first;
	rig->server[1][0] = c->second;
	rig->says = c->resolver;
	fail_at(allocation);
	net_direct_rig_ask(rig, &asked, DNS_TYPE_MX);
	was_hit = hit;
	fail_at(-1);
	if (asked.query.fault ? asked.query.fault != NET_FAULT_MEMORY || asked.query.status != DNS_SKIPPED
			      : asked.query.status != c->status)
		fail_msg("%s, without allocation %ld: fault %d, %s", c->name, allocation, asked.query.fault,
			 dns_status_names[asked.query.status]);
	net_direct_rig_close(rig);
	return was_hit;
}

static void a_question_ends_once_whatever_memory_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(shortages); i++) {
		long allocation = 0;

		while (ask_short_of(&shortages[i], allocation))
			assert_true(++allocation < ALLOCATIONS_MAX);
		assert_true(allocation > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_ends_once_whatever_memory_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
