/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/answerer.c - a fast DNS answerer on loopback for benchmarks.
 *
 * Answers are made from the name (tests/bench/world.h), so any list of names works. It adds delay, loss and
 * faults on request and counts what it was asked, so that a benchmark can prove that nothing was lost or
 * asked twice. It ends by itself. See --help, and tests/bench/README.md for what it counts.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/sock_diag.h>

#include "tests/bench/answer.h"
#include "tests/bench/tally.h"
#include "tests/bench/wheel.h"
#include "parsers/span.h"

enum {
	BATCH = 64,                /* packets a system call; more gains nothing */
	BATCHES_A_TURN = 32,       /* then delayed answers and TCP get their turn */
	RECEIVE_BUFFER = 64 << 20, /* octets; a burst of a whole window must fit */
	TCP_MAX = 64,              /* connections at once; further ones wait in the backlog */
	PORTS_TRIED = 16,
	RCODE_SERVFAIL = 2,
	MINUTES_DEFAULT = 30,
};

struct options {
	struct in_addr address;
	uint16_t port;
	unsigned delay_ms, jitter_ms;
	unsigned loss, loss_answers, servfail, truncate, late; /* of a thousand packets */
	unsigned late_ms;
	double minutes;
	uint64_t tally;
	const char *report, *expect;
	struct answer_rules rules;
};

struct connection {
	int fd;
	uint16_t have;
	uint8_t octet[2 + ANSWER_QUERY_MAX];
};

struct answerer {
	struct options options;
	int udp, tcp;
	uint64_t random;
	struct tally tally;
	struct wheel *wheel;
	struct connection connection[TCP_MAX];
	unsigned connections;
	/* one batch in and one out */
	struct sockaddr_in from[BATCH], to[BATCH];
	uint8_t query[BATCH][ANSWER_QUERY_MAX], answer[BATCH][ANSWER_MAX];
	struct iovec in[BATCH], out[BATCH];
	struct mmsghdr receive[BATCH], send[BATCH];
	unsigned sending;
};

static volatile sig_atomic_t stop, report;

static void on_signal(int number)
{
	if (number == SIGUSR1)
		report = 1;
	else
		stop = 1;
}

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* True in @per_mille of a thousand cases; xorshift64, the same sequence in each run. */
static bool chance(struct answerer *a, unsigned per_mille)
{
	if (per_mille == 0)
		return false;
	a->random ^= a->random << 13;
	a->random ^= a->random >> 7;
	a->random ^= a->random << 17;
	return (a->random >> 20) % 1000 < per_mille;
}

static void flush_answers(struct answerer *a)
{
	unsigned done = 0;

	while (done < a->sending) {
		const int n = sendmmsg(a->udp, a->send + done, a->sending - done, 0);

		/* the client's port is gone, or its buffer is full: that answer is lost, as on any network */
		done += n > 0 ? (unsigned)n : 1;
	}
	a->sending = 0;
}

/* Where the next answer of the batch is written. */
static uint8_t *next_answer(struct answerer *a)
{
	if (a->sending == BATCH)
		flush_answers(a);
	return a->answer[a->sending];
}

static void queue_answer(struct answerer *a, const struct sockaddr_in *to, size_t len)
{
	a->to[a->sending] = *to;
	a->out[a->sending].iov_len = len;
	a->sending++;
}

/* Now, or in the wheel. */
static void deliver(struct answerer *a, const struct sockaddr_in *to, size_t len)
{
	uint64_t wait_ms = a->options.delay_ms;

	if (chance(a, a->options.late)) {
		wait_ms += a->options.late_ms;
		a->tally.late++;
	}
	if (a->options.jitter_ms != 0) {
		chance(a, 1);
		wait_ms += (a->random >> 30) % a->options.jitter_ms;
	}
	if (wait_ms == 0) {
		queue_answer(a, to, len);
		return;
	}
	struct wheel_packet *packet = wheel_put(a->wheel, clock_ms() + wait_ms);

	if (!packet) {
		a->tally.lost++;
		return;
	}
	packet->to = *to;
	packet->len = (uint16_t)len;
	memcpy(packet->octet, a->answer[a->sending], len);
}

