/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scanner/dns/direct_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "parsers/dns_answer.h"
#include "scanner/base/thread_alloc.h"
#include "scanner/dns/direct_own.h"
#include "tests/fake/loop_pass.h"

enum {
	WATCHDOG_MS = 600000,
	SETTLE_TURNS = 20,
	TURN_US = 200,
	TURNS_MAX = 300000, /* a minute: something is wrong */
};

static void on_peer_question(struct dns_peer *peer, const struct dns_peer_question *question)
{
	struct direct_rig *rig = peer->arg;

	rig->last = *question;
	if (rig->on_question)
		rig->on_question(rig, question);
	else
		dns_peer_answer(peer, question);
}

static void on_watchdog(uv_timer_t *timer)
{
	(void)timer;
	fail_msg("a question never ended");
}

struct direct_rig *direct_rig_open(void)
{
	struct direct_rig *rig = calloc(1, sizeof(*rig));
	struct direct_engine_options options = { .timeout_ms = DIRECT_RIG_TIMEOUT_MS };
	struct error error;

	assert_non_null(rig);
	assert_int_equal(uv_loop_init(&rig->loop), 0);
	uv_timer_init(&rig->loop, &rig->watchdog);
	uv_timer_start(&rig->watchdog, on_watchdog, WATCHDOG_MS, 0);
	rig->peer = calloc(1, sizeof(*rig->peer));
	assert_non_null(rig->peer);
	assert_true(dns_peer_open(rig->peer, &rig->loop, false));
	rig->peer->on_question = on_peer_question;
	rig->peer->arg = rig;
	rig->allow = cidr_set_new();
	rig->blocklist = cidr_set_new();
	assert_int_equal(cidr_set_add(rig->allow, span_of("127.0.0.0/8")), 0);
	assert_int_equal(cidr_set_add(rig->allow, span_of("::1")), 0);
	assert_int_equal(cidr_set_add(rig->blocklist, span_of("127.0.13.0/24")), 0);
	options.loop = &rig->loop;
	options.port = rig->peer->port;
	options.allow = rig->allow;
	options.blocklist = rig->blocklist;
	assert_int_equal(direct_engine_open(&rig->engine, &options, &error), 0);
	return rig;
}

void direct_rig_close(struct direct_rig *rig)
{
	direct_engine_close(rig->engine);
	dns_peer_close(rig->peer);
	uv_close((uv_handle_t *)&rig->watchdog, NULL);
	uv_run(&rig->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&rig->loop), 0);
	direct_engine_free(rig->engine);
	cidr_set_free(rig->allow);
	cidr_set_free(rig->blocklist);
	thread_alloc_trim();
	free(rig->peer);
	free(rig);
}

static void on_end(struct direct_try *try, enum direct_end end, const uint8_t *packet, size_t n, bool cut)
{
	struct direct_asked *asked = try->arg;

	assert_int_equal(packet ? 1 : 0, end == DIRECT_ANSWERED);
	asked->end = (int)end;
	asked->ends++;
	asked->n = n;
	asked->cut = cut;
	asked->id = packet ? (uint16_t)(packet[0] << 8 | packet[1]) : 0;
	asked->order = asked->rig->ended++;
	if (asked->then)
		asked->then(asked);
}

void direct_rig_ask(struct direct_rig *rig, struct direct_asked *asked, const char *address, const char *name)
{
	asked->rig = rig;
	asked->end = DIRECT_RIG_NOT_YET;
	asked->ends = 0;
	asked->try = (struct direct_try){ .type = DNS_TYPE_MX, .name = span_of(name), .on_end = on_end, .arg = asked };
	assert_true(address_parse(span_of(address), &asked->try.address));
	direct_engine_ask(rig->engine, &asked->try);
}

void direct_rig_await(struct direct_asked *asked)
{
	while (asked->ends == 0)
		uv_run(&asked->rig->loop, UV_RUN_ONCE);
	assert_int_equal(asked->ends, 1);
}

void direct_rig_turn(struct direct_rig *rig, unsigned turns)
{
	assert_true(turns < TURNS_MAX);
	if (turns > 0)
		usleep(TURN_US);
	uv_run(&rig->loop, UV_RUN_NOWAIT);
}

void direct_rig_settle(struct direct_rig *rig)
{
	for (unsigned i = 0; i < SETTLE_TURNS; i++)
		uv_run(&rig->loop, UV_RUN_NOWAIT);
}

void direct_rig_pass(struct direct_rig *rig, unsigned ms)
{
	loop_pass(&rig->loop, ms);
}

void direct_rig_answer_as(struct direct_rig *rig, const struct dns_peer_question *question, uint16_t id,
			  const char *name)
{
	struct dns_peer_question other = *question;

	other.id = id;
	snprintf(other.name, sizeof(other.name), "%s", name);
	dns_peer_answer(rig->peer, &other);
}

void direct_rig_silence(struct direct_rig *rig, const struct dns_peer_question *question)
{
	(void)rig;
	(void)question;
}

bool direct_rig_has_family(const struct direct_rig *rig, uint8_t family)
{
	return !direct_send_is_down(rig->engine, &rig->engine->family[family == 6]);
}

struct direct_engine_counts direct_rig_counts(const struct direct_rig *rig)
{
	struct direct_engine_counts counts;

	direct_engine_counts(rig->engine, &counts);
	return counts;
}
