/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/job/job_slots.h - the jobs of a window: allocated as it first fills, used again and again.
 *
 * All of one thread, whose free list their blocks belong to (scanner/base/thread_alloc.h).
 */
#ifndef STSURVEY_SCANNER_JOB_JOB_SLOTS_H
#define STSURVEY_SCANNER_JOB_JOB_SLOTS_H

#include "scanner/job/job.h"

/* First in, first out, linked by job.next: a job is in one list at most. */
STAILQ_HEAD(job_list, job);

/* NULL: empty. */
static inline struct job *job_list_pop(struct job_list *list)
{
	struct job *job = STAILQ_FIRST(list);

	if (job)
		STAILQ_REMOVE_HEAD(list, next);
	return job;
}

enum { JOB_SLOTS_AT_ONCE = 128 }; /* jobs allocated together */

struct job_slots {
	SLIST_HEAD(, job_slab) slabs;
	struct job_list unused;
};

void job_slots_init(struct job_slots *slots);

/* A job to start; NULL: no memory. */
struct job *job_slots_take(struct job_slots *slots, const struct job_context *context);
void job_slots_give(struct job_slots *slots, struct job *job);

/* Every job and its memory, whether given back or not. */
void job_slots_free(struct job_slots *slots);

#endif
