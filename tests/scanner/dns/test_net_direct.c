/* SPDX-License-Identifier: BSD-2-Clause */
/* The way of a question with --direct: which of two name servers is asked, when the resolver is, and whose answer it
 * is. */
#include "tests/scanner/dns/net_direct_rig.h"

#include <stdio.h>

#include "scanner/dns/net_direct_own.h"

/* ---- ways ---- */

struct way {
	const char *name;
	uint16_t type;
	const char *first, *second; /* what the servers say; NULL: it may not be asked */
	const char *resolver;       /* likewise */
	enum dns_status status;
	enum obs_source source;
	enum obs_fall_back why;
	unsigned charged; /* of the operator, beside the one that was taken for it */
	bool decided;     /* the resolver is to fail at once */
};

#define MX DNS_TYPE_MX
#define TXT DNS_TYPE_TXT
#define DIRECT SOURCE_DIRECT
#define RESOLVER SOURCE_RESOLVER

static const struct way ways[] = {
	{ "data counts", MX, "data", NULL, NULL, DNS_NOERROR, DIRECT, FALL_BACK_NONE, 0, false },
	{ "NODATA counts", MX, "absent", NULL, NULL, DNS_NO_ANSWER, DIRECT, FALL_BACK_NONE, 0, false },
	{ "NXDOMAIN counts", TXT, "nx", NULL, NULL, DNS_NXDOMAIN, DIRECT, FALL_BACK_NONE, 0, false },
	{ "TXT is validated", TXT, "data", NULL, "data", DNS_NOERROR, RESOLVER, FALL_BACK_CONFIRMED, 1, false },
	{ "and the resolver's", TXT, "data", NULL, "nx", DNS_NXDOMAIN, RESOLVER, FALL_BACK_CONFIRMED, 1, false },
	{ "an alias is followed", TXT, "alias", NULL, "data", DNS_NOERROR, RESOLVER, FALL_BACK_ALIAS, 1, false },
	{ "a stranger's record", TXT, "foreign", NULL, "nx", DNS_NXDOMAIN, RESOLVER, FALL_BACK_FOREIGN, 1, false },
	{ "somebody guesses", MX, "guess", NULL, "data", DNS_NOERROR, RESOLVER, FALL_BACK_SPOOFED, 1, false },

	{ "lame, the second is not", MX, "refused", "data", NULL, DNS_NOERROR, DIRECT, FALL_BACK_REFUSED, 1, false },
	{ "nor is its absence", TXT, "servfail", "nx", NULL, DNS_NXDOMAIN, DIRECT, FALL_BACK_SERVFAIL, 1, false },
	{ "its TXT is validated", TXT, "no-aa", "data", "data", DNS_NOERROR, RESOLVER, FALL_BACK_CONFIRMED, 2, false },
	{ "silent, the second is not", MX, "silent", "data", NULL, DNS_NOERROR, DIRECT, FALL_BACK_TIMEOUT, 1, false },
	{ "truncated, likewise", MX, "tc", "data", NULL, DNS_NOERROR, DIRECT, FALL_BACK_TRUNCATED, 1, false },
	{ "the second's alias", MX, "refused", "alias", "data", DNS_NOERROR, RESOLVER, FALL_BACK_ALIAS, 2, false },

	{ "both lame", MX, "refused", "servfail", "servfail", DNS_SERVFAIL, RESOLVER, FALL_BACK_SERVFAIL, 2, true },
	{ "no authority", MX, "no-aa", "no-aa", "data", DNS_NOERROR, RESOLVER, FALL_BACK_NOT_AUTHORITATIVE, 2, true },
	{ "no SOA", MX, "no-soa", "no-soa", "nx", DNS_NXDOMAIN, RESOLVER, FALL_BACK_NO_SOA, 2, true },
	{ "another code", MX, "formerr", "formerr", "data", DNS_NOERROR, RESOLVER, FALL_BACK_RCODE, 2, false },
	{ "both truncated", TXT, "tc", "tc", "data", DNS_NOERROR, RESOLVER, FALL_BACK_TRUNCATED, 2, false },
	{ "both silent", MX, "silent", "silent", "silent", DNS_TIMEOUT, RESOLVER, FALL_BACK_TIMEOUT, 2, false },
	{ "lame, then silent", MX, "refused", "silent", "data", DNS_NOERROR, RESOLVER, FALL_BACK_TIMEOUT, 2, false },
	{ "silent, then lame", MX, "silent", "refused", "data", DNS_NOERROR, RESOLVER, FALL_BACK_TIMEOUT, 2, false },
};

