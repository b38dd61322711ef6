/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/dns_peer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/dns_answer.h"

enum { HEADER = 12, PORT_TRIES = 20 };

struct dns_peer_connection {
	uv_tcp_t tcp;
	struct dns_peer *peer;
	size_t n;
	char octet[4096];
};

struct later {
	uv_timer_t timer;
	struct dns_peer *peer;
	struct dns_peer_question question;
};

/* ---- questions ---- */

static bool read_question(const uint8_t *p, size_t n, struct dns_peer_question *question)
{
	size_t at = HEADER, to = 0;

	if (n < HEADER + 5)
		return false;
	question->id = (uint16_t)(p[0] << 8 | p[1]);
	while (at < n && p[at] > 0 && at + 1 + p[at] < n && to + p[at] + 1 < sizeof(question->name)) {
		memcpy(question->name + to, p + at + 1, p[at]);
		to += p[at];
		question->name[to++] = '.';
		at += 1u + p[at];
	}
	question->name[to > 0 ? to - 1 : 0] = '\0';
	if (at + 5 > n)
		return false;
	question->type = (uint16_t)(p[at + 1] << 8 | p[at + 2]);
	question->edns = p[11] > 0;
	question->unchecked = p[3] & 0x10;
	return true;
}

static void on_message(struct dns_peer *peer, const uint8_t *p, size_t n, struct dns_peer_question *question)
{
	unsigned port = ntohs(question->from.sin_port);

	if (!read_question(p, n, question))
		return;
	peer->questions++;
	peer->over_tcp += question->connection ? 1 : 0;
	peer->plain += !question->edns;
	if (!question->connection && !(peer->port_seen[port / 8] >> (port % 8) & 1)) {
		peer->port_seen[port / 8] |= (uint8_t)(1 << (port % 8));
		peer->ports++;
	}
	peer->on_question(peer, question);
}

/* ---- UDP ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct dns_peer *peer = handle->data;

	(void)suggested;
	*buffer = uv_buf_init((char *)peer->received, sizeof(peer->received));
}

static void on_datagram(uv_udp_t *udp, ssize_t n, const uv_buf_t *buffer, const struct sockaddr *from, unsigned flags)
{
	struct dns_peer_question question = { 0 };

	(void)flags;
	if (n <= 0 || !from)
		return;
	memcpy(&question.from, from, sizeof(question.from));
	on_message(udp->data, (const uint8_t *)buffer->base, (size_t)n, &question);
}

/* ---- TCP ---- */

static void on_connection_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct dns_peer_connection *connection = handle->data;

	(void)suggested;
	*buffer = uv_buf_init(connection->octet + connection->n, (unsigned)(sizeof(connection->octet) - connection->n));
}

static void on_connection_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void hang_up(struct dns_peer_connection *connection)
{
	if (!uv_is_closing((uv_handle_t *)&connection->tcp))
		uv_close((uv_handle_t *)&connection->tcp, on_connection_closed);
}

void dns_peer_hang_up(const struct dns_peer_question *question)
{
	hang_up(question->connection);
}

static void on_octets(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
	struct dns_peer_connection *connection = stream->data;
	uint8_t *p = (uint8_t *)connection->octet;

	(void)buffer;
	if (n <= 0) {
		hang_up(connection);
		return;
	}
	connection->n += (size_t)n;
	while (!uv_is_closing((uv_handle_t *)stream) && connection->n >= 2 &&
	       connection->n >= 2u + (unsigned)(p[0] << 8 | p[1])) {
		struct dns_peer_question question = { .connection = connection };
		size_t size = (size_t)(p[0] << 8 | p[1]);

		on_message(connection->peer, p + 2, size, &question);
		connection->n -= 2 + size;
		memmove(p, p + 2 + size, connection->n);
	}
}

static void on_connection(uv_stream_t *server, int status)
{
	struct dns_peer *peer = server->data;
	struct dns_peer_connection *connection = status == 0 ? calloc(1, sizeof(*connection)) : NULL;

	if (!connection)
		return;
	connection->peer = peer;
	connection->tcp.data = connection;
	uv_tcp_init(peer->loop, &connection->tcp);
	if (uv_accept(server, (uv_stream_t *)&connection->tcp) == 0)
		uv_read_start((uv_stream_t *)&connection->tcp, on_connection_alloc, on_octets);
	else
		hang_up(connection);
}

/* ---- answers ---- */

