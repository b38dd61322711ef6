/* SPDX-License-Identifier: BSD-2-Clause */
/* How many jobs at once: every way the number changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "parsers/span.h"
#include "scanner/worker/window.h"

enum { STEPS_MAX = 8 };

/* What happens, so many times, and what is allowed then. */
struct step {
	enum {
		FINISHED = 1,
		FAULTS,    /* of which none shrinks it */
		SHRINKING, /* faults of which the first does */
		RESUME
	} what;
	unsigned times;
	unsigned allowed;
};

static const struct {
	const char *name;
	unsigned most, start;
	struct step step[STEPS_MAX];
} table[] = {
	{ "it grows by one for each, up to the most",
	  1000,
	  256,
	  { { FINISHED, 1, 257 }, { FINISHED, 743, 1000 }, { FINISHED, 99, 1000 } } },
	{ "one that is small begins there", 10, 10, { { FINISHED, 50, 10 } } },
	{ "a fault halves it", 1000, 256, { { SHRINKING, 1, 128 } } },
	{ "faults in a burst count once", 1000, 256, { { SHRINKING, 500, 128 }, { RESUME, 1, 128 } } },
	{ "the next pause counts again",
	  1000,
	  256,
	  { { SHRINKING, 3, 128 }, { RESUME, 1, 128 }, { SHRINKING, 3, 64 } } },
	{ "it regrows slowly",
	  1000,
	  256,
	  { { SHRINKING, 1, 128 },
	    { RESUME, 1, 128 },
	    { FINISHED, 15, 128 },
	    { FINISHED, 1, 129 },
	    { FINISHED, 16, 130 } } },
	{ "jobs that finish in the pause count", 1000, 256, { { SHRINKING, 1, 128 }, { FINISHED, 16, 129 } } },
	{ "a fault while it regrows begins the count anew",
	  1000,
	  256,
	  { { SHRINKING, 1, 128 },
	    { RESUME, 1, 128 },
	    { FINISHED, 31, 129 },
	    { SHRINKING, 1, 64 },
	    { RESUME, 1, 64 },
	    { FINISHED, 15, 64 },
	    { FINISHED, 1, 65 } } },
	{ "one fault while it grows",
	  1000,
	  256,
	  { { FINISHED, 10, 266 }, { SHRINKING, 1, 133 }, { FINISHED, 15, 133 } } },
	{ "it regrows up to the most and stays slow",
	  4,
	  4,
	  { { SHRINKING, 1, 2 },
	    { RESUME, 1, 2 },
	    { FINISHED, 32, 4 },
	    { FINISHED, 100, 4 },
	    { SHRINKING, 1, 2 },
	    { FINISHED, 16, 3 } } },
	{ "it is never below one",
	  3,
	  3,
	  { { SHRINKING, 1, 1 }, { RESUME, 1, 1 }, { FAULTS, 1, 1 }, { RESUME, 1, 1 }, { FINISHED, 16, 2 } } },
	{ "a most of one", 1, 1, { { FINISHED, 20, 1 }, { FAULTS, 2, 1 }, { RESUME, 1, 1 }, { FINISHED, 20, 1 } } },
};

static void play(struct window *window, const struct step *step)
{
	for (unsigned i = 0; i < step->times; i++) {
		switch (step->what) {
		case FINISHED:
			window_finished(window);
			break;
		case FAULTS:
		case SHRINKING:
			assert_int_equal(window_fault(window), step->what == SHRINKING && i == 0);
			break;
		case RESUME:
			window_resume(window);
		}
		assert_in_range(window->allowed, 1, window->most);
	}
}

static void it_changes_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct window window;

		window_init(&window, table[i].most);
		assert_int_equal(window.allowed, table[i].start);
		for (const struct step *step = table[i].step; step->what; step++) {
			play(&window, step);
			if (window.allowed != step->allowed)
				fail_msg("%s, step %td: %u are allowed, not %u", table[i].name,
					 step - table[i].step + 1, window.allowed, step->allowed);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_changes_as_the_table_says),
	};

	return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
