/* SPDX-License-Identifier: BSD-2-Clause */
/* What is found out about name servers before a scan, and warned of: servers on loopback, a thread of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "parsers/dns_answer.h"
#include "scanner/base/log.h"
#include "scanner/dns/preflight.h"
#include "tests/fake/dns_peer.h"

enum {
	PEERS = 2,
	TIMEOUT_MS = 1000, /* what a silent one costs a case */
	SMALL = 512,       /* octets */
	FORMERR = 1,
	SERVFAIL = 2,
	NXDOMAIN = 3,
	REFUSED = 5,
};

/* How a server differs from a good one. */
enum {
	SILENT = 1,
	NO_TCP = 2,
	DEAF_TO_EDNS = 4,
	NO_EDNS = 8,
	SMALL_EDNS = 16,
	NO_AD = 32,
	REWRITES = 64,
	REFUSES = 128,
	FAILS = 256,
	LIST_ONLY = 512, /* it refuses all but the first name of the list */
	TCP_ONLY = 1024,
	REWRITES_BELOW = 2048, /* not what the root or a top-level domain says no to */
	REWRITES_ORG = 4096,   /* invalid it knows to be none */
	CUT_OFF = 8192,        /* it says no to invalid by itself (RFC 6761 6.4), and SERVFAIL to all else */
	MUTE = 16384,          /* likewise, but nothing to all else */
};

static const struct span sample[] = { SPAN_LITERAL("listed.example"), SPAN_LITERAL("other.example") };

/* The servers; their loop is another thread's. */
static struct {
	struct dns_peer peer[PEERS];
	unsigned is[PEERS];
	uv_loop_t loop;
	uv_async_t stop;
	pthread_t thread;
	unsigned peers;
} rig;

static void finish(struct dns_peer *peer, const struct dns_peer_question *question, unsigned is)
{
	if (question->edns && !(is & DEAF_TO_EDNS)) {
		dns_build_opt(&peer->build);
		if (is & SMALL_EDNS) { /* its class (RFC 6891 6.1.2) */
			peer->build.octet[peer->build.n - 8] = SMALL >> 8;
			peer->build.octet[peer->build.n - 7] = SMALL & 0xff;
		}
	}
	dns_peer_send(peer, question);
}

/* Does it invent an address for @name, which does not exist? */
static bool rewrites(const char *name, unsigned is)
{
	const char *parent = strchr(name, '.') + 1;

	return is & REWRITES || (is & REWRITES_BELOW && strcmp(parent, "example.org") == 0) ||
	       (is & REWRITES_ORG && strcmp(parent, "org") == 0);
}

static bool is_below_invalid(const struct dns_peer_question *question)
{
	return span_ends_with(span_of(question->name), SPAN_LITERAL(".invalid"));
}

static void answer(struct dns_peer *peer, const struct dns_peer_question *question, unsigned is)
{
	static const uint8_t address[4] = { 192, 0, 2, 1 };
	bool invented = strncmp(question->name, "stsurvey-", 9) == 0;

	if (is & REFUSES || (is & LIST_ONLY && strcmp(question->name, "listed.example") != 0)) {
		dns_peer_begin(peer, question, REFUSED);
	} else if (is & FAILS || (is & CUT_OFF && !is_below_invalid(question))) {
		dns_peer_begin(peer, question, SERVFAIL);
	} else if (invented && !rewrites(question->name, is)) {
		dns_peer_begin(peer, question, NXDOMAIN);
	} else if (invented) {
		dns_peer_begin(peer, question, 0);
		dns_build_record(&peer->build, span_of(question->name), DNS_TYPE_A, 60, address, sizeof(address));
	} else if (question->type == DNS_TYPE_SOA) {
		dns_peer_begin(peer, question, is & NO_AD ? 0 : DNS_FLAG_AD);
		dns_build_record(&peer->build, span_of(question->name), DNS_TYPE_SOA, 60, "\0\0abcdefghijklmnopqrst",
				 22);
	} else {
		dns_peer_begin(peer, question, 0);
		dns_build_mx(&peer->build, span_of(question->name), 60, 10, SPAN_LITERAL("mail.example"));
	}
	finish(peer, question, is);
}

