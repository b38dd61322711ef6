/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/classify/public_suffix.h"

#include <libpsl.h>

#include "parsers/domain.h"
#include "parsers/hash.h"

enum { MEMO_NAMES = 256 }; /* 16 KiB a thread for each question */

/* The list takes thousands of instructions a name, and the same names come again and again: a domain's own, once for
 * each role, and the hosts of a dozen services. The list never changes, and neither does its answer. */
struct memo {
	char name[62];
	uint8_t length, ahead; /* as list_question */
};

/* Octets in front of what is asked for; all of them where there is no such thing. */
typedef size_t list_question(const char *text, size_t n);

static size_t ahead_of_registrable(const char *text, size_t n)
{
	const char *registrable = psl_registrable_domain(psl_builtin(), text);

	return registrable ? (size_t)(registrable - text) : n;
}

static size_t ahead_of_registered(const char *text, size_t n)
{
	struct span name = { text, n };
	size_t at = 0;

	for (size_t dot = span_find(name, 0, '.'); dot < n; dot = span_find(name, at, '.')) {
		if (psl_is_public_suffix2(psl_builtin(), text + dot + 1, PSL_TYPE_ICANN))
			break;
		at = dot + 1;
	}
	return at;
}

static size_t ask_list(struct span name, list_question *question)
{
	char text[DOMAIN_NAME_MAX + 1]; /* libpsl wants lower case and a NUL */

	for (size_t i = 0; i < name.n; i++)
		text[i] = ascii_lower(name.p[i]);
	text[name.n] = '\0';
	if (strlen(text) != name.n) /* a NUL within: no host name, nothing to look up */
		return name.n;
	return question(text, name.n);
}

static size_t ask(struct span name, struct memo memo[static MEMO_NAMES], list_question *question)
{
	struct memo *kept;
	uint64_t hash;

	if (name.n == 0 || name.n > DOMAIN_NAME_MAX)
		return name.n;
	hash = hash_span(name);
	kept = &memo[(hash ^ hash >> 32) % MEMO_NAMES];
	if (span_equal((struct span){ kept->name, kept->length }, name))
		return kept->ahead;
	if (name.n > sizeof(kept->name))
		return ask_list(name, question);
	memcpy(kept->name, name.p, name.n);
	kept->length = (uint8_t)name.n;
	kept->ahead = (uint8_t)ask_list(name, question);
	return kept->ahead;
}

struct public_suffix_cut public_suffix_cut(struct span name)
{
	static _Thread_local struct memo memo[MEMO_NAMES];
	struct public_suffix_cut cut = { name, name, name, { name.p, 0 } };
	size_t ahead = ask(name, memo, ahead_of_registrable);

	if (ahead == name.n)
		return cut;
	cut.registrable = span_skip(name, ahead);
	cut.label = (struct span){ cut.registrable.p, span_find(cut.registrable, 0, '.') };
	cut.suffix = span_skip(cut.registrable, cut.label.n < cut.registrable.n ? cut.label.n + 1 : cut.label.n);
	return cut;
}

struct span public_suffix_registered(struct span name)
{
	static _Thread_local struct memo memo[MEMO_NAMES];
	size_t ahead = ask(name, memo, ahead_of_registered);

	return ahead < name.n ? span_skip(name, ahead) : name;
}

const char *public_suffix_library_version(void)
{
	return psl_get_version();
}
