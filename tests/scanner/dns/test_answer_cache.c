/* SPDX-License-Identifier: BSD-2-Clause */
/* The cache of shared answers, in front of a network that answers when the test says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/dns/answer_cache.h"
#include "tests/fake/give_answer.h"
#include "tests/parsers/dns_packet.h"

enum { HELD_MAX = 4096, ASKERS = 40 };

struct asker {
	struct net_query query;
	struct rig *rig;
	const char *again; /* asked for in the callback */
	unsigned heard, order;
	int fault;
	enum dns_status status;
	size_t len;
	uint8_t tries, first_octet;
};

struct rig {
	struct net net; /* first: the cache calls back with it */
	struct answer_cache *cache;
	struct net_query *held[HELD_MAX];
	unsigned held_count, asked;
	uint64_t now_ms;
	bool at_once; /* answer inside ask */
	struct packet packet;
	int fault; /* what answer() says */
	enum dns_status status;
	unsigned heard;
};

static void release(struct rig *rig, struct net_query *query)
{
	query->fault = (int8_t)rig->fault;
	query->packets_sent = 2;
	give_answer(query, rig->packet.n > 0 ? rig->packet.p : NULL, rig->packet.n, rig->status);
}

static void ask(struct net *net, struct net_query *query)
{
	struct rig *rig = (struct rig *)net;

	assert_false(query->shared); /* or it would come back */
	rig->asked++;
	if (rig->at_once) {
		release(rig, query);
		return;
	}
	assert_true(rig->held_count < HELD_MAX);
	rig->held[rig->held_count++] = query;
}

static uint64_t now_ms(struct net *net)
{
	return ((struct rig *)net)->now_ms;
}

static void answer_all(struct rig *rig)
{
	unsigned count = rig->held_count;
	struct net_query *held[HELD_MAX];

	memcpy(held, rig->held, count * sizeof(held[0]));
	rig->held_count = 0;
	for (unsigned i = 0; i < count; i++)
		release(rig, held[i]);
}

static void say_address(struct rig *rig, const char *name, unsigned ttl)
{
	size_t at;

	begin(&rig->packet, 0, name, DNS_TYPE_AAAA);
	put_owner(&rig->packet, NULL);
	at = put_fixed(&rig->packet, DNS_TYPE_AAAA, ttl);
	put(&rig->packet, 1, 16);
	end_record(&rig->packet, ANSWER, at);
	rig->status = DNS_NOERROR;
	rig->fault = NET_OK;
}

static void say_code(struct rig *rig, const char *name, unsigned rcode, enum dns_status status)
{
	begin(&rig->packet, rcode, name, DNS_TYPE_AAAA);
	add_soa(&rig->packet);
	rig->status = status;
	rig->fault = NET_OK;
}

static void on_answer(struct net_query *query, const struct dns_answer *answer);

static void inquire(struct rig *rig, struct asker *asker, const char *name)
{
	asker->rig = rig;
	asker->query =
		(struct net_query){ .type = DNS_TYPE_AAAA, .shared = true, .on_answer = on_answer, .arg = asker };
	net_query_about(&asker->query, span_of(name));
	answer_cache_ask(rig->cache, &asker->query);
}

static void on_answer(struct net_query *query, const struct dns_answer *answer)
{
	struct asker *asker = query->arg;
	const char *again = asker->again;

	asker->heard++;
	asker->order = asker->rig->heard++;
	asker->fault = query->fault;
	asker->status = query->status;
	asker->len = answer ? answer->len : 0;
	asker->tries = query->packets_sent;
	asker->again = NULL;
	if (again)
		inquire(asker->rig, asker, again); /* ours to ask with again, from here on */
	else if (answer)
		asker->first_octet = answer->packet[0]; /* still there, whatever others asked meanwhile */
}

static int setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	rig->net = (struct net){ .ask = ask, .now_ms = now_ms };
	rig->now_ms = 1000;
	rig->cache = answer_cache_new(&rig->net);
	*state = rig;
	return rig->cache ? 0 : -1;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	answer_cache_free(rig->cache);
	free(rig);
	return 0;
}

static void keeps_an_answer_for_its_ttl_and_no_longer(void **state)
{
	struct rig *rig = *state;
	static const struct {
		unsigned ttl;
		uint64_t kept_ms; /* 0: not at all */
	} rows[] = { { 30, 30000 }, { 0, 0 }, { 86400, 3600000 } };

	rig->at_once = true;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct asker asker = { 0 };
		char name[32];

		snprintf(name, sizeof(name), "host%zu.example", i);
		say_address(rig, name, rows[i].ttl);
		rig->asked = 0;
		inquire(rig, &asker, name);
		assert_int_equal(asker.tries, 2);
		inquire(rig, &asker, name);
		assert_int_equal(rig->asked, rows[i].kept_ms > 0 ? 1 : 2);
		assert_int_equal(asker.heard, 2);
		if (rows[i].kept_ms == 0)
			continue;
		assert_int_equal(asker.tries, 0);
		assert_int_equal(asker.status, DNS_NOERROR);
		assert_int_equal(asker.len, rig->packet.n);
		rig->now_ms += rows[i].kept_ms - 1;
		inquire(rig, &asker, name);
		assert_int_equal(rig->asked, 1);
		rig->now_ms += 1;
		inquire(rig, &asker, name);
		assert_int_equal(rig->asked, 2);
	}
}

