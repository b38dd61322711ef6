/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "output/scan_file/decode.h"
#include "output/scan_file/record.h"

/* What is read once for many domains is told of each, and of no other set. */
static void a_set_of_mx_tells_whether_all_are_hosts(void **state)
{
	static const struct {
		const char *name[2];
		bool all_hosts;
	} sets[] = {
		{ { "mx.example.net", "mx2.example.net" }, true },
		{ { "mx.example.net", "no name" }, false },
		{ { "no name", "mx.example.net" }, false },
		{ { "mx.localhost", "mx.example.net" }, false },
		{ { "mail.example.com", "mx.example.net" }, false }, /* it holds the domain: nobody has looked */
		{ { "", "" }, false },
		{ { "mx.example.net", "mx2.example.net" }, true },
	};
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();
	union decode_frame_record other;
	struct observation got;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sets); i++) {
		struct obs_mx_record mx[2] = { { 1, span_of(sets[i].name[0]) }, { 2, span_of(sets[i].name[1]) } };
		struct observation o = { .name = { "example.com", 11 }, .mx = { .record = mx, .count = 2 } };

		assert_int_equal(record_put_domain(buffer, &o), 0);
	}
	decode_begin(decode, record_buffer_content(buffer));
	for (size_t i = 0; i < COUNT_OF(sets); i++) {
		assert_int_equal(decode_next(decode, &got, &other), DECODE_DOMAIN);
		assert_int_equal(got.mx.all_hosts, sets[i].all_hosts);
	}
	decode_free(decode);
	record_buffer_free(buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_of_mx_tells_whether_all_are_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
