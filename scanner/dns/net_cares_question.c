#include "scanner/dns/net_cares_own.h"

#include "parsers/dns_answer.h"
#include "scanner/base/freelist.h"

enum {
	CHANNELS_MIN = 2,       /* UDP sockets a server at least: an id and a port to guess (RFC 5452 4.4) */
	CHANNELS_MAX = 64,      /* UDP sockets a server at most: half a million questions in flight */
	FAILURES_MAX = 2,       /* SERVFAIL or REFUSED this often is an answer; resolvers remember it for seconds */
	FAILURE_DELAY_MS = 300, /* before asking the same server again */
	PARKED_MAX = 16,        /* times a question waits for a server that comes and goes */
	DNS_HEADER = 12,        /* octets, RFC 1035 4.1.1 */
	RCODE_FORMERR = 1,
};

/* ---- the end of a question ---- */

/* Whatever still comes for the packets that are out is too late. */
static void drop_tries(struct net_cares *net, struct net_query *query)
{
	struct net_try *try;

	SLIST_FOREACH (try, &query->own.tries, sibling) {
		repeat_list_remove(net, try);
		net->resolver.server[try->channel->server].outstanding--;
		try->query = NULL;
	}
	SLIST_INIT(&query->own.tries);
}

void net_cares_finish(struct net_cares *net, struct net_query *query, int fault, enum dns_status status,
		      const struct dns_answer *answer)
{
	drop_tries(net, query);
	query->fault = (int8_t)fault;
	query->status = status;
	net->counts.in_flight--;
	query->on_answer(query, answer);
}

bool net_cares_may_try(const struct net_cares *net, const struct net_query *query)
{
	return query->own.tries_left > 0 && (uint32_t)now_of(net) - query->own.first_ms < net->tries_ms;
}

static void park(struct net_cares *net, struct net_query *query)
{
	net->counts.parked++;
	STAILQ_INSERT_TAIL(&net->parked, query, own.next);
}

/* A failure that would be final. While its server is in doubt it proves nothing about the domain. */
static void fail(struct net_cares *net, struct net_query *query, enum dns_status status,
		 const struct dns_answer *answer)
{
	bool unsure = query->own.pinned < 0 && query->own.server >= 0 &&
		      resolver_is_unsure(&net->resolver, (unsigned)query->own.server);

	if (unsure && query->own.parked < PARKED_MAX && !net->stopping) {
		query->own.parked++;
		park(net, query);
		return;
	}
	net_cares_finish(net, query, net->stopping ? NET_FAULT_SHUTDOWN : NET_OK, status, answer);
}

/* ---- answers ---- */

/* Does a code say something about the name? */
static bool says_something(enum dns_status code)
{
	return code == DNS_NOERROR || code == DNS_NXDOMAIN;
}

static enum dns_status code_of(const uint8_t *packet)
{
	return dns_status_of_rcode(packet[3] & 15);
}

/* @code says nothing; @status and @answer are what the question ends with if nothing better comes. */
static void on_failure(struct net_cares *net, struct net_query *query, enum dns_status code, enum dns_status status,
		       const struct dns_answer *answer)
{
	struct resolver_server *server = &net->resolver.server[query->own.server];

	if (code == DNS_FORMERR && !query->own.plain && !server->edns_seen) {
		/* Perhaps it does not know EDNS: ask plainly (RFC 6891 7). If that works, always. */
		query->own.plain = true;
		drop_tries(net, query);
		net_cares_send(net, query);
		return;
	}
	resolver_bad(server, false);
	query->own.failures++;
	query->own.failed_as = (uint8_t)code;
	if (!SLIST_EMPTY(&query->own.tries))
		return; /* another packet of the same question is still out */
	if (query->own.failures >= FAILURES_MAX || !net_cares_may_try(net, query)) {
		fail(net, query, status, answer);
		return;
	}
	query->own.due_ms = (uint32_t)now_of(net) + FAILURE_DELAY_MS;
	STAILQ_INSERT_TAIL(&net->delayed, query, own.next);
}

