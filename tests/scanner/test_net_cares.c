/* Questions over c-ares, against name servers of the test's own on loopback. The first label of a name says how the server
 * behaves; times are bounds on waiting, never measured against the clock of a busy machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "parsers/dns_answer.h"
#include "scanner/net_cares.h"
#include "scanner/net_cares_channel.h"
#include "tests/fake/dns_peer.h"

enum {
	PEERS_MAX = 2,
	SHORT_MS = 300,      /* of one try, where silence is waited for */
	SLOW_MS = 1200,      /* where packets are counted before it is over */
	LONG_MS = 2000,      /* where a busy machine must not be taken for silence */
	ATTEMPTS = 4,        /* likewise: a stall costs a packet more than is due */
	TRIES = 3,
	WATCHDOG_MS = 60000, /* a test that takes so long hangs */
	SERVFAIL = 2, FORMERR = 1, NXDOMAIN = 3, REFUSED = 5,
};

struct asked {
	struct net_query query;
	char name[80];
	struct rig *rig;
	unsigned answers; /* callbacks: 1 when all is well */
	unsigned addresses;
};

struct rig {
	uv_loop_t loop;
	uv_timer_t watchdog;
	struct net_cares *net;
	struct dns_peer *peer[PEERS_MAX];
	_Atomic double rate;
	unsigned open;    /* questions without callback */
	/* what the peer does beside what names say */
	bool silent, failing, no_edns, no_tcp;
	unsigned seen;    /* questions of the kind at hand */
	struct dns_peer_question old;
};

/* ---- the name server ---- */

static bool is(const struct dns_peer_question *question, const char *label)
{
	return strncmp(question->name, label, strlen(label)) == 0;
}

/* A right one, but for its id or its question. */
static void answer_wrongly(struct dns_peer *peer, const struct dns_peer_question *question, bool id)
{
	struct dns_peer_question wrong = *question;

	if (id)
		wrong.id ^= 1;
	else
		snprintf(wrong.name, sizeof wrong.name, "other.example");
	dns_peer_answer(peer, &wrong);
}

/* A late answer to another question, whose id has been given to this one. */
static void answer_late_with_reused_id(struct rig *rig, struct dns_peer *peer, const struct dns_peer_question *question)
{
	struct dns_peer_question late = *question;

	memcpy(late.name, rig->old.name, sizeof late.name);
	dns_peer_answer(peer, &late);
}

static void on_odd_question(struct rig *rig, struct dns_peer *peer, const struct dns_peer_question *question)
{
	if (is(question, "silent") || (is(question, "lost") && rig->seen == 1)) {
		rig->old = *question;
		return;
	}
	if (is(question, "late")) {
		dns_peer_answer_later(peer, question, 250);
		return;
	}
	if (is(question, "wrong-id") || is(question, "wrong-question"))
		answer_wrongly(peer, question, is(question, "wrong-id"));
	if (is(question, "reused"))
		answer_late_with_reused_id(rig, peer, question);
	if (is(question, "twice"))
		dns_peer_answer(peer, question);
	if (is(question, "short")) {
		dns_peer_begin(peer, question, 0);
		peer->build.n = 5;
		dns_peer_send(peer, question);
	}
	dns_peer_answer(peer, question);
}

static void on_question(struct dns_peer *peer, const struct dns_peer_question *question)
{
	static const struct {
		const char *label;
		unsigned rcode;
	} codes[] = { { "nx", NXDOMAIN }, { "refused", REFUSED }, { "servfail", SERVFAIL }, { "formerr", FORMERR } };
	struct rig *rig = peer->arg;

	rig->seen++;
	if (rig->silent)
		return;
	if (rig->failing || (rig->no_edns && question->edns)) {
		dns_peer_refuse(peer, question, rig->failing ? SERVFAIL : FORMERR);
		return;
	}
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		if (is(question, codes[i].label)) {
			dns_peer_refuse(peer, question, codes[i].rcode);
			return;
		}
	}
	if (is(question, "once-servfail") && rig->seen == 1)
		dns_peer_refuse(peer, question, SERVFAIL);
	else if (is(question, "tc") && !question->connection)
		dns_peer_refuse(peer, question, DNS_FLAG_TC);
	else if (is(question, "tc-hangup"))
		dns_peer_hang_up(question);
	else if (!is(question, "tc-silent"))
		on_odd_question(rig, peer, question);
}

