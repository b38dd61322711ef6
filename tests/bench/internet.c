/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/internet.c - the registry and all name servers of a made-up internet, on loopback, at one port.
 *
 * Bound to every address: which of them a question was sent to says whose answer it gets. The registry
 * (REGISTRY_ADDRESS) is root and TLD at once, and refers to the two name servers of tests/bench/delegation.h with their
 * addresses; the servers answer for their own domains with AA, as tests/bench/world.h has it, and refuse others. To be
 * run in a network namespace of its own, where port 53 is free. It ends by itself. See --help.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/sock_diag.h>

#include "tests/bench/answer.h"
#include "tests/bench/delegation.h"
#include "tests/bench/wheel.h"

enum {
	BATCH = 64,                   /* packets a system call */
	BATCHES_A_TURN = 32,          /* then delayed answers get their turn */
	BUFFER = 64 << 20,            /* octets; a burst of a whole window must fit */
	CONTROL = 64,                 /* octets of control data: one in_pktinfo */
	REGISTRY = 0x7f003501,        /* 127.0.53.1 */
	POLICY_NET = (int)0xc6120000, /* 198.18.0.0/15 (RFC 2544): a scan does not contact it */
	RCODE_NXDOMAIN = 3,
	RCODE_REFUSED = 5,
	TYPE_A = 1,
	TYPE_NS = 2,
	TTL = 86400,
	SECONDS_MAX = 600, /* that are counted one by one */
};

static struct {
	unsigned port, delay_ms, minutes, mute_from, mute_for;
	struct delegation_shares shares;
	struct answer_rules rules;
} given = { .port = 53,
	    .minutes = 60,
	    .shares = DELEGATION_SHARES_DEFAULT,
	    .rules = { .shares = { .sts = 10, .tlsrpt = 20 },
		       .policy_net = (uint32_t)POLICY_NET,
		       .policy_hosts = 1,
		       .authoritative = true } };

static struct {
	uint64_t registry, hosts, server[DELEGATION_KINDS], strange, malformed, refused, silent, dropped;
	uint64_t second[SECONDS_MAX]; /* questions to operator 0's servers, from the first on */
} counts;

struct packet {
	struct sockaddr_in peer;
	struct in_addr local;
	uint8_t octet[ANSWER_MAX];
	uint8_t control[CONTROL];
};

static int udp;
static struct wheel *wheel;
static struct packet in[BATCH], out[BATCH];
static struct iovec in_at[BATCH], out_at[BATCH];
static struct mmsghdr receive[BATCH], sending[BATCH];
static unsigned waiting; /* in @out */
static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- what is asked ---- */

struct asked {
	struct answer_question question;
	char domain[256];
	struct span name;
	unsigned host; /* an address of ns<host>.<domain> is wanted; 0: no */
};

/* ns1 to ns9 before a domain, where an address is asked for. */
static void take_host(const uint8_t *query, struct asked *asked)
{
	struct answer_question *question = &asked->question;
	const uint8_t *label = query + question->domain;

	if ((question->kind != ANSWER_A && question->kind != ANSWER_AAAA) || question->below || label[0] != 3 ||
	    memcmp(label + 1, "ns", 2) != 0 || label[3] < '1' || label[3] > '9' || label[4] == 0)
		return;
	asked->host = (unsigned)label[3] - '0';
	question->domain = (uint16_t)(question->domain + 4);
}

/* Names below a domain are the domain's, whatever type a resolver asks there. */
static void pass_underscores(const uint8_t *query, struct answer_question *question)
{
	while (query[question->domain] != 0 && query[question->domain + 1] == '_')
		question->domain = (uint16_t)(question->domain + query[question->domain] + 1);
}

static bool read_asked(const uint8_t *query, size_t len, struct asked *asked)
{
	size_t n = 0;

	*asked = (struct asked){ 0 };
	if (!answer_read(query, len, &asked->question))
		return false;
	pass_underscores(query, &asked->question);
	take_host(query, asked);
	for (const uint8_t *label = query + asked->question.domain; label[0] != 0; label += label[0] + 1) {
		if (n > 0)
			asked->domain[n++] = '.';
		for (unsigned i = 1; i <= label[0]; i++)
			asked->domain[n++] = ascii_lower((char)label[i]);
	}
	asked->name = (struct span){ asked->domain, n };
	asked->question.hash = world_hash(asked->domain, n);
	return true;
}

