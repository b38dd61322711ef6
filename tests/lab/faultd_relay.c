/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/faultd_relay.c - a resolver that falls ill: relays to the real one and loses, delays, refuses or rewrites
 * on the way.
 *
 * How ill is a file of words (README.md beside this), read anew a few times a second, so that a test can change it in
 * the middle of a scan.
 */
#include "faultd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	PACKET_MAX = 4096,
	ASKED_MAX = 65536,   /* questions on their way, by the id we gave them */
	DELAYED_MAX = 16384, /* answers waiting; more are lost, as in a real queue */
	READ_EVERY_MS = 200, /* the file */
	SOCKET_BUFFER = 4 << 20,
};

struct illness {
	unsigned loss, delay; /* per cent, milliseconds */
	int rcode;            /* -1: none */
	bool silent, rewrite;
};

struct asked {
	struct sockaddr_in from;
	uint8_t id[2];
	bool open;
};

struct delayed {
	struct sockaddr_in to;
	uint64_t due;
	uint16_t len;
	uint8_t *packet;
};

/* One half of a relayed TCP connection. */
struct half {
	struct watch watch; /* first */
	struct half *other; /* NULL once that is gone */
	uint64_t born;
};

static struct watch clients, upstream, tcp;
static struct sockaddr_in resolver;
static struct illness ill = { .rcode = -1 };
static const char *ill_file;
static struct asked asked[ASKED_MAX];
static uint16_t next_id;
static struct delayed delayed[DELAYED_MAX]; /* a ring in order of arrival; the delay is the same for all, nearly */
static unsigned delayed_first, delayed_count;

static void read_illness(void)
{
	struct illness now = { .rcode = -1 };
	FILE *file = ill_file ? fopen(ill_file, "r") : NULL;
	char word[64];

	while (file && fscanf(file, "%63s", word) == 1) {
		sscanf(word, "loss=%u", &now.loss);
		sscanf(word, "delay=%u", &now.delay);
		sscanf(word, "rcode=%d", &now.rcode);
		now.silent |= strcmp(word, "silent") == 0;
		now.rewrite |= strcmp(word, "rewrite") == 0;
	}
	if (file)
		fclose(file);
	ill = now;
}

static bool is_lost(void)
{
	return ill.silent || (unsigned)(random() % 100) < ill.loss;
}

static void send_to(const struct sockaddr_in *to, const uint8_t *packet, size_t len)
{
	sendto(clients.fd, packet, len, 0, (const struct sockaddr *)to, sizeof(*to));
}

static void send_delayed(const struct sockaddr_in *to, const uint8_t *packet, size_t len)
{
	struct delayed *entry;

	if (ill.delay == 0) {
		send_to(to, packet, len);
		return;
	}
	if (delayed_count == DELAYED_MAX)
		return;
	entry = &delayed[(delayed_first + delayed_count) % DELAYED_MAX];
	*entry = (struct delayed){
		.to = *to, .due = faultd_now() + ill.delay, .len = (uint16_t)len, .packet = malloc(len)
	};
	if (!entry->packet)
		return;
	memcpy(entry->packet, packet, len);
	delayed_count++;
}

/* NXDOMAIN → NOERROR, with an address where one was asked for. Returns the new length. */
static size_t rewrite(uint8_t *packet, size_t len)
{
	static const uint8_t advertising[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 80, 2, 9 };
	size_t at = 12;

	if (len < 17 || (packet[3] & 15) != 3)
		return len;
	while (at < len && packet[at] && packet[at] < 64)
		at += 1 + packet[at];
	if (at + 5 > len)
		return len;
	packet[3] &= 0xd0; /* NOERROR, and no AD */
	memset(packet + 6, 0, 6);
	len = at + 5;
	if (packet[at + 2] == 1) {
		packet[7] = 1;
		memcpy(packet + len, advertising, sizeof(advertising));
		len += sizeof(advertising);
	}
	return len;
}

static void on_question(struct watch *watch, uint32_t events)
{
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	uint8_t packet[PACKET_MAX];
	ssize_t n;

	(void)events;
	while ((n = recvfrom(watch->fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &from_len)) >= 0) {
		if (n < 12 || is_lost())
			continue;
		if (ill.rcode >= 0) {
			packet[2] |= 0x80;
			packet[3] = (uint8_t)(0x80 | ill.rcode);
			send_delayed(&from, packet, (size_t)n);
			continue;
		}
		next_id++;
		asked[next_id] = (struct asked){ .from = from, .id = { packet[0], packet[1] }, .open = true };
		packet[0] = (uint8_t)(next_id >> 8);
		packet[1] = (uint8_t)next_id;
		(void)send(upstream.fd, packet, (size_t)n, 0);
		from_len = sizeof(from);
	}
}

