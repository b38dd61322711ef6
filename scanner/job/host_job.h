/* scanner/job/host_job.h - one MX host: where it is, and what it shows a sender (RFC 7672 2.2, RFC 8461 4.2).
 *
 * The sister of scanner/job/job.h: A and AAAA, whose security decides whether TLSA is asked for (RFC 7672 2.2.2), TLSA,
 * then one connection after the other to its addresses. What it has at the end is a struct obs_host. A host is looked
 * at for all domains that name it (scanner/run/host_queue.h), so nothing here knows of one.
 */
#ifndef STSURVEY_SCANNER_JOB_HOST_JOB_H
#define STSURVEY_SCANNER_JOB_HOST_JOB_H

#include "parsers/mail_host.h"
#include "scanner/job/answers.h"
#include "scanner/job/job.h"

enum host_job_state {
	HOST_ASK_A,     /* every host starts here: IPv4 first, for the CNAME chain */
	HOST_ASK_AAAA,  /* IPv6, at the chain's end */
	HOST_UNCHECKED, /* both are answered; what failed is asked again with CD: does only DNSSEC make it fail? */
	HOST_ASK_TLSA,  /* the addresses are known, and secure: TLSA at the chain's end, then at the name */
	HOST_PROBE,     /* whom to connect to is known: one address after the other; again for the next */
};

struct host_job {
	struct task task; /* first */
	const struct job_context *context;
	STAILQ_ENTRY(host_job) next; /* the owner's, for lists of host jobs */
	struct arena arena;
	uint32_t start_ms;     /* monotonic, wraps around */
	uint8_t faults;        /* the owner's: those that count against it; host_job_start leaves it alone */
	struct obs_host facts; /* whole once the task has ended, pointing into the arena */
	struct address_list addresses;
	struct obs_smtp probe[OBS_PROBE_MAX];
	struct net_query query[2];
	struct net_probe request;
	size_t tried;
};

void host_job_init(struct host_job *job, const struct job_context *context);
void host_job_fini(struct host_job *job);

/* Look up and probe @name (copied). @passes: looks it has had before, whose last one is patient. The context's
 * host_done is called exactly once, perhaps before this returns; after it the job is the owner's, to be read and
 * started again. */
void host_job_start(struct host_job *job, struct span name, uint8_t passes);

/* A fault of ours that ended the job, enum net_fault: its facts are not to be used; 0: none. */
static inline int host_job_fault(const struct host_job *job)
{
	return job->task.fault;
}

#endif
