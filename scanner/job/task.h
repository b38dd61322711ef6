/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/job/task.h - a chain of steps that asks and waits: a domain's, or that of a host on its behalf.
 *
 * A task is a state, a table with a step for each state, and the number of answers it waits for. A step asks questions
 * and starts children, and returns the state in which their answers will find the task. It runs only when nothing is
 * pending, so that none sees half an answer. To its parent the end of a child is one answer more: a parent goes on when
 * all it has asked and started has ended, in whatever order, also where it all ends before the step returns.
 *
 * A fault of ours (no memory, no sockets, shutdown) belongs to the whole tree: once it is noted, no step of any of its
 * tasks runs any more, and each ends as soon as nothing of it is pending.
 *
 * Tasks are the caller's memory, which lives until they have ended. All on one thread. Only task.c assigns a state.
 */
#ifndef STSURVEY_SCANNER_JOB_TASK_H
#define STSURVEY_SCANNER_JOB_TASK_H

#include <stdbool.h>
#include <stdint.h>

enum {
	TASK_DONE = UINT8_MAX,            /* what the last step returns */
	TASK_PENDING_MAX = UINT8_MAX - 1, /* questions and children at once */
};

struct task;

struct task_kind {
	uint8_t (*const *step)(struct task *task); /* one for each state; the first runs first */
	void (*ended)(struct task *task);          /* last of all; the memory may go. NULL: nothing is to be done */
};

struct task {
	const struct task_kind *kind;
	struct task *parent; /* NULL: the root */
	uint8_t state, pending;
	bool running;
	int8_t fault; /* of the root: enum net_fault */
};

/* Begin at state 0. It may have ended when this returns. @parent (NULL: none) waits for it; to be called from one of
 * its steps. */
void task_start(struct task *task, const struct task_kind *kind, struct task *parent);

/* One question is about to be asked. */
void task_wait(struct task *task);

/* One answer, or one end of a child, has come. The task may go on, and end, within. */
void task_answered(struct task *task);

/* Note a fault of ours, enum net_fault; NET_OK is none. The last one is kept. */
void task_fail(struct task *task, int fault);

/* The tree's fault; 0: none. */
int task_fault(const struct task *task);

#endif