static void on_question(struct dns_peer *peer, const struct dns_peer_question *question)
{
	unsigned is = *(const unsigned *)peer->arg;

	if (is & MUTE && !is_below_invalid(question))
		return;
	if (is & SILENT || (is & TCP_ONLY && !question->connection))
		return;
	if (is & NO_TCP && question->connection)
		dns_peer_hang_up(question);
	else if (is & NO_EDNS && question->edns)
		dns_peer_refuse(peer, question, FORMERR);
	else
		answer(peer, question, is);
}

static void close_walk(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void on_stop(uv_async_t *async)
{
	for (unsigned i = 0; i < rig.peers; i++)
		dns_peer_close(&rig.peer[i]);
	uv_close((uv_handle_t *)async, NULL);
}

static void *serve(void *arg)
{
	(void)arg;
	uv_run(&rig.loop, UV_RUN_DEFAULT);
	uv_walk(&rig.loop, close_walk, NULL); /* connections that were kept open */
	uv_run(&rig.loop, UV_RUN_DEFAULT);
	return NULL;
}

static void open_rig(const unsigned *is, unsigned peers, struct endpoint *server)
{
	uv_loop_init(&rig.loop);
	uv_async_init(&rig.loop, &rig.stop, on_stop);
	rig.peers = peers;
	for (unsigned i = 0; i < peers; i++) {
		memset(&rig.peer[i], 0, sizeof(rig.peer[i]));
		rig.is[i] = is[i];
		rig.peer[i].on_question = on_question;
		rig.peer[i].arg = &rig.is[i];
		assert_true(dns_peer_open(&rig.peer[i], &rig.loop, true));
		dns_peer_server(&rig.peer[i], &server[i]);
	}
	assert_int_equal(pthread_create(&rig.thread, NULL, serve, NULL), 0);
}

static void close_rig(void)
{
	uv_async_send(&rig.stop);
	pthread_join(rig.thread, NULL);
	assert_int_equal(uv_loop_close(&rig.loop), 0);
}

/* What preflight_warn says of @server, without times; a LF after each. */
static const char *warnings(const struct endpoint *server, const struct server_check *check, bool lab)
{
	static char text[4096];
	char path[] = "/tmp/stsurvey-preflight-XXXXXX", line[1024], about[64];
	struct error error;
	FILE *file;

	snprintf(about, sizeof(about), "name server 127.0.0.1 port %u ", server->port);
	close(mkstemp(path));
	assert_int_equal(log_open(path, LOG_LEVEL_INFO, &error), 0);
	preflight_warn(server, check, lab);
	log_close();
	file = fopen(path, "r");
	assert_non_null(file);
	text[0] = '\0';
	while (fgets(line, sizeof(line), file)) {
		char *words = strstr(line, "[warning] ");

		assert_non_null(words);
		words += strlen("[warning] ");
		assert_memory_equal(words, about, strlen(about));
		strcat(text, words + strlen(about));
	}
	fclose(file);
	unlink(path);
	return text;
}

#define INVENTS "invents addresses for names that do not exist: its NXDOMAIN can't be trusted, use another\n"
#define DEAF "does not speak EDNS: answers above 512 octets need TCP\n"
#define NO_LONG "does not answer over TCP: long answers stay unknown\n"
#define UNSIGNED "does not validate DNSSEC: no answer of it counts as authentic\n"

static const struct {
	const char *name;
	unsigned is;
	/* what must be found: */
	bool answers, useful, rewrites, tcp, validates;
	uint16_t edns_size; /* 0: it speaks no EDNS */
	enum dns_status status;
	const char *probe; /* "": none */
	uint16_t probe_type;
	const char *warnings;
} table[] = {
	{ "good", 0, true, true, false, true, true, 1232, DNS_NXDOMAIN, "org", DNS_TYPE_A, "" },
	{ "silent", SILENT, false, false, false, false, false, 0, DNS_TIMEOUT, "", 0, "does not answer\n" },
	{ "no TCP", NO_TCP, true, true, false, false, true, 1232, DNS_NXDOMAIN, "org", DNS_TYPE_A, NO_LONG },
	{ "deaf to EDNS", DEAF_TO_EDNS, true, true, false, true, true, 0, DNS_NXDOMAIN, "org", DNS_TYPE_A, DEAF },
	{ "without EDNS", NO_EDNS, true, true, false, true, true, 0, DNS_NXDOMAIN, "org", DNS_TYPE_A, DEAF },
	{ "little EDNS", SMALL_EDNS, true, true, false, true, true, SMALL, DNS_NXDOMAIN, "org", DNS_TYPE_A, "" },
	{ "no validation", NO_AD, true, true, false, true, false, 1232, DNS_NXDOMAIN, "org", DNS_TYPE_A, UNSIGNED },
	{ "rewriting", REWRITES, true, true, true, true, true, 1232, DNS_NOERROR, "org", DNS_TYPE_A, INVENTS },
	{ "rewriting below domains that are there", REWRITES_BELOW, true, true, true, true, true, 1232, DNS_NXDOMAIN,
	  "org", DNS_TYPE_A, INVENTS },
	{ "rewriting all but invalid", REWRITES_BELOW | REWRITES_ORG, true, true, true, true, true, 1232, DNS_NXDOMAIN,
	  "org", DNS_TYPE_A, INVENTS },
	{ "refusing", REFUSES, true, false, false, true, false, 1232, DNS_REFUSED, "", 0, "answers REFUSED\n" },
	{ "failing", FAILS, true, false, false, true, false, 1232, DNS_SERVFAIL, "", 0, "answers SERVFAIL\n" },
	{ "without a way out", CUT_OFF, true, false, false, true, false, 1232, DNS_NXDOMAIN, "", 0,
	  "answers nothing but names below invalid, as one without a way out\n" },
	{ "for the list alone", LIST_ONLY, true, true, false, true, false, 1232, DNS_REFUSED, "listed.example",
	  DNS_TYPE_MX, UNSIGNED },
	{ "TCP alone", TCP_ONLY, true, false, false, true, false, 1232, DNS_TIMEOUT, "", 0, "answers TIMEOUT\n" },
	{ "all at once", NO_TCP | DEAF_TO_EDNS | NO_AD | REWRITES, true, true, true, false, false, 0, DNS_NOERROR,
	  "org", DNS_TYPE_A, INVENTS NO_LONG DEAF UNSIGNED },
};

/* What it asks counts as a scan's: the rate is kept to, and has earned all of it when the scan begins. */
static void what_is_asked_is_taken_from_the_rates(void **state)
{
	enum { QUESTIONS = 5 + COUNT_OF(sample) }; /* to each */
	static const struct {
		double all, each;
		uint64_t earned_us;
	} rows[] = {
		{ 0, 0, 0 },
		{ 400, 0, PEERS * QUESTIONS * 2500 },
		{ 0, 100, QUESTIONS * 10000 },
		{ 400, 100, QUESTIONS * 10000 },
	};
	static const unsigned good[PEERS] = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct preflight_rates rates = { .all = rows[i].all, .each = rows[i].each };
		uint64_t before_us = uv_hrtime() / 1000, after_us;
		struct server_check check[PEERS];
		struct endpoint server[PEERS];
		struct error error = { "" };

		open_rig(good, PEERS, server);
		assert_int_equal(preflight(server, PEERS, TIMEOUT_MS, sample, COUNT_OF(sample), &rates, check, &error),
				 0);
		after_us = uv_hrtime() / 1000;
		assert_in_range(rates.earned_us - rows[i].earned_us, before_us, after_us);
		assert_true(rows[i].earned_us * 9 / 10 <= after_us - before_us);
		close_rig();
	}
}