/* ---- the rig ---- */

static void on_watchdog(uv_timer_t *timer)
{
	(void)timer;
	fail_msg("a question was never answered");
}

/* The second server, where there are two, has closed its port. */
static struct rig *rig_open(unsigned peers, bool tcp, uint32_t timeout_ms)
{
	struct rig *rig = calloc(1, sizeof *rig);
	struct options_server server[PEERS_MAX];
	struct net_cares_options options = { .server = server, .server_count = peers, .timeout_ms = timeout_ms,
					     .tries = TRIES };
	char error[256];

	assert_non_null(rig);
	uv_loop_init(&rig->loop);
	uv_timer_init(&rig->loop, &rig->watchdog);
	uv_timer_start(&rig->watchdog, on_watchdog, WATCHDOG_MS, 0);
	for (unsigned i = 0; i < peers; i++) {
		rig->peer[i] = calloc(1, sizeof *rig->peer[i]);
		assert_non_null(rig->peer[i]);
		assert_true(dns_peer_open(rig->peer[i], &rig->loop, tcp));
		rig->peer[i]->on_question = on_question;
		rig->peer[i]->arg = rig;
		dns_peer_server(rig->peer[i], &server[i]);
	}
	if (peers > 1)
		dns_peer_close(rig->peer[1]);
	options.loop = &rig->loop;
	options.rate = &rig->rate;
	assert_int_equal(net_cares_open(&rig->net, &options, error, sizeof error), 0);
	return rig;
}

static void rig_close(struct rig *rig)
{
	net_cares_stop(rig->net);
	assert_int_equal(rig->open, 0);
	for (unsigned i = 0; i < net_cares_resolver(rig->net)->count; i++)
		assert_int_equal(net_cares_resolver(rig->net)->server[i].outstanding, 0);
	net_cares_close(rig->net);
	for (unsigned i = 0; i < PEERS_MAX && rig->peer[i]; i++)
		dns_peer_close(rig->peer[i]);
	uv_close((uv_handle_t *)&rig->watchdog, NULL);
	uv_run(&rig->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&rig->loop), 0);
	net_cares_free(rig->net);
	for (unsigned i = 0; i < PEERS_MAX; i++)
		free(rig->peer[i]);
	free(rig);
}

static void on_answer(struct net_query *query)
{
	struct asked *asked = query->arg;
	struct dns_answer answer;

	asked->answers++;
	asked->rig->open--;
	if (query->packet && dns_answer_parse(query->packet, query->len, query->name, query->type, &answer) == 0)
		asked->addresses = answer.count;
}

static void begin(struct rig *rig, struct asked *asked, const char *name, unsigned number)
{
	memset(asked, 0, sizeof *asked);
	asked->rig = rig;
	snprintf(asked->name, sizeof asked->name, number ? "%s%u.example" : "%s.example", name, number);
	asked->query = (struct net_query){ .name = span_of(asked->name), .type = DNS_TYPE_A, .on_answer = on_answer,
					   .arg = asked };
	rig->open++;
	net_cares_ask(rig->net, &asked->query);
}

static void run(struct rig *rig)
{
	while (rig->open > 0)
		uv_run(&rig->loop, UV_RUN_ONCE);
}

/* Let what is on its way arrive. */
static void linger(struct rig *rig, uint64_t ms)
{
	uint64_t end;

	uv_update_time(&rig->loop);
	end = uv_now(&rig->loop) + ms;
	while (uv_now(&rig->loop) < end)
		uv_run(&rig->loop, UV_RUN_ONCE);
}

/* Ask one and wait; the questions the server saw of it are counted from 0. */
static struct asked ask(struct rig *rig, const char *name)
{
	static struct asked asked;

	rig->seen = 0;
	begin(rig, &asked, name, 0);
	run(rig);
	assert_int_equal(asked.answers, 1);
	return asked;
}

static struct net_cares_counts counts_of(const struct rig *rig)
{
	struct net_cares_counts counts;

