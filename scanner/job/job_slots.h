/* scanner/job/job_slots.h - the jobs of a window: allocated as it first fills, used again and again.
 *
 * All of one thread, whose free list their blocks belong to (scanner/base/freelist.h).
 */
#ifndef STSURVEY_SCANNER_JOB_JOB_SLOTS_H
#define STSURVEY_SCANNER_JOB_JOB_SLOTS_H

#include "scanner/job/job.h"

/* First in, first out, linked by job.next: a job is in one list at most. Not to be copied. */
struct job_list {
	struct job *first, **end;
};

void job_list_init(struct job_list *list);
void job_list_push(struct job_list *list, struct job *job);
struct job *job_list_pop(struct job_list *list); /* NULL: empty */

/* All of @from, in order, into the uninitialised @to; @from is empty afterwards. */
void job_list_move(struct job_list *to, struct job_list *from);

enum { JOB_SLOTS_AT_ONCE = 128 }; /* jobs allocated together */

struct job_slots {
	struct job_slab *slabs;
	struct job_list unused;
};

void job_slots_init(struct job_slots *slots);

/* A job to start; NULL: no memory. */
struct job *job_slots_take(struct job_slots *slots, const struct job_context *context);
void job_slots_give(struct job_slots *slots, struct job *job);

/* Every job and its memory, whether given back or not. */
void job_slots_free(struct job_slots *slots);

#endif
