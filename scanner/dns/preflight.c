/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/dns/preflight.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "parsers/dns_answer.h"
#include "scanner/base/log.h"
#include "scanner/base/thread_alloc.h"
#include "scanner/dns/net_cares.h"

/* What each server is asked: these, and for the first names of the list. */
enum {
	SOA_OF_SIGNED,
	NO_SUCH_NAME,
	NO_SUCH_NAME_AGAIN,
	NO_SUCH_NAME_TCP,
	NO_SUCH_IN_ORG,
	NO_SUCH_BELOW, /* of a domain that is there: some invent only where a browser would look */
	SAMPLES
};

/* Where names that do not exist are asked for. A resolver may treat invalid by itself (RFC 6761 6.4), the others not.
 */
static const char *const parent[SAMPLES] = { [NO_SUCH_NAME] = "invalid",
					     [NO_SUCH_NAME_AGAIN] = "invalid",
					     [NO_SUCH_NAME_TCP] = "invalid",
					     [NO_SUCH_IN_ORG] = "org",
					     [NO_SUCH_BELOW] = "example.org" };

struct check_run {
	struct net_cares *dns;
	unsigned pending;
	int fault; /* the last one that ended a question; 0: none */
};

struct question {
	struct net_query query;
	struct check_run *run;
	struct server_check *check;
	unsigned number;
	uint8_t server;
	bool due; /* to be asked, or asked again */
	char name[DOMAIN_NAME_MAX + 1];
};

/* A probe should be a question no cache answers; one of the list's names is second best. */
static void keep_probe(struct server_check *check, const struct question *question)
{
	bool random = question->number == NO_SUCH_IN_ORG;

	if (check->probe_name[0] != '\0' && !random)
		return;
	snprintf(check->probe_name, sizeof(check->probe_name), "%s", random ? "org" : question->name);
	check->probe_type = question->query.type;
	check->probe_random = random;
}

/* What a resolver says by itself tells nothing of its way out. */
static bool is_about_invalid(unsigned number)
{
	return number == NO_SUCH_NAME || number == NO_SUCH_NAME_AGAIN || number == NO_SUCH_NAME_TCP;
}

static void note(struct question *question, const struct dns_answer *answer)
{
	struct server_check *check = question->check;
	enum dns_status status = answer->status;
	bool useful = !dns_status_is_transient(status);

	if (is_about_invalid(question->number))
		useful = false;
	check->useful = check->useful || useful;
	check->fails = check->fails || status == DNS_SERVFAIL;
	check->edns = check->edns || answer->has_opt;
	check->edns_size = answer->opt_size > check->edns_size ? answer->opt_size : check->edns_size;
	if (question->number < SAMPLES && parent[question->number] && status == DNS_NOERROR)
		check->rewrites = true;
	switch (question->number) {
	case SOA_OF_SIGNED:
		check->validates = useful && answer->ad;
		check->unvalidated = useful && status != DNS_NXDOMAIN && !answer->ad; /* a lab need not hold it */
		return;
	case NO_SUCH_NAME:
	case NO_SUCH_NAME_AGAIN:
		check->status = status;
		return;
	case NO_SUCH_NAME_TCP:
		check->tcp = true;
		return;
	case NO_SUCH_BELOW:
		return;
	default:
		if (useful)
			keep_probe(check, question);
	}
}

static void on_answer(struct net_query *query, const struct dns_answer *answer)
{
	struct question *question = query->arg;
	struct server_check *check = question->check;

	question->run->pending--;
	if (query->fault) {
		question->run->fault = query->fault;
		question->due = true;
		return;
	}
	/* ERROR: what came is no DNS message */
	check->answers = check->answers || answer || query->status == DNS_ERROR;
	if (answer)
		note(question, answer);
	else if (check->status == DNS_SKIPPED && question->number != NO_SUCH_NAME_TCP)
		check->status = query->status;
}

static void name_question(struct question *question, unsigned nonce, const struct span *sample)
{
	unsigned number = question->number;

	question->query.type = number == SOA_OF_SIGNED ? DNS_TYPE_SOA : number < SAMPLES ? DNS_TYPE_A : DNS_TYPE_MX;
	if (number == SOA_OF_SIGNED)
		snprintf(question->name, sizeof(question->name), "org");
	else if (number < SAMPLES)
		snprintf(question->name, sizeof(question->name), "stsurvey-%08x-%u.%s", nonce, number, parent[number]);
	else
		snprintf(question->name, sizeof(question->name), "%.*s", (int)sample[number - SAMPLES].n,
			 sample[number - SAMPLES].p);
	net_query_about(&question->query, span_of(question->name));
}

/* What a fault of ours ended says nothing about the server: it is asked again, for a while. */
static void ask_all(struct check_run *run, uv_loop_t *loop, struct question *question, size_t count)
{
	for (unsigned round = 0; round < PREFLIGHT_ROUNDS && (round == 0 || run->fault); round++) {
		if (round > 0)
			usleep(PREFLIGHT_PAUSE_MS * 1000);
		uv_update_time(loop);
		run->fault = NET_OK;
		for (size_t i = 0; i < count; i++) {
			if (!question[i].due)
				continue;
			question[i].due = false;
			run->pending++;
			net_cares_ask_server(run->dns, &question[i].query, question[i].server,
					     question[i].number == NO_SUCH_NAME_TCP);
		}
		while (run->pending > 0)
			uv_run(loop, UV_RUN_ONCE);
	}
}

