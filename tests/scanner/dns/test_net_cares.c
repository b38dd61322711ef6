/* SPDX-License-Identifier: BSD-2-Clause */
/* One question over c-ares: every way a server may answer it, and what comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "parsers/dns_answer.h"
#include "tests/scanner/dns/net_cares_rig.h"

static void behaviours_of_a_server_and_what_comes_of_them(void **state)
{
	static const struct {
		const char *label;
		enum dns_status status;
		unsigned seen; /* questions it sees */
		bool has_address;
	} table[] = {
		{ "ok", DNS_NOERROR, 1, true },
		{ "nx", DNS_NXDOMAIN, 1, false },
		{ "servfail", DNS_SERVFAIL, 2, false },   /* asked again once: it may have been the moment */
		{ "refused", DNS_REFUSED, TRIES, false }, /* of too many questions, perhaps */
		{ "bare-refused", DNS_REFUSED, TRIES, false },
		{ "once-servfail", DNS_NOERROR, 2, true },
		{ "formerr", DNS_FORMERR, 2, false },
		{ "tc", DNS_NOERROR, 2, true }, /* over TCP */
		{ "tc-servfail", DNS_NOERROR, 2, true },
		{ "tc-hangup", DNS_TRUNCATED, 1 + TRIES, false }, /* over another connection each time */
		{ "tc-silent", DNS_TRUNCATED, 1 + TRIES, false },
		{ "tc-once-dead", DNS_NOERROR, 3, true },
		{ "tc-once-silent", DNS_NOERROR, 3, true },
		{ "silent", DNS_TIMEOUT, TRIES, false },
		{ "lost", DNS_NOERROR, 2, true },
		{ "wrong-id", DNS_NOERROR, 1, true },
		{ "wrong-question", DNS_NOERROR, 1, true },
		{ "short", DNS_NOERROR, 1, true },
		{ "twice", DNS_NOERROR, 1, true },
		{ "reused", DNS_NOERROR, 1, true },
		{ "ok", DNS_NOERROR, 1, true }, /* nothing of all that has spoilt it */
	};
	struct rig *rig = rig_open(1, true, SHORT_MS);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct asked asked = rig_ask(rig, table[i].label);

		if (asked.query.status != table[i].status || asked.query.fault)
			fail_msg("%s: status %d, fault %d", table[i].label, asked.query.status, asked.query.fault);
		if (rig->seen != table[i].seen)
			fail_msg("%s: %u questions were seen", table[i].label, rig->seen);
		if ((asked.addresses == 1) != table[i].has_address)
			fail_msg("%s: %u addresses", table[i].label, asked.addresses);
		assert_int_equal(asked.query.packets_sent, table[i].seen);
	}
	rig_close(rig);
}

/* The domain's failure, that is; the resolver's own, silence and truncation are met as ever. */
static void a_failure_known_beforehand_is_asked_for_once(void **state)
{
	static const struct {
		const char *label;
		enum dns_status status;
		unsigned seen;
	} table[] = {
		{ "servfail", DNS_SERVFAIL, 1 },   { "once-servfail", DNS_SERVFAIL, 1 },
		{ "ok", DNS_NOERROR, 1 },          { "nx", DNS_NXDOMAIN, 1 },
		{ "tc-servfail", DNS_NOERROR, 2 }, { "refused", DNS_REFUSED, TRIES },
		{ "formerr", DNS_FORMERR, 1 },     { "lost", DNS_NOERROR, 2 },
		{ "silent", DNS_TIMEOUT, TRIES },
	};
	struct rig *rig = rig_open(1, true, SHORT_MS);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct asked asked = rig_ask_decided(rig, table[i].label);

		if (asked.query.status != table[i].status || rig->seen != table[i].seen)
			fail_msg("%s: status %d, %u questions were seen", table[i].label, asked.query.status,
				 rig->seen);
	}
	rig_close(rig);
}

static void truncation_without_tcp_is_told(void **state)
{
	struct rig *rig = rig_open(1, false, LONG_MS);

	(void)state;
	assert_int_equal(rig_ask(rig, "tc").query.status, DNS_TRUNCATED);
	assert_int_equal(rig_counts(rig).tcp, TRIES);
	rig_close(rig);
}

static void a_server_that_hangs_up_after_each_answer_gets_another_connection(void **state)
{
	struct rig *rig = rig_open(1, true, LONG_MS);
	struct asked *many = rig_begin_many(rig, "tc-one", 4 * TRIES);

	(void)state;
	rig_run(rig);
	rig_end_many(many, 4 * TRIES, DNS_NOERROR, NET_OK);
	rig_close(rig);
}

