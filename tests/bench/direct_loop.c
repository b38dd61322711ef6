/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/direct_loop.c - the least code that asks thousands of name servers directly: direct_loop PORT DOMAINS
 *
 * Sixteen unconnected UDP sockets, one drawn at random for each sendmmsg, an id drawn for each question, a table of
 * questions by socket and id, one FIFO of time-outs. Answers are held against what was asked, and against the rule of
 * what counts (parsers/direct_answer.h), which is written here once more. No library, no limits, nothing kept: what
 * scanner/dns/direct_engine.c does is measured against it. The questions are those of tests/bench/direct_list.h.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/direct_list.h"

enum {
	SOCKETS = 16,
	BATCH = 64,
	IDS = 1 << 16,
	HEADER = 12,
	EDNS = 11,       /* octets of an OPT record */
	QUERY_MAX = 128, /* a made-up name and a prefix */
	SLOT = 1536,     /* octets of an answer */
	BUFFER = 8 << 20,
	RANDOM = 256,
	TICK_MS = 50,
	TYPE_SOA = 6,
	RCODE_NXDOMAIN = 3,
};

struct flight {
	uint32_t next; /* free ones, or in order of time */
	uint32_t due_ms, address;
	uint16_t id, n;
	uint8_t socket, tries;
	uint8_t zone; /* offset of the domain in the question */
	bool open;
	uint8_t query[QUERY_MAX];
};

static struct direct_list list;
static struct direct_list_counts counts;
static uint16_t port;
static int fd[SOCKETS];
static uint32_t *table[SOCKETS]; /* id → number of a flight and 1 */
static struct flight flights[DIRECT_LIST_IN_FLIGHT];
static uint32_t unused, open_count, now_ms;

/* Time-outs: numbers of flights, each with when; a question asked again stands in it twice. */
enum { DUE = 1 << 20 };
static struct {
	uint32_t flight, due_ms;
} due[DUE];
static uint32_t due_first, due_end;

static struct {
	unsigned socket, n;
	struct mmsghdr message[BATCH];
	struct iovec part[BATCH];
	struct sockaddr_in to[BATCH];
} out;

static struct {
	struct mmsghdr message[BATCH];
	struct iovec part[BATCH];
	struct sockaddr_in from[BATCH];
	uint8_t octets[BATCH][SLOT];
} in;

static uint16_t random16(void)
{
	static uint8_t octets[RANDOM];
	static size_t left;
	uint16_t value;

	if (left < sizeof(value)) {
		if (getrandom(octets, sizeof(octets), 0) != sizeof(octets))
			abort();
		left = sizeof(octets);
	}
	left -= sizeof(value);
	memcpy(&value, octets + left, sizeof(value));
	return value;
}

static uint32_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

/* ---- questions ---- */

static uint8_t *put_labels(uint8_t *at, const char *text, size_t n)
{
	for (size_t i = 0; i < n;) {
		const char *dot = memchr(text + i, '.', n - i);
		const size_t label = dot ? (size_t)(dot - text) - i : n - i;

		*at++ = (uint8_t)label;
		memcpy(at, text + i, label);
		at += label;
		i += label + 1;
	}
	return at;
}

static void write_query(struct flight *f, const struct direct_list_domain *domain, const struct direct_list_step *step)
{
	static const uint8_t header[HEADER] = { [5] = 1, [11] = 1 };
	const uint8_t tail[5 + EDNS] = { 0, 0, (uint8_t)step->type, 0, 1, 0, 0, 41, 1232 >> 8, 1232 & 0xff };
	uint8_t *at = f->query + HEADER;

	memcpy(f->query, header, sizeof(header));
	at = put_labels(at, step->prefix, strlen(step->prefix));
	f->zone = (uint8_t)(at - f->query);
	at = put_labels(at, domain->name, domain->n);
	memcpy(at, tail, sizeof(tail));
	f->n = (uint16_t)(at + sizeof(tail) - f->query);
}