/* Of a server of no use. */
static const char *words_of(const struct server_check *check)
{
	return dns_status_is_transient(check->status) ? dns_status_names[check->status]
						      : "nothing but names below invalid, as one without a way out";
}

static int verdict(const struct endpoint *server, unsigned count, const struct server_check *check, int fault,
		   struct error *error)
{
	char text[ENDPOINT_TEXT_MAX];
	const char *what = "no answer";

	for (unsigned i = 0; i < count; i++)
		if (check[i].useful || check[i].fails)
			return 0;
	for (unsigned i = 0; i < count; i++)
		if (check[i].answers)
			what = words_of(&check[i]);
	if (fault)
		return error_set(error, "no %s to ask the name servers with%s",
				 fault == NET_FAULT_MEMORY ? "memory" : "sockets",
				 fault == NET_FAULT_MEMORY ? "" : "; see ulimit -n and net.ipv4.ip_local_port_range");
	endpoint_text(server, text);
	return error_set(error, "name server %s%s: %s; is it a resolver that serves this machine? see --name-servers",
			 text, count > 1 ? " and all others" : "", what);
}

static double kept_to(double rate)
{
	return rate > 0 && rate < PREFLIGHT_RATE_LEAST ? PREFLIGHT_RATE_LEAST : rate;
}

static uint64_t earned_us(double rate, double questions)
{
	return rate > 0 ? (uint64_t)(questions * 1e6 / rate) : 0;
}

/* Of what was asked since @begun_us. */
static void pay(struct preflight_rates *rates, uint64_t begun_us, uint64_t packets, unsigned servers)
{
	uint64_t all_us = earned_us(rates->all, (double)packets);
	uint64_t each_us = earned_us(rates->each, (double)packets / servers);

	rates->earned_us = begun_us + (all_us > each_us ? all_us : each_us);
}

int preflight(const struct endpoint *server, unsigned count, uint32_t timeout_ms, const struct span *sample,
	      size_t samples, struct preflight_rates *rates, struct server_check *check, struct error *error)
{
	size_t each = SAMPLES + (samples < PREFLIGHT_SAMPLES ? samples : PREFLIGHT_SAMPLES);
	struct question *question = calloc(count * each, sizeof(*question));
	struct check_run run = { 0 };
	_Atomic double rate = rates ? kept_to(rates->all) : 0;
	struct net_cares_counts counts;
	struct net_cares_options dns = {
		.server = server,
		.server_count = count,
		.timeout_ms = timeout_ms < PREFLIGHT_TIMEOUT_MS ? timeout_ms : PREFLIGHT_TIMEOUT_MS,
		.tries_max = 1,
		.rate = &rate,
		.resolver_rate = rates ? kept_to(rates->each) : 0,
	};
	unsigned nonce = 0;
	uint64_t begun_us = uv_hrtime() / 1000;
	uv_loop_t loop;
	int result = -1;

	if (!question || uv_loop_init(&loop) < 0) {
		free(question);
		return error_set(error, "no memory or file descriptors to ask the name servers; see ulimit -n");
	}
	dns.loop = &loop;
	if (net_cares_open(&run.dns, &dns, error) < 0)
		goto done;
	if (getrandom(&nonce, sizeof(nonce), 0) < 0)
		nonce = (unsigned)uv_now(&loop);
	memset(check, 0, count * sizeof(*check));
	for (size_t i = 0; i < count * each; i++) {
		question[i] = (struct question){ .query = { .on_answer = on_answer, .arg = &question[i] },
						 .run = &run,
						 .check = &check[i / each],
						 .number = (unsigned)(i % each),
						 .server = (uint8_t)(i / each),
						 .due = true };
		name_question(&question[i], nonce, sample);
	}
	ask_all(&run, &loop, question, count * each);
	result = verdict(server, count, check, run.fault, error);
	net_cares_counts(run.dns, &counts);
	if (rates)
		pay(rates, begun_us, counts.packets, count);
	net_cares_close(run.dns);
done:
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	if (run.dns)
		net_cares_free(run.dns);
	thread_alloc_trim();
	free(question);
	return result;
}

static void warn_of_limits(const char *text, uint16_t port, const struct server_check *check, bool lab)
{
	if (check->rewrites)
		log_warning("name server %s port %u invents addresses for names that do not exist: its NXDOMAIN "
			    "can't be trusted, use another",
			    text, port);
	if (!check->tcp)
		log_warning("name server %s port %u does not answer over TCP: long answers stay unknown", text, port);
	if (!check->edns)
		log_warning("name server %s port %u does not speak EDNS: answers above %u octets need TCP", text, port,
			    DNS_PLAIN_SIZE);
	if (!check->validates && !lab)
		log_warning("name server %s port %u does not validate DNSSEC: no answer of it counts as authentic",
			    text, port);
}

void preflight_warn(const struct endpoint *server, const struct server_check *check, bool lab)
{
	char text[ADDRESS_TEXT_MAX];

	address_text(&server->address, text);
	if (!check->answers)
		log_warning("name server %s port %u does not answer", text, server->port);
	else if (!check->useful)
		log_warning("name server %s port %u answers %s", text, server->port, words_of(check));
	else
		warn_of_limits(text, server->port, check, lab);
}
