/* SPDX-License-Identifier: BSD-2-Clause */
/* Tasks and their children, with questions that are answered in every order there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "parsers/span.h"
#include "scanner/job/net.h"
#include "scanner/job/task.h"
#include "tests/fake/every_way.h"

enum { CHILDREN_MAX = 4, STEPS_MAX = 3, CHOICES_MAX = 32, NOBODY = 99 };

/* A child asks `asks[i]` questions in its step i. */
struct child {
	struct task task; /* first */
	struct tree *tree;
	unsigned number, steps_run, answered;
	bool ended;
};

struct shape {
	const char *name;
	unsigned children;
	unsigned asks[CHILDREN_MAX][STEPS_MAX];
	unsigned beside; /* questions the parent asks in the same step as it starts its children */
	bool at_once;    /* answered before the step returns */
};

struct tree {
	struct task task; /* first */
	const struct shape *shape;
	struct child child[CHILDREN_MAX];
	struct task *pending[CHOICES_MAX];
	unsigned pending_count, answers, ended, steps_run;
	unsigned fault_at; /* this answer, from 0, brings a fault */
	bool after_fault;  /* a step ran all the same */
};

static struct tree *tree;

static void come(struct task *task)
{
	if (tree->answers++ == tree->fault_at)
		task_fail(task, NET_FAULT_SOCKETS);
	task_answered(task);
}

static void ask(struct task *task)
{
	task_wait(task);
	if (tree->shape->at_once)
		come(task);
	else
		tree->pending[tree->pending_count++] = task;
}

static void note_step(struct task *task)
{
	assert_int_equal(task->pending, 0);
	tree->after_fault |= task_fault(task) != 0;
}

static uint8_t child_step(struct task *task)
{
	struct child *child = (struct child *)task;
	unsigned step = task->state;

	note_step(task);
	assert_int_equal(child->steps_run++, step);
	for (unsigned i = 0; i < tree->shape->asks[child->number][step]; i++)
		ask(task);
	return (uint8_t)(step + 1 < STEPS_MAX ? step + 1 : TASK_DONE);
}

static void child_ended(struct task *task)
{
	struct child *child = (struct child *)task;

	assert_false(child->ended);
	assert_int_equal(task->pending, 0);
	child->ended = true;
}

static uint8_t (*const child_steps[])(struct task *task) = { child_step, child_step, child_step };
static const struct task_kind child_kind = { child_steps, child_ended };

static uint8_t start_children(struct task *task)
{
	note_step(task);
	tree->steps_run++;
	for (unsigned i = 0; i < tree->shape->children; i++) {
		tree->child[i].number = i;
		task_start(&tree->child[i].task, &child_kind, task);
	}
	for (unsigned i = 0; i < tree->shape->beside; i++)
		ask(task);
	return 1;
}

static uint8_t go_on(struct task *task)
{
	note_step(task);
	tree->steps_run++;
	for (unsigned i = 0; i < tree->shape->children; i++)
		assert_true(tree->child[i].ended);
	return TASK_DONE;
}

static void tree_ended(struct task *task)
{
	assert_int_equal(task->pending, 0);
	tree->ended++;
}

static uint8_t (*const tree_steps[])(struct task *task) = { start_children, go_on };
static const struct task_kind tree_kind = { tree_steps, tree_ended };

static const struct shape shapes[] = {
	{ "no child", .children = 0 },
	{ "no child, one question beside", .children = 0, .beside = 1 },
	{ "a child that asks nothing", .children = 1 },
	{ "one child", .children = 1, .asks = { { 1, 1, 1 } } },
	{ "two children", .children = 2, .asks = { { 1, 1, 0 }, { 0, 2, 1 } } },
	{ "three children and a question beside", .children = 3, .asks = { { 1 }, { 2 }, { 0, 0, 1 } }, .beside = 1 },
	{ "four children, one of which asks nothing", .children = 4, .asks = { { 1 }, { 0 }, { 1, 1 }, { 1 } } },
	{ "all at once", .children = 4, .asks = { { 1, 1, 1 }, { 2 }, { 0 }, { 1 } }, .beside = 2, .at_once = true },
};

