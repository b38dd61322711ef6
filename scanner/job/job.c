#include "scanner/job/job.h"

#include <stdlib.h>

#include "parsers/dns_answer.h"
#include "parsers/sts_record.h"
#include "scanner/job/policy_host.h"

/* ---- facts out of answers ---- */

/* The name and its chain of targets, as text of the arena. False: no memory. */
static bool keep_chain(struct job *job, const struct net_query *query, const struct dns_answer *answer,
		       struct obs_answer *kept)
{
	struct span *cname;
	char text[DNS_NAME_TEXT_MAX * 4];

	kept->cname_loop = answer->cname_loop;
	if (answer->cname_count == 0)
		return true;
	cname = arena_alloc(&job->arena, answer->cname_count * sizeof(*cname));
	if (!cname)
		return false;
	for (size_t i = 0; i < answer->cname_count; i++) {
		int n = dns_name_text(query->packet, query->len, answer->cname[i], text);

		cname[i] = arena_copy(&job->arena, (struct span){ text, n > 0 ? (size_t)n : 0 });
		if (!cname[i].p)
			return false;
	}
	kept->cname = cname;
	kept->cname_count = answer->cname_count;
	return true;
}

/* What every answer has. Returns whether it has records to read as well. */
static bool keep_answer(struct job *job, const struct net_query *query, struct dns_answer *answer,
			struct obs_answer *kept)
{
	kept->status = query->status;
	kept->tries = query->tries;
	if (query->fault) {
		job->fault = (int8_t)query->fault;
		return false;
	}
	if (!query->packet)
		return false;
	if (dns_answer_parse(query->packet, query->len, query->name, query->type, answer) < 0) {
		kept->status = DNS_ERROR;
		return false;
	}
	kept->status = answer->status;
	kept->ad = answer->ad;
	kept->ttl = answer->ttl;
	if (!keep_chain(job, query, answer, kept)) {
		job->fault = NET_FAULT_MEMORY;
		return false;
	}
	return answer->status == DNS_NOERROR;
}

static int compare_mx(const void *left, const void *right)
{
	const struct obs_mx_record *a = left, *b = right;
	size_t shorter = a->name.n < b->name.n ? a->name.n : b->name.n;
	int order = (int)a->preference - (int)b->preference;

	if (order == 0 && shorter > 0)
		order = memcmp(a->name.p, b->name.p, shorter);
	return order ? order : (a->name.n > b->name.n) - (a->name.n < b->name.n);
}

static bool keep_mx(struct job *job, const struct net_query *query, const struct dns_answer *answer)
{
	size_t count = answer->count < OBS_MX_MAX ? answer->count : OBS_MX_MAX;
	struct obs_mx_record *record = arena_alloc(&job->arena, count * sizeof(*record));
	char text[DNS_NAME_TEXT_MAX * 4];

	if (!record)
		return false;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *rdata = query->packet + answer->rdata[i];
		int n = dns_name_text(query->packet, query->len, answer->rdata[i] + 2u, text);

		record[i].preference = (uint16_t)(rdata[0] << 8 | rdata[1]);
		record[i].name = arena_copy(&job->arena, (struct span){ text, n > 0 ? (size_t)n : 0 });
		if (!record[i].name.p)
			return false;
	}
	/* Preference is the order a sender tries them in (RFC 5321 5.1); names make it one order. */
	if (count > 1)
		qsort(record, count, sizeof(*record), compare_mx);
	job->mx.record = record;
	job->mx.count = count;
	job->mx.omitted = answer->count - count + answer->omitted;
	return true;
}

static bool keep_txt(struct job *job, const struct net_query *query, const struct dns_answer *answer,
		     struct obs_txt *txt)
{
	size_t count = answer->count < OBS_TXT_MAX ? answer->count : OBS_TXT_MAX;
	struct span *record = arena_alloc(&job->arena, count * sizeof(*record));
	size_t octets = 0, kept = 0;

