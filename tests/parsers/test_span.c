#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "parsers/span.h"

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
		cmocka_unit_test(a_decimal_number_is_digits_up_to_its_most),
		cmocka_unit_test(white_space_is_taken_from_both_ends),
		cmocka_unit_test(ascii_is_told_from_other_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
