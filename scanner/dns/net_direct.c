/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/dns/net_direct.h"

#include <stdlib.h>

#include "scanner/base/extra.h"
#include "scanner/base/thread_alloc.h"
#include "scanner/dns/net_direct_own.h"
#include "scanner/rules/contact.h"

enum {
	HOST_POLL_MS = 20,           /* between looks for a host's addresses */
	HOST_PATIENCE_MS = 5000,     /* then the resolver is asked, who is as good at it as our look-up */
	OUTCOMES = DIRECT_FAULT + 1, /* of enum direct_end */
};

/* ---- the end of a question ---- */

static void finish(struct direct_ask *ask, int fault, enum dns_status status, const struct dns_answer *answer)
{
	struct net_query *query = ask->query;

	query->fault = (int8_t)fault;
	query->status = status;
	query->packets_sent = ask->packets;
	query->fall_back = ask->why;
	thread_alloc_free(ask);
	query->on_answer(query, answer);
}

static void add_packets(struct direct_ask *ask, unsigned packets)
{
	ask->packets = (uint8_t)(ask->packets + packets < UINT8_MAX ? ask->packets + packets : UINT8_MAX);
}

/* ---- the resolver ---- */

/* Ask it the question, which it decides or audits. It asks the same servers from the same network: who was asked pays.
 */
static void ask_resolver(struct direct_ask *ask, bool decided,
			 void (*on_answer)(struct net_query *, const struct dns_answer *))
{
	struct net_direct *direct = ask->direct;
	const struct net_query *query = ask->query;
	const struct obs_address *drawn = &query->delegation->address;

	if (direct->stopping) {
		finish(ask, NET_FAULT_SHUTDOWN, DNS_SKIPPED, NULL);
		return;
	}
	ask->inner = (struct net_query){ .on_answer = on_answer,
					 .arg = ask,
					 .name = query->name,
					 .name_n = query->name_n,
					 .type = query->type,
					 .decided = decided,
					 .silent = ask->why == FALL_BACK_TIMEOUT || ask->why == FALL_BACK_PATIENCE };
	/* a domain that has the resolver alone took its tokens before it began */
	if (drawn->family != 0)
		server_books_charge(direct->options.books, drawn, query->delegation->operator, 1,
				    direct_now_us(direct));
	if (ask->is_second && !address_equal(&ask->try.address, drawn))
		server_books_charge(direct->options.books, &ask->try.address, 0, 1, direct_now_us(direct));
	direct->options.resolver->ask(direct->options.resolver, &ask->inner);
}

static void on_resolved(struct net_query *inner, const struct dns_answer *answer)
{
	struct direct_ask *ask = inner->arg;

	add_packets(ask, inner->packets_sent);
	ask->query->source = SOURCE_RESOLVER;
	finish(ask, inner->fault, inner->status, answer);
}

static void fall_back(struct direct_ask *ask, enum obs_fall_back why)
{
	ask->why = why;
	/* two servers said so, or there is no other: SERVFAIL is all that the resolver could add */
	ask_resolver(ask, obs_fall_back_is_lame(why), on_resolved);
}

/* The resolver has failed with another name of the zone already: that is what it would say of this one. */
static void finish_lame(struct direct_ask *ask, enum obs_fall_back why)
{
	ask->why = why;
	ask->query->source = SOURCE_RESOLVER;
	finish(ask, NET_OK, DNS_SERVFAIL, NULL);
}

/* ---- the audit ---- */

static void finish_negative(struct direct_ask *ask)
{
	const struct dns_answer answer = { .status = ask->negative };

	ask->query->source = SOURCE_DIRECT;
	finish(ask, NET_OK, ask->negative, &answer);
}

static void on_again(struct direct_try *try, enum direct_end end, const uint8_t *packet, size_t n, bool cut)
{
	struct direct_ask *ask = try->arg;
	struct net_query *query = ask->query;
	struct obs_audit *audit = query->audit;
	enum dns_status status = DNS_TIMEOUT;

	add_packets(ask, try->was_sent);
	if (end == DIRECT_FAULT) {
		finish(ask, try->fault, DNS_SKIPPED, NULL);
		return;
	}
	if (end == DIRECT_ANSWERED && direct_answer_judge(packet, n, cut, net_query_name(query), query->type,
							  query->delegation->zone, &status) != FALL_BACK_NONE)
		status = DNS_ERROR;
	audit->again = status;
	audit->kind = status == DNS_NOERROR ? AUDIT_CHANGED : AUDIT_DATA;
	finish_negative(ask);
}

