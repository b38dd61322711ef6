/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/job/cname_chase.h - a CNAME chain followed link by link: a child of the task that met a SERVFAIL.
 *
 * Resolvers give up on a CNAME loop with SERVFAIL, which says nothing; a loop is an error of the domain's. So where the
 * failure is final, the chain is followed from its start. It ends at a name that is no alias, at a loop, after
 * OBS_CNAME_MAX links, at a name that is not to be asked about, or when the domain or host is JOB_CHASE_MS old.
 */
#ifndef STSURVEY_SCANNER_JOB_CNAME_CHASE_H
#define STSURVEY_SCANNER_JOB_CNAME_CHASE_H

#include "scanner/job/job.h"

/* On whose behalf: a domain, or a host. */
struct cname_chaser {
	const struct job_context *context;
	struct arena *arena;
	uint32_t start_ms; /* when it began */
	bool decided;      /* its zone has failed before */
};

/* Is there something to chase: has @answer, asked for the last time, failed, and shows no loop? */
static inline bool cname_chase_is_due(const struct obs_answer *answer)
{
	return answer->status == DNS_SERVFAIL && !answer->cname_loop;
}

/* Follow the chain from @start, which lives as long as the arena, as a child of @parent. @answer gets chain and loop;
 * what stood in the failed answer is a part of the same chain, and stays where no more than that can be found out. */
void cname_chase_start(const struct cname_chaser *chaser, struct task *parent, struct span start,
		       struct obs_answer *answer);

#endif