static void check(const struct way *way, const struct net_direct_rig *rig, const struct net_direct_asked *asked,
		  unsigned charged)
{
	const struct net_query *query = &asked->query;

	if (query->fault != NET_OK || query->status != way->status || query->source != way->source ||
	    query->fall_back != way->why)
		fail_msg("%s: fault %d, %s by %s for %s", way->name, query->fault, dns_status_names[query->status],
			 obs_source_names[query->source], obs_fall_back_names[query->fall_back]);
	if (rig->asked[0] != (way->first ? 1 : 0) || rig->asked[1] != (way->second ? 1 : 0) ||
	    rig->resolver_asked != (way->resolver ? 1 : 0) || rig->decided != way->decided || charged != way->charged)
		fail_msg("%s: %u, %u and %u questions, decided %d, %u charged", way->name, rig->asked[0], rig->asked[1],
			 rig->resolver_asked, rig->decided, charged);
	if (rig->silent != (way->resolver && way->why == FALL_BACK_TIMEOUT))
		fail_msg("%s: the resolver is told that silence %s to be expected", way->name,
			 rig->silent ? "is" : "is not");
	if (asked->records != (way->status == DNS_NOERROR ? 1 : 0) ||
	    asked->ad != (way->status == DNS_NOERROR && way->source == RESOLVER))
		fail_msg("%s: %u records, AD %d", way->name, asked->records, asked->ad);
	if (query->packets_sent < rig->asked[0] + rig->asked[1] + rig->resolver_asked || query->audit)
		fail_msg("%s: %u packets, or an audit", way->name, query->packets_sent);
}

static void go(const struct way *way, bool lame)
{
	struct net_direct_rig *rig = net_direct_rig_open(true);
	struct net_direct_asked asked;

	rig->server[0][0] = way->first;
	rig->server[1][0] = way->second;
	rig->says = way->resolver;
	net_direct_rig_prepare(rig, &asked, way->type);
	asked.query.lame = lame;
	net_direct_ask(rig->direct, &asked.query);
	net_direct_rig_await(rig, &asked);
	check(way, rig, &asked, net_direct_rig_charged(rig));
	/* the resolver asks them as well; the first was paid for */
	if (!asked.delegation.has_moved)
		assert_int_equal(net_direct_rig_charged_to(rig, 0), rig->resolver_asked);
	assert_int_equal(net_direct_rig_charged_to(rig, 1), rig->asked[1] * (1 + rig->resolver_asked));
	net_direct_rig_close(rig);
}

static void each_answer_has_its_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++)
		go(&ways[i], false);
}

/* Of a zone that is lame by another name a server's word is enough, if it is the same. */
static const struct way ways_of_lame[] = {
	{ "REFUSED again", TXT, "refused", NULL, NULL, DNS_SERVFAIL, RESOLVER, FALL_BACK_REFUSED, 0, false },
	{ "SERVFAIL", TXT, "servfail", NULL, NULL, DNS_SERVFAIL, RESOLVER, FALL_BACK_SERVFAIL, 0, false },
	{ "no authority", TXT, "no-aa", NULL, NULL, DNS_SERVFAIL, RESOLVER, FALL_BACK_NOT_AUTHORITATIVE, 0, false },
	{ "silent, then lame", TXT, "silent", "refused", NULL, DNS_SERVFAIL, RESOLVER, FALL_BACK_REFUSED, 1, false },
	{ "both silent", TXT, "silent", "silent", "nx", DNS_NXDOMAIN, RESOLVER, FALL_BACK_TIMEOUT, 2, false },
	{ "not by this name", TXT, "nx", NULL, NULL, DNS_NXDOMAIN, DIRECT, FALL_BACK_NONE, 0, false },
	{ "a record, even", TXT, "data", NULL, "data", DNS_NOERROR, RESOLVER, FALL_BACK_CONFIRMED, 1, false },
	{ "an alias", TXT, "alias", NULL, "data", DNS_NOERROR, RESOLVER, FALL_BACK_ALIAS, 1, false },
};

