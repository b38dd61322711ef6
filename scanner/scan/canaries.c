/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/scan/canaries.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "scanner/base/log.h"
#include "scanner/live/own_address.h"
#include "scanner/rules/address.h"

enum {
	STATES_MAX = 80,      /* octets of put_states' text, with NUL */
	SINK_WAIT_US = 10000, /* at the end, for a buffer that the sink still has */
	SINK_WAITS = 500,
};

static const char *const family_names[VANTAGE_FAMILIES] = { "IPv4", "IPv6" };

bool canary_window_look(struct canary_window *window, uint64_t connects, uint64_t timeouts)
{
	uint64_t connects_now = connects - window->connects, timeouts_now = timeouts - window->timeouts;
	double before = window->connects > 0 ? (double)window->timeouts / (double)window->connects : 0;
	double least = CANARY_LEAST_PERCENT / 100.0;

	if (connects_now < CANARY_WINDOW)
		return false;
	*window = (struct canary_window){ connects, timeouts };
	return (double)timeouts_now / (double)connects_now > CANARY_TIMES * (before > least ? before : least);
}

/* ---- the self-test ---- */

/* "IPv4: blocked, IPv6: no-route" */
static const char *put_states(const enum vantage_state state[static VANTAGE_FAMILIES], char text[static STATES_MAX])
{
	snprintf(text, STATES_MAX, "IPv4: %s, IPv6: %s", vantage_state_names[state[VANTAGE_IPV4]],
		 vantage_state_names[state[VANTAGE_IPV6]]);
	return text;
}

static bool is_any(const struct canaries *canaries, enum vantage_state state)
{
	return canaries->last[VANTAGE_IPV4] == state || canaries->last[VANTAGE_IPV6] == state;
}

static int refuse(const struct canaries *canaries, struct error *error)
{
	char states[STATES_MAX];

	put_states(canaries->last, states);
	if (is_any(canaries, VANTAGE_INTERCEPTED))
		return error_set(error,
				 "self-test of port %u: somebody else answers for well-known mail servers (%s), so "
				 "nothing true can be found out from here%s; scan from another place, or leave --smtp "
				 "away",
				 canaries->scan->options->smtp_port, states,
				 canaries->scan->options->ca_file ? ", or --ca-file does not hold their roots" : "");
	if (is_any(canaries, VANTAGE_BLOCKED))
		return error_set(
			error,
			"self-test: port %u is shut to this machine (%s), as it is on AWS, Google Cloud, Azure, "
			"DigitalOcean, Hetzner, Oracle and most access lines; ask them to open it, scan from "
			"another place, or leave --smtp away; of a lab, see --smtp-port and --smtp-canaries",
			canaries->scan->options->smtp_port, states);
	return error_set(error,
			 "self-test of port %u: none of the well-known mail servers could be asked (%s); do the name "
			 "servers know the internet, has this machine a route? --smtp-canaries names others",
			 canaries->scan->options->smtp_port, states);
}

static void warn_of_name(const struct canaries *canaries, int family)
{
	const struct scan *scan = canaries->scan;
	const struct obs_vantage *seen = vantage_seen(canaries->vantage);
	const struct own_name *own = vantage_own_name(canaries->vantage, family);
	struct span source = seen->source[family], ptr = seen->ptr[family];
	int n = (int)source.n;

	if (!vantage_state_is_open(seen->state[family]))
		return;
	if (own->listed == OWN_LISTED)
		log_warning("our address %.*s is on a blocklist (" OWN_NAME_BLOCKLIST
			    "): many mail servers will turn us away",
			    n, source.p);
	if (!ptr.p && own->ptr_status != DNS_SKIPPED && !dns_status_is_transient(own->ptr_status))
		log_warning("our address %.*s has no name (PTR): some mail servers will turn us away", n, source.p);
	else if (ptr.p && !seen->ptr_confirmed[family])
		log_warning("our address %.*s is called %.*s (PTR), which does not lead back to it: some mail servers "
			    "will turn us away",
			    n, source.p, (int)ptr.n, ptr.p);
	else if (ptr.p && !span_equal_nocase(ptr, span_of(scan->live.ehlo)))
		log_warning("our address %.*s is called %.*s (PTR), and we greet as %s: some mail servers will turn us "
			    "away; see --ehlo-domain",
			    n, source.p, (int)ptr.n, ptr.p, scan->live.ehlo);
}

