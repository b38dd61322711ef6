/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "output/scan_file/decode.h"
#include "output/scan_file/record.h"
#include "tests/output/random_observation.h"
#include "tests/output/round_trip.h"

/* A list's columns: as many octets as there are different ones, then a number each; nothing where a line has none. */
static void labels_are_written_once_a_frame(void **state)
{
	static const struct span name[] = { SPAN_LITERAL("registrar"), SPAN_LITERAL("country") };
	const struct obs_label label[] = { { name[0], SPAN_LITERAL("Example Inc") }, { name[1], SPAN_LITERAL("DE") } };
	const struct obs_label none[] = { { name[0], SPAN_LITERAL("") }, { name[1], { NULL, 0 } } };
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();
	struct observation o = { .name = SPAN_LITERAL("example.com"), .label = none, .label_count = 2 }, got;
	union decode_frame_record other;
	size_t plain, first;

	(void)state;
	assert_true(decode_set_labels(decode, name, 2));
	got = round_trip(buffer, decode, &o);
	assert_null(observation_difference(&o, &got));
	plain = record_buffer_content(buffer).n;
	o.label = label;
	got = round_trip(buffer, decode, &o);
	assert_null(observation_difference(&o, &got));
	first = record_buffer_content(buffer).n;
	/* the nil of what stands before them: MX, its TTL, rank, two TXT, policy, more of MX */
	assert_int_equal(first - plain, 7 + 1 + 12 + 3);
	assert_int_equal(record_put_domain(buffer, &o), 0);
	assert_int_equal(record_buffer_content(buffer).n - first, plain - 1 - 1 - 8 + 1 + 7 + 1);
	decode_begin(decode, record_buffer_content(buffer));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(decode_next(decode, &got, &other), DECODE_DOMAIN);
		assert_null(observation_difference(&o, &got));
	}
	decode_free(decode);
	record_buffer_free(buffer);
}

/* Another file has other columns; without them a reader has no labels, and reads what stands behind. */
static void labels_are_those_of_the_header(void **state)
{
	static const struct span name[] = { SPAN_LITERAL("a"), SPAN_LITERAL("b"), SPAN_LITERAL("c") };
	const struct obs_label label[] = { { name[0], SPAN_LITERAL("x") }, { name[1], SPAN_LITERAL("y") } };
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();
	struct observation o = {
		.name = SPAN_LITERAL("example.com"), .label = label, .label_count = 2, .ns.parent = true
	};
	struct observation got;

	(void)state;
	for (size_t columns = 0; columns <= COUNT_OF(name); columns++) {
		assert_true(decode_set_labels(decode, name, columns));
		got = round_trip(buffer, decode, &o);
		assert_int_equal(got.label_count, columns);
		for (size_t i = 0; i < columns; i++) {
			assert_true(span_equal(got.label[i].name, name[i]));
			assert_true(span_equal(got.label[i].value, i < 2 ? label[i].value : SPAN_LITERAL("")));
		}
		assert_true(got.ns.parent);
	}
	decode_free(decode);
	record_buffer_free(buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_are_written_once_a_frame),
		cmocka_unit_test(labels_are_those_of_the_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