static void serve_query(struct answerer *a, const uint8_t *query, size_t len, const struct sockaddr_in *from)
{
	struct answer_question question;
	uint8_t *out = next_answer(a);

	if (!answer_read(query, len, &question)) {
		a->tally.malformed++;
		return;
	}
	tally_question(&a->tally, &question);
	if (chance(a, a->options.loss)) {
		a->tally.lost++;
		return;
	}
	if (chance(a, a->options.servfail)) {
		len = answer_refuse(query, &question, RCODE_SERVFAIL, false, out);
		a->tally.failed++;
	} else if (chance(a, a->options.truncate)) {
		len = answer_refuse(query, &question, 0, true, out);
		a->tally.truncated++;
	} else {
		len = answer_write(&a->options.rules, query, &question, out);
	}
	if (chance(a, a->options.loss_answers)) {
		a->tally.lost++;
		return;
	}
	a->tally.answered++;
	deliver(a, from, len);
}

static void serve_udp(struct answerer *a)
{
	for (int turn = 0; turn < BATCHES_A_TURN; turn++) {
		const int n = recvmmsg(a->udp, a->receive, BATCH, MSG_DONTWAIT, NULL);

		for (int i = 0; i < n; i++) {
			serve_query(a, a->query[i], a->receive[i].msg_len, &a->from[i]);
			a->receive[i].msg_hdr.msg_namelen = sizeof(a->from[i]);
		}
		flush_answers(a);
		if (n < BATCH)
			return;
	}
}

static void serve_wheel(struct answerer *a)
{
	const uint64_t now = clock_ms();
	struct wheel_packet *packet;

	while ((packet = wheel_take(a->wheel, now))) {
		memcpy(next_answer(a), packet->octet, packet->len);
		queue_answer(a, &packet->to, packet->len);
		wheel_release(a->wheel, packet);
	}
	flush_answers(a);
}

/* TCP is for what was truncated: no delay, no loss. False: the connection is done. */
static bool serve_tcp(struct answerer *a, struct connection *c)
{
	struct answer_question question;
	uint8_t out[2 + ANSWER_MAX];
	const ssize_t n = read(c->fd, c->octet + c->have, sizeof(c->octet) - c->have);

	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	c->have = (uint16_t)(c->have + n);
	while (c->have >= 2) {
		const size_t len = (size_t)c->octet[0] << 8 | c->octet[1];

		if (len > ANSWER_QUERY_MAX)
			return false;
		if (c->have < 2 + len)
			break;
		if (!answer_read(c->octet + 2, len, &question))
			return false;
		a->tally.over_tcp++;
		const size_t size = answer_write(&a->options.rules, c->octet + 2, &question, out + 2);

		out[0] = (uint8_t)(size >> 8);
		out[1] = (uint8_t)size;
		if (send(c->fd, out, size + 2, MSG_NOSIGNAL) != (ssize_t)size + 2)
			return false;
		c->have = (uint16_t)(c->have - 2 - len);
		memmove(c->octet, c->octet + 2 + len, c->have);
	}
	return true;
}

static void accept_tcp(struct answerer *a)
{
	while (a->connections < TCP_MAX) {
		const int fd = accept4(a->tcp, NULL, NULL, SOCK_NONBLOCK);

		if (fd < 0)
			return;
		a->connection[a->connections++] = (struct connection){ .fd = fd };
	}
}

/* One wait, then everything that is ready. */
static void turn(struct answerer *a)
{
	struct pollfd ready[2 + TCP_MAX];
	const unsigned connections = a->connections;

	ready[0] = (struct pollfd){ .fd = a->udp, .events = POLLIN };
	ready[1] = (struct pollfd){ .fd = connections < TCP_MAX ? a->tcp : -1, .events = POLLIN };
	for (unsigned i = 0; i < connections; i++)
		ready[2 + i] = (struct pollfd){ .fd = a->connection[i].fd, .events = POLLIN };
	if (poll(ready, 2 + connections, wheel_is_empty(a->wheel) ? 500 : 1) < 0)
		return;
	if (ready[0].revents != 0)
		serve_udp(a);
	serve_wheel(a);
	for (unsigned i = connections; i-- > 0;) {
		if (ready[2 + i].revents == 0 || serve_tcp(a, &a->connection[i]))
			continue;
		close(a->connection[i].fd);
		a->connection[i] = a->connection[--a->connections];
	}
	if (ready[1].revents != 0)
		accept_tcp(a);
}

/* What the kernel threw away because we were too slow: such a run measured the answerer. */
static unsigned kernel_drops(int udp)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t size = sizeof(info);

	getsockopt(udp, SOL_SOCKET, SO_MEMINFO, info, &size);
	return info[SK_MEMINFO_DROPS];
}