/* One way through: @choice[i] of the pending questions is answered next. How many there were is put into @choices. */
static unsigned play(const struct shape *shape, const unsigned *choice, unsigned *choices, unsigned fault_at)
{
	static struct tree played;
	unsigned depth = 0;

	memset(&played, 0, sizeof(played));
	tree = &played;
	tree->shape = shape;
	tree->fault_at = fault_at;
	task_start(&tree->task, &tree_kind, NULL);
	while (tree->pending_count > 0) {
		struct task *task = tree->pending[choice[depth]];

		assert_true(depth < CHOICES_MAX);
		assert_int_equal(tree->ended, 0);
		choices[depth] = tree->pending_count--;
		memmove(&tree->pending[choice[depth]], &tree->pending[choice[depth] + 1],
			(tree->pending_count - choice[depth]) * sizeof(tree->pending[0]));
		depth++;
		come(task);
	}
	assert_int_equal(tree->ended, 1);
	assert_int_equal(tree->task.state, TASK_DONE);
	return depth;
}

static void expect_sound(const struct shape *shape)
{
	bool faulted = tree->fault_at < tree->answers;

	if (tree->after_fault)
		fail_msg("%s: a step ran after a fault", shape->name);
	if (task_fault(&tree->task) != (faulted ? NET_FAULT_SOCKETS : NET_OK))
		fail_msg("%s: fault %d", shape->name, task_fault(&tree->task));
	if (!faulted && tree->steps_run != 2)
		fail_msg("%s: %u steps of the parent", shape->name, tree->steps_run);
	for (unsigned i = 0; i < shape->children; i++) {
		if (!tree->child[i].ended || (!faulted && tree->child[i].steps_run != STEPS_MAX))
			fail_msg("%s: child %u has not come to its end", shape->name, i);
	}
}

static unsigned play_every_way(const struct shape *shape, unsigned fault_at)
{
	unsigned choice[CHOICES_MAX] = { 0 }, choices[CHOICES_MAX], ways = 0, depth;

	do {
		depth = play(shape, choice, choices, fault_at);
		expect_sound(shape);
		ways++;
	} while (next_way(choice, choices, depth));
	return ways;
}

static void a_parent_goes_on_when_its_children_have_ended_in_any_order(void **state)
{
	/* as many as there are orders of the answers */
	static const unsigned ways[] = { 1, 1, 1, 1, 20, 120, 12, 1 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(shapes); i++)
		assert_int_equal(play_every_way(&shapes[i], NOBODY), ways[i]);
}

static void after_a_fault_no_step_runs_and_all_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(shapes); i++) {
		unsigned choice[CHOICES_MAX] = { 0 }, choices[CHOICES_MAX], answers;

		play(&shapes[i], choice, choices, NOBODY);
		answers = tree->answers;
		for (unsigned at = 0; at < answers; at++)
			play_every_way(&shapes[i], at);
	}
}

/* ---- a child of a child ---- */

static struct task grandparent, parent, grandchild;
static unsigned grandparent_ended;

static uint8_t wait_once(struct task *task)
{
	if (task->state == 1)
		return TASK_DONE;
	task_wait(task);
	return 1;
}

static uint8_t (*const wait_steps[])(struct task *task) = { wait_once, wait_once };
static const struct task_kind wait_kind = { wait_steps, NULL };

static uint8_t start_grandchild(struct task *task)
{
	if (task->state == 1)
		return TASK_DONE;
	task_start(&grandchild, &wait_kind, task);
	return 1;
}

static uint8_t start_parent(struct task *task)
{
	static uint8_t (*const steps[])(struct task * task) = { start_grandchild, start_grandchild };
	static const struct task_kind kind = { steps, NULL };

	if (task->state == 1)
		return TASK_DONE;
	task_start(&parent, &kind, task);
	return 1;
}

static void on_grandparent_ended(struct task *task)
{
	(void)task;
	grandparent_ended++;
}

static void a_grandchild_holds_up_all_above_it_and_its_fault_is_theirs(void **state)
{
	static uint8_t (*const steps[])(struct task * task) = { start_parent, start_parent };
	static const struct task_kind kind = { steps, on_grandparent_ended };

	(void)state;
	for (int fault = NET_OK; fault >= NET_FAULT_SHUTDOWN; fault--) {
		grandparent_ended = 0;
		task_start(&grandparent, &kind, NULL);
		assert_int_equal(grandparent_ended, 0);
		assert_int_equal(task_fault(&grandchild), NET_OK);
		task_fail(&grandchild, fault);
		task_fail(&grandchild, NET_OK); /* takes nothing back */
		assert_int_equal(grandparent_ended, 0);
		task_answered(&grandchild);
		assert_int_equal(grandparent_ended, 1);
		assert_int_equal(task_fault(&grandparent), fault);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_parent_goes_on_when_its_children_have_ended_in_any_order),
		cmocka_unit_test(after_a_fault_no_step_runs_and_all_end),
		cmocka_unit_test(a_grandchild_holds_up_all_above_it_and_its_fault_is_theirs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