static void a_zone_that_is_lame_costs_the_resolver_no_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways_of_lame); i++)
		go(&ways_of_lame[i], true);
}

/* A domain that is asked for at the resolver alone, for which it took its tokens before it began; or whose MX is to be
 * validated, which takes another one. */
static void who_is_not_to_be_asked_is_not(void **state)
{
	struct net_direct_rig *rig = net_direct_rig_open(true);
	struct net_direct_asked asked;

	(void)state;
	rig->says = "data";
	net_direct_rig_prepare(rig, &asked, MX);
	asked.delegation.address.family = 0;
	asked.delegation.why = FALL_BACK_UNSEEN;
	net_direct_ask(rig->direct, &asked.query);
	net_direct_rig_await(rig, &asked);
	assert_int_equal(asked.query.source, SOURCE_RESOLVER);
	assert_int_equal(asked.query.fall_back, FALL_BACK_UNSEEN);
	assert_true(asked.ad && !rig->silent);

	net_direct_rig_prepare(rig, &asked, MX);
	asked.delegation.address.family = 0;
	asked.delegation.why = FALL_BACK_PATIENCE;
	net_direct_ask(rig->direct, &asked.query);
	net_direct_rig_await(rig, &asked);
	assert_true(asked.ad && rig->silent);

	net_direct_rig_prepare(rig, &asked, MX);
	asked.query.validated = true;
	net_direct_ask(rig->direct, &asked.query);
	net_direct_rig_await(rig, &asked);
	assert_int_equal(asked.query.source, SOURCE_RESOLVER);
	assert_int_equal(asked.query.fall_back, FALL_BACK_CONFIRMED);
	assert_true(asked.ad);
	assert_int_equal(rig->asked[0] + rig->asked[1], 0);
	assert_int_equal(net_direct_rig_charged(rig), 1);
	net_direct_rig_close(rig);
}

static void the_better_server_is_asked_first_from_then_on(void **state)
{
	struct net_direct_rig *rig = net_direct_rig_open(true);
	struct net_direct_asked asked;

	(void)state;
	rig->server[0][0] = "refused";
	rig->server[1][0] = "absent";
	net_direct_rig_ask(rig, &asked, MX);
	asked.answers = 0;
	net_direct_ask(rig->direct, &asked.query);
	net_direct_rig_await(rig, &asked);
	assert_int_equal(rig->asked[0], 1);
	assert_int_equal(rig->asked[1], 2);
	assert_int_equal(asked.query.fall_back, FALL_BACK_NONE);
	net_direct_rig_close(rig);
}

/* ---- the second server's host ---- */

struct host_case {
	const char *name;
	const char *address; /* NULL: it has none */
	bool never;          /* the look-up comes to no end */
	unsigned second;     /* questions to it */
	enum obs_source source;
};

static const struct host_case host_cases[] = {
	{ "it is found", "127.0.0.2", false, 1, SOURCE_DIRECT },
	{ "it has no address", NULL, false, 0, SOURCE_RESOLVER },
	{ "it is the same machine", "127.0.0.1", false, 0, SOURCE_RESOLVER },
	{ "it may not be contacted", "192.168.0.1", false, 0, SOURCE_RESOLVER },
	{ "it is not found out in time", NULL, true, 0, SOURCE_RESOLVER },
};

static void a_second_host_nobody_knows_is_looked_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(host_cases); i++) {
		const struct host_case *c = &host_cases[i];
		struct net_direct_rig *rig = net_direct_rig_open(false);
		struct net_direct_asked asked;

		rig->second_host = c->address;
		rig->holds_hosts = c->never;
		rig->server[0][0] = "servfail";
		rig->server[1][0] = "data";
		rig->says = "data";
		net_direct_rig_ask(rig, &asked, MX);
		if (rig->look_ups != 1 || rig->asked[0] != 1 || rig->asked[1] != c->second ||
		    asked.query.source != c->source || asked.query.status != DNS_NOERROR ||
		    asked.query.fall_back != FALL_BACK_SERVFAIL)
			fail_msg("%s: %u look-ups, %u questions, by %s", c->name, rig->look_ups, rig->asked[1],
				 obs_source_names[asked.query.source]);
		net_direct_rig_close(rig);
	}
}