static void on_audited(struct net_query *inner, const struct dns_answer *answer)
{
	struct direct_ask *ask = inner->arg;
	struct net_query *query = ask->query;
	struct net_direct *direct = ask->direct;
	int fault = inner->fault;

	add_packets(ask, inner->packets_sent);
	if (!fault)
		fault = direct_audit_keep(query, ask->negative, inner, answer);
	if (fault) {
		finish(ask, fault, DNS_SKIPPED, NULL);
	} else if (query->audit->kind == AUDIT_DATA) {
		server_books_charge(direct->options.books, &ask->try.address, query->delegation->operator, 1,
				    direct_now_us(direct));
		ask->try.on_end = on_again;
		direct_engine_ask(direct->engine, &ask->try);
	} else {
		finish_negative(ask);
	}
}

/* ---- the servers ---- */

static void on_end(struct direct_try *try, enum direct_end end, const uint8_t *packet, size_t n, bool cut);

static void try_at(struct direct_ask *ask, const struct obs_address *address)
{
	const struct net_query *query = ask->query;

	ask->try = (struct direct_try){
		.address = *address, .type = query->type, .name = net_query_name(query), .on_end = on_end, .arg = ask
	};
	direct_engine_ask(ask->direct->engine, &ask->try);
}

/* What counts is kept; data is what it is for in the case of MX, and to be validated in that of TXT. */
static void take(struct direct_ask *ask, enum dns_status status, const uint8_t *packet, size_t n)
{
	struct net_query *query = ask->query;
	struct net_direct *direct = ask->direct;
	struct dns_answer answer;

	if (status == DNS_NOERROR && query->type == DNS_TYPE_TXT) {
		fall_back(ask, FALL_BACK_CONFIRMED);
	} else if (status == DNS_NOERROR) {
		if (dns_answer_parse(packet, n, net_query_name(query), query->type, &direct->room, &answer) < 0 ||
		    answer.status != DNS_NOERROR) {
			fall_back(ask, FALL_BACK_MALFORMED);
			return;
		}
		answer.ad = false; /* RFC 4035 3.1.6 */
		query->source = SOURCE_DIRECT;
		finish(ask, NET_OK, DNS_NOERROR, &answer);
	} else {
		ask->negative = status;
		if (direct_audit_chooses(direct->options.audit, query))
			ask_resolver(ask, false, on_audited);
		else
			finish_negative(ask);
	}
}

/* Is one of @addresses, drawn, another than was asked, and may it be asked? */
static bool is_second(struct direct_ask *ask, const struct ns_addresses *addresses, struct obs_address *second,
		      uint64_t now_us)
{
	const struct net_direct_options *options = &ask->direct->options;
	uint64_t since_us;
	bool forbidden;

	if (!direct_reach_draw(options->reach, addresses, second, &forbidden) ||
	    address_equal(second, &ask->try.address) || server_books_rests(options->books, second, now_us, &since_us))
		return false;
	if (server_books_owed(options->books, second, now_us) <= SERVER_OWED_MOST)
		return true;
	ask->is_crowded = true;
	return false;
}

/* Look up one of the hosts that nobody knows. True: it is worth waiting. */
static bool look_up_another(struct direct_ask *ask, const struct span server[], size_t servers, uint64_t now_us)
{
	struct net_direct *direct = ask->direct;
	struct ns_addresses addresses;
	bool is_coming = false;
	uint64_t wait_us;

	for (size_t i = 1; i < servers && !ask->has_looked; i++) {
		size_t at = (ask->query->delegation->drawn + i) % servers;
		enum ns_host_state state = ns_hosts_find(direct->options.hosts, server[at], true, now_us, &addresses,
							 &wait_us);

		ask->has_looked = state == NS_HOST_WANTED;
		if (ask->has_looked)
			direct_look_up(direct, server[at]);
		is_coming |= ask->has_looked || state == NS_HOST_COMING;
	}
	return is_coming;
}