/* ---- answers ---- */

static uint8_t *put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

/* Type, class, TTL and the length of what follows. */
static uint8_t *put_record(uint8_t *at, unsigned type, unsigned length)
{
	at = put16(at, type);
	at = put16(at, 1);
	at = put16(at, TTL >> 16);
	at = put16(at, TTL & 0xffff);
	return put16(at, length);
}

static uint8_t *put_name(uint8_t *at, const char *name)
{
	while (*name != '\0') {
		const size_t n = strcspn(name, ".");

		*at++ = (uint8_t)n;
		memcpy(at, name, n);
		at += n;
		name += n + (name[n] == '.');
	}
	*at++ = 0;
	return at;
}

static uint8_t *put_address(uint8_t *at, uint32_t server)
{
	const uint32_t address = delegation_address(server);

	at = put_record(at, TYPE_A, 4);
	at = put16(at, address >> 16);
	return put16(at, address & 0xffff);
}

static uint8_t *begin(const uint8_t *query, const struct asked *asked, uint8_t *answer, bool authoritative)
{
	memcpy(answer, query, asked->question.end);
	answer[2] = (uint8_t)(0x80 | (authoritative ? 0x04 : 0) | (query[2] & 0x01));
	answer[3] = 0;
	memset(answer + 6, 0, 6);
	return answer + asked->question.end;
}

static size_t end(const struct asked *asked, uint8_t *answer, uint8_t *at)
{
	static const uint8_t opt[11] = { 0, 0, 41, 1232 >> 8, 1232 & 0xff, 0, 0, 0, 0, 0, 0 };

	if (asked->question.has_opt) {
		memcpy(at, opt, sizeof(opt));
		at += sizeof(opt);
		answer[11]++;
	}
	return (size_t)(at - answer);
}

static uint8_t *put_ns(uint8_t *at, unsigned owner, const char *host)
{
	at = put16(at, 0xc000 | owner);
	return put_name(put_record(at, TYPE_NS, (unsigned)strlen(host) + 2), host);
}

/* The name servers of a domain, in answer or authority; with their addresses where they are a referral. */
static size_t write_servers(const uint8_t *query, const struct asked *asked, const struct delegation *delegation,
			    bool referral, uint8_t *answer)
{
	uint8_t *at = begin(query, asked, answer, !referral);
	char host[DELEGATION_NS][DELEGATION_HOST_MAX + 256];

	for (unsigned i = 0; i < DELEGATION_NS; i++) {
		delegation_host(delegation, i, asked->name, host[i]);
		at = put_ns(at, asked->question.domain, host[i]);
	}
	answer[referral ? 9 : 7] = DELEGATION_NS;
	for (unsigned i = 0; i < DELEGATION_NS && referral; i++, answer[11]++)
		at = put_address(put_name(at, host[i]), delegation->server[i]);
	return end(asked, answer, at);
}

static size_t write_host(const uint8_t *query, const struct asked *asked, uint32_t server, uint8_t *answer)
{
	uint8_t *at = put_address(put16(begin(query, asked, answer, true), 0xc000 | 12), server);

	answer[7] = 1;
	return end(asked, answer, at);
}

static size_t write_absent(const uint8_t *query, const struct asked *asked, bool exists, uint8_t *answer)
{
	const struct world_domain nothing = { .exists = exists, .mx = WORLD_MX_NONE };
	struct answer_question question = asked->question;

	question.kind = ANSWER_OTHER; /* no record of any type */
	return answer_domain(&given.rules, &nothing, query, &question, answer);
}

/* An operator's own domain: its first two servers are its own. */
static struct delegation own_delegation(const struct asked *asked, uint32_t first)
{
	return (struct delegation){ .keeper = (uint32_t)strtoul(asked->domain + strlen("op"), NULL, 10),
				    .server = { first, first + 1 } };
}

/* At its servers or at the registry: it has nothing but name servers and their addresses. */
static size_t answer_operator(const uint8_t *query, const struct asked *asked, uint32_t first, unsigned servers,
			      uint8_t *answer)
{
	const struct delegation delegation = own_delegation(asked, first);

	counts.hosts++;
	if (asked->host > servers)
		return write_absent(query, asked, false, answer);
	if (asked->host > 0 && asked->question.kind == ANSWER_A)
		return write_host(query, asked, first + asked->host - 1, answer);
	if (asked->question.kind == ANSWER_NS)
		return write_servers(query, asked, &delegation, false, answer);
	return write_absent(query, asked, true, answer);
}

