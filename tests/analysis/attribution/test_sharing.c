/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/attribution/sharing.h"
#include "tests/analysis/facts.h"

enum { CASES_MAX = 16, MANAGED = SHARING_MANAGED, NAMED = SHARING_NAMED };

/* So many domains share a key, of so many administrators. */
struct shared {
	const char *key;
	unsigned domains, administrators;
	enum attribution_role role;
	uint8_t flags;
	enum managed managed;
};

static const struct shared table[] = {
	{ "one.example", 1, 1, ROLE_MX, MANAGED, MANAGED_SELF },
	{ "five.example", 5, 5, ROLE_MX, MANAGED, MANAGED_SELF },
	{ "six.example", 6, 6, ROLE_MX, MANAGED, MANAGED_UNCLASSIFIED },
	{ "forty-nine.example", 49, 49, ROLE_MX, MANAGED | NAMED, MANAGED_UNCLASSIFIED },
	{ "fifty.example", 50, 50, ROLE_MX, MANAGED | NAMED, MANAGED_THIRD_PARTY },
	{ "six.example", 50, 50, ROLE_DNS, MANAGED, MANAGED_THIRD_PARTY }, /* another role */
	{ "company.example", 300, 1, ROLE_MX, MANAGED, MANAGED_SELF },
	{ "family.example", 300, 5, ROLE_MX, MANAGED, MANAGED_SELF },
	{ "clients.example", 300, 6, ROLE_MX, MANAGED, MANAGED_THIRD_PARTY },
	{ "site.github.io", 20, 20, ROLE_POLICY_HOST, MANAGED | SHARING_OWNED, MANAGED_SELF },
	{ "shop.github.io", 60, 60, ROLE_POLICY_HOST, MANAGED | SHARING_OWNED, MANAGED_THIRD_PARTY },
	{ "known.example", 7, 7, ROLE_MX, NAMED, MANAGED_COUNT },
};

struct counted {
	uint64_t managed[CASES_MAX][MANAGED_COUNT];
	uint64_t named[CASES_MAX], broken[CASES_MAX];
};

static void on_share(void *arg, const struct share *share, enum managed managed)
{
	struct counted *counted = arg;

	assert_true(span_equal_nocase(share->key, span_of(table[share->cell].key)));
	counted->managed[share->cell][managed]++;
}

static bool on_name(void *arg, enum attribution_role role, struct span name, uint64_t domains, uint64_t broken)
{
	struct counted *counted = arg;

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		if (table[i].role == role && span_equal(name, span_of(table[i].key))) {
			assert_int_equal(counted->named[i], 0); /* once */
			counted->named[i] = domains;
			counted->broken[i] = broken;
		}
	}
	return true;
}

/* Rows of all cases mixed, from the front or the back. */
static void count(unsigned partitions, bool backwards, struct counted *counted)
{
	static const struct sharing_limits limits = { SHARING_THIRD_PARTY_AT, SHARING_SELF_AT_MOST };
	struct sharing_answers answers = { on_share, on_name, counted };
	struct sharing *sharing;
	struct error error;
	struct text rows;

	memset(counted, 0, sizeof(*counted));
	text_open_memory(&rows);
	sharing = sharing_new(partitions, &error);
	assert_non_null(sharing);
	for (unsigned at = 0; at < 300 * COUNT_OF(table); at++) {
		unsigned k = backwards ? 300 * COUNT_OF(table) - 1 - at : at;
		unsigned i = k % COUNT_OF(table), n = k / COUNT_OF(table);
		struct share share = { 1000 + n % table[i].administrators, i, (uint8_t)table[i].role, table[i].flags,
				       span_of(table[i].key) };

		if (n >= table[i].domains)
			continue;
		share.flags |= n % 2 ? SHARING_BROKEN : 0;
		sharing_row(&rows, &share);
		if (at % 100 == 0) {
			assert_int_equal(sharing_take(sharing, (struct span){ rows.data, rows.used }, &error), 0);
			rows.used = 0;
		}
	}
	assert_int_equal(sharing_take(sharing, (struct span){ rows.data, rows.used }, &error), 0);
	assert_false(text_failed(&rows));
	text_free(&rows);
	assert_int_equal(sharing_finish(sharing, &limits, &answers, &error), 0);
	sharing_free(sharing);
}

static void thresholds_by_domains_and_administrators(void **state)
{
	static struct counted counted;

	(void)state;
	count(SHARING_PARTITIONS, false, &counted);
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		for (unsigned m = 0; m < MANAGED_COUNT; m++) {
			uint64_t want = m == table[i].managed ? table[i].domains : 0;

			if (counted.managed[i][m] != want)
				fail_msg("%s: %s: got %llu, want %llu", table[i].key, managed_names[m],
					 (unsigned long long)counted.managed[i][m], (unsigned long long)want);
		}
		assert_int_equal(counted.named[i], table[i].flags & NAMED ? table[i].domains : 0);
		assert_int_equal(counted.broken[i], table[i].flags & NAMED ? table[i].domains / 2 : 0);
	}
}

static void neither_order_nor_partitions_matter(void **state)
{
	static struct counted one, other;

	(void)state;
	count(SHARING_PARTITIONS, false, &one);
	count(1, true, &other);
	assert_memory_equal(&one, &other, sizeof(one));
	count(2, true, &other);
	assert_memory_equal(&one, &other, sizeof(one));
}

static void one_administrator_shows_in_body_mx_and_reports(void **state)
{
	static const struct {
		const char *one, *other;
		bool same;
	} pair[] = {
		{ "name a.example", "name b.example", true },
		{ "name a.example\nmx 10 b.c\nmx 20 d.e", "name b.example\nmx 5 d.e\nmx 7 b.c", true },
		{ "name a.example\nmx 10 b.c\nmx 20 d.e", "name b.example\nmx 10 b.c", false },
		{ "name a.example", "name b.example\nrpt v=TLSRPTv1; rua=mailto:a@other.example", false },
		{ "name a.example\nrpt v=TLSRPTv1; rua=mailto:a@r.example",
		  "name b.example\nrpt v=TLSRPTv1; rua=https://R.example./b", true },
		{ "name a.example", "name b.example\nbody version: STSv1|mode: none|max_age: 86400|", false },
		/* where one of the three is not known */
		{ "name a.example\nrpt NXDOMAIN", "name b.example\nrpt NXDOMAIN", false },
		{ "name a.example\nbody ", "name b.example\nbody ", false },
		{ "name a.example\nmx -", "name b.example\nmx -", false },
		{ "name a.example\nhttp 404", "name b.example\nhttp 404", false },
	};
	static struct facts facts;
	static struct classification result;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(pair); i++) {
		uint64_t number[2];

		for (unsigned k = 0; k < 2; k++) {
			facts_make(&facts, k == 0 ? pair[i].one : pair[i].other);
			classify(&facts.observation, &result);
			number[k] = sharing_administrator(&facts.observation, &result);
		}
		if ((number[0] == number[1]) != pair[i].same)
			fail_msg("%s | %s", pair[i].one, pair[i].other);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thresholds_by_domains_and_administrators),
		cmocka_unit_test(neither_order_nor_partitions_matter),
		cmocka_unit_test(one_administrator_shows_in_body_mx_and_reports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
