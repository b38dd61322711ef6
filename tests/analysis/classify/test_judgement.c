/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/classify/judgement.h"

static void the_words_are_those_of_the_interface(void **state)
{
	static const char *const statuses[DOMAIN_STATUS_COUNT] = { "complete", "unknown", "blocklisted",
								   "illegal-input" };
	static const char *const verdicts[VERDICT_COUNT] = {
		"",           "no-policy",       "none",         "testing-ok", "testing-fail",
		"enforce-ok", "enforce-partial", "enforce-fail", "unknown"
	};
	static const char *const policies[POLICY_STATE_COUNT] = { "", "valid", "tolerated", "invalid" };

	(void)state;
	for (int i = 0; i < DOMAIN_STATUS_COUNT; i++)
		assert_string_equal(domain_status_names[i], statuses[i]);
	for (int i = 0; i < VERDICT_COUNT; i++)
		assert_string_equal(verdict_names[i], verdicts[i]);
	for (int i = 0; i < POLICY_STATE_COUNT; i++)
		assert_string_equal(policy_state_names[i], policies[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_words_are_those_of_the_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
