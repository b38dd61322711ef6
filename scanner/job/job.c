/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/job/job.h"

#include "parsers/sts_record.h"
#include "scanner/job/answers.h"
#include "scanner/job/cname_chase.h"
#include "scanner/job/policy_fetch.h"

void job_ask(const struct job_context *context, struct task *task, struct net_query *query, struct span name)
{
	net_query_about(query, name);
	query->arg = task;
	task_wait(task);
	context->net->ask(context->net, query);
}

static void on_unchecked(struct net_query *query, const struct dns_answer *answer)
{
	struct task *task = query->arg;
	struct obs_answer *kept = query->into;

	answers_log(query, answer);
	kept->unchecked = query->status;
	task_fail(task, query->fault);
	task_answered(task);
}

void job_ask_unchecked(const struct job_context *context, struct task *task, struct net_query *query, struct span name)
{
	*query = (struct net_query){
		.type = query->type, .unchecked = true, .on_answer = on_unchecked, .into = query->into
	};
	job_ask(context, task, query, name);
}

bool job_may_ask(const struct job_context *context, struct span name)
{
	return !context->domain_blocklist || !domain_set_has(context->domain_blocklist, name);
}

bool job_is_chain_blocked(const struct job_context *context, const struct obs_answer *answer)
{
	for (size_t i = 0; i < answer->cname_count; i++)
		if (!job_may_ask(context, answer->cname[i]))
			return true;
	return false;
}

struct span job_name_below(struct job *job, struct span prefix)
{
	size_t n = prefix.n + job->name.n;
	char *text;

	if (n > DOMAIN_NAME_MAX)
		return (struct span){ NULL, 0 };
	text = arena_text(&job->arena, n);
	if (!text) {
		task_fail(&job->task, NET_FAULT_MEMORY);
		return (struct span){ NULL, 0 };
	}
	return domain_join(prefix, job->name, text);
}

/* ---- the steps: each asks, and says where the answers lead ---- */

/* One of the domain's own questions, which its name servers can answer. */
static struct net_query own_question(struct job *job, enum dns_type type,
				     void (*on_answer)(struct net_query *, const struct dns_answer *), void *into)
{
	return (struct net_query){ .type = (uint16_t)type,
				   .on_answer = on_answer,
				   .into = into,
				   .delegation = job->delegation,
				   .arena = &job->arena };
}

static void keep_audit(struct job *job, const struct net_query *query, enum obs_question question)
{
	struct obs_audit *audit = query->audit;
	size_t at = job->audit_count;

	if (!audit || query->fault)
		return;
	if (!job->audit)
		job->audit = arena_alloc(&job->arena, QUESTION_COUNT * sizeof(*job->audit));
	if (!job->audit) {
		task_fail(&job->task, NET_FAULT_MEMORY);
		return;
	}
	audit->question = question;
	for (; at > 0 && job->audit[at - 1].question > question; at--) /* in order, whoever answered first */
		job->audit[at] = job->audit[at - 1];
	job->audit[at] = *audit;
	job->audit_count++;
}

static void on_mx(struct net_query *query, const struct dns_answer *answer)
{
	struct job *job = query->arg;

	keep_audit(job, query, QUESTION_MX);
	task_fail(&job->task, answers_keep_mx(&job->arena, query, answer, query->into));
	task_answered(&job->task);
}

static uint8_t ask_mx(struct task *task)
{
	struct job *job = (struct job *)task;

	if (!job->name.p) {
		task_fail(task, NET_FAULT_MEMORY);
		return TASK_DONE;
	}
	job->query[0] = own_question(job, DNS_TYPE_MX, on_mx, &job->mx);
	job_ask(job->context, task, &job->query[0], job->name);
	return JOB_ASK_TXT;
}

static void on_txt(struct net_query *query, const struct dns_answer *answer)
{
	struct job *job = query->arg;
	const struct txt_kind *kind = txt_questions[query - job->query].kind;

	keep_audit(job, query, (enum obs_question)(QUESTION_TXT + (query - job->query)));
	task_fail(&job->task, answers_keep_txt(&job->arena, query, answer, kind, query->into));
	task_answered(&job->task);
}

/* Did the resolver fail with the first question about the zone? Failing is dear to it, and to the servers it asks: as
 * little as may be is asked then. */
static bool zone_fails(const struct job *job)
{
	return job->mx.answer.status == DNS_SERVFAIL;
}

static void ask_record(struct job *job, struct span name, enum txt_question question)
{
	struct net_query *query = &job->query[question];
	struct obs_txt *txt = &job->txt[question];

	if (!name.p) {
		txt->answer.status = DNS_NXDOMAIN; /* a name too long to be asked for cannot exist */
	} else if (job_may_ask(job->context, name)) {
		*query = own_question(job, DNS_TYPE_TXT, on_txt, txt);
		query->decided = zone_fails(job);
		query->lame = question == 0 && obs_answer_is_lame(&job->mx.answer);
		job_ask(job->context, &job->task, query, name);
	}
}

