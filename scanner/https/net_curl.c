#include "scanner/https/net_curl.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <curl/curl.h>
#include "scanner/https/net_curl_attempt.h"
#include "scanner/https/net_curl_loop.h"

/* What a fetch waits for. */
enum fetch_state {
	FETCH_AT_GATE, /* the gate, to let it in: on_go */
	FETCH_TRYING,  /* its server; curl or the clock ends the attempt: on_action, on_clock */
	FETCH_DONE,    /* its callback, once nothing here is in the middle of something: call_back */
	FETCH_STATES
};

struct fetch {
	struct gate_pass pass;
	struct net_fetch *request;
	struct net_curl *owner;
	TAILQ_ENTRY(fetch) link; /* among those of its state */
	enum fetch_state state;
	unsigned index;                   /* of the address being tried */
	uint64_t spent_ms;                /* on attempts that are over */
	struct net_curl_attempt *attempt; /* while it tries */
};

TAILQ_HEAD(fetch_list, fetch);

struct net_curl {
	struct net_curl_options options;
	struct net_curl_world world;
	struct gate gate;
	struct net_curl_loop loop;
	uv_timer_t clock; /* runs while anything is tried */
	bool busy;        /* what ends now is called back when this is over */
	struct fetch_list list[FETCH_STATES];
	SLIST_HEAD(, net_curl_attempt) idle;
};

/* The one place where a state is assigned. */
static void set_state(struct net_curl *c, struct fetch *fetch, enum fetch_state state)
{
	TAILQ_REMOVE(&c->list[fetch->state], fetch, link);
	TAILQ_INSERT_TAIL(&c->list[state], fetch, link);
	fetch->state = state;
}

static void call_back(struct net_curl *c)
{
	struct fetch *fetch;

	if (c->busy)
		return;
	c->busy = true;
	while ((fetch = TAILQ_FIRST(&c->list[FETCH_DONE]))) {
		struct net_fetch *request = fetch->request;

		request->policy->fetch_ms = fetch->spent_ms < UINT16_MAX ? (uint16_t)fetch->spent_ms : UINT16_MAX;
		TAILQ_REMOVE(&c->list[FETCH_DONE], fetch, link);
		free(fetch);
		request->on_done(request);
	}
	c->busy = false;
}

/* ---- one attempt ---- */

static uint64_t timeout_ms(const struct net_curl *c)
{
	return (uint64_t)(c->options.timeout_s * 1000);
}

/* The first address from @index on that may be contacted; the number of all where there is none. */
static unsigned allowed_from(const struct net_fetch *request, unsigned index)
{
	while (index < request->address_count && !(request->allowed >> index & 1))
		index++;
	return index;
}

/* Milliseconds this address gets to accept: the next ones shall have their chance. */
static uint64_t connect_ms(const struct fetch *fetch, uint64_t left)
{
	uint64_t limit = left;

	if (allowed_from(fetch->request, fetch->index + 1) < fetch->request->address_count)
		limit = left / 2 > NET_CURL_CONNECT_MIN_MS ? left / 2 : NET_CURL_CONNECT_MIN_MS;
	return limit < NET_CURL_CONNECT_MS ? limit : NET_CURL_CONNECT_MS;
}

static void on_clock(uv_timer_t *clock);

/* Put @fetch's next attempt into curl's hands. -1: no memory. */
static int try_address(struct net_curl *c, struct fetch *fetch)
{
	uint64_t left = timeout_ms(c) - fetch->spent_ms;
	struct net_curl_attempt *attempt = SLIST_FIRST(&c->idle);

	if (attempt)
		SLIST_REMOVE_HEAD(&c->idle, link);
	else
		attempt = net_curl_attempt_new(&c->world);
	if (!attempt)
		return -1;
	if (net_curl_attempt_set(attempt, fetch->request, &fetch->pass.address, (long)left,
				 (long)connect_ms(fetch, left)) != 0 ||
	    curl_multi_add_handle(c->loop.multi, attempt->easy) != CURLM_OK) {
		SLIST_INSERT_HEAD(&c->idle, attempt, link);
		return -1;
	}
	attempt->owner = fetch;
	attempt->began_ms = attempt->stage_ms = uv_now(c->options.loop);
	fetch->attempt = attempt;
	set_state(c, fetch, FETCH_TRYING);
	if (!uv_is_active((uv_handle_t *)&c->clock))
		uv_timer_start(&c->clock, on_clock, NET_CURL_CLOCK_MS, NET_CURL_CLOCK_MS);
	return 0;
}

