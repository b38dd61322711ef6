#include "scanner/dns/preflight.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "parsers/dns_answer.h"
#include "scanner/base/log.h"
#include "scanner/dns/net_cares.h"

enum {
	SOA_OF_SIGNED,
	NO_SUCH_NAME,
	NO_SUCH_NAME_AGAIN,
	NO_SUCH_NAME_TCP,
	NO_SUCH_IN_ORG,
	SAMPLES,
	QUESTIONS = SAMPLES + PREFLIGHT_SAMPLES
};

struct flight {
	struct net_cares *dns;
	unsigned pending;
	int fault; /* the last one that ended a question; 0: none */
	char nonce[32];
};

struct question {
	struct net_query query;
	struct flight *flight;
	struct server_check *check;
	unsigned number;
	uint8_t server;
	bool due; /* to be asked, or asked again */
	char name[DOMAIN_NAME_MAX + 64];
};

/* A probe should be a question no cache answers; one of the list's names is second best. */
static void keep_probe(struct server_check *check, const struct question *question)
{
	bool random = question->number == NO_SUCH_IN_ORG;

	if (check->probe_name[0] != '\0' && !random)
		return;
	snprintf(check->probe_name, sizeof(check->probe_name), "%.*s", DOMAIN_NAME_MAX,
		 random ? "org" : question->name);
	check->probe_type = question->query.type;
	check->probe_random = random;
}