static void warn_of_hosts(const struct canaries *canaries, int family)
{
	for (unsigned i = 0; i < vantage_host_count(canaries->vantage); i++) {
		const struct vantage_host *host = vantage_host(canaries->vantage, i);

		if (host->result[family] > CANARY_GOOD)
			log_warning("self-test of port %u: %.*s over %s: %s", canaries->scan->options->smtp_port,
				    (int)host->name.n, host->name.p, family_names[family],
				    canary_result_names[host->result[family]]);
	}
}

/* The others must not be blamed for it. */
static void leave_out(const struct canaries *canaries, int family, const char *why)
{
	atomic_store(&canaries->scan->left_out[family], true);
	log_warning("mail servers are not probed over %s: %s", family_names[family], why);
}

static int self_test(struct canaries *canaries, struct error *error)
{
	const struct obs_vantage *seen;

	log_info("self-test of port %u: asking %u well-known mail servers", canaries->scan->options->smtp_port,
		 vantage_host_count(canaries->vantage));
	if (vantage_self_test(canaries->vantage, error) < 0)
		return -1;
	seen = vantage_seen(canaries->vantage);
	for (int family = 0; family < VANTAGE_FAMILIES; family++)
		canaries->first[family] = canaries->last[family] = seen->state[family];
	if (!vantage_is_open(canaries->vantage))
		return refuse(canaries, error);
	for (int family = 0; family < VANTAGE_FAMILIES; family++) {
		if (vantage_state_is_shut(seen->state[family]) || seen->state[family] == VANTAGE_NO_ROUTE)
			leave_out(canaries, family, vantage_state_names[seen->state[family]]);
		if (seen->state[family] == VANTAGE_PARTIAL)
			warn_of_hosts(canaries, family);
		warn_of_name(canaries, family);
	}
	canaries->tests = 1;
	canaries->unwritten = true;
	return 0;
}

/* No test tells; what is certain is that without a route there is no way. Of labs nobody knows where they are. */
static void look_at_routes(const struct canaries *canaries)
{
	struct obs_address own;

	for (int family = 0; family < VANTAGE_FAMILIES && !canaries->scan->options->allow_reserved; family++)
		if (!own_address(family == VANTAGE_IPV4 ? 4 : 6, &own))
			leave_out(canaries, family, "this machine has no route");
}

struct canaries *canaries_new(struct scan *scan, struct error *error)
{
	const struct options *options = scan->options;
	struct canaries *canaries = calloc(1, sizeof(*canaries));

	if (!canaries) {
		error_set(error, "no memory");
		return NULL;
	}
	*canaries = (struct canaries){ .scan = scan, .due_s = CANARY_INTERVAL_S, .shut_since_s = -1 };
	if (options->smtp_port != OPTIONS_SMTP_PORT && options->canary_count == 0) {
		look_at_routes(canaries);
		return canaries;
	}
	canaries->vantage = vantage_new(options, &scan->live);
	if (!canaries->vantage)
		error_set(error, "no memory");
	else if (self_test(canaries, error) == 0)
		return canaries;
	canaries_free(canaries);
	return NULL;
}

void canaries_free(struct canaries *canaries)
{
	if (!canaries)
		return;
	if (canaries->is_open)
		vantage_closed(canaries->vantage);
	vantage_free(canaries->vantage);
	free(canaries);
}

/* ---- while the scan runs ---- */

int canaries_open(struct canaries *canaries, uv_loop_t *loop, struct error *error)
{
	if (!canaries->vantage)
		return 0;
	canaries->is_open = true;
	return vantage_open(canaries->vantage, loop, error);
}

static void write_unwritten(struct canaries *canaries)
{
	struct sink *sink = canaries->scan->sink;
	struct record_buffer *buffer = canaries->unwritten ? sink_take(sink) : NULL;

	if (!buffer)
		return;
	canaries->unwritten = record_put_vantage(buffer, vantage_seen(canaries->vantage)) < 0;
	sink_give(sink, buffer);
}

static void hold(struct canaries *canaries, bool is_shut)
{
	char states[STATES_MAX];

	if (is_shut && atomic_load(&canaries->scan->phase) == SCAN_END) {
		log_warning("port %u is shut to us (%s): mail servers that failed since the last canary that was well "
			    "are taken for unknown",
			    canaries->scan->options->smtp_port, put_states(canaries->last, states));
	} else if (is_shut && canaries->shut_since_s < 0) {
		canaries->shut_since_s = canaries->now_s;
		log_warning("port %u is shut to us (%s): no mail server is probed until it is open again",
			    canaries->scan->options->smtp_port, put_states(canaries->last, states));
	} else if (!is_shut && canaries->shut_since_s >= 0) {
		canaries->shut_since_s = -1;
		log_warning("port %u is open again (%s): the scan goes on", canaries->scan->options->smtp_port,
			    put_states(canaries->last, states));
	}
	atomic_store(&canaries->scan->held, is_shut);
}