static uint8_t ask_records(struct job *job, int count)
{
	struct span name[TXT_QUESTIONS];
	int first = job->asked;

	job->asked = (uint8_t)(first + count);
	for (int q = first; q < job->asked; q++)
		name[q] = job_name_below(job, txt_questions[q].label);
	if (job_fault(job))
		return TASK_DONE;
	for (int q = first; q < first + count; q++)
		ask_record(job, name[q], (enum txt_question)q);
	return JOB_CHASE;
}

/* Of what was not asked yet the answer is known: @answer, of the same zone. */
static void take_over(struct job *job, const struct obs_answer *answer)
{
	for (; job->asked < TXT_QUESTIONS; job->asked++)
		job->txt[job->asked].answer = (struct obs_answer){ .status = answer->status,
								   .ede = answer->ede,
								   .source = answer->source,
								   .fall_back = answer->fall_back };
}

static uint8_t ask_txt(struct task *task)
{
	struct job *job = (struct job *)task;
	const struct obs_answer *mx = &job->mx.answer;

	/* Nothing exists below a name that does not (RFC 8020 2). Behind a CNAME it is the target
	 * that does not exist; the name itself is there and may have names below it. */
	if (mx->status == DNS_NXDOMAIN && mx->cname_count == 0)
		return TASK_DONE;
	/* Unknown it is already, and the last pass asks for all of it. Where MX is but late, the others shall be on
	 * their way, too, until then. */
	if (!job->last_pass && zone_fails(job) && !obs_answer_is_lame(mx))
		return TASK_DONE;
	return ask_records(job, zone_fails(job) ? 1 : TXT_QUESTIONS);
}

/* One record of a zone whose MX failed has been asked for, and its alias: two names, two types, and two passes unless
 * its own servers say what is wrong. */
static uint8_t ask_rest(struct task *task)
{
	struct job *job = (struct job *)task;
	const struct obs_answer *first = &job->txt[0].answer;

	if (first->status != DNS_SERVFAIL || first->cname_count > 0)
		return ask_records(job, TXT_QUESTIONS - job->asked);
	take_over(job, first);
	job->chased = TXT_QUESTIONS;
	return JOB_CHASE;
}

/* Is there one that is meant as the record asked for, however bad it is? */
static bool has_record(const struct job *job, enum txt_question question)
{
	const struct obs_txt *txt = &job->txt[question];
	bool is_meant = txt->omitted_meant > 0;

	for (size_t i = 0; i < txt->count && !is_meant; i++)
		is_meant = txt_likeness(txt->record[i], txt_questions[question].kind) != TXT_UNRELATED;
	return is_meant;
}

/* Is it of use whether DNSSEC vouches for the MX? An authoritative server does not. */
static bool wants_valid_mx(const struct job *job)
{
	return job->mx.answer.source == SOURCE_DIRECT &&
	       (has_record(job, TXT_STS) || (job->context->host_done && job->context->all_hosts && job->mx.count > 0));
}

static uint8_t chase_txt(struct task *task)
{
	struct job *job = (struct job *)task;
	const struct cname_chaser chaser = { job->context, &job->arena, job->start_ms, zone_fails(job) };

	if (wants_valid_mx(job)) {
		job->mx = (struct obs_mx){ 0 };
		job->query[0] = own_question(job, DNS_TYPE_MX, on_mx, &job->mx);
		job->query[0].validated = true;
		job_ask(job->context, task, &job->query[0], job->name);
	}
	if (!job->last_pass)
		return job->asked < TXT_QUESTIONS ? JOB_REST : JOB_POLICY;
	for (; job->chased < job->asked; job->chased++) {
		struct obs_answer *answer = &job->txt[job->chased].answer;
		struct span start = { NULL, 0 };

		if (cname_chase_is_due(answer) && !obs_answer_is_lame(answer))
			start = job_name_below(job, txt_questions[job->chased].label);
		if (start.p)
			cname_chase_start(&chaser, task, start, answer);
	}
	if (job->asked < TXT_QUESTIONS)
		return JOB_REST;
	/* to a sender with DANE a bogus MX is mail that waits (RFC 7672 2.1.2); nobody else asks */
	if (job->context->host_done && job_may_be_bogus(&job->mx.answer) && !obs_answer_is_lame(&job->mx.answer)) {
		job->query[0] = (struct net_query){ .type = DNS_TYPE_MX, .into = &job->mx.answer };
		job_ask_unchecked(job->context, task, &job->query[0], job->name);
	}
	return JOB_POLICY;
}

static void on_ns(struct net_query *query, const struct dns_answer *answer)
{
	struct job *job = query->arg;

	task_fail(&job->task, answers_keep_ns(&job->arena, query, answer, query->into));
	task_answered(&job->task);
}

/* A zone file has told what the parent's side has; elsewhere the zone itself is asked. Beside the policy host's address
 * it costs no time. */
