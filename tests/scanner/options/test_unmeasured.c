/* SPDX-License-Identifier: BSD-2-Clause */
/* How much of a survey may be unknown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scanner/options/unmeasured.h"

static const uint64_t no_audit[AUDIT_KIND_COUNT];

/* One in a hundred may be, of domains as of mail servers; of none none is. */
static void a_hundredth_may_be_unknown(void **state)
{
	static const struct {
		uint64_t of, unknown;
		bool fails;
	} table[] = {
		{ 0, 0, false },     { 1, 0, false },     { 1, 1, true },        { 99, 1, true },
		{ 100, 1, false },   { 199, 1, false },   { 199, 2, true },      { 200, 2, false },
		{ 9999, 99, false }, { 9999, 100, true }, { 10000, 100, false }, { 10000, 101, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct unmeasured domains = { .domains = table[i].of, .unknown = table[i].unknown, .audit = no_audit };
		struct unmeasured hosts = { .hosts = table[i].of,
					    .hosts_unknown = table[i].unknown,
					    .audit = no_audit };

		if (unmeasured(&domains) != table[i].fails || unmeasured(&hosts) != table[i].fails ||
		    unmeasured_part(&domains, UNMEASURED_DOMAINS) != table[i].fails ||
		    unmeasured_part(&hosts, UNMEASURED_HOSTS) != table[i].fails)
			fail_msg("row %zu", i);
	}
}

/* --audit-limit. What the resolver could not tell makes no share smaller. */
static void an_audit_fails_above_the_limit(void **state)
{
	static const struct {
		uint64_t absent, data, changed, failed;
		double limit;
		bool fails;
	} table[] = {
		{ 0, 0, 0, 0, 0.5, false },       { 0, 0, 0, 9, 0, false },      { 1000, 0, 0, 0, 0, false },
		{ 995, 5, 0, 0, 0.5, false },     { 994, 6, 0, 0, 0.5, true },   { 94, 1, 100, 0, 0.5, true },
		{ 100, 1, 99, 1000, 0.5, false }, { 98, 1, 0, 900, 0.5, true },  { 0, 1, 0, 0, 99, true },
		{ 0, 1, 0, 0, 100, false },       { 9999999, 1, 0, 0, 0, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		const uint64_t audit[AUDIT_KIND_COUNT] = { [AUDIT_ABSENT] = table[i].absent,
							   [AUDIT_DATA] = table[i].data,
							   [AUDIT_CHANGED] = table[i].changed,
							   [AUDIT_FAILED] = table[i].failed };
		const struct unmeasured of = { .audit = audit, .audit_limit = table[i].limit };

		if (unmeasured_part(&of, UNMEASURED_AUDITS) != table[i].fails || unmeasured(&of) != table[i].fails)
			fail_msg("row %zu", i);
	}
}

static void a_line_tells_how_many_and_the_limit(void **state)
{
	const uint64_t audit[AUDIT_KIND_COUNT] = { [AUDIT_ABSENT] = 150, [AUDIT_DATA] = 50 };
	const struct unmeasured of = {
		.domains = 200, .unknown = 3, .hosts = 10, .hosts_unknown = 1, .audit = audit, .audit_limit = 0.5
	};
	static const char *const said[UNMEASURED_PARTS] = {
		"3 of 200 domains (1.5 %) could not be measured, more than 1 %: exit status 3",
		"1 of 10 mail servers (10.0 %) could not be measured, more than 1 %: exit status 3",
		"50 of 200 audited answers of name servers (25.0 %) say that nothing is there where the resolver has "
		"data, "
		"more than --audit-limit 0.5 %: exit status 3",
	};
	struct error why;

	(void)state;
	for (enum unmeasured_part part = 0; part < UNMEASURED_PARTS; part++) {
		unmeasured_explain(&of, part, &why);
		assert_string_equal(why.text, said[part]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hundredth_may_be_unknown),
		cmocka_unit_test(an_audit_fails_above_the_limit),
		cmocka_unit_test(a_line_tells_how_many_and_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
