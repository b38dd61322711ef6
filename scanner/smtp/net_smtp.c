/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/smtp/net_smtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <openssl/ssl.h>

#include "scanner/base/log.h"
#include "scanner/base/wall_clock.h"
#include "scanner/rules/address.h"
#include "scanner/rules/contact.h"
#include "scanner/smtp/smtp_probe.h"

/* What a request waits for. */
enum asked_state {
	ASKED_AT_GATE, /* the gate, to let it in: on_go */
	ASKED_PROBING, /* its server; the server or the clock ends it: on_end */
	ASKED_DONE,    /* its callback, once nothing here is in the middle of something: call_back */
	ASKED_STATES
};

struct asked {
	struct gate_pass pass;
	struct net_probe *request;
	struct net_smtp *owner;
	TAILQ_ENTRY(asked) link; /* among those of its state */
	enum asked_state state : 8;
	bool old;               /* it is connected to for TLS below 1.2 */
	uint8_t begun_again;    /* times, because we stood still */
	uint64_t spent_ms;      /* on connections that are over */
	struct obs_smtp *first; /* what the one before the old one told; in the request's arena */
	struct smtp_probe *probe;
};

TAILQ_HEAD(asked_list, asked);

enum { COMMAND_MAX = SMTP_EHLO_NAME_MAX + 8 };

struct net_smtp {
	struct smtp_probe_ways ways; /* first */
	struct net_smtp_options options;
	uint64_t timeout_ms;
	struct gate gate;
	uv_timer_t clock;   /* runs while anything is probed */
	uint64_t looked_ms; /* at machine_clock_ms(), while the clock runs: has_stood_still */
	unsigned handles;   /* of libuv: the clock, and one a probe */
	bool busy;          /* what ends now is called back when this is over */
	struct asked_list list[ASKED_STATES];
	char ehlo[COMMAND_MAX], helo[COMMAND_MAX];
};

/* The one place where a state is assigned. */
static void set_state(struct asked *asked, enum asked_state state)
{
	struct net_smtp *s = asked->owner;

	TAILQ_REMOVE(&s->list[asked->state], asked, link);
	TAILQ_INSERT_TAIL(&s->list[state], asked, link);
	asked->state = state;
}

static void log_outcome(const struct net_probe *request)
{
	const struct obs_smtp *smtp = request->smtp;
	char address[ADDRESS_TEXT_MAX];

	if (!log_wants(LOG_LEVEL_TRACE))
		return;
	address_text(request->address, address);
	log_message(LOG_LEVEL_TRACE, "%.*s at %s: %s %s", (int)request->host.n, request->host.p, address,
		    smtp_phase_names[smtp->phase],
		    request->fault != NET_OK ? net_fault_name(request->fault) : connect_status_names[smtp->status]);
}

static void call_back(struct net_smtp *s)
{
	struct asked *asked;

	if (s->busy)
		return;
	s->busy = true;
	while ((asked = TAILQ_FIRST(&s->list[ASKED_DONE]))) {
		struct net_probe *request = asked->request;

		TAILQ_REMOVE(&s->list[ASKED_DONE], asked, link);
		free(asked);
		log_outcome(request);
		request->on_done(request);
	}
	s->busy = false;
}

static void know_nothing(const struct net_probe *request)
{
	*request->smtp = (struct obs_smtp){ .address = request->smtp->address, .sni = request->sni };
}

/* ---- one probe ---- */

static uint64_t most_ms(const struct asked *asked)
{
	return asked->owner->timeout_ms * (asked->request->patient ? SMTP_LAST_FACTOR : 1);
}

static void on_clock(uv_timer_t *clock);

/* False: no memory. Else its end is told by on_end, perhaps by now. */
static bool begin(struct net_smtp *s, struct asked *asked)
{
	asked->probe = smtp_probe_new(&s->ways, asked->request, asked->old, asked);
	if (!asked->probe)
		return false;
	s->handles++;
	set_state(asked, ASKED_PROBING);
	if (!uv_is_active((uv_handle_t *)&s->clock)) {
		s->looked_ms = machine_clock_ms();
		uv_timer_start(&s->clock, on_clock, SMTP_CLOCK_MS, SMTP_CLOCK_MS);
	}
	smtp_probe_connect(asked->probe, most_ms(asked) - asked->spent_ms);
	return true;
}

static void end(struct asked *asked, int fault)
{
	asked->request->fault = fault;
	set_state(asked, ASKED_DONE);
	call_back(asked->owner);
}

static void on_go(struct gate_pass *pass, int fault)
{
	struct asked *asked = pass->arg;
	struct net_smtp *s = asked->owner;

	if (fault != NET_OK) {
		end(asked, fault);
		return;
	}
	if (contact_check(&pass->address, s->options.allow, s->options.address_blocklist) != CONTACT_ALLOWED)
		asked->request->smtp->status = CONNECT_BLOCKLISTED;
	else if (begin(s, asked))
		return;
	else
		fault = NET_FAULT_MEMORY;
	gate_leave(&s->gate, pass);
	end(asked, fault);
}