static void print_report(const struct answerer *a)
{
	FILE *out = a->options.report ? fopen(a->options.report, "w") : stdout;

	if (!out) {
		perror(a->options.report);
		return;
	}
	tally_print(&a->tally, out);
	fprintf(out, "waiting_most=%u\nkernel_drops=%u\n", wheel_most(a->wheel), kernel_drops(a->udp));
	if (out == stdout)
		fflush(out);
	else
		fclose(out);
}

/* What one complete scan of the list asks when nothing is lost, and nothing else is asked. */
static int print_expected(const struct options *options)
{
	FILE *in = fopen(options->expect, "r");
	uint64_t domains = 0, missing = 0, sts = 0;
	struct world_domain domain;
	char line[512];

	if (!in) {
		perror(options->expect);
		return 1;
	}
	while (fgets(line, sizeof(line), in)) {
		world_look(&options->rules.shares, world_hash(line, strcspn(line, "\r\n")), &domain);
		domains++;
		missing += !domain.exists;
		sts += domain.sts;
	}
	fclose(in);
	printf("domains=%" PRIu64 "\nnxdomain=%" PRIu64 "\nasked_mx=%" PRIu64 "\nasked_sts=%" PRIu64
	       "\nasked_tlsrpt=%" PRIu64 "\nasked_a=%" PRIu64 "\nasked_aaaa=%" PRIu64 "\n",
	       domains, missing, domains, domains - missing, domains - missing, sts, sts);
	return 0;
}