static void on_answer(struct watch *watch, uint32_t events)
{
	uint8_t packet[PACKET_MAX + 16];
	ssize_t n;

	(void)events;
	while ((n = recv(watch->fd, packet, PACKET_MAX, 0)) >= 0) {
		struct asked *question = n >= 12 ? &asked[packet[0] << 8 | packet[1]] : NULL;

		if (!question || !question->open)
			continue;
		question->open = false;
		memcpy(packet, question->id, 2);
		if (is_lost())
			continue;
		send_delayed(&question->from, packet, ill.rewrite ? rewrite(packet, (size_t)n) : (size_t)n);
	}
}

static void on_tick(struct watch *watch, uint64_t now)
{
	static uint64_t read_at;

	(void)watch;
	if (now - read_at >= READ_EVERY_MS) {
		read_illness();
		read_at = now;
	}
	while (delayed_count && delayed[delayed_first].due <= now) {
		struct delayed *entry = &delayed[delayed_first];

		send_to(&entry->to, entry->packet, entry->len);
		free(entry->packet);
		delayed_first = (delayed_first + 1) % DELAYED_MAX;
		delayed_count--;
	}
}

/* ---- TCP: octets from one side to the other ---- */

static void half_free(struct watch *watch)
{
	free(watch);
}

static void hang_up(struct half *half)
{
	if (half->other) {
		half->other->other = NULL;
		faultd_drop(&half->other->watch, false);
	}
	half->other = NULL;
	faultd_drop(&half->watch, false);
}

/* Messages are small and both sides are near: what does not go out at once ends the connection. */
static void on_half(struct watch *watch, uint32_t events)
{
	struct half *half = (struct half *)watch;
	uint8_t data[65537];
	ssize_t n = recv(watch->fd, data, sizeof(data), 0);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || ill.rcode >= 0) {
		hang_up(half);
		return;
	}
	if (ill.silent)
		return;
	if (!half->other || send(half->other->watch.fd, data, (size_t)n, MSG_NOSIGNAL) != n)
		hang_up(half);
}

static void on_half_tick(struct watch *watch, uint64_t now)
{
	struct half *half = (struct half *)watch;

	if (now - half->born > FAULTD_PEER_SECONDS * UINT64_C(1000))
		hang_up(half);
}

static struct half *half_new(int fd)
{
	struct half *half = fd >= 0 ? calloc(1, sizeof(*half)) : NULL;

	if (half) {
		half->born = faultd_now();
		half->watch =
			(struct watch){ .fd = fd, .on_event = on_half, .on_tick = on_half_tick, .free = half_free };
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){ 1 << 18 }, sizeof(int));
	}
	return half;
}

static void on_accept(struct watch *watch, uint32_t events)
{
	int fd;

	(void)events;
	while ((fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		int up = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* blocking: the resolver is next door */
		bool connected = up >= 0 && connect(up, (struct sockaddr *)&resolver, sizeof(resolver)) == 0;
		struct half *near = connected ? half_new(fd) : NULL, *far = connected ? half_new(up) : NULL;

		if (!near || !far || !faultd_watch(&near->watch, EPOLLIN)) {
			close(fd);
			if (up >= 0)
				close(up);
			free(near);
			free(far);
			continue;
		}
		near->other = far;
		far->other = near;
		if (!faultd_watch(&far->watch, EPOLLIN))
			abort();
	}
}

void faultd_relay_start(const char *address, const char *to, uint16_t port, const char *file)
{
	ill_file = file;
	resolver = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
	inet_pton(AF_INET, to, &resolver.sin_addr);
	clients = (struct watch){ .fd = faultd_bind(address, port, -1), .on_event = on_question, .on_tick = on_tick };
	upstream = (struct watch){ .fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
				   .on_event = on_answer };
	tcp = (struct watch){ .fd = faultd_bind(address, port, 1024), .on_event = on_accept };
	setsockopt(clients.fd, SOL_SOCKET, SO_RCVBUF, &(int){ SOCKET_BUFFER }, sizeof(int));
	setsockopt(upstream.fd, SOL_SOCKET, SO_RCVBUF, &(int){ SOCKET_BUFFER }, sizeof(int));
	if (connect(upstream.fd, (struct sockaddr *)&resolver, sizeof(resolver)) != 0 ||
	    !faultd_watch(&clients, EPOLLIN) || !faultd_watch(&upstream, EPOLLIN) || !faultd_watch(&tcp, EPOLLIN))
		abort();
}
