/* SPDX-License-Identifier: BSD-2-Clause */
/* What an OPT record of an answer says (RFC 6891, RFC 8914). */
#include "parsers/dns_answer.h"

#include "tests/parsers/dns_packet.h"
#include "tests/parsers/expect.h"

static struct dns_answer_room room;
static struct packet packet;
static struct dns_answer answer;

static void parse(enum dns_status due)
{
	struct span copy = expect_copy((const char *)packet.p, packet.n); /* of exactly its size */

	assert_int_equal(
		dns_answer_parse((const uint8_t *)copy.p, copy.n, span_of("a.example"), DNS_TYPE_MX, &room, &answer),
		0);
	assert_int_equal(answer.status, due);
	assert_int_equal(answer.count, 0);
	expect_free(copy);
}

static void an_extended_code_is_an_error(void **state)
{
	(void)state;
	begin(&packet, 0, "a.example", DNS_TYPE_MX); /* BADVERS is 16: 1 in OPT, 0 in the header */
	add_mx(&packet, NULL, 60, 10, "b.example");
	add_opt(&packet, 1);
	parse(DNS_ERROR);
	assert_true(answer.has_opt);
}

static void the_first_extended_error_is_kept(void **state)
{
	static const struct {
		const char *options;
		size_t n;
		unsigned due;
	} rows[] = {
		{ "", 0, 0 },
		{ "\0\17\0\2\0\6", 6, 7 },                            /* 6: DNSSEC bogus */
		{ "\0\17\0\2\0\0", 6, 1 },                            /* 0: other */
		{ "\0\17\0\16\0\7signature ex", 18, 8 },              /* with text */
		{ "\0\12\0\2ab\0\17\0\2\0\11\0\17\0\2\0\6", 18, 10 }, /* a cookie, then two */
		{ "\0\17\0\1\6", 5, 0 },                              /* too short for a code */
		{ "\0\17\0\1\6\0\17\0\2\0\6", 11, 7 },                /* … and another behind it */
		{ "\0\17\0\3\0\6", 6, 0 },                            /* longer than there is */
		{ "\0\12\377\377\0\17\0\2\0\6", 10, 0 },
		{ "\0\17\0", 3, 0 },
		{ "\0\17\0\2\377\377", 6, 65535 }, /* the code and 1 has 16 bits */
		{ "\0\17\0\2\377\376", 6, 65535 },
	};
	static const enum dns_status status[] = { DNS_NO_ANSWER, DNS_FORMERR, DNS_SERVFAIL, DNS_NXDOMAIN };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (unsigned rcode = 0; rcode < COUNT_OF(status); rcode++) {
			begin(&packet, rcode, "a.example", DNS_TYPE_MX);
			add_soa(&packet);
			add_opt_of(&packet, rows[i].options, rows[i].n);
			parse(status[rcode]);
			assert_int_equal(answer.ede, rows[i].due);
			assert_true(answer.has_opt);
		}
	}
}

static void opt_is_the_roots(void **state)
{
	(void)state;
	begin(&packet, 0, "a.example", DNS_TYPE_MX);
	put_name(&packet, "x");
	put(&packet, DNS_TYPE_OPT, 2);
	put(&packet, 1232, 2);
	put(&packet, 0, 6);
	count_in(&packet, ADDITIONAL);
	parse(DNS_NO_ANSWER);
	assert_false(answer.has_opt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_extended_code_is_an_error),
		cmocka_unit_test(the_first_extended_error_is_kept),
		cmocka_unit_test(opt_is_the_roots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
