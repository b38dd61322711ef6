#include "scanner/https/net_curl.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>
#include "scanner/https/net_curl_flight.h"
#include "scanner/https/net_curl_loop.h"

enum { PACE_CLOCK_MS = 10 }; /* what a paced flight may be late: half of FETCH_PACE_HOST's interval */

struct easy_pool {
	CURL **easy;
	unsigned count;
};

struct net_curl {
	struct net_curl_options options;
	struct net_curl_counters counters;
	struct net_curl_loop loop;
	uv_async_t wake;     /* `granted` has something for us */
	uv_timer_t clock;    /* runs while anything is in flight or paced */
	uint64_t watched_ms; /* the last look at who is too slow */
	bool stopping, calling_back;
	struct net_curl_world world;
	char user_agent[256];

	struct flight *flights; /* all without callback, newest first */
	struct flight_queue waiting, paced, landed;
	struct flight *pool;
	struct easy_pool easies;

	pthread_mutex_t lock;
	struct flight_queue granted; /* under lock: places that other threads passed on */
};

/* ---- one attempt ---- */

static CURL *easy_take(struct net_curl *c)
{
	if (c->easies.count > 0)
		return c->easies.easy[--c->easies.count];
	return net_curl_easy_new(c->user_agent);
}

static void easy_give(struct net_curl *c, struct flight *flight)
{
	c->easies.easy[c->easies.count++] = flight->easy; /* has room for `concurrency` of them */
	flight->easy = NULL;
}

static uint64_t timeout_ms(const struct net_curl *c)
{
	return (uint64_t)(c->options.timeout_s * 1000);
}

/* The fetch is over: its callback is due. */
static void land(struct net_curl *c, struct flight *flight)
{
	flight->state = FLIGHT_LANDED;
	flight_queue_push(&c->landed, flight);
}

static void give_place(struct net_curl *c, struct flight *flight)
{
	if (flight->has_place)
		host_limit_give(c->options.hosts, &flight->place.address);
	flight->has_place = false;
}

/* The first address from @index on that may be contacted; the number of all where there is none. */
static unsigned allowed_from(const struct net_fetch *fetch, unsigned index)
{
	while (index < fetch->address_count && !(fetch->allowed >> index & 1))
		index++;
	return index;
}

/* Milliseconds this address gets to accept: the next ones shall have their chance. */
static uint64_t connect_ms(const struct flight *flight, uint64_t left)
{
	uint64_t limit = left;

	if (allowed_from(flight->fetch, flight->index + 1) < flight->fetch->address_count)
		limit = left / 2 > NET_CURL_CONNECT_MIN_MS ? left / 2 : NET_CURL_CONNECT_MIN_MS;
	return limit < NET_CURL_CONNECT_MS ? limit : NET_CURL_CONNECT_MS;
}

static void on_clock(uv_timer_t *clock);

/* Due flights and slow servers are looked for this often. */
static void start_clock(struct net_curl *c)
{
	uint64_t every = c->paced.first ? PACE_CLOCK_MS : NET_CURL_CLOCK_MS;

	if (!uv_is_active((uv_handle_t *)&c->clock) || uv_timer_get_repeat(&c->clock) > every)
		uv_timer_start(&c->clock, on_clock, every, every);
}

static void take_off(struct net_curl *c, struct flight *flight)
{
	uint64_t left = timeout_ms(c) - flight->spent_ms;

	flight->easy = easy_take(c);
	if (!flight->easy ||
	    net_curl_attempt_set(&flight->attempt, flight->easy, flight->fetch, &flight->place.address, (long)left,
				 (long)connect_ms(flight, left)) != 0 ||
	    curl_easy_setopt(flight->easy, CURLOPT_PRIVATE, flight) != CURLE_OK ||
	    curl_multi_add_handle(c->loop.multi, flight->easy) != CURLM_OK) {
		if (flight->easy)
			easy_give(c, flight);
		give_place(c, flight);
		flight->fetch->fault = NET_FAULT_MEMORY;
		land(c, flight);
		return;
	}
	flight->state = FLIGHT_FLYING;
	flight->took_off_ms = flight->stage_ms = uv_now(c->options.loop);
	flight->stage = NET_CURL_CONNECTING;
	c->counters.in_flight++;
	c->counters.attempts++;
	start_clock(c);
}

/* Take the attempt out of curl's hands, finished or not. */
static void leave_curl(struct net_curl *c, struct flight *flight)
{
	curl_multi_remove_handle(c->loop.multi, flight->easy);
	easy_give(c, flight);
	give_place(c, flight);
	flight->has_token = false;
	flight->spent_ms += uv_now(c->options.loop) - flight->took_off_ms;
	c->counters.in_flight--;
}

