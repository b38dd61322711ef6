/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/udp_limit.c - what this machine can do: the least code that asks a scan's questions.
 *
 * Connected UDP sockets, one sendmmsg and recvmmsg for a batch, ids of its own, answers matched, walked and
 * forgotten. No library, no facts kept, nothing written: the scanner is measured against it.
 *
 *   udp_limit -f LIST -p PORT [-3] [-n WINDOW] [-s SOCKETS] [-t TIMEOUT_MS] [-r RETRIES] [-b BATCH]
 *
 * A domain is asked for its MX and, unless it does not exist, then for _mta-sts and _smtp._tls TXT; with -3
 * all three are asked at once. Prints one `name=value` line for each figure.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/usage.h"

enum {
	SOCKETS_MAX = 64,
	BATCH_MAX = 256,
	IDS = 1 << 16,
	WIRE_MAX = 255, /* octets of a name */
	QUERY_MAX = 12 + WIRE_MAX + 4,
	ANSWER_SIZE = 1232,
	SOCKET_BUFFER = 8 << 20, /* octets: a whole window of answers */
	TIMER_MS = 50,           /* how often time-outs are looked for */
	SECONDS_MAX = 1800,      /* the program ends by itself */
	TYPE_MX = 15,
	TYPE_TXT = 16,
	RCODE_NXDOMAIN = 3,
};

enum kind { ASK_MX, ASK_STS, ASK_TLSRPT };

static const struct {
	uint8_t type;
	const char *prefix; /* labels as in a packet */
} kinds[] = { { TYPE_MX, "" }, { TYPE_TXT, "\010_mta-sts" }, { TYPE_TXT, "\005_smtp\004_tls" } };

/* A domain in flight. */
struct domain {
	uint32_t next; /* of the free ones */
	uint8_t pending;
	uint8_t wire_len;
	uint8_t wire[WIRE_MAX];
};

/* A question in flight, found by socket and id. */
struct question {
	uint32_t domain;
	uint16_t turn; /* tells it from an earlier one with the same id */
	uint8_t kind, tries;
	bool busy;
};

struct deadline {
	uint64_t at_ms;
	uint16_t id, turn;
};

struct channel {
	int fd;
	uint32_t in_flight;
	struct question *question; /* IDS */
	struct deadline *deadline; /* 2 * IDS, a ring in order of time: all time-outs are alike */
	uint32_t deadline_first, deadline_end;
	unsigned sending;
	struct iovec iov[BATCH_MAX];
	struct mmsghdr message[BATCH_MAX];
	uint8_t out[BATCH_MAX][QUERY_MAX];
};

static struct {
	const char *list;
	uint16_t port;
	bool at_once;
	unsigned window, sockets, timeout_ms, retries, batch;
} options = { .window = 4000, .sockets = 4, .timeout_ms = 2000, .retries = 2, .batch = 64 };

static struct {
	uint64_t domains, queries, retries, failed, unexpected, records;
} count;

static struct channel channel[SOCKETS_MAX];
static struct domain *domain;
static uint32_t free_domain;
static uint32_t random_bits = 88172645;
static uint64_t now_ms;

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void flush_queries(struct channel *c)
{
	unsigned done = 0;

	while (done < c->sending) {
		const int n = sendmmsg(c->fd, c->message + done, c->sending - done, 0);

		if (n > 0)
			done += (unsigned)n;
		else if (errno != EINTR)
			break; /* a later try will do */
	}
	c->sending = 0;
}

static size_t write_query(uint8_t *out, uint16_t id, enum kind kind, const struct domain *d)
{
	const size_t prefix = strlen(kinds[kind].prefix);
	const uint8_t header[12] = { (uint8_t)(id >> 8), (uint8_t)id, 1, 0, 0, 1 };
	uint8_t *at = out + sizeof(header);

	memcpy(out, header, sizeof(header));
	memcpy(at, kinds[kind].prefix, prefix);
	memcpy(at + prefix, d->wire, d->wire_len);
	at += prefix + d->wire_len;
	memcpy(at, (const uint8_t[]){ 0, kinds[kind].type, 0, 1 }, 4);
	return (size_t)(at + 4 - out);
}

static void send_question(struct channel *c, uint16_t id)
{
	struct question *q = &c->question[id];
	struct deadline *deadline = &c->deadline[c->deadline_end++ % (2 * IDS)];

	c->iov[c->sending].iov_len = write_query(c->out[c->sending], id, (enum kind)q->kind, &domain[q->domain]);
	*deadline = (struct deadline){ .at_ms = now_ms + options.timeout_ms, .id = id, .turn = q->turn };
	count.queries++;
	if (++c->sending == options.batch)
		flush_queries(c);
}

static void ask(struct channel *c, uint32_t d, enum kind kind)
{
	uint16_t id;

	do {
		random_bits ^= random_bits << 13;
		random_bits ^= random_bits >> 17;
		random_bits ^= random_bits << 5;
		id = (uint16_t)(random_bits >> 8);
	} while (c->question[id].busy);
	c->question[id] = (struct question){
		.domain = d, .kind = (uint8_t)kind, .busy = true, .turn = (uint16_t)(c->question[id].turn + 1)
	};
	c->in_flight++;
	domain[d].pending++;
	send_question(c, id);
}

