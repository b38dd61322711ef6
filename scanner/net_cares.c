#include "scanner/net_cares.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/dns_answer.h"
#include "scanner/freelist.h"
#include "scanner/net_cares_channel.h"
#include "scanner/pace.h"

enum {
	TICK_MS = 20,              /* repeats, delays and the rate limit are this exact */
	TIMEOUTS_EVERY = 5,        /* ticks between looks at c-ares's time-outs */
	CHANNELS_MIN = 2,          /* UDP sockets a server at least: an id and a port to guess (RFC 5452 4.4) */
	CHANNELS_MAX = 64,         /* UDP sockets a server at most: half a million questions in flight */
	FAILURES_MAX = 2,          /* SERVFAIL or REFUSED this often is an answer; resolvers remember it for seconds */
	FAILURE_DELAY_MS = 300,    /* before asking the same server again */
	PARKED_MAX = 16,           /* times a question waits for a server that comes and goes */
	DNS_HEADER = 12,           /* octets, RFC 1035 4.1.1 */
	RCODE_NOERROR = 0,
	RCODE_FORMERR = 1,
	RCODE_NXDOMAIN = 3,
};

/* One packet whose answer may still come. Lives until c-ares calls back; its question may be
 * answered, and gone, long before. */
struct net_try {
	struct channel *channel;   /* whose group is the net_cares's first member */
	struct net_query *query;   /* NULL once answered otherwise */
	struct net_try *sibling;   /* the question's other tries */
	struct net_try *earlier, *later; /* in the list of those to be repeated */
	uint32_t sent_ms, wait_ms; /* when; until it is repeated */
	uint16_t id;
	bool listed;
};

struct query_list {
	struct net_query *first, **end;
	uint64_t count;
};

struct probe {
	struct net_query query;
	char name[DOMAIN_NAME_MAX + 1];
	struct net_cares *net;
	unsigned server;
};

struct net_cares {
	struct channel_group group; /* first: see struct net_try */
	struct resolver resolver;
	struct options_server server[RESOLVER_SERVERS_MAX];
	struct channel *udp[RESOLVER_SERVERS_MAX], *tcp[RESOLVER_SERVERS_MAX];
	unsigned tries;
	const _Atomic double *rate;
	struct pace pace;
	struct net_try *oldest, *newest; /* to be repeated, roughly in order of time */
	struct query_list waiting;       /* for the rate */
	struct query_list delayed;       /* for FAILURE_DELAY_MS */
	struct query_list parked;        /* for a server to come back */
	uv_timer_t timer;
	uv_prepare_t prepare;
	unsigned ticks;
	bool stopping;
	struct net_cares_counts counts;
	struct udp_ring ring;
};

static void send_query(struct net_cares *net, struct net_query *query);

/* ---- lists ---- */

static void list_init(struct query_list *list)
{
	*list = (struct query_list){ .end = &list->first };
}

static void list_push(struct query_list *list, struct net_query *query)
{
	query->own.next = NULL;
	*list->end = query;
	list->end = &query->own.next;
	list->count++;
}

static struct net_query *list_pop(struct query_list *list)
{
	struct net_query *query = list->first;

	if (!query)
		return NULL;
	list->first = query->own.next;
	if (!list->first)
		list->end = &list->first;
	list->count--;
	return query;
}

static void repeat_list_add(struct net_cares *net, struct net_try *try)
{
	try->listed = true;
	try->later = NULL;
	try->earlier = net->newest;
	*(net->newest ? &net->newest->later : &net->oldest) = try;
	net->newest = try;
}

static void repeat_list_remove(struct net_cares *net, struct net_try *try)
{
	if (!try->listed)
		return;
	try->listed = false;
	*(try->earlier ? &try->earlier->later : &net->oldest) = try->later;
	*(try->later ? &try->later->earlier : &net->newest) = try->earlier;
}

static uint64_t now_of(const struct net_cares *net)
{
	return uv_now(net->group.loop);
}

/* ---- the end of a question ---- */

/* Whatever still comes for the packets that are out is too late. */
static void drop_tries(struct net_cares *net, struct net_query *query)
{
	for (struct net_try *try = query->own.tries; try; try = try->sibling) {
		repeat_list_remove(net, try);
		net->resolver.server[try->channel->server].outstanding--;
		try->query = NULL;
	}
	query->own.tries = NULL;
}

