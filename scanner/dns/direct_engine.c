/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/dns/direct_engine.h"

#include <stdlib.h>
#include <string.h>

#include "scanner/dns/direct_own.h"

/* ---- the way of a question ---- */

void direct_count(struct direct_engine *engine, enum direct_end end)
{
	engine->counts.answers += end == DIRECT_ANSWERED;
	engine->counts.timeouts += end == DIRECT_TIMED_OUT;
	engine->counts.spoofed += end == DIRECT_SPOOFED;
}

/* Let it go out with the next batch. */
static void make_ready(struct direct_engine *engine, struct direct_peer *peer, struct direct_try *try)
{
	struct direct_family *family = &engine->family[peer->at.any.sa_family == AF_INET6];

	try->own.due_ms = direct_now(engine) + engine->options.timeout_ms;
	TAILQ_INSERT_TAIL(&peer->open, try, own.beside);
	peer->open_count++;
	TAILQ_INSERT_TAIL(&family->ready, try, own.due);
	family->ready_count++;
}

static void admit(struct direct_engine *engine, struct direct_peer *peer)
{
	struct direct_try *try = TAILQ_FIRST(&peer->waiting);

	if (!try || peer->open_count >= DIRECT_AT_ONCE)
		return;
	TAILQ_REMOVE(&peer->waiting, try, own.beside);
	make_ready(engine, peer, try);
}

void direct_end(struct direct_engine *engine, struct direct_try *try, enum direct_end end,
		const struct direct_packet *packet)
{
	struct direct_peer *peer = try->own.peer;
	struct direct_family *family = &engine->family[peer->at.any.sa_family == AF_INET6];

	if (try->was_sent) {
		struct direct_socket *socket = family->socket[try->own.socket];

		socket->use[try->own.id] = direct_sockets_closed(peer->hash, direct_now(engine));
		socket->open--;
		TAILQ_REMOVE(&engine->due, try, own.due);
	} else {
		TAILQ_REMOVE(&family->ready, try, own.due);
		family->ready_count--;
	}
	TAILQ_REMOVE(&peer->open, try, own.beside);
	peer->open_count--;
	/* before the callback, which may ask the same server: who has waited goes first */
	admit(engine, peer);
	direct_peers_release(peer);
	direct_count(engine, end);
	if (packet)
		try->on_end(try, end, packet->octets, packet->n, packet->cut);
	else
		try->on_end(try, end, NULL, 0, false);
}

/* ---- time ---- */

static void on_timer(uv_timer_t *timer)
{
	(void)timer; /* the loop is awake, which is what it is for: on_check follows */
}

/* What ends in this turn without an answer, and why. */
static enum direct_end end_of_silence(const struct direct_engine *engine, const struct direct_try *try)
{
	const struct direct_family *family = &engine->family[try->own.peer->at.any.sa_family == AF_INET6];
	const struct direct_socket *socket = family->socket[try->own.socket];

	return socket->has_dropped && direct_is_at(socket->dropped_ms, try->sent_ms) ? DIRECT_LOST : DIRECT_TIMED_OUT;
}

static void expire(struct direct_engine *engine, uint32_t now_ms)
{
	struct direct_try *try;

	while ((try = TAILQ_FIRST(&engine->due)) && direct_is_at(now_ms, try->own.due_ms))
		direct_end(engine, try, end_of_silence(engine, try), NULL);
	/* The kernel took nothing for so long: ours. */
	for (unsigned i = 0; i < DIRECT_FAMILIES; i++) {
		while ((try = TAILQ_FIRST(&engine->family[i].ready)) && direct_is_at(now_ms, try->own.due_ms)) {
			try->fault = NET_FAULT_SOCKETS;
			direct_end(engine, try, DIRECT_FAULT, NULL);
		}
	}
}

static bool is_idle(const struct direct_engine *engine)
{
	return TAILQ_EMPTY(&engine->due) && TAILQ_EMPTY(&engine->family[0].ready) &&
	       TAILQ_EMPTY(&engine->family[1].ready) && TAILQ_EMPTY(&engine->alarmed);
}

/* Behind the loop's reading, never before it: after a standstill of ours answers are there, and not too late. */
static void on_check(uv_check_t *check)
{
	struct direct_engine *engine = check->data;
	uint32_t now_ms = direct_now(engine);

	if (!engine->ticking || !direct_is_at(now_ms, engine->ticked_ms + DIRECT_TICK_MS))
		return;
	engine->ticked_ms = now_ms;
	direct_sockets_count_drops(engine);
	expire(engine, now_ms);
	direct_peers_tick(engine, now_ms);
	direct_sockets_renew(engine, now_ms);
	if (is_idle(engine)) {
		uv_timer_stop(&engine->timer);
		engine->ticking = false;
	}
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct direct_engine *engine = prepare->data;

	direct_send_unblock(engine);
	direct_send(engine, true);
}

static void wake(struct direct_engine *engine)
{
	if (engine->ticking)
		return;
	engine->ticking = true;
	engine->ticked_ms = direct_now(engine);
	uv_timer_start(&engine->timer, on_timer, DIRECT_TICK_MS, DIRECT_TICK_MS);
	direct_sockets_renew(engine, engine->ticked_ms); /* which have got old meanwhile */
}

