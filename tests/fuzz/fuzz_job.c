/* SPDX-License-Identifier: BSD-2-Clause */
/* The state machine of one domain: the input decides what each question meets, when, and in which order. The first
 * octet is the pass, the domain, and whether hosts are looked at; then one octet a question (job_input.h), with more
 * where its answer needs them. Every way ends once, asks a bounded number of questions, none after a fault, and yields
 * facts that can be judged and recorded. */
#include "analysis/classify/classify.h"
#include "output/scan_file/record.h"
#include "scanner/job/job.h"
#include "scanner/rules/contact.h"
#include "tests/fuzz/job_input.h"

enum {
	DOMAINS_MAX = 4, /* surveyed one after another with the same job */
	/* MX, two TXT, A, AAAA, MX with CD, and two chases of one question more than there are links */
	QUESTIONS_MAX = 6 + 2 * (OBS_CNAME_MAX + 1),
};

static struct world {
	struct net net; /* first */
	/* since job_start */
	unsigned asked, fetched, done;
	struct domain_set *domain_blocklist;
	struct job_context context;
} world;

static void ask(struct net *net, struct net_query *query)
{
	const uint8_t control = job_input_octet();

	(void)net;
	FUZZ_CHECK(world.done == 0 && world.fetched == 0);
	FUZZ_CHECK(++world.asked <= QUESTIONS_MAX);
	FUZZ_CHECK(net_query_name(query).p && net_query_name(query).n > 0);
	FUZZ_CHECK(!domain_set_has(world.domain_blocklist, net_query_name(query)));
	/* The two TXT questions are one step, and so are a chase and the MX with CD: the first may have met a fault
	 * already. */
	FUZZ_CHECK(!job_input.fault || query->unchecked ||
		   span_starts_with(net_query_name(query), SPAN_LITERAL("_smtp._tls.")));
	if (control & JOB_INPUT_LATER)
		job_input_postpone(query, NULL, control);
	else
		job_input_answer(query, control);
}

/* ---- the fetch ---- */

static void finish(void *connection, uint8_t control)
{
	struct net_fetch *fetch = connection;
	struct obs_policy *policy = fetch->policy;

	fetch->fault = 0;
	if ((control & JOB_INPUT_MEETS) == MEETS_FAULT) {
		fetch->fault = job_input_fault();
	} else {
		policy->status = CONNECT_SUCCESS + job_input_octet() % (CONNECT_BLOCKLISTED - CONNECT_SUCCESS);
		policy->address_used = (int8_t)(job_input_octet() % fetch->address_count);
		policy->http.status = (uint16_t)(control & 0x20 ? 200 : 404);
		policy->http.body = arena_copy(fetch->arena, job_input_octets(255));
		FUZZ_CHECK(policy->http.body.p);
	}
	fetch->on_done(fetch);
}

static void fetch_policy(struct net *net, struct net_fetch *fetch)
{
	const uint8_t control = job_input_octet();

	(void)net;
	FUZZ_CHECK(world.done == 0 && !job_input.fault);
	FUZZ_CHECK(++world.fetched == 1);
	FUZZ_CHECK(fetch->address_count > 0 && fetch->address_count <= OBS_ADDRESS_MAX);
	FUZZ_CHECK(fetch->allowed > 0 && fetch->allowed >> fetch->address_count == 0);
	for (size_t i = 0; i < fetch->address_count; i++)
		FUZZ_CHECK((contact_check(&fetch->address[i], NULL, NULL) == CONTACT_ALLOWED) ==
			   (fetch->allowed >> i & 1));
	if (control & JOB_INPUT_LATER)
		job_input_postpone(NULL, fetch, control);
	else
		finish(fetch, control);
}

/* ---- one domain ---- */

static void on_done(struct job *job)
{
	FUZZ_CHECK(++world.done == 1);
	FUZZ_CHECK(job->task.pending == 0 && job->task.state == TASK_DONE && job_input.pending_count == 0);
}

static void on_host_done(struct host_job *host)
{
	FUZZ_CHECK(!host); /* nobody looks at one here */
}

static void check_facts(const struct job *job)
{
	static struct classification result;
	struct record_buffer *buffer = record_buffer_new();
	struct observation observation;

	FUZZ_CHECK(buffer);
	job_observation(job, &observation);
	FUZZ_CHECK(observation.policy.address_used < (int)observation.policy.address_count ||
		   observation.policy.address_count == 0);
	classify(&observation, &result);
	FUZZ_CHECK(record_put_domain(buffer, &observation) == 0);
	record_buffer_free(buffer);
}

static void survey(struct job *job)
{
	/* the longest name, below which nothing can be asked for */
	static const char longest[] =
		"a23456789.b23456789.c23456789.d23456789.e23456789.f23456789.g23456789.h23456789.i23456789.j23456789."
		"k23456789.l23456789.m23456789.n23456789.o23456789.p23456789.q23456789.r23456789.s23456789.t23456789."
		"u23456789.v23456789.w23456789.x23456789.y23456789.com";
	const uint8_t octet = job_input_octet();

	world.context.host_done = octet & 0x40 ? on_host_done : NULL;
	world.asked = world.fetched = world.done = 0;
	job_input.fault = 0;
	job_start(job,
		  &(struct job_target){ .index = 1,
					.rank = 2,
					.name = octet & 2 ? span_of(longest + (octet >> 2) % 16)
							  : SPAN_LITERAL("example.com") },
		  octet & 1);
	job_input_let_time_pass(finish);
	FUZZ_CHECK(world.done == 1);
	/* a fault that was met is not forgotten, and nothing else is one: the arena's cap is far away */
	FUZZ_CHECK((job_fault(job) != 0) == (job_input.fault != 0));
	if (!job_fault(job))
		check_facts(job);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct domain_set *domain_blocklist = domain_set_new();
	struct job job;

	FUZZ_CHECK(domain_blocklist && domain_set_add(domain_blocklist, SPAN_LITERAL("blocked.example")) == 0);
	world = (struct world){
		.net = { .ask = ask, .fetch = fetch_policy, .wall_ms = job_input_wall_ms, .now_ms = job_input_now_ms },
		.domain_blocklist = domain_blocklist,
		.context = { .net = &world.net, .domain_blocklist = domain_blocklist, .done = on_done }
	};
	job_input = (struct job_input){ .left = { (const char *)data, size } };
	job_init(&job, &world.context);
	for (int i = 0; i < DOMAINS_MAX && job_input.left.n > 0; i++)
		survey(&job);
	job_fini(&job);
	domain_set_free(domain_blocklist);
	return 0;
}
