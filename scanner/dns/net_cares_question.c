/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/dns/net_cares_own.h"

#include "parsers/dns_answer.h"
#include "scanner/base/thread_alloc.h"

enum {
	CHANNELS_MIN = 2,       /* UDP sockets a server at least: an id and a port to guess (RFC 5452 4.4) */
	CHANNELS_MAX = 64,      /* UDP sockets a server at most: half a million questions in flight */
	FAILURES_MAX = 2,       /* SERVFAIL this often is an answer; resolvers remember it for seconds */
	FAILURE_DELAY_MS = 300, /* before asking the same server again */
	PARKED_MAX = 16,        /* times a question waits for a server that comes and goes */
};

/* ---- the end of a question ---- */

/* Whatever still comes for the packets that are out is too late. */
static void drop_tries(struct net_cares *net, struct net_query *query)
{
	struct net_try *try;

	SLIST_FOREACH (try, &query->own.open_tries, sibling) {
		repeat_list_remove(try);
		net->health.server[try->channel->server].outstanding--;
		try->query = NULL;
	}
	SLIST_INIT(&query->own.open_tries);
}

void net_cares_finish(struct net_cares *net, struct net_query *query, int fault, enum dns_status status,
		      const struct dns_answer *answer)
{
	drop_tries(net, query);
	query->fault = (int8_t)fault;
	query->status = answer ? answer->status : status;
	query->on_answer(query, answer);
}

bool net_cares_may_try(const struct net_cares *net, const struct net_query *query)
{
	return query->own.tries_left > 0 && (uint32_t)now_of(net) - query->own.first_ms < net->options.tries_ms;
}

static void park(struct net_cares *net, struct net_query *query)
{
	net->counts.parked++;
	STAILQ_INSERT_TAIL(&net->parked, query, own.next);
}

void net_cares_count_repeat(struct net_cares *net, const struct net_query *query)
{
	net->counts.repeats++;
	net->counts.silent_repeats += query->silent;
}

/* A failure that would be final. While its server is in doubt it proves nothing about the domain. */
static void fail(struct net_cares *net, struct net_query *query, enum dns_status status,
		 const struct dns_answer *answer)
{
	if (query->own.pinned < 0 && query->own.parked < PARKED_MAX &&
	    server_health_is_unsure(&net->health, (unsigned)query->own.server)) {
		query->own.parked++;
		park(net, query);
	} else {
		net_cares_finish(net, query, NET_OK, status, answer);
	}
}

/* ---- answers ---- */

static enum dns_status code_of(const uint8_t *packet)
{
	return dns_status_of_rcode(dns_rcode(packet));
}

/* Ask again in a moment; the server is the same. */
static void delay(struct net_cares *net, struct net_query *query)
{
	query->own.due_ms = (uint32_t)now_of(net) + FAILURE_DELAY_MS;
	STAILQ_INSERT_TAIL(&net->delayed, query, own.next);
}

/* @code says nothing; the question ends with @answer if nothing better comes. */
static void on_failure(struct net_cares *net, struct net_query *query, enum dns_status code,
		       const struct dns_answer *answer)
{
	struct name_server *server = &net->health.server[query->own.server];

	if (code == DNS_FORMERR && !query->own.plain && !server->edns_seen) {
		/* Perhaps it does not know EDNS: ask plainly (RFC 6891 7). If that works, always. */
		query->own.plain = true;
		drop_tries(net, query);
		net_cares_send(net, query);
		return;
	}
	server_health_bad(server, false);
	query->own.failures++;
	query->own.failed_as = (uint8_t)code;
	if (!SLIST_EMPTY(&query->own.open_tries))
		return; /* another packet of the same question is still out */
	/* REFUSED is the resolver's own, which may have had too many questions: as often as no answer is asked again */
	if ((query->own.failures >= (query->decided ? 1 : FAILURES_MAX) && code != DNS_REFUSED) ||
	    !net_cares_may_try(net, query)) {
		fail(net, query, DNS_ERROR, answer);
		return;
	}
	if (code == DNS_REFUSED)
		net_cares_count_repeat(net, query);
	delay(net, query);
}