	if (!record)
		return false;
	for (size_t i = 0; i < count && octets + answer->rdata_len[i] <= OBS_TXT_OCTETS_MAX; i++) {
		size_t size = answer->rdata_len[i]; /* joined, the strings need less than with their lengths */
		char *text = arena_text(&job->arena, size);
		long n = text ? dns_txt_join(query->packet, answer, i, text, size) : -1;

		if (!text)
			return false;
		if (n < 0)
			continue;
		record[kept++] = (struct span){ text, (size_t)n };
		octets += size;
	}
	txt->record = record;
	txt->count = kept;
	txt->omitted = answer->count - kept + answer->omitted;
	return true;
}

static bool keep_addresses(struct job *job, const struct net_query *query, const struct dns_answer *answer)
{
	struct obs_policy *policy = job->policy;
	struct obs_address *address = (struct obs_address *)policy->address;
	size_t octets = query->type == DNS_TYPE_A ? 4 : 16;

	if (!address) {
		address = arena_alloc(&job->arena, OBS_ADDRESS_MAX * sizeof(*address));
		if (!address)
			return false;
		policy->address = address;
	}
	for (size_t i = 0; i < answer->count; i++) {
		struct obs_address *next = &address[policy->address_count];

		/* Half of the room for each family, so that neither can crowd the other out. */
		if (i >= OBS_ADDRESS_MAX / 2 || policy->address_count == OBS_ADDRESS_MAX) {
			policy->address_omitted++;
			continue;
		}
		next->family = octets == 4 ? 4 : 6;
		memcpy(next->octet, query->packet + answer->rdata[i], octets);
		policy->address_count++;
	}
	policy->address_omitted += answer->omitted;
	return true;
}

/* ---- the driver ---- */

static void run(struct job *job);

static void answered(struct job *job)
{
	job->pending--;
	if (!job->running)
		run(job);
}

static void ask(struct job *job, struct net_query *query, struct span name, enum dns_type type,
		void (*on_answer)(struct net_query *))
{
	*query = (struct net_query){ .name = name, .type = type, .on_answer = on_answer, .arg = job };
	job->pending++;
	net_ask(job->context->net, query);
}

/* As ask, where the answer may serve other domains too. */
static void ask_shared(struct job *job, struct net_query *query, struct span name, enum dns_type type,
		       void (*on_answer)(struct net_query *))
{
	*query = (struct net_query){ .name = name, .type = type, .shared = true, .on_answer = on_answer, .arg = job };
	job->pending++;
	net_ask(job->context->net, query);
}

/* Is @name one the user wants no question for? */
static bool is_unasked(const struct job *job, struct span name)
{
	return job->context->unasked && domain_set_has(job->context->unasked, name);
}

/* @prefix and the domain; p NULL when there is no memory or no such name can exist. */
static struct span below(struct job *job, struct span prefix)
{
	size_t n = prefix.n + job->name.n;
	char *text = n <= DOMAIN_NAME_MAX ? arena_text(&job->arena, n) : NULL;

	if (!text) {
		if (n <= DOMAIN_NAME_MAX)
			job->fault = NET_FAULT_MEMORY;
		return (struct span){ NULL, 0 };
	}
	memcpy(text, prefix.p, prefix.n);
	memcpy(text + prefix.n, job->name.p, job->name.n);
	return (struct span){ text, n };
}

static void on_mx(struct net_query *query)
{
	struct job *job = query->arg;
	struct dns_answer answer;

	if (keep_answer(job, query, &answer, &job->mx.answer) && !keep_mx(job, query, &answer))
		job->fault = NET_FAULT_MEMORY;
	answered(job);
}

static void on_txt(struct net_query *query)
{
	struct job *job = query->arg;
	struct obs_txt *txt = &job->txt[query - job->query];
	struct dns_answer answer;

	if (keep_answer(job, query, &answer, &txt->answer) && !keep_txt(job, query, &answer, txt))
		job->fault = NET_FAULT_MEMORY;
	answered(job);
}

static void keep_host(struct job *job, const struct net_query *query)
{
	struct obs_answer *kept = query->type == DNS_TYPE_A ? &job->policy->a : &job->policy->aaaa;
	struct dns_answer answer;

	if (keep_answer(job, query, &answer, kept) && !keep_addresses(job, query, &answer))
		job->fault = NET_FAULT_MEMORY;
}