static size_t answer_registry(const uint8_t *query, const struct asked *asked, uint8_t *answer)
{
	struct delegation delegation;
	uint32_t first;
	unsigned servers;

	counts.registry++;
	if (asked->question.domain == asked->question.last_label)
		return write_absent(query, asked, !span_equal(asked->name, SPAN_LITERAL("invalid")), answer);
	if (delegation_operator(asked->name, &first, &servers)) {
		if (delegation_is_dead(first))
			return answer_operator(query, asked, first, servers, answer);
		delegation = own_delegation(asked, first);
	} else {
		delegation_look(&given.shares, asked->question.hash, &delegation);
	}
	return write_servers(query, asked, &delegation, true, answer);
}

static size_t answer_server(const uint8_t *query, const struct asked *asked, uint32_t server, uint8_t *answer)
{
	struct delegation delegation;
	struct world_domain domain;
	uint32_t first;
	unsigned servers;

	if (delegation_operator(asked->name, &first, &servers) && server >= first && server < first + servers)
		return answer_operator(query, asked, first, servers, answer);
	delegation_look(&given.shares, asked->question.hash, &delegation);
	const unsigned which = server == delegation.server[0] ? 0 : 1;

	if (server != delegation.server[which]) {
		counts.strange++;
		return answer_refuse(query, &asked->question, RCODE_REFUSED, false, answer);
	}
	counts.server[delegation.kind]++;
	if (delegation.kind == DELEGATION_LAME || (delegation.kind == DELEGATION_HALF && which == delegation.odd)) {
		counts.refused++;
		return answer_refuse(query, &asked->question, RCODE_REFUSED, false, answer);
	}
	if (asked->host > 0 && delegation.vanity && asked->question.kind == ANSWER_A)
		return asked->host <= DELEGATION_NS
			       ? write_host(query, asked, delegation.server[asked->host - 1], answer)
			       : write_absent(query, asked, false, answer);
	if (asked->question.kind == ANSWER_NS)
		return write_servers(query, asked, &delegation, false, answer);
	/* of the domain itself: a resolver that had some for every name would be taken for one that invents them */
	if (asked->question.kind == ANSWER_A && !asked->question.below)
		return write_absent(query, asked, true, answer);
	world_look(&given.rules.shares, asked->question.hash, &domain);
	if (delegation.kind == DELEGATION_UNEQUAL)
		domain.tlsrpt = which != delegation.odd;
	return answer_domain(&given.rules, &domain, query, &asked->question, answer);
}

/* `. NS`, which a resolver asks for first of all: the registry. 0: something else is asked. */
static size_t answer_root(const uint8_t *query, size_t len, uint8_t *answer)
{
	static const uint8_t header[12] = { [2] = 0x84, [5] = 1, [7] = 1, [11] = 1 };
	uint8_t *at = answer + sizeof(header);

	if (len < sizeof(header) + 5 || query[12] != 0 || query[14] != TYPE_NS)
		return 0;
	memcpy(answer, header, sizeof(header));
	memcpy(answer, query, 2);
	memcpy(at, query + sizeof(header), 5);
	*(at += 5) = 0;
	at = put_name(put_record(at + 1, TYPE_NS, sizeof("a.nic") + 1), "a.nic");
	at = put_record(put_name(at, "a.nic"), TYPE_A, 4);
	at = put16(put16(at, REGISTRY >> 16), REGISTRY & 0xffff);
	return (size_t)(at - answer);
}

/* ---- in time ---- */

/* Does nobody answer there, ever or just now? */
static bool is_silent(uint32_t server, uint64_t now_ms)
{
	static uint64_t first_ms;

	if (server >= DELEGATION_BIGGEST)
		return delegation_is_dead(server);
	first_ms = first_ms ? first_ms : now_ms;
	const uint64_t second = (now_ms - first_ms) / 1000;

	if (second < SECONDS_MAX)
		counts.second[second]++;
	return second >= given.mute_from && second < (uint64_t)given.mute_from + given.mute_for;
}

static void flush(void)
{
	unsigned done = 0;

	while (done < waiting) {
		const int n = sendmmsg(udp, sending + done, waiting - done, 0);

		/* the client's port is gone, or its buffer is full: that answer is lost, as on any network */
		done += n > 0 ? (unsigned)n : 1;
	}
	waiting = 0;
}