static void on_packet(struct net_cares *net, struct net_query *query, const struct net_try *try, const uint8_t *packet,
		      size_t len)
{
	struct name_server *server = &net->health.server[try->channel->server];
	struct dns_answer parsed, *answer = &parsed;
	bool truncated = dns_is_truncated(packet);

	query->own.server = (int8_t)try->channel->server;
	if (dns_answer_parse(packet, len, net_query_name(query), query->type, &net->room, answer) < 0)
		answer = NULL;
	if (dns_status_is_transient(code_of(packet)) && (!truncated || try->channel->tcp)) {
		on_failure(net, query, code_of(packet), answer);
		return;
	}
	if (!server->edns_seen && !query->own.plain)
		server->edns_seen = answer && answer->has_opt;
	if (query->own.plain && !server->edns_seen)
		server->edns_refused = true;
	if (truncated && !try->channel->tcp) {
		query->own.tcp = true; /* RFC 7766 5, whatever the code: Knot Resolver says SERVFAIL */
		drop_tries(net, query);
		net_cares_send(net, query);
		return;
	}
	net_cares_finish(net, query, NET_OK, DNS_ERROR, answer);
}

/* Nothing came over a connection, which is asked again over another. A server may close one after as many answers as it
 * likes (RFC 7766 6.2.3): where some came, that costs no try. Where none did, it may be dead. */
static void on_tcp_silence(struct net_cares *net, struct net_query *query, const struct net_try *try, bool timed_out)
{
	bool answered = try->channel->answers != try->answers_before;

	if (!answered || timed_out) /* one that answers in turn is stuck behind another question (RFC 7766 6.2.1.1) */
		channel_retire(try->channel);
	if (query->own.pinned >= 0 || !net_cares_may_try(net, query)) {
		fail(net, query, DNS_TRUNCATED, NULL);
	} else if (answered && !timed_out) {
		net_cares_send(net, query);
	} else {
		query->own.tries_left--;
		net_cares_count_repeat(net, query);
		delay(net, query);
	}
}

/* No packet. The question goes on while another try is out or left. */
static void on_silence(struct net_cares *net, struct net_query *query, const struct net_try *try, bool timed_out)
{
	if (!SLIST_EMPTY(&query->own.open_tries))
		return;
	if (try->channel->tcp) {
		on_tcp_silence(net, query, try, timed_out);
	} else if (query->own.pinned < 0 && net_cares_may_try(net, query)) {
		net_cares_count_repeat(net, query);
		net_cares_send(net, query);
	} else {
		fail(net, query, query->own.failures ? query->own.failed_as : DNS_TIMEOUT, NULL);
	}
}

static void count_outcome(struct net_cares *net, const struct net_try *try, int status, const uint8_t *packet)
{
	struct name_server *server = &net->health.server[try->channel->server];

	if (packet && !dns_status_is_transient(code_of(packet)))
		server_health_good(server, (uint32_t)now_of(net) - try->sent_ms);
	else if (status == ARES_ETIMEOUT && !try->channel->tcp)
		server_health_bad(server, true);
	else if (!packet && status == ARES_ECONNREFUSED && net->group.cut_off)
		server_health_cut_off(server);
}

