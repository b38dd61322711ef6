/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/socket.h>

#include "scanner/dns/direct_own.h"

enum { CALLS_A_TURN = 16 }; /* then others of the loop have theirs; what is left is read in the next */

void direct_receive_init(struct direct_ring *ring)
{
	for (unsigned i = 0; i < UDP_BATCH_SIZE; i++) {
		ring->part[i] = (struct iovec){ ring->octets[i], UDP_DATAGRAM_MAX };
		ring->message[i].msg_hdr =
			(struct msghdr){ .msg_name = &ring->from[i], .msg_iov = &ring->part[i], .msg_iovlen = 1 };
	}
}

/* All else could not be taken for an answer, so it is nobody's guess. */
static bool is_response(const struct direct_packet *packet)
{
	return packet->n >= DNS_HEADER_SIZE && (packet->octets[2] & 0x80);
}

/* It fits no question that is open. */
static void take_misfit(struct direct_engine *engine, union direct_use use, const union direct_sockaddr *from)
{
	uint64_t hash = direct_peers_hash(engine, from);
	struct direct_peer *peer;

	if (direct_sockets_closed_to(use, hash, direct_now(engine))) {
		engine->counts.late++;
		return;
	}
	peer = direct_peers_find(engine, from);
	if (peer)
		direct_peers_alarm(engine, peer);
	else
		engine->counts.strange++;
}

/* What its id was last used for. Of a datagram that is too short some id. */
static const union direct_use *use_of(const struct direct_socket *socket, const uint8_t *octets)
{
	return &socket->use[octets[0] << 8 | octets[1]];
}

static void take(struct direct_socket *socket, const struct direct_packet *packet, const union direct_sockaddr *from)
{
	struct direct_engine *engine = socket->engine;
	struct direct_family *family = &engine->family[socket->family];
	union direct_use use;

	if (!is_response(packet)) {
		engine->counts.strange++;
		return;
	}
	use = *use_of(socket, packet->octets);
	if (!direct_use_is_open(use) || !direct_peers_is_at(use.try->own.peer, from) ||
	    !direct_answer_is_of(packet->octets, packet->n, use.try->name, use.try->type)) {
		take_misfit(engine, use, from);
		return;
	}
	family->answered_ms = direct_now(engine);
	family->has_answered = true;
	direct_end(engine, use.try, DIRECT_ANSWERED, packet);
}

/* Datagrams read, or -1. What each is held against lies somewhere else: fetched together it costs as one. */
static int read_some(struct direct_ring *ring, const struct direct_socket *socket)
{
	int n;

	for (unsigned i = 0; i < UDP_BATCH_SIZE; i++)
		ring->message[i].msg_hdr.msg_namelen = sizeof(ring->from[i]);
	n = recvmmsg(socket->fd, ring->message, UDP_BATCH_SIZE, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		__builtin_prefetch(use_of(socket, ring->octets[i]), 1);
	for (int i = 0; i < n; i++) {
		union direct_use use = *use_of(socket, ring->octets[i]);

		if (direct_use_is_open(use)) {
			__builtin_prefetch(&use.try->own, 1);
			__builtin_prefetch(&use.try->name);
		}
	}
	return n;
}

void direct_receive(struct direct_socket *socket)
{
	struct direct_ring *ring = &socket->engine->in;

	for (unsigned calls = 0; calls < CALLS_A_TURN; calls++) {
		int n = read_some(ring, socket);

		for (int i = 0; i < n; i++) {
			struct direct_packet packet = { .octets = ring->octets[i],
							.n = ring->message[i].msg_len,
							.cut = ring->message[i].msg_hdr.msg_flags & MSG_TRUNC };

			take(socket, &packet, &ring->from[i]);
			if (socket->fd < 0)
				return; /* a callback closed everything */
		}
		if (n < UDP_BATCH_SIZE)
			return; /* the socket is empty, and the loop says when there is more */
	}
}
