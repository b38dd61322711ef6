/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/dns/net_cares_own.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/domain.h"
#include "scanner/base/thread_alloc.h"

enum {
	TICK_MS = 20,       /* repeats and delays are this exact, … */
	TURN_MS = 5,        /* … and the rate limit this: a turn may be as late as SERVER_LATE_S */
	TIMEOUTS_EVERY = 5, /* ticks between looks at c-ares's time-outs */
	LATE_MS = 60,       /* between two ticks: this thread did not run, or was busy elsewhere */
};

struct probe {
	struct net_query query;
	char name[DOMAIN_NAME_MAX + 1];
	struct net_cares *net;
	unsigned server;
};

/* NULL: empty. */
static struct net_query *query_list_pop(struct query_list *list)
{
	struct net_query *query = STAILQ_FIRST(list);

	if (query)
		STAILQ_REMOVE_HEAD(list, own.next);
	return query;
}

/* ---- time ---- */

static void on_probed(struct net_query *query, const struct dns_answer *answer)
{
	struct probe *probe = query->arg;
	bool good = !query->fault && !dns_status_is_transient(query->status);

	(void)answer;
	if (query->fault == NET_OK)
		server_health_probed(&probe->net->health, probe->server, good, now_of(probe->net));
	else
		server_health_not_probed(&probe->net->health, probe->server); /* ours proves nothing */
	free(probe);
}

static void send_probe(void *arg, unsigned server)
{
	struct net_cares *net = arg;
	struct name_server *probed = &net->health.server[server];
	struct probe *probe = calloc(1, sizeof(*probe));
	int used = 0;

	if (!probe) {
		server_health_not_probed(&net->health, server);
		return;
	}
	probe->net = net;
	probe->server = server;
	if (probed->probe_random)
		used = snprintf(probe->name, sizeof(probe->name), "stsurvey-%04x%04x.", channel_random(&net->group),
				channel_random(&net->group));
	snprintf(probe->name + used, sizeof(probe->name) - (size_t)used, "%.*s", (int)probed->probe_name.n,
		 probed->probe_name.p);
	probe->query = (struct net_query){ .type = probed->probe_type, .on_answer = on_probed, .arg = probe };
	net_query_about(&probe->query, span_of(probe->name));
	net_cares_ask_server(net, &probe->query, server, false);
}

/* What is due is asked again while the first packet's answer may still come. A question whose packet
 * is out must not enter a list, so where rate or servers forbid to send, the time-out decides. */
static void repeat_due(struct net_cares *net, struct repeat_list *list)
{
	struct net_try *try;

	while ((try = TAILQ_FIRST(list)) && (uint32_t)now_of(net) - try->sent_ms >= try->wait_ms) {
		struct net_query *query = try->query;
		int server;

		repeat_list_remove(try);
		server = server_health_pick(&net->health, query->own.server, now_of(net));
		if (!net_cares_may_try(net, query) || server < 0 || !STAILQ_EMPTY(&net->waiting) ||
		    !net_cares_take_token(net, (unsigned)server))
			continue;
		net_cares_count_repeat(net, query);
		query->own.tries_left--;
		net_cares_transmit(net, query, (unsigned)server);
	}
}

/* Each gets one chance: those of @list, which was taken away, that had none stand before those that wait again. */
static void put_back(struct query_list *list, struct query_list *rest)
{
	STAILQ_CONCAT(rest, list);
	STAILQ_CONCAT(list, rest);
}

static void resume_waiting(struct net_cares *net)
{
	struct query_list waiting = STAILQ_HEAD_INITIALIZER(waiting);
	struct net_query *query;

	net_cares_follow_rate(net);
	STAILQ_CONCAT(&waiting, &net->waiting);
	while (!STAILQ_EMPTY(&waiting) && pace_wait(&net->pace, now_of(net) * 1000) == 0 &&
	       !server_health_is_busy(&net->health, now_of(net))) {
		query = query_list_pop(&waiting);
		/* our own limit held it up: no part of the time its tries may take */
		query->own.first_ms += (uint32_t)now_of(net) - query->own.due_ms;
		net_cares_send(net, query);
	}
	put_back(&net->waiting, &waiting);
}