static void on_address(struct net_query *query)
{
	keep_host(query->arg, query);
	answered(query->arg);
}

/* The chain stands in the answer about IPv4 and is as authentic as that; this one starts at its end. */
static void on_target_address(struct net_query *query)
{
	struct job *job = query->arg;
	struct obs_policy *policy = job->policy;

	keep_host(job, query);
	policy->aaaa.ad = policy->aaaa.ad && policy->a.ad;
	answered(job);
}

static void on_fetched(struct net_fetch *fetch)
{
	struct job *job = fetch->arg;

	if (fetch->fault)
		job->fault = (int8_t)fetch->fault;
	answered(job);
}

/* ---- the steps: each asks, and says where the answers lead ---- */

static enum job_state ask_mx(struct job *job)
{
	ask(job, &job->query[0], job->name, DNS_TYPE_MX, on_mx);
	return JOB_ASK_TXT;
}

static enum job_state ask_txt(struct job *job)
{
	struct span name[TXT_QUESTIONS];

	/* Nothing exists below a name that does not (RFC 8020 2). Behind a CNAME it is the target
	 * that does not exist; the name itself is there and may have names below it. */
	if (job->mx.answer.status == DNS_NXDOMAIN && job->mx.answer.cname_count == 0)
		return JOB_DONE;
	for (int q = 0; q < TXT_QUESTIONS; q++)
		name[q] = below(job, txt_questions[q].label);
	if (job->fault)
		return JOB_DONE;
	for (int q = 0; q < TXT_QUESTIONS; q++) {
		if (!name[q].p)
			job->txt[q].answer.status = DNS_NXDOMAIN; /* a name too long to be asked for cannot exist */
		else if (!is_unasked(job, name[q]))
			ask(job, &job->query[q], name[q], DNS_TYPE_TXT, on_txt);
	}
	return JOB_CHASE_STS;
}

static uint64_t age_ms(const struct job *job)
{
	return (uint32_t)net_now_ms(job->context->net) - job->start_ms;
}

/* Has the next target been passed before? Then the chain never ends. */
static bool is_loop(struct span start, const struct obs_answer *answer)
{
	struct span last = answer->cname[answer->cname_count - 1];

	if (span_equal_nocase(start, last))
		return true;
	for (size_t i = 0; i + 1 < answer->cname_count; i++)
		if (span_equal(answer->cname[i], last))
			return true;
	return false;
}

static void on_cname(struct net_query *query)
{
	struct job *job = query->arg;
	struct obs_answer *kept = job->state == JOB_CHASE_STS ? &job->txt[TXT_STS].answer : &job->policy->a;
	struct span *cname = (struct span *)kept->cname;
	char text[DNS_NAME_TEXT_MAX * 4];
	struct dns_answer answer;
	int n = -1;

	if (query->fault)
		job->fault = (int8_t)query->fault;
	else if (query->packet &&
		 dns_answer_parse(query->packet, query->len, query->name, DNS_TYPE_CNAME, &answer) == 0 &&
		 answer.status == DNS_NOERROR)
		n = dns_name_text(query->packet, query->len, answer.rdata[0], text);
	if (n > 0) {
		cname[kept->cname_count] = arena_copy(&job->arena, (struct span){ text, (size_t)n });
		if (cname[kept->cname_count].p)
			kept->cname_count++;
		else
			job->fault = NET_FAULT_MEMORY;
	}
	answered(job);
}

/* Resolvers give up on a CNAME loop with SERVFAIL, which says nothing; a loop is an error of the
 * domain's. So where the failure is final, follow the chain from @prefix and the domain link by
 * link. Returns the present state while another link is awaited, else @next. */
static enum job_state chase(struct job *job, struct obs_answer *answer, struct span prefix, enum job_state next)
{
	size_t at = job->chased ? answer->cname_count : 0;
	struct span start;