static struct packet *next_out(void)
{
	if (waiting == BATCH)
		flush();
	return &out[waiting];
}

/* The next of @out goes to @peer, from @local. */
static void queue(const struct sockaddr_in *peer, struct in_addr local, size_t len)
{
	struct packet *packet = &out[waiting];
	struct in_pktinfo info = { .ipi_spec_dst = local };
	struct cmsghdr *control = (struct cmsghdr *)packet->control;

	packet->peer = *peer;
	*control = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(info)),
				     .cmsg_level = IPPROTO_IP,
				     .cmsg_type = IP_PKTINFO };
	memcpy(CMSG_DATA(control), &info, sizeof(info));
	out_at[waiting++].iov_len = len;
}

static void deliver(const struct packet *question, size_t len)
{
	if (len == 0)
		return;
	if (given.delay_ms == 0) {
		queue(&question->peer, question->local, len);
		return;
	}
	struct wheel_packet *late = wheel_put(wheel, clock_ms() + given.delay_ms);

	if (!late) {
		counts.dropped++;
		return;
	}
	late->to = question->peer;
	late->from = question->local;
	late->len = (uint16_t)len;
	memcpy(late->octet, out[waiting].octet, len);
}

static void serve(const struct packet *question, size_t len, uint64_t now_ms)
{
	const uint32_t local = ntohl(question->local.s_addr);
	struct packet *answer = next_out();
	struct asked asked;
	uint32_t server;

	if (local == REGISTRY && len > 12 && question->octet[12] == 0) {
		deliver(question, answer_root(question->octet, len, answer->octet));
	} else if (!read_asked(question->octet, len, &asked)) {
		counts.malformed++;
	} else if (local == REGISTRY) {
		deliver(question, answer_registry(question->octet, &asked, answer->octet));
	} else if (!delegation_server(local, &server)) {
		counts.strange++;
	} else if (is_silent(server, now_ms)) {
		counts.silent++;
	} else {
		deliver(question, answer_server(question->octet, &asked, server, answer->octet));
	}
}

static struct in_addr local_of(struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	struct in_pktinfo info = { 0 };

	if (control && control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO)
		memcpy(&info, CMSG_DATA(control), sizeof(info));
	return info.ipi_addr;
}

static void serve_udp(void)
{
	for (int turn = 0; turn < BATCHES_A_TURN; turn++) {
		const int n = recvmmsg(udp, receive, BATCH, MSG_DONTWAIT, NULL);
		const uint64_t now_ms = clock_ms();

		for (int i = 0; i < n; i++) {
			in[i].local = local_of(&receive[i].msg_hdr);
			serve(&in[i], receive[i].msg_len, now_ms);
			receive[i].msg_hdr.msg_namelen = sizeof(in[i].peer);
			receive[i].msg_hdr.msg_controllen = CONTROL;
		}
		flush();
		if (n < BATCH)
			return;
	}
}

static void serve_wheel(void)
{
	const uint64_t now = clock_ms();
	struct wheel_packet *packet;

	while ((packet = wheel_take(wheel, now))) {
		memcpy(next_out()->octet, packet->octet, packet->len);
		queue(&packet->to, packet->from, packet->len);
		wheel_release(wheel, packet);
	}
	flush();
}

static void prepare(void)
{
	for (unsigned i = 0; i < BATCH; i++) {
		in_at[i] = (struct iovec){ in[i].octet, ANSWER_QUERY_MAX };
		out_at[i] = (struct iovec){ out[i].octet, 0 };
		receive[i].msg_hdr = (struct msghdr){ .msg_name = &in[i].peer,
						      .msg_namelen = sizeof(in[i].peer),
						      .msg_iov = &in_at[i],
						      .msg_iovlen = 1,
						      .msg_control = in[i].control,
						      .msg_controllen = CONTROL };
		sending[i].msg_hdr = (struct msghdr){ .msg_name = &out[i].peer,
						      .msg_namelen = sizeof(out[i].peer),
						      .msg_iov = &out_at[i],
						      .msg_iovlen = 1,
						      .msg_control = out[i].control,
						      .msg_controllen = CMSG_SPACE(sizeof(struct in_pktinfo)) };
	}
}