/* A line as labels; false for one that is no name. */
static bool read_name(char *line, struct domain *d)
{
	uint8_t *at = d->wire;

	for (char *label = line; *label != '\0';) {
		const size_t n = strcspn(label, ".\r\n");

		if (n == 0 || n > 63 || (size_t)(at - d->wire) + n + 2 > WIRE_MAX - 16)
			return false;
		*at++ = (uint8_t)n;
		memcpy(at, label, n);
		at += n;
		label += n + (label[n] == '.');
		if (*label == '\n' || *label == '\r')
			break;
	}
	*at++ = 0;
	d->wire_len = (uint8_t)(at - d->wire);
	return d->wire_len > 1;
}

/* Fill the window from the list; false at its end. */
static bool fill(FILE *list)
{
	static unsigned turn;
	char line[512];

	while (free_domain != 0) {
		const uint32_t d = free_domain;
		struct channel *c = &channel[turn++ / options.batch % options.sockets];

		if (!fgets_unlocked(line, sizeof(line), list))
			return false;
		if (c->in_flight + 3 > IDS / 2 || !read_name(line, &domain[d]))
			continue;
		free_domain = domain[d].next;
		domain[d].pending = 0;
		ask(c, d, ASK_MX);
		if (options.at_once) {
			ask(c, d, ASK_STS);
			ask(c, d, ASK_TLSRPT);
		}
	}
	return true;
}

static void finish(struct channel *c, uint16_t id, bool go_on)
{
	struct question *q = &c->question[id];
	struct domain *d = &domain[q->domain];

	q->busy = false;
	c->in_flight--;
	d->pending--;
	if (go_on && q->kind == ASK_MX && !options.at_once) {
		const uint32_t number = q->domain;

		ask(c, number, ASK_STS);
		ask(c, number, ASK_TLSRPT);
	} else if (d->pending == 0) {
		d->next = free_domain;
		free_domain = (uint32_t)(d - domain);
		count.domains++;
	}
}

/* Offset behind the name at @at, or 0. */
static size_t skip_name(const uint8_t *p, size_t len, size_t at)
{
	while (at < len && p[at] != 0) {
		if (p[at] >= 0xc0)
			return at + 2 <= len ? at + 2 : 0;
		at += p[at] + 1u;
	}
	return at < len ? at + 1 : 0;
}

/* Walk the answer section; false for a packet that ends too soon. */
static bool walk(const uint8_t *p, size_t len, size_t at, uint8_t type)
{
	for (unsigned n = (unsigned)p[6] << 8 | p[7]; n > 0; n--) {
		at = skip_name(p, len, at);
		if (at == 0 || at + 10 > len)
			return false;
		count.records += p[at] == 0 && p[at + 1] == type;
		at += 10 + ((size_t)p[at + 8] << 8 | p[at + 9]);
		if (at > len)
			return false;
	}
	return true;
}

static void take_answer(struct channel *c, const uint8_t *p, size_t len)
{
	uint8_t query[QUERY_MAX];
	const uint16_t id = (uint16_t)(p[0] << 8 | p[1]);
	const struct question *q = &c->question[id];

	if (len < 12 || !q->busy || (p[2] & 0x80) == 0) {
		count.unexpected++;
		return;
	}
	const size_t n = write_query(query, id, (enum kind)q->kind, &domain[q->domain]);

	if (len < n || memcmp(p + 12, query + 12, n - 12) != 0 || !walk(p, len, n, kinds[q->kind].type)) {
		count.unexpected++;
		return;
	}
	finish(c, id, (p[3] & 0x0f) != RCODE_NXDOMAIN);
}

