/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/job/task.h"

#include <assert.h>
#include <stddef.h>

void task_fail(struct task *task, int fault)
{
	while (task->parent)
		task = task->parent;
	if (fault)
		task->fault = (int8_t)fault;
}

int task_fault(const struct task *task)
{
	while (task->parent)
		task = task->parent;
	return task->fault;
}

static void run_steps(struct task *task)
{
	struct task *parent = task->parent;

	task->running = true;
	while (task->pending == 0 && task->state != TASK_DONE)
		task->state = task_fault(task) ? TASK_DONE : task->kind->step[task->state](task);
	task->running = false;
	if (task->pending > 0)
		return;
	if (task->kind->ended)
		task->kind->ended(task); /* the task is no longer ours */
	if (parent)
		task_answered(parent);
}

void task_start(struct task *task, const struct task_kind *kind, struct task *parent)
{
	*task = (struct task){ .kind = kind, .parent = parent };
	if (parent)
		task_wait(parent);
	run_steps(task);
}

void task_wait(struct task *task)
{
	assert(task->pending < TASK_PENDING_MAX);
	task->pending++;
}

void task_answered(struct task *task)
{
	assert(task->pending > 0);
	task->pending--;
	if (!task->running)
		run_steps(task);
}
