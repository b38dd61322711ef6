/* SPDX-License-Identifier: BSD-2-Clause */
/* What is asked, octet by octet. */
#include "parsers/dns_answer.h"

#include "tests/parsers/expect.h"

static void a_question_is_as_the_standards_say(void **state)
{
	static const uint8_t due[] = "\x12\x34\x01\x20\0\1\0\0\0\0\0\1\1a\7example\0\0\20\0\1\0\0\51\4\320\0\0\0\0\0";
	uint8_t out[DNS_QUERY_MAX];

	(void)state;
	assert_int_equal(dns_query_write(0x1234, span_of("a.example"), DNS_TYPE_TXT, DNS_QUERY_EDNS, out), sizeof(due));
	assert_memory_equal(out, due, sizeof(due));
	assert_int_equal(dns_query_write(0x1234, span_of("a.example"), DNS_TYPE_TXT, 0, out), sizeof(due) - 11);
	assert_int_equal(out[11], 0);
	assert_int_equal(dns_query_write(1, span_of("."), DNS_TYPE_NS, 0, out), 17);
	assert_int_equal(out[3], 0x20);
	assert_int_equal(
		dns_query_write(0x1234, span_of("a.example"), DNS_TYPE_TXT, DNS_QUERY_EDNS | DNS_QUERY_UNCHECKED, out),
		sizeof(due));
	assert_int_equal(out[3], 0x30); /* AD and CD (RFC 4035 3.2.2) */
	assert_memory_equal(out + 4, due + 4, sizeof(due) - 4);
}

static void what_is_no_name_is_not_asked(void **state)
{
	static const char *const names[] = {
		"", "..", ".a", "a.", "a..b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example"
	};
	char name[260];
	uint8_t out[DNS_QUERY_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_int_equal(dns_query_write(1, span_of(names[i]), DNS_TYPE_A, DNS_QUERY_EDNS, out), -1);
	assert_int_equal(dns_query_write(1, span_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
					 DNS_TYPE_A, 0, out),
			 81);
	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 2 ? '.' : 'a';
	assert_int_equal(dns_query_write(1, (struct span){ name, 253 }, DNS_TYPE_A, DNS_QUERY_EDNS, out),
			 DNS_QUERY_MAX);
	assert_int_equal(dns_query_write(1, (struct span){ name, 255 }, DNS_TYPE_A, DNS_QUERY_EDNS, out), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_as_the_standards_say),
		cmocka_unit_test(what_is_no_name_is_not_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