static void on_ares(void *arg, int status, int timeouts, unsigned char *packet, int len)
{
	struct net_try *try = arg;
	struct net_cares *net = (struct net_cares *)try->channel->group;
	struct net_query *query = try->query;
	int fault = channel_group_fault(&net->group);

	(void)timeouts;
	if (len < DNS_HEADER_SIZE)
		packet = NULL;
	if (packet && dns_rcode(packet) == CHANNEL_HIDDEN_FORMERR)
		dns_rcode_set(packet, DNS_RCODE_FORMERR);
	LIST_REMOVE(try, beside);
	try->channel->in_flight--;
	try->channel->answers += packet ? 1 : 0;
	repeat_list_remove(try);
	count_outcome(net, try, status, packet);
	if (query) {
		net->health.server[try->channel->server].outstanding--;
		SLIST_REMOVE(&query->own.open_tries, try, net_try, sibling);
		if (net->stopping)
			net_cares_finish(net, query, NET_FAULT_SHUTDOWN, DNS_SKIPPED, NULL);
		else if (packet)
			on_packet(net, query, try, packet, (size_t)len);
		else if (fault != NET_OK && status != ARES_ETIMEOUT)
			net_cares_finish(net, query, fault, DNS_SKIPPED, NULL);
		else
			on_silence(net, query, try, status == ARES_ETIMEOUT);
	}
	thread_alloc_free(try);
}

/* Two in flight may have the same id: then nobody can tell whose failure it is. */
size_t net_cares_complete(const struct channel *channel, uint8_t *packet, size_t n)
{
	uint16_t id = (uint16_t)(packet[0] << 8 | packet[1]);
	struct net_try *try, *its = NULL;
	uint8_t question[DNS_QUERY_MAX];
	int len;

	LIST_FOREACH(try, &channel->tries, beside)
	{
		if (try->id != id)
			continue;
		if (its)
			return n;
		its = try;
	}
	if (!its || !its->query)
		return n;
	len = dns_query_write(id, net_query_name(its->query), its->query->type, 0, question);
	if (len < 0)
		return n;
	memcpy(packet + 4, question + 4, (size_t)len - 4); /* the id, flags and code are its own */
	return (size_t)len;
}

/* ---- questions ---- */

static struct channel *usable_channel(struct net_cares *net, unsigned server, bool tcp)
{
	struct channel_list *list = &net->channels[2 * server + tcp];
	struct channel *channel, *usable = NULL;
	unsigned count = 0, wanted = tcp ? 1 : CHANNELS_MIN;

	TAILQ_FOREACH (channel, list, next) {
		count += !channel_is_retiring(channel);
		if (!usable && !channel_is_retiring(channel) && channel->in_flight < CHANNEL_IN_FLIGHT_MAX)
			usable = channel;
	}
	if ((count < wanted || !usable) && count < CHANNELS_MAX) {
		struct channel *fresh = channel_open(&net->group, &net->health.server[server].endpoint, tcp);

		if (fresh) {
			fresh->server = server;
			TAILQ_INSERT_HEAD(list, fresh, next);
			return fresh;
		}
	}
	if (usable) { /* the next question goes to the next channel */
		TAILQ_REMOVE(list, usable, next);
		TAILQ_INSERT_TAIL(list, usable, next);
	}
	return usable;
}

static void repeat_list_add(struct net_cares *net, struct net_try *try)
{
	unsigned level = 0;

	for (uint32_t ms = SERVER_RTO_MIN_MS; ms < try->wait_ms && level < REPEAT_LEVELS - 1; ms += ms / 4)
		level++;
	try->list = &net->repeat[level];
	TAILQ_INSERT_TAIL(try->list, try, due);
}

static struct net_try *try_new(struct net_cares *net, struct net_query *query, struct channel *channel, uint16_t id)
{
	struct net_try *try = thread_alloc_new(sizeof(*try));
	struct name_server *server = &net->health.server[channel->server];

	if (!try)
		return NULL;
	*try = (struct net_try){ .query = query, .channel = channel, .answers_before = channel->answers, .id = id };
	LIST_INSERT_HEAD(&channel->tries, try, beside);
	SLIST_INSERT_HEAD(&query->own.open_tries, try, sibling);
	server->outstanding++;
	try->sent_ms = (uint32_t)now_of(net);
	try->wait_ms = server_health_rto_ms(server, net->group.timeout_ms);
	if (!channel->tcp && query->own.pinned < 0)
		repeat_list_add(net, try);
	return try;
}

