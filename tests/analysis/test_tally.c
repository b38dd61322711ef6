/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "analysis/tables/tally.h"

static void counts_words_without_case(void **state)
{
	struct tally tally;

	(void)state;
	tally_init(&tally, 10);
	tally_at(&tally, span_of("Com"))[0]++;
	tally_at(&tally, span_of("com"))[0]++;
	tally_at(&tally, span_of("org"))[1] += 5;
	assert_int_equal(tally.count, 2);
	assert_int_equal(tally_at(&tally, span_of("COM"))[0], 2);
	assert_true(span_equal(tally.entry[0].word, span_of("com")));
	tally_fini(&tally);
}

static void many_words_stay_apart(void **state)
{
	enum { WORDS = 20000 };
	struct tally tally;
	char word[32];

	(void)state;
	tally_init(&tally, WORDS);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < WORDS; i++) {
			snprintf(word, sizeof(word), "word-%u.example", i);
			tally_at(&tally, span_of(word))[0] += i;
		}
	}
	assert_int_equal(tally.count, WORDS);
	for (unsigned i = 0; i < WORDS; i++) {
		snprintf(word, sizeof(word), "word-%u.example", i);
		assert_int_equal(tally_at(&tally, span_of(word))[0], 2 * i);
	}
	tally_fini(&tally);
}

static void words_beyond_the_cap_are_counted_together(void **state)
{
	struct tally tally;
	uint64_t sum = 0;

	(void)state;
	tally_init(&tally, 2);
	for (unsigned i = 0; i < 3; i++) {
		tally_at(&tally, span_of("a"))[0]++;
		tally_at(&tally, span_of("b"))[0] += 2;
		tally_at(&tally, span_of("c"))[0] += 4;
		tally_at(&tally, span_of("d"))[0] += 8;
	}
	tally_sort(&tally);
	assert_int_equal(tally.count, 3);
	assert_true(tally.entry[0].counter[0] > tally.entry[1].counter[0]);
	assert_true(span_equal(tally.entry[2].word, span_of(TALLY_OTHER)));
	for (size_t i = 0; i < tally.count; i++)
		sum += tally.entry[i].counter[0];
	assert_int_equal(sum, 45);
	tally_fini(&tally);
}

/* Some words of a thousand, each as often as its number says. */
static void count_some(struct tally *tally, unsigned first, unsigned step, unsigned end)
{
	char word[32];

	for (unsigned i = first; i < end; i += step) {
		snprintf(word, sizeof(word), "word-%u.example", i);
		tally_at(tally, span_of(word))[0] += i;
	}
}

/* Whatever the order, and whichever part of the words a tally has counted before they are added up. */
static void what_is_kept_depends_on_the_words_alone(void **state)
{
	enum { WORDS = 1000, CAP = 20, TIMES = 3 };

	(void)state;
	for (unsigned parts = 2; parts <= 7; parts += 5) {
		struct tally whole, sum;

		tally_init(&whole, CAP);
		tally_init(&sum, CAP);
		for (unsigned time = 0; time < TIMES; time++)
			count_some(&whole, 0, 1, WORDS);
		for (unsigned part = parts; part-- > 0;) {
			struct tally one;

			tally_init(&one, CAP);
			for (unsigned time = 0; time < TIMES; time++)
				count_some(&one, part, parts, WORDS);
			tally_merge(&sum, &one);
			tally_fini(&one);
		}
		tally_sort(&whole);
		tally_sort(&sum);
		assert_int_equal(whole.count, CAP + 1);
		assert_int_equal(sum.count, CAP + 1);
		for (size_t i = 0; i <= CAP; i++) {
			assert_true(span_equal(whole.entry[i].word, sum.entry[i].word));
			assert_int_equal(whole.entry[i].counter[0], sum.entry[i].counter[0]);
		}
		tally_fini(&whole);
		tally_fini(&sum);
	}
}

static void equal_counts_are_ordered_by_word(void **state)
{
	struct tally tally;

	(void)state;
	tally_init(&tally, 10);
	tally_at(&tally, span_of("bb"))[0] = 1;
	tally_at(&tally, span_of("a"))[0] = 1;
	tally_at(&tally, span_of("b"))[0] = 1;
	tally_sort(&tally);
	assert_true(span_equal(tally.entry[0].word, span_of("a")));
	assert_true(span_equal(tally.entry[1].word, span_of("b")));
	assert_true(span_equal(tally.entry[2].word, span_of("bb")));
	tally_fini(&tally);
}

static void empty_tally(void **state)
{
	struct tally tally;

	(void)state;
	tally_init(&tally, 10);
	tally_sort(&tally);
	assert_int_equal(tally.count, 0);
	tally_at(&tally, SPAN_LITERAL(""))[0]++;
	assert_int_equal(tally.count, 1);
	tally_fini(&tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_words_without_case),
		cmocka_unit_test(many_words_stay_apart),
		cmocka_unit_test(words_beyond_the_cap_are_counted_together),
		cmocka_unit_test(what_is_kept_depends_on_the_words_alone),
		cmocka_unit_test(equal_counts_are_ordered_by_word),
		cmocka_unit_test(empty_tally),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
