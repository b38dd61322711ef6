/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scanner/dns/net_cares_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "parsers/dns_answer.h"
#include "scanner/base/thread_alloc.h"
#include "tests/fake/fake_clock.h"

uint32_t rig_tries_ms = WATCHDOG_MS;

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
		snprintf(wrong.name, sizeof(wrong.name), "other.example");
	dns_peer_answer(peer, &wrong);
}

/* A late answer to another question, whose id has been given to this one. */
static void answer_late_with_reused_id(struct rig *rig, struct dns_peer *peer, const struct dns_peer_question *question)
{
	struct dns_peer_question late = *question;

	memcpy(late.name, rig->old.name, sizeof(late.name));
	dns_peer_answer(peer, &late);
}

static void answer_and_hang_up(struct dns_peer *peer, const struct dns_peer_question *question)
{
	dns_peer_answer(peer, question);
	dns_peer_hang_up(question);
}

/* A header and nothing else; @rcode 0: answered well. */
static void refuse_barely(struct dns_peer *peer, const struct dns_peer_question *question, unsigned rcode)
{
	if (!rcode) {
		dns_peer_answer(peer, question);
		return;
	}
	dns_peer_begin(peer, question, rcode);
	peer->build.n = DNS_HEADER_SIZE;
	peer->build.octet[5] = 0;
	dns_peer_send(peer, question);
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
	if (is(question, "stall")) {
		dns_peer_answer(peer, question);
		fake_clock_advance(STALL_MS); /* the one thread there is */
		return;
	}
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
	if (is(question, "bare-")) {
		refuse_barely(peer, question, is(question, "bare-formerr") ? (question->edns ? FORMERR : 0) : REFUSED);
		return;
	}
	if (is(question, "stsurvey-"))
		memcpy(rig->probed, question->name, sizeof(rig->probed));
	if (rig->silent)
		return;
	if (rig->failing || (rig->no_edns && question->edns)) {
		dns_peer_refuse(peer, question, rig->failing ? SERVFAIL : FORMERR);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		if (is(question, codes[i].label)) {
			dns_peer_refuse(peer, question, codes[i].rcode);
			return;
		}
	}
	if (is(question, "once-servfail") && rig->seen == 1)
		dns_peer_refuse(peer, question, SERVFAIL);
	else if (is(question, "bogus") && !question->unchecked)
		dns_peer_refuse(peer, question, SERVFAIL);
	else if ((is(question, "tc") || is(question, "bogus-tc")) && !question->connection)
		dns_peer_refuse(peer, question, DNS_FLAG_TC | (is(question, "tc-servfail") ? SERVFAIL : 0));
	else if (is(question, "tc-hangup") || (is(question, "tc-once-dead") && rig->seen == 2))
		dns_peer_hang_up(question);
	else if (is(question, "tc-one"))
		answer_and_hang_up(peer, question);
	else if (!is(question, "tc-silent") && !(is(question, "tc-once-silent") && rig->seen == 2))
		on_odd_question(rig, peer, question);
}

/* ---- the rig ---- */

static void on_watchdog(uv_timer_t *timer)
{
	(void)timer;
	fail_msg("a question was never answered");
}

struct rig *rig_open(unsigned peers, bool tcp, uint32_t timeout_ms)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct endpoint server[PEERS_MAX];
	struct net_cares_options options = { .server = server,
					     .server_count = peers,
					     .timeout_ms = timeout_ms,
					     .tries_max = TRIES,
					     .tries_ms = rig_tries_ms };
	struct error error;

	assert_non_null(rig);
	uv_loop_init(&rig->loop);
	uv_timer_init(&rig->loop, &rig->watchdog);
	uv_timer_start(&rig->watchdog, on_watchdog, WATCHDOG_MS, 0);
	for (unsigned i = 0; i < peers; i++) {
		rig->peer[i] = calloc(1, sizeof(*rig->peer[i]));
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
	assert_int_equal(net_cares_open(&rig->net, &options, &error), 0);
	return rig;
}