/* ---- asking ---- */

/* Has the family sockets, and a route as far as is known? */
static bool can_send(struct direct_engine *engine, struct direct_try *try, unsigned index, enum direct_end *end)
{
	struct direct_family *family = &engine->family[index];
	int error = 0;

	if (!direct_send_is_down(engine, family) && !family->is_open) {
		error = direct_sockets_open(engine, index);
		if (error != 0)
			direct_send_down(engine, family, net_errno_is_shortage(error) ? DIRECT_FAULT : DIRECT_UNSENT);
	}
	if (!direct_send_is_down(engine, family))
		return true;
	*end = family->down_end;
	try->fault = *end == DIRECT_FAULT ? NET_FAULT_SOCKETS : NET_OK;
	return false;
}

/* Put it in line. False: it ends at once, with *end. */
static bool take(struct direct_engine *engine, struct direct_try *try, enum direct_end *end)
{
	struct direct_peer *peer;

	if (engine->stopped) {
		*end = DIRECT_FAULT;
		try->fault = NET_FAULT_SHUTDOWN;
		return false;
	}
	peer = direct_peers_of(engine, try, end);
	if (!peer)
		return false;
	if (peer->alarmed) {
		*end = DIRECT_SPOOFED;
		return false;
	}
	if (!can_send(engine, try, peer->at.any.sa_family == AF_INET6, end)) {
		direct_peers_release(peer);
		return false;
	}
	wake(engine);
	try->own.peer = peer;
	if (peer->open_count < DIRECT_AT_ONCE)
		make_ready(engine, peer, try);
	else
		TAILQ_INSERT_TAIL(&peer->waiting, try, own.beside);
	return true;
}

void direct_engine_ask(struct direct_engine *engine, struct direct_try *try)
{
	enum direct_end end;

	try->fault = NET_OK;
	try->was_sent = false;
	if (take(engine, try, &end)) {
		direct_send(engine, false);
		return;
	}
	direct_count(engine, end);
	try->on_end(try, end, NULL, 0, false);
}

void direct_engine_counts(const struct direct_engine *engine, struct direct_engine_counts *counts)
{
	*counts = engine->counts;
}

/* ---- life ---- */

static void init(struct direct_engine *engine, const struct direct_engine_options *options)
{
	uv_loop_t *loop = options->loop;

	engine->options = *options;
	TAILQ_INIT(&engine->due);
	TAILQ_INIT(&engine->alarmed);
	for (unsigned i = 0; i < DIRECT_FAMILIES; i++)
		TAILQ_INIT(&engine->family[i].ready);
	direct_send_init(&engine->out);
	direct_receive_init(&engine->in);
	engine->timer.data = engine->prepare.data = engine->check.data = engine;
	uv_timer_init(loop, &engine->timer);
	uv_prepare_init(loop, &engine->prepare);
	uv_prepare_start(&engine->prepare, on_prepare);
	uv_check_init(loop, &engine->check);
	uv_check_start(&engine->check, on_check);
}

int direct_engine_open(struct direct_engine **result, const struct direct_engine_options *options, struct error *error)
{
	struct direct_engine *engine = calloc(1, sizeof(*engine));
	int problem;

	if (!engine) {
		error_set(error, "no memory to ask name servers directly");
		return NET_FAULT_MEMORY;
	}
	engine->options = *options;
	direct_sockets_random(engine, &engine->seed, sizeof(engine->seed));
	problem = direct_sockets_open(engine, 0);
	if (problem != 0 && net_errno_is_shortage(problem)) {
		error_set(error, "cannot open %d UDP sockets to ask name servers directly: %s (see ulimit -n)",
			  DIRECT_SOCKETS, strerror(problem));
		direct_engine_free(engine);
		return NET_FAULT_SOCKETS;
	}
	init(engine, options);
	if (problem != 0)
		direct_send_down(engine, &engine->family[0], DIRECT_UNSENT);
	*result = engine;
	return NET_OK;
}

static struct direct_try *first_of_all(struct direct_engine *engine)
{
	struct direct_try *try = TAILQ_FIRST(&engine->due);

	for (unsigned i = 0; i < DIRECT_FAMILIES && !try; i++)
		try = TAILQ_FIRST(&engine->family[i].ready);
	return try;
}

void direct_engine_stop(struct direct_engine *engine)
{
	struct direct_try *try;

	engine->stopped = true;
	/* What waits for others at its server gets ready as these end. */
	while ((try = first_of_all(engine))) {
		try->fault = NET_FAULT_SHUTDOWN;
		direct_end(engine, try, DIRECT_FAULT, NULL);
	}
	direct_peers_forget_alarms(engine);
}

void direct_engine_close(struct direct_engine *engine)
{
	direct_engine_stop(engine);
	direct_sockets_close(engine);
	uv_close((uv_handle_t *)&engine->timer, NULL);
	uv_close((uv_handle_t *)&engine->prepare, NULL);
	uv_close((uv_handle_t *)&engine->check, NULL);
}

void direct_engine_free(struct direct_engine *engine)
{
	for (unsigned i = 0; i < DIRECT_FAMILIES; i++)
		for (unsigned j = 0; j < DIRECT_SOCKETS; j++)
			free(engine->family[i].use[j]);
	free(engine);
}
