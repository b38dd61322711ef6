/* SPDX-License-Identifier: BSD-2-Clause */
/* Many questions over c-ares: servers that go away and come back, limits, the end. None is lost or answered
 * twice. */
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
#include "scanner/dns/net_cares_channel.h"
#include "tests/scanner/dns/net_cares_rig.h"

static void a_dead_server_beside_a_live_one_costs_nobody_an_answer(void **state)
{
	struct rig *rig = rig_open(2, true, SHORT_MS);
	struct asked *many = rig_begin_many(rig, "ok", 400);

	(void)state;
	rig_run(rig);
	rig_end_many(many, 400, DNS_NOERROR, NET_OK);
	assert_true(rig_counts(rig).icmp > 0);
	rig_close(rig);
}

/* The kernel tells of a closed port on the very socket whose answers are awaited, and libuv then watches it
 * no more. */
static void a_server_that_was_refused_is_heard_when_it_is_back(void **state)
{
	struct rig *rig = rig_open(1, false, SLOW_MS);
	struct asked *silent, *many;

	(void)state;
	rig_ask(rig, "ok");
	silent = rig_begin_many(rig, "silent", 2); /* c-ares closes sockets that nothing is in flight on */
	rig_linger(rig, 20);
	dns_peer_close(rig->peer[0]);
	many = rig_begin_many(rig, "ok", 20);
	rig_linger(rig, 20);
	assert_true(rig_counts(rig).icmp > 0);
	assert_true(dns_peer_open_again(rig->peer[0]));
	rig_run(rig);
	rig_end_many(many, 20, DNS_NOERROR, NET_OK);
	rig_end_many(silent, 2, DNS_TIMEOUT, NET_OK);
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
	asked = rig_ask(rig, "ok");
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(asked.query.fault, NET_FAULT_SOCKETS);
	assert_int_equal(rig->peer[0]->questions, 0);
	asked = rig_ask(rig, "ok");
	assert_int_equal(asked.query.fault, NET_OK);
	assert_int_equal(asked.query.status, DNS_NOERROR);
	rig_close(rig);
}

/* Wait until the questions wait for their server. */
static void run_until_parked(struct rig *rig, unsigned count)
{
	while (rig_counts(rig).parked < count && rig->open > 0)
		uv_run(&rig->loop, UV_RUN_ONCE);
}

static void a_server_that_goes_away_and_comes_back_costs_nobody_an_answer(bool failing)
{
	struct rig *rig = rig_open(1, true, SHORT_MS);
	struct asked *many;

	rig_server(rig)->probe_name = SPAN_LITERAL("ok.example");
	rig_server(rig)->probe_type = DNS_TYPE_A;
	rig_ask(rig, "ok");
	*(failing ? &rig->failing : &rig->silent) = true;
	many = rig_begin_many(rig, "ok", 50);
	run_until_parked(rig, 50);
	assert_int_equal(rig->open, 50); /* nobody was told anything */
	while (!server_health_is_paused(net_cares_health(rig->net)))
		uv_run(&rig->loop, UV_RUN_ONCE);
	rig->failing = rig->silent = false;
	rig_run(rig);
	rig_end_many(many, 50, DNS_NOERROR, NET_OK);
	assert_int_equal(rig_server(rig)->times_down, 1);
	assert_true(rig_counts(rig).parked >= 50);
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

/* Or a resolver would answer from memory, while it is cut off from the world. */
static void no_scan_probes_with_the_names_of_another(void **state)
{
	char first[sizeof(((struct rig *)0)->probed)] = "";

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct rig *rig = rig_open(1, true, SHORT_MS);
		struct asked *many;

		srandom(1); /* as a new process */
		rig_server(rig)->probe_name = SPAN_LITERAL("ok.example");
		rig_server(rig)->probe_type = DNS_TYPE_A;
		rig_server(rig)->probe_random = true;
		rig->failing = true;
		many = rig_begin_many(rig, "ok", 50);
		run_until_parked(rig, 50);
		while (rig->probed[0] == '\0')
			uv_run(&rig->loop, UV_RUN_ONCE);
		assert_string_equal(rig->probed + strlen("stsurvey-00000000"), ".ok.example");
		assert_string_not_equal(rig->probed, first);
		memcpy(first, rig->probed, sizeof(first));
		net_cares_stop(rig->net);
		rig_end_many(many, 50, DNS_SKIPPED, NET_FAULT_SHUTDOWN);
		rig_close(rig);
	}
}

