/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/dns_answer.h"

#include "tests/parsers/dns_packet.h"
#include "tests/parsers/expect.h"

static struct dns_answer_room room;

/* Parses out of memory of exactly the packet's size; what comes out points into @packet itself. */
static int parse(const struct packet *packet, const char *name, uint16_t type, struct dns_answer *answer)
{
	struct span copy = expect_copy((const char *)packet->p, packet->n);
	int result;

	memset(answer, 0xa5, sizeof(*answer));
	memset(&room, 0xa5, sizeof(room));
	result = dns_answer_parse((const uint8_t *)copy.p, copy.n, span_of(name), type, &room, answer);
	if (result == 0)
		answer->packet = packet->p;
	expect_free(copy);
	return result;
}

static struct packet packet;
static struct dns_answer answer;

static void expect_parse(const char *name, uint16_t type, const char *status, unsigned count)
{
	assert_int_equal(parse(&packet, name, type, &answer), 0);
	expect_word(name, dns_status_names[answer.status], status);
	assert_int_equal(answer.count, count);
	assert_int_equal(answer.id, 0x1234);
}

/* The name at @offset of the packet, whether it parses or not. */
static int name_at(size_t offset, char text[static DNS_NAME_ESCAPED_MAX])
{
	const struct dns_answer as_it_is = { .packet = packet.p, .len = (uint16_t)packet.n };

	return dns_name_text(&as_it_is, offset, text);
}

static void expect_name(size_t offset, const char *due)
{
	char text[DNS_NAME_TEXT_MAX * 4];
	int n = name_at(offset, text);

	assert_int_equal(n, strlen(due));
	assert_string_equal(text, due);
}

/* ---- answers ---- */

