/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scanner/dns/net_direct_rig.h"

#include <stdlib.h>

#include "scanner/base/thread_alloc.h"
#include "tests/fake/loop_pass.h"

enum {
	WATCHDOG_MS = 600000,
	PORT_TRIES = 20,
	FLAG_AA = 0x0400,
	NXDOMAIN = 3,
	COUNT_ANSWER = 6,
	COUNT_AUTHORITY = 8, /* where they stand in a header */
	TTL = 300,
	TOKEN_PERIOD_S = 1000, /* of an operator's, and of a server's */
};

static const char *const server_text[NET_DIRECT_SERVERS] = { "127.0.0.1", "127.0.0.2" };

/* ---- answers ---- */

static void put_data(struct dns_build *build, struct span name, uint16_t type)
{
	const struct span text = SPAN_LITERAL("v=STSv1; id=1");

	if (type == DNS_TYPE_MX)
		dns_build_mx(build, name, TTL, 10, SPAN_LITERAL("mx.example.com"));
	else
		dns_build_txt(build, name, TTL, &text, 1);
}

/* In the authority section. */
static void put_soa(struct dns_build *build)
{
	static const uint8_t soa[22];

	dns_build_record(build, SPAN_LITERAL("example.com"), DNS_TYPE_SOA, TTL, soa, sizeof(soa));
	build->octet[COUNT_ANSWER + 1]--;
	build->octet[COUNT_AUTHORITY + 1]++;
}

static const struct {
	const char *word;
	unsigned flags; /* with the code */
	bool data, soa;
} answers[] = {
	{ "data", FLAG_AA | DNS_FLAG_AD, true, false },
	{ "absent", FLAG_AA, false, true },
	{ "nx", FLAG_AA | NXDOMAIN, false, true },
	{ "no-soa", FLAG_AA, false, false },
	{ "no-aa", 0, true, false },
	{ "tc", FLAG_AA | DNS_FLAG_TC, false, false },
	{ "alias", FLAG_AA, false, false },
	{ "foreign", FLAG_AA, true, false },
	{ "guess", FLAG_AA, true, false },
	{ "refused", 5, false, false },
	{ "servfail", 2, false, false },
	{ "formerr", 1, false, false },
};

static void answer_with(struct dns_build *build, const char *word, uint16_t id, struct span name, uint16_t type)
{
	size_t i = 0;

	while (i < COUNT_OF(answers) && strcmp(answers[i].word, word) != 0)
		i++;
	if (i == COUNT_OF(answers))
		fail_msg("nobody says %s", word);
	dns_build_begin(build, strcmp(word, "guess") == 0 ? (uint16_t)(id + 1) : id, DNS_FLAG_QR | answers[i].flags);
	dns_build_question(build, name, type);
	if (strcmp(word, "alias") == 0)
		dns_build_name_record(build, name, DNS_TYPE_CNAME, TTL, SPAN_LITERAL("elsewhere.example"));
	if (answers[i].data)
		put_data(build, strcmp(word, "foreign") == 0 ? SPAN_LITERAL("other.example.com") : name, type);
	if (answers[i].soa)
		put_soa(build);
	assert_false(build->failed);
}

static void on_question(struct dns_peer *peer, const struct dns_peer_question *question)
{
	struct net_direct_rig *rig = peer->arg;
	unsigned server = peer == rig->peer[1], time = rig->asked[server]++;

	while (time > 0 && (time >= NET_DIRECT_TIMES || !rig->server[server][time]))
		time--;
	if (!rig->server[server][time])
		fail_msg("server %u is asked", server + 1);
	if (strcmp(rig->server[server][time], "silent") == 0)
		return;
	answer_with(&peer->build, rig->server[server][time], question->id, span_of(question->name), question->type);
	dns_peer_send(peer, question);
}

/* ---- the resolver ---- */

static void give(struct net_query *query, const struct dns_build *build)
{
	struct dns_answer_room room;
	struct dns_answer answer;

	assert_int_equal(dns_answer_parse(build->octet, build->n, net_query_name(query), query->type, &room, &answer),
			 0);
	query->status = answer.status;
	query->packets_sent = 1;
	query->on_answer(query, &answer);
}

static void resolve_host(struct net_direct_rig *rig, struct net_query *query)
{
	struct dns_build *build = &rig->peer[0]->build; /* nobody's at the moment */
	struct obs_address address;

	dns_build_begin(build, 1, DNS_FLAG_QR);
	dns_build_question(build, net_query_name(query), query->type);
	if (rig->second_host && query->type == DNS_TYPE_A) {
		assert_true(address_parse(span_of(rig->second_host), &address));
		dns_build_record(build, net_query_name(query), DNS_TYPE_A, TTL, address.octet, 4);
	}
	give(query, build);
}

