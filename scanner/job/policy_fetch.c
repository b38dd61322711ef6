#include "scanner/job/policy_fetch.h"

#include "parsers/sts_policy.h"
#include "scanner/job/cname_chase.h"
#include "scanner/rules/address.h"
#include "scanner/rules/contact.h"

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

/* Where the chain of @answer ends, if that is known and can be asked for: an alias for the address of one type is one
 * for all (RFC 1034 3.6.2). p NULL: it does not. */
static struct span known_end(const struct obs_answer *answer)
{
	struct span end = obs_cname_end(answer);
	bool certain = answer->status == DNS_NOERROR || answer->status == DNS_NO_ANSWER;

	if (!certain || answer->cname_loop || span_find(end, 0, '\\') < end.n) /* octets that no text can ask for */
		end.p = NULL;
	return end;
}

/* Does the host's chain, as either family's answer has it, pass a name that is not to be asked about? */
static bool is_blocked(const struct policy_fetch *policy)
{
	const struct obs_answer *const answers[] = { &policy->facts.a, &policy->facts.aaaa };

	for (size_t k = 0; k < COUNT_OF(answers); k++)
		for (size_t i = 0; i < answers[k]->cname_count; i++)
			if (!job_may_ask(policy->job, answers[k]->cname[i]))
				return true;
	return false;
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
	struct span end = known_end(&facts->a);

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
	job_ask(policy->job, task, &policy->query, end.p ? end : policy->host);
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

_Static_assert(OBS_ADDRESS_MAX < 32, "a bit for each address");

/* Put the addresses that may be contacted in front, each part in the order they are tried, and keep OBS_ADDRESS_MAX.
 * Returns a bit for each that may be contacted. net_curl looks at each once more when it opens a socket. */
static uint32_t choose_addresses(struct policy_fetch *policy)
{
	const struct job_context *context = policy->job->context;
	struct address_list *all = &policy->addresses;
	struct obs_policy *facts = &policy->facts;
	struct obs_address *may = arena_alloc(&policy->job->arena, 2 * all->count * sizeof(*may)), *others;
	size_t allowed = 0, refused = 0;

	if (!may) {
		task_fail(&policy->task, NET_FAULT_MEMORY);
		return 0;
	}
	others = may + all->count;
	facts->reserved = true;
	for (size_t i = 0; i < all->count; i++) {
		enum contact_verdict verdict = contact_check(&all->address[i], context->allow,
							     context->address_blocklist);

		*(verdict == CONTACT_ALLOWED ? &may[allowed++] : &others[refused++]) = all->address[i];
		facts->reserved = facts->reserved && verdict == CONTACT_RESERVED;
	}
	address_interleave(may, allowed, all->address);
	address_interleave(others, refused, all->address + allowed);
	facts->address = all->address;
	facts->address_count = all->count < OBS_ADDRESS_MAX ? all->count : OBS_ADDRESS_MAX;
	facts->address_omitted = all->count - facts->address_count;
	facts->address_untried = allowed > OBS_ADDRESS_MAX ? allowed - OBS_ADDRESS_MAX : 0;
	return (1u << (allowed < OBS_ADDRESS_MAX ? allowed : OBS_ADDRESS_MAX)) - 1;
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