static void codes_become_statuses(void **state)
{
	static const char *const word[16] = { "NO_ANSWER", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED" };

	(void)state;
	for (unsigned rcode = 0; rcode < 16; rcode++) {
		begin(&packet, rcode, "a.example", DNS_TYPE_MX);
		expect_parse("a.example", DNS_TYPE_MX, word[rcode] ? word[rcode] : "ERROR", 0);
		assert_false(answer.ad || answer.tc || answer.cname_loop || answer.has_opt);
		assert_int_equal(answer.ttl, 0);
		assert_int_equal(answer.opt_size, 0);
	}
}

static void an_absent_name_comes_with_soa_and_opt(void **state)
{
	(void)state;
	begin(&packet, 3 | AD, "_mta-sts.a.example", DNS_TYPE_TXT);
	add_soa(&packet);
	add_opt(&packet, 0);
	expect_parse("_mta-sts.a.example", DNS_TYPE_TXT, "NXDOMAIN", 0);
	assert_true(answer.ad && answer.has_opt);
	assert_int_equal(answer.opt_size, 1232);
}

static void mx_records_are_read_through_compression(void **state)
{
	size_t at;

	(void)state;
	begin(&packet, 0, "a.example", DNS_TYPE_MX);
	add_mx(&packet, NULL, 300, 10, "MX1.b.Example");
	put_owner(&packet, "A.EXAMPLE");
	at = put_fixed(&packet, DNS_TYPE_MX, 200);
	put(&packet, 20, 2);
	put_labels(&packet, "mx2");
	put(&packet, TO_QUESTION + 2, 2); /* example */
	end_record(&packet, ANSWER, at);
	add_mx(&packet, NULL, 250, 0, "");
	expect_parse("a.example", DNS_TYPE_MX, "NOERROR", 3);
	assert_int_equal(answer.ttl, 200);
	assert_int_equal(packet.p[answer.rdata[0].at + 1], 10);
	expect_name(answer.rdata[0].at + 2u, "mx1.b.example");
	expect_name(answer.rdata[1].at + 2u, "mx2.example");
	expect_name(answer.rdata[2].at + 2u, "");
}

static void the_question_must_be_ours(void **state)
{
	(void)state;
	begin(&packet, 0, "A.Example", DNS_TYPE_MX);
	assert_int_equal(parse(&packet, "a.example", DNS_TYPE_MX, &answer), 0); /* case may differ */
	assert_int_equal(parse(&packet, "a.example", DNS_TYPE_TXT, &answer), -1);
	assert_int_equal(parse(&packet, "b.example", DNS_TYPE_MX, &answer), -1);
	assert_int_equal(parse(&packet, "a.example.net", DNS_TYPE_MX, &answer), -1);
	assert_int_equal(parse(&packet, "example", DNS_TYPE_MX, &answer), -1);
	packet.p[packet.n - 1] = 3; /* class CHAOS */
	assert_int_equal(parse(&packet, "a.example", DNS_TYPE_MX, &answer), -1);
	begin(&packet, 0, "a.example", DNS_TYPE_MX);
	packet.p[2] &= 0x7f; /* a question, no answer */
	assert_int_equal(parse(&packet, "a.example", DNS_TYPE_MX, &answer), -1);
	begin(&packet, 0x2000, "a.example", DNS_TYPE_MX); /* NOTIFY */
	assert_int_equal(parse(&packet, "a.example", DNS_TYPE_MX, &answer), -1);
	begin(&packet, 0, "a.example", DNS_TYPE_MX);
	packet.p[5] = 2;
	assert_int_equal(parse(&packet, "a.example", DNS_TYPE_MX, &answer), -1);
}

static void a_dot_inside_a_label_is_another_name(void **state)
{
	(void)state;
	begin(&packet, 0, NULL, 0);
	packet.p[5] = 1;
	put_label(&packet, "a.example", 9);
	put(&packet, 0, 1);
	put(&packet, DNS_TYPE_MX << 16 | 1, 4);
	assert_int_equal(parse(&packet, "a.example", DNS_TYPE_MX, &answer), -1);
}

static void a_failure_may_come_without_the_question(void **state)
{
	(void)state;
	begin(&packet, 1, NULL, 0);
	expect_parse("a.example", DNS_TYPE_MX, "FORMERR", 0);
	begin(&packet, 0, NULL, 0);
	assert_int_equal(parse(&packet, "a.example", DNS_TYPE_MX, &answer), -1);
	begin(&packet, 3, NULL, 0);
	assert_int_equal(parse(&packet, "a.example", DNS_TYPE_MX, &answer), -1);
}

static void no_beginning_of_a_packet_is_read_beyond(void **state)
{
	size_t whole;

	(void)state;
	begin(&packet, 0, "a.example", DNS_TYPE_MX);
	add_cname(&packet, NULL, 60, "b.example");
	add_mx(&packet, "b.example", 60, 10, "mx.example");
	whole = packet.n;
	for (packet.n = 0; packet.n < whole; packet.n++) {
		int result = parse(&packet, "a.example", DNS_TYPE_MX, &answer);

		if (packet.n < 27)
			assert_int_equal(result, -1);
		else
			assert_int_equal(answer.status, DNS_ERROR);
	}
	expect_parse("a.example", DNS_TYPE_MX, "NOERROR", 1);
}

static void tc_asks_for_tcp(void **state)
{
	(void)state;
	begin(&packet, TC, "a.example", DNS_TYPE_TXT);
	add_raw(&packet, NULL, DNS_TYPE_TXT, "\001a", 2);
	expect_parse("a.example", DNS_TYPE_TXT, "TRUNCATED", 0);
	assert_true(answer.tc);
	packet.n--; /* cut inside a record, as careless servers do */
	expect_parse("a.example", DNS_TYPE_TXT, "TRUNCATED", 0);
	begin(&packet, TC | 2, "a.example", DNS_TYPE_TXT);
	expect_parse("a.example", DNS_TYPE_TXT, "SERVFAIL", 0);
}

/* ---- chains ---- */

static void a_chain_is_followed_in_any_order(void **state)
{
	(void)state;
	for (unsigned order = 0; order < 6; order++) {
		begin(&packet, 0, "a.example", DNS_TYPE_TXT);
		for (unsigned i = 0; i < 3; i++) {
			static const unsigned char place[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
								   { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

			if (place[order][i] == 0)
				add_cname(&packet, NULL, 300, "B.example");
			else if (place[order][i] == 1)
				add_cname(&packet, "b.Example", 100, "c.example");
			else
				add_raw(&packet, "C.example", DNS_TYPE_TXT, "\003abc", 4);
		}
		expect_parse("a.example", DNS_TYPE_TXT, "NOERROR", 1);
		assert_int_equal(answer.cname_count, 2);
		expect_name(answer.cname[0], "b.example");
		expect_name(answer.cname[1], "c.example");
		assert_int_equal(answer.ttl, 60);
	}
}

static void a_dangling_chain_keeps_its_names(void **state)
{
	(void)state;
	begin(&packet, 3, "a.example", DNS_TYPE_TXT);
	add_cname(&packet, NULL, 300, "gone.example");
	add_soa(&packet);
	expect_parse("a.example", DNS_TYPE_TXT, "NXDOMAIN", 0);
	assert_int_equal(answer.cname_count, 1);
	expect_name(answer.cname[0], "gone.example");
	assert_int_equal(answer.ttl, 300);
	begin(&packet, 0, "a.example", DNS_TYPE_TXT);
	add_cname(&packet, NULL, 300, "empty.example");
	expect_parse("a.example", DNS_TYPE_TXT, "NO_ANSWER", 0);
	assert_int_equal(answer.cname_count, 1);
}

static void loops_are_seen(void **state)
{
	(void)state;
	begin(&packet, 0, "a.example", DNS_TYPE_A);
	add_cname(&packet, NULL, 60, "a.example");
	expect_parse("a.example", DNS_TYPE_A, "NO_ANSWER", 0);
	assert_true(answer.cname_loop);
	assert_int_equal(answer.cname_count, 1);
	expect_name(answer.cname[0], "a.example");
	begin(&packet, 0, "a.example", DNS_TYPE_A);
	add_cname(&packet, NULL, 60, "b.example");
	add_cname(&packet, "b.example", 60, "c.example");
	add_cname(&packet, "c.example", 60, "B.example");
	add_raw(&packet, "b.example", DNS_TYPE_A, "\1\2\3\4", 4);
	expect_parse("a.example", DNS_TYPE_A, "NO_ANSWER", 0);
	assert_true(answer.cname_loop);
	assert_int_equal(answer.cname_count, 3); /* with the name that closes it */
	expect_name(answer.cname[2], "b.example");
}

static void build_chain(unsigned hops)
{
	char owner[16], target[16];

	begin(&packet, 0, "n0", DNS_TYPE_A);
	for (unsigned i = 0; i < hops; i++) {
		snprintf(owner, sizeof(owner), "n%u", i);
		snprintf(target, sizeof(target), "n%u", i + 1);
		add_cname(&packet, owner, 60, target);
	}
	snprintf(owner, sizeof(owner), "n%u", hops);
	add_raw(&packet, owner, DNS_TYPE_A, "\1\2\3\4", 4);
}

static void a_chain_without_end_counts_as_a_loop(void **state)
{
	(void)state;
	build_chain(OBS_CNAME_MAX);
	expect_parse("n0", DNS_TYPE_A, "NOERROR", 1);
	assert_false(answer.cname_loop);
	assert_int_equal(answer.cname_count, OBS_CNAME_MAX);
	build_chain(OBS_CNAME_MAX + 1);
	expect_parse("n0", DNS_TYPE_A, "NO_ANSWER", 0);
	assert_true(answer.cname_loop);
	assert_int_equal(answer.cname_count, OBS_CNAME_MAX);
	build_chain(100);
	expect_parse("n0", DNS_TYPE_A, "NO_ANSWER", 0);
	assert_true(answer.cname_loop);
}

static void records_of_others_are_ignored(void **state)
{
	(void)state;
	begin(&packet, 0, "a.example", DNS_TYPE_A);
	add_raw(&packet, "evil.example", DNS_TYPE_A, "\6\6\6\6", 4);
	add_cname(&packet, "evil.example", 60, "b.example");
	add_raw(&packet, NULL, DNS_TYPE_AAAA, "0123456789abcdef", 16);
	expect_parse("a.example", DNS_TYPE_A, "NO_ANSWER", 0);
	assert_int_equal(answer.cname_count, 0);
	add_raw(&packet, NULL, DNS_TYPE_A, "\1\2\3\4", 4);
	expect_parse("a.example", DNS_TYPE_A, "NOERROR", 1);
	add_raw(&packet, NULL, DNS_TYPE_A, "\4\3\2\1", 4);
	packet.p[packet.n - 11] = 3; /* class CHAOS */
	expect_parse("a.example", DNS_TYPE_A, "NOERROR", 1);
}

static void a_cname_is_an_answer_to_its_own_question(void **state)
{
	(void)state;
	begin(&packet, 0, "a.example", DNS_TYPE_CNAME);
	add_cname(&packet, NULL, 60, "b.example");
	expect_parse("a.example", DNS_TYPE_CNAME, "NOERROR", 1);
	assert_int_equal(answer.cname_count, 0);
	expect_name(answer.rdata[0].at, "b.example");
}

static void every_record_of_a_packet_is_kept(void **state)
{
	(void)state;
	begin(&packet, 0, "a.example", DNS_TYPE_A);
	for (unsigned i = 0; i < 500; i++)
		add_raw(&packet, NULL, DNS_TYPE_A, "\1\2\3\4", 4);
	expect_parse("a.example", DNS_TYPE_A, "NOERROR", 500);
}

/* ---- broken answers ---- */

static void broken_rdata_breaks_the_answer(void **state)
{
	static const struct {
		uint16_t type;
		const char *rdata;
		size_t n;
	} rows[] = {
		{ DNS_TYPE_A, "\1\2\3", 3 },
		{ DNS_TYPE_A, "\1\2\3\4\5", 5 },
		{ DNS_TYPE_AAAA, "\1\2\3\4", 4 },
		{ DNS_TYPE_AAAA, "0123456789abcdefg", 17 },
		{ DNS_TYPE_TXT, "", 0 },
		{ DNS_TYPE_TXT, "\5abc", 4 },
		{ DNS_TYPE_TXT, "\1a\377", 3 },
		{ DNS_TYPE_MX, "\0\1", 2 },
		{ DNS_TYPE_MX, "", 0 },
		{ DNS_TYPE_MX, "\0\1\1a", 4 },
		{ DNS_TYPE_MX, "\0\1\1a\0\0", 6 },
		{ DNS_TYPE_MX, "\0\1\300\377", 4 },
		{ DNS_TYPE_MX, "\0\1\100a", 4 },
		{ DNS_TYPE_MX, "\0\1\300", 3 },
		{ DNS_TYPE_MX, "\0\1\300\000", 4 },
		{ DNS_TYPE_CNAME, "", 0 },
		{ DNS_TYPE_NS, "", 0 },
		{ DNS_TYPE_NS, "\1a", 2 },
		{ DNS_TYPE_NS, "\1a\0\0", 4 },
		{ DNS_TYPE_PTR, "", 0 },
		{ DNS_TYPE_TLSA, "", 0 },
		{ DNS_TYPE_TLSA, "\3\1", 2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		begin(&packet, 0, "a.example", rows[i].type);
		add_raw(&packet, NULL, rows[i].type, rows[i].rdata, rows[i].n);
		expect_parse("a.example", rows[i].type, "ERROR", 0);
	}
	begin(&packet, 0, "a.example", DNS_TYPE_A); /* a chain with a broken link */
	add_raw(&packet, NULL, DNS_TYPE_CNAME, "\100", 1);
	expect_parse("a.example", DNS_TYPE_A, "ERROR", 0);
}

static void pointers_lead_backwards_only(void **state)
{
	size_t at;

	(void)state;
	for (unsigned shape = 0; shape < 4; shape++) {
		begin(&packet, 0, "a.example", DNS_TYPE_A);
		at = packet.n;
		if (shape == 0)
			put(&packet, 0xc000 | (unsigned)at, 2); /* to itself */
		else if (shape == 1)
			put(&packet, 0xc000 | (unsigned)(at + 2), 2); /* forward */
		else if (shape == 2)
			put(&packet, 0xc004, 2); /* into the header */
		if (shape == 3) {                /* a label and back to it, round and round */
			put_labels(&packet, "x");
			put(&packet, 0xc000 | (unsigned)at, 2);
		}
		at = put_fixed(&packet, DNS_TYPE_A, 60);
		put(&packet, 0x01020304, 4);
		end_record(&packet, ANSWER, at);
		expect_parse("a.example", DNS_TYPE_A, "ERROR", 0);
	}
}

static void names_over_255_octets_are_none(void **state)
{
	char label[64];
	size_t at;

	(void)state;
	memset(label, 'a', 63);
	label[63] = '\0';
	for (unsigned labels = 3; labels <= 4; labels++) {
		begin(&packet, 0, "a.example", DNS_TYPE_MX);
		put_owner(&packet, NULL);
		at = put_fixed(&packet, DNS_TYPE_MX, 60);
		put(&packet, 10, 2);
		for (unsigned i = 0; i < labels; i++)
			put_labels(&packet, label);
		put(&packet, 0, 1);
		end_record(&packet, ANSWER, at);
		expect_parse("a.example", DNS_TYPE_MX, labels == 3 ? "NOERROR" : "ERROR", labels == 3);
	}
}

static void counts_that_promise_too_much_are_broken(void **state)
{
	(void)state;
	begin(&packet, 0, "a.example", DNS_TYPE_A);
	packet.p[ANSWER] = packet.p[ANSWER + 1] = 0xff;
	expect_parse("a.example", DNS_TYPE_A, "ERROR", 0);
	begin(&packet, 0, "a.example", DNS_TYPE_A);
	packet.p[AUTHORITY] = packet.p[ADDITIONAL] = 0xff; /* behind the answer: nobody is misled */
	expect_parse("a.example", DNS_TYPE_A, "NO_ANSWER", 0);
	assert_false(answer.has_opt);
}

static void a_negative_ttl_is_none(void **state)
{
	(void)state;
	begin(&packet, 0, "a.example", DNS_TYPE_MX);
	add_mx(&packet, NULL, 0xffffffff, 10, "b.example");
	expect_parse("a.example", DNS_TYPE_MX, "NOERROR", 1);
	assert_int_equal(answer.ttl, 0);
	begin(&packet, 0, "a.example", DNS_TYPE_MX);
	add_mx(&packet, NULL, 0x7fffffff, 10, "b.example");
	expect_parse("a.example", DNS_TYPE_MX, "NOERROR", 1);
	assert_int_equal(answer.ttl, 0x7fffffff);
}

static void a_type_without_a_known_form_is_taken_as_it_is(void **state)
{
	(void)state;
	begin(&packet, 0, "a.example", 53); /* SMIMEA */
	add_raw(&packet, NULL, 53, "\3\1\1x", 4);
	expect_parse("a.example", 53, "NOERROR", 1);
	assert_int_equal(answer.rdata[0].n, 4);
}

/* Whether the data is as long as its digest is the judge's; none at all is an association that nothing matches. */
static void tlsa_is_read_behind_aliases_of_any_length(void **state)
{
	static const char *const rdata[] = { "\3\1\1", "\3\1\1x", "\377\377\377yz" };

	(void)state;
	begin(&packet, AD, "_25._tcp.a.example", DNS_TYPE_TLSA);
	add_cname(&packet, NULL, 60, "tlsa.b.example");
	add_raw(&packet, NULL, DNS_TYPE_TLSA, "\3\1\1other's", 10);
	for (size_t i = 0; i < COUNT_OF(rdata); i++)
		add_raw(&packet, "tlsa.b.example", DNS_TYPE_TLSA, rdata[i], strlen(rdata[i]));
	expect_parse("_25._tcp.a.example", DNS_TYPE_TLSA, "NOERROR", COUNT_OF(rdata));
	assert_true(answer.ad);
	assert_int_equal(answer.cname_count, 1);
	for (size_t i = 0; i < COUNT_OF(rdata); i++) {
		assert_int_equal(answer.rdata[i].n, strlen(rdata[i]));
		assert_memory_equal(packet.p + answer.rdata[i].at, rdata[i], strlen(rdata[i]));
	}
}

static void a_packet_over_64_kib_is_none(void **state)
{
	static uint8_t big[65536];

	(void)state;
	begin(&packet, 0, "a.example", DNS_TYPE_A);
	memcpy(big, packet.p, packet.n);
	assert_int_equal(dns_answer_parse(big, 65535, span_of("a.example"), DNS_TYPE_A, &room, &answer), 0);
	assert_int_equal(dns_answer_parse(big, 65536, span_of("a.example"), DNS_TYPE_A, &room, &answer), -1);
}

/* ---- text ---- */

static void odd_octets_are_escaped(void **state)
{
	char text[DNS_NAME_TEXT_MAX * 4];
	size_t at;

	(void)state;
	packet.n = 0;
	put(&packet, 0, 12);
	at = packet.n;
	put_label(&packet, "A b\0", 4);
	put_label(&packet, "x.y\\\x7f\xff*@", 8);
	put(&packet, 0, 1);
	expect_name(at, "a\\032b\\000.x\\.y\\092\\127\\255*@");
	at = packet.n;
	put(&packet, 0xc000 | 12, 2);
	put(&packet, 1, 1);
	expect_name(at, "a\\032b\\000.x\\.y\\092\\127\\255*@");
	assert_int_equal(name_at(packet.n - 1, text), -1);
	assert_int_equal(name_at(packet.n, text), -1);
	assert_int_equal(name_at(packet.n + 9, text), -1);
}

static void the_longest_text_fits(void **state)
{
	char label[63], text[DNS_NAME_TEXT_MAX * 4];

	(void)state;
	memset(label, 1, sizeof(label));
	packet.n = 0;
	put(&packet, 0, 12);
	for (unsigned i = 0; i < 3; i++)
		put_label(&packet, label, 63);
	put_label(&packet, label, 61);
	put(&packet, 0, 1);
	assert_int_equal(name_at(12, text), 4 * 250 + 3);
}

static void strings_are_joined_without_spaces(void **state)
{
	char out[16];

	(void)state;
	begin(&packet, 0, "a.example", DNS_TYPE_TXT);
	add_raw(&packet, NULL, DNS_TYPE_TXT, "\003v=S\000\005TSv1;\002 i", 14);
	add_raw(&packet, NULL, DNS_TYPE_TXT, "\0", 1);
	expect_parse("a.example", DNS_TYPE_TXT, "NOERROR", 2);
	assert_int_equal(dns_txt_join(&answer, 0, out, sizeof(out)), 10);
	assert_memory_equal(out, "v=STSv1; i", 10);
	assert_int_equal(dns_txt_join(&answer, 0, out, 10), 10);
	assert_int_equal(dns_txt_join(&answer, 0, out, 9), -1);
	assert_int_equal(dns_txt_join(&answer, 1, out, 0), 0);
	room.rdata[0].n = 3; /* a caller's answer that is not from here */
	assert_int_equal(dns_txt_join(&answer, 0, out, sizeof(out)), -1);
}

static void every_type_has_a_name(void **state)
{
	static const unsigned types[] = { 1, 2, 5, 6, 15, 16, 28, 41, 52, 0, 3, 42, 53, 65535 };
	char names[128] = "";

	(void)state;
	for (size_t i = 0; i < COUNT_OF(types); i++)
		strcat(strcat(names, dns_type_name(types[i])), " ");
	assert_string_equal(names, "A NS CNAME SOA MX TXT AAAA OPT TLSA ? ? ? ? ? ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_has_a_name),
		cmocka_unit_test(codes_become_statuses),
		cmocka_unit_test(an_absent_name_comes_with_soa_and_opt),
		cmocka_unit_test(mx_records_are_read_through_compression),
		cmocka_unit_test(the_question_must_be_ours),
		cmocka_unit_test(a_dot_inside_a_label_is_another_name),
		cmocka_unit_test(a_failure_may_come_without_the_question),
		cmocka_unit_test(no_beginning_of_a_packet_is_read_beyond),
		cmocka_unit_test(tc_asks_for_tcp),
		cmocka_unit_test(a_chain_is_followed_in_any_order),
		cmocka_unit_test(a_dangling_chain_keeps_its_names),
		cmocka_unit_test(loops_are_seen),
		cmocka_unit_test(a_chain_without_end_counts_as_a_loop),
		cmocka_unit_test(records_of_others_are_ignored),
		cmocka_unit_test(a_cname_is_an_answer_to_its_own_question),
		cmocka_unit_test(every_record_of_a_packet_is_kept),
		cmocka_unit_test(broken_rdata_breaks_the_answer),
		cmocka_unit_test(pointers_lead_backwards_only),
		cmocka_unit_test(names_over_255_octets_are_none),
		cmocka_unit_test(counts_that_promise_too_much_are_broken),
		cmocka_unit_test(a_negative_ttl_is_none),
		cmocka_unit_test(a_type_without_a_known_form_is_taken_as_it_is),
		cmocka_unit_test(tlsa_is_read_behind_aliases_of_any_length),
		cmocka_unit_test(a_packet_over_64_kib_is_none),
		cmocka_unit_test(odd_octets_are_escaped),
		cmocka_unit_test(the_longest_text_fits),
		cmocka_unit_test(strings_are_joined_without_spaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
