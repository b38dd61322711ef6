/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/https/net_curl.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include <curl/curl.h>

#include "scanner/base/counted_alloc.h"
#include "scanner/base/log.h"
#include "scanner/base/wall_clock.h"
#include "scanner/https/net_curl_attempt.h"

/* What a fetch waits for. */
enum fetch_state {
	FETCH_AT_GATE, /* the gate, to let it in: on_go */
	FETCH_TRYING,  /* its server; curl or the clock ends the attempt: act, on_clock */
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
	unsigned begun_again;             /* times, because we stood still */
	uint64_t spent_ms;                /* on attempts that are over */
	struct net_curl_attempt *attempt; /* while it tries */
};

TAILQ_HEAD(fetch_list, fetch);

struct net_curl {
	struct net_curl_options options;
	struct routes routes; /* when we started */
	uint64_t timeout_ms;
	struct gate gate;
	CURLM *multi;          /* NULL: to be made */
	uv_timer_t curl_timer; /* until curl wants to be called */
	uv_timer_t clock;      /* runs while anything is tried */
	uint64_t looked_ms;    /* at machine_clock_ms(), while the clock runs: has_stood_still */
	unsigned handles;      /* of libuv: these two, and a poll for each socket */
	bool busy;             /* what ends now is called back when this is over */
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

/* The first address from @index on that may be contacted; the number of all where there is none. */
static unsigned allowed_from(const struct net_fetch *request, unsigned index)
{
	while (index < request->address_count && !(request->allowed >> index & 1))
		index++;
	return index;
}

/* Milliseconds this address gets to accept: something is left for the next ones. */
static uint64_t connect_ms(const struct fetch *fetch, uint64_t left)
{
	uint64_t limit = left;

	if (allowed_from(fetch->request, fetch->index + 1) < fetch->request->address_count)
		limit = left / 2 > NET_CURL_CONNECT_MIN_MS ? left / 2 : NET_CURL_CONNECT_MIN_MS;
	return limit < NET_CURL_CONNECT_MS ? limit : NET_CURL_CONNECT_MS;
}

static void on_clock(uv_timer_t *clock);
static void unwatch(struct net_curl_attempt *attempt);
static bool have_multi(struct net_curl *c);

/* Put @fetch's next attempt into curl's hands. -1: no memory. */
static int try_address(struct net_curl *c, struct fetch *fetch)
{
	uint64_t left = c->timeout_ms - fetch->spent_ms;
	struct net_curl_attempt *attempt = SLIST_FIRST(&c->idle);

	if (attempt)
		SLIST_REMOVE_HEAD(&c->idle, link);
	else
		attempt = net_curl_attempt_new(&c->options, &c->routes, unwatch);
	if (!attempt)
		return -1;
	if (!have_multi(c) ||
	    net_curl_attempt_set(attempt, fetch->request, &fetch->pass.address, (long)left,
				 (long)connect_ms(fetch, left)) != 0 ||
	    curl_multi_add_handle(c->multi, attempt->easy) != CURLM_OK) {
		SLIST_INSERT_HEAD(&c->idle, attempt, link);
		return -1;
	}
	attempt->owner = fetch;
	attempt->began_ms = attempt->stage_ms = uv_now(c->options.loop);
	fetch->attempt = attempt;
	set_state(c, fetch, FETCH_TRYING);
	if (!uv_is_active((uv_handle_t *)&c->clock)) {
		c->looked_ms = machine_clock_ms();
		uv_timer_start(&c->clock, on_clock, NET_CURL_CLOCK_MS, NET_CURL_CLOCK_MS);
	}
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

static void know_nothing(struct obs_policy *policy)
{
	policy->status = CONNECT_SKIPPED;
	policy->address_used = -1;
	policy->tls = (struct obs_tls){ 0 };
	policy->http = (struct obs_http){ 0 };
}

/* Take the attempt out of curl's hands, finished or not. */
static void leave_curl(struct net_curl *c, struct fetch *fetch)
{
	curl_multi_remove_handle(c->multi, fetch->attempt->easy);
	net_curl_attempt_clear(fetch->attempt);
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
	if (outcome != NET_CURL_FINAL && next < request->address_count && fetch->spent_ms < c->timeout_ms) {
		fetch->index = next;
		set_state(c, fetch, FETCH_AT_GATE);
		gate_enter_again(&c->gate, &fetch->pass, &request->address[next]);
	} else {
		set_state(c, fetch, FETCH_DONE);
		gate_leave(&c->gate, &fetch->pass);
	}
}

/* Without memory for an address, curl 7.88 begins a resolver, gets none for that either, and closes descriptor 0, which
 * it takes for a socket of it. Nothing of ours is to have that number when it does so again. */
static void occupy_descriptor_0(void)
{
	if (fcntl(STDIN_FILENO, F_GETFD) < 0)
		(void)!open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Memory failed somewhere in curl's hands or below. Whose fetch it was nobody tells, and what curl has made of its
 * tables is not to be used any more: 7.88 leaves a socket's entry in them that it then divides by. So all fetches are
 * begun again, with another multi handle. */
static void end_all(struct net_curl *c)
{
	struct fetch *fetch, *next;

	occupy_descriptor_0();
	TAILQ_FOREACH (fetch, &c->list[FETCH_TRYING], link) {
		fetch->attempt->fault = NET_FAULT_MEMORY;
		curl_multi_remove_handle(c->multi, fetch->attempt->easy);
	}
	curl_multi_cleanup(c->multi);
	c->multi = NULL;
	uv_timer_stop(&c->curl_timer);
	for (fetch = TAILQ_FIRST(&c->list[FETCH_TRYING]); fetch; fetch = next) {
		next = TAILQ_NEXT(fetch, link);
		if (fetch->attempt->fault != NET_OK) /* it has not just been let in by the end of another */
			end_attempt(c, fetch, CURLE_OUT_OF_MEMORY);
	}
}

/* ---- we stood still: stopped, suspended or without a processor ---- */

/* Asked by the clock, and whenever curl has acted. */
static bool has_stood_still(struct net_curl *c)
{
	uint64_t now = machine_clock_ms(), since_ms = now - c->looked_ms;

	c->looked_ms = now;
	return since_ms > NET_CURL_CLOCK_MS + NET_CURL_LATE_MS;
}

static void begin_again(struct net_curl *c, struct fetch *fetch)
{
	struct net_fetch *request = fetch->request;

	fetch->attempt->began_ms = uv_now(c->options.loop); /* none of this time was the fetch's */
	leave_curl(c, fetch);
	know_nothing(request->policy);
	if (fetch->begun_again++ < NET_CURL_AGAIN_MAX) {
		set_state(c, fetch, FETCH_AT_GATE);
		gate_enter_again(&c->gate, &fetch->pass, &request->address[fetch->index]);
	} else {
		set_state(c, fetch, FETCH_DONE);
		gate_leave(&c->gate, &fetch->pass);
	}
}

/* Answers lie in the sockets, but curl looks at its time-outs before it reads; and a server that has waited for us in
 * vain may have hung up. Both would be taken for theirs, so whatever is tried is begun again. */
static void begin_all_again(struct net_curl *c)
{
	struct fetch *last = TAILQ_LAST(&c->list[FETCH_TRYING], fetch_list), *fetch = NULL;

	if (last)
		log_message(LOG_LEVEL_DEBUG, "stood still: the policy fetches under way are begun again");
	while (fetch != last) { /* those that are let in meanwhile stand behind it */
		fetch = TAILQ_FIRST(&c->list[FETCH_TRYING]);
		begin_again(c, fetch);
	}
}

static void end_finished(struct net_curl *c)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(c->multi, &left))) {
		if (message->msg == CURLMSG_DONE) /* @message is gone after this */
			end_attempt(c, net_curl_attempt_of(message->easy_handle)->owner, message->data.result);
	}
}