	net_cares_counts(rig->net, &counts);
	return counts;
}

/* ---- one question ---- */

static void behaviours_of_a_server_and_what_comes_of_them(void **state)
{
	static const struct {
		const char *label;
		enum dns_status status;
		unsigned least, most; /* questions it sees */
		bool has_address;
	} table[] = {
		{ "ok", DNS_NOERROR, 1, 1, true },
		{ "nx", DNS_NXDOMAIN, 1, 1, false },
		{ "servfail", DNS_SERVFAIL, 2, 2, false },      /* asked again once: it may have been the moment */
		{ "refused", DNS_REFUSED, 2, 2, false },
		{ "once-servfail", DNS_NOERROR, 2, 2, true },
		{ "formerr", DNS_FORMERR, 2, 2, false },
		{ "tc", DNS_NOERROR, 2, 2, true },              /* over TCP */
		{ "tc-hangup", DNS_TRUNCATED, 2, 3, false },
		{ "tc-silent", DNS_TRUNCATED, 2, 3, false },
		{ "silent", DNS_TIMEOUT, 2, TRIES, false },
		{ "lost", DNS_NOERROR, 2, 3, true },
		{ "wrong-id", DNS_NOERROR, 1, 2, true },
		{ "wrong-question", DNS_NOERROR, 1, 2, true },
		{ "short", DNS_NOERROR, 1, 2, true },
		{ "twice", DNS_NOERROR, 1, 1, true },
		{ "reused", DNS_NOERROR, 1, 2, true },
		{ "ok", DNS_NOERROR, 1, 1, true },              /* nothing of all that has spoilt it */
	};
	struct rig *rig = rig_open(1, true, SHORT_MS);

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct asked asked = ask(rig, table[i].label);

		for (int n = 1; n < ATTEMPTS && rig->seen > table[i].most; n++)
			asked = ask(rig, table[i].label);
		if (asked.query.status != table[i].status || asked.query.fault)
			fail_msg("%s: status %d, fault %d", table[i].label, asked.query.status, asked.query.fault);
		if (rig->seen < table[i].least || rig->seen > table[i].most)
			fail_msg("%s: %u questions were seen", table[i].label, rig->seen);
		if ((asked.addresses == 1) != table[i].has_address)
			fail_msg("%s: %u addresses", table[i].label, asked.addresses);
		assert_in_range(asked.query.tries, table[i].least, table[i].most);
	}
	assert_int_equal(counts_of(rig).in_flight, 0);
	rig_close(rig);
}

static void truncation_without_tcp_is_told(void **state)
{
	struct rig *rig = rig_open(1, false, LONG_MS);

	(void)state;
	assert_int_equal(ask(rig, "tc").query.status, DNS_TRUNCATED);
	assert_int_equal(counts_of(rig).tcp, 1);
	rig_close(rig);
}

static void a_server_without_edns_is_asked_plainly_and_then_always(void **state)
{
	struct rig *rig = rig_open(1, true, LONG_MS);
	struct asked asked;

	(void)state;
	rig->no_edns = true;
	asked = ask(rig, "ok");
	assert_int_equal(asked.query.status, DNS_NOERROR);
	assert_int_equal(rig->peer[0]->plain, 1);
	assert_int_equal(rig->seen, 2);
	ask(rig, "ok");
	assert_int_equal(rig->peer[0]->plain, rig->peer[0]->questions - 1);
	rig_close(rig);
}

static void formerr_of_a_server_that_knows_edns_is_an_answer(void **state)
{
	struct rig *rig = rig_open(1, true, LONG_MS);

	(void)state;
	ask(rig, "ok");
	assert_int_equal(ask(rig, "formerr").query.status, DNS_FORMERR);
	assert_int_equal(rig->peer[0]->plain, 0);
	assert_int_equal(ask(rig, "ok").query.status, DNS_NOERROR);
	assert_int_equal(rig->peer[0]->plain, 0);
	rig_close(rig);
}

