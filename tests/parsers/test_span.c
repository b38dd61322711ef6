/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/span.h"

#include "tests/parsers/expect.h"

static void spans_compare_octet_by_octet(void **state)
{
	static const struct {
		struct span a, b;
		bool equal, starts, ends; /* a with b */
	} cases[] = {
		{ SPAN_LITERAL("abc"), SPAN_LITERAL("abc"), true, true, true },
		{ SPAN_LITERAL("abc"), SPAN_LITERAL("ab"), false, true, false },
		{ SPAN_LITERAL("abc"), SPAN_LITERAL("bc"), false, false, true },
		{ SPAN_LITERAL("ab"), SPAN_LITERAL("abc"), false, false, false },
		{ SPAN_LITERAL("bc"), SPAN_LITERAL("abc"), false, false, false },
		{ SPAN_LITERAL("abc"), SPAN_LITERAL("abC"), false, false, false },
		{ SPAN_LITERAL("a\0b"), SPAN_LITERAL("a\0c"), false, false, false },
		{ SPAN_LITERAL("abc"), SPAN_LITERAL(""), false, true, true },
		{ SPAN_LITERAL(""), { NULL, 0 }, true, true, true }, /* empty and absent hold the same octets */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		bool equal = span_equal(cases[i].a, cases[i].b);

		if (equal != cases[i].equal || span_starts_with(cases[i].a, cases[i].b) != cases[i].starts ||
		    span_ends_with(cases[i].a, cases[i].b) != cases[i].ends)
			fail_msg("'%s' and '%s'", cases[i].a.p, cases[i].b.p ? cases[i].b.p : "(absent)");
	}
}

static void case_is_that_of_ascii(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal, starts; /* a with b */
	} cases[] = {
		/* neighbours of the letters, and letters of Latin-1, differ by one bit too */
		{ "aZ_9", "Az_9", true, true },   { "a[", "a{", false, false },  { "a@", "a`", false, false },
		{ "\xc4", "\xe4", false, false }, { "ab", "abc", false, false }, { "V=STS", "v=s", false, true },
		{ "v", "v=", false, false },      { "v", "", false, true },
	};
	static const char alnum[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct span a = span_of(cases[i].a), b = span_of(cases[i].b);

		if (span_equal_nocase(a, b) != cases[i].equal || span_starts_with_nocase(a, b) != cases[i].starts)
			fail_msg("'%s' and '%s'", cases[i].a, cases[i].b);
	}
	for (int c = 0; c < 256; c++) {
		assert_int_equal((unsigned char)ascii_lower((char)c), c >= 'A' && c <= 'Z' ? c + 32 : c);
		assert_true(ascii_is_alnum((char)c) == (c > 0 && strchr(alnum, c)));
	}
}

static void an_octet_is_found_at_or_after_a_place(void **state)
{
	(void)state;
	assert_int_equal(span_find(span_of("a.b.c"), 0, '.'), 1);
	assert_int_equal(span_find(span_of("a.b.c"), 1, '.'), 1);
	assert_int_equal(span_find(span_of("a.b.c"), 2, '.'), 3);
	assert_int_equal(span_find(span_of("a.b.c"), 4, '.'), 5);
	assert_int_equal(span_find(span_of("a.b.c"), 9, '.'), 5);
	assert_int_equal(span_find(span_of("a.b."), 2, '.'), 3);
	assert_int_equal(span_find(span_of(""), 0, '.'), 0);
	expect_span("the rest", span_skip(span_of("a.b"), 2), "b");
	expect_span("nothing is left", span_skip(span_of("a.b"), 3), "");
}

static void a_decimal_number_is_digits_up_to_its_most(void **state)
{
	static const struct {
		const char *text;
		uint64_t most, value;
		bool is;
	} rows[] = {
		{ "0", 0, 0, true },
		{ "00", 0, 0, true },
		{ "7", 7, 7, true },
		{ "007", 7, 7, true },
		{ "65535", 65535, 65535, true },
		{ "18446744073709551615", UINT64_MAX, UINT64_MAX, true },
		{ "", 9, 0, false },
		{ "1", 0, 0, false },
		{ "8", 7, 0, false },
		{ "10", 9, 0, false },
		{ "65536", 65535, 0, false },
		{ "99999", 65535, 0, false },
		{ "18446744073709551616", UINT64_MAX, 0, false },
		{ "99999999999999999999", UINT64_MAX, 0, false },
		{ "-1", 9, 0, false },
		{ "+1", 9, 0, false },
		{ " 1", 9, 0, false },
		{ "1 ", 9, 0, false },
		{ "1.0", 99, 0, false },
		{ "0x1", 99, 0, false },
		{ "1\xc2\xb2", 999, 0, false },
		{ "/", 99, 0, false },
		{ ":", 99, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t value = 42;

		if (span_decimal(span_of(rows[i].text), rows[i].most, &value) != rows[i].is ||
		    value != (rows[i].is ? rows[i].value : 42))
			fail_msg("'%s'", rows[i].text);
	}
	for (uint64_t most = 0; most < 120; most++)
		for (uint64_t number = 0; number < 120; number++) {
			char text[4] = { (char)('0' + number / 100), (char)('0' + number / 10 % 10),
					 (char)('0' + number % 10) };
			uint64_t value;

			assert_int_equal(span_decimal(span_of(text), most, &value), number <= most);
		}
}

static void white_space_is_taken_from_both_ends(void **state)
{
	static const struct {
		const char *text, *trimmed, *stripped;
	} rows[] = {
		{ "", "", "" },
		{ "a", "a", "a" },
		{ " \t a b\t ", "a b", "a b" },
		{ "\n a \r\n", "\n a \r\n", "a" },
		{ "\v\fa\b", "\v\fa\b", "a\b" },
		{ " \t", "", "" },
		{ "\r\n", "\r\n", "" },
		{ "\xc2\xa0", "\xc2\xa0", "\xc2\xa0" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_true(span_equal(span_trim(span_of(rows[i].text)), span_of(rows[i].trimmed)));
		assert_true(span_equal(span_strip(span_of(rows[i].text)), span_of(rows[i].stripped)));
	}
}

static void ascii_is_told_from_other_octets(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} rows[] = { { "", true }, { "a\x7f\x01", true }, { "\x80", false }, { "m\xc3\xbcnchen", false } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(span_is_ascii(span_of(rows[i].text)), rows[i].is);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_compare_octet_by_octet),
		cmocka_unit_test(case_is_that_of_ascii),
		cmocka_unit_test(an_octet_is_found_at_or_after_a_place),
		cmocka_unit_test(a_decimal_number_is_digits_up_to_its_most),
		cmocka_unit_test(white_space_is_taken_from_both_ends),
		cmocka_unit_test(ascii_is_told_from_other_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