static void a_server_without_edns_is_asked_plainly_and_then_always(void **state)
{
	struct rig *rig = rig_open(1, true, LONG_MS);
	struct asked asked;

	(void)state;
	rig->no_edns = true;
	asked = rig_ask(rig, "ok");
	assert_int_equal(asked.query.status, DNS_NOERROR);
	assert_int_equal(rig->peer[0]->plain, 1);
	assert_int_equal(rig->seen, 2);
	rig_ask(rig, "ok");
	assert_int_equal(rig->peer[0]->plain, rig->peer[0]->questions - 1);
	rig_close(rig);
}

static void a_failure_without_its_question_is_one(void **state)
{
	struct rig *rig = rig_open(1, true, LONG_MS);

	(void)state;
	assert_int_equal(rig_ask(rig, "bare-refused").query.status, DNS_REFUSED);
	assert_int_equal(rig_ask(rig, "bare-formerr").query.status, DNS_NOERROR); /* asked plainly */
	assert_int_equal(rig->seen, 2);
	assert_int_equal(rig_server(rig)->timeouts, 0);
	rig_close(rig);
}

/* Over UDP and TCP, and not with a question that wants what is validated. */
static void what_does_not_validate_comes_with_cd(void **state)
{
	static const char *const names[] = { "bogus", "bogus-tc" };
	struct rig *rig = rig_open(1, true, LONG_MS);
	static struct asked asked;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_int_equal(rig_ask(rig, names[i]).query.status, DNS_SERVFAIL);
		rig_begin_unchecked(rig, &asked, names[i]);
		rig_run(rig);
		assert_int_equal(asked.query.status, DNS_NOERROR);
		assert_int_equal(asked.addresses, 1);
		assert_int_equal(rig_ask(rig, names[i]).query.status, DNS_SERVFAIL);
	}
	rig_close(rig);
}

static void formerr_of_a_server_that_knows_edns_is_an_answer(void **state)
{
	struct rig *rig = rig_open(1, true, LONG_MS);

	(void)state;
	rig_ask(rig, "ok");
	assert_int_equal(rig_ask(rig, "formerr").query.status, DNS_FORMERR);
	assert_int_equal(rig->peer[0]->plain, 0);
	assert_int_equal(rig_ask(rig, "ok").query.status, DNS_NOERROR);
	assert_int_equal(rig->peer[0]->plain, 0);
	rig_close(rig);
}

static void a_name_that_cannot_be_asked_for_is_an_error(void **state)
{
	struct rig *rig = rig_open(1, true, LONG_MS);
	struct asked asked = rig_ask(rig, "a-label-of-more-than-sixty-three-octets-which-no-name-may-ever-have");

	(void)state;
	assert_int_equal(asked.query.status, DNS_ERROR);
	assert_int_equal(asked.query.fault, NET_OK);
	assert_int_equal(rig->seen, 0);
	rig_close(rig);
}

/* What the resolver bears is judged by the others. */
static void loss_of_domains_known_to_be_silent_is_counted_apart(void **state)
{
	struct rig *rig = rig_open(1, true, SHORT_MS);
	struct net_cares_counts counts;

	(void)state;
	assert_int_equal(rig_ask_silent(rig, "silent").query.status, DNS_TIMEOUT);
	assert_int_equal(rig_ask_silent(rig, "refused").query.status, DNS_REFUSED);
	counts = rig_counts(rig);
	assert_int_equal(counts.packets, 2 * TRIES);
	assert_int_equal(counts.silent_packets, 2 * TRIES);
	assert_int_equal(counts.repeats, 2 * (TRIES - 1));
	assert_int_equal(counts.silent_repeats, 2 * (TRIES - 1));
	assert_int_equal(rig_ask(rig, "lost").query.status, DNS_NOERROR);
	assert_int_equal(rig_counts(rig).packets, counts.packets + 2);
	assert_int_equal(rig_counts(rig).silent_packets, counts.silent_packets);
	assert_int_equal(rig_counts(rig).repeats, counts.repeats + 1);
	assert_int_equal(rig_counts(rig).silent_repeats, counts.silent_repeats);
	rig_close(rig);
}