/* One family of two: hosts are probed over the other, as long as it lasts. */
static void change_family(struct canaries *canaries, int family, enum vantage_state state)
{
	bool was_shut = vantage_state_is_shut(canaries->last[family]), is_shut = vantage_state_is_shut(state);

	if (!is_shut && !vantage_state_is_open(state))
		return; /* it tells nothing */
	canaries->last[family] = state;
	if (is_shut == was_shut || canaries->first[family] == VANTAGE_NO_ROUTE)
		return;
	atomic_store(&canaries->scan->left_out[family], is_shut);
	log_warning("port %u is %s over %s", canaries->scan->options->smtp_port, vantage_state_names[state],
		    family_names[family]);
}

static void on_tested(void *arg);

static void test(struct canaries *canaries, bool all)
{
	canaries->testing = true;
	canaries->all = all;
	canaries->hosts_before = SCAN_SUM(canaries->scan, hosts.recorded) + SCAN_SUM(canaries->scan, hosts.deferred);
	vantage_start(canaries->vantage, all ? 0 : canaries->turn++, all ? vantage_host_count(canaries->vantage) : 1,
		      on_tested, canaries);
}

static bool is_doubtful(const struct obs_vantage *seen)
{
	bool open = false, other = false;

	for (int family = 0; family < VANTAGE_FAMILIES; family++) {
		open = open || seen->state[family] == VANTAGE_OPEN;
		other = other || vantage_state_is_shut(seen->state[family]) || seen->state[family] == VANTAGE_PARTIAL;
	}
	return other || !open;
}

static void on_tested(void *arg)
{
	struct canaries *canaries = arg;
	const struct obs_vantage *seen = vantage_seen(canaries->vantage);
	bool shut = false;

	if (!canaries->all && is_doubtful(seen)) { /* it may be that one's affair */
		test(canaries, true);
		return;
	}
	canaries->testing = false;
	canaries->tests++;
	for (int family = 0; family < VANTAGE_FAMILIES; family++) {
		change_family(canaries, family, seen->state[family]);
		shut = shut || vantage_state_is_shut(seen->state[family]);
	}
	if (vantage_is_open(canaries->vantage) || shut)
		hold(canaries, !vantage_is_open(canaries->vantage));
	canaries->tests_shut += shut;
	canaries->unwritten = true;
	canaries->due_s = canaries->now_s + (canaries->shut_since_s >= 0 ? CANARY_SHUT_S : CANARY_INTERVAL_S);
}

double canaries_tick(struct canaries *canaries, double now_s)
{
	const struct scan *scan = canaries->scan;
	bool suspicious = canary_window_look(&canaries->window, SCAN_SUM(scan, hosts.connects),
					     SCAN_SUM(scan, hosts.timeouts));

	canaries->now_s = now_s;
	if (!canaries->is_open)
		return 0;
	write_unwritten(canaries);
	/* what failed is looked at again, for the last time: now it matters most */
	if (!canaries->second_pass && atomic_load(&scan->phase) == SCAN_SECOND_PASS) {
		canaries->second_pass = true;
		canaries->due_s = now_s;
	}
	if (!canaries->testing && (suspicious || now_s >= canaries->due_s))
		test(canaries, canaries->shut_since_s >= 0);
	return canaries->shut_since_s >= 0 ? now_s - canaries->shut_since_s : 0;
}

void canaries_finish(struct canaries *canaries, uv_loop_t *loop)
{
	const struct scan *scan = canaries->scan;
	uint64_t hosts = SCAN_SUM(scan, hosts.recorded) + SCAN_SUM(scan, hosts.deferred);

	if (!canaries->is_open)
		return;
	if (!canaries->testing && hosts > canaries->hosts_before && !scan_is_stopping(scan))
		test(canaries, false);
	while (canaries->testing && !scan_is_stopping(scan) && uv_run(loop, UV_RUN_ONCE))
		continue;
	for (unsigned i = 0; i < SINK_WAITS && canaries->unwritten && !sink_failed(scan->sink); i++) {
		write_unwritten(canaries);
		if (canaries->unwritten)
			usleep(SINK_WAIT_US);
	}
}

void canaries_close(struct canaries *canaries)
{
	if (canaries->is_open)
		vantage_close(canaries->vantage);
}
