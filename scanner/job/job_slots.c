/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/job/job_slots.h"

#include <stdlib.h>

struct job_slab {
	SLIST_ENTRY(job_slab) next;
	struct job job[JOB_SLOTS_AT_ONCE];
};

void job_slots_init(struct job_slots *slots)
{
	SLIST_INIT(&slots->slabs);
	STAILQ_INIT(&slots->unused);
}

struct job *job_slots_take(struct job_slots *slots, const struct job_context *context)
{
	struct job *job = job_list_pop(&slots->unused);
	struct job_slab *slab;

	if (job)
		return job;
	slab = malloc(sizeof(*slab));
	if (!slab)
		return NULL;
	SLIST_INSERT_HEAD(&slots->slabs, slab, next);
	for (unsigned i = 0; i < JOB_SLOTS_AT_ONCE; i++) {
		job_init(&slab->job[i], context);
		STAILQ_INSERT_TAIL(&slots->unused, &slab->job[i], next);
	}
	return job_list_pop(&slots->unused);
}

void job_slots_give(struct job_slots *slots, struct job *job)
{
	STAILQ_INSERT_HEAD(&slots->unused, job, next); /* the next one finds it in the cache */
}

void job_slots_free(struct job_slots *slots)
{
	struct job_slab *slab;

	while ((slab = SLIST_FIRST(&slots->slabs))) {
		SLIST_REMOVE_HEAD(&slots->slabs, next);
		for (unsigned i = 0; i < JOB_SLOTS_AT_ONCE; i++)
			job_fini(&slab->job[i]);
		free(slab);
	}
	STAILQ_INIT(&slots->unused);
}