void net_cares_transmit(struct net_cares *net, struct net_query *query, unsigned server)
{
	uint8_t packet[DNS_QUERY_MAX];
	bool edns = !query->own.plain && !net->health.server[server].edns_refused;
	unsigned flags = (edns ? DNS_QUERY_EDNS : 0) | (query->unchecked ? DNS_QUERY_UNCHECKED : 0);
	uint16_t id = channel_random(&net->group);
	int len = dns_query_write(id, net_query_name(query), query->type, flags, packet);
	struct channel *channel = len < 0 ? NULL : usable_channel(net, server, query->own.tcp);
	struct net_try *try = channel ? try_new(net, query, channel, id) : NULL;

	if (len < 0) { /* a name that can't be asked for, met as the target of a CNAME */
		net_cares_finish(net, query, NET_OK, DNS_ERROR, NULL);
		return;
	}
	if (!try) {
		net_cares_finish(net, query, NET_FAULT_MEMORY, DNS_SKIPPED, NULL);
		return;
	}
	query->own.server = (int8_t)server;
	if (query->packets_sent == 0)
		query->own.first_ms = try->sent_ms;
	query->packets_sent = query->packets_sent < UINT8_MAX ? query->packets_sent + 1 : UINT8_MAX;
	channel->in_flight++;
	channel->issued++;
	net->counts.packets++;
	net->counts.silent_packets += query->silent;
	net->counts.tcp += query->own.tcp;
	channel_group_forget_errno(&net->group);
	ares_send(channel->ares, packet, len, on_ares, try); /* may call back at once */
}

void net_cares_follow_rate(struct net_cares *net)
{
	double rate = net->options.rate ? atomic_load_explicit(net->options.rate, memory_order_relaxed) : 0;

	if (rate == net->rate)
		return;
	net->rate = rate;
	pace_keep_within(&net->pace, rate, SERVER_LATE_S);
}

bool net_cares_take_token(struct net_cares *net, unsigned server)
{
	struct name_server *asked = &net->health.server[server];
	uint64_t now_us = now_of(net) * 1000;

	net_cares_follow_rate(net);
	if (pace_wait(&asked->pace, now_us) > 0 || !pace_take(&net->pace, now_us))
		return false;
	pace_reserve(&asked->pace, now_us);
	asked->unsent++;
	net->unsent++;
	return true;
}

void net_cares_send(struct net_cares *net, struct net_query *query)
{
	int server = query->own.pinned;

	if (net->stopping) {
		net_cares_finish(net, query, NET_FAULT_SHUTDOWN, DNS_SKIPPED, NULL);
		return;
	}
	if (server < 0)
		server = query->own.tcp || query->own.plain
				 ? query->own.server
				 : server_health_pick(&net->health, query->own.server, now_of(net));
	if (server == SERVERS_ALL_DOWN)
		park(net, query);
	else if (server == SERVERS_ALL_BUSY || !net_cares_take_token(net, (unsigned)server)) {
		net_cares_queue(net, query);
	} else {
		/* the same packet again in another form is no further try */
		if (!query->own.tcp && !query->own.plain && query->own.tries_left > 0)
			query->own.tries_left--;
		net_cares_transmit(net, query, (unsigned)server);
	}
}

static void start(struct net_cares *net, struct net_query *query, int pinned, bool tcp)
{
	memset(&query->own, 0, sizeof(query->own));
	query->own.server = -1;
	query->own.pinned = (int8_t)pinned;
	query->own.tries_left = (uint8_t)(pinned < 0 ? net->options.tries_max : 1);
	query->own.tcp = tcp;
	query->packets_sent = 0;
	net_cares_send(net, query);
}

void net_cares_ask(struct net_cares *net, struct net_query *query)
{
	start(net, query, -1, false);
}

void net_cares_ask_server(struct net_cares *net, struct net_query *query, unsigned server, bool tcp)
{
	start(net, query, (int)server, tcp);
}