/* Beside a good one, so that the scan begins whatever it is like. */
static void what_a_server_can_do_is_found_out_and_warned_of(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		const unsigned is[PEERS] = { table[i].is, 0 };
		struct server_check check[PEERS];
		struct endpoint server[PEERS];
		struct error error = { "" };

		print_message("%s\n", table[i].name);
		open_rig(is, PEERS, server);
		assert_int_equal(preflight(server, PEERS, TIMEOUT_MS, sample, COUNT_OF(sample), NULL, check, &error),
				 0);
		assert_int_equal(check[0].answers, table[i].answers);
		assert_int_equal(check[0].useful, table[i].useful);
		assert_int_equal(check[0].rewrites, table[i].rewrites);
		assert_int_equal(check[0].tcp, table[i].tcp);
		assert_int_equal(check[0].validates, table[i].validates);
		assert_int_equal(check[0].unvalidated, (table[i].is & NO_AD) != 0);
		assert_int_equal(check[0].edns, table[i].edns_size > 0);
		assert_int_equal(check[0].edns_size, table[i].edns_size);
		assert_int_equal(check[0].status, table[i].status);
		assert_string_equal(check[0].probe_name, table[i].probe);
		assert_int_equal(check[0].probe_type, table[i].probe_type);
		assert_int_equal(check[0].probe_random, table[i].probe_type == DNS_TYPE_A);
		assert_string_equal(warnings(&server[0], &check[0], false), table[i].warnings);
		/* the other one's is its own */
		assert_true(check[1].tcp && check[1].edns && check[1].validates);
		assert_string_equal(warnings(&server[1], &check[1], false), "");
		close_rig();
	}
}