/* Let curl act on a socket or on the time. libcurl 7.88 reports nothing unless asked after every action, also when no
 * handle runs any more. */
static void act(struct net_curl *c, curl_socket_t fd, int flags)
{
	unsigned before = counted_alloc_failures();
	CURLMcode code;
	int running;

	c->busy = true;
	code = curl_multi_socket_action(c->multi, fd, flags, &running);
	if (code != CURLM_OK || counted_alloc_failures() != before)
		end_all(c);
	if (has_stood_still(c)) /* before or while curl acted: what it has found is not used */
		begin_all_again(c);
	end_finished(c);
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

	if (attempt->fault != NET_OK) {
		end_attempt(c, fetch, CURLE_OPERATION_TIMEDOUT);
	} else if (stage != attempt->stage) {
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
	if (has_stood_still(c))
		begin_all_again(c);
	for (fetch = TAILQ_FIRST(&c->list[FETCH_TRYING]); fetch; fetch = next) {
		next = TAILQ_NEXT(fetch, link); /* ends by itself only: no callback while we are busy */
		end_if_slow(c, fetch);
	}
	c->busy = false;
	if (TAILQ_EMPTY(&c->list[FETCH_TRYING]))
		uv_timer_stop(clock);
	call_back(c);
}

/* ---- curl on the loop: its multi_socket interface ---- */

struct socket_poll {
	uv_poll_t poll;
	struct net_curl *owner;
	curl_socket_t fd;
	int wanted; /* uv_poll events */
};

static void on_curl_timer(uv_timer_t *timer)
{
	act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer_wanted(CURLM *multi, long ms, void *arg)
{
	struct net_curl *c = arg;

	(void)multi;
	if (ms < 0)
		uv_timer_stop(&c->curl_timer);
	else
		uv_timer_start(&c->curl_timer, on_curl_timer, (uint64_t)ms, 0);
	return 0;
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
	struct socket_poll *socket = poll->data;
	int flags = (events & UV_READABLE ? CURL_CSELECT_IN : 0) | (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);

	if (status < 0) { /* EPOLLERR: libuv has stopped polling; curl may have octets to read before the error */
		flags |= CURL_CSELECT_ERR | CURL_CSELECT_IN; /* with ERR alone curl 7.88 gives up unread */
		uv_poll_start(poll, socket->wanted, on_socket);
	}
	act(socket->owner, socket->fd, flags);
}

static void free_all(void *arg)
{
	struct net_curl *c = arg;
	struct net_curl_attempt *attempt;

	curl_multi_cleanup(c->multi);
	while ((attempt = SLIST_FIRST(&c->idle))) { /* to the last, curl may close a socket through them */
		SLIST_REMOVE_HEAD(&c->idle, link);
		net_curl_attempt_free(attempt);
	}
	free(c);
}

static void handle_closed(struct net_curl *c)
{
	if (--c->handles == 0)
		free_all(c);
}

static void on_timer_closed(uv_handle_t *handle)
{
	handle_closed(handle->data);
}

static void on_poll_closed(uv_handle_t *handle)
{
	struct socket_poll *socket = handle->data;
	struct net_curl *c = socket->owner;

	free(socket);
	handle_closed(c);
}

static bool watch(struct net_curl *c, struct net_curl_attempt *attempt, curl_socket_t fd)
{
	struct socket_poll *socket = malloc(sizeof(*socket));

	if (!socket || uv_poll_init_socket(c->options.loop, &socket->poll, fd) != 0) {
		free(socket);
		return false;
	}
	socket->poll.data = socket;
	socket->owner = c;
	socket->fd = fd;
	c->handles++;
	attempt->poll = socket;
	return true;
}

/* Before the socket is closed, always: libuv aborts when it meets a closed one. */
static void unwatch(struct net_curl_attempt *attempt)
{
	if (attempt->poll)
		uv_close((uv_handle_t *)&attempt->poll->poll, on_poll_closed);
	attempt->poll = NULL;
}

static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *assigned)
{
	struct net_curl_attempt *attempt = net_curl_attempt_of(easy);
	struct net_curl *c = arg;
	struct socket_poll *socket;

	(void)assigned;
	if (!attempt || fd != attempt->fd)
		return 0;
	if (what == CURL_POLL_REMOVE) {
		unwatch(attempt);
		return 0;
	}
	if (attempt->poll || watch(c, attempt, fd)) {
		socket = attempt->poll;
		socket->wanted = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
		if (uv_poll_start(&socket->poll, socket->wanted, on_socket) == 0)
			return 0;
	}
	/* not watched, it is ended by the clock; an error returned here would end all of them */
	attempt->fault = NET_FAULT_SOCKETS;
	return 0;
}

static bool have_multi(struct net_curl *c)
{
	CURLMcode bad = CURLM_OK;

	if (c->multi)
		return true;
	c->multi = curl_multi_init();
	if (!c->multi)
		return false;
#define SET(option, value) (bad = bad ? bad : curl_multi_setopt(c->multi, option, value))
	SET(CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
	SET(CURLMOPT_SOCKETDATA, c);
	SET(CURLMOPT_TIMERFUNCTION, on_timer_wanted);
	SET(CURLMOPT_TIMERDATA, c);
#undef SET
	if (bad == CURLM_OK)
		return true;
	curl_multi_cleanup(c->multi);
	c->multi = NULL;
	return false;
}

/* ---- the whole ---- */

static CURLcode curl_status;

static void curl_start(void)
{
	/* not undone: other threads may have begun */
	curl_status = curl_global_init_mem(CURL_GLOBAL_DEFAULT, counted_malloc, free, counted_realloc, counted_strdup,
					   counted_calloc);
}

int net_curl_open(struct net_curl **curl, const struct net_curl_options *options, struct error *error)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct net_curl *c;

	*curl = NULL;
	pthread_once(&once, curl_start);
	c = calloc(1, sizeof(*c));
	if (!c || curl_status != CURLE_OK)
		goto no_memory;
	c->options = *options;
	if (c->options.handshake_ms == 0)
		c->options.handshake_ms = NET_CURL_HANDSHAKE_MS;
	if (c->options.first_line_ms == 0)
		c->options.first_line_ms = NET_CURL_FIRST_LINE_MS;
	for (unsigned state = 0; state < FETCH_STATES; state++)
		TAILQ_INIT(&c->list[state]);
	SLIST_INIT(&c->idle);
	c->timeout_ms = (uint64_t)(options->timeout_s * 1000);
	routes_look(&c->routes);
	if (!have_multi(c))
		goto no_memory;
	if (gate_open(&c->gate, &(struct gate_options){ .loop = options->loop,
							.hosts = options->hosts,
							.pace = options->pace,
							.window = options->concurrency }) != 0)
		goto no_memory;
	uv_timer_init(options->loop, &c->clock); /* cannot fail */
	uv_timer_init(options->loop, &c->curl_timer);
	c->clock.data = c->curl_timer.data = c;
	c->handles = 2;
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

	know_nothing(policy);
	policy->fetch_ms = 0;
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

static void on_gate_closed(void *arg)
{
	struct net_curl *c = arg;

	uv_close((uv_handle_t *)&c->clock, on_timer_closed);
	uv_close((uv_handle_t *)&c->curl_timer, on_timer_closed);
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

const char *net_curl_library_version(void)
{
	return curl_version_info(CURLVERSION_NOW)->version;
}