static void receive(struct channel *c)
{
	static uint8_t buffer[BATCH_MAX][ANSWER_SIZE];
	static struct iovec iov[BATCH_MAX];
	static struct mmsghdr message[BATCH_MAX];
	int n;

	for (unsigned i = 0; i < options.batch; i++) {
		iov[i] = (struct iovec){ buffer[i], ANSWER_SIZE };
		message[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	do {
		n = recvmmsg(c->fd, message, options.batch, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++)
			take_answer(c, buffer[i], message[i].msg_len);
	} while (n == (int)options.batch);
}

static void expire(struct channel *c)
{
	while (c->deadline_first != c->deadline_end) {
		const struct deadline due = c->deadline[c->deadline_first % (2 * IDS)];
		struct question *q = &c->question[due.id];

		if (due.at_ms > now_ms)
			break;
		c->deadline_first++;
		if (!q->busy || q->turn != due.turn)
			continue;
		if (q->tries++ < options.retries) {
			count.retries++;
			send_question(c, due.id);
		} else {
			count.failed++;
			finish(c, due.id, true);
		}
	}
}

static bool busy(void)
{
	for (unsigned i = 0; i < options.sockets; i++)
		if (channel[i].in_flight > 0)
			return true;
	return false;
}

static void loop(FILE *list)
{
	struct pollfd ready[SOCKETS_MAX];
	uint64_t timer_ms = 0;
	const uint64_t end_ms = clock_ms() + SECONDS_MAX * UINT64_C(1000);
	bool more = true;

	for (unsigned i = 0; i < options.sockets; i++)
		ready[i] = (struct pollfd){ .fd = channel[i].fd, .events = POLLIN };
	while (now_ms < end_ms) {
		now_ms = clock_ms();
		more = more && fill(list);
		for (unsigned i = 0; i < options.sockets; i++)
			flush_queries(&channel[i]);
		if (!more && !busy())
			break;
		poll(ready, options.sockets, TIMER_MS);
		now_ms = clock_ms();
		for (unsigned i = 0; i < options.sockets; i++)
			if (ready[i].revents != 0)
				receive(&channel[i]);
		if (now_ms < timer_ms)
			continue;
		timer_ms = now_ms + TIMER_MS;
		for (unsigned i = 0; i < options.sockets; i++)
			expire(&channel[i]);
	}
}

static int open_channel(struct channel *c)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
					.sin_port = htons(options.port),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	c->question = calloc(IDS, sizeof(*c->question));
	c->deadline = calloc(2 * IDS, sizeof(*c->deadline));
	if (c->fd < 0 || !c->question || !c->deadline)
		return -1;
	for (int name = 0; name < 2; name++) {
		const int force = name == 0 ? SO_RCVBUFFORCE : SO_SNDBUFFORCE;
		const int plain = name == 0 ? SO_RCVBUF : SO_SNDBUF;

		if (setsockopt(c->fd, SOL_SOCKET, force, &(int){ SOCKET_BUFFER }, sizeof(int)) != 0)
			setsockopt(c->fd, SOL_SOCKET, plain, &(int){ SOCKET_BUFFER }, sizeof(int));
	}
	for (unsigned i = 0; i < BATCH_MAX; i++) {
		c->iov[i].iov_base = c->out[i];
		c->message[i].msg_hdr = (struct msghdr){ .msg_iov = &c->iov[i], .msg_iovlen = 1 };
	}
	return connect(c->fd, (const struct sockaddr *)&to, sizeof(to));
}

static void print(uint64_t wall_ms)
{
	const double cpu = usage_cpu_s();
	const double wall = (double)(wall_ms > 0 ? wall_ms : 1) * 1e-3;

	printf("domains=%" PRIu64 "\nqueries=%" PRIu64 "\nretries=%" PRIu64 "\nfailed=%" PRIu64 "\nunexpected=%" PRIu64
	       "\nrecords=%" PRIu64 "\n",
	       count.domains, count.queries, count.retries, count.failed, count.unexpected, count.records);
	printf("seconds=%.3f\ncpu_seconds=%.3f\ncpu_us_per_query=%.3f\ncpu_us_per_domain=%.3f\n", wall, cpu,
	       cpu * 1e6 / (double)(count.queries + !count.queries),
	       cpu * 1e6 / (double)(count.domains + !count.domains));
	printf("queries_per_second=%.0f\ndomains_per_second=%.0f\nrss_kib=%ld\n", (double)count.queries / wall,
	       (double)count.domains / wall, usage_peak_kib());
}

static int usage_error(void)
{
	fprintf(stderr, "usage: udp_limit -f LIST -p PORT [-3] [-n WINDOW] [-s SOCKETS] [-t TIMEOUT_MS] [-r "
			"RETRIES] [-b BATCH]\n");
	return 2;
}

static bool read_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "f:p:3n:s:t:r:b:")) != -1) {
		const unsigned value = c != 'f' && c != '3' && c != '?' ? (unsigned)strtoul(optarg, NULL, 10) : 0;

		switch (c) {
		case 'f':
			options.list = optarg;
			break;
		case 'p':
			options.port = (uint16_t)value;
			break;
		case '3':
			options.at_once = true;
			break;
		case 'n':
			options.window = value;
			break;
		case 's':
			options.sockets = value;
			break;
		case 't':
			options.timeout_ms = value;
			break;
		case 'r':
			options.retries = value;
			break;
		case 'b':
			options.batch = value;
			break;
		default:
			return false;
		}
	}
	return optind == argc && options.list && options.port != 0 && options.window > 0 && options.sockets > 0 &&
	       options.sockets <= SOCKETS_MAX && options.batch > 0 && options.batch <= BATCH_MAX &&
	       options.window / options.sockets * 3 < IDS / 2;
}

int main(int argc, char **argv)
{
	FILE *list;

	if (!read_options(argc, argv))
		return usage_error();
	list = fopen(options.list, "r");
	domain = calloc(options.window + 1, sizeof(*domain)); /* number 0 is the end of the free ones */
	if (!list || !domain) {
		perror(options.list);
		return 1;
	}
	for (uint32_t d = options.window; d > 0; d--) {
		domain[d].next = free_domain;
		free_domain = d;
	}
	for (unsigned i = 0; i < options.sockets; i++)
		if (open_channel(&channel[i]) != 0) {
			perror("udp_limit: socket");
			return 1;
		}
	const uint64_t start_ms = clock_ms();

	loop(list);
	print(clock_ms() - start_ms);
	return 0;
}