/* Which of the domain's other servers may be asked: its address, unless it rests. True: *second is it. Where none that
 * is known may, a host that nobody knows is looked up, one for a question (MaxFetch of the NXNSAttack paper);
 * *is_coming: it is worth waiting. */
static bool find_second(struct direct_ask *ask, struct obs_address *second, bool *is_coming)
{
	struct net_direct *direct = ask->direct;
	const struct net_delegation *delegation = ask->query->delegation;
	struct span server[EXTRA_SERVERS_ASKED];
	size_t servers = extra_items(delegation->servers, server, COUNT_OF(server));
	uint64_t now_us = direct_now_us(direct);
	struct ns_addresses addresses;

	*is_coming = ask->is_crowded = false;
	for (size_t i = 1; i < servers; i++) {
		size_t at = (delegation->drawn + i) % servers;
		enum ns_host_state state = ns_hosts_known(direct->options.hosts, server[at], now_us, &addresses);

		if (state == NS_HOST_KNOWN && is_second(ask, &addresses, second, now_us))
			return true;
		*is_coming |= state == NS_HOST_COMING;
	}
	if (!*is_coming)
		*is_coming = look_up_another(ask, server, servers, now_us);
	return false;
}

/* The domain waits for its other servers, whose tokens it takes then; the resolver would ask them now. */
static void wait_for_others(struct direct_ask *ask)
{
	ask->query->delegation->has_failed = true;
	finish(ask, NET_FAULT_RESTING, DNS_SKIPPED, NULL);
}

/* Silence of a server that rests is to be waited for; whatever else there is, the resolver decides. Where no other
 * could be asked it would ask the one that rests. */
static void give_up(struct direct_ask *ask)
{
	struct net_direct *direct = ask->direct;
	uint64_t since_us, now_us = direct_now_us(direct);

	if (ask->is_crowded)
		wait_for_others(ask);
	else if (ask->is_silent && server_books_rests(direct->options.books, &ask->try.address, now_us, &since_us))
		finish(ask, NET_FAULT_RESTING, DNS_SKIPPED, NULL);
	else
		fall_back(ask, ask->why);
}

static void on_timer(uv_timer_t *timer);

static void try_second(struct direct_ask *ask)
{
	struct net_direct *direct = ask->direct;
	struct net_delegation *delegation = ask->query->delegation;
	uint32_t now_ms = (uint32_t)uv_now(direct->options.engine.loop);
	struct obs_address second;
	bool is_coming = false;

	if (find_second(ask, &second, &is_coming)) {
		ask->is_second = true;
		direct->counts.second_tries++;
		server_books_charge(direct->options.books, &second, delegation->operator, 1, direct_now_us(direct));
		try_at(ask, &second);
	} else if (is_coming && now_ms - ask->since_ms < HOST_PATIENCE_MS && !direct->stopping) {
		/* seldomer with time: thousands may wait for a host whose turn does not come */
		ask->due_ms = now_ms + (now_ms - ask->since_ms) / 4;
		TAILQ_INSERT_TAIL(&direct->waiting, ask, next);
		if (!uv_is_active((uv_handle_t *)&direct->timer))
			uv_timer_start(&direct->timer, on_timer, HOST_POLL_MS, HOST_POLL_MS);
	} else {
		give_up(ask);
	}
}

/* How it reads in the books; UNJUDGED also where nothing was sent. */
static enum server_outcome outcome_of(enum direct_end end, const uint8_t *packet, size_t n)
{
	enum dns_status said;

	if (end == DIRECT_TIMED_OUT)
		return SERVER_SILENT;
	if (end != DIRECT_ANSWERED || n < DNS_HEADER_SIZE)
		return SERVER_UNJUDGED;
	said = dns_status_of_rcode(dns_rcode(packet));
	if (said == DNS_REFUSED || said == DNS_SERVFAIL)
		return SERVER_ERRED;
	return dns_is_truncated(packet) && packet[6] == 0 && packet[7] == 0 ? SERVER_SLIPPED : SERVER_ANSWERED;
}

