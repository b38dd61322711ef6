/* SPDX-License-Identifier: BSD-2-Clause */
/* The state machine of one MX host: the input decides what each question and each probe meets, when, and in which
 * order. The first octet is the pass, the name, what is believed and which families have a route; then one octet a
 * question (job_input.h) or probe, with more where its answer needs them. Every way ends once, asks and connects a
 * bounded number of times and as RFC 7672 2.2.2 allows, and yields facts that can be recorded. */
#include "output/scan_file/record.h"
#include "parsers/dns_answer.h"
#include "scanner/job/host_job.h"
#include "scanner/rules/address.h"
#include "scanner/rules/contact.h"
#include "tests/fuzz/job_input.h"

enum {
	HOSTS_MAX = 4, /* looked at one after another with the same job */
	/* A and AAAA, each with CD; a chase; the alias; two times TLSA, each with CD */
	QUESTIONS_MAX = 4 + OBS_CNAME_MAX + 1 + 1 + 4,
};

static struct world {
	struct net net; /* first */
	/* since host_job_start */
	unsigned asked, probed, done;
	bool patient;
	struct job_context context;
} world;

static void ask(struct net *net, struct net_query *query)
{
	const uint8_t control = job_input_octet();

	(void)net;
	FUZZ_CHECK(world.done == 0 && world.probed == 0);
	FUZZ_CHECK(++world.asked <= QUESTIONS_MAX);
	FUZZ_CHECK(net_query_name(query).p && net_query_name(query).n > 0);
	FUZZ_CHECK(net_query_name(query).n <= DOMAIN_NAME_MAX);
	FUZZ_CHECK(!domain_set_has(world.context.domain_blocklist, net_query_name(query)));
	FUZZ_CHECK(!query->unchecked || world.patient);
	FUZZ_CHECK(query->type != DNS_TYPE_TLSA || world.context.ad_believed);
	/* what is asked with CD is asked together: the first may have met a fault already */
	FUZZ_CHECK(!job_input.fault || query->unchecked);
	if (control & JOB_INPUT_LATER)
		job_input_postpone(query, NULL, control);
	else
		job_input_answer(query, control);
}

/* ---- probes ---- */

static void finish(void *connection, uint8_t control)
{
	struct net_probe *probe = connection;
	struct obs_smtp *smtp = probe->smtp;
	size_t octets;

	probe->fault = 0;
	if ((control & JOB_INPUT_MEETS) == MEETS_FAULT) {
		probe->fault = job_input_fault();
	} else {
		smtp->phase = SMTP_CONNECT + job_input_octet() % (SMTP_PHASE_COUNT - SMTP_CONNECT);
		smtp->status = smtp->phase == SMTP_SECURE
				       ? CONNECT_SUCCESS
				       : CONNECT_SUCCESS + job_input_octet() % (CONNECT_BLOCKLISTED - CONNECT_SUCCESS);
		octets = (size_t)job_input_octet() * 2048;
		if (!arena_text(probe->arena, octets))
			probe->fault = NET_FAULT_MEMORY;
	}
	probe->on_done(probe);
}

/* As a sender would that has these facts? */
static void check_probe(const struct net_probe *probe)
{
	const struct job_context *context = &world.context;
	const struct obs_address *address = probe->address;
	struct obs_address inside;
	bool ipv4 = address->family == 4 || address_unmap(address, &inside);

	FUZZ_CHECK(contact_check(address, NULL, NULL) == CONTACT_ALLOWED);
	FUZZ_CHECK(!(ipv4 ? context->no_ipv4 : context->no_ipv6));
	FUZZ_CHECK((!probe->patient || world.patient) && probe->host.n > 0 && probe->sni < SMTP_SNI_COUNT);
	FUZZ_CHECK((probe->sni == SMTP_SNI_NONE) == !probe->sni_name.p);
	FUZZ_CHECK((probe->sni == SMTP_SNI_HOST) == (probe->sni_name.p && span_equal(probe->sni_name, probe->host)));
	FUZZ_CHECK(probe->sni != SMTP_SNI_BASE || probe->tlsa);
	if (probe->tlsa) {
		FUZZ_CHECK(context->ad_believed && probe->tlsa->answer.ad);
		FUZZ_CHECK(probe->tlsa->answer.status == DNS_NOERROR && probe->tlsa->count > 0);
		FUZZ_CHECK(span_equal(probe->tlsa->base, probe->sni_name));
	}
}