	if (!job->last_pass || answer->status != DNS_SERVFAIL)
		return next;
	start = below(job, prefix);
	if (job->chased == 0) {
		/* what stood in the failed answer is a part of the same chain */
		answer->cname = arena_alloc(&job->arena, OBS_CNAME_MAX * sizeof(*answer->cname));
		answer->cname_count = 0;
		if (!answer->cname)
			job->fault = NET_FAULT_MEMORY;
	} else if (at < job->chased) {
		start.p = NULL; /* the last link led nowhere, or to a name that is no alias */
	} else if (is_loop(start, answer)) {
		answer->cname_loop = true;
		start.p = NULL;
	}
	if (job->fault)
		return JOB_DONE;
	if (!start.p || at == OBS_CNAME_MAX || age_ms(job) > JOB_CHASE_MS ||
	    (at > 0 && is_unasked(job, answer->cname[at - 1]))) {
		job->chased = 0;
		return next;
	}
	job->chased = (uint8_t)(at + 1);
	ask(job, &job->query[0], at ? answer->cname[at - 1] : start, DNS_TYPE_CNAME, on_cname);
	return job->state;
}

static enum job_state chase_sts(struct job *job)
{
	return chase(job, &job->txt[TXT_STS].answer, txt_questions[TXT_STS].label, JOB_ASK_HOST);
}

/* What only a domain with a policy needs: one of a hundred. */
struct delivery {
	struct obs_policy policy; /* first: job.policy points to it */
	const char *host;         /* mta-sts.<domain> */
	struct net_fetch *fetch;  /* NULL: none was tried */
};

static struct delivery *delivery_of(const struct job *job)
{
	return (struct delivery *)job->policy;
}

static struct span host_of(const struct job *job)
{
	return (struct span){ delivery_of(job)->host, sizeof("mta-sts.") - 1 + job->name.n };
}

static enum job_state ask_host(struct job *job)
{
	const struct obs_txt *txt = &job->txt[TXT_STS];
	struct sts_record record;
	struct span host;

	if (txt->answer.status != DNS_NOERROR)
		return JOB_DONE;
	sts_record_parse(txt->record, txt->count, &record);
	if (record.state != RECORD_VALID)
		return JOB_DONE;
	host = below(job, SPAN_LITERAL("mta-sts."));
	job->policy = arena_alloc(&job->arena, sizeof(struct delivery));
	if (!host.p || !job->policy) {
		/* shorter than the _mta-sts name that was answered, so it is memory that lacks */
		job->fault = NET_FAULT_MEMORY;
		return JOB_DONE;
	}
	job->policy->address_used = -1;
	delivery_of(job)->host = host.p;
	if (is_unasked(job, host)) {
		job->policy->status = CONNECT_BLOCKLISTED;
		return JOB_DONE;
	}
	ask(job, &job->query[0], host, DNS_TYPE_A, on_address);
	return JOB_ASK_HOST6;
}

static enum job_state ask_host6(struct job *job)
{
	struct obs_policy *policy = job->policy;
	struct span name = host_of(job);

	if (policy->a.status == DNS_NXDOMAIN) {
		/* no such name, at the chain's end at least: of no type (RFC 8020 2) */
		policy->aaaa.status = DNS_NXDOMAIN;
		return JOB_CHASE_HOST;
	}
	if (policy_host_is_blocked(policy, job->context->unasked))
		return JOB_FETCH; /* or the resolver would follow the alias once more */
	if (policy_host_end(&policy->a, &name))
		ask_shared(job, &job->query[0], name, DNS_TYPE_AAAA, on_target_address);
	else
		ask(job, &job->query[0], host_of(job), DNS_TYPE_AAAA, on_address);
	return JOB_CHASE_HOST;
}

static enum job_state chase_host(struct job *job)
{
	if (job->policy->address_count > 0 || job->policy->aaaa.status != DNS_SERVFAIL)
		return JOB_FETCH;
	return chase(job, &job->policy->a, SPAN_LITERAL("mta-sts."), JOB_FETCH);
}

static enum job_state fetch(struct job *job)
{
	struct obs_policy *policy = job->policy;
	struct obs_address *allowed;
	struct net_fetch *fetch;
	size_t count;

