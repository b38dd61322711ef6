/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scanner/dns/direct_own.h"

/* ---- what nobody foresees ---- */

void direct_sockets_random(struct direct_engine *engine, void *out, unsigned n)
{
	if (engine->random_left < n) {
		if (getrandom(engine->random, sizeof(engine->random), 0) != (ssize_t)sizeof(engine->random))
			abort(); /* ids that can be guessed are worse than no scan */
		engine->random_left = sizeof(engine->random);
	}
	engine->random_left -= n;
	memcpy(out, engine->random + engine->random_left, n);
}

static uint16_t random16(struct direct_engine *engine)
{
	uint16_t value;

	direct_sockets_random(engine, &value, sizeof(value));
	return value;
}

/* ---- opening and closing ---- */

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct direct_socket *socket = poll->data;

	/* libuv stops polling on EPOLLERR; reading takes the error away. */
	if (status < 0 || (events & UV_WRITABLE))
		uv_poll_start(poll, UV_READABLE, on_poll);
	if (status < 0 || (events & UV_READABLE))
		direct_receive(socket);
}

void direct_sockets_await_room(struct direct_socket *socket)
{
	uv_poll_start(&socket->poll, UV_READABLE | UV_WRITABLE, on_poll);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void close_one(struct direct_socket *socket)
{
	uv_close((uv_handle_t *)&socket->poll,
		 on_closed); /* before the descriptor: libuv aborts when it meets a closed one */
	close(socket->fd);
	socket->fd = -1;
}

/* A descriptor at a port that the kernel chose, or -1 with errno. */
static int open_fd(unsigned family)
{
	union direct_sockaddr any = { .any.sa_family = family == 0 ? AF_INET : AF_INET6 };
	int fd = socket(any.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -1;
	if ((family == 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ 1 }, sizeof(int)) == 0) &&
	    bind(fd, &any.any, family == 0 ? sizeof(any.v4) : sizeof(any.v6)) == 0) {
		/* questions fit every path: DF whatever ICMP tells of paths, and no id to be drawn for each (ip(7)) */
		if (family == 0)
			setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &(int){ IP_PMTUDISC_PROBE }, sizeof(int));
		udp_receive_buffer(fd);
		return fd;
	}
	error = errno == EADDRINUSE ? EADDRNOTAVAIL : errno; /* bind's word for "no port is left" */
	close(fd);
	errno = error;
	return -1;
}

/* NULL with errno. */
static struct direct_socket *open_one(struct direct_engine *engine, unsigned family)
{
	struct direct_socket *socket = calloc(1, sizeof(*socket));
	int problem;

	if (!socket)
		return NULL;
	*socket = (struct direct_socket){
		.engine = engine, .family = (uint8_t)family, .opened_ms = direct_now(engine), .fd = open_fd(family)
	};
	if (socket->fd < 0) {
		problem = errno;
	} else {
		problem = -uv_poll_init(engine->options.loop, &socket->poll, socket->fd);
		if (problem == 0) {
			socket->poll.data = socket;
			uv_poll_start(&socket->poll, UV_READABLE, on_poll);
			return socket;
		}
		close(socket->fd);
	}
	free(socket);
	errno = problem;
	return NULL;
}

static void close_family(struct direct_family *family)
{
	for (unsigned i = 0; i < DIRECT_SOCKETS; i++) {
		if (family->socket[i])
			close_one(family->socket[i]);
		family->socket[i] = NULL;
	}
	family->is_open = false;
}

static void give_table(struct direct_family *family, unsigned i)
{
	memset(family->use[i], 0, DIRECT_IDS * sizeof(*family->use[i]));
	family->socket[i]->use = family->use[i];
}

int direct_sockets_open(struct direct_engine *engine, unsigned index)
{
	struct direct_family *family = &engine->family[index];

	for (unsigned i = 0; i < DIRECT_SOCKETS; i++) {
		if (!family->use[i])
			family->use[i] = calloc(DIRECT_IDS, sizeof(*family->use[i]));
		family->socket[i] = family->use[i] ? open_one(engine, index) : NULL;
		if (!family->socket[i]) {
			int problem = errno;

			close_family(family);
			return problem;
		}
		give_table(family, i);
		/* as if opened one after the other, so that not all are renewed at once */
		family->socket[i]->opened_ms -= i * (DIRECT_RENEW_MS / DIRECT_SOCKETS);
	}
	family->is_open = true;
	return 0;
}

