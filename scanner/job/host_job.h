/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/job/host_job.h - one MX host: where it is, and what it shows a sender (RFC 7672 2.2, RFC 8461 4.2).
 *
 * The sister of scanner/job/job.h: A and AAAA, whose security decides whether TLSA is asked for (RFC 7672 2.2.2), TLSA,
 * then one connection after the other to its addresses. What it has at the end is a struct obs_host. A host is looked
 * at for all domains that name it (scanner/queue/host_queue.h), so nothing here knows of one.
 */
#ifndef STSURVEY_SCANNER_JOB_HOST_JOB_H
#define STSURVEY_SCANNER_JOB_HOST_JOB_H

#include "parsers/mail_host.h"
#include "scanner/job/answers.h"
#include "scanner/job/job.h"

enum host_job_state {
	HOST_ASK_A,        /* every host starts here: IPv4 first, for the CNAME chain */
	HOST_ASK_AAAA,     /* IPv6, at the chain's end */
	HOST_CLOSER,       /* both are answered; in the last pass: is what failed a CNAME loop, or bogus? */
	HOST_ASK_ALIAS,    /* the addresses are known; not secure behind an alias: is the alias itself? */
	HOST_ASK_EXPANDED, /* what is secure is known: TLSA at the chain's end, where there is a chain */
	HOST_ASK_INITIAL,  /* TLSA at the host's own name, where there is none at the chain's end */
	HOST_TLSA_CLOSER,  /* TLSA is answered; in the last pass: is what failed bogus? */
	HOST_PROBE,        /* whom to connect to is known: one address after the other; again for the next */
};

/* Probes that a job has room for by itself: of two addresses, as most hosts have, and two besides. One that waits for a
 * greeting, as thousands may, needs no further block of its arena then. */
enum { HOST_FEW_PROBES = 4 };

struct host_job {
	struct task task; /* first */
	const struct job_context *context;
	STAILQ_ENTRY(host_job) next; /* the owner's, for lists of host jobs */
	struct arena arena;
	uint32_t start_ms;     /* monotonic, wraps around */
	uint8_t faults;        /* the owner's: those that count against it; host_job_start leaves it alone */
	struct obs_host facts; /* whole once the task has ended, pointing into the arena and the job */
	/* its own */
	bool patient;      /* nobody looks again */
	bool alias_secure; /* the host's CNAME is, though what it leads to is not */
	struct address_list addresses;
	size_t allowed;         /* of facts.address the first may be contacted … */
	size_t tried;           /* … of these so many have been looked at */
	uint8_t extra;          /* handshakes besides that have been looked at */
	uint8_t silent;         /* probes that ended in silence */
	struct obs_smtp *probe; /* `few`, or in the arena */
	struct obs_smtp few[HOST_FEW_PROBES];
	struct net_query query[2];
	struct net_probe request;
};

void host_job_init(struct host_job *job, const struct job_context *context);
void host_job_fini(struct host_job *job);

/* Look up and probe @name (copied; it does not lie in the job's arena). @passes: looks it has had before; the one after
 * the first is the last, and patient. The context's host_done is called exactly once, perhaps before this returns;
 * after it the job is the owner's, to be read and started again. */
void host_job_start(struct host_job *job, struct span name, uint8_t passes);

/* A fault of ours that ended the job, enum net_fault: its facts are not to be used; 0: none. */
static inline int host_job_fault(const struct host_job *job)
{
	return job->task.fault;
}

#endif
