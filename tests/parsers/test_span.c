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

static void white_space_around_is_trimmed(void **state)
{
	(void)state;
	expect_span("white space around", span_trim(span_of(" \t a b\t ")), "a b");
	expect_span("none around", span_trim(span_of("a b")), "a b");
	expect_span("white space alone", span_trim(span_of(" \t ")), "");
	expect_span("line ends stay", span_trim(span_of("a\r\n")), "a\r\n");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_compare_octet_by_octet),
		cmocka_unit_test(case_is_that_of_ascii),
		cmocka_unit_test(white_space_around_is_trimmed),
		cmocka_unit_test(an_octet_is_found_at_or_after_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