static void look_for_ns(struct job *job)
{
	struct span *name = NULL;
	struct job_ns *ns = arena_alloc(&job->arena, sizeof(*ns));
	bool is_told = extra_is(job->extra, EXTRA_SERVERS);

	if (ns && is_told)
		name = arena_alloc(&job->arena, EXTRA_ITEMS_MAX * sizeof(*name));
	if (!ns || (is_told && !name)) {
		task_fail(&job->task, NET_FAULT_MEMORY);
		return;
	}
	job->ns = ns;
	if (is_told) {
		answers_keep_parent_ns(name, extra_items(job->extra, name, OBS_NS_MAX), extra_left_out(job->extra),
				       &ns->facts);
		return;
	}
	ns->query = (struct net_query){ .type = DNS_TYPE_NS, .on_answer = on_ns, .into = &ns->facts };
	job_ask(job->context, &job->task, &ns->query, job->name);
}

static uint8_t use_records(struct task *task)
{
	struct job *job = (struct job *)task;
	const struct obs_txt *sts = &job->txt[TXT_STS];
	struct sts_record record;

	if (has_record(job, TXT_STS) || has_record(job, TXT_TLSRPT))
		look_for_ns(job);
	if (sts->answer.status != DNS_NOERROR || job_fault(job))
		return TASK_DONE;
	sts_record_parse(sts->record, sts->count, sts->omitted - sts->omitted_meant, &record);
	if (record.state == RECORD_VALID)
		job->policy = policy_fetch_start(job);
	return TASK_DONE;
}

static void ended(struct task *task)
{
	struct job *job = (struct job *)task;

	job->duration_ms = job_age_ms(job->context, job->start_ms);
	job->context->done(job); /* the job is no longer ours */
}

/* ---- from outside ---- */

void job_init(struct job *job, const struct job_context *context)
{
	*job = (struct job){ .context = context };
}

void job_fini(struct job *job)
{
	arena_fini(&job->arena);
}

size_t job_target_octets(const struct job_target *target)
{
	size_t own = target->delegation ? sizeof(*target->delegation) + target->delegation->servers.n : 0;

	return target->name.n + target->extra.n + own;
}

/* The zone file's names serve for both. */
static struct net_delegation *copy_delegation(struct job *job, const struct job_target *target)
{
	struct net_delegation *copy = arena_alloc(&job->arena, sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *target->delegation;
	copy->zone = job->name;
	copy->servers = target->delegation->servers.p == target->extra.p
				? job->extra
				: arena_copy(&job->arena, target->delegation->servers);
	return copy->servers.p || copy->servers.n == 0 ? copy : NULL;
}

void job_start(struct job *job, const struct job_target *target, bool last_pass)
{
	static uint8_t (*const steps[])(struct task * task) = { [JOB_ASK_MX] = ask_mx,
								[JOB_ASK_TXT] = ask_txt,
								[JOB_CHASE] = chase_txt,
								[JOB_REST] = ask_rest,
								[JOB_POLICY] = use_records };
	static const struct task_kind kind = { steps, ended };
	const struct job_context *context = job->context;

	arena_reset(&job->arena);
	/* the rest is set when it is known: to zero all of it costs more than some steps */
	job->last_pass = last_pass;
	job->asked = job->chased = 0;
	job->index = target->index;
	job->rank = target->rank;
	job->mx = (struct obs_mx){ 0 };
	memset(job->txt, 0, sizeof(job->txt));
	job->policy = NULL;
	job->ns = NULL;
	job->name = arena_copy(&job->arena, target->name);
	job->extra = (struct span){ NULL, 0 };
	if (target->extra.n > 0 && !(job->extra = arena_copy(&job->arena, target->extra)).p)
		job->name = job->extra; /* the one is not recorded without the other */
	job->audit = NULL;
	job->audit_count = 0;
	job->delegation = NULL;
	if (target->delegation && job->name.p && !(job->delegation = copy_delegation(job, target)))
		job->name = (struct span){ NULL, 0 }; /* nor is it asked about elsewhere than it should be */
	job->time_ms = context->net->wall_ms(context->net);
	job->start_ms = (uint32_t)context->net->now_ms(context->net);
	task_start(&job->task, &kind, NULL);
}

void job_observation(const struct job *job, struct observation *observation)
{
	observation->name = job->name;
	observation->input = INPUT_OK;
	observation->index = job->index;
	observation->rank = job->rank;
	observation->time_ms = job->time_ms;
	observation->duration_ms = job->duration_ms;
	observation->mx = job->mx;
	memcpy(observation->txt, job->txt, sizeof(job->txt));
	if (job->policy)
		observation->policy = job->policy->facts;
	else
		observation->policy = (struct obs_policy){ .address_used = -1 };
	observation->ns = job->ns ? job->ns->facts : (struct obs_ns){ 0 };
	observation->label = NULL;
	observation->label_count = 0;
	observation->audit = job->audit;
	observation->audit_count = job->audit_count;
}