static void next_address(struct net_curl *c, struct flight *flight)
{
	flight->index = allowed_from(flight->fetch, flight->index + 1);
	flight->place.address = flight->fetch->address[flight->index];
	flight->state = FLIGHT_WAITING;
	flight_queue_push_front(&c->waiting, flight);
	c->counters.waiting++;
}

static void end_attempt(struct net_curl *c, struct flight *flight, CURLcode code)
{
	struct obs_policy *policy = flight->fetch->policy;
	enum net_curl_outcome outcome = net_curl_attempt_judge(&flight->attempt, code, &flight->fetch->fault);

	leave_curl(c, flight);
	if (outcome != NET_CURL_FORBIDDEN)
		policy->address_used = (int8_t)flight->index;
	else if (policy->address_used < 0) /* what an earlier address did is better evidence */
		policy->status = CONNECT_BLOCKLISTED;
	if (outcome != NET_CURL_FINAL &&
	    allowed_from(flight->fetch, flight->index + 1) < flight->fetch->address_count &&
	    flight->spent_ms < timeout_ms(c))
		next_address(c, flight);
	else
		land(c, flight);
}

/* ---- who may fly ---- */

/* On whichever thread gave the place back. */
static void on_turn(struct host_waiter *waiter)
{
	struct flight *flight = waiter->arg;
	struct net_curl *c = flight->owner;

	pthread_mutex_lock(&c->lock);
	flight_queue_push(&c->granted, flight);
	pthread_mutex_unlock(&c->lock);
	uv_async_send(&c->wake);
}

/* True: @flight, which has a place, waits for its turn in the pace of its host. */
static bool keep_pace(struct net_curl *c, struct flight *flight)
{
	uint64_t now_us = uv_hrtime() / 1000, wait; /* one clock for all threads */

	if (flight->has_token || !c->options.pace)
		return false;
	wait = fetch_pace_reserve(c->options.pace, &flight->place.address, flight->fetch->target, now_us);
	flight->has_token = true;
	if (wait == 0)
		return false;
	flight->due_us = now_us + wait;
	flight->state = FLIGHT_PACED;
	flight_queue_push(&c->paced, flight);
	start_clock(c);
	return true;
}

/* Fill the window from the line. */
static void admit(struct net_curl *c)
{
	struct flight *flight;

	while (c->counters.in_flight < c->options.concurrency && (flight = flight_queue_pop(&c->waiting))) {
		enum host_turn turn = HOST_TAKEN;

		if (!flight->has_place) {
			flight->state = FLIGHT_PARKED; /* before asking: the turn may come at once, on another thread */
			turn = host_limit_take(c->options.hosts, &flight->place);
		}
		if (turn == HOST_WAITS)
			continue;
		flight->has_place = turn == HOST_TAKEN;
		if (flight->has_place && keep_pace(c, flight))
			continue;
		c->counters.waiting--;
		if (turn == HOST_TAKEN) {
			take_off(c, flight);
		} else {
			flight->fetch->fault = NET_FAULT_MEMORY;
			land(c, flight);
		}
	}
}

static void free_flight(struct net_curl *c, struct flight *flight)
{
	if (flight->older)
		flight->older->newer = flight->newer;
	if (flight->newer)
		flight->newer->older = flight->older;
	else
		c->flights = flight->older;
	flight->next = c->pool;
	c->pool = flight;
}

/* Call back whoever has landed; a callback may fetch again or stop us. */
static void call_back(struct net_curl *c)
{
	struct flight *flight;

	if (c->calling_back)
		return;
	c->calling_back = true;
	while ((flight = flight_queue_pop(&c->landed))) {
		struct net_fetch *fetch = flight->fetch;

		fetch->policy->fetch_ms = flight->spent_ms < UINT16_MAX ? (uint16_t)flight->spent_ms : UINT16_MAX;
		c->counters.octets += fetch->policy->http.size;
		c->counters.done++;
		free_flight(c, flight);
		fetch->own = NULL;
		fetch->on_done(fetch);
	}
	c->calling_back = false;
}

/* libcurl 7.88 reports nothing unless asked after every action, also when no handle runs any more. */
static void on_action(void *arg)
{
	struct net_curl *c = arg;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(c->loop.multi, &left))) {
		struct flight *flight = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&flight);
		end_attempt(c, flight, message->data.result); /* @message is gone after this */
	}
	admit(c);
	call_back(c);
}