/* The probe vouches for it: then it is the domains. */
static void domains_that_fail_at_a_good_server_fail(void **state)
{
	struct rig *rig = rig_open(1, true, SHORT_MS);
	struct asked *many;

	(void)state;
	rig_server(rig)->probe_name = SPAN_LITERAL("ok.example");
	rig_server(rig)->probe_type = DNS_TYPE_A;
	many = rig_begin_many(rig, "servfail", 60);
	rig_run(rig);
	rig_end_many(many, 60, DNS_SERVFAIL, NET_OK);
	many = rig_begin_many(rig, "silent", 60);
	rig_run(rig);
	rig_end_many(many, 60, DNS_TIMEOUT, NET_OK);
	assert_int_equal(rig_server(rig)->times_down, 0);
	rig_close(rig);
}

static void stop_ends_every_question_once(void **state)
{
	struct rig *rig = rig_open(1, true, LONG_MS);
	struct asked *flying, *waiting, after;

	(void)state;
	flying = rig_begin_many(rig, "silent", 500);
	uv_run(&rig->loop, UV_RUN_NOWAIT);
	atomic_store(&rig->rate, 1.0);
	waiting = rig_begin_many(rig, "ok", 100);
	net_cares_stop(rig->net);
	assert_int_equal(rig->open, 0);
	rig_begin(rig, &after, "ok", 0);
	assert_int_equal(after.query.fault, NET_FAULT_SHUTDOWN);
	rig_linger(rig, 50);
	rig_end_many(flying, 500, DNS_SKIPPED, NET_FAULT_SHUTDOWN);
	rig_end_many(waiting, 100, DNS_SKIPPED, NET_FAULT_SHUTDOWN);
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
	many = rig_begin_many(rig, "ok", 200);
	rig_run(rig);
	passed = uv_now(&rig->loop) - begun;
	rig_end_many(many, 200, DNS_NOERROR, NET_OK);
	/* half a second at the rate, less what may go at once, and a tick more */
	assert_in_range(passed, 450, 520);
	rig_close(rig);
}

/* Answers ask on, so that so many are always in flight. */
enum { WINDOW = 500, QUESTIONS = 2 * CHANNEL_RENEW_AFTER + 2000 };

struct stream {
	struct asked slot[WINDOW];
	unsigned begun, good;
};

static struct stream *stream;

static void on_stream_answer(struct net_query *query, const struct dns_answer *answer)
{
	struct asked *asked = query->arg;

	rig_on_answer(query, answer);
	stream->good += query->fault == NET_OK && query->status == DNS_NOERROR && asked->answers == 1;
	asked->answers = 0;
}

static void channels_are_renewed_and_lose_nothing(void **state)
{
	struct rig *rig = rig_open(1, true, LONG_MS);
	unsigned ports = 0;

	(void)state;
	stream = calloc(1, sizeof(*stream));
	while (stream->begun < QUESTIONS) {
		for (unsigned i = 0; i < WINDOW && stream->begun < QUESTIONS; i++, stream->begun++) {
			struct asked *asked = &stream->slot[i];

			asked->rig = rig;
			snprintf(asked->name, sizeof(asked->name), "ok%u.example", stream->begun);
			asked->query =
				(struct net_query){ .type = DNS_TYPE_A, .on_answer = on_stream_answer, .arg = asked };
			net_query_about(&asked->query, span_of(asked->name));
			rig->open++;
			net_cares_ask(rig->net, &asked->query);
		}
		rig_run(rig);
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
		cmocka_unit_test(a_dead_server_beside_a_live_one_costs_nobody_an_answer),
		cmocka_unit_test(a_server_that_was_refused_is_heard_when_it_is_back),
		cmocka_unit_test(no_descriptor_is_a_fault_and_no_finding),
		cmocka_unit_test(a_silent_server_pauses_the_scan),
		cmocka_unit_test(a_failing_server_pauses_the_scan),
		cmocka_unit_test(no_scan_probes_with_the_names_of_another),
		cmocka_unit_test(domains_that_fail_at_a_good_server_fail),
		cmocka_unit_test(stop_ends_every_question_once),
		cmocka_unit_test(the_rate_is_kept),
		cmocka_unit_test(channels_are_renewed_and_lose_nothing),
	};

	return cmocka_run_group_tests_name("net_cares_many", tests, NULL, NULL);
}