static void a_lab_need_not_validate(void **state)
{
	const struct server_check check = {
		.answers = true, .useful = true, .tcp = true, .edns = true, .edns_size = 1232
	};
	const struct endpoint server = { { 4, { 127, 0, 0, 1 } }, 53 };

	(void)state;
	assert_string_equal(warnings(&server, &check, false), UNSIGNED);
	assert_string_equal(warnings(&server, &check, true), "");
}

static void without_one_of_use_there_is_no_scan(void **state)
{
	static const struct {
		unsigned is[PEERS], peers;
		const char *why; /* NULL: there is */
	} cases[] = {
		{ { SILENT }, 1, ": no answer; is it a resolver that serves this machine? see --name-servers" },
		{ { REFUSES }, 1, ": REFUSED; is it" },
		{ { SILENT, SILENT }, 2, " and all others: no answer; is it" },
		{ { REFUSES, SILENT }, 2, " and all others: REFUSED; is it" },
		{ { FAILS }, 1, NULL },   /* it may be the internet that is away */
		{ { CUT_OFF }, 1, NULL }, /* likewise */
		{ { MUTE }, 1, ": nothing but names below invalid, as one without a way out; is it" },
		{ { LIST_ONLY }, 1, NULL },
		{ { SILENT, 0 }, 2, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct server_check check[PEERS];
		struct endpoint server[PEERS];
		struct error error = { "" };

		open_rig(cases[i].is, cases[i].peers, server);
		assert_int_equal(
			preflight(server, cases[i].peers, TIMEOUT_MS, sample, COUNT_OF(sample), NULL, check, &error),
			cases[i].why ? -1 : 0);
		if (cases[i].why)
			assert_non_null(strstr(error.text, cases[i].why));
		close_rig();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_server_can_do_is_found_out_and_warned_of),
		cmocka_unit_test(a_lab_need_not_validate),
		cmocka_unit_test(what_is_asked_is_taken_from_the_rates),
		cmocka_unit_test(without_one_of_use_there_is_no_scan),
	};

	return cmocka_run_group_tests_name("preflight", tests, NULL, NULL);
}