/* Those whose time has come go to the head of the line, in their order. */
static void release_due(struct net_curl *c)
{
	struct flight_queue paced = c->paced, due;
	uint64_t now_us = uv_hrtime() / 1000;
	struct flight *flight;

	if (!paced.first)
		return;
	flight_queue_init(&c->paced);
	flight_queue_init(&due);
	while ((flight = flight_queue_pop(&paced)))
		flight_queue_push(flight->due_us <= now_us ? &due : &c->paced, flight);
	for (flight = due.first; flight; flight = flight->next)
		flight->state = FLIGHT_WAITING;
	flight_queue_prepend(&c->waiting, &due);
}

/* curl knows a limit for the connection and one for all; a server may be slow between them, too. */
static void end_slow(struct net_curl *c)
{
	const uint64_t most_ms[NET_CURL_STAGES] = {
		[NET_CURL_SHAKING] = c->options.handshake_ms,
		[NET_CURL_ASKING] = c->options.first_line_ms,
	};
	uint64_t now = uv_now(c->options.loop);

	if (now < c->watched_ms + NET_CURL_CLOCK_MS)
		return;
	c->watched_ms = now;
	for (struct flight *flight = c->flights; flight; flight = flight->older) {
		enum net_curl_stage stage;

		if (flight->state != FLIGHT_FLYING)
			continue;
		stage = net_curl_attempt_stage(&flight->attempt);
		if (stage != flight->stage) {
			flight->stage = stage;
			flight->stage_ms = now;
		} else if (most_ms[stage] > 0 && now - flight->stage_ms > most_ms[stage]) {
			end_attempt(c, flight, CURLE_OPERATION_TIMEDOUT);
		}
	}
}

static void on_clock(uv_timer_t *clock)
{
	struct net_curl *c = clock->data;

	release_due(c);
	end_slow(c);
	admit(c);
	if (!c->paced.first)
		uv_timer_stop(clock);
	if (c->paced.first || c->counters.in_flight > 0)
		start_clock(c);
	call_back(c);
}

static void on_wake(uv_async_t *wake)
{
	struct net_curl *c = wake->data;
	struct flight_queue granted;
	struct flight *flight;

	flight_queue_init(&granted);
	pthread_mutex_lock(&c->lock);
	while ((flight = flight_queue_pop(&c->granted)))
		flight_queue_push(&granted, flight);
	pthread_mutex_unlock(&c->lock);
	while ((flight = flight_queue_pop(&granted))) {
		flight->has_place = true;
		flight->state = FLIGHT_WAITING;
		flight_queue_push_front(&c->waiting, flight);
	}
	admit(c);
	call_back(c);
}

/* A socket nobody watches: the transfer times out, and that is our fault. */
static void on_deaf(void *arg, CURL *easy)
{
	struct flight *flight = NULL;

	(void)arg;
	if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&flight) == CURLE_OK && flight)
		flight->attempt.fault = NET_FAULT_SOCKETS;
}

/* ---- the whole ---- */

static void curl_start(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT); /* not undone: other threads may have begun */
}

static int check_options(const struct net_curl_options *options, struct error *error)
{
	if (!(options->timeout_s > 0 && options->timeout_s <= NET_CURL_TIMEOUT_MAX_S))
		return error_set(error, "--http-timeout: more than 0 and at most %d seconds (RFC 8461 3.3)",
				 NET_CURL_TIMEOUT_MAX_S);
	if (options->concurrency == 0)
		return error_set(error, "--http-concurrency: at least 1");
	return 0;
}

static void free_all(struct net_curl *c)
{
	while (c->easies.count > 0)
		curl_easy_cleanup(c->easies.easy[--c->easies.count]);
	while (c->pool) {
		struct flight *flight = c->pool;

		c->pool = flight->next;
		free(flight);
	}
	pthread_mutex_destroy(&c->lock);
	free(c->easies.easy);
	free(c);
}

static void on_abandoned(uv_handle_t *handle)
{
	free_all(handle->data);
}