/* It is over; @asked waits for the gate once more. */
static void enter_again(struct net_smtp *s, struct asked *asked)
{
	know_nothing(asked->request);
	set_state(asked, ASKED_AT_GATE);
	gate_enter_again(&s->gate, &asked->pass, asked->request->address);
}

/* Did the handshake fail at the version alone, and is there time for another? */
static bool wants_old(const struct asked *asked)
{
	return !asked->old && asked->probe->version_refused && asked->spent_ms < most_ms(asked);
}

/* The first connection's facts go by, unless the second has come to a handshake. */
static void choose(struct asked *asked)
{
	struct obs_smtp *smtp = asked->request->smtp;

	if (!asked->old)
		return;
	if (smtp->phase >= SMTP_HANDSHAKE)
		smtp->retried_old = true;
	else
		*smtp = *asked->first;
}

static void on_end(struct smtp_probe *probe)
{
	struct asked *asked = probe->owner;
	struct net_smtp *s = asked->owner;
	struct net_probe *request = asked->request;

	asked->spent_ms += uv_now(s->options.loop) - probe->began_ms;
	request->fault = probe->fault;
	if (request->fault == NET_OK && wants_old(asked)) {
		asked->first = arena_alloc(request->arena, sizeof(*asked->first));
		if (asked->first) {
			*asked->first = *request->smtp;
			asked->old = true;
			enter_again(s, asked);
			return;
		}
		request->fault = NET_FAULT_MEMORY;
	}
	if (request->fault == NET_OK)
		choose(asked);
	set_state(asked, ASKED_DONE);
	gate_leave(&s->gate, &asked->pass);
	call_back(s);
}

/* ---- the clock ---- */

static void begin_again(struct net_smtp *s, struct asked *asked)
{
	smtp_probe_abort(asked->probe);
	if (asked->begun_again++ < NET_CURL_AGAIN_MAX) {
		enter_again(s, asked);
		return;
	}
	know_nothing(asked->request);
	set_state(asked, ASKED_DONE);
	gate_leave(&s->gate, &asked->pass);
}

/* Of the probes under way; those that are let in meanwhile stand behind them. */
static void each_probe(struct net_smtp *s, void (*act)(struct net_smtp *s, struct asked *asked))
{
	struct asked *last = TAILQ_LAST(&s->list[ASKED_PROBING], asked_list);
	struct asked *asked = TAILQ_FIRST(&s->list[ASKED_PROBING]), *next;

	for (; asked; asked = next) {
		next = asked == last ? NULL : TAILQ_NEXT(asked, link);
		act(s, asked);
	}
}

/* We stood still: stopped, suspended or without a processor. What lies in the sockets by now comes after the limits,
 * and a server that has waited for us in vain may have hung up: neither is theirs. */
static void look_whether_we_stood_still(struct smtp_probe_ways *ways)
{
	struct net_smtp *s = (struct net_smtp *)ways;
	uint64_t now = machine_clock_ms(), since_ms = now - s->looked_ms;
	bool busy = s->busy;

	s->looked_ms = now;
	if (since_ms <= SMTP_CLOCK_MS + NET_CURL_LATE_MS || TAILQ_EMPTY(&s->list[ASKED_PROBING]))
		return;
	log_message(LOG_LEVEL_DEBUG, "stood still: the probes under way are begun again");
	s->busy = true;
	each_probe(s, begin_again);
	s->busy = busy;
	call_back(s);
}

/* One that is slow goes on beside the window. */
static void look(struct net_smtp *s, struct asked *asked)
{
	bool slow = uv_now(s->options.loop) - asked->probe->began_ms >= s->options.slow_ms;

	if (slow && asked->pass.state == GATE_OPEN && s->gate.slow < s->options.slow_max)
		gate_give_room(&s->gate, &asked->pass);
	smtp_probe_look(asked->probe);
}

static void on_clock(uv_timer_t *clock)
{
	struct net_smtp *s = clock->data;

	look_whether_we_stood_still(&s->ways);
	s->busy = true;
	each_probe(s, look);
	s->busy = false;
	call_back(s);
	if (TAILQ_EMPTY(&s->list[ASKED_PROBING]))
		uv_timer_stop(&s->clock);
}

/* ---- the whole ---- */

static void free_all(struct net_smtp *s)
{
	SSL_CTX_free(s->ways.tls.context);
	SSL_CTX_free(s->ways.tls.old_context);
	free(s);
}

static void handle_closed(struct net_smtp *s)
{
	if (--s->handles == 0)
		free_all(s);
}

static void on_gone(struct smtp_probe_ways *ways)
{
	handle_closed((struct net_smtp *)ways);
}

static void on_clock_closed(uv_handle_t *clock)
{
	handle_closed(clock->data);
}