static void on_turn(uv_timer_t *timer)
{
	struct net_cares *net = timer->data;

	resume_waiting(net);
	if (STAILQ_EMPTY(&net->waiting))
		uv_timer_stop(timer);
}

void net_cares_queue(struct net_cares *net, struct net_query *query)
{
	query->own.due_ms = (uint32_t)now_of(net);
	STAILQ_INSERT_TAIL(&net->waiting, query, own.next);
	if (!uv_is_active((uv_handle_t *)&net->turn))
		uv_timer_start(&net->turn, on_turn, TURN_MS, TURN_MS);
}

static void resume_lists(struct net_cares *net)
{
	struct query_list parked = STAILQ_HEAD_INITIALIZER(parked);
	struct net_query *query;

	while ((query = STAILQ_FIRST(&net->delayed)) && (int32_t)((uint32_t)now_of(net) - query->own.due_ms) >= 0)
		net_cares_send(net, query_list_pop(&net->delayed));
	for (unsigned i = 0; i < net->health.count; i++)
		if (net->health.server[i].state == SERVER_SUSPECT)
			return;
	STAILQ_CONCAT(&parked, &net->parked);
	while (!server_health_is_paused(&net->health) && (query = query_list_pop(&parked))) {
		query->own.tries_left = (uint8_t)net->options.tries_max;
		query->own.failures = 0;
		query->own.first_ms = (uint32_t)now_of(net);
		query->own.tcp = false; /* perhaps of another server */
		net_cares_send(net, query);
	}
	put_back(&net->parked, &parked);
}

static void tick_channels(struct channel_list *list)
{
	struct channel *channel, *next;

	for (channel = TAILQ_FIRST(list); channel; channel = next) {
		channel_tick(channel);
		next = TAILQ_NEXT(channel, next);
		if (channel_is_retiring(channel) && channel->in_flight == 0) {
			TAILQ_REMOVE(list, channel, next);
			channel_close(channel);
		}
	}
}

/* After this thread has stood still, answers wait in the sockets, and the loop calls timers before it reads them: no
 * question is late until they were read. Not twice in a row, so that a thread that is always slow repeats, too. */
static bool must_read_first(struct net_cares *net)
{
	bool stood_still = now_of(net) - net->ticked_ms >= LATE_MS;

	net->ticked_ms = now_of(net);
	net->late = stood_still && !net->late;
	return net->late;
}

static void on_tick(uv_timer_t *timer)
{
	struct net_cares *net = timer->data;

	if (must_read_first(net))
		return;
	if (++net->ticks % TIMEOUTS_EVERY == 0) {
		for (unsigned i = 0; i < 2 * net->health.count; i++)
			tick_channels(&net->channels[i]);
		server_health_tick(&net->health, now_of(net), send_probe, net);
	}
	for (unsigned level = 0; level < REPEAT_LEVELS; level++)
		repeat_due(net, &net->repeat[level]);
	resume_lists(net);
}

/* What was taken from the rates since the last time has been sent now: the loop's clock stands still meanwhile. */
static void note_sent(struct net_cares *net)
{
	bool is_limited = net->pace.rate > 0 || net->options.resolver_rate > 0;
	uint64_t now_us = is_limited && net->unsent > 0 ? uv_hrtime() / 1000 : 0;

	if (now_us > 0)
		pace_used(&net->pace, net->unsent, now_us);
	net->unsent = 0;
	for (unsigned i = 0; now_us > 0 && i < net->health.count; i++) {
		struct name_server *server = &net->health.server[i];

		if (server->unsent > 0)
			pace_used(&server->pace, server->unsent, now_us);
		server->unsent = 0;
	}
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct net_cares *net = prepare->data;

	channel_group_flush(&net->group);
	note_sent(net);
}

/* ---- life ---- */

static int library_status;

