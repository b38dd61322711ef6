/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/merge/merge_row.h"

enum { ROW_MAX = 64 };

struct made {
	char octets[ROW_MAX];
	size_t n;
};

static const struct merge_place here = { 3, 5 };

static struct made keep(struct text *row)
{
	struct made made = { .n = row->used };

	assert_true(row->used <= ROW_MAX);
	memcpy(made.octets, row->data, row->used);
	text_free(row);
	return made;
}

static struct made host_row(struct span name, uint8_t passes, int64_t time_ms, struct merge_place place)
{
	const struct obs_host host = { .name = name, .passes = passes, .time_ms = time_ms };
	struct text row;

	text_open_memory(&row);
	merge_row_host(&row, &host, place);
	text_string(&row, "record");
	return keep(&row);
}

static struct made domain_row(uint64_t index, struct merge_place place)
{
	const struct observation o = { .index = index };
	struct text row;

	text_open_memory(&row);
	merge_row_domain(&row, &o, place);
	text_string(&row, "record");
	return keep(&row);
}

static struct made vantage_row(int64_t time_ms)
{
	const struct obs_vantage vantage = { .time_ms = time_ms };
	struct text row;

	text_open_memory(&row);
	merge_row_vantage(&row, &vantage, here);
	text_string(&row, "record");
	return keep(&row);
}

static struct span of(const struct made *made)
{
	return (struct span){ made->octets, made->n };
}

/* Each row is less than the next, and what it holds comes back. */
static void check_order(const struct made *made, size_t count, enum merge_kind kind)
{
	for (size_t i = 0; i < count; i++) {
		struct merge_row row = merge_row_read(of(&made[i]));

		assert_int_equal(row.kind, kind);
		assert_true(span_equal(row.record, SPAN_LITERAL("record")));
		if (i > 0 && span_compare(of(&made[i - 1]), of(&made[i])) >= 0)
			fail_msg("row %zu", i);
	}
}

static void names_are_in_order_whatever_octets_they_have(void **state)
{
	static const struct span name[] = {
		SPAN_LITERAL("a"),      SPAN_LITERAL("a\0"),  SPAN_LITERAL("a\0b"), SPAN_LITERAL("a\1"),
		SPAN_LITERAL("a\1\1b"), SPAN_LITERAL("a\2"),  SPAN_LITERAL("aa"),   SPAN_LITERAL("b.example"),
		SPAN_LITERAL("b.test"), SPAN_LITERAL("\xff"),
	};
	struct made made[COUNT_OF(name)];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(name); i++)
		made[i] = host_row(name[i], 1, 0, here);
	check_order(made, COUNT_OF(name), MERGE_HOST);
	for (size_t i = 1; i < COUNT_OF(name); i++)
		assert_false(span_equal(merge_row_read(of(&made[i - 1])).key, merge_row_read(of(&made[i])).key));
}

static void of_one_name_the_record_that_counts_is_first(void **state)
{
	const struct made made[] = {
		host_row(SPAN_LITERAL("MX.example"), 2, 100, here),
		host_row(SPAN_LITERAL("mx.EXAMPLE."), 1, 300, here),
		host_row(SPAN_LITERAL("mx.example"), 1, 200, (struct merge_place){ 4, 0 }),
		host_row(SPAN_LITERAL("mx.example"), 1, 200, (struct merge_place){ 3, 6 }),
		host_row(SPAN_LITERAL("mx.example"), 1, 200, here),
		host_row(SPAN_LITERAL("mx.example"), 1, -1, here),
		host_row(SPAN_LITERAL("mx.example"), 0, INT64_MAX, here),
	};

	(void)state;
	check_order(made, COUNT_OF(made), MERGE_HOST);
	for (size_t i = 1; i < COUNT_OF(made); i++)
		assert_true(span_equal(merge_row_read(of(&made[0])).key, merge_row_read(of(&made[i])).key));
	assert_int_equal(merge_row_read(of(&made[2])).file, 4);
	assert_int_equal(merge_row_read(of(&made[6])).file, 3);
}

static void domains_are_in_the_order_of_the_list_and_of_the_files(void **state)
{
	const struct made made[] = {
		domain_row(0, here),
		domain_row(1, here),
		domain_row(255, here),
		domain_row(256, (struct merge_place){ 0, 9 }),
		domain_row(256, (struct merge_place){ 1, 2 }),
		domain_row(256, (struct merge_place){ (1 << 24) - 1, 0 }),
		domain_row(UINT64_MAX, here),
	};

	(void)state;
	check_order(made, COUNT_OF(made), MERGE_DOMAIN);
	assert_true(span_equal(merge_row_read(of(&made[3])).key, merge_row_read(of(&made[5])).key));
	assert_false(span_equal(merge_row_read(of(&made[2])).key, merge_row_read(of(&made[3])).key));
	assert_int_equal(merge_row_read(of(&made[4])).file, 1);
	assert_int_equal(merge_row_read(of(&made[5])).file, (1 << 24) - 1);
}

static void tests_of_the_way_are_in_order_of_time_and_ahead_of_all(void **state)
{
	const struct made made[] = { vantage_row(INT64_MIN), vantage_row(-1), vantage_row(0), vantage_row(INT64_MAX) };
	const struct made domain = domain_row(0, (struct merge_place){ 0, 0 }),
			  host = host_row(SPAN_LITERAL("\0"), 9, INT64_MAX, here);
	const struct made last = domain_row(UINT64_MAX, here);

	(void)state;
	check_order(made, COUNT_OF(made), MERGE_VANTAGE);
	assert_true(span_compare(of(&made[3]), of(&domain)) < 0);
	assert_true(span_compare(of(&last), of(&host)) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_in_order_whatever_octets_they_have),
		cmocka_unit_test(of_one_name_the_record_that_counts_is_first),
		cmocka_unit_test(domains_are_in_the_order_of_the_list_and_of_the_files),
		cmocka_unit_test(tests_of_the_way_are_in_order_of_time_and_ahead_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
