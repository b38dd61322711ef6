/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "output/scan_file/unpack.h"

static const struct {
	struct span octets;
	uint64_t value;
	bool failed;
} uints[] = {
	{ SPAN_LITERAL("\x00"), 0, false },
	{ SPAN_LITERAL("\x7f"), 127, false },
	{ SPAN_LITERAL("\xcc\xff"), 255, false },
	{ SPAN_LITERAL("\xcd\x01\x00"), 256, false },
	{ SPAN_LITERAL("\xce\xff\xff\xff\xff"), UINT32_MAX, false },
	{ SPAN_LITERAL("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), UINT64_MAX, false },
	{ SPAN_LITERAL("\xcc"), 0, true },
	{ SPAN_LITERAL("\xcf\xff\xff\xff\xff\xff\xff\xff"), 0, true },
	{ SPAN_LITERAL("\xff"), 0, true },
	{ SPAN_LITERAL("\xd0\x01"), 0, true },
	{ SPAN_LITERAL("\xa1\x01"), 0, true },
	{ SPAN_LITERAL("\xc0"), 0, true },
	{ SPAN_LITERAL(""), 0, true },
};

static void whole_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(uints); i++) {
		struct unpack u;

		unpack_init(&u, uints[i].octets.p, uints[i].octets.n);
		assert_true(unpack_uint(&u) == uints[i].value);
		assert_int_equal(u.failed, uints[i].failed);
		assert_int_equal(unpack_left(&u), 0);
	}
}

static const struct {
	struct span octets;
	int64_t value;
	bool failed;
} ints[] = {
	{ SPAN_LITERAL("\x05"), 5, false },
	{ SPAN_LITERAL("\xff"), -1, false },
	{ SPAN_LITERAL("\xe0"), -32, false },
	{ SPAN_LITERAL("\xd0\x80"), -128, false },
	{ SPAN_LITERAL("\xd1\x80\x00"), -32768, false },
	{ SPAN_LITERAL("\xd2\xff\xff\xff\xff"), -1, false },
	{ SPAN_LITERAL("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), INT64_MIN, false },
	{ SPAN_LITERAL("\xcd\xff\xff"), 65535, false },
	{ SPAN_LITERAL("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"), INT64_MAX, false },
	{ SPAN_LITERAL("\xcf\x80\x00\x00\x00\x00\x00\x00\x00"), 0, true },
	{ SPAN_LITERAL("\xd3\x80"), 0, true },
	{ SPAN_LITERAL("\xca\x00\x00\x00\x00"), 0, true },
};

static void signed_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ints); i++) {
		struct unpack u;

		unpack_init(&u, ints[i].octets.p, ints[i].octets.n);
		assert_true(unpack_int(&u) == ints[i].value);
		assert_int_equal(u.failed, ints[i].failed);
	}
}

static const struct {
	struct span octets;
	size_t n;
	bool failed;
} strings[] = {
	{ SPAN_LITERAL("\xa0"), 0, false },
	{ SPAN_LITERAL("\xa3"
		       "abc"),
	  3, false },
	{ SPAN_LITERAL("\xd9\x01"
		       "a"),
	  1, false },
	{ SPAN_LITERAL("\xda\x00\x02"
		       "ab"),
	  2, false },
	{ SPAN_LITERAL("\xdb\x00\x00\x00\x01"
		       "a"),
	  1, false },
	{ SPAN_LITERAL("\xc4\x02"
		       "ab"),
	  2, false },
	{ SPAN_LITERAL("\xc5\x00\x00"), 0, false },
	{ SPAN_LITERAL("\xc6\x00\x00\x00\x01"
		       "a"),
	  1, false },
	{ SPAN_LITERAL("\xa3"
		       "ab"),
	  0, true },
	{ SPAN_LITERAL("\xd9\x02"
		       "a"),
	  0, true },
	{ SPAN_LITERAL("\xdb\xff\xff\xff\xff"
		       "a"),
	  0, true },
	{ SPAN_LITERAL("\xda\x00"), 0, true },
	{ SPAN_LITERAL("\x01"), 0, true },
	{ SPAN_LITERAL("\xc7\x01\x01"
		       "a"),
	  0, true },
};

static void texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(strings); i++) {
		struct unpack u;

		unpack_init(&u, strings[i].octets.p, strings[i].octets.n);
		assert_int_equal(unpack_text(&u).n, strings[i].n);
		assert_int_equal(u.failed, strings[i].failed);
		assert_int_equal(unpack_left(&u), 0);
	}
}

