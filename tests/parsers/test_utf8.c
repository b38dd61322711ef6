/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "parsers/utf8.h"

static void utf8_is_told_from_other_octets(void **state)
{
	static const struct {
		const char *s;
		bool is;
	} cases[] = {
		{ "", true },
		{ "abc\x7f", true },
		{ "\xc3\xa9", true },
		{ "\xe2\x82\xac", true },
		{ "\xf0\x9f\x98\x80", true },
		{ "\xf4\x8f\xbf\xbf", true },
		{ "\xed\x9f\xbf", true },
		{ "\xee\x80\x80", true },
		{ "\x80", false },
		{ "\xc3", false },
		{ "\xc0\x80", false },
		{ "\xc1\xbf", false },
		{ "\xe0\x9f\xbf", false },
		{ "\xed\xa0\x80", false },
		{ "\xf0\x8f\xbf\xbf", false },
		{ "\xf4\x90\x80\x80", false },
		{ "\xf5\x80\x80\x80", false },
		{ "\xe2\x82", false },
		{ "\xe2\x28\xa1", false },
		{ "\xff", false },
		{ "a\xe9"
		  "b",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(utf8_is_valid(span_of(cases[i].s)), cases[i].is);
}

static void characters_are_read_one_by_one(void **state)
{
	static const struct {
		const char *s;
		uint32_t character;
		size_t n;
	} cases[] = {
		{ "a", 'a', 1 },
		{ "\xc3\xa9", 0xe9, 2 },
		{ "\xe2\x80\x9c", 0x201c, 3 },
		{ "\xf0\x9f\x98\x80", 0x1f600, 4 },
		{ "\xf4\x8f\xbf\xbf", 0x10ffff, 4 },
		{ "\xe9t", 0xe9, 1 },    /* Latin-1 */
		{ "\x93v", 0x201c, 1 },  /* Windows-1252 */
		{ "\xe2\x80", 0xe2, 1 }, /* cut */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		size_t n;

		assert_int_equal(utf8_character(span_of(cases[i].s), &n), cases[i].character);
		assert_int_equal(n, cases[i].n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_is_told_from_other_octets),
		cmocka_unit_test(characters_are_read_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