static void on_go(struct gate_pass *pass, int fault)
{
	struct fetch *fetch = pass->arg;
	struct net_curl *c = fetch->owner;

	if (fault == NET_OK && try_address(c, fetch) != 0) {
		gate_leave(&c->gate, pass);
		fault = NET_FAULT_MEMORY;
	}
	if (fault != NET_OK) {
		fetch->request->fault = fault;
		set_state(c, fetch, FETCH_DONE);
		call_back(c);
	}
}

/* Take the attempt out of curl's hands, finished or not. */
static void leave_curl(struct net_curl *c, struct fetch *fetch)
{
	curl_multi_remove_handle(c->loop.multi, fetch->attempt->easy);
	SLIST_INSERT_HEAD(&c->idle, fetch->attempt, link);
	fetch->spent_ms += uv_now(c->options.loop) - fetch->attempt->began_ms;
}

static void end_attempt(struct net_curl *c, struct fetch *fetch, CURLcode code)
{
	struct net_fetch *request = fetch->request;
	uint64_t ms = uv_now(c->options.loop) - fetch->attempt->began_ms;
	enum net_curl_outcome outcome = net_curl_attempt_judge(fetch->attempt, code, ms, &request->fault);
	unsigned next = allowed_from(request, fetch->index + 1);

	leave_curl(c, fetch);
	if (outcome != NET_CURL_FORBIDDEN)
		request->policy->address_used = (int8_t)fetch->index;
	else if (request->policy->address_used < 0) /* what an earlier address did is better evidence */
		request->policy->status = CONNECT_BLOCKLISTED;
	if (outcome != NET_CURL_FINAL && next < request->address_count && fetch->spent_ms < timeout_ms(c)) {
		fetch->index = next;
		set_state(c, fetch, FETCH_AT_GATE);
		gate_enter_again(&c->gate, &fetch->pass, &request->address[next]);
	} else {
		set_state(c, fetch, FETCH_DONE);
		gate_leave(&c->gate, &fetch->pass);
	}
}

/* libcurl 7.88 reports nothing unless asked after every action, also when no handle runs any more. */
static void on_action(void *arg)
{
	struct net_curl *c = arg;
	CURLMsg *message;
	int left;

	c->busy = true;
	while ((message = curl_multi_info_read(c->loop.multi, &left))) {
		if (message->msg == CURLMSG_DONE) /* @message is gone after this */
			end_attempt(c, net_curl_attempt_of(message->easy_handle)->owner, message->data.result);
	}
	c->busy = false;
	call_back(c);
}

/* curl knows a limit for the connection and one for all; a server may be slow between them, too. */
static void end_if_slow(struct net_curl *c, struct fetch *fetch)
{
	const uint64_t most_ms[NET_CURL_STAGES] = {
		[NET_CURL_SHAKING] = c->options.handshake_ms,
		[NET_CURL_ASKING] = c->options.first_line_ms,
	};
	struct net_curl_attempt *attempt = fetch->attempt;
	enum net_curl_stage stage = net_curl_attempt_stage(attempt);
	uint64_t now = uv_now(c->options.loop);

	if (stage != attempt->stage) {
		attempt->stage = stage;
		attempt->stage_ms = now;
	} else if (most_ms[stage] > 0 && now - attempt->stage_ms > most_ms[stage]) {
		end_attempt(c, fetch, CURLE_OPERATION_TIMEDOUT);
	}
}