int net_curl_open(struct net_curl **curl, const struct net_curl_options *options, struct error *error)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct net_curl *c;

	*curl = NULL;
	if (check_options(options, error) != 0)
		return -1;
	pthread_once(&once, curl_start);
	c = calloc(1, sizeof(*c));
	if (!c)
		goto no_memory;
	c->options = *options;
	if (c->options.handshake_ms == 0)
		c->options.handshake_ms = NET_CURL_HANDSHAKE_MS;
	if (c->options.first_line_ms == 0)
		c->options.first_line_ms = NET_CURL_FIRST_LINE_MS;
	pthread_mutex_init(&c->lock, NULL);
	flight_queue_init(&c->waiting);
	flight_queue_init(&c->paced);
	flight_queue_init(&c->landed);
	flight_queue_init(&c->granted);
	c->world = (struct net_curl_world){
		.store = options->store,
		.allow = options->allow,
		.block = options->block,
		.https_port = options->https_port,
	};
	routes_look(&c->world.routes);
	snprintf(c->user_agent, sizeof(c->user_agent), "%s", options->user_agent);
	c->easies.easy = calloc(options->concurrency, sizeof(CURL *));
	if (!c->easies.easy || uv_async_init(options->loop, &c->wake, on_wake) != 0)
		goto no_memory;
	c->wake.data = c;
	if (net_curl_loop_init(&c->loop, options->loop) != 0) {
		uv_close((uv_handle_t *)&c->wake, on_abandoned);
		c = NULL;
		goto no_memory;
	}
	uv_timer_init(options->loop, &c->clock);
	c->clock.data = c;
	c->loop.on_action = on_action;
	c->loop.on_deaf = on_deaf;
	c->loop.arg = c;
	*curl = c;
	return 0;
no_memory:
	if (c)
		free_all(c);
	return error_set(error, "no memory or descriptors for %u policy fetches: lower --http-concurrency",
			 options->concurrency);
}

static struct flight *new_flight(struct net_curl *c, struct net_fetch *fetch)
{
	struct flight *flight = c->pool;

	if (flight)
		c->pool = flight->next;
	else
		flight = malloc(sizeof(*flight));
	if (!flight)
		return NULL;
	*flight = (struct flight){ .fetch = fetch, .owner = c, .older = c->flights, .attempt.world = &c->world };
	if (c->flights)
		c->flights->newer = flight;
	c->flights = flight;
	return flight;
}

void net_curl_fetch(struct net_curl *c, struct net_fetch *fetch)
{
	struct obs_policy *policy = fetch->policy;
	struct flight *flight = new_flight(c, fetch);

	c->counters.begun++;
	policy->status = CONNECT_SKIPPED;
	policy->address_used = -1;
	policy->fetch_ms = 0;
	policy->tls = (struct obs_tls){ 0 };
	policy->http = (struct obs_http){ 0 };
	if (!flight) {
		c->counters.done++;
		fetch->fault = NET_FAULT_MEMORY;
		fetch->on_done(fetch);
		return;
	}
	fetch->fault = NET_OK;
	fetch->own = flight;
	flight->index = allowed_from(fetch, 0);
	if (c->stopping || flight->index == fetch->address_count) {
		flight->fetch->fault = c->stopping ? NET_FAULT_SHUTDOWN : NET_OK;
		land(c, flight);
	} else {
		flight->place.address = fetch->address[flight->index];
		flight->place.on_turn = on_turn;
		flight->place.arg = flight;
		flight->state = FLIGHT_WAITING;
		flight_queue_push(&c->waiting, flight);
		c->counters.waiting++;
		admit(c);
	}
	call_back(c);
}

void net_curl_stop(struct net_curl *c)
{
	struct flight *flight;

	c->stopping = true;
	for (flight = c->flights; flight; flight = flight->older) {
		if (flight->state == FLIGHT_FLYING)
			leave_curl(c, flight);
		else if (flight->state == FLIGHT_PARKED && !host_limit_cancel(c->options.hosts, &flight->place))
			flight->has_place = true; /* it is on its way in `granted` */
		give_place(c, flight);
	}
	flight_queue_init(&c->waiting);
	flight_queue_init(&c->paced);
	pthread_mutex_lock(&c->lock);
	flight_queue_init(&c->granted);
	pthread_mutex_unlock(&c->lock);
	c->counters.waiting = 0;
	for (flight = c->flights; flight; flight = flight->older) {
		if (flight->state == FLIGHT_LANDED)
			continue;
		flight->fetch->fault = NET_FAULT_SHUTDOWN;
		land(c, flight);
	}
	call_back(c);
}

static void on_loop_closed(struct net_curl_loop *loop)
{
	free_all(loop->arg);
}

static void on_clock_closed(uv_handle_t *handle)
{
	struct net_curl *c = handle->data;

	net_curl_loop_fini(&c->loop, on_loop_closed);
}

static void on_wake_closed(uv_handle_t *handle)
{
	struct net_curl *c = handle->data;

	uv_close((uv_handle_t *)&c->clock, on_clock_closed);
}

void net_curl_close(struct net_curl *c)
{
	net_curl_stop(c);
	uv_close((uv_handle_t *)&c->wake, on_wake_closed);
}

struct net_curl_counters net_curl_counters(const struct net_curl *c)
{
	return c->counters;
}