static void resolve(struct net_direct_rig *rig, struct net_query *query)
{
	struct dns_build *build = &rig->peer[0]->build;

	query->fault = NET_OK;
	if (query->type == DNS_TYPE_A || query->type == DNS_TYPE_AAAA) {
		resolve_host(rig, query);
	} else if (strcmp(rig->says, "silent") == 0) {
		query->status = DNS_TIMEOUT;
		query->packets_sent = 3;
		query->on_answer(query, NULL);
	} else {
		answer_with(build, rig->says, 1, net_query_name(query), query->type);
		give(query, build);
	}
}

static void ask_resolver(struct net *net, struct net_query *query)
{
	struct net_direct_rig *rig = (struct net_direct_rig *)net;
	bool is_host = query->type == DNS_TYPE_A || query->type == DNS_TYPE_AAAA;

	rig->look_ups += query->type == DNS_TYPE_A;
	rig->resolver_asked += !is_host;
	rig->decided = query->decided;
	rig->silent = query->silent;
	if (!is_host && !rig->says)
		fail_msg("the resolver is asked");
	if (is_host ? rig->holds_hosts : rig->holds)
		STAILQ_INSERT_TAIL(&rig->held, query, own.next);
	else
		resolve(rig, query);
}

void net_direct_rig_release(struct net_direct_rig *rig, int fault)
{
	struct net_query *query;

	while ((query = STAILQ_FIRST(&rig->held))) {
		STAILQ_REMOVE_HEAD(&rig->held, own.next);
		if (fault == NET_OK) {
			resolve(rig, query);
			continue;
		}
		query->fault = (int8_t)fault;
		query->status = DNS_SKIPPED;
		query->on_answer(query, NULL);
	}
}

/* ---- life ---- */

static void on_watchdog(uv_timer_t *timer)
{
	(void)timer;
	fail_msg("a question never ended");
}

/* Both have one port, which is all that the engine asks. */
static void open_peers(struct net_direct_rig *rig)
{
	for (unsigned i = 0; i < NET_DIRECT_SERVERS; i++) {
		rig->peer[i] = calloc(1, sizeof(*rig->peer[i]));
		assert_non_null(rig->peer[i]);
		rig->peer[i]->on_question = on_question;
		rig->peer[i]->arg = rig;
		rig->peer[i]->at = server_text[i];
	}
	for (unsigned i = 0; i < PORT_TRIES; i++) {
		assert_true(dns_peer_open(rig->peer[0], &rig->loop, false));
		rig->peer[1]->loop = &rig->loop;
		rig->peer[1]->port = rig->peer[0]->port;
		if (dns_peer_open_again(rig->peer[1]))
			return;
		dns_peer_close(rig->peer[0]);
		dns_peer_close(rig->peer[1]);
		uv_run(&rig->loop, UV_RUN_NOWAIT);
	}
	fail_msg("no port for both");
}

static struct obs_address address_of(unsigned server)
{
	struct obs_address address;

	assert_true(address_parse(span_of(server_text[server]), &address));
	return address;
}

struct net_direct_rig *net_direct_rig_open(bool second_is_known)
{
	struct server_books_options rates = { .server_rate = 1.0 / TOKEN_PERIOD_S,
					      .operator_rate = 1.0 / TOKEN_PERIOD_S };
	struct net_direct_rig *rig = calloc(1, sizeof(*rig));
	struct net_direct_options options = { .engine = { .timeout_ms = NET_DIRECT_TIMEOUT_MS } };
	struct obs_address second = address_of(1);
	struct error error;

	assert_non_null(rig);
	STAILQ_INIT(&rig->held);
	rig->resolver.ask = ask_resolver;
	assert_int_equal(uv_loop_init(&rig->loop), 0);
	uv_timer_init(&rig->loop, &rig->watchdog);
	uv_timer_start(&rig->watchdog, on_watchdog, WATCHDOG_MS, 0);
	uv_unref((uv_handle_t *)&rig->watchdog);
	open_peers(rig);
	rig->books = server_books_new(&rates);
	rig->hosts = ns_hosts_new();
	rig->allow = cidr_set_new();
	assert_true(rig->books && rig->hosts && rig->allow);
	assert_int_equal(cidr_set_add(rig->allow, SPAN_LITERAL("127.0.0.0/8")), 0);
	if (second_is_known)
		ns_hosts_learn(rig->hosts, SPAN_LITERAL("ns2.example.net"), &second, 1, TTL, uv_now(&rig->loop) * 1000);
	rig->reach = (struct direct_reach){ .allow = rig->allow, .no_ipv6 = true };
	options.engine.loop = &rig->loop;
	options.engine.port = rig->peer[0]->port;
	options.engine.allow = rig->allow;
	options.books = rig->books;
	options.hosts = rig->hosts;
	options.audit = &rig->audit;
	options.reach = &rig->reach;
	options.resolver = &rig->resolver;
	assert_int_equal(net_direct_open(&rig->direct, &options, &error), 0);
	return rig;
}