static void on_clock(uv_timer_t *clock)
{
	struct net_curl *c = clock->data;
	struct fetch *fetch, *next;

	c->busy = true;
	for (fetch = TAILQ_FIRST(&c->list[FETCH_TRYING]); fetch; fetch = next) {
		next = TAILQ_NEXT(fetch, link); /* ends by itself only: no callback while we are busy */
		end_if_slow(c, fetch);
	}
	c->busy = false;
	if (TAILQ_EMPTY(&c->list[FETCH_TRYING]))
		uv_timer_stop(clock);
	call_back(c);
}

/* A socket nobody watches: the transfer times out, and that is our fault. */
static void on_deaf(void *arg, CURL *easy)
{
	(void)arg;
	net_curl_attempt_of(easy)->fault = NET_FAULT_SOCKETS;
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

static void free_all(void *arg)
{
	struct net_curl *c = arg;
	struct net_curl_attempt *attempt;

	while ((attempt = SLIST_FIRST(&c->idle))) {
		SLIST_REMOVE_HEAD(&c->idle, link);
		net_curl_attempt_free(attempt);
	}
	free(c);
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
	for (unsigned state = 0; state < FETCH_STATES; state++)
		TAILQ_INIT(&c->list[state]);
	SLIST_INIT(&c->idle);
	c->world = (struct net_curl_world){
		.store = options->store,
		.allow = options->allow,
		.block = options->block,
		.https_port = options->https_port,
	};
	routes_look(&c->world.routes);
	snprintf(c->world.user_agent, sizeof(c->world.user_agent), "%s", options->user_agent);
	if (gate_open(&c->gate, &(struct gate_options){ .loop = options->loop,
							.hosts = options->hosts,
							.pace = options->pace,
							.window = options->concurrency }) != 0)
		goto no_memory;
	if (net_curl_loop_init(&c->loop, options->loop) != 0) {
		gate_close(&c->gate, free_all, c);
		c = NULL;
		goto no_memory;
	}
	uv_timer_init(options->loop, &c->clock); /* cannot fail */
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

void net_curl_fetch(struct net_curl *c, struct net_fetch *request)
{
	struct obs_policy *policy = request->policy;
	unsigned first = allowed_from(request, 0);
	struct fetch *fetch = first < request->address_count ? malloc(sizeof(*fetch)) : NULL;

	policy->status = CONNECT_SKIPPED;
	policy->address_used = -1;
	policy->fetch_ms = 0;
	policy->tls = (struct obs_tls){ 0 };
	policy->http = (struct obs_http){ 0 };
	request->fault = NET_OK;
	if (!fetch) {
		if (c->gate.stopping)
			request->fault = NET_FAULT_SHUTDOWN;
		else if (first < request->address_count)
			request->fault = NET_FAULT_MEMORY;
		request->on_done(request);
		return;
	}
	*fetch = (struct fetch){
		.pass = { .target = request->target, .on_go = on_go, .arg = fetch, .address = request->address[first] },
		.request = request,
		.owner = c,
		.index = first
	};
	TAILQ_INSERT_TAIL(&c->list[FETCH_AT_GATE], fetch, link);
	gate_enter(&c->gate, &fetch->pass);
}

void net_curl_stop(struct net_curl *c)
{
	struct fetch *fetch;

	gate_stop(&c->gate);
	while ((fetch = TAILQ_FIRST(&c->list[FETCH_TRYING]))) {
		leave_curl(c, fetch);
		fetch->request->fault = NET_FAULT_SHUTDOWN;
		set_state(c, fetch, FETCH_DONE);
		gate_leave(&c->gate, &fetch->pass);
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

static void on_gate_closed(void *arg)
{
	struct net_curl *c = arg;

	uv_close((uv_handle_t *)&c->clock, on_clock_closed);
}

void net_curl_close(struct net_curl *c)
{
	net_curl_stop(c);
	gate_close(&c->gate, on_gate_closed, c);
}

const struct gate *net_curl_gate(const struct net_curl *c)
{
	return &c->gate;
}
