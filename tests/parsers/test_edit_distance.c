/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "parsers/edit_distance.h"

static void edits_are_counted_up_to_the_bound(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned edits;
	} rows[] = {
		{ "", "", 0 },
		{ "example", "example", 0 },
		{ "Example", "eXample", 0 },
		{ "example", "exmple", 1 },
		{ "example", "exmaple", 2 },
		{ "example", "xample", 1 },
		{ "abc", "", 3 },
		{ "", "abcd", 4 },
		{ "kitten", "sitting", 3 },
		{ "abcdef", "uvwxyz", 6 },
		{ "abcdefgh", "h", 7 },
		{ "per-hots", "per-host", 2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (unsigned most = 0; most < 10; most++) {
			unsigned want = rows[i].edits <= most ? rows[i].edits : most + 1;

			assert_int_equal(edit_distance(span_of(rows[i].a), span_of(rows[i].b), most), want);
			assert_int_equal(edit_distance(span_of(rows[i].b), span_of(rows[i].a), most), want);
		}
}

static void long_words_are_far_from_everything(void **state)
{
	char word[EDIT_DISTANCE_WORD_MAX + 1];
	const struct span longest = { word, EDIT_DISTANCE_WORD_MAX }, longer = { word, sizeof(word) };

	(void)state;
	memset(word, 'a', sizeof(word));
	assert_int_equal(edit_distance(longest, longest, 3), 0);
	assert_int_equal(edit_distance(longest, span_of("a"), 100), EDIT_DISTANCE_WORD_MAX - 1);
	assert_int_equal(edit_distance(longer, longer, 3), 4);
	assert_int_equal(edit_distance(longer, span_of("a"), 100), 101);
	assert_int_equal(edit_distance(span_of("a"), longer, 100), 101);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_are_counted_up_to_the_bound),
		cmocka_unit_test(long_words_are_far_from_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