/* Of two tries the reason that leaves more open: silence may end, what a server said stays said. */
static enum obs_fall_back weigh(const struct direct_ask *ask, enum obs_fall_back why)
{
	return ask->is_second && ask->why == FALL_BACK_TIMEOUT && obs_fall_back_is_lame(why) ? FALL_BACK_TIMEOUT : why;
}

static enum obs_fall_back why_of(const struct direct_ask *ask, enum direct_end end, const uint8_t *packet, size_t n,
				 bool cut, enum dns_status *status)
{
	static const enum obs_fall_back why[OUTCOMES] = { [DIRECT_TIMED_OUT] = FALL_BACK_TIMEOUT,
							  [DIRECT_LOST] = FALL_BACK_TIMEOUT,
							  [DIRECT_SPOOFED] = FALL_BACK_SPOOFED,
							  [DIRECT_FORBIDDEN] = FALL_BACK_FORBIDDEN,
							  [DIRECT_UNSENT] = FALL_BACK_UNSENT };
	const struct net_query *query = ask->query;

	if (end != DIRECT_ANSWERED)
		return why[end];
	return direct_answer_judge(packet, n, cut, net_query_name(query), query->type, query->delegation->zone, status);
}

/* The second was better: the domain's other questions begin with it. */
static void prefer_second(struct direct_ask *ask)
{
	if (!ask->is_second)
		return;
	ask->query->delegation->address = ask->try.address;
	ask->query->delegation->has_moved = true;
}

static void tell_books(struct direct_ask *ask, enum direct_end end, const uint8_t *packet, size_t n)
{
	struct server_books *books = ask->direct->options.books;
	enum server_outcome outcome = outcome_of(end, packet, n);
	uint64_t now_us = direct_now_us(ask->direct);
	int32_t ago_ms = (int32_t)((uint32_t)(now_us / 1000) - ask->try.sent_ms);

	if (outcome == SERVER_SILENT)
		server_books_silent(books, &ask->try.address, now_us - (ago_ms > 0 ? (uint64_t)ago_ms * 1000 : 0),
				    now_us);
	else
		server_books_outcome(books, &ask->try.address, outcome, now_us);
}

static void on_end(struct direct_try *try, enum direct_end end, const uint8_t *packet, size_t n, bool cut)
{
	struct direct_ask *ask = try->arg;
	enum dns_status status = DNS_SKIPPED;
	enum obs_fall_back why;

	add_packets(ask, try->was_sent);
	if (end == DIRECT_FAULT) {
		finish(ask, try->fault, DNS_SKIPPED, NULL);
		return;
	}
	if (try->was_sent)
		tell_books(ask, end, packet, n);
	why = why_of(ask, end, packet, n, cut, &status);
	if (why == FALL_BACK_NONE) {
		prefer_second(ask);
		take(ask, status, packet, n);
		return;
	}
	if (ask->query->lame && obs_fall_back_is_lame(why)) {
		finish_lame(ask, why);
		return;
	}
	ask->is_silent = ask->is_silent && end == DIRECT_TIMED_OUT;
	ask->why = weigh(ask, why);
	if (ask->is_second || !direct_answer_try_another(why)) {
		give_up(ask);
		return;
	}
	ask->since_ms = (uint32_t)uv_now(ask->direct->options.engine.loop);
	try_second(ask);
}

/* At the server that was the better one for an earlier question. */
static void try_moved(struct direct_ask *ask)
{
	const struct net_delegation *delegation = ask->query->delegation;
	struct server_books *books = ask->direct->options.books;
	uint64_t now_us = direct_now_us(ask->direct);

	if (server_books_owed(books, &delegation->address, now_us) > SERVER_OWED_MOST) {
		wait_for_others(ask);
		return;
	}
	server_books_charge(books, &delegation->address, 0, 1, now_us);
	try_at(ask, &delegation->address);
}