static void probe_host(struct net *net, struct net_probe *probe)
{
	const uint8_t control = job_input_octet();

	(void)net;
	FUZZ_CHECK(world.done == 0 && !job_input.fault && job_input.pending_count == 0); /* one at a time */
	FUZZ_CHECK(++world.probed <= OBS_PROBE_MAX);
	check_probe(probe);
	if (control & JOB_INPUT_LATER)
		job_input_postpone(NULL, probe, control);
	else
		finish(probe, control);
}

/* ---- one host ---- */

static void on_done(struct host_job *host)
{
	FUZZ_CHECK(++world.done == 1);
	FUZZ_CHECK(host->task.pending == 0 && host->task.state == TASK_DONE && job_input.pending_count == 0);
}

static void check_facts(const struct obs_host *facts)
{
	const struct obs_answer *expanded = &facts->tlsa[HOST_TLSA_EXPANDED].answer;
	const struct obs_answer *initial = &facts->tlsa[HOST_TLSA_INITIAL].answer;
	struct record_buffer *buffer = record_buffer_new();

	FUZZ_CHECK(facts->address_count <= OBS_ADDRESS_MAX);
	FUZZ_CHECK(facts->probe_count <= world.probed);
	for (size_t i = 0; i < facts->probe_count; i++) {
		FUZZ_CHECK(facts->probe[i].address < facts->address_count);
		for (size_t k = 0; k < i; k++)
			FUZZ_CHECK(facts->probe[i].sni != facts->probe[k].sni ||
				   !address_equal(&facts->address[facts->probe[i].address],
						  &facts->address[facts->probe[k].address]));
	}
	FUZZ_CHECK(!(facts->reserved || facts->blocklisted) || world.probed == 0);
	FUZZ_CHECK(facts->ad_believed || (expanded->status == DNS_SKIPPED && initial->status == DNS_SKIPPED));
	/* an error is no absence */
	FUZZ_CHECK(!dns_status_is_transient(expanded->status) || initial->status == DNS_SKIPPED);
	FUZZ_CHECK(buffer && record_put_host(buffer, facts) == 0);
	record_buffer_free(buffer);
}

static void look_at(struct host_job *host)
{
	/* below the longest there is no room for a port */
	static const char longest[] =
		"a23456789.b23456789.c23456789.d23456789.e23456789.f23456789.g23456789.h23456789.i23456789.j23456789."
		"k23456789.l23456789.m23456789.n23456789.o23456789.p23456789.q23456789.r23456789.s23456789.t23456789."
		"u23456789.v23456789.w23456789.x23456789.y2345678901.com";
	static const char *const names[] = { "mx.example.com", "mta-sts.example.com", longest,     longest + 1,
					     longest + 10,     "a.blocked.example",   "odd\\000.", "" };
	const uint8_t octet = job_input_octet();

	world.context.ad_believed = octet & 2;
	world.context.without_sni = true;
	world.context.no_ipv4 = octet & 4;
	world.context.no_ipv6 = octet & 8;
	world.patient = octet & 1;
	world.asked = world.probed = world.done = 0;
	job_input.fault = 0;
	host_job_start(host, span_of(names[octet >> 4 & 7]), octet & 1);
	job_input_let_time_pass(finish);
	FUZZ_CHECK(world.done == 1);
	/* a fault that was met is not forgotten, and nothing else is one: what fills the arena is cut off */
	FUZZ_CHECK((host_job_fault(host) != 0) == (job_input.fault != 0));
	if (!host_job_fault(host))
		check_facts(&host->facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct domain_set *domain_blocklist = domain_set_new();
	static struct host_job host;

	FUZZ_CHECK(domain_blocklist && domain_set_add(domain_blocklist, SPAN_LITERAL("blocked.example")) == 0);
	world = (struct world){
		.net = { .ask = ask, .probe = probe_host, .wall_ms = job_input_wall_ms, .now_ms = job_input_now_ms },
		.context = { .net = &world.net, .domain_blocklist = domain_blocklist, .host_done = on_done },
	};
	job_input = (struct job_input){ .left = { (const char *)data, size } };
	host_job_init(&host, &world.context);
	for (int i = 0; i < HOSTS_MAX && job_input.left.n > 0; i++)
		look_at(&host);
	host_job_fini(&host);
	domain_set_free(domain_blocklist);
	return 0;
}
