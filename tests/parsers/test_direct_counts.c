/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/direct_counts.h"

#include "tests/parsers/expect.h"

static struct obs_answer of(enum obs_source source, enum obs_fall_back fall_back)
{
	return (struct obs_answer){ .source = source, .fall_back = fall_back };
}

/* One question of each kind of answer, and a domain of which nothing is told. */
static void questions_with_a_source_are_counted_by_source_and_reason(void **state)
{
	static const struct obs_audit audit[] = { { .kind = AUDIT_DATA },
						  { .question = QUESTION_TXT, .kind = AUDIT_FAILED } };
	const struct observation some = { .mx.answer = of(SOURCE_DIRECT, FALL_BACK_NONE),
					  .txt = { { .answer = of(SOURCE_RESOLVER, FALL_BACK_CONFIRMED) },
						   { .answer = of(SOURCE_DIRECT, FALL_BACK_TIMEOUT) } } };
	const struct observation half = { .txt[1] = { .answer = of(SOURCE_RESOLVER, FALL_BACK_TIMEOUT) } };
	const struct observation audited = { .mx.answer = of(SOURCE_DIRECT, FALL_BACK_NONE),
					     .audit = audit,
					     .audit_count = COUNT_OF(audit) };
	const struct observation none = { .mx.answer.status = DNS_NOERROR };
	struct direct_counts counts = { 0 }, sum = { 0 };

	(void)state;
	assert_true(direct_counts_concern(&some) && direct_counts_concern(&half) && direct_counts_concern(&audited));
	assert_false(direct_counts_concern(&none));
	direct_counts_add(&counts, &some);
	direct_counts_add(&counts, &half);
	direct_counts_add(&counts, &audited);
	direct_counts_add(&counts, &none);
	assert_int_equal(counts.source[SOURCE_NONE], 0);
	assert_int_equal(counts.source[SOURCE_DIRECT], 3);
	assert_int_equal(counts.source[SOURCE_RESOLVER], 2);
	assert_int_equal(counts.fall_back[FALL_BACK_NONE], 2);
	assert_int_equal(counts.fall_back[FALL_BACK_CONFIRMED], 1);
	assert_int_equal(counts.fall_back[FALL_BACK_TIMEOUT], 2);
	assert_int_equal(counts.audit[AUDIT_DATA], 1);
	assert_int_equal(counts.audit[AUDIT_FAILED], 1);
	assert_int_equal(direct_counts_questions(&counts), 5);
	direct_counts_merge(&sum, &counts);
	direct_counts_merge(&sum, &counts);
	for (unsigned i = 0; i < DIRECT_COUNTERS; i++)
		assert_int_equal(sum.counter[i], 2 * counts.counter[i]);
}

/* Where the resolver could not tell, nothing is known of the server's answer: it makes no share smaller. */
static void an_audit_that_failed_decides_nothing(void **state)
{
	const struct direct_counts counts = {
		.audit = { [AUDIT_ABSENT] = 1, [AUDIT_DATA] = 10, [AUDIT_CHANGED] = 100, [AUDIT_FAILED] = 1000 }
	};

	(void)state;
	assert_int_equal(direct_audits_decided(counts.audit), 111);
}

static void each_counter_has_a_word(void **state)
{
	static const struct {
		unsigned counter;
		const char *what, *word;
	} cases[] = {
		{ SOURCE_NONE, "questions of source", "none" },
		{ SOURCE_DIRECT, "questions of source", "direct" },
		{ SOURCE_COUNT, "questions of fall-back", "none" },
		{ SOURCE_COUNT + FALL_BACK_TIMEOUT, "questions of fall-back", "timeout" },
		{ SOURCE_COUNT + FALL_BACK_COUNT + AUDIT_DATA, "audits of kind", "data" },
		{ DIRECT_COUNTERS - 1, "audits of kind", "failed" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *what, *word;

		direct_counts_word(cases[i].counter, &what, &word);
		expect_word("what is counted", what, cases[i].what);
		expect_word("its word", word, cases[i].word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_with_a_source_are_counted_by_source_and_reason),
		cmocka_unit_test(an_audit_that_failed_decides_nothing),
		cmocka_unit_test(each_counter_has_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
