/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <sys/socket.h>

#include "scanner/dns/direct_own.h"

/* What errno of sendmmsg says. It is about the first datagram that was not sent. */
enum refusal {
	REFUSAL_ONE,  /* this one cannot be sent */
	REFUSAL_ALL,  /* nor can any other of its family, it seems */
	REFUSAL_ROOM, /* the socket is full, and will tell when it is not */
	REFUSAL_LATER /* the machine is short of something, and will tell nobody: with the next turn of the loop */
};

static enum refusal refusal_of(int error)
{
	static const struct {
		int error;
		enum refusal refusal;
	} rows[] = {
		{ EAGAIN, REFUSAL_ROOM },       { ENOBUFS, REFUSAL_LATER }, /* of a device's queue */
		{ ENOMEM, REFUSAL_LATER },      { EINTR, REFUSAL_LATER },
		{ ENETUNREACH, REFUSAL_ALL },   { ENETDOWN, REFUSAL_ALL },
		{ EADDRNOTAVAIL, REFUSAL_ALL }, /* no address of ours reaches theirs; the port is bound already */
		{ EHOSTUNREACH, REFUSAL_ONE },  { EACCES, REFUSAL_ONE },
		{ EPERM, REFUSAL_ONE },  /* by a firewall */
		{ EINVAL, REFUSAL_ONE }, /* a route into a black hole */
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].error == error)
			return rows[i].refusal;
	return REFUSAL_ONE;
}

bool direct_send_is_down(const struct direct_engine *engine, const struct direct_family *family)
{
	return family->down && !direct_is_at(direct_now(engine), family->down_until_ms);
}

void direct_send_down(struct direct_engine *engine, struct direct_family *family, enum direct_end end)
{
	family->down = true;
	family->down_end = end;
	family->down_until_ms = direct_now(engine) + DIRECT_ROUTE_MS;
}

void direct_send_init(struct direct_batch *batch)
{
	for (unsigned i = 0; i < UDP_BATCH_SIZE; i++) {
		batch->part[i].iov_base = batch->octets[i];
		batch->message[i].msg_hdr = (struct msghdr){ .msg_iov = &batch->part[i], .msg_iovlen = 1 };
	}
}

static void put(struct direct_batch *batch, unsigned i, struct direct_try *try, int n)
{
	struct direct_peer *peer = try->own.peer;

	batch->try[i] = try;
	batch->part[i].iov_len = (size_t)n;
	batch->message[i].msg_hdr.msg_name = &peer->at;
	batch->message[i].msg_hdr.msg_namelen = peer->at.any.sa_family == AF_INET ? sizeof(peer->at.v4)
										  : sizeof(peer->at.v6);
}

/* Fill the batch with what is ready, in order, up to one whose name is none; returns how many. */
static unsigned fill(struct direct_engine *engine, struct direct_family *family, struct direct_socket *socket,
		     uint8_t number)
{
	struct direct_try *try;
	uint32_t now_ms = direct_now(engine);
	unsigned count = 0;
	uint16_t drawn[UDP_BATCH_SIZE];

	direct_sockets_random(engine, drawn, sizeof(drawn));
	/* the table is larger than a cache, and each id is somewhere else in it: fetched together they cost as one */
	for (unsigned i = 0; i < UDP_BATCH_SIZE && i < family->ready_count; i++)
		__builtin_prefetch(&socket->use[drawn[i]], 1);
	TAILQ_FOREACH (try, &family->ready, own.due) {
		uint16_t id;
		int n;

		if (count == UDP_BATCH_SIZE)
			break;
		id = direct_sockets_free_id(engine, socket, drawn[count], now_ms);
		n = direct_query_write(id, try->name, try->type, engine->out.octets[count]);
		if (n < 0)
			break;
		try->own.id = id;
		try->own.socket = number;
		socket->use[id].try = try;
		put(&engine->out, count++, try, n);
	}
	return count;
}

/* They have left: each waits for its answer. */
static void note_sent(struct direct_engine *engine, struct direct_family *family, struct direct_socket *socket,
		      unsigned n)
{
	uint32_t now_ms = direct_clock();

	for (unsigned i = 0; i < n; i++) {
		struct direct_try *try = engine->out.try[i];

		TAILQ_REMOVE(&family->ready, try, own.due);
		try->was_sent = true;
		try->sent_ms = now_ms;
		try->own.due_ms = now_ms + engine->options.timeout_ms;
		TAILQ_INSERT_TAIL(&engine->due, try, own.due);
	}
	family->ready_count -= n;
	socket->open += n;
	engine->counts.packets += n;
}

static void end_unsent(struct direct_engine *engine, struct direct_family *family, enum direct_end end)
{
	struct direct_try *try = TAILQ_FIRST(&family->ready);

	if (end == DIRECT_FAULT)
		try->fault = NET_FAULT_SOCKETS;
	direct_end(engine, try, end, NULL);
}

static bool answered_lately(const struct direct_engine *engine, const struct direct_family *family)
{
	return family->has_answered && direct_now(engine) - family->answered_ms <= DIRECT_ROUTE_MS;
}

/* The first of the ready ones was refused. */
static void refused(struct direct_engine *engine, struct direct_family *family, struct direct_socket *socket, int error)
{
	switch (refusal_of(error)) {
	case REFUSAL_ROOM:
		direct_sockets_await_room(socket);
		family->blocked = true;
		return;
	case REFUSAL_LATER:
		family->blocked = true;
		return;
	case REFUSAL_ALL:
		if (!answered_lately(engine, family))
			direct_send_down(engine, family, DIRECT_UNSENT);
		break;
	case REFUSAL_ONE:
		break;
	}
	end_unsent(engine, family, DIRECT_UNSENT);
}

/* One batch: what the kernel does not take stays ready, and gets other ids. */
static void send_batch(struct direct_engine *engine, unsigned index)
{
	struct direct_family *family = &engine->family[index];
	uint8_t number;
	struct direct_socket *socket = direct_sockets_draw(engine, index, &number);
	unsigned count;
	int sent, error;

	if (!socket) {
		family->blocked = true; /* every id is in use: until some are not */
		return;
	}
	count = fill(engine, family, socket, number);
	if (count == 0) {
		end_unsent(engine, family, DIRECT_UNSENT); /* its name is none */
		return;
	}
	sent = sendmmsg(socket->fd, engine->out.message, count, 0);
	error = errno;
	for (unsigned i = sent > 0 ? (unsigned)sent : 0; i < count; i++)
		socket->use[engine->out.try[i]->own.id].bits = 0;
	if (sent > 0)
		note_sent(engine, family, socket, (unsigned)sent);
	else
		refused(engine, family, socket, error);
}

static void send_family(struct direct_engine *engine, unsigned index, unsigned least)
{
	struct direct_family *family = &engine->family[index];

	while (family->ready_count >= least && !family->blocked) {
		if (direct_send_is_down(engine, family))
			end_unsent(engine, family, family->down_end);
		else
			send_batch(engine, index);
	}
}

void direct_send(struct direct_engine *engine, bool all)
{
	if (engine->flushing)
		return; /* a callback from below asks; the loop there goes on */
	engine->flushing = true;
	for (unsigned i = 0; i < DIRECT_FAMILIES; i++)
		send_family(engine, i, all ? 1 : UDP_BATCH_SIZE);
	engine->flushing = false;
}

void direct_send_unblock(struct direct_engine *engine)
{
	for (unsigned i = 0; i < DIRECT_FAMILIES; i++)
		engine->family[i].blocked = false;
}