static void finish(struct net_cares *net, struct net_query *query, int fault, enum dns_status status,
		   const uint8_t *packet, size_t len)
{
	drop_tries(net, query);
	query->fault = (int8_t)fault;
	query->status = status;
	query->packet = packet;
	query->len = (uint16_t)len;
	net->counts.in_flight--;
	query->on_answer(query);
}

/* A failure that would be final. While its server is in doubt it proves nothing about the domain. */
static void fail(struct net_cares *net, struct net_query *query, enum dns_status status, const uint8_t *packet,
		 size_t len)
{
	bool unsure = query->own.pinned < 0 && query->own.server >= 0 &&
		      resolver_is_unsure(&net->resolver, (unsigned)query->own.server);

	if (unsure && query->own.parked < PARKED_MAX && !net->stopping) {
		query->own.parked++;
		list_push(&net->parked, query);
		return;
	}
	finish(net, query, net->stopping ? NET_FAULT_SHUTDOWN : NET_OK, status, packet, len);
}

/* ---- answers ---- */

static enum dns_status status_of_rcode(unsigned rcode)
{
	static const enum dns_status status[] = { DNS_NOERROR,	DNS_FORMERR, DNS_SERVFAIL,
						  DNS_NXDOMAIN, DNS_NOTIMP,  DNS_REFUSED };

	return rcode < sizeof status / sizeof status[0] ? status[rcode] : DNS_ERROR;
}

static bool has_opt(const struct net_query *query, const uint8_t *packet, size_t len)
{
	struct dns_answer answer;

	return dns_answer_parse(packet, len, query->name, query->type, &answer) == 0 && answer.has_opt;
}

/* An rcode that says nothing about the name. */
static void on_failure(struct net_cares *net, struct net_query *query, unsigned rcode, const uint8_t *packet,
		       size_t len)
{
	struct resolver_server *server = &net->resolver.server[query->own.server];

	if (rcode == RCODE_FORMERR && !query->own.plain && !server->edns_seen) {
		/* Perhaps it does not know EDNS: ask plainly (RFC 6891 7). If that works, always. */
		query->own.plain = true;
		drop_tries(net, query);
		send_query(net, query);
		return;
	}
	resolver_bad(server, false);
	query->own.failures++;
	query->own.failed_as = (uint8_t)status_of_rcode(rcode);
	if (query->own.tries)
		return; /* another packet of the same question is still out */
	if (query->own.failures >= FAILURES_MAX || query->own.tries_left == 0) {
		fail(net, query, status_of_rcode(rcode), packet, len);
		return;
	}
	query->own.due_ms = (uint32_t)now_of(net) + FAILURE_DELAY_MS;
	list_push(&net->delayed, query);
}

static void on_packet(struct net_cares *net, struct net_query *query, const struct net_try *try, const uint8_t *packet,
		      size_t len)
{
	struct resolver_server *server = &net->resolver.server[try->channel->server];
	unsigned rcode = packet[3] & 15;
	bool truncated = packet[2] & 2;

	query->own.server = (int8_t)try->channel->server;
	if (rcode == RCODE_NOERROR || rcode == RCODE_NXDOMAIN) {
		if (!server->edns_seen && !query->own.plain)
			server->edns_seen = has_opt(query, packet, len);
		if (query->own.plain && !server->edns_seen)
			server->edns_refused = true;
		if (truncated && !try->channel->tcp) {
			query->own.tcp = true; /* RFC 7766 5 */
			drop_tries(net, query);
			send_query(net, query);
			return;
		}
		finish(net, query, NET_OK, status_of_rcode(rcode), packet, len);
		return;
	}
	on_failure(net, query, rcode, packet, len);
}

/* No packet. The question goes on while another try is out or left. */
static void on_silence(struct net_cares *net, struct net_query *query, bool tcp)
{
	if (query->own.tries)
		return;
	if (tcp)
		fail(net, query, DNS_TRUNCATED, NULL, 0);
	else if (query->own.tries_left > 0 && query->own.pinned < 0)
		send_query(net, query);
	else
		fail(net, query, query->own.failures ? query->own.failed_as : DNS_TIMEOUT, NULL, 0);
}

static void count_outcome(struct net_cares *net, const struct net_try *try, int status, const uint8_t *packet)
{
	struct resolver_server *server = &net->resolver.server[try->channel->server];

	if (packet && ((packet[3] & 15) == RCODE_NOERROR || (packet[3] & 15) == RCODE_NXDOMAIN))
		resolver_good(server, (uint32_t)now_of(net) - try->sent_ms);
	else if (status == ARES_ETIMEOUT && !try->channel->tcp)
		resolver_bad(server, true);
	net->counts.late += packet && !try->query;
}

