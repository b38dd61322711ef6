/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/job/policy_fetch.h"

#include "parsers/sts_policy.h"
#include "scanner/job/address_choice.h"
#include "scanner/job/cname_chase.h"

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

/* Does the host's chain, as either family's answer has it, pass a name that is not to be asked about? */
static bool is_blocked(const struct policy_fetch *policy)
{
	const struct job_context *context = policy->job->context;

	return job_is_chain_blocked(context, &policy->facts.a) || job_is_chain_blocked(context, &policy->facts.aaaa);
}

static uint8_t ask_a(struct task *task)
{
	struct policy_fetch *policy = (struct policy_fetch *)task;

	if (!job_may_ask(policy->job->context, policy->host)) {
		policy->facts.status = CONNECT_BLOCKLISTED;
		return TASK_DONE;
	}
	policy->query = (struct net_query){ .type = DNS_TYPE_A, .on_answer = on_address, .into = &policy->facts.a };
	job_ask(policy->job->context, task, &policy->query, policy->host);
	return POLICY_ASK_AAAA;
}

static uint8_t ask_aaaa(struct task *task)
{
	struct policy_fetch *policy = (struct policy_fetch *)task;
	struct obs_policy *facts = &policy->facts;
	struct span end = answers_known_end(&facts->a);

	if (facts->a.status == DNS_NXDOMAIN) {
		/* no such name, at the chain's end at least: of no type (RFC 8020 2) */
		facts->aaaa.status = DNS_NXDOMAIN;
		return POLICY_CHASE;
	}
	if (is_blocked(policy))
		return POLICY_CONNECT; /* or the resolver would follow the alias once more */
	policy->query = (struct net_query){ .type = DNS_TYPE_AAAA,
					    .shared = end.p,
					    .on_answer = end.p ? on_target_address : on_address,
					    .into = &facts->aaaa };
	job_ask(policy->job->context, task, &policy->query, end.p ? end : policy->host);
	return POLICY_CHASE;
}

static uint8_t chase(struct task *task)
{
	struct policy_fetch *policy = (struct policy_fetch *)task;
	struct job *job = policy->job;
	const struct cname_chaser chaser = { job->context, &job->arena, job->start_ms, false };

	if (job->last_pass && policy->addresses.count == 0 && policy->facts.aaaa.status == DNS_SERVFAIL &&
	    cname_chase_is_due(&policy->facts.a))
		cname_chase_start(&chaser, task, policy->host, &policy->facts.a);
	return POLICY_CONNECT;
}

static void on_fetched(struct net_fetch *fetch)
{
	struct policy_fetch *policy = fetch->arg;

	task_fail(&policy->task, fetch->fault);
	task_answered(&policy->task);
}

_Static_assert(OBS_ADDRESS_MAX < 32, "a bit for each address");

/* Returns a bit for each address that may be contacted. net_curl looks at each once more when it opens a socket. */
static uint32_t choose_addresses(struct policy_fetch *policy)
{
	struct obs_policy *facts = &policy->facts;
	struct address_choice choice;

	task_fail(&policy->task,
		  address_choose(policy->job->context, &policy->job->arena, &policy->addresses, &choice));
	if (task_fault(&policy->task))
		return 0;
	facts->reserved = choice.reserved;
	facts->address = policy->addresses.address;
	facts->address_count = choice.kept;
	facts->address_omitted = choice.omitted;
	facts->address_untried = choice.untried;
	return (1u << choice.allowed) - 1;
}

static uint8_t fetch(struct task *task)
{
	struct policy_fetch *policy = (struct policy_fetch *)task;
	struct net *net = policy->job->context->net;
	struct obs_policy *facts = &policy->facts;
	uint32_t allowed = 0;

	if (policy->addresses.count > 0)
		allowed = choose_addresses(policy);
	/* What does not exist is known without anybody being contacted. */
	if (facts->a.status != DNS_NXDOMAIN && is_blocked(policy))
		facts->status = CONNECT_BLOCKLISTED;
	if (facts->address_count == 0 || facts->status == CONNECT_BLOCKLISTED)
		return TASK_DONE;
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
	net->fetch(net, &policy->fetch);
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