static void a_name_that_cannot_be_asked_for_is_an_error(void **state)
{
	struct rig *rig = rig_open(1, true, LONG_MS);
	struct asked asked = ask(rig, "a-label-of-more-than-sixty-three-octets-which-no-name-may-ever-have");

	(void)state;
	assert_int_equal(asked.query.status, DNS_ERROR);
	assert_int_equal(asked.query.fault, NET_OK);
	assert_int_equal(rig->seen, 0);
	rig_close(rig);
}

static void an_answer_to_both_tries_is_taken_once_and_counted_late_once(void **state)
{
	struct rig *rig = rig_open(1, true, LONG_MS);
	uint64_t before, late, repeats;

	(void)state;
	for (int i = 0; i < 20; i++)
		ask(rig, "ok"); /* so that it is known to answer fast */
	late = counts_of(rig).late;
	before = counts_of(rig).repeats;
	assert_int_equal(ask(rig, "late").query.status, DNS_NOERROR);
	repeats = counts_of(rig).repeats - before;
	assert_in_range(repeats, 1, TRIES - 1);
	linger(rig, 2 * 250);
	assert_int_equal(counts_of(rig).late - late, repeats);
	rig_close(rig);
}

static void silence_costs_no_more_packets_than_tries(void **state)
{
	struct rig *rig = rig_open(1, true, SLOW_MS);

	(void)state;
	ask(rig, "ok");
	assert_int_equal(ask(rig, "silent").query.status, DNS_TIMEOUT);
	assert_int_equal(rig->seen, TRIES);
	rig_close(rig);
}

static void one_server_may_be_asked_by_number_over_either_way(void **state)
{
	struct rig *rig = rig_open(2, true, LONG_MS);
	struct asked asked;

	(void)state;
	for (int i = 0; i < 2; i++) {
		memset(&asked, 0, sizeof asked);
		asked.rig = rig;
		asked.query = (struct net_query){ .name = SPAN_LITERAL("ok.example"), .type = DNS_TYPE_A,
						  .on_answer = on_answer, .arg = &asked };
		rig->open++;
		net_cares_ask_server(rig->net, &asked.query, 0, i == 1);
		run(rig);
		assert_int_equal(asked.query.status, DNS_NOERROR);
		assert_int_equal(asked.answers, 1);
		assert_int_equal(rig->peer[0]->over_tcp, i);
	}
	memset(&asked.query.own, 0, sizeof asked.query.own);
	rig->open++;
	net_cares_ask_server(rig->net, &asked.query, 1, false); /* the dead one: one try, no other server */
	run(rig);
	assert_int_equal(asked.query.status, DNS_TIMEOUT);
	assert_int_equal(rig->peer[0]->questions, 2);
	rig_close(rig);
}

/* ---- many ---- */

static struct asked *begin_many(struct rig *rig, const char *name, unsigned count)
{
	struct asked *many = calloc(count, sizeof *many);

	assert_non_null(many);
	for (unsigned i = 0; i < count; i++)
		begin(rig, &many[i], name, i + 1);
	return many;
}

/* Every one has exactly one callback, with this. */
static void end_many(struct asked *many, unsigned count, enum dns_status status, int fault)
{
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(many[i].answers, 1);
		assert_int_equal(many[i].query.fault, fault);
		if (!fault)
			assert_int_equal(many[i].query.status, status);
		if (status == DNS_NOERROR)
			assert_int_equal(many[i].addresses, 1);
	}
	free(many);
}

static void a_dead_server_beside_a_live_one_costs_nobody_an_answer(void **state)
{
	struct rig *rig = rig_open(2, true, SHORT_MS);
	struct asked *many = begin_many(rig, "ok", 400);

	(void)state;
	run(rig);
	end_many(many, 400, DNS_NOERROR, NET_OK);
	assert_true(counts_of(rig).icmp > 0);
	rig_close(rig);
}