static void unlink_try(struct net_cares *net, struct net_query *query, struct net_try *try)
{
	struct net_try **link = &query->own.tries;

	net->resolver.server[try->channel->server].outstanding--;
	while (*link != try)
		link = &(*link)->sibling;
	*link = try->sibling;
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
			finish(net, query, NET_FAULT_SHUTDOWN, DNS_SKIPPED, NULL, 0);
		else if (packet)
			on_packet(net, query, try, packet, (size_t)len);
		else if (net->group.fault && status != ARES_ETIMEOUT)
			finish(net, query, net->group.fault, DNS_SKIPPED, NULL, 0);
		else
			on_silence(net, query, tcp);
	}
	freelist_free(try);
}

/* ---- questions ---- */

static struct channel *usable_channel(struct net_cares *net, unsigned server, bool tcp)
{
	struct channel **list = tcp ? &net->tcp[server] : &net->udp[server];
	struct channel **link = list, *channel;
	unsigned count = 0, wanted = tcp ? 1 : CHANNELS_MIN;

	for (channel = *list; channel; channel = channel->next)
		count += !channel->retiring;
	while (*link && ((*link)->retiring || (*link)->in_flight >= CHANNEL_IN_FLIGHT_MAX))
		link = &(*link)->next;
	channel = *link;
	if ((count < wanted || !channel) && count < CHANNELS_MAX) {
		struct channel *fresh = channel_open(&net->group, &net->server[server], tcp);

		if (fresh) {
			fresh->server = server;
			fresh->next = *list;
			return *list = fresh;
		}
	}
	/* the next question goes to the next channel */
	if (channel && channel->next) {
		*link = channel->next;
		channel->next = NULL;
		while (*link)
			link = &(*link)->next;
		*link = channel;
	}
	return channel;
}

static struct net_try *try_new(struct net_cares *net, struct net_query *query, struct channel *channel)
{
	struct net_try *try = freelist_alloc(sizeof *try);
	struct resolver_server *server = &net->resolver.server[channel->server];

	if (!try)
		return NULL;
	*try = (struct net_try){ .query = query, .channel = channel, .sibling = query->own.tries };
	query->own.tries = try;
	server->outstanding++;
	try->id = channel_take_id(channel);
	try->sent_ms = (uint32_t)now_of(net);
	try->wait_ms = resolver_rto_ms(server, query->tries, net->group.timeout_ms);
	if (!channel->tcp && query->own.pinned < 0)
		repeat_list_add(net, try);
	return try;
}

/* One packet to @server. */
static void transmit(struct net_cares *net, struct net_query *query, unsigned server)
{
	uint8_t packet[DNS_QUERY_MAX];
	struct channel *channel = usable_channel(net, server, query->own.tcp);
	struct net_try *try = channel ? try_new(net, query, channel) : NULL;
	bool edns = !query->own.plain && !net->resolver.server[server].edns_refused;
	int len;

	if (!try) {
		finish(net, query, NET_FAULT_MEMORY, DNS_SKIPPED, NULL, 0);
		return;
	}
	len = dns_query_write(try->id, query->name, query->type, edns, packet);
	if (len < 0) {
		/* a name that can't be asked for, met as the target of a CNAME */
		channel_give_id(channel, try->id);
		repeat_list_remove(net, try);
		unlink_try(net, query, try);
		freelist_free(try);
		finish(net, query, NET_OK, DNS_ERROR, NULL, 0);
		return;
	}
	query->own.server = (int8_t)server;
	query->tries = query->tries < UINT8_MAX ? query->tries + 1 : UINT8_MAX;
	channel->in_flight++;
	channel->retiring = ++channel->issued >= CHANNEL_RENEW_AFTER;
	net->counts.packets++;
	net->counts.tcp += query->own.tcp;
	net->group.fault = NET_OK;
	ares_send(channel->ares, packet, len, on_ares, try); /* may call back at once */
}

static bool take_token(struct net_cares *net)
{
	double rate = net->rate ? atomic_load_explicit(net->rate, memory_order_relaxed) : 0;

	if (rate <= 0)
		return true;
	if (rate != net->pace.rate)
		pace_set_rate(&net->pace, rate);
	return pace_take(&net->pace, 1, now_of(net) * 1000);
}