static void keeps_absence_but_no_failure(void **state)
{
	struct rig *rig = *state;
	static const struct {
		unsigned rcode;
		enum dns_status status;
		bool packet, kept;
		int fault;
	} rows[] = {
		{ 3, DNS_NXDOMAIN, true, true, NET_OK },    { 0, DNS_NO_ANSWER, true, true, NET_OK },
		{ 2, DNS_SERVFAIL, true, false, NET_OK },   { 5, DNS_REFUSED, true, false, NET_OK },
		{ TC, DNS_TRUNCATED, true, false, NET_OK }, { 9, DNS_ERROR, true, false, NET_OK },
		{ 0, DNS_TIMEOUT, false, false, NET_OK },   { 0, DNS_SKIPPED, false, false, NET_FAULT_SOCKETS },
	};

	rig->at_once = true;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct asker asker = { 0 };
		char name[32];

		snprintf(name, sizeof(name), "host%zu.example", i);
		say_code(rig, name, rows[i].rcode, rows[i].status);
		rig->fault = rows[i].fault;
		if (!rows[i].packet)
			rig->packet.n = 0;
		rig->asked = 0;
		inquire(rig, &asker, name);
		assert_int_equal(asker.status, rows[i].status);
		assert_int_equal(asker.fault, rows[i].fault);
		rig->now_ms += ANSWER_CACHE_NEGATIVE_S * 1000 - 1;
		inquire(rig, &asker, name);
		assert_int_equal(rig->asked, rows[i].kept ? 1 : 2);
		rig->now_ms += 1;
		inquire(rig, &asker, name);
		assert_int_equal(rig->asked, rows[i].kept ? 2 : 3);
	}
}

static void tells_names_and_types_apart(void **state)
{
	struct rig *rig = *state;
	struct asker a = { 0 }, b = { 0 }, c = { 0 };

	inquire(rig, &a, "host.example");
	inquire(rig, &b, "host.example.net");
	c.rig = rig;
	c.query = (struct net_query){ .type = DNS_TYPE_A, .shared = true, .on_answer = on_answer, .arg = &c };
	net_query_about(&c.query, SPAN_LITERAL("host.example"));
	answer_cache_ask(rig->cache, &c.query);
	assert_int_equal(rig->asked, 3);
	rig->fault = NET_FAULT_SHUTDOWN;
	answer_all(rig);
}

/* What does not validate answers no question that wants it validated. */
static void tells_questions_with_cd_from_those_without(void **state)
{
	struct rig *rig = *state;
	struct asker checked[3] = { 0 }, unchecked[2] = { 0 };

	inquire(rig, &checked[0], "host.example");
	for (size_t i = 0; i < COUNT_OF(unchecked); i++) {
		unchecked[i].rig = rig;
		unchecked[i].query = (struct net_query){ .type = DNS_TYPE_AAAA,
							 .shared = true,
							 .unchecked = true,
							 .on_answer = on_answer,
							 .arg = &unchecked[i] };
		net_query_about(&unchecked[i].query, SPAN_LITERAL("host.example"));
		answer_cache_ask(rig->cache, &unchecked[i].query);
	}
	inquire(rig, &checked[1], "host.example");
	assert_int_equal(rig->asked, 2); /* one of each */
	assert_int_equal(rig->held_count, 2);
	assert_false(rig->held[0]->unchecked);
	assert_true(rig->held[1]->unchecked);
	say_code(rig, "host.example", 2, DNS_SERVFAIL);
	release(rig, rig->held[0]);
	say_address(rig, "host.example", 60);
	release(rig, rig->held[1]);
	assert_int_equal(checked[0].status, DNS_SERVFAIL);
	assert_int_equal(checked[1].status, DNS_SERVFAIL);
	assert_int_equal(unchecked[0].status, DNS_NOERROR);
	assert_int_equal(unchecked[1].status, DNS_NOERROR);
	inquire(rig, &checked[2], "host.example"); /* the other's is kept, and not for this one */
	assert_int_equal(rig->asked, 3);
	rig->held[0] = rig->held[2];
	rig->held_count = 1;
	answer_all(rig);
}

