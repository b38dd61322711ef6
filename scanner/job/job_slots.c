#include "scanner/job/job_slots.h"

#include <stdlib.h>

struct job_slab {
	struct job_slab *next;
	struct job job[JOB_SLOTS_AT_ONCE];
};

void job_list_init(struct job_list *list)
{
	list->first = NULL;
	list->end = &list->first;
}

void job_list_push(struct job_list *list, struct job *job)
{
	job->next = NULL;
	*list->end = job;
	list->end = &job->next;
}

struct job *job_list_pop(struct job_list *list)
{
	struct job *job = list->first;

	if (!job)
		return NULL;
	list->first = job->next;
	if (!list->first)
		list->end = &list->first;
	return job;
}

void job_list_move(struct job_list *to, struct job_list *from)
{
	*to = *from;
	if (!to->first)
		to->end = &to->first;
	job_list_init(from);
}

void job_slots_init(struct job_slots *slots)
{
	slots->slabs = NULL;
	job_list_init(&slots->unused);
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
	slab->next = slots->slabs;
	slots->slabs = slab;
	for (unsigned i = 0; i < JOB_SLOTS_AT_ONCE; i++) {
		job_init(&slab->job[i], context);
		job_list_push(&slots->unused, &slab->job[i]);
	}
	return job_list_pop(&slots->unused);
}

void job_slots_give(struct job_slots *slots, struct job *job)
{
	job_list_push(&slots->unused, job);
}

void job_slots_free(struct job_slots *slots)
{
	while (slots->slabs) {
		struct job_slab *slab = slots->slabs;

		slots->slabs = slab->next;
		for (unsigned i = 0; i < JOB_SLOTS_AT_ONCE; i++)
			job_fini(&slab->job[i]);
		free(slab);
	}
	job_list_init(&slots->unused);
}