static void a_count_is_bounded_by_the_octets_left(void **state)
{
	static const struct {
		struct span octets;
		uint32_t count;
		bool failed, is_map;
	} cases[] = {
		{ SPAN_LITERAL("\x90"), 0, false, false },
		{ SPAN_LITERAL("\x92\x01\x01"), 2, false, false },
		{ SPAN_LITERAL("\x92\x01"), 0, true, false },
		{ SPAN_LITERAL("\xdc\x00\x01\x01"), 1, false, false },
		{ SPAN_LITERAL("\xdd\xff\xff\xff\xff\x01"), 0, true, false },
		{ SPAN_LITERAL("\x81\x01\x01"), 1, false, true },
		{ SPAN_LITERAL("\x81\x01"), 0, true, true },
		{ SPAN_LITERAL("\xdf\xff\xff\xff\xff\x01\x01"), 0, true, true },
		{ SPAN_LITERAL("\xa0"), 0, true, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct unpack u;

		unpack_init(&u, cases[i].octets.p, cases[i].octets.n);
		assert_int_equal(cases[i].is_map ? unpack_map(&u) : unpack_array(&u), cases[i].count);
		assert_int_equal(u.failed, cases[i].failed);
	}
}

/* One value of each form, and what is left of "\x2a" behind it. */
static const struct span values[] = {
	SPAN_LITERAL("\x00"),
	SPAN_LITERAL("\xe5"),
	SPAN_LITERAL("\xc0"),
	SPAN_LITERAL("\xc2"),
	SPAN_LITERAL("\xc3"),
	SPAN_LITERAL("\xcc\x01"),
	SPAN_LITERAL("\xcd\x01\x01"),
	SPAN_LITERAL("\xce\1\1\1\1"),
	SPAN_LITERAL("\xcf\1\1\1\1\1\1\1\1"),
	SPAN_LITERAL("\xd0\x01"),
	SPAN_LITERAL("\xd1\x01\x01"),
	SPAN_LITERAL("\xd2\1\1\1\1"),
	SPAN_LITERAL("\xd3\1\1\1\1\1\1\1\1"),
	SPAN_LITERAL("\xca\1\1\1\1"),
	SPAN_LITERAL("\xcb\1\1\1\1\1\1\1\1"),
	SPAN_LITERAL("\xa2"
		     "ab"),
	SPAN_LITERAL("\xd9\1"
		     "a"),
	SPAN_LITERAL("\xda\0\1"
		     "a"),
	SPAN_LITERAL("\xdb\0\0\0\1"
		     "a"),
	SPAN_LITERAL("\xc4\1"
		     "a"),
	SPAN_LITERAL("\xc5\0\1"
		     "a"),
	SPAN_LITERAL("\xc6\0\0\0\1"
		     "a"),
	SPAN_LITERAL("\xd4\1"
		     "a"),
	SPAN_LITERAL("\xd5\1"
		     "ab"),
	SPAN_LITERAL("\xd6\1"
		     "abcd"),
	SPAN_LITERAL("\xd7\1"
		     "abcdefgh"),
	SPAN_LITERAL("\xd8\1"
		     "abcdefghijklmnop"),
	SPAN_LITERAL("\xc7\2\1"
		     "ab"),
	SPAN_LITERAL("\xc8\0\2\1"
		     "ab"),
	SPAN_LITERAL("\xc9\0\0\0\2\1"
		     "ab"),
	SPAN_LITERAL("\x90"),
	SPAN_LITERAL("\x92\xa1x\x91\x91\x01"),
	SPAN_LITERAL("\xdc\0\2\1\1"),
	SPAN_LITERAL("\xdd\0\0\0\1\1"),
	SPAN_LITERAL("\x80"),
	SPAN_LITERAL("\x82\1\x91\1\1\1"),
	SPAN_LITERAL("\xde\0\1\1\1"),
	SPAN_LITERAL("\xdf\0\0\0\1\1\1"),
};

static void any_value_is_passed_over_and_none_cut_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		char octets[32];
		struct unpack u;

		memcpy(octets, values[i].p, values[i].n);
		octets[values[i].n] = 42;
		unpack_init(&u, octets, values[i].n + 1);
		unpack_skip(&u, 1);
		assert_int_equal(unpack_uint(&u), 42);
		assert_false(u.failed);
		for (size_t n = 0; n < values[i].n; n++) {
			unpack_init(&u, octets, n);
			unpack_skip(&u, 1);
			assert_true(u.failed);
		}
	}
}

static void depth_and_counts_cost_nothing(void **state)
{
	enum { DEEP = 1000000 };
	char *deep = malloc(DEEP);
	struct unpack u;

	(void)state;
	memset(deep, '\x91', DEEP);
	unpack_init(&u, deep, DEEP);
	unpack_skip(&u, 1);
	assert_true(u.failed);
	deep[DEEP - 1] = 1;
	unpack_init(&u, deep, DEEP);
	unpack_skip(&u, 1);
	assert_false(u.failed);
	free(deep);
	unpack_init(&u, "\xdd\xff\xff\xff\xff\xdd\xff\xff\xff\xff", 10);
	unpack_skip(&u, 1);
	assert_true(u.failed);
	unpack_init(&u, "\xc1", 1);
	unpack_skip(&u, 1);
	assert_true(u.failed);
}

static void an_error_sticks_and_absent_fields_are_zero(void **state)
{
	struct unpack u;
	uint32_t left;

	(void)state;
	unpack_init(&u, "\xa1x\x05", 3);
	assert_int_equal(unpack_uint(&u), 0);
	assert_true(u.failed);
	assert_int_equal(unpack_uint(&u), 0);
	assert_int_equal(unpack_text(&u).n, 0);
	unpack_init(&u, "\x93\xc0\x07\xa0", 4);
	left = unpack_array(&u);
	assert_int_equal(unpack_field_uint(&u, &left, 9), 0);
	assert_int_equal(unpack_field_uint(&u, &left, 9), 7);
	assert_non_null(unpack_field_text(&u, &left).p);
	assert_null(unpack_field_text(&u, &left).p);
	assert_int_equal(unpack_field_int(&u, &left), 0);
	assert_false(u.failed);
	unpack_init(&u, "\x07", 1);
	left = 1;
	assert_int_equal(unpack_field_uint(&u, &left, 6), 0);
	assert_true(u.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers),
		cmocka_unit_test(signed_numbers),
		cmocka_unit_test(texts),
		cmocka_unit_test(a_count_is_bounded_by_the_octets_left),
		cmocka_unit_test(any_value_is_passed_over_and_none_cut_short),
		cmocka_unit_test(depth_and_counts_cost_nothing),
		cmocka_unit_test(an_error_sticks_and_absent_fields_are_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
