/* SPDX-License-Identifier: BSD-2-Clause */
/* The jobs of a window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scanner/base/thread_alloc.h"
#include "scanner/job/job_slots.h"

#include "tests/fake/failing_malloc.h"

enum { JOBS = 3 * JOB_SLOTS_AT_ONCE + 1 };

static const struct job_context context;

static void each_slot_is_taken_once_and_used_again(void **state)
{
	static struct job *taken[JOBS];
	struct job_slots slots;

	(void)state;
	job_slots_init(&slots);
	for (int i = 0; i < JOBS; i++) {
		taken[i] = job_slots_take(&slots, &context);
		assert_non_null(taken[i]);
		assert_ptr_equal(taken[i]->context, &context);
		assert_int_equal(taken[i]->index, 0); /* nobody has it yet */
		assert_non_null(arena_alloc(&taken[i]->arena, 100));
		taken[i]->index = (uint64_t)i + 1;
	}
	for (int i = 0; i < JOBS; i++)
		job_slots_give(&slots, taken[i]);
	fail_at(0); /* no further memory is needed */
	for (int i = 0; i < JOBS; i++)
		assert_non_null(job_slots_take(&slots, &context));
	fail_at(-1);
	job_slots_free(&slots); /* with what was not given back */
	thread_alloc_trim();
}

static void no_memory_is_no_job_and_nothing_lost(void **state)
{
	struct job_slots slots;
	struct job *job;

	(void)state;
	job_slots_init(&slots);
	fail_at(0);
	assert_null(job_slots_take(&slots, &context));
	fail_at(-1);
	job = job_slots_take(&slots, &context);
	assert_non_null(job);
	fail_at(0);
	for (int i = 1; i < JOB_SLOTS_AT_ONCE; i++)
		assert_non_null(job_slots_take(&slots, &context)); /* allocated together */
	assert_null(job_slots_take(&slots, &context));
	fail_at(-1);
	job_slots_give(&slots, job);
	assert_ptr_equal(job_slots_take(&slots, &context), job);
	job_slots_free(&slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_slot_is_taken_once_and_used_again),
		cmocka_unit_test(no_memory_is_no_job_and_nothing_lost),
	};

	return cmocka_run_group_tests_name("job_slots", tests, NULL, NULL);
}
