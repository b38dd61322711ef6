/* SPDX-License-Identifier: BSD-2-Clause */
/* A judgement by TLSA records whose memory fails, at any of its allocations: it is none, or as good as ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "scanner/job/net.h"
#include "scanner/tls/dane.h"
#include "tests/fake/failing_malloc.h"
#include "tests/scanner/tls/dane_rig.h"

enum { ALL = 20000 }; /* a whole key or certificate takes thousands, a digest a dozen */

struct memory_case {
	const char *records, *sent;
	long step; /* between the allocations that are tried: a prime, so that no loop is in step with it */
	enum dane_match match;
	uint32_t usable, matching;
};

static const struct memory_case cases[] = {
	{ "311 leaf", "leaf middle", 1, DANE_MATCH, 1, 1 },
	{ "211 middle, 300 leaf wrong", "leaf middle root", 211, DANE_MATCH, 3, 1 },
	{ "200 root, 210 root", "leaf middle", 211, DANE_MATCH, 3, 3 },
	{ "312 leaf wrong, 311 leaf", "leaf middle", 1, DANE_MISMATCH, 3, 2 },
	{ "211 middle", "expired middle", 1, DANE_MATCH_FAILED, 1, 1 },
	{ "011 middle", "leaf middle", 1, DANE_NONE_USABLE, 0, 0 },
};

/* Judge once; true: memory has failed it. */
static bool judge_once(const struct memory_case *c, const struct obs_tlsa *tlsa, STACK_OF(X509) * chain)
{
	struct arena arena = { 0 };
	struct obs_dane dane;
	int fault = dane_judge(dane_context, chain, tlsa, &arena, &dane);

	left = -1;
	if (fault == NET_OK) {
		assert_int_equal(dane.match, c->match);
		assert_int_equal(dane.usable, c->usable);
		assert_int_equal(dane.matching, c->matching);
	} else {
		assert_int_equal(fault, NET_FAULT_MEMORY);
		assert_int_equal(dane.match, DANE_NOT_TRIED);
		assert_int_equal(dane.usable, 0);
	}
	arena_fini(&arena);
	return fault != NET_OK;
}

/* @many in a row; what cleans up may meet it, too. */
static void try_all(const struct memory_case *c, long many)
{
	static struct dane_records records;
	STACK_OF(X509) *chain = dane_chain(c->sent);
	long at = 0;
	unsigned rounds = 0, faults = 0;
	bool reached;

	records = (struct dane_records){ 0 };
	dane_records_add(&records, c->records);
	do {
		fail_at(at);
		more = many - 1;
		faults += judge_once(c, &records.tlsa, chain);
		reached = hit;
		assert_false(judge_once(c, &records.tlsa, chain)); /* nothing is left of it */
		at += c->step;
	} while (reached && ++rounds && at < ALL);
	assert_true(!reached && rounds > 10 && faults > rounds / 2);
	sk_X509_free(chain);
}

static void a_judgement_without_memory_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		try_all(&cases[i], 1);
		try_all(&cases[i], 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_judgement_without_memory_is_none),
	};

	return cmocka_run_group_tests_name("dane_memory", tests, dane_rig_init, dane_rig_fini);
}
