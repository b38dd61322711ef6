/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "parsers/hash.h"

static void every_way_to_hash_gives_the_published_values(void **state)
{
	static const struct {
		const char *text, *upper;
		uint64_t hash;
	} rows[] = {
		{ "", "", 0xcbf29ce484222325 },
		{ "a", "A", 0xaf63dc4c8601ec8c },
		{ "foobar", "FooBar", 0x85944171f73967e8 },
		{ "b\xc3\xbc"
		  "cher",
		  "B\xc3\xbc"
		  "CHER",
		  0x245d24a5f2e63fd2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *p = rows[i].text;
		uint64_t hash = HASH_NOTHING;

		assert_int_equal(hash_span(span_of(p)), rows[i].hash);
		assert_int_equal(hash_octets(HASH_NOTHING, p, strlen(p)), rows[i].hash);
		assert_int_equal(hash_span_nocase(span_of(rows[i].upper)), rows[i].hash);
		while (*p)
			hash = hash_octet(hash, (uint8_t)*p++);
		assert_int_equal(hash, rows[i].hash);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_to_hash_gives_the_published_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