static void asks_once_for_all_who_ask_at_the_same_moment(void **state)
{
	struct rig *rig = *state;
	struct asker asker[ASKERS] = { 0 };
	struct answer_cache_counts counts;

	for (unsigned i = 0; i < ASKERS; i++)
		inquire(rig, &asker[i], "host.example");
	assert_int_equal(rig->asked, 1);
	say_address(rig, "host.example", 60);
	answer_all(rig);
	for (unsigned i = 0; i < ASKERS; i++) {
		assert_int_equal(asker[i].heard, 1);
		assert_int_equal(asker[i].order, i); /* as they came */
		assert_int_equal(asker[i].status, DNS_NOERROR);
		assert_int_equal(asker[i].tries, i == 0 ? 2 : 0);
	}
	answer_cache_counts(rig->cache, &counts);
	assert_int_equal(counts.asked, 1);
	assert_int_equal(counts.joined, ASKERS - 1);
	assert_int_equal(counts.hits, 0);
}

static void tells_a_failure_to_all_and_asks_anew_after_it(void **state)
{
	static const int faults[] = { NET_OK, NET_FAULT_MEMORY, NET_FAULT_SHUTDOWN };
	struct rig *rig = *state;

	for (size_t f = 0; f < COUNT_OF(faults); f++) {
		struct asker asker[ASKERS] = { 0 };
		struct answer_cache_counts counts;

		rig->packet.n = 0;
		rig->status = faults[f] ? DNS_SKIPPED : DNS_TIMEOUT;
		rig->fault = faults[f];
		rig->asked = 0;
		for (unsigned i = 0; i < ASKERS; i++)
			inquire(rig, &asker[i], "host.example");
		answer_all(rig);
		for (unsigned i = 0; i < ASKERS; i++) {
			assert_int_equal(asker[i].heard, 1);
			assert_int_equal(asker[i].fault, faults[f]);
			assert_int_equal(asker[i].status, rig->status);
		}
		assert_int_equal(rig->asked, 1);
		answer_cache_counts(rig->cache, &counts);
		assert_int_equal(counts.entries, 0);
		assert_int_equal(counts.octets, 0);
	}
}

static void may_be_asked_again_inside_the_answer(void **state)
{
	struct rig *rig = *state;
	struct asker asker[ASKERS] = { 0 };

	/* a kept answer is heard at once */
	for (unsigned i = 0; i < ASKERS; i++) {
		asker[i].again = "host.example";
		inquire(rig, &asker[i], "host.example");
	}
	say_address(rig, "host.example", 60);
	answer_all(rig);
	assert_int_equal(rig->asked, 1);
	for (unsigned i = 0; i < ASKERS; i++)
		assert_int_equal(asker[i].heard, 2);

	/* one that isn't kept is asked for once more, by all together */
	rig->asked = 0;
	for (unsigned i = 0; i < ASKERS; i++) {
		asker[i] = (struct asker){ .again = "fails.example" };
		inquire(rig, &asker[i], "fails.example");
	}
	say_code(rig, "fails.example", 2, DNS_SERVFAIL);
	answer_all(rig);
	assert_int_equal(rig->asked, 2);
	answer_all(rig);
	assert_int_equal(rig->asked, 2);
	for (unsigned i = 0; i < ASKERS; i++)
		assert_int_equal(asker[i].heard, 2);
}

static void stays_within_its_bounds(void **state)
{
	struct rig *rig = *state;
	struct answer_cache_counts counts;
	struct asker asker = { 0 };
	char name[64];

	rig->at_once = true;
	for (unsigned i = 0; i < 3 * ANSWER_CACHE_ENTRIES_MAX; i++) {
		snprintf(name, sizeof(name), "host%u.example", i);
		say_address(rig, name, 60);
		inquire(rig, &asker, name);
		/* in use all the time, so it stays */
		say_address(rig, "often.example", 3600);
		inquire(rig, &asker, "often.example");
	}
	answer_cache_counts(rig->cache, &counts);
	assert_true(counts.entries <= ANSWER_CACHE_ENTRIES_MAX);
	assert_true(counts.entries > ANSWER_CACHE_ENTRIES_MAX / 2);
	assert_true(counts.octets <= ANSWER_CACHE_OCTETS_MAX);
	assert_int_equal(counts.hits, 3 * ANSWER_CACHE_ENTRIES_MAX - 1);
	rig->asked = 0;
	say_address(rig, "host0.example", 60);
	inquire(rig, &asker, "host0.example");
	assert_int_equal(rig->asked, 1); /* the least recently used went first */
}

