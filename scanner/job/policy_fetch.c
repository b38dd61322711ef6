#include "scanner/job/policy_fetch.h"

#include "parsers/sts_policy.h"
#include "scanner/job/cname_chase.h"
#include "scanner/job/policy_host.h"

static void on_address(struct net_query *query, const struct dns_answer *answer)
{
	struct policy_fetch *policy = query->arg;

	task_fail(&policy->task,
		  answers_keep_addresses(&policy->job->arena, query, answer, query->into, &policy->addresses));
	task_answered(&policy->task);
}

/* The chain stands in the answer about IPv4 and is as authentic as that; this one starts at its end. */
static void on_target_address(struct net_query *query, const struct dns_answer *answer)
{
	struct policy_fetch *policy = query->arg;
	struct obs_answer *kept = query->into;

	task_fail(&policy->task, answers_keep_addresses(&policy->job->arena, query, answer, kept, &policy->addresses));
	kept->ad = kept->ad && policy->facts.a.ad;
	task_answered(&policy->task);
}

static uint8_t ask_a(struct task *task)
{
	struct policy_fetch *policy = (struct policy_fetch *)task;

	if (!job_may_ask(policy->job, policy->host)) {
		policy->facts.status = CONNECT_BLOCKLISTED;
		return TASK_DONE;
	}
	policy->query = (struct net_query){ .type = DNS_TYPE_A, .on_answer = on_address, .into = &policy->facts.a };
	job_ask(policy->job, task, &policy->query, policy->host);
	return POLICY_ASK_AAAA;
}

static uint8_t ask_aaaa(struct task *task)
{
	struct policy_fetch *policy = (struct policy_fetch *)task;
	struct obs_policy *facts = &policy->facts;
	struct span name = policy->host;
	bool elsewhere;

	if (facts->a.status == DNS_NXDOMAIN) {
		/* no such name, at the chain's end at least: of no type (RFC 8020 2) */
		facts->aaaa.status = DNS_NXDOMAIN;
		return POLICY_CHASE;
	}
	if (policy_host_is_blocked(facts, policy->job->context->domain_blocklist))
		return POLICY_CONNECT; /* or the resolver would follow the alias once more */
	elsewhere = policy_host_end(&facts->a, &name);
	policy->query = (struct net_query){ .type = DNS_TYPE_AAAA,
					    .shared = elsewhere,
					    .on_answer = elsewhere ? on_target_address : on_address,
					    .into = &facts->aaaa };
	job_ask(policy->job, task, &policy->query, name);
	return POLICY_CHASE;
}

static uint8_t chase(struct task *task)
{
	struct policy_fetch *policy = (struct policy_fetch *)task;

	if (policy->addresses.count == 0 && policy->facts.aaaa.status == DNS_SERVFAIL &&
	    cname_chase_is_due(policy->job, &policy->facts.a))
		cname_chase_start(policy->job, task, policy->host, &policy->facts.a);
	return POLICY_CONNECT;
}

static void on_fetched(struct net_fetch *fetch)
{
	struct policy_fetch *policy = fetch->arg;

	task_fail(&policy->task, fetch->fault);
	task_answered(&policy->task);
}

static uint8_t fetch(struct task *task)
{
	struct policy_fetch *policy = (struct policy_fetch *)task;
	const struct job_context *context = policy->job->context;
	struct obs_policy *facts = &policy->facts;
	uint32_t allowed;

	address_interleave(policy->addresses.address, policy->addresses.count);
	facts->address = policy->addresses.address;
	facts->address_count = policy->addresses.count;
	facts->address_omitted = policy->addresses.omitted;
	/* What does not exist is known without anybody being contacted. */
	if (facts->a.status != DNS_NXDOMAIN && policy_host_is_blocked(facts, context->domain_blocklist))
		facts->status = CONNECT_BLOCKLISTED;
	if (facts->address_count == 0 || facts->status == CONNECT_BLOCKLISTED)
		return TASK_DONE;
	allowed = policy_host_allowed(facts, context->allow, context->address_blocklist, &facts->reserved);
	if (allowed == 0) {
		facts->status = CONNECT_BLOCKLISTED;
		return TASK_DONE;
	}
	policy->fetch = (struct net_fetch){ .host = policy->host,
					    .address = facts->address,
					    .address_count = facts->address_count,
					    .allowed = allowed,
					    .target = obs_cname_end(obs_policy_chain(facts)),
					    .arena = &policy->job->arena,
					    .policy = facts,
					    .on_done = on_fetched,
					    .arg = policy };
	task_wait(task);
	net_fetch(context->net, &policy->fetch);
	return TASK_DONE;
}

struct policy_fetch *policy_fetch_start(struct job *job)
{
	static uint8_t (*const steps[])(struct task * task) = {
		[POLICY_ASK_A] = ask_a, [POLICY_ASK_AAAA] = ask_aaaa, [POLICY_CHASE] = chase, [POLICY_CONNECT] = fetch
	};
	static const struct task_kind kind = { steps, NULL };
	struct policy_fetch *policy = arena_alloc(&job->arena, sizeof(*policy));
	struct span host = job_name_below(job, SPAN_LITERAL(STS_POLICY_LABEL));

	if (!policy || !host.p) {
		/* the name is shorter than the one of the record that was found, so it exists */
		task_fail(&job->task, NET_FAULT_MEMORY);
		return NULL;
	}
	policy->job = job;
	policy->host = host;
	policy->facts.address_used = -1;
	task_start(&policy->task, &kind, &job->task);
	return policy;
}