void net_direct_ask(struct net_direct *direct, struct net_query *query)
{
	const struct net_delegation *delegation = query->delegation;
	struct direct_ask *ask = direct->stopping ? NULL : thread_alloc_new(sizeof(*ask));

	query->source = SOURCE_NONE;
	query->fall_back = FALL_BACK_NONE;
	query->audit = NULL;
	query->packets_sent = 0;
	if (!ask) {
		query->fault = direct->stopping ? NET_FAULT_SHUTDOWN : NET_FAULT_MEMORY;
		query->status = DNS_SKIPPED;
		query->on_answer(query, NULL);
		return;
	}
	ask->direct = direct;
	ask->query = query;
	ask->why = FALL_BACK_NONE;
	ask->packets = 0;
	ask->is_second = false;
	ask->has_looked = ask->is_crowded = false;
	ask->is_silent = true;
	if (query->validated)
		fall_back(ask, FALL_BACK_CONFIRMED);
	else if (delegation->address.family == 0)
		fall_back(ask, delegation->why);
	else if (delegation->has_moved)
		try_moved(ask);
	else
		try_at(ask, &delegation->address);
}

/* ---- time ---- */

static void look_again(struct net_direct *direct)
{
	struct direct_ask_list waiting = TAILQ_HEAD_INITIALIZER(waiting);
	uint32_t now_ms = (uint32_t)uv_now(direct->options.engine.loop);
	struct direct_ask *ask;

	TAILQ_CONCAT(&waiting, &direct->waiting, next);
	while ((ask = TAILQ_FIRST(&waiting))) {
		TAILQ_REMOVE(&waiting, ask, next);
		if (direct->stopping)
			finish(ask, NET_FAULT_SHUTDOWN, DNS_SKIPPED, NULL);
		else if ((int32_t)(now_ms - ask->due_ms) < 0)
			TAILQ_INSERT_TAIL(&direct->waiting, ask, next);
		else
			try_second(ask);
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct net_direct *direct = timer->data;

	look_again(direct);
	if (TAILQ_EMPTY(&direct->waiting))
		uv_timer_stop(timer);
}

/* ---- which addresses ---- */

bool direct_reach_draw(struct direct_reach *reach, const struct ns_addresses *addresses, struct obs_address *drawn,
		       bool *forbidden)
{
	const struct obs_address *usable[NS_HOSTS_ADDRESSES_MAX];
	unsigned count = 0;

	*forbidden = false;
	for (unsigned i = 0; i < addresses->count; i++) {
		const struct obs_address *address = &addresses->address[i];

		if (address->family == 4 ? reach->no_ipv4 : reach->no_ipv6)
			continue;
		if (contact_check(address, reach->allow, reach->blocklist) == CONTACT_ALLOWED)
			usable[count++] = address;
		else
			*forbidden = true;
	}
	if (count == 0)
		return false;
	*drawn = *usable[count == 1 ? 0 : hash_mix(atomic_fetch_add(&reach->drawn, 1), reach->seed) % count];
	return true;
}

/* ---- life ---- */

int net_direct_open(struct net_direct **result, const struct net_direct_options *options, struct error *error)
{
	struct net_direct *direct = calloc(1, sizeof(*direct));

	if (!direct) {
		error_set(error, "no memory");
		return NET_FAULT_MEMORY;
	}
	direct->options = *options;
	TAILQ_INIT(&direct->waiting);
	LIST_INIT(&direct->look_ups);
	uv_timer_init(options->engine.loop, &direct->timer);
	direct->timer.data = direct;
	*result = direct; /* to be closed from here on */
	return direct_engine_open(&direct->engine, &options->engine, error);
}

void net_direct_look_up(struct net_direct *direct, struct span name)
{
	direct_look_up(direct, name);
}

void net_direct_counts(const struct net_direct *direct, struct net_direct_counts *counts)
{
	*counts = direct->counts;
	if (direct->engine)
		direct_engine_counts(direct->engine, &counts->engine);
}

void net_direct_stop(struct net_direct *direct)
{
	direct->stopping = true;
	if (direct->engine)
		direct_engine_stop(direct->engine);
	look_again(direct);
}

void net_direct_close(struct net_direct *direct)
{
	net_direct_stop(direct);
	if (direct->engine)
		direct_engine_close(direct->engine);
	uv_close((uv_handle_t *)&direct->timer, NULL);
}

void net_direct_free(struct net_direct *direct)
{
	if (direct && direct->engine)
		direct_engine_free(direct->engine);
	free(direct);
}