/* UDP and TCP at one port. -1 with errno. */
static int bind_both(struct answerer *a)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr = a->options.address,
				       .sin_port = htons(a->options.port) };
	socklen_t size = sizeof(address);

	a->udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	a->tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(a->tcp, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (a->udp < 0 || a->tcp < 0 || bind(a->udp, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    getsockname(a->udp, (struct sockaddr *)&address, &size) != 0 ||
	    bind(a->tcp, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(a->tcp, TCP_MAX) != 0)
		return -1;
	printf("listening on %s:%u\n", inet_ntoa(address.sin_addr), ntohs(address.sin_port));
	return fflush(stdout);
}

/* A port that is free for UDP may be taken for TCP: another one, then, where any will do. */
static int open_sockets(struct answerer *a)
{
	for (int tries = 0; bind_both(a) != 0; tries++) {
		if (errno != EADDRINUSE || a->options.port != 0 || tries == PORTS_TRIED)
			return -1;
		close(a->udp);
		close(a->tcp);
	}
	/* beyond net.core.rmem_max where we may; else as much as that allows */
	if (setsockopt(a->udp, SOL_SOCKET, SO_RCVBUFFORCE, &(int){ RECEIVE_BUFFER }, sizeof(int)) != 0)
		setsockopt(a->udp, SOL_SOCKET, SO_RCVBUF, &(int){ RECEIVE_BUFFER }, sizeof(int));
	return 0;
}

static void prepare(struct answerer *a)
{
	a->random = UINT64_C(88172645463325252);
	for (unsigned i = 0; i < BATCH; i++) {
		a->in[i] = (struct iovec){ a->query[i], ANSWER_QUERY_MAX };
		a->receive[i].msg_hdr = (struct msghdr){ .msg_name = &a->from[i],
							 .msg_namelen = sizeof(a->from[i]),
							 .msg_iov = &a->in[i],
							 .msg_iovlen = 1 };
		a->out[i].iov_base = a->answer[i];
		a->send[i].msg_hdr = (struct msghdr){
			.msg_name = &a->to[i], .msg_namelen = sizeof(a->to[i]), .msg_iov = &a->out[i], .msg_iovlen = 1
		};
	}
}

static int run(struct answerer *a)
{
	const uint64_t end = clock_ms() + (uint64_t)(a->options.minutes * 60e3);
	const struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	prepare(a);
	a->wheel = wheel_new(clock_ms());
	if (!a->wheel || tally_init(&a->tally, a->options.tally) != 0 || open_sockets(a) != 0) {
		perror("answerer");
		return 1;
	}
	while (!stop && clock_ms() < end) {
		turn(a);
		if (report) {
			report = 0;
			print_report(a);
		}
	}
	print_report(a);
	tally_fini(&a->tally);
	wheel_free(a->wheel);
	return 0;
}

enum { NUMBER, TEXT, FLAG, ADDRESS, MINUTES, COUNT64 };

/* The command line: each option, where it goes, what it is for. */
static struct options given = {
	.address.s_addr = 0x0100007f,
	.minutes = MINUTES_DEFAULT,
	.late_ms = 10000,
	.rules = { .shares = { .nxdomain = 50, .sts = 10, .tlsrpt = 20, .wildcard = 20 },
		   .policy_net = 0x7f000001,
		   .policy_hosts = 1 },
};
static unsigned given_port;
static const struct {
	const char *name;
	int kind;
	void *into;
	const char *help;
} table[] = {
	{ "address", ADDRESS, &given.address, "IPv4 to listen at, in 127.0.0.0/8; 127.0.0.1" },
	{ "port", NUMBER, &given_port, "0: any free one; printed as `listening on ADDRESS:PORT`" },
	{ "delay", NUMBER, &given.delay_ms, "ms that each answer waits" },
	{ "jitter", NUMBER, &given.jitter_ms, "ms: wait up to so much longer, at random" },
	{ "loss", NUMBER, &given.loss, "queries of 1000 that get no answer" },
	{ "loss-answers", NUMBER, &given.loss_answers, "answers of 1000 that are not sent" },
	{ "servfail", NUMBER, &given.servfail, "queries of 1000 that get SERVFAIL" },
	{ "truncate", NUMBER, &given.truncate, "queries of 1000 that are sent to TCP" },
	{ "late", NUMBER, &given.late, "answers of 1000 that come --late-ms later" },
	{ "late-ms", NUMBER, &given.late_ms, "10000" },
	{ "no-edns", FLAG, &given.rules.no_edns, "FORMERR to queries with OPT" },
	{ "nxdomain", NUMBER, &given.rules.shares.nxdomain, "domains of 1000 that do not exist; 50" },
	{ "sts", NUMBER, &given.rules.shares.sts, "domains of 1000 with MTA-STS; 10" },
	{ "tlsrpt", NUMBER, &given.rules.shares.tlsrpt, "domains of 1000 with TLSRPT; 20" },
	{ "wildcard", NUMBER, &given.rules.shares.wildcard, "domains of 1000 that answer any TXT; 20" },
	{ "policy-hosts", NUMBER, &given.rules.policy_hosts,
	  "policy hosts live at 127.0.0.1 and so many addresses on; 1" },
	{ "tally", COUNT64, &given.tally, "tell questions apart, up to so many (16 to 32 octets each)" },
	{ "report", TEXT, &given.report, "file for the counts, at the end and on SIGUSR1; standard output" },
	{ "minutes", MINUTES, &given.minutes, "end after so long; 30" },
	{ "expect", TEXT, &given.expect, "print what a scan of this list has to ask, and end" },
};
enum { OPTIONS = COUNT_OF(table) };

static void set_option(int i, const char *value)
{
	switch (table[i].kind) {
	case NUMBER:
		*(unsigned *)table[i].into = (unsigned)strtoul(value, NULL, 10);
		break;
	case COUNT64:
		*(uint64_t *)table[i].into = strtoull(value, NULL, 10);
		break;
	case MINUTES:
		*(double *)table[i].into = strtod(value, NULL);
		break;
	case TEXT:
		*(const char **)table[i].into = value;
		break;
	case FLAG:
		*(bool *)table[i].into = true;
		break;
	default:
		if (inet_pton(AF_INET, value, table[i].into) != 1)
			given.address.s_addr = 0; /* refused below */
	}
}

static int usage(FILE *out, int status)
{
	fprintf(out, "usage: answerer [--OPTION VALUE]…\n");
	for (int i = 0; i < OPTIONS; i++)
		fprintf(out, "  --%-14s %s\n", table[i].name, table[i].help);
	return status;
}

int main(int argc, char **argv)
{
	static struct answerer answerer;
	struct option option[OPTIONS + 2] = { { "help", no_argument, NULL, OPTIONS } };
	int i;

	for (i = 0; i < OPTIONS; i++)
		option[i + 1] = (struct option){ table[i].name, table[i].kind == FLAG ? no_argument : required_argument,
						 NULL, i };
	while ((i = getopt_long(argc, argv, "", option, NULL)) != -1) {
		if (i == OPTIONS)
			return usage(stdout, 0);
		if (i == '?')
			return usage(stderr, 2);
		set_option(i, optarg);
	}
	if (optind != argc || given_port > 65535 || given.rules.policy_hosts == 0 ||
	    ntohl(given.address.s_addr) >> 24 != 127)
		return usage(stderr, 2);
	given.port = (uint16_t)given_port;
	answerer.options = given;
	return given.expect ? print_expected(&given) : run(&answerer);
}