/* Silence before it takes none of the time that there is for its look-up. */
static void a_second_host_has_its_time_after_silence(void **state)
{
	struct net_direct_rig *rig = net_direct_rig_open(false);
	struct net_direct_asked asked;

	(void)state;
	rig->second_host = "127.0.0.2";
	rig->holds_hosts = true;
	rig->server[0][0] = "silent";
	rig->server[1][0] = "data";
	net_direct_rig_begin(rig, &asked, MX);
	net_direct_rig_pass(rig, NET_DIRECT_TIMEOUT_MS + 4900);
	net_direct_rig_release(rig, NET_OK);
	net_direct_rig_await(rig, &asked);
	assert_int_equal(asked.query.source, SOURCE_DIRECT);
	assert_int_equal(rig->look_ups, 1);
	net_direct_rig_close(rig);
}

/* A zone may name a dozen hosts that do not exist, below a dozen victims (NXNSAttack); and one that is known. */
static void one_host_is_looked_up_for_a_question(void **state)
{
	static const char *const known_text[] = { NULL, "127.0.0.2" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(known_text); i++) {
		struct net_direct_rig *rig = net_direct_rig_open(false);
		struct net_direct_asked asked;
		struct obs_address known;
		char name[64];

		rig->server[0][0] = "refused";
		rig->server[1][0] = rig->says = "data";
		net_direct_rig_prepare(rig, &asked, MX);
		for (unsigned k = 0; k < 10; k++) {
			extra_add(&asked.servers, (struct span){ name, (size_t)snprintf(name, sizeof(name),
											"ns.victim%u.example", k) });
		}
		asked.delegation.servers = extra_octets(&asked.servers);
		if (known_text[i] && address_parse(span_of(known_text[i]), &known))
			ns_hosts_learn(rig->hosts, SPAN_LITERAL("ns.victim9.example"), &known, 1, 300,
				       uv_now(&rig->loop) * 1000);
		net_direct_ask(rig->direct, &asked.query);
		net_direct_rig_await(rig, &asked);
		assert_int_equal(rig->look_ups, known_text[i] ? 0 : 1);
		assert_int_equal(asked.query.source, known_text[i] ? SOURCE_DIRECT : SOURCE_RESOLVER);
		net_direct_rig_close(rig);
	}
}

/* ---- rest ---- */

struct rest_case {
	const char *name;
	const char *first, *second; /* what they say; NULL: it may not be asked */
	bool rests[NET_DIRECT_SERVERS];
	const char *resolver;
	int fault;
	enum obs_fall_back why;
	bool only; /* it is the domain's only one */
};

static const struct rest_case rest_cases[] = {
	{ "neither does", "silent", "silent", { false, false }, "data", NET_OK, FALL_BACK_TIMEOUT, false },
	{ "both do", "silent", NULL, { true, true }, NULL, NET_FAULT_RESTING, FALL_BACK_TIMEOUT, false },
	{ "the first, and the second answers",
	  "silent",
	  "data",
	  { true, false },
	  NULL,
	  NET_OK,
	  FALL_BACK_TIMEOUT,
	  false },
	{ "the first, and the second is silent, too",
	  "silent",
	  "silent",
	  { true, false },
	  "data",
	  NET_OK,
	  FALL_BACK_TIMEOUT,
	  false },
	{ "the second, and the first is silent",
	  "silent",
	  NULL,
	  { false, true },
	  "data",
	  NET_OK,
	  FALL_BACK_TIMEOUT,
	  false },
	{ "the second, and the first is lame",
	  "refused",
	  NULL,
	  { false, true },
	  "data",
	  NET_OK,
	  FALL_BACK_REFUSED,
	  false },
	{ "a probe that is answered", "data", NULL, { true, true }, NULL, NET_OK, FALL_BACK_NONE, false },
	{ "the only one", "silent", NULL, { true, false }, NULL, NET_FAULT_RESTING, FALL_BACK_TIMEOUT, true },
	{ "the only one, which is lame", "refused", NULL, { true, false }, "data", NET_OK, FALL_BACK_REFUSED, true },
};