/* The kernel tells of a closed port on the very socket whose answers are awaited, and libuv then watches it no more. */
static void a_server_that_was_refused_is_heard_when_it_is_back(void **state)
{
	struct rig *rig = rig_open(1, false, SLOW_MS);
	struct asked *silent, *many;

	(void)state;
	ask(rig, "ok");
	silent = begin_many(rig, "silent", 2); /* c-ares closes sockets that nothing is in flight on */
	linger(rig, 20);
	dns_peer_close(rig->peer[0]);
	many = begin_many(rig, "ok", 20);
	linger(rig, 20);
	assert_true(counts_of(rig).icmp > 0);
	assert_true(dns_peer_open_again(rig->peer[0]));
	run(rig);
	end_many(many, 20, DNS_NOERROR, NET_OK);
	end_many(silent, 2, DNS_TIMEOUT, NET_OK);
	rig_close(rig);
}

static void no_descriptor_is_a_fault_and_no_finding(void **state)
{
	struct rig *rig = rig_open(1, true, LONG_MS);
	struct rlimit before, tight;
	struct asked asked;
	int next = dup(0);

	(void)state;
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	tight = before;
	tight.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	asked = ask(rig, "ok");
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(asked.query.fault, NET_FAULT_SOCKETS);
	assert_int_equal(rig->peer[0]->questions, 0);
	asked = ask(rig, "ok");
	assert_int_equal(asked.query.fault, NET_OK);
	assert_int_equal(asked.query.status, DNS_NOERROR);
	rig_close(rig);
}

/* Wait until the questions wait for their server. */
static void run_until_parked(struct rig *rig, unsigned count)
{
	while (counts_of(rig).parked < count && rig->open > 0)
		uv_run(&rig->loop, UV_RUN_ONCE);
}

static void a_server_that_goes_away_and_comes_back_costs_nobody_an_answer(bool failing)
{
	struct rig *rig = rig_open(1, true, SHORT_MS);
	struct asked *many;

	net_cares_resolver(rig->net)->server[0].probe_name = SPAN_LITERAL("ok.example");
	net_cares_resolver(rig->net)->server[0].probe_type = DNS_TYPE_A;
	ask(rig, "ok");
	*(failing ? &rig->failing : &rig->silent) = true;
	many = begin_many(rig, "ok", 50);
	run_until_parked(rig, 50);
	assert_int_equal(rig->open, 50); /* nobody was told anything */
	while (!resolver_is_paused(net_cares_resolver(rig->net)))
		uv_run(&rig->loop, UV_RUN_ONCE);
	rig->failing = rig->silent = false;
	run(rig);
	end_many(many, 50, DNS_NOERROR, NET_OK);
	assert_int_equal(net_cares_resolver(rig->net)->server[0].times_down, 1);
	assert_int_equal(counts_of(rig).parked, 0);
	rig_close(rig);
}

static void a_silent_server_pauses_the_scan(void **state)
{
	(void)state;
	a_server_that_goes_away_and_comes_back_costs_nobody_an_answer(false);
}

static void a_failing_server_pauses_the_scan(void **state)
{
	(void)state;
	a_server_that_goes_away_and_comes_back_costs_nobody_an_answer(true);
}

/* The probe vouches for it: then it is the domains. */
static void domains_that_fail_at_a_good_server_fail(void **state)
{
	struct rig *rig = rig_open(1, true, SHORT_MS);
	struct asked *many;

	(void)state;
	net_cares_resolver(rig->net)->server[0].probe_name = SPAN_LITERAL("ok.example");
	net_cares_resolver(rig->net)->server[0].probe_type = DNS_TYPE_A;
	many = begin_many(rig, "servfail", 60);
	run(rig);
	end_many(many, 60, DNS_SERVFAIL, NET_OK);
	many = begin_many(rig, "silent", 60);
	run(rig);
	end_many(many, 60, DNS_TIMEOUT, NET_OK);
	assert_int_equal(net_cares_resolver(rig->net)->server[0].times_down, 0);
	rig_close(rig);
}

static void stop_ends_every_question_once(void **state)
{
	struct rig *rig = rig_open(1, true, LONG_MS);
	struct asked *flying, *waiting, after;

	(void)state;
	flying = begin_many(rig, "silent", 500);
	uv_run(&rig->loop, UV_RUN_NOWAIT);
	atomic_store(&rig->rate, 1.0);
	waiting = begin_many(rig, "ok", 100);
	net_cares_stop(rig->net);
	assert_int_equal(rig->open, 0);
	begin(rig, &after, "ok", 0);
	assert_int_equal(after.query.fault, NET_FAULT_SHUTDOWN);
	linger(rig, 50);
	end_many(flying, 500, DNS_SKIPPED, NET_FAULT_SHUTDOWN);
	end_many(waiting, 100, DNS_SKIPPED, NET_FAULT_SHUTDOWN);
	assert_int_equal(after.answers, 1);
	rig_close(rig);
}