static void flush(void)
{
	unsigned done = 0;

	while (done < out.n) {
		const int n = sendmmsg(fd[out.socket], out.message + done, out.n - done, 0);

		if (n > 0) {
			done += (unsigned)n;
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			struct pollfd room = { .fd = fd[out.socket], .events = POLLOUT };

			poll(&room, 1, 10);
		} else {
			done++;
		}
	}
	out.n = 0;
}

static void launch(uint32_t number)
{
	struct flight *f = &flights[number];
	uint16_t id;

	if (out.n == BATCH)
		flush();
	if (out.n == 0)
		out.socket = random16() % SOCKETS;
	do
		id = random16();
	while (table[out.socket][id] != 0);
	table[out.socket][id] = number + 1;
	f->socket = (uint8_t)out.socket;
	f->id = id;
	f->query[0] = (uint8_t)(id >> 8);
	f->query[1] = (uint8_t)id;
	f->due_ms = now_ms + DIRECT_LIST_TIMEOUT_MS;
	due[due_end % DUE].flight = number;
	due[due_end++ % DUE].due_ms = f->due_ms;
	out.to[out.n] =
		(struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = f->address };
	out.part[out.n] = (struct iovec){ f->query, f->n };
	out.n++;
}

static void fill(void)
{
	while (unused != 0 && list.next < list.questions) {
		const uint32_t number = unused - 1, question = list.next++;
		const struct direct_list_domain *domain = &list.domain[question / DIRECT_LIST_STEPS];
		struct flight *f = &flights[number];

		unused = f->next;
		write_query(f, domain, &direct_list_steps[question % DIRECT_LIST_STEPS]);
		f->address = domain->address;
		f->tries = 1;
		f->open = true;
		open_count++;
		launch(number);
	}
}

static void end(uint32_t number)
{
	struct flight *f = &flights[number];

	table[f->socket][f->id] = 0;
	f->open = false;
	f->next = unused;
	unused = number + 1;
	open_count--;
}

/* ---- answers ---- */

/* Offset behind the name at @at, or 0. */
static size_t skip_name(const uint8_t *p, size_t n, size_t at)
{
	while (at < n && p[at] != 0) {
		if (p[at] >= 0xc0)
			return at + 2 <= n ? at + 2 : 0;
		at += p[at] + 1u;
	}
	return at < n ? at + 1 : 0;
}

/* Is every record of the answer section of the very name and the type that were asked? */
static bool is_data(const struct flight *f, const uint8_t *p, size_t n, size_t at)
{
	const uint8_t *type = f->query + f->n - EDNS - 4;

	for (unsigned records = (unsigned)p[6] << 8 | p[7]; records > 0; records--) {
		if (at + 12 > n || p[at] != 0xc0 || p[at + 1] != HEADER || memcmp(p + at + 2, type, 4) != 0)
			return false;
		at += 12 + ((size_t)p[at + 10] << 8 | p[at + 11]);
	}
	return at <= n;
}

/* Is the SOA of the domain there, and no NS? */
static bool is_absent(const struct flight *f, const uint8_t *p, size_t n, size_t at)
{
	unsigned soas = 0;

	for (unsigned records = (unsigned)p[8] << 8 | p[9]; records > 0; records--) {
		const size_t owner = at;

		at = skip_name(p, n, at);
		if (at == 0 || at + 10 > n || p[at + 1] != TYPE_SOA || p[owner] != 0xc0 || p[owner + 1] != f->zone)
			return false;
		soas++;
		at += 10 + ((size_t)p[at + 8] << 8 | p[at + 9]);
	}
	return soas == 1 && at <= n;
}

static void judge(const struct flight *f, const uint8_t *p, size_t n)
{
	const unsigned rcode = p[3] & 15;
	const size_t end_of_question = f->n - EDNS;
	const bool has_data = p[6] != 0 || p[7] != 0;
	bool good = (rcode == 0 || rcode == RCODE_NXDOMAIN) && (p[2] & 2) == 0 && (p[2] & 4) != 0;

	if (has_data)
		good = good && rcode == 0 && is_data(f, p, n, end_of_question);
	else
		good = good && is_absent(f, p, n, end_of_question);
	counts.good += good;
	counts.fell += !good;
	counts.data += good && has_data;
}