static void silence_of_servers_that_rest_is_waited_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rest_cases); i++) {
		const struct rest_case *c = &rest_cases[i];
		struct net_direct_rig *rig = net_direct_rig_open(true);
		struct net_direct_asked asked;

		for (unsigned k = 0; k < NET_DIRECT_SERVERS; k++)
			if (c->rests[k])
				net_direct_rig_rest(rig, k);
		rig->server[0][0] = c->first;
		rig->server[1][0] = c->second;
		rig->says = c->resolver;
		rig->one_server = c->only;
		net_direct_rig_ask(rig, &asked, MX);
		if (asked.query.fault != c->fault || asked.query.fall_back != c->why ||
		    rig->resolver_asked != (c->resolver ? 1 : 0))
			fail_msg("%s: fault %d for %s, %u of the resolver", c->name, asked.query.fault,
				 obs_fall_back_names[asked.query.fall_back], rig->resolver_asked);
		net_direct_rig_close(rig);
	}
}

/* A zone that names a victim beside servers that fail gets it asked no more often than it may be. */
static void a_second_that_owes_too_much_is_waited_for(void **state)
{
	const struct obs_address second = { .family = 4, .octet = { 127, 0, 0, 2 } };
	unsigned waits = 0;

	(void)state;
	for (int moved = 0; moved < 2; moved++) {
		struct net_direct_rig *rig = net_direct_rig_open(true);
		struct net_direct_asked asked;

		rig->server[0][0] = "no-aa";
		rig->server[1][0] = "data";
		for (unsigned i = 0; i < 2 * SERVER_OWED_MOST; i++) {
			net_direct_rig_prepare(rig, &asked, MX);
			if (moved) {
				asked.delegation.address = second;
				asked.delegation.has_moved = true;
			}
			net_direct_ask(rig->direct, &asked.query);
			net_direct_rig_await(rig, &asked);
			assert_int_equal(asked.query.fault == NET_FAULT_RESTING, asked.delegation.has_failed);
			waits += asked.delegation.has_failed;
		}
		assert_in_range(rig->asked[1], SERVER_OWED_MOST, SERVER_OWED_MOST + 2);
		assert_int_equal(rig->asked[0], moved ? 0 : 2 * SERVER_OWED_MOST);
		assert_int_equal(waits + rig->asked[1], 2 * SERVER_OWED_MOST);
		waits = 0;
		net_direct_rig_close(rig);
	}
}

/* What servers do is told to the books: twenty are silent, and the next finds it at rest. */
static void the_books_are_told(void **state)
{
	struct net_direct_rig *rig = net_direct_rig_open(true);
	struct net_direct_asked asked;
	struct server_books_counts counts;

	(void)state;
	rig->server[0][0] = rig->server[1][0] = "silent";
	rig->says = "data";
	for (unsigned i = 0; i < SERVER_SILENT_ROW; i++) {
		struct obs_address first = { .family = 4, .octet = { 127, 0, 0, 1 } };

		server_books_take(rig->books, &first, 1, uv_now(&rig->loop) * 1000);
		net_direct_rig_ask(rig, &asked, MX);
	}
	server_books_counts(rig->books, &counts);
	assert_int_equal(counts.resting, 2);
	assert_int_equal(asked.query.fault, NET_FAULT_RESTING);
	net_direct_rig_close(rig);
}

/* ---- the audit ---- */

struct audit_case {
	const char *name;
	const char *first, *again; /* what the server says, and when it is asked once more; NULL: it is not */
	const char *resolver;
	enum obs_audit_kind kind;
	enum dns_status direct, from_resolver, from_again;
	unsigned records;
};