/* Send the next packet of @query, now or as soon as rate and servers allow. */
static void send_query(struct net_cares *net, struct net_query *query)
{
	int server = query->own.pinned;

	if (net->stopping) {
		finish(net, query, NET_FAULT_SHUTDOWN, DNS_SKIPPED, NULL, 0);
		return;
	}
	if (server < 0)
		server = query->own.tcp || query->own.plain ? query->own.server
							     : resolver_pick(&net->resolver, query->own.server);
	if (server < 0)
		list_push(&net->parked, query);
	else if (!take_token(net))
		list_push(&net->waiting, query);
	else {
		/* the same packet again in another form is no further try */
		if (!query->own.tcp && !query->own.plain && query->own.tries_left > 0)
			query->own.tries_left--;
		transmit(net, query, (unsigned)server);
	}
}

static void start(struct net_cares *net, struct net_query *query, int pinned, bool tcp)
{
	memset(&query->own, 0, sizeof query->own);
	query->own.server = -1;
	query->own.pinned = (int8_t)pinned;
	query->own.tries_left = (uint8_t)(pinned < 0 ? net->tries : 1);
	query->own.tcp = tcp;
	query->tries = 0;
	net->counts.in_flight++;
	send_query(net, query);
}

void net_cares_ask(struct net_cares *net, struct net_query *query)
{
	start(net, query, -1, false);
}

void net_cares_ask_server(struct net_cares *net, struct net_query *query, unsigned server, bool tcp)
{
	start(net, query, (int)server, tcp);
}

/* ---- time ---- */

static void on_probed(struct net_query *query)
{
	struct probe *probe = query->arg;
	bool good = !query->fault && (query->status == DNS_NOERROR || query->status == DNS_NXDOMAIN);

	resolver_probed(&probe->net->resolver, probe->server, good, now_of(probe->net));
	free(probe);
}

static void send_probe(void *arg, unsigned server)
{
	struct net_cares *net = arg;
	struct resolver_server *probed = &net->resolver.server[server];
	struct probe *probe = calloc(1, sizeof *probe);
	int used = 0;

	if (!probe) {
		probed->probing = false; /* at the next tick, then */
		return;
	}
	probe->net = net;
	probe->server = server;
	if (probed->probe_random)
		used = snprintf(probe->name, sizeof probe->name, "stsurvey-%08x.", (unsigned)random());
	snprintf(probe->name + used, sizeof probe->name - (size_t)used, "%.*s", (int)probed->probe_name.n,
		 probed->probe_name.p);
	probe->query = (struct net_query){ .name = span_of(probe->name), .type = probed->probe_type,
					   .on_answer = on_probed, .arg = probe };
	net_cares_ask_server(net, &probe->query, server, false);
}

/* What is due is asked again while the first packet's answer may still come. A question whose packet
 * is out must not enter a list, so where rate or servers forbid to send, the time-out decides. */
static void repeat_due(struct net_cares *net)
{
	while (net->oldest && (uint32_t)now_of(net) - net->oldest->sent_ms >= net->oldest->wait_ms) {
		struct net_try *try = net->oldest;
		struct net_query *query = try->query;
		int server;

		repeat_list_remove(net, try);
		server = resolver_pick(&net->resolver, query->own.server);
		if (query->own.tries_left == 0 || server < 0 || net->waiting.first || !take_token(net))
			continue;
		net->counts.repeats++;
		query->own.tries_left--;
		transmit(net, query, (unsigned)server);
	}
}

static void resume_lists(struct net_cares *net)
{
	uint64_t waiting = net->waiting.count, parked = net->parked.count;

	while (net->delayed.first && (int32_t)((uint32_t)now_of(net) - net->delayed.first->own.due_ms) >= 0)
		send_query(net, list_pop(&net->delayed));
	while (waiting-- > 0 && net->waiting.first && pace_wait(&net->pace, now_of(net) * 1000) == 0)
		send_query(net, list_pop(&net->waiting));
	for (unsigned i = 0; i < net->resolver.count; i++)
		if (net->resolver.server[i].state == RESOLVER_SUSPECT)
			return;
	while (!resolver_is_paused(&net->resolver) && parked-- > 0) {
		struct net_query *query = list_pop(&net->parked);

		query->own.tries_left = (uint8_t)net->tries;
		query->own.failures = 0;
		send_query(net, query);
	}
}