static void the_rate_is_kept(void **state)
{
	struct rig *rig = rig_open(1, true, LONG_MS);
	struct asked *many;
	uint64_t begun, passed;

	(void)state;
	atomic_store(&rig->rate, 400.0);
	uv_update_time(&rig->loop);
	begun = uv_now(&rig->loop);
	many = begin_many(rig, "ok", 200);
	run(rig);
	passed = uv_now(&rig->loop) - begun;
	end_many(many, 200, DNS_NOERROR, NET_OK);
	/* half a second at the rate; twice as fast would be no limit, ten times as slow none of use */
	assert_in_range(passed, 250, 5000);
	rig_close(rig);
}

/* Answers ask on, so that so many are always in flight. */
enum { WINDOW = 500, QUESTIONS = 2 * CHANNEL_RENEW_AFTER + 2000 };

struct stream {
	struct asked slot[WINDOW];
	unsigned begun, good;
};

static struct stream *stream;

static void on_stream_answer(struct net_query *query)
{
	struct asked *asked = query->arg;

	on_answer(query);
	stream->good += query->fault == NET_OK && query->status == DNS_NOERROR && asked->answers == 1;
	asked->answers = 0;
}

static void channels_are_renewed_and_lose_nothing(void **state)
{
	struct rig *rig = rig_open(1, true, LONG_MS);
	unsigned ports;

	(void)state;
	stream = calloc(1, sizeof *stream);
	while (stream->begun < QUESTIONS) {
		for (unsigned i = 0; i < WINDOW && stream->begun < QUESTIONS; i++, stream->begun++) {
			struct asked *asked = &stream->slot[i];

			asked->rig = rig;
			snprintf(asked->name, sizeof asked->name, "ok%u.example", stream->begun);
			asked->query = (struct net_query){ .name = span_of(asked->name), .type = DNS_TYPE_A,
							   .on_answer = on_stream_answer, .arg = asked };
			rig->open++;
			net_cares_ask(rig->net, &asked->query);
		}
		run(rig);
		if (stream->begun == WINDOW)
			ports = rig->peer[0]->ports;
	}
	assert_int_equal(stream->good, QUESTIONS);
	assert_int_equal(ports, 2);
	assert_true(rig->peer[0]->ports >= 4); /* each socket made way for another */
	free(stream);
	rig_close(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(behaviours_of_a_server_and_what_comes_of_them),
		cmocka_unit_test(truncation_without_tcp_is_told),
		cmocka_unit_test(a_server_without_edns_is_asked_plainly_and_then_always),
		cmocka_unit_test(formerr_of_a_server_that_knows_edns_is_an_answer),
		cmocka_unit_test(a_name_that_cannot_be_asked_for_is_an_error),
		cmocka_unit_test(an_answer_to_both_tries_is_taken_once_and_counted_late_once),
		cmocka_unit_test(silence_costs_no_more_packets_than_tries),
		cmocka_unit_test(one_server_may_be_asked_by_number_over_either_way),
		cmocka_unit_test(a_dead_server_beside_a_live_one_costs_nobody_an_answer),
		cmocka_unit_test(a_server_that_was_refused_is_heard_when_it_is_back),
		cmocka_unit_test(no_descriptor_is_a_fault_and_no_finding),
		cmocka_unit_test(a_silent_server_pauses_the_scan),
		cmocka_unit_test(a_failing_server_pauses_the_scan),
		cmocka_unit_test(domains_that_fail_at_a_good_server_fail),
		cmocka_unit_test(stop_ends_every_question_once),
		cmocka_unit_test(the_rate_is_kept),
		cmocka_unit_test(channels_are_renewed_and_lose_nothing),
	};

	return cmocka_run_group_tests_name("net_cares", tests, NULL, NULL);
}