void dns_peer_begin(struct dns_peer *peer, const struct dns_peer_question *question, unsigned flags)
{
	dns_build_begin(&peer->build, question->id, DNS_FLAG_QR | DNS_FLAG_RD | DNS_FLAG_RA | flags);
	dns_build_question(&peer->build, span_of(question->name), question->type);
}

void dns_peer_send(struct dns_peer *peer, const struct dns_peer_question *question)
{
	char length[2] = { (char)(peer->build.n >> 8), (char)peer->build.n };
	uv_buf_t part[2] = { uv_buf_init(length, 2), uv_buf_init((char *)peer->build.octet, (unsigned)peer->build.n) };

	/* what the kernel does not take is lost, as it might be on the way */
	if (question->connection)
		uv_try_write((uv_stream_t *)&question->connection->tcp, part, 2);
	else if (!uv_is_closing((uv_handle_t *)&peer->udp))
		uv_udp_try_send(&peer->udp, &part[1], 1, (const struct sockaddr *)&question->from);
}

void dns_peer_answer(struct dns_peer *peer, const struct dns_peer_question *question)
{
	static const uint8_t address[4] = { 192, 0, 2, 1 };

	dns_peer_begin(peer, question, 0);
	dns_build_record(&peer->build, span_of(question->name), DNS_TYPE_A, 300, address, sizeof(address));
	if (question->edns)
		dns_build_opt(&peer->build);
	dns_peer_send(peer, question);
}

void dns_peer_refuse(struct dns_peer *peer, const struct dns_peer_question *question, unsigned rcode)
{
	dns_peer_begin(peer, question, rcode);
	dns_peer_send(peer, question);
}

static void on_later_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void on_later(uv_timer_t *timer)
{
	struct later *later = timer->data;

	dns_peer_answer(later->peer, &later->question);
	uv_close((uv_handle_t *)timer, on_later_closed);
}

void dns_peer_answer_later(struct dns_peer *peer, const struct dns_peer_question *question, unsigned ms)
{
	struct later *later = calloc(1, sizeof(*later));

	if (!later)
		return;
	later->peer = peer;
	later->question = *question;
	later->timer.data = later;
	uv_timer_init(peer->loop, &later->timer);
	uv_timer_start(&later->timer, on_later, ms, 0);
}

/* ---- life ---- */

/* UDP and TCP must have one port; another process may have it for one of them. */
static bool listen_on_a_port(struct dns_peer *peer, bool tcp)
{
	struct sockaddr_in address;
	int size = sizeof(address);

	uv_ip4_addr(peer->at ? peer->at : "127.0.0.1", peer->port, &address);
	uv_udp_init(peer->loop, &peer->udp);
	peer->udp.data = peer->tcp.data = peer;
	if (uv_udp_bind(&peer->udp, (struct sockaddr *)&address, 0) < 0)
		return false;
	uv_udp_getsockname(&peer->udp, (struct sockaddr *)&address, &size);
	peer->port = ntohs(address.sin_port);
	peer->has_tcp = tcp;
	if (!tcp)
		return true;
	uv_tcp_init(peer->loop, &peer->tcp);
	return uv_tcp_bind(&peer->tcp, (struct sockaddr *)&address, 0) == 0 &&
	       uv_listen((uv_stream_t *)&peer->tcp, 16, on_connection) == 0;
}

static bool start(struct dns_peer *peer)
{
	int size = 2 * 1024 * 1024;

	uv_recv_buffer_size((uv_handle_t *)&peer->udp, &size);
	return uv_udp_recv_start(&peer->udp, on_alloc, on_datagram) == 0;
}

bool dns_peer_open(struct dns_peer *peer, uv_loop_t *loop, bool tcp)
{
	peer->loop = loop;
	for (int i = 0; i < PORT_TRIES; i++) {
		peer->port = 0;
		if (listen_on_a_port(peer, tcp))
			return start(peer);
		dns_peer_close(peer);
		uv_run(loop, UV_RUN_NOWAIT);
	}
	return false;
}

bool dns_peer_open_again(struct dns_peer *peer)
{
	return listen_on_a_port(peer, false) && start(peer);
}

void dns_peer_close(struct dns_peer *peer)
{
	if (!uv_is_closing((uv_handle_t *)&peer->udp))
		uv_close((uv_handle_t *)&peer->udp, NULL);
	if (peer->has_tcp && !uv_is_closing((uv_handle_t *)&peer->tcp))
		uv_close((uv_handle_t *)&peer->tcp, NULL);
}

void dns_peer_server(const struct dns_peer *peer, struct endpoint *server)
{
	*server = (struct endpoint){ .address = { .family = 4, .octet = { 127, 0, 0, 1 } }, .port = peer->port };
}