static void on_packet(struct net_cares *net, struct net_query *query, const struct net_try *try, const uint8_t *packet,
		      size_t len)
{
	struct resolver_server *server = &net->resolver.server[try->channel->server];
	struct dns_answer_room room;
	struct dns_answer parsed, *answer = &parsed;
	enum dns_status status;
	bool truncated = packet[2] & 2;

	query->own.server = (int8_t)try->channel->server;
	if (dns_answer_parse(packet, len, net_query_name(query), query->type, &room, answer) < 0)
		answer = NULL;
	status = answer ? answer->status : DNS_ERROR;
	if (!says_something(code_of(packet))) {
		on_failure(net, query, code_of(packet), status, answer);
		return;
	}
	if (!server->edns_seen && !query->own.plain)
		server->edns_seen = answer && answer->has_opt;
	if (query->own.plain && !server->edns_seen)
		server->edns_refused = true;
	if (truncated && !try->channel->tcp) {
		query->own.tcp = true; /* RFC 7766 5 */
		drop_tries(net, query);
		net_cares_send(net, query);
		return;
	}
	net_cares_finish(net, query, NET_OK, status, answer);
}

/* No packet. The question goes on while another try is out or left. */
static void on_silence(struct net_cares *net, struct net_query *query, bool tcp)
{
	if (!SLIST_EMPTY(&query->own.tries))
		return;
	if (tcp)
		fail(net, query, DNS_TRUNCATED, NULL);
	else if (query->own.pinned < 0 && net_cares_may_try(net, query))
		net_cares_send(net, query);
	else
		fail(net, query, query->own.failures ? query->own.failed_as : DNS_TIMEOUT, NULL);
}

static void count_outcome(struct net_cares *net, const struct net_try *try, int status, const uint8_t *packet)
{
	struct resolver_server *server = &net->resolver.server[try->channel->server];

	if (packet && says_something(code_of(packet)))
		resolver_good(server, (uint32_t)now_of(net) - try->sent_ms);
	else if (status == ARES_ETIMEOUT && !try->channel->tcp)
		resolver_bad(server, true);
	else if (!packet && status == ARES_ECONNREFUSED && net->group.cut_off)
		resolver_cut_off(server);
}

static void unlink_try(struct net_cares *net, struct net_query *query, struct net_try *try)
{
	net->resolver.server[try->channel->server].outstanding--;
	SLIST_REMOVE(&query->own.tries, try, net_try, sibling);
}

static void on_ares(void *arg, int status, int timeouts, unsigned char *packet, int len)
{
	struct net_try *try = arg;
	struct net_cares *net = (struct net_cares *)try->channel->group;
	struct net_query *query = try->query;
	bool tcp = try->channel->tcp;

	(void)timeouts;
	if (len < DNS_HEADER)
		packet = NULL;
	if (packet && (packet[3] & 15) == CHANNEL_HIDDEN_FORMERR)
		packet[3] = (unsigned char)((packet[3] & 0xf0) | RCODE_FORMERR);
	try->channel->in_flight--;
	channel_give_id(try->channel, try->id);
	repeat_list_remove(net, try);
	count_outcome(net, try, status, packet);
	if (query) {
		unlink_try(net, query, try);
		if (net->stopping)
			net_cares_finish(net, query, NET_FAULT_SHUTDOWN, DNS_SKIPPED, NULL);
		else if (packet)
			on_packet(net, query, try, packet, (size_t)len);
		else if (net->group.fault && status != ARES_ETIMEOUT)
			net_cares_finish(net, query, net->group.fault, DNS_SKIPPED, NULL);
		else
			on_silence(net, query, tcp);
	}
	freelist_free(try);
}

/* ---- questions ---- */