static void tick_channels(struct channel **list)
{
	while (*list) {
		struct channel *channel = *list;

		if (channel->retiring && channel->in_flight == 0) {
			*list = channel->next;
			channel_close(channel);
			continue;
		}
		channel_tick(channel);
		list = &channel->next;
	}
}

static void on_tick(uv_timer_t *timer)
{
	struct net_cares *net = timer->data;

	if (++net->ticks % TIMEOUTS_EVERY == 0) {
		for (unsigned i = 0; i < net->resolver.count; i++) {
			tick_channels(&net->udp[i]);
			tick_channels(&net->tcp[i]);
		}
		resolver_tick(&net->resolver, now_of(net), send_probe, net);
	}
	repeat_due(net);
	resume_lists(net);
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct net_cares *net = prepare->data;

	channel_group_flush(&net->group);
}

/* ---- life ---- */

static int library_status;

static void library_init(void)
{
	library_status = ares_library_init_mem(ARES_LIB_INIT_ALL, freelist_alloc, freelist_free, freelist_realloc);
}

int net_cares_open(struct net_cares **result, const struct net_cares_options *options, char *error, size_t error_size)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct net_cares *net = calloc(1, sizeof *net);

	pthread_once(&once, library_init);
	if (!net || library_status != ARES_SUCCESS) {
		snprintf(error, error_size, "no memory for the DNS client");
		free(net);
		return NET_FAULT_MEMORY;
	}
	net->group = (struct channel_group){ .loop = options->loop, .timeout_ms = options->timeout_ms,
					     .ring = &net->ring };
	net->ring.fd = -1;
	net->tries = options->tries;
	net->rate = options->rate;
	pace_init(&net->pace, 0, 0);
	list_init(&net->waiting);
	list_init(&net->delayed);
	list_init(&net->parked);
	net->resolver.count = options->server_count;
	for (unsigned i = 0; i < options->server_count; i++) {
		net->server[i] = options->server[i];
		net->resolver.server[i].address = options->server[i].address;
		net->resolver.server[i].port = options->server[i].port;
	}
	net->timer.data = net;
	net->prepare.data = net;
	uv_timer_init(options->loop, &net->timer);
	uv_timer_start(&net->timer, on_tick, TICK_MS, TICK_MS);
	uv_prepare_init(options->loop, &net->prepare);
	uv_prepare_start(&net->prepare, on_prepare);
	net->group.handles = 2;
	*result = net;
	return NET_OK;
}

struct resolver *net_cares_resolver(struct net_cares *net)
{
	return &net->resolver;
}

void net_cares_counts(const struct net_cares *net, struct net_cares_counts *counts)
{
	*counts = net->counts;
	counts->parked = net->parked.count;
	counts->icmp = net->group.icmp;
}

size_t net_cares_receive_buffer(const struct net_cares *net)
{
	return net->group.receive_buffer;
}

static void end_list(struct net_cares *net, struct query_list *list)
{
	struct net_query *query;

	while ((query = list_pop(list)))
		finish(net, query, NET_FAULT_SHUTDOWN, DNS_SKIPPED, NULL, 0);
}

void net_cares_stop(struct net_cares *net)
{
	net->stopping = true;
	for (unsigned i = 0; i < net->resolver.count; i++) {
		for (struct channel *channel = net->udp[i]; channel; channel = channel->next)
			ares_cancel(channel->ares);
		for (struct channel *channel = net->tcp[i]; channel; channel = channel->next)
			ares_cancel(channel->ares);
	}
	end_list(net, &net->waiting);
	end_list(net, &net->delayed);
	end_list(net, &net->parked);
}

static void on_closed(uv_handle_t *handle)
{
	struct net_cares *net = handle->data;

	net->group.handles--;
}

void net_cares_close(struct net_cares *net)
{
	for (unsigned i = 0; i < net->resolver.count; i++) {
		struct channel *next;

		for (struct channel *channel = net->udp[i]; channel; channel = next) {
			next = channel->next;
			channel_close(channel);
		}
		for (struct channel *channel = net->tcp[i]; channel; channel = next) {
			next = channel->next;
			channel_close(channel);
		}
		net->udp[i] = net->tcp[i] = NULL;
	}
	uv_close((uv_handle_t *)&net->timer, on_closed);
	uv_close((uv_handle_t *)&net->prepare, on_closed);
}

void net_cares_free(struct net_cares *net)
{
	free(net);
	freelist_trim();
}
