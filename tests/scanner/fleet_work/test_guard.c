/* SPDX-License-Identifier: BSD-2-Clause */
/* A guard ends a process group whose time is over, and says that it did. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "parsers/span.h"
#include "scanner/fleet_work/guard.h"

#define LONG_S 3600.0 /* what no test waits for */
#define SOON_S 0.1

static struct error error;

/* A group of its own that does nothing; @deaf: SIGTERM is nothing to it. */
static pid_t begin(bool deaf)
{
	pid_t pid;

	signal(SIGTERM, deaf ? SIG_IGN : SIG_DFL); /* before it could be hit */
	pid = fork();
	if (pid == 0) {
		for (;;)
			pause();
	}
	signal(SIGTERM, SIG_DFL);
	setpgid(pid, 0);
	return pid;
}

static void it_ends_whose_time_is_over_and_says_so(void **state)
{
	static const struct {
		double left_s;
		bool deaf, strikes;
		int by; /* signal */
	} rows[] = {
		{ 0, false, true, SIGTERM }, { -1, false, true, SIGTERM },      { SOON_S, false, true, SIGTERM },
		{ 0, true, true, SIGKILL },  { LONG_S, false, false, SIGKILL }, /* by us */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		pid_t pid = begin(rows[i].deaf);
		struct guard guard;
		int status;

		assert_true(pid > 0);
		assert_int_equal(guard_begin(&guard, pid, SOON_S, &error), 0);
		guard_allow(&guard, rows[i].left_s);
		if (!rows[i].strikes)
			kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), rows[i].by);
		assert_int_equal(guard_end(&guard), rows[i].strikes);
		assert_int_equal(guard_end(&guard), false);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_ends_whose_time_is_over_and_says_so),
	};

	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