static struct channel *usable_channel(struct net_cares *net, unsigned server, bool tcp)
{
	struct channel_list *list = tcp ? &net->tcp[server] : &net->udp[server];
	struct channel *channel, *usable = NULL;
	unsigned count = 0, wanted = tcp ? 1 : CHANNELS_MIN;

	TAILQ_FOREACH (channel, list, next) {
		count += !channel->retiring;
		if (!usable && !channel->retiring && channel->in_flight < CHANNEL_IN_FLIGHT_MAX)
			usable = channel;
	}
	if ((count < wanted || !usable) && count < CHANNELS_MAX) {
		struct channel *fresh = channel_open(&net->group, &net->resolver.server[server].endpoint, tcp);

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

static struct net_try *try_new(struct net_cares *net, struct net_query *query, struct channel *channel)
{
	struct net_try *try = freelist_alloc(sizeof(*try));
	struct resolver_server *server = &net->resolver.server[channel->server];

	if (!try)
		return NULL;
	*try = (struct net_try){ .query = query, .channel = channel };
	SLIST_INSERT_HEAD(&query->own.tries, try, sibling);
	server->outstanding++;
	try->id = channel_take_id(channel);
	try->sent_ms = (uint32_t)now_of(net);
	try->wait_ms = resolver_rto_ms(server, net->group.timeout_ms);
	if (!channel->tcp && query->own.pinned < 0)
		repeat_list_add(net, try);
	return try;
}

void net_cares_transmit(struct net_cares *net, struct net_query *query, unsigned server)
{
	uint8_t packet[DNS_QUERY_MAX];
	struct channel *channel = usable_channel(net, server, query->own.tcp);
	struct net_try *try = channel ? try_new(net, query, channel) : NULL;
	bool edns = !query->own.plain && !net->resolver.server[server].edns_refused;
	int len;

	if (!try) {
		net_cares_finish(net, query, NET_FAULT_MEMORY, DNS_SKIPPED, NULL);
		return;
	}
	len = dns_query_write(try->id, net_query_name(query), query->type, edns, packet);
	if (len < 0) {
		/* a name that can't be asked for, met as the target of a CNAME */
		channel_give_id(channel, try->id);
		repeat_list_remove(net, try);
		unlink_try(net, query, try);
		freelist_free(try);
		net_cares_finish(net, query, NET_OK, DNS_ERROR, NULL);
		return;
	}
	query->own.server = (int8_t)server;
	if (query->tries == 0)
		query->own.first_ms = try->sent_ms;
	query->tries = query->tries < UINT8_MAX ? query->tries + 1 : UINT8_MAX;
	channel->in_flight++;
	channel->retiring = ++channel->issued >= CHANNEL_RENEW_AFTER;
	net->counts.packets++;
	net->counts.tcp += query->own.tcp;
	net->group.fault = NET_OK;
	net->group.cut_off = false;
	ares_send(channel->ares, packet, len, on_ares, try); /* may call back at once */
}

bool net_cares_take_token(struct net_cares *net, unsigned server)
{
	struct resolver_server *asked = &net->resolver.server[server];
	double rate = net->rate ? atomic_load_explicit(net->rate, memory_order_relaxed) : 0;

	if (!resolver_may_ask(asked, now_of(net)))
		return false;
	if (rate != net->pace.rate)
		pace_set_rate(&net->pace, rate);
	if (!pace_take(&net->pace, 1, now_of(net) * 1000))
		return false;
	resolver_asked(asked, now_of(net));
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
				 : resolver_pick(&net->resolver, query->own.server, now_of(net));
	if (server == RESOLVER_ALL_DOWN)
		park(net, query);
	else if (server == RESOLVER_ALL_BUSY || !net_cares_take_token(net, (unsigned)server))
		STAILQ_INSERT_TAIL(&net->waiting, query, own.next);
	else {
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
	query->own.tries_left = (uint8_t)(pinned < 0 ? net->tries : 1);
	query->own.tcp = tcp;
	query->tries = 0;
	net->counts.in_flight++;
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