static void take(unsigned socket, const uint8_t *p, size_t n, const struct sockaddr_in *from)
{
	const uint32_t entry = n < HEADER ? 0 : table[socket][p[0] << 8 | p[1]];
	const struct flight *f = entry == 0 ? NULL : &flights[entry - 1];

	if (!f || from->sin_addr.s_addr != f->address || from->sin_port != htons(port) || (p[2] & 0xf8) != 0x80 ||
	    n < f->n - (size_t)EDNS || p[4] != 0 || p[5] != 1 ||
	    memcmp(p + HEADER, f->query + HEADER, f->n - EDNS - HEADER) != 0) {
		counts.strange++;
		return;
	}
	judge(f, p, n);
	end(entry - 1);
}

static void receive(unsigned socket)
{
	int n;

	do {
		for (unsigned i = 0; i < BATCH; i++)
			in.message[i].msg_hdr.msg_namelen = sizeof(in.from[i]);
		n = recvmmsg(fd[socket], in.message, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++)
			take(socket, in.octets[i], in.message[i].msg_len, &in.from[i]);
	} while (n == BATCH);
}

static void expire(void)
{
	while (due_first != due_end && (int32_t)(now_ms - due[due_first % DUE].due_ms) >= 0) {
		const uint32_t number = due[due_first % DUE].flight;
		struct flight *f = &flights[number];

		if (f->open && f->due_ms == due[due_first % DUE].due_ms) {
			if (f->tries++ < DIRECT_LIST_TRIES) {
				counts.repeats++;
				table[f->socket][f->id] = 0;
				launch(number);
			} else {
				counts.timeouts++;
				end(number);
			}
		}
		due_first++;
	}
}

/* ---- all of it ---- */

static void loop(int epoll)
{
	struct epoll_event ready[SOCKETS];

	now_ms = clock_ms();
	for (;;) {
		fill();
		flush();
		if (open_count == 0)
			return;
		const int n = epoll_wait(epoll, ready, SOCKETS, TICK_MS);

		now_ms = clock_ms();
		for (int i = 0; i < n; i++)
			receive(ready[i].data.u32);
		expire();
	}
}

static int open_socket(unsigned i, int epoll)
{
	const struct sockaddr_in any = { .sin_family = AF_INET };
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = i };

	fd[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	table[i] = calloc(IDS, sizeof(*table[i]));
	if (fd[i] < 0 || !table[i] || bind(fd[i], (const struct sockaddr *)&any, sizeof(any)) != 0)
		return -1;
	if (setsockopt(fd[i], SOL_SOCKET, SO_RCVBUFFORCE, &(int){ BUFFER }, sizeof(int)) != 0)
		setsockopt(fd[i], SOL_SOCKET, SO_RCVBUF, &(int){ BUFFER }, sizeof(int));
	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd[i], &event);
}

int main(int argc, char **argv)
{
	const int epoll = epoll_create1(0);

	for (unsigned i = 0; i < SOCKETS; i++) {
		if (open_socket(i, epoll) != 0) {
			perror("direct_loop");
			return 1;
		}
	}
	for (unsigned i = 0; i < BATCH; i++) {
		out.message[i].msg_hdr = (struct msghdr){ .msg_name = &out.to[i],
							  .msg_namelen = sizeof(out.to[i]),
							  .msg_iov = &out.part[i],
							  .msg_iovlen = 1 };
		in.part[i] = (struct iovec){ in.octets[i], SLOT };
		in.message[i].msg_hdr =
			(struct msghdr){ .msg_name = &in.from[i], .msg_iov = &in.part[i], .msg_iovlen = 1 };
	}
	for (uint32_t i = DIRECT_LIST_IN_FLIGHT; i > 0; i--) {
		flights[i - 1].next = unused;
		unused = i;
	}
	if (direct_list_init(&list, argc, argv, &port) != 0)
		return 2;
	loop(epoll);
	return direct_list_print(&list, &counts);
}