static struct span command(char text[static COMMAND_MAX], const char *verb, const char *name)
{
	snprintf(text, COMMAND_MAX, "%s %.*s\r\n", verb, SMTP_EHLO_NAME_MAX, name);
	return span_of(text);
}

/* False: no memory. */
static bool set_ways(struct net_smtp *s)
{
	static const uint32_t phase_ms[SMTP_PHASE_COUNT] = {
		[SMTP_CONNECT] = SMTP_CONNECT_MS, [SMTP_GREETING] = SMTP_GREETING_MS,   [SMTP_EHLO] = SMTP_REPLY_MS,
		[SMTP_STARTTLS] = SMTP_REPLY_MS,  [SMTP_HANDSHAKE] = SMTP_HANDSHAKE_MS, [SMTP_SECURE] = SMTP_QUIT_MS,
	};
	const struct net_smtp_options *options = &s->options;
	struct smtp_probe_ways *ways = &s->ways;

	ways->loop = options->loop;
	ways->port = options->smtp_port;
	ways->ehlo = command(s->ehlo, "EHLO", options->ehlo_domain);
	ways->helo = command(s->helo, "HELO", options->ehlo_domain);
	for (unsigned phase = 0; phase < SMTP_PHASE_COUNT; phase++)
		ways->phase_ms[phase] = options->phase_ms[phase] ? options->phase_ms[phase] : phase_ms[phase];
	ways->greeting_patient_ms = options->greeting_patient_ms ? options->greeting_patient_ms : SMTP_GREETING_LAST_MS;
	ways->on_event = look_whether_we_stood_still;
	ways->on_end = on_end;
	ways->on_gone = on_gone;
	routes_look(&ways->routes);
	ways->tls = (struct smtp_tls_ways){ .store = options->store,
					    .context = tls_client_context(options->store, false),
					    .old_context = tls_client_context(options->store, true),
					    .keep_certificates = options->keep_certificates };
	return ways->tls.context && ways->tls.old_context;
}

int net_smtp_open(struct net_smtp **smtp, const struct net_smtp_options *options, struct error *error)
{
	struct net_smtp *s = *smtp = calloc(1, sizeof(*s));

	if (!s)
		goto no_memory;
	s->options = *options;
	s->timeout_ms = options->timeout_s > 0 ? (uint64_t)(options->timeout_s * 1000) : SMTP_TIMEOUT_S * 1000;
	if (s->options.slow_ms == 0)
		s->options.slow_ms = SMTP_SLOW_MS;
	if (s->options.slow_max == 0)
		s->options.slow_max = SMTP_SLOW_MAX;
	for (unsigned state = 0; state < ASKED_STATES; state++)
		TAILQ_INIT(&s->list[state]);
	if (!set_ways(s))
		goto no_memory;
	if (gate_open(&s->gate, &(struct gate_options){ .loop = options->loop,
							.hosts = options->hosts,
							.pace = options->pace,
							.window = options->concurrency }) != 0)
		goto no_memory;
	uv_timer_init(options->loop, &s->clock); /* cannot fail */
	s->clock.data = s;
	s->handles = 1;
	return 0;
no_memory:
	if (s)
		free_all(s);
	*smtp = NULL;
	return error_set(error, "no memory or descriptors for %u probes: lower --smtp-concurrency",
			 options->concurrency);
}

void net_smtp_probe(struct net_smtp *s, struct net_probe *request)
{
	struct asked *asked = malloc(sizeof(*asked));

	know_nothing(request);
	request->fault = NET_OK;
	if (!asked) {
		request->fault = s->gate.stopping ? NET_FAULT_SHUTDOWN : NET_FAULT_MEMORY;
		request->on_done(request);
		return;
	}
	*asked = (struct asked){
		.pass = { .target = request->target, .on_go = on_go, .arg = asked, .address = *request->address },
		.request = request,
		.owner = s,
	};
	TAILQ_INSERT_TAIL(&s->list[ASKED_AT_GATE], asked, link);
	gate_enter(&s->gate, &asked->pass);
}

static void stop(struct net_smtp *s, struct asked *asked)
{
	smtp_probe_abort(asked->probe);
	asked->request->fault = NET_FAULT_SHUTDOWN;
	set_state(asked, ASKED_DONE);
	gate_leave(&s->gate, &asked->pass);
}

void net_smtp_stop(struct net_smtp *s)
{
	bool busy = s->busy;

	s->busy = true;
	gate_stop(&s->gate);
	each_probe(s, stop);
	s->busy = busy;
	call_back(s);
}

static void on_gate_closed(void *arg)
{
	struct net_smtp *s = arg;

	uv_close((uv_handle_t *)&s->clock, on_clock_closed);
}

void net_smtp_close(struct net_smtp *s)
{
	net_smtp_stop(s);
	gate_close(&s->gate, on_gate_closed, s);
}

const struct gate *net_smtp_gate(const struct net_smtp *s)
{
	return &s->gate;
}