static void library_init(void)
{
	library_status = ares_library_init_mem(ARES_LIB_INIT_ALL, thread_alloc_new, thread_alloc_free,
					       thread_alloc_resize);
}

static void open_paces(struct net_cares *net)
{
	uint64_t now_us = now_of(net) * 1000, from_us = net->options.earned_us;

	if (from_us < now_us)
		from_us = now_us;
	net_cares_follow_rate(net);
	pace_begin_empty(&net->pace, from_us);
	for (unsigned i = 0; i < net->options.server_count; i++) {
		struct pace *pace = &net->health.server[i].pace;

		pace_keep_within(pace, net->options.resolver_rate, SERVER_LATE_S);
		pace_begin_empty(pace, from_us);
	}
}

int net_cares_open(struct net_cares **result, const struct net_cares_options *options, struct error *error)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct net_cares *net = calloc(1, sizeof(*net));

	pthread_once(&once, library_init);
	if (!net || library_status != ARES_SUCCESS) {
		error_set(error, "no memory for the DNS client");
		free(net);
		return NET_FAULT_MEMORY;
	}
	net->group = (struct channel_group){ .loop = options->loop,
					     .timeout_ms = options->timeout_ms,
					     .ring = &net->ring,
					     .complete = net_cares_complete };
	net->ring.fd = -1;
	net->options = *options;
	STAILQ_INIT(&net->waiting);
	STAILQ_INIT(&net->delayed);
	STAILQ_INIT(&net->parked);
	for (unsigned level = 0; level < REPEAT_LEVELS; level++)
		TAILQ_INIT(&net->repeat[level]);
	net->health.count = options->server_count;
	for (unsigned i = 0; i < 2 * options->server_count; i++)
		TAILQ_INIT(&net->channels[i]);
	for (unsigned i = 0; i < options->server_count; i++)
		net->health.server[i].endpoint = options->server[i];
	open_paces(net);
	net->timer.data = net;
	net->turn.data = net;
	net->prepare.data = net;
	uv_timer_init(options->loop, &net->timer);
	uv_timer_init(options->loop, &net->turn);
	uv_timer_start(&net->timer, on_tick, TICK_MS, TICK_MS);
	net->ticked_ms = now_of(net);
	uv_prepare_init(options->loop, &net->prepare);
	uv_prepare_start(&net->prepare, on_prepare);
	*result = net;
	return NET_OK;
}

struct server_health *net_cares_health(struct net_cares *net)
{
	return &net->health;
}

void net_cares_counts(const struct net_cares *net, struct net_cares_counts *counts)
{
	*counts = net->counts;
	counts->icmp = net->group.icmp;
}

size_t net_cares_receive_buffer(const struct net_cares *net)
{
	return net->group.receive_buffer;
}

static void end_list(struct net_cares *net, struct query_list *list)
{
	struct net_query *query;

	while ((query = query_list_pop(list)))
		net_cares_finish(net, query, NET_FAULT_SHUTDOWN, DNS_SKIPPED, NULL);
}

void net_cares_stop(struct net_cares *net)
{
	struct channel *channel;

	net->stopping = true;
	for (unsigned i = 0; i < 2 * net->health.count; i++)
		TAILQ_FOREACH (channel, &net->channels[i], next)
			ares_cancel(channel->ares);
	end_list(net, &net->waiting);
	end_list(net, &net->delayed);
	end_list(net, &net->parked);
}

void net_cares_close(struct net_cares *net)
{
	struct channel *channel;

	net_cares_stop(net);
	for (unsigned i = 0; i < 2 * net->health.count; i++) {
		while ((channel = TAILQ_FIRST(&net->channels[i]))) {
			TAILQ_REMOVE(&net->channels[i], channel, next);
			channel_close(channel);
		}
	}
	uv_close((uv_handle_t *)&net->timer, NULL);
	uv_close((uv_handle_t *)&net->turn, NULL);
	uv_close((uv_handle_t *)&net->prepare, NULL);
}

void net_cares_free(struct net_cares *net)
{
	free(net);
}

const char *net_cares_library_version(void)
{
	return ares_version(NULL);
}
