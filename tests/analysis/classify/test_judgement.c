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
	static const char *const verdicts[VERDICT_COUNT] = { "no-policy",    "none",       "testing-ok",
							     "testing-fail", "enforce-ok", "enforce-partial",
							     "enforce-fail", "unknown" };
	static const char *const policies[POLICY_STATE_COUNT] = { "", "valid", "tolerated", "invalid" };

	(void)state;
	for (int i = 0; i < DOMAIN_STATUS_COUNT; i++)
		assert_string_equal(domain_status_name((enum domain_status)i), statuses[i]);
	for (int i = 0; i < VERDICT_COUNT; i++)
		assert_string_equal(verdict_name((enum verdict)i), verdicts[i]);
	for (int i = 0; i < POLICY_STATE_COUNT; i++)
		assert_string_equal(policy_state_name((enum policy_state)i), policies[i]);
}

static void who_was_not_asked_has_no_verdict(void **state)
{
	static const char *const words[DOMAIN_STATUS_COUNT] = { "unknown", "unknown", "", "" };

	(void)state;
	for (int i = 0; i < DOMAIN_STATUS_COUNT; i++) {
		struct judgement judgement = { .status = (enum domain_status)i, .verdict = VERDICT_UNKNOWN };

		assert_string_equal(judgement_verdict_name(&judgement), words[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_words_are_those_of_the_interface),
		cmocka_unit_test(who_was_not_asked_has_no_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