	/* What does not exist is known without anybody being contacted. */
	if (policy->a.status != DNS_NXDOMAIN && policy_host_is_blocked(policy, job->context->unasked))
		policy->status = CONNECT_BLOCKLISTED;
	if (policy->address_count == 0 || policy->status == CONNECT_BLOCKLISTED)
		return JOB_DONE;
	address_interleave((struct obs_address *)policy->address, policy->address_count);
	allowed = arena_alloc(&job->arena, policy->address_count * sizeof(*allowed));
	fetch = arena_alloc(&job->arena, sizeof(*fetch));
	if (!allowed || !fetch) {
		job->fault = NET_FAULT_MEMORY;
		return JOB_DONE;
	}
	count = policy_host_addresses(policy, job->context->allow, job->context->block, allowed);
	if (count == 0) {
		policy->status = CONNECT_BLOCKLISTED;
		return JOB_DONE;
	}
	*fetch = (struct net_fetch){ .host = host_of(job),
				     .address = allowed,
				     .address_count = count,
				     .target = policy_host_target(policy),
				     .arena = &job->arena,
				     .policy = policy,
				     .on_done = on_fetched,
				     .arg = job };
	delivery_of(job)->fetch = fetch;
	job->pending++;
	net_fetch(job->context->net, fetch);
	return JOB_DONE;
}

/* The fetch counted in the addresses it was given; the record counts in all of them. */
static void fix_address_used(struct job *job)
{
	struct obs_policy *policy = job->policy;
	const struct obs_address *used;

	if (!policy || !delivery_of(job)->fetch || policy->address_used < 0)
		return;
	used = &delivery_of(job)->fetch->address[policy->address_used];
	for (size_t i = 0; i < policy->address_count; i++)
		if (memcmp(&policy->address[i], used, sizeof(*used)) == 0) {
			policy->address_used = (int8_t)i;
			break;
		}
}

static enum job_state (*const step[])(struct job *) = {
	[JOB_ASK_MX] = ask_mx,     [JOB_ASK_TXT] = ask_txt,     [JOB_CHASE_STS] = chase_sts,
	[JOB_ASK_HOST] = ask_host, [JOB_ASK_HOST6] = ask_host6, [JOB_CHASE_HOST] = chase_host,
	[JOB_FETCH] = fetch,
};

/* A step runs only when nothing is pending, so none sees half an answer. A fault of ours ends the
 * job at once: what it knows is thrown away and the domain is surveyed again. */
static void run(struct job *job)
{
	job->running = true;
	while (job->pending == 0 && job->state != JOB_DONE)
		job->state = (uint8_t)(job->fault ? JOB_DONE : step[job->state](job));
	job->running = false;
	if (job->pending > 0 || job->state != JOB_DONE)
		return;
	fix_address_used(job);
	job->duration_ms = (uint32_t)age_ms(job);
	job->context->done(job); /* job is no longer ours */
}

void job_init(struct job *job, const struct job_context *context)
{
	*job = (struct job){ .context = context, .state = JOB_DONE };
	arena_init(&job->arena);
}

void job_fini(struct job *job)
{
	arena_fini(&job->arena);
}

void job_start(struct job *job, uint64_t index, uint64_t rank, struct span name, bool last_pass)
{
	const struct job_context *context = job->context;
	struct arena arena = job->arena;
	uint8_t faults = job->faults;

	arena_reset(&arena);
	*job = (struct job){ .context = context,
			     .arena = arena,
			     .faults = faults,
			     .last_pass = last_pass,
			     .index = index,
			     .rank = rank };
	job->name = arena_copy(&job->arena, name);
	if (!job->name.p)
		job->fault = NET_FAULT_MEMORY;
	job->time_ms = net_wall_ms(context->net);
	job->start_ms = (uint32_t)net_now_ms(context->net);
	run(job);
}

void job_observation(const struct job *job, struct observation *observation)
{
	*observation = (struct observation){
		.name = job->name,
		.input = INPUT_OK,
		.index = job->index,
		.rank = job->rank,
		.time_ms = job->time_ms,
		.duration_ms = job->duration_ms,
		.mx = job->mx,
	};
	memcpy(observation->txt, job->txt, sizeof(job->txt));
	if (job->policy)
		observation->policy = *job->policy;
	else
		observation->policy.address_used = -1;
}