void direct_sockets_close(struct direct_engine *engine)
{
	for (unsigned i = 0; i < DIRECT_FAMILIES; i++)
		close_family(&engine->family[i]);
}

/* ---- renewing ---- */

/* The new one first: where none is to be had, the old one goes on. */
static void renew(struct direct_engine *engine, struct direct_family *family, unsigned i)
{
	struct direct_socket *old = family->socket[i], *fresh = open_one(engine, old->family);

	if (!fresh) {
		old->draining = false;
		old->opened_ms = direct_now(engine);
		return;
	}
	close_one(old);
	family->socket[i] = fresh;
	give_table(family, i);
}

static void renew_family(struct direct_engine *engine, struct direct_family *family, uint32_t now_ms)
{
	unsigned draining = 0;

	for (unsigned i = 0; i < DIRECT_SOCKETS; i++)
		draining += family->socket[i]->draining;
	for (unsigned i = 0; i < DIRECT_SOCKETS; i++) {
		struct direct_socket *socket = family->socket[i];

		if (!direct_is_at(now_ms, socket->opened_ms + DIRECT_RENEW_MS))
			continue;
		if (socket->open == 0) {
			draining -= socket->draining;
			renew(engine, family, i);
		} else if (!socket->draining && draining < DIRECT_DRAINING_MAX) {
			socket->draining = true;
			draining++;
		}
	}
}

void direct_sockets_renew(struct direct_engine *engine, uint32_t now_ms)
{
	for (unsigned i = 0; i < DIRECT_FAMILIES; i++)
		if (engine->family[i].is_open)
			renew_family(engine, &engine->family[i], now_ms);
}

/* ---- ids ---- */

struct direct_socket *direct_sockets_draw(struct direct_engine *engine, unsigned index, uint8_t *number)
{
	struct direct_family *family = &engine->family[index];
	uint8_t open[DIRECT_SOCKETS];
	unsigned n = 0;

	for (unsigned i = 0; i < DIRECT_SOCKETS; i++)
		if (!family->socket[i]->draining && family->socket[i]->open < DIRECT_OPEN_MAX)
			open[n++] = (uint8_t)i;
	if (n == 0)
		return NULL;
	*number = open[random16(engine) % n];
	return family->socket[*number];
}

union direct_use direct_sockets_closed(uint64_t hash, uint32_t now_ms)
{
	/* the upper half of the hash, and the time with its last bit 1 */
	return (union direct_use){ .bits = (hash >> 32 << 32) | now_ms | 1 };
}

bool direct_sockets_closed_lately(union direct_use use, uint32_t now_ms)
{
	return (use.bits & 1) != 0 && now_ms - ((uint32_t)use.bits & ~1u) <= DIRECT_CLOSED_MS;
}

bool direct_sockets_closed_to(union direct_use use, uint64_t hash, uint32_t now_ms)
{
	return direct_sockets_closed_lately(use, now_ms) && use.bits >> 32 == hash >> 32;
}

uint16_t direct_sockets_free_id(struct direct_engine *engine, const struct direct_socket *socket, uint16_t drawn,
				uint32_t now_ms)
{
	for (unsigned draws = 1;; draws++) {
		union direct_use use = socket->use[drawn];

		if (use.bits == 0 || (!direct_use_is_open(use) &&
				      (draws >= DIRECT_ID_DRAWS || !direct_sockets_closed_lately(use, now_ms))))
			return drawn;
		drawn = random16(engine);
	}
}

/* ---- what the kernel dropped ---- */

static void count_drops(struct direct_engine *engine, struct direct_socket *socket)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t size = sizeof(info);

	/* the number SO_RXQ_OVFL tells, but asked for: it need not wait for another datagram to come */
	if (getsockopt(socket->fd, SOL_SOCKET, SO_MEMINFO, info, &size) != 0 || info[SK_MEMINFO_DROPS] == socket->drops)
		return;
	engine->counts.dropped += info[SK_MEMINFO_DROPS] - socket->drops;
	socket->drops = info[SK_MEMINFO_DROPS];
	socket->dropped_ms = direct_clock();
	socket->has_dropped = true;
}

void direct_sockets_count_drops(struct direct_engine *engine)
{
	for (unsigned i = 0; i < DIRECT_FAMILIES; i++)
		for (unsigned j = 0; j < DIRECT_SOCKETS && engine->family[i].is_open; j++)
			count_drops(engine, engine->family[i].socket[j]);
}