static void an_answer_to_both_tries_is_taken_once(void **state)
{
	struct rig *rig = rig_open(1, true, LONG_MS);
	uint64_t before;

	(void)state;
	for (int i = 0; i < 20; i++)
		rig_ask(rig, "ok"); /* so that it is known to answer fast */
	before = rig_counts(rig).repeats;
	assert_int_equal(rig_ask(rig, "late").query.status, DNS_NOERROR);
	assert_in_range(rig_counts(rig).repeats - before, 1, TRIES - 1);
	rig_linger(rig, 2 * 250); /* the others' answers come, and nobody waits for them */
	rig_close(rig);
}

static void what_came_while_we_stood_still_is_read_before_anything_is_late(void **state)
{
	struct rig *rig = rig_open(1, true, LONG_MS);

	(void)state;
	for (int i = 0; i < 20; i++)
		rig_ask(rig, "ok"); /* so that it is known to answer fast */
	assert_int_equal(rig_ask(rig, "stall").query.status, DNS_NOERROR);
	assert_int_equal(rig->seen, 1);
	rig_close(rig);
	rig = rig_open(1, true, STALL_MS / 2);
	assert_int_equal(rig_ask(rig, "stall").query.status, DNS_NOERROR); /* its only time-out was over, too */
	assert_int_equal(rig->seen, 1);
	rig_close(rig);
}

static void silence_costs_no_more_packets_than_tries(void **state)
{
	struct rig *rig = rig_open(1, true, SLOW_MS);

	(void)state;
	rig_ask(rig, "ok");
	assert_int_equal(rig_ask(rig, "silent").query.status, DNS_TIMEOUT);
	assert_int_equal(rig->seen, TRIES);
	rig_close(rig);
}

static void no_try_begins_when_its_time_is_over(void **state)
{
	struct rig *rig;

	(void)state;
	rig_tries_ms = SHORT_MS / 4; /* nothing was measured: the first repeat would come after SHORT_MS */
	rig = rig_open(1, true, SHORT_MS);
	rig_tries_ms = WATCHDOG_MS;
	assert_int_equal(rig_ask(rig, "silent").query.status, DNS_TIMEOUT);
	assert_int_equal(rig->seen, 1);
	rig_close(rig);
}

static void one_server_may_be_asked_by_number_over_either_way(void **state)
{
	struct rig *rig = rig_open(2, true, LONG_MS);
	struct asked asked;

	(void)state;
	for (int i = 0; i < 2; i++) {
		memset(&asked, 0, sizeof(asked));
		asked.rig = rig;
		asked.query = (struct net_query){ .type = DNS_TYPE_A, .on_answer = rig_on_answer, .arg = &asked };
		net_query_about(&asked.query, SPAN_LITERAL("ok.example"));
		rig->open++;
		net_cares_ask_server(rig->net, &asked.query, 0, i == 1);
		rig_run(rig);
		assert_int_equal(asked.query.status, DNS_NOERROR);
		assert_int_equal(asked.answers, 1);
		assert_int_equal(rig->peer[0]->over_tcp, i);
	}
	memset(&asked.query.own, 0, sizeof(asked.query.own));
	rig->open++;
	net_cares_ask_server(rig->net, &asked.query, 1, false); /* the dead one: one try, no other server */
	rig_run(rig);
	assert_int_equal(asked.query.status, DNS_TIMEOUT);
	assert_int_equal(rig->peer[0]->questions, 2);
	rig_close(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(behaviours_of_a_server_and_what_comes_of_them),
		cmocka_unit_test(a_failure_known_beforehand_is_asked_for_once),
		cmocka_unit_test(truncation_without_tcp_is_told),
		cmocka_unit_test(a_server_that_hangs_up_after_each_answer_gets_another_connection),
		cmocka_unit_test(a_server_without_edns_is_asked_plainly_and_then_always),
		cmocka_unit_test(a_failure_without_its_question_is_one),
		cmocka_unit_test(what_does_not_validate_comes_with_cd),
		cmocka_unit_test(formerr_of_a_server_that_knows_edns_is_an_answer),
		cmocka_unit_test(a_name_that_cannot_be_asked_for_is_an_error),
		cmocka_unit_test(loss_of_domains_known_to_be_silent_is_counted_apart),
		cmocka_unit_test(an_answer_to_both_tries_is_taken_once),
		cmocka_unit_test(what_came_while_we_stood_still_is_read_before_anything_is_late),
		cmocka_unit_test(silence_costs_no_more_packets_than_tries),
		cmocka_unit_test(no_try_begins_when_its_time_is_over),
		cmocka_unit_test(one_server_may_be_asked_by_number_over_either_way),
	};

	return cmocka_run_group_tests_name("net_cares", tests, NULL, NULL);
}