static const struct audit_case audit_cases[] = {
	{ "the same", "nx", NULL, "nx", AUDIT_ABSENT, DNS_NXDOMAIN, DNS_NXDOMAIN, DNS_SKIPPED, 0 },
	{ "absent is absent", "absent", NULL, "nx", AUDIT_ABSENT, DNS_NO_ANSWER, DNS_NXDOMAIN, DNS_SKIPPED, 0 },
	{ "it failed", "nx", NULL, "servfail", AUDIT_FAILED, DNS_NXDOMAIN, DNS_SERVFAIL, DNS_SKIPPED, 0 },
	{ "nothing came", "nx", NULL, "silent", AUDIT_FAILED, DNS_NXDOMAIN, DNS_TIMEOUT, DNS_SKIPPED, 0 },
	{ "there is data", "nx", "nx", "data", AUDIT_DATA, DNS_NXDOMAIN, DNS_NOERROR, DNS_NXDOMAIN, 1 },
	{ "it has changed", "nx", "data", "data", AUDIT_CHANGED, DNS_NXDOMAIN, DNS_NOERROR, DNS_NOERROR, 1 },
	{ "no second answer", "absent", "silent", "data", AUDIT_DATA, DNS_NO_ANSWER, DNS_NOERROR, DNS_TIMEOUT, 1 },
	{ "another one", "absent", "refused", "data", AUDIT_DATA, DNS_NO_ANSWER, DNS_NOERROR, DNS_ERROR, 1 },
};

static void an_audit_finds_what_differs(void **state)
{
	static const uint16_t types[] = { MX, TXT };
	static const char *const record[] = { "10 mx.example.com", "v=STSv1; id=1" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(audit_cases) * COUNT_OF(types); i++) {
		const struct audit_case *c = &audit_cases[i / COUNT_OF(types)];
		struct net_direct_rig *rig = net_direct_rig_open(true);
		struct net_direct_asked asked;
		const struct obs_audit *audit;

		rig->audit.share = 1;
		rig->server[0][0] = c->first;
		rig->server[0][1] = c->again;
		rig->says = c->resolver;
		net_direct_rig_ask(rig, &asked, types[i % COUNT_OF(types)]);
		audit = asked.query.audit;
		if (asked.query.fault || asked.query.status != c->direct || asked.query.source != SOURCE_DIRECT ||
		    rig->asked[0] != (c->again ? 2 : 1) || rig->decided || !audit)
			fail_msg("%s: fault %d, %s, %u questions, audit %d", c->name, asked.query.fault,
				 dns_status_names[asked.query.status], rig->asked[0], audit ? 1 : 0);
		if (audit->kind != c->kind || audit->direct != c->direct || audit->resolver != c->from_resolver ||
		    audit->again != c->from_again || audit->record_count != c->records)
			fail_msg("%s: %s, %s then %s, %u records", c->name, obs_audit_kind_names[audit->kind],
				 dns_status_names[audit->resolver], dns_status_names[audit->again],
				 (unsigned)audit->record_count);
		if (c->records > 0)
			assert_true(span_equal(audit->record[0], span_of(record[i % COUNT_OF(types)])));
		assert_int_equal(net_direct_rig_charged(rig), c->again ? 2 : 1);
		net_direct_rig_close(rig);
	}
}

/* Data is the resolver's anyway, or may differ: the audit is of what is said to be absent. */
static void data_is_not_audited(void **state)
{
	struct net_direct_rig *rig = net_direct_rig_open(true);
	struct net_direct_asked asked;

	(void)state;
	rig->audit.share = 1;
	rig->server[0][0] = "data";
	net_direct_rig_ask(rig, &asked, MX);
	assert_null(asked.query.audit);
	assert_int_equal(rig->audit.seen, 0);
	net_direct_rig_close(rig);
}

struct share_case {
	const char *name;
	double share;
	uint64_t least, expected;
	unsigned chosen[2]; /* of CHOICES: from, to */
};

enum { CHOICES = 20000 };

static const struct share_case share_cases[] = {
	{ "none", 0, 0, CHOICES, { 0, 0 } },
	{ "all", 1, 0, CHOICES, { CHOICES, CHOICES } },
	{ "a tenth", 0.1, 0, CHOICES, { 1900, 2100 } },
	{ "so many at least", 0.001, 1000, CHOICES, { 900, 1100 } },
	{ "of a long list a share is more", 0.1, 1000, CHOICES, { 1900, 2100 } },
	{ "there are no more", 0, 2 * CHOICES, CHOICES, { CHOICES, CHOICES } },
	{ "nobody knows of how many", 0, 1000, 0, { 1000, CHOICES / 4 } },
};