static void note(struct question *question, const struct dns_answer *answer)
{
	struct server_check *check = question->check;
	enum dns_status status = answer->status;
	bool useful = !dns_status_is_transient(status);

	check->useful = check->useful || (useful && question->number != NO_SUCH_NAME_TCP);
	check->edns = check->edns || answer->has_opt;
	check->edns_size = answer->opt_size > check->edns_size ? answer->opt_size : check->edns_size;
	switch (question->number) {
	case SOA_OF_SIGNED:
		check->validates = useful && answer->ad;
		return;
	case NO_SUCH_NAME:
	case NO_SUCH_NAME_AGAIN:
		check->status = status;
		check->honest = check->honest || status == DNS_NXDOMAIN;
		check->rewrites = check->rewrites || status == DNS_NOERROR;
		return;
	case NO_SUCH_NAME_TCP:
		check->tcp = true;
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

	question->flight->pending--;
	if (query->fault) {
		question->flight->fault = query->fault;
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

static bool name_question(struct question *question, const char *nonce, const struct span *sample, size_t samples)
{
	size_t i = question->number - SAMPLES;

	question->query.type = DNS_TYPE_A;
	switch (question->number) {
	case SOA_OF_SIGNED:
		question->query.type = DNS_TYPE_SOA;
		snprintf(question->name, sizeof(question->name), "org");
		return true;
	case NO_SUCH_NAME:
	case NO_SUCH_NAME_AGAIN:
	case NO_SUCH_NAME_TCP:
		snprintf(question->name, sizeof(question->name), "stsurvey-%s-%u.invalid", nonce, question->number);
		return true;
	case NO_SUCH_IN_ORG:
		snprintf(question->name, sizeof(question->name), "stsurvey-%s.org", nonce);
		return true;
	default:
		if (i >= samples)
			return false;
		question->query.type = DNS_TYPE_MX;
		snprintf(question->name, sizeof(question->name), "%.*s", (int)sample[i].n, sample[i].p);
		return true;
	}
}

static void name_all(struct flight *flight, unsigned count, const struct span *sample, size_t samples,
		     struct question *question, struct server_check *check)
{
	for (unsigned server = 0; server < count; server++) {
		check[server] = (struct server_check){ 0 };
		for (unsigned number = 0; number < QUESTIONS; number++, question++) {
			question->number = number;
			question->flight = flight;
			question->check = &check[server];
			question->server = (uint8_t)server;
			question->due = name_question(question, flight->nonce, sample, samples);
			net_query_about(&question->query, span_of(question->name));
			question->query.on_answer = on_answer;
			question->query.arg = question;
		}
	}
}

/* What a fault of ours ended says nothing about the server: it is asked again, for a while. */
static void ask_all(struct flight *flight, uv_loop_t *loop, struct question *question, size_t count)
{
	for (unsigned round = 0; round < PREFLIGHT_ROUNDS && (round == 0 || flight->fault); round++) {
		if (round > 0)
			usleep(PREFLIGHT_PAUSE_MS * 1000);
		uv_update_time(loop);
		flight->fault = NET_OK;
		for (size_t i = 0; i < count; i++) {
			if (!question[i].due)
				continue;
			question[i].due = false;
			flight->pending++;
			net_cares_ask_server(flight->dns, &question[i].query, question[i].server,
					     question[i].number == NO_SUCH_NAME_TCP);
		}
		while (flight->pending > 0)
			uv_run(loop, UV_RUN_ONCE);
	}
}

static int verdict(const struct endpoint *server, unsigned count, const struct server_check *check, int fault,
		   struct error *error)
{
	char text[ENDPOINT_TEXT_MAX];
	const char *what = "no answer";

	for (unsigned i = 0; i < count; i++)
		if (check[i].useful || check[i].status == DNS_SERVFAIL)
			return 0;
	for (unsigned i = 0; i < count; i++)
		if (check[i].answers)
			what = dns_status_name(check[i].status);
	if (fault)
		return error_set(error, "no %s to ask the name servers with%s",
				 fault == NET_FAULT_MEMORY ? "memory" : "sockets",
				 fault == NET_FAULT_MEMORY ? "" : "; see ulimit -n and net.ipv4.ip_local_port_range");
	endpoint_text(server, text);
	return error_set(error, "name server %s%s: %s; is it a resolver that serves this machine? see --name-servers",
			 text, count > 1 ? " and all others" : "", what);
}

int preflight(const struct endpoint *server, unsigned count, uint32_t timeout_ms, const struct span *sample,
	      size_t samples, struct server_check *check, struct error *error)
{
	struct question *question = calloc((size_t)count * QUESTIONS, sizeof(*question));
	struct flight flight = { 0 };
	struct net_cares_options dns = {
		.server = server,
		.server_count = count,
		.timeout_ms = timeout_ms < PREFLIGHT_TIMEOUT_MS ? timeout_ms : PREFLIGHT_TIMEOUT_MS,
		.tries = 1,
	};
	unsigned nonce = 0;
	uv_loop_t loop;
	int result = -1;

	if (!question || uv_loop_init(&loop) < 0) {
		free(question);
		return error_set(error, "no memory or file descriptors to ask the name servers; see ulimit -n");
	}
	dns.loop = &loop;
	if (net_cares_open(&flight.dns, &dns, error) < 0)
		goto done;
	if (getrandom(&nonce, sizeof(nonce), 0) < 0)
		nonce = (unsigned)uv_now(&loop);
	snprintf(flight.nonce, sizeof(flight.nonce), "%08x", nonce);
	name_all(&flight, count, sample, samples < PREFLIGHT_SAMPLES ? samples : PREFLIGHT_SAMPLES, question, check);
	ask_all(&flight, &loop, question, (size_t)count * QUESTIONS);
	result = verdict(server, count, check, flight.fault, error);
	net_cares_stop(flight.dns);
	net_cares_close(flight.dns);
done:
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	if (flight.dns)
		net_cares_free(flight.dns);
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
	else if (check->edns_size < DNS_EDNS_SIZE)
		log_warning("name server %s port %u takes datagrams of %u octets: answers above that may need TCP",
			    text, port, check->edns_size);
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
		log_warning("name server %s port %u answers %s", text, server->port, dns_status_name(check->status));
	else
		warn_of_limits(text, server->port, check, lab);
}
