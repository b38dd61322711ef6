/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "analysis/senders/sender_punycode.h"
#include "analysis/senders/sender_text.h"

static void each_language_reads_its_own_numbers(void **state)
{
	enum { NOT = -1 };
	static const struct {
		const char *text;
		/* digits, signed, python, javascript, unsigned, signed-32, atoi; NOT: no number */
		int64_t want[7];
	} rows[] = {
		{ "86400", { 86400, 86400, 86400, 86400, 86400, 86400, 86400 } },
		{ "+1", { NOT, 1, 1, 1, 1, 1, 1 } },
		{ "", { NOT, NOT, NOT, 0, NOT, NOT, NOT } },
		{ "1_000", { NOT, NOT, 1000, NOT, NOT, NOT, 1 } },
		{ "1__0", { NOT, NOT, NOT, NOT, NOT, NOT, 1 } },
		{ "0x1F", { NOT, NOT, NOT, 31, NOT, NOT, 0 } },
		{ "0b11", { NOT, NOT, NOT, 3, NOT, NOT, 0 } },
		{ "1e3", { NOT, NOT, NOT, 1000, NOT, NOT, 1 } },
		{ "1e", { NOT, NOT, NOT, NOT, NOT, NOT, 1 } },
		{ ".", { NOT, NOT, NOT, NOT, NOT, NOT, 0 } },
		{ "5.", { NOT, NOT, NOT, 5, NOT, NOT, 5 } },
		{ "604,800", { NOT, NOT, NOT, NOT, NOT, NOT, 604 } },
		{ "2147483648", { 2147483648, 2147483648, 2147483648, 2147483648, 2147483648, NOT, 2147483648 } },
		{ "4294967296", { 4294967296, 4294967296, 4294967296, 4294967296, 4294967296, NOT, 0 } },
		{ "9223372036854775808", { NOT, NOT, NOT, INT64_MIN, INT64_MIN, NOT, 4294967295 } },
		{ "99999999999999999999", { NOT, NOT, NOT, NOT - 1, NOT, NOT, 4294967295 } },
		{ "-0", { NOT, 0, 0, 0, NOT, 0, 0 } },
		{ "week", { NOT, NOT, NOT, NOT, NOT, NOT, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (unsigned kind = 0; kind < COUNT_OF(rows[i].want); kind++) {
			struct sender_number number;
			bool is = sender_number_read((enum sender_max_age_number)kind, span_of(rows[i].text), &number);
			int64_t want = rows[i].want[kind];

			if (is != (want != NOT) ||
			    (is && number.value != (want == NOT - 1 ? UINT64_MAX : (uint64_t)want)))
				fail_msg("'%s' as %u: %d %llu", rows[i].text, kind, is,
					 (unsigned long long)number.value);
		}
	}
}

static void minus_is_kept_apart(void **state)
{
	struct sender_number number;

	(void)state;
	assert_true(sender_number_read(SENDER_MAX_AGE_NUMBER_SIGNED, SPAN_LITERAL("-1"), &number));
	assert_true(number.negative);
	assert_int_equal(number.value, 1);
	assert_true(sender_number_read(SENDER_MAX_AGE_NUMBER_ATOI, SPAN_LITERAL("-1"), &number));
	assert_false(number.negative);
	assert_int_equal(number.value, UINT32_MAX);
}

static void white_space_is_that_of_the_language(void **state)
{
	static const struct {
		enum sender_space space;
		const char *text, *want;
	} rows[] = {
		{ SENDER_SPACE_WSP, " \ta\r ", "a\r" },
		{ SENDER_SPACE_CONTROL, "\x01 a\x1f", "a" },
		{ SENDER_SPACE_PYTHON,
		  "\x1c"
		  "a\xc2\xa0",
		  "a" },
		{ SENDER_SPACE_UNICODE,
		  "\x1c"
		  "a\xe3\x80\x80",
		  "\x1c"
		  "a" },
		{ SENDER_SPACE_UNICODE,
		  "\xef\xbb\xbf"
		  "a\xc2\x85",
		  "\xef\xbb\xbf"
		  "a" },
		{ SENDER_SPACE_JAVASCRIPT,
		  "\xef\xbb\xbf"
		  "a\xc2\x85",
		  "a\xc2\x85" },
		{ SENDER_SPACE_UNICODE,
		  "\xa0"
		  "a\x85",
		  "\xa0"
		  "a\x85" }, /* no UTF-8, no white space */
		{ SENDER_SPACE_UNICODE, "  ", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct span trimmed = sender_trim(rows[i].space, span_of(rows[i].text));

		assert_int_equal(trimmed.n, strlen(rows[i].want));
		assert_memory_equal(trimmed.p, rows[i].want, trimmed.n);
	}
}

/* RFC 3492 7.1, and what is ours. */
static void names_become_a_labels(void **state)
{
	static const struct {
		const char *name, *want; /* NULL: no name */
	} rows[] = {
		{ "Mail.Example.COM", "mail.example.com" },
		{ "mail.b\u00fccher.example", "mail.xn--bcher-kva.example" },
		{ "B\u00dcCHER.example", "xn--bcher-kva.example" },
		{ "\u4ed6\u4eec\u4e3a\u4ec0\u4e48\u4e0d\u8bf4\u4e2d\u6587", "xn--ihqwcrb4cv8a8dqg056pqjye" },
		{ "\u043f\u043e\u0447\u0435\u043c\u0443\u0436\u0435\u043e\u043d\u0438\u043d\u0435\u0433\u043e\u0432"
		  "\u043e"
		  "\u0440\u044f\u0442\u043f\u043e\u0440\u0443\u0441\u0441\u043a\u0438",
		  "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l" },
		{ "\xff.example", NULL },
		{ "", "" },
		{ "a..b", "a..b" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[SENDER_NAME_MAX];
		size_t n;
		bool is = sender_name_to_ascii(span_of(rows[i].name), text, &n);

		if (is != !!rows[i].want || (is && !span_equal((struct span){ text, n }, span_of(rows[i].want))))
			fail_msg("%s: %d %.*s", rows[i].name, is, is ? (int)n : 0, text);
	}
}

static void a_name_that_is_too_long_is_none(void **state)
{
	char name[300], text[SENDER_NAME_MAX];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 50 == 49 ? '.' : 'a';
	assert_false(sender_name_to_ascii((struct span){ name, sizeof(name) }, text, &n));
	assert_true(sender_name_to_ascii((struct span){ name, SENDER_NAME_MAX }, text, &n));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_language_reads_its_own_numbers), cmocka_unit_test(minus_is_kept_apart),
		cmocka_unit_test(white_space_is_that_of_the_language), cmocka_unit_test(names_become_a_labels),
		cmocka_unit_test(a_name_that_is_too_long_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
