/* SPDX-License-Identifier: BSD-2-Clause */
/* What others may think of our address, asked of a network that answers at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "scanner/live/canary_list.h"
#include "scanner/live/ehlo_name.h"
#include "scanner/live/own_address.h"
#include "scanner/live/own_name.h"
#include "tests/fake/dns_build.h"

enum { NXDOMAIN = 3 };

/* ---- a network ---- */

static struct {
	struct net net;                     /* first */
	const char *ptr, *forward, *listed; /* what stands there; NULL: nothing; "!": no answer */
	unsigned asked;
} peer;

static struct dns_build packet;

static void respond(struct net_query *query, const char *text)
{
	struct dns_answer_room room;
	struct dns_answer answer;
	struct obs_address address;

	dns_build_begin(&packet, 1, DNS_FLAG_QR | DNS_FLAG_RD | DNS_FLAG_RA | (text ? 0 : NXDOMAIN));
	dns_build_question(&packet, net_query_name(query), query->type);
	if (text && query->type == DNS_TYPE_PTR)
		dns_build_name_record(&packet, net_query_name(query), DNS_TYPE_PTR, 300, span_of(text));
	else if (text && address_parse(span_of(text), &address))
		dns_build_record(&packet, net_query_name(query), query->type, 300, address.octet,
				 address_octets(&address));
	assert_int_equal(dns_answer_parse(packet.octet, packet.n, net_query_name(query), query->type, &room, &answer),
			 0);
	query->status = answer.status;
	query->on_answer(query, &answer);
}

static void ask(struct net *net, struct net_query *query)
{
	struct span name = net_query_name(query);
	const char *text = query->type == DNS_TYPE_PTR                               ? peer.ptr
			   : span_ends_with(name, SPAN_LITERAL(".zen.spamhaus.org")) ? peer.listed
										     : peer.forward;

	(void)net;
	peer.asked++;
	if (!text || strcmp(text, "!") != 0) {
		respond(query, text);
		return;
	}
	query->status = DNS_TIMEOUT;
	query->on_answer(query, NULL);
}

static void on_done(void *arg)
{
	++*(unsigned *)arg;
}

/* ---- what is found ---- */

static void the_address_is_written_backwards(void **state)
{
	static const struct {
		const char *address, *below, *text;
	} table[] = {
		{ "192.0.2.1", "in-addr.arpa", "1.2.0.192.in-addr.arpa" },
		{ "255.255.255.255", "zen.spamhaus.org", "255.255.255.255.zen.spamhaus.org" },
		{ "2001:db8::567:89ab", "ip6.arpa",
		  "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa" }, /* RFC 3596 2.5 */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		char text[OWN_NAME_QUESTION_MAX];
		struct obs_address address;

		assert_true(address_parse(span_of(table[i].address), &address));
		assert_int_equal(own_name_reverse(&address, table[i].below, text), strlen(table[i].text));
		assert_string_equal(text, table[i].text);
	}
}

static void what_others_may_think_of_our_address(void **state)
{
	static const struct {
		const char *address, *allowed, *ptr, *forward, *listed; /* allowed: by --allow-reserved */
		const char *name;                                       /* as found; "": none */
		bool confirmed;
		enum own_listed found;
		unsigned asked;
	} table[] = {
		{ "8.8.4.4", NULL, "scan.example.org", "8.8.4.4", NULL, "scan.example.org", true, OWN_NOT_LISTED, 3 },
		{ "8.8.4.4", NULL, "scan.example.org", "8.8.4.5", "127.0.0.4", "scan.example.org", false, OWN_LISTED,
		  3 },
		{ "8.8.4.4", NULL, "scan.example.org", NULL, "127.255.255.254", "scan.example.org", false,
		  OWN_LIST_UNKNOWN, 3 },
		{ "8.8.4.4", NULL, NULL, NULL, "!", "", false, OWN_LIST_UNKNOWN, 2 },
		{ "8.8.4.4", NULL, "!", NULL, "127.0.0.11", "", false, OWN_LISTED, 2 },
		{ "2a00:1450::1", NULL, "six.example.org", "2a00:1450::1", NULL, "six.example.org", true,
		  OWN_NOT_LISTED, 3 },
		/* what only our own network knows is asked of nobody else */
		{ "192.168.1.7", NULL, "x.example", "192.168.1.7", "127.0.0.2", "", false, OWN_LIST_NOT_ASKED, 0 },
		{ "127.0.0.1", "127.0.0.0/8", "lab.example", "127.0.0.1", "127.0.0.2", "lab.example", true,
		  OWN_LIST_NOT_ASKED, 2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct options options = { .shards = 1 };
		struct own_name own = { 0 };
		unsigned done = 0;

		peer.net.ask = ask;
		peer.ptr = table[i].ptr;
		peer.forward = table[i].forward;
		peer.listed = table[i].listed;
		peer.asked = 0;
		options.allow_reserved = cidr_set_new();
		if (table[i].allowed)
			assert_int_equal(cidr_set_add(options.allow_reserved, span_of(table[i].allowed)), 0);
		assert_true(address_parse(span_of(table[i].address), &own.address));
		own_name_start(&own, &peer.net, &options, on_done, &done);
		assert_int_equal(done, 1);
		if (!span_equal(own.ptr, span_of(table[i].name)) || own.confirmed != table[i].confirmed ||
		    own.listed != table[i].found || peer.asked != table[i].asked)
			fail_msg("row %zu: '%.*s', %d, %s, %u questions", i, (int)own.ptr.n, own.ptr.p, own.confirmed,
				 own_listed_names[own.listed], peer.asked);
		own_name_fini(&own);
		cidr_set_free(options.allow_reserved);
	}
}

static void a_name_to_greet_with_is_one_that_the_internet_could_know(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} table[] = {
		{ "scan.example.org", true },
		{ "localhost", false },
		{ "scan", false },
		{ "scan.localdomain", false },
		{ "x.localhost", false },
		{ "a b.example", false },
		{ "192.0.2.1", false },
		{ "", false },
		{ "under_score.example", false },
	};
	struct options options = { .ehlo_domain = "given.example" };
	char name[SMTP_EHLO_NAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (ehlo_name_is_good(span_of(table[i].name)) != table[i].good)
			fail_msg("'%s'", table[i].name);
	assert_true(ehlo_name_find(&options, name));
	assert_string_equal(name, "given.example");
}

static void there_is_a_way_to_loopback_and_it_begins_there(void **state)
{
	const struct obs_address there = { 4, { 127, 81, 0, 1 } };
	struct obs_address own;

	(void)state;
	assert_true(own_address_towards(&there, &own));
	assert_true(address_is_loopback(&own));
}

static void canaries_are_of_several_operators(void **state)
{
	unsigned operators = 0;

	(void)state;
	for (size_t i = 0; i < canary_list_count; i++) {
		bool first = true;

		assert_true(domain_is_host(span_of(canary_list[i].host)));
		for (size_t k = 0; k < i; k++)
			first = first && strcmp(canary_list[k].run_by, canary_list[i].run_by) != 0;
		operators += first;
	}
	assert_in_range(operators, 3, canary_list_count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_address_is_written_backwards),
		cmocka_unit_test(what_others_may_think_of_our_address),
		cmocka_unit_test(a_name_to_greet_with_is_one_that_the_internet_could_know),
		cmocka_unit_test(there_is_a_way_to_loopback_and_it_begins_there),
		cmocka_unit_test(canaries_are_of_several_operators),
	};

	return cmocka_run_group_tests_name("own_name", tests, NULL, NULL);
}