static void counts_octets_too(void **state)
{
	struct rig *rig = *state;
	struct answer_cache_counts counts;
	struct asker asker = { 0 };
	char name[64];

	rig->at_once = true;
	for (unsigned i = 0; i < ANSWER_CACHE_ENTRIES_MAX; i++) {
		snprintf(name, sizeof(name), "host%u.example", i);
		say_address(rig, name, 60);
		while (rig->packet.n < 1100)
			add_raw(&rig->packet, NULL, DNS_TYPE_AAAA, "0123456789abcdef", 16);
		inquire(rig, &asker, name);
		answer_cache_counts(rig->cache, &counts);
		assert_true(counts.octets <= ANSWER_CACHE_OCTETS_MAX);
	}
	assert_true(counts.octets > ANSWER_CACHE_OCTETS_MAX / 2);
	assert_true(counts.entries < ANSWER_CACHE_ENTRIES_MAX);
	/* the newest is there, at the expense of older ones */
	rig->asked = 0;
	inquire(rig, &asker, name);
	assert_int_equal(rig->asked, 0);
	/* what came over TCP is heard and not kept */
	say_address(rig, "large.example", 60);
	while (rig->packet.n <= ANSWER_CACHE_PACKET_MAX)
		add_raw(&rig->packet, NULL, DNS_TYPE_AAAA, "0123456789abcdef", 16);
	rig->asked = 0;
	inquire(rig, &asker, "large.example");
	inquire(rig, &asker, "large.example");
	assert_int_equal(rig->asked, 2);
	assert_int_equal(asker.len, rig->packet.n);
}

static void sends_on_what_it_has_no_room_for(void **state)
{
	struct rig *rig = *state;
	enum { MANY = ANSWER_CACHE_ENTRIES_MAX + 100 };
	struct asker *asker = calloc(MANY + 2, sizeof(*asker));
	char(*name)[32] = calloc(MANY, sizeof(*name));

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(name[i], sizeof(name[i]), "host%u.example", i);
		inquire(rig, &asker[i], name[i]);
	}
	assert_int_equal(rig->asked, MANY);
	inquire(rig, &asker[MANY], name[0]);            /* in flight in the cache: joined */
	inquire(rig, &asker[MANY + 1], name[MANY - 1]); /* in flight beside it: asked again */
	assert_int_equal(rig->asked, MANY + 1);
	rig->packet.n = 0;
	rig->fault = NET_FAULT_SHUTDOWN;
	answer_all(rig);
	for (unsigned i = 0; i < MANY + 2; i++) {
		assert_int_equal(asker[i].heard, 1);
		assert_int_equal(asker[i].fault, NET_FAULT_SHUTDOWN);
	}
	free(name);
	free(asker);
}

/* What the listener of a kept answer asks for does not push it out before the listener has returned. */
struct flood {
	struct asker listener;
	struct rig *rig;
	unsigned sum;
};

static void on_flood(struct net_query *query, const struct dns_answer *answer)
{
	struct flood *flood = query->arg;
	struct asker asker = { 0 };
	char name[64];

	for (unsigned i = 0; i < ANSWER_CACHE_ENTRIES_MAX; i++) {
		snprintf(name, sizeof(name), "flood%u.example", i);
		say_address(flood->rig, name, 60);
		inquire(flood->rig, &asker, name);
	}
	for (size_t i = 0; i < answer->len; i++)
		flood->sum += answer->packet[i];
}

static void keeps_an_answer_while_it_is_heard(void **state)
{
	struct rig *rig = *state;
	struct flood flood = { .rig = rig };
	struct asker asker = { 0 };
	unsigned sum = 0;

	rig->at_once = true;
	say_address(rig, "host.example", 60);
	for (size_t i = 0; i < rig->packet.n; i++)
		sum += rig->packet.p[i];
	inquire(rig, &asker, "host.example");
	flood.listener.query =
		(struct net_query){ .type = DNS_TYPE_AAAA, .shared = true, .on_answer = on_flood, .arg = &flood };
	net_query_about(&flood.listener.query, SPAN_LITERAL("host.example"));
	answer_cache_ask(rig->cache, &flood.listener.query);
	assert_int_equal(flood.sum, sum);
	rig->asked = 0;
	inquire(rig, &asker, "host.example");
	assert_int_equal(rig->asked, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keeps_an_answer_for_its_ttl_and_no_longer, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_absence_but_no_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(tells_names_and_types_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(tells_questions_with_cd_from_those_without, setup, teardown),
		cmocka_unit_test_setup_teardown(asks_once_for_all_who_ask_at_the_same_moment, setup, teardown),
		cmocka_unit_test_setup_teardown(tells_a_failure_to_all_and_asks_anew_after_it, setup, teardown),
		cmocka_unit_test_setup_teardown(may_be_asked_again_inside_the_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(stays_within_its_bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(counts_octets_too, setup, teardown),
		cmocka_unit_test_setup_teardown(sends_on_what_it_has_no_room_for, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_an_answer_while_it_is_heard, setup, teardown),
	};

	return cmocka_run_group_tests_name("answer_cache", tests, NULL, NULL);
}