void rig_close(struct rig *rig)
{
	net_cares_stop(rig->net);
	assert_int_equal(rig->open, 0);
	for (unsigned i = 0; i < net_cares_health(rig->net)->count; i++)
		assert_int_equal(net_cares_health(rig->net)->server[i].outstanding, 0);
	net_cares_close(rig->net);
	for (unsigned i = 0; i < PEERS_MAX && rig->peer[i]; i++)
		dns_peer_close(rig->peer[i]);
	uv_close((uv_handle_t *)&rig->watchdog, NULL);
	uv_run(&rig->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&rig->loop), 0);
	net_cares_free(rig->net);
	thread_alloc_trim();
	for (unsigned i = 0; i < PEERS_MAX; i++)
		free(rig->peer[i]);
	free(rig);
}

void rig_on_answer(struct net_query *query, const struct dns_answer *answer)
{
	struct asked *asked = query->arg;

	asked->answers++;
	asked->rig->open--;
	if (answer)
		asked->addresses = answer->count;
}

static void begin(struct rig *rig, struct asked *asked, const char *name, unsigned number, struct net_query as)
{
	memset(asked, 0, sizeof(*asked));
	asked->rig = rig;
	snprintf(asked->name, sizeof(asked->name), number ? "%s%u.example" : "%s.example", name, number);
	asked->query = as;
	asked->query.type = DNS_TYPE_A;
	asked->query.on_answer = rig_on_answer;
	asked->query.arg = asked;
	net_query_about(&asked->query, span_of(asked->name));
	rig->open++;
	net_cares_ask(rig->net, &asked->query);
}

void rig_begin(struct rig *rig, struct asked *asked, const char *name, unsigned number)
{
	begin(rig, asked, name, number, (struct net_query){ 0 });
}

void rig_begin_unchecked(struct rig *rig, struct asked *asked, const char *name)
{
	begin(rig, asked, name, 0, (struct net_query){ .unchecked = true });
}

void rig_run(struct rig *rig)
{
	while (rig->open > 0)
		uv_run(&rig->loop, UV_RUN_ONCE);
}

void rig_linger(struct rig *rig, uint64_t ms)
{
	uint64_t end;

	uv_update_time(&rig->loop);
	end = uv_now(&rig->loop) + ms;
	while (uv_now(&rig->loop) < end)
		uv_run(&rig->loop, UV_RUN_ONCE);
}

struct asked rig_ask(struct rig *rig, const char *name)
{
	static struct asked asked;

	rig->seen = 0;
	rig_begin(rig, &asked, name, 0);
	rig_run(rig);
	assert_int_equal(asked.answers, 1);
	return asked;
}

static struct asked ask_as(struct rig *rig, const char *name, struct net_query as)
{
	static struct asked asked;

	rig->seen = 0;
	begin(rig, &asked, name, 0, as);
	rig_run(rig);
	assert_int_equal(asked.answers, 1);
	return asked;
}

struct asked rig_ask_decided(struct rig *rig, const char *name)
{
	return ask_as(rig, name, (struct net_query){ .decided = true });
}

struct asked rig_ask_silent(struct rig *rig, const char *name)
{
	return ask_as(rig, name, (struct net_query){ .silent = true });
}

struct net_cares_counts rig_counts(const struct rig *rig)
{
	struct net_cares_counts counts;

	net_cares_counts(rig->net, &counts);
	return counts;
}

struct asked *rig_begin_many(struct rig *rig, const char *name, unsigned count)
{
	struct asked *many = calloc(count, sizeof(*many));

	assert_non_null(many);
	for (unsigned i = 0; i < count; i++)
		rig_begin(rig, &many[i], name, i + 1);
	return many;
}

void rig_end_many(struct asked *many, unsigned count, enum dns_status status, int fault)
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

struct name_server *rig_server(const struct rig *rig)
{
	return &net_cares_health(rig->net)->server[0];
}