static int open_socket(void)
{
	const struct sockaddr_in all = { .sin_family = AF_INET, .sin_port = htons((uint16_t)given.port) };
	const int on = 1, buffer = BUFFER;

	udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (udp < 0 || setsockopt(udp, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) != 0 ||
	    bind(udp, (const struct sockaddr *)&all, sizeof(all)) != 0)
		return -1;
	if (setsockopt(udp, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) != 0)
		setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	if (setsockopt(udp, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer)) != 0)
		setsockopt(udp, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	printf("listening on 127.0.53.1:%u\n", given.port);
	return fflush(stdout);
}

static void print_counts(void)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t size = sizeof(info);
	uint64_t servers = counts.hosts;

	getsockopt(udp, SOL_SOCKET, SO_MEMINFO, info, &size);
	for (int kind = 0; kind < DELEGATION_KINDS; kind++) {
		printf("asked_%s=%" PRIu64 "\n", delegation_kind_names[kind], counts.server[kind]);
		servers += counts.server[kind];
	}
	printf("registry=%" PRIu64 "\nservers=%" PRIu64 "\nhosts=%" PRIu64 "\nrefused=%" PRIu64 "\nsilent=%" PRIu64
	       "\nstrange=%" PRIu64 "\nmalformed=%" PRIu64 "\ndropped=%" PRIu64 "\nkernel_drops=%u\n",
	       counts.registry, servers + counts.silent, counts.hosts, counts.refused, counts.silent, counts.strange,
	       counts.malformed, counts.dropped, info[SK_MEMINFO_DROPS]);
	for (unsigned i = 0; i < SECONDS_MAX && given.mute_for > 0; i++)
		if (counts.second[i] > 0)
			printf("second_%u=%" PRIu64 "\n", i, counts.second[i]);
}

static int run(void)
{
	const uint64_t over_ms = clock_ms() + UINT64_C(60000) * given.minutes;
	const struct sigaction action = { .sa_handler = on_signal };
	struct pollfd ready;

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	prepare();
	wheel = wheel_new(clock_ms());
	if (!wheel || open_socket() != 0) {
		perror("internet");
		return 1;
	}
	ready = (struct pollfd){ .fd = udp, .events = POLLIN };
	while (!stop && clock_ms() < over_ms) {
		if (poll(&ready, 1, wheel_is_empty(wheel) ? 500 : 1) > 0)
			serve_udp();
		serve_wheel();
	}
	print_counts();
	wheel_free(wheel);
	return 0;
}

static const struct {
	const char *name;
	unsigned *into;
	const char *help;
} table[] = {
	{ "port", &given.port, "53" },
	{ "delay", &given.delay_ms, "ms that each answer waits" },
	{ "biggest", &given.shares.biggest, "domains of 1000 at operator 0; 250" },
	{ "lame", &given.shares.lame, "domains of 1000 that both servers refuse; 20" },
	{ "half", &given.shares.half, "domains of 1000 that one server refuses; 20" },
	{ "silent", &given.shares.silent, "domains of 1000 whose servers do not answer; 10" },
	{ "unequal", &given.shares.unequal, "domains of 1000 with TLSRPT at one of both servers; 10" },
	{ "vanity", &given.shares.vanity, "domains of 1000 with name servers of their own" },
	{ "sts", &given.rules.shares.sts, "domains of 1000 with MTA-STS; 10" },
	{ "tlsrpt", &given.rules.shares.tlsrpt, "domains of 1000 with TLSRPT; 20" },
	{ "wildcard", &given.rules.shares.wildcard, "domains of 1000 that answer any TXT" },
	{ "mute-from", &given.mute_from, "operator 0 is silent from this second after it was first asked" },
	{ "mute-for", &given.mute_for, "… for so many seconds; its questions are counted by seconds" },
	{ "minutes", &given.minutes, "end after so long; 60" },
};
enum { OPTIONS = COUNT_OF(table) };

int main(int argc, char **argv)
{
	struct option option[OPTIONS + 1] = { 0 };
	int i;

	for (i = 0; i < OPTIONS; i++)
		option[i] = (struct option){ table[i].name, required_argument, NULL, i };
	while ((i = getopt_long(argc, argv, "", option, NULL)) >= 0 && i < OPTIONS)
		*table[i].into = (unsigned)strtoul(optarg, NULL, 10);
	if (i < 0 && optind == argc)
		return run();
	fprintf(stderr, "usage: internet [--OPTION N]…\n");
	for (i = 0; i < OPTIONS; i++)
		fprintf(stderr, "  --%-12s %s\n", table[i].name, table[i].help);
	return 2;
}
