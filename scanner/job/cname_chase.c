/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/job/cname_chase.h"

#include "scanner/base/limits.h"
#include "scanner/job/answers.h"

struct cname_chase {
	struct task task; /* first */
	struct cname_chaser of;
	struct obs_answer *answer; /* where the chain goes */
	struct span start;
	struct span next; /* whose link is asked for; p NULL: the chain has come to its end */
	struct span cname[OBS_CNAME_MAX];
	uint16_t count;
	struct net_query query;
};

/* Has @name been passed before? Then the chain never ends. */
static bool is_passed(const struct cname_chase *chase, struct span name)
{
	if (span_equal_nocase(chase->start, name))
		return true;
	for (size_t i = 0; i < chase->count; i++)
		if (span_equal(chase->cname[i], name))
			return true;
	return false;
}

static void on_cname(struct net_query *query, const struct dns_answer *answer)
{
	struct cname_chase *chase = query->arg;
	struct obs_answer *kept = chase->answer;
	struct span name = { NULL, 0 };

	answers_log(query, answer);
	task_fail(&chase->task, query->fault);
	if (answer && query->status == DNS_NOERROR) {
		name = answers_name(chase->of.arena, answer, 0, 0);
		task_fail(&chase->task, name.p ? NET_OK : NET_FAULT_MEMORY);
	}
	if (name.n > 0) {
		kept->cname_loop = is_passed(chase, name);
		chase->cname[chase->count++] = name;
		if (!kept->cname_loop)
			chase->next = name;
		if (chase->count >= kept->cname_count) { /* else the failed answer showed more of it */
			kept->cname = chase->cname;
			kept->cname_count = chase->count;
		}
	}
	task_answered(&chase->task);
}

enum { CHASE_LINK }; /* another link of the chain is known, or it has just begun */

static uint8_t ask_link(struct task *task)
{
	struct cname_chase *chase = (struct cname_chase *)task;
	struct span name = chase->next;

	if (!name.p || chase->count == OBS_CNAME_MAX ||
	    job_age_ms(chase->of.context, chase->of.start_ms) > JOB_CHASE_MS ||
	    (chase->count > 0 && !job_may_ask(chase->of.context, name)))
		return TASK_DONE;
	chase->next.p = NULL;
	chase->query =
		(struct net_query){ .type = DNS_TYPE_CNAME, .decided = chase->of.decided, .on_answer = on_cname };
	job_ask(chase->of.context, task, &chase->query, name);
	return CHASE_LINK;
}

void cname_chase_start(const struct cname_chaser *chaser, struct task *parent, struct span start,
		       struct obs_answer *answer)
{
	static uint8_t (*const steps[])(struct task * task) = { [CHASE_LINK] = ask_link };
	static const struct task_kind kind = { steps, NULL };
	struct cname_chase *chase = arena_alloc(chaser->arena, sizeof(*chase));

	if (!chase) {
		task_fail(parent, NET_FAULT_MEMORY);
		return;
	}
	chase->of = *chaser;
	chase->answer = answer;
	chase->start = chase->next = start;
	chase->count = 0;
	task_start(&chase->task, &kind, parent);
}
