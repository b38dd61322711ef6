/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/faultd_dns.c - DNS over UDP and TCP; what is answered is faultd_answer.c's. */
#include "faultd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "faultd_answer.h"

enum {
	LATE_MAX = 4096, /* answers waiting */
	LATE_MS = 4000,  /* beyond every sensible time-out for one try */
};

static struct watch udp;

/* ---- UDP ---- */

static struct late {
	struct sockaddr_in to;
	uint64_t due;
	size_t len;
	uint8_t data[UDP_MAX];
} late[LATE_MAX];
static unsigned late_count;

static void send_udp(struct message *m, const struct question *q, const struct sockaddr_in *to)
{
	if (m->len > UDP_MAX)
		question_truncate(m, q);
	sendto(udp.fd, m->data, m->len, 0, (const struct sockaddr *)to, sizeof(*to));
}

static void send_later(const struct message *m, const struct sockaddr_in *to)
{
	struct late *entry = late_count < LATE_MAX && m->len <= UDP_MAX ? &late[late_count++] : NULL;

	if (!entry)
		return;
	*entry = (struct late){ .to = *to, .due = faultd_now() + LATE_MS, .len = m->len };
	memcpy(entry->data, m->data, m->len);
}

static void on_udp_tick(struct watch *watch, uint64_t now)
{
	for (unsigned i = 0; i < late_count;) {
		if (late[i].due > now) {
			i++;
			continue;
		}
		sendto(watch->fd, late[i].data, late[i].len, 0, (struct sockaddr *)&late[i].to, sizeof(late[i].to));
		late[i] = late[--late_count];
	}
}

static void on_udp(struct watch *watch, uint32_t events)
{
	static struct message m;
	static struct question q;
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	uint8_t packet[QUESTION_MAX];
	ssize_t n;

	(void)events;
	while ((n = recvfrom(watch->fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &from_len)) >= 0) {
		if (!question_read(&q, packet, (size_t)n, false))
			continue;
		switch (question_answer(&m, &q)) {
		case TWICE:
			send_udp(&m, &q, &from);
			send_udp(&m, &q, &from);
			break;
		case WRONG_FIRST:
			m.data[0] ^= 0x5a;
			send_udp(&m, &q, &from);
			m.data[0] ^= 0x5a;
			send_udp(&m, &q, &from);
			break;
		case LATE:
			send_later(&m, &from);
			break;
		case NOW:
			send_udp(&m, &q, &from);
			break;
		case NEVER:
		case HANG_UP:
			break;
		}
		from_len = sizeof(from);
	}
}

/* ---- TCP: one question after the other ---- */

struct client {
	struct watch watch; /* first */
	uint8_t input[2 + QUESTION_MAX];
	size_t len;
	uint64_t born;
};

static void client_free(struct watch *watch)
{
	free(watch);
}

static void on_client_tick(struct watch *watch, uint64_t now)
{
	if (now - ((struct client *)watch)->born > FAULTD_PEER_SECONDS * UINT64_C(1000))
		faultd_drop(watch, true);
}

/* Answers are at most 64 KB and go into the socket's buffer at once; a reader too slow for that is dropped. */
static bool send_tcp(int fd, const struct message *m)
{
	uint8_t head[2] = { (uint8_t)(m->len >> 8), (uint8_t)m->len };

	return send(fd, head, 2, MSG_NOSIGNAL | MSG_MORE) == 2 &&
	       send(fd, m->data, m->len, MSG_NOSIGNAL) == (ssize_t)m->len;
}

static void on_client(struct watch *watch, uint32_t events)
{
	static struct message m;
	static struct question q;
	struct client *client = (struct client *)watch;
	ssize_t n = recv(watch->fd, client->input + client->len, sizeof(client->input) - client->len, 0);
	size_t need;

	(void)events;
	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			faultd_drop(watch, false);
		return;
	}
	client->len += (size_t)n;
	while (client->len >= 2 && client->len >= (need = 2 + ((size_t)client->input[0] << 8 | client->input[1]))) {
		enum departure how;

		if (!question_read(&q, client->input + 2, need - 2, true)) {
			faultd_drop(watch, true);
			return;
		}
		how = question_answer(&m, &q);
		if (how == HANG_UP || (how != NEVER && !send_tcp(watch->fd, &m))) {
			faultd_drop(watch, true);
			return;
		}
		client->len -= need;
		memmove(client->input, client->input + need, client->len);
	}
	if (client->len == sizeof(client->input))
		faultd_drop(watch, true);
}

static void on_tcp(struct watch *watch, uint32_t events)
{
	int fd;

	(void)events;
	while ((fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct client *client = calloc(1, sizeof(*client));

		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){ 2 * MESSAGE_MAX }, sizeof(int));
		if (client) {
			client->born = faultd_now();
			client->watch = (struct watch){
				.fd = fd, .on_event = on_client, .on_tick = on_client_tick, .free = client_free
			};
		}
		if (!client || !faultd_watch(&client->watch, EPOLLIN)) {
			close(fd);
			free(client);
		}
	}
}

void faultd_dns_start(const char *address, uint16_t port)
{
	static struct watch tcp;

	udp = (struct watch){ .fd = faultd_bind(address, port, -1), .on_event = on_udp, .on_tick = on_udp_tick };
	tcp = (struct watch){ .fd = faultd_bind(address, port, 1024), .on_event = on_tcp };
	setsockopt(udp.fd, SOL_SOCKET, SO_RCVBUF, &(int){ 4 << 20 }, sizeof(int));
	if (!faultd_watch(&udp, EPOLLIN) || !faultd_watch(&tcp, EPOLLIN))
		abort();
}
