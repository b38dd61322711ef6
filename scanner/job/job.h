/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/job/job.h - one domain in flight.
 *
 * A job takes one domain through its lookups and the policy fetch; what it has at the end is an observation. It knows
 * the order of the steps and nothing else: what answers hold is read in job/answers, a policy host is a child of its
 * own (job/policy_fetch), sockets live behind job/net.h, grammar in parsers/, judgement in analysis/classify, bytes on
 * disk in output/. Every call is made on the thread that owns the loop.
 */
#ifndef STSURVEY_SCANNER_JOB_JOB_H
#define STSURVEY_SCANNER_JOB_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/observation.h"
#include "scanner/base/arena.h"
#include "scanner/base/extra.h"
#include "scanner/job/net.h"
#include "scanner/job/task.h"
#include "scanner/rules/cidr_set.h"
#include "scanner/rules/domain_set.h"

struct job;
struct host_job;

enum job_state {
	JOB_ASK_MX,  /* every job starts here: a name that does not exist ends here too */
	JOB_ASK_TXT, /* the name may exist: ask for all records below it, together unless its zone fails */
	JOB_CHASE,   /* they are answered; where the resolver failed for good: is it a CNAME loop? */
	JOB_REST,    /* the zone fails, and the first of them is asked for: does it hold for the others, too? */
	JOB_POLICY,  /* one usable STS record: a child fetches the policy; any record: who serves the zone? */
};

/* What all jobs of a worker share; read-only to them. */
struct job_context {
	struct net *net;
	const struct cidr_set *allow;             /* --allow-reserved; NULL: none */
	const struct cidr_set *address_blocklist; /* --blocklist-file; NULL: none */
	/* --domain-blocklist-file: no question for these, not even at a CNAME's end, and no fetch from a host that is
	 * an alias into them; NULL: none */
	const struct domain_set *domain_blocklist;
	void (*done)(struct job *job);
	void (*host_done)(struct host_job *job); /* scanner/job/host_job.h; NULL: no host is looked at */
	bool ad_believed;                        /* the AD bit counts (live/net_live.h) */
	bool all_hosts;                          /* with host_done: those of every domain with MX */
	bool without_sni;                        /* a host's default certificate is looked at, by one more connection */
	bool no_ipv4, no_ipv6; /* this machine has no route for the family: no host is probed over it */
	void *arg;
};

struct policy_fetch;

/* What is to be surveyed. */
struct job_target {
	uint64_t index, rank;
	struct span name;
	struct span extra; /* what else the list tells of it (scanner/base/extra.h) */
	/* --direct: whom its own questions go to; its zone is the name. NULL: to the resolver */
	const struct net_delegation *delegation;
};

/* Who serves the zone of a domain that has a record. */
struct job_ns {
	struct obs_ns facts;
	struct net_query query;
};

struct job {
	struct task task; /* first */
	const struct job_context *context;
	STAILQ_ENTRY(job) next; /* the owner's, for lists of jobs */
	struct arena arena;
	/* the facts, kept small: a window has tens of thousands of them */
	struct span name, extra;
	struct net_delegation *delegation; /* NULL: none */
	struct obs_audit *audit;           /* room for one of each question; NULL: none was made */
	uint64_t index, rank;
	int64_t time_ms;
	uint32_t start_ms; /* monotonic, wraps around */
	uint32_t duration_ms;
	uint8_t faults;        /* the owner's: those that count against it; job_start leaves it alone */
	uint8_t asked, chased; /* of the TXT questions, the first so many */
	uint8_t audit_count;
	bool last_pass; /* nobody asks again: look closer at what stays unknown */
	struct obs_mx mx;
	struct obs_txt txt[TXT_QUESTIONS];
	struct policy_fetch *policy;           /* NULL: no policy was looked for */
	struct job_ns *ns;                     /* NULL: it has no record, or none is known */
	struct net_query query[TXT_QUESTIONS]; /* its questions: none but the TXT ones are asked together */
};

/* Octets of its texts and delegation, which arena_reserve shall have room for. */
size_t job_target_octets(const struct job_target *target);

void job_init(struct job *job, const struct job_context *context);
void job_fini(struct job *job);

/* Survey @target, whose texts are copied. The context's done is called exactly once, perhaps before this returns;
 * after it the job is the owner's, to be read with job_observation and started again. */
void job_start(struct job *job, const struct job_target *target, bool last_pass);

/* A fault of ours that ended the job, enum net_fault: its facts are not to be used; 0: none. */
static inline int job_fault(const struct job *job)
{
	return job->task.fault;
}

/* The facts of a job that is done, pointing into its arena: valid until the next job_start. */
void job_observation(const struct job *job, struct observation *observation);

/* ---- for the job's children ---- */

/* Ask @query, whose type, on_answer and into are set, about @name on behalf of @task, which is its arg. */
void job_ask(const struct job_context *context, struct task *task, struct net_query *query, struct span name);

/* The same with CD. @query's type is set, and its into, a struct obs_answer which failed: its `unchecked` is filled. */
void job_ask_unchecked(const struct job_context *context, struct task *task, struct net_query *query, struct span name);

/* Did the answer fail as one that does not validate does (RFC 4035 5.5), so that it is worth asking with CD? */
static inline bool job_may_be_bogus(const struct obs_answer *answer)
{
	return answer->status == DNS_SERVFAIL;
}

/* May @name be asked about, or does the user want no question for it? */
bool job_may_ask(const struct job_context *context, struct span name);

/* Does the chain of @answer pass a name that may not be asked about? */
bool job_is_chain_blocked(const struct job_context *context, const struct obs_answer *answer);

/* @prefix and the domain, in the arena. p NULL: no such name can exist, or no memory, which is noted. */
struct span job_name_below(struct job *job, struct span prefix);

/* Milliseconds since a task began at @start_ms, which wraps around. */
static inline uint32_t job_age_ms(const struct job_context *context, uint32_t start_ms)
{
	return (uint32_t)context->net->now_ms(context->net) - start_ms;
}

#endif