static unsigned chosen_of(struct direct_audit *audit, bool *is_chosen)
{
	struct net_query query = { .type = TXT };
	unsigned chosen = 0;
	char name[32];

	for (unsigned i = 0; i < CHOICES; i++) {
		query.name_n = (uint16_t)snprintf(name, sizeof(name), "_mta-sts.d%u.example", i);
		query.name = name;
		is_chosen[i] = direct_audit_chooses(audit, &query);
		chosen += is_chosen[i];
	}
	return chosen;
}

static void a_key_chooses_what_is_audited(void **state)
{
	static bool first[CHOICES], second[CHOICES];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(share_cases); i++) {
		const struct share_case *c = &share_cases[i];
		struct direct_audit audit = { .share = c->share, .least = c->least, .expected = c->expected };
		struct direct_audit other = {
			.share = c->share, .least = c->least, .expected = c->expected, .key = { 1 }
		};
		unsigned chosen = chosen_of(&audit, first);

		if (chosen < c->chosen[0] || chosen > c->chosen[1] || audit.seen != CHOICES)
			fail_msg("%s: %u", c->name, chosen);
		audit.seen = 0;
		chosen_of(&audit, second);
		assert_memory_equal(first, second, sizeof(first));
		chosen_of(&other, second);
		if (chosen > 0 && chosen < CHOICES)
			assert_memory_not_equal(first, second, sizeof(first));
	}
}

/* ---- the end ---- */

enum standing { WITH_THE_SERVER, FOR_A_HOST, WITH_THE_RESOLVER, WITH_THE_AUDIT, STANDINGS };

static void a_stop_ends_each_question_once_wherever_it_stands(void **state)
{
	(void)state;
	for (unsigned where = 0; where < STANDINGS; where++) {
		struct net_direct_rig *rig = net_direct_rig_open(where != FOR_A_HOST);
		struct net_direct_asked asked, late;

		rig->audit.share = where == WITH_THE_AUDIT;
		rig->holds = rig->holds_hosts = true;
		rig->says = "data";
		rig->server[0][0] = where == WITH_THE_SERVER     ? "silent"
				    : where == FOR_A_HOST        ? "refused"
				    : where == WITH_THE_RESOLVER ? "alias"
								 : "nx";
		net_direct_rig_begin(rig, &asked, MX);
		net_direct_rig_pass(rig, 100);
		assert_int_equal(asked.answers, 0);
		assert_int_equal(rig->asked[0], 1);
		net_direct_stop(rig->direct);
		assert_int_equal(asked.answers, where < WITH_THE_RESOLVER);
		net_direct_rig_begin(rig, &late, MX);
		assert_int_equal(late.answers, 1);
		assert_int_equal(late.query.fault, NET_FAULT_SHUTDOWN);
		net_direct_rig_close(rig); /* the resolver is stopped, too */
		assert_int_equal(asked.answers, 1);
		assert_int_equal(asked.query.fault, NET_FAULT_SHUTDOWN);
		assert_int_equal(asked.query.status, DNS_SKIPPED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_has_its_way),
		cmocka_unit_test(a_zone_that_is_lame_costs_the_resolver_no_more),
		cmocka_unit_test(who_is_not_to_be_asked_is_not),
		cmocka_unit_test(the_better_server_is_asked_first_from_then_on),
		cmocka_unit_test(a_second_host_nobody_knows_is_looked_up),
		cmocka_unit_test(a_second_host_has_its_time_after_silence),
		cmocka_unit_test(one_host_is_looked_up_for_a_question),
		cmocka_unit_test(silence_of_servers_that_rest_is_waited_for),
		cmocka_unit_test(a_second_that_owes_too_much_is_waited_for),
		cmocka_unit_test(the_books_are_told),
		cmocka_unit_test(an_audit_finds_what_differs),
		cmocka_unit_test(data_is_not_audited),
		cmocka_unit_test(a_key_chooses_what_is_audited),
		cmocka_unit_test(a_stop_ends_each_question_once_wherever_it_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
