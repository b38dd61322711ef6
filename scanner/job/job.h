/* scanner/job/job.h - one domain in flight.
 *
 * A job takes one domain through its lookups and the policy fetch; what it has at the end is an
 * observation. It knows the order of the steps and nothing else: sockets live behind
 * scanner/job/net.h, grammar in parsers/, judgement in analysis/classify/classify, bytes on disk in output/.
 * Every call is made on the thread that owns the loop.
 */
#ifndef STSURVEY_SCANNER_JOB_JOB_H
#define STSURVEY_SCANNER_JOB_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/observation.h"
#include "scanner/rules/address.h"
#include "scanner/rules/domain_set.h"
#include "scanner/base/arena.h"
#include "scanner/job/net.h"

enum job_state {
	JOB_ASK_MX,     /* every job starts here: a name that does not exist ends here too */
	JOB_ASK_TXT,    /* the name may exist: ask txt_questions together */
	JOB_CHASE_STS,  /* the resolver failed on _mta-sts for good: is it a CNAME loop? */
	JOB_ASK_HOST,   /* one usable STS record: where is the policy host? IPv4 first, for its CNAME chain */
	JOB_ASK_HOST6,  /* IPv6, at the chain's end: one question for all domains that delegate to one host */
	JOB_CHASE_HOST, /* the resolver failed on the policy host for good: a CNAME loop? */
	JOB_FETCH,      /* it has addresses; those we may connect to are tried */
	JOB_DONE,       /* every fact is here, or a fault of ours ended it */
	JOB_STATE_COUNT
};

struct job;

/* What all jobs of a worker share; read-only to them. */
struct job_context {
	struct net *net;
	const struct cidr_set *allow; /* --allow-reserved; NULL: none */
	const struct cidr_set *block; /* --blocklist-file; NULL: none */
	/* --domain-blocklist-file: no question for these, not even at a CNAME's end, and no fetch from a host that is
	 * an alias into them; NULL: none */
	const struct domain_set *unasked;
	void (*done)(struct job *job);
	void *arg;
};

struct job {
	const struct job_context *context;
	struct job *next; /* the owner's, for lists of jobs */
	struct arena arena;
	uint8_t faults; /* the owner's: how often it was begun again; job_start leaves it alone */
	/* how far it is */
	uint8_t state;   /* enum job_state; assigned in job.c alone */
	uint8_t pending; /* unanswered questions */
	uint8_t chased;  /* links of a CNAME chain asked for so far; see job.c */
	bool running;
	bool last_pass; /* nobody asks again: look closer at what stays unknown */
	int8_t fault;   /* enum net_fault: when not 0, the facts are not to be used */
	/* the facts, kept small: a window has tens of thousands of them */
	struct span name;
	uint64_t index, rank;
	int64_t time_ms;
	uint32_t start_ms; /* monotonic, wraps around */
	uint32_t duration_ms;
	struct obs_mx mx;
	struct obs_txt txt[TXT_QUESTIONS];
	struct obs_policy *policy;             /* NULL: no policy was looked for; else see struct delivery in job.c */
	struct net_query query[TXT_QUESTIONS]; /* its questions: none but the TXT ones are asked together */
};

void job_init(struct job *job, const struct job_context *context);
void job_fini(struct job *job);

/* Survey @name (copied). The context's done is called exactly once, perhaps before this returns;
 * after it the job is the owner's, to be read with job_observation and started again. */
void job_start(struct job *job, uint64_t index, uint64_t rank, struct span name, bool last_pass);

/* The facts of a job that is done, pointing into its arena: valid until the next job_start. */
void job_observation(const struct job *job, struct observation *observation);

#endif