void net_direct_rig_close(struct net_direct_rig *rig)
{
	net_direct_close(rig->direct);
	net_direct_rig_release(rig, NET_FAULT_SHUTDOWN);
	for (unsigned i = 0; i < NET_DIRECT_SERVERS; i++)
		dns_peer_close(rig->peer[i]);
	uv_close((uv_handle_t *)&rig->watchdog, NULL);
	uv_run(&rig->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&rig->loop), 0);
	net_direct_free(rig->direct);
	server_books_free(rig->books);
	ns_hosts_free(rig->hosts);
	cidr_set_free(rig->allow);
	arena_fini(&rig->arena);
	thread_alloc_trim();
	for (unsigned i = 0; i < NET_DIRECT_SERVERS; i++)
		free(rig->peer[i]);
	free(rig);
}

/* ---- questions ---- */

static void on_answer(struct net_query *query, const struct dns_answer *answer)
{
	struct net_direct_asked *asked = query->arg;

	asked->answers++;
	asked->records = answer && answer->status == DNS_NOERROR ? answer->count : 0;
	asked->ad = answer && answer->ad;
	if (answer)
		assert_int_equal(answer->status, query->status);
}

void net_direct_rig_prepare(struct net_direct_rig *rig, struct net_direct_asked *asked, uint16_t type)
{
	*asked = (struct net_direct_asked){ .answers = 0 };
	extra_begin(&asked->servers, EXTRA_SERVERS);
	extra_add(&asked->servers, SPAN_LITERAL("ns1.example.net"));
	if (!rig->one_server)
		extra_add(&asked->servers, SPAN_LITERAL("ns2.example.net"));
	asked->delegation = (struct net_delegation){ .zone = SPAN_LITERAL("example.com"),
						     .servers = extra_octets(&asked->servers),
						     .operator= NET_DIRECT_OPERATOR,
						     .address = address_of(0) };
	asked->query = (struct net_query){ .on_answer = on_answer,
					   .arg = asked,
					   .type = type,
					   .arena = &rig->arena,
					   .delegation = &asked->delegation };
	net_query_about(&asked->query,
			type == DNS_TYPE_MX ? SPAN_LITERAL("example.com") : SPAN_LITERAL("_mta-sts.example.com"));
}

void net_direct_rig_begin(struct net_direct_rig *rig, struct net_direct_asked *asked, uint16_t type)
{
	net_direct_rig_prepare(rig, asked, type);
	net_direct_ask(rig->direct, &asked->query);
}

void net_direct_rig_await(struct net_direct_rig *rig, const struct net_direct_asked *asked)
{
	while (asked->answers == 0)
		uv_run(&rig->loop, UV_RUN_ONCE);
	assert_int_equal(asked->answers, 1);
}

void net_direct_rig_ask(struct net_direct_rig *rig, struct net_direct_asked *asked, uint16_t type)
{
	net_direct_rig_begin(rig, asked, type);
	net_direct_rig_await(rig, asked);
}

void net_direct_rig_pass(struct net_direct_rig *rig, unsigned ms)
{
	loop_pass(&rig->loop, ms);
}

void net_direct_rig_rest(struct net_direct_rig *rig, unsigned server)
{
	struct obs_address address = address_of(server);
	uint64_t now_us = uv_now(&rig->loop) * 1000;

	server_books_take(rig->books, &address, 1, now_us);
	for (unsigned i = 0; i < SERVER_SILENT_ROW; i++)
		server_books_outcome(rig->books, &address, SERVER_SILENT, now_us);
}

/* Whole ones: the rest is what was earned meanwhile. */
static unsigned tokens_of(uint64_t wait_us)
{
	return (unsigned)((wait_us + TOKEN_PERIOD_S * UINT64_C(500000)) / (TOKEN_PERIOD_S * UINT64_C(1000000)));
}

unsigned net_direct_rig_charged(struct net_direct_rig *rig)
{
	return tokens_of(server_books_take_operator(rig->books, NET_DIRECT_OPERATOR, 1, uv_now(&rig->loop) * 1000));
}

unsigned net_direct_rig_charged_to(struct net_direct_rig *rig, unsigned server)
{
	struct obs_address address = address_of(server);

	return tokens_of(server_books_take(rig->books, &address, 1, uv_now(&rig->loop) * 1000));
}
