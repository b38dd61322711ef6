/* SPDX-License-Identifier: BSD-2-Clause */
/* Each case is a child process: what ends there is a process. */
#include "scanner/run/early_signal.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sys/wait.h>

#include "parsers/span.h"

#define SAID "stsurvey scan: interrupted before the first domain; nothing was written\n"

enum { LIVED = 99, SAID_MAX = 512 };

/* What a child does with signals: a letter each. c catch, h hold, I, T, H, 1, 2 send SIGINT, SIGTERM, SIGHUP, SIGUSR1,
 * SIGUSR2, i ignore SIGINT. */
static void act(const char *acts)
{
	for (; *acts; acts++) {
		switch (*acts) {
		case 'c':
			early_signal_catch();
			break;
		case 'h':
			early_signal_hold();
			break;
		case 'i':
			signal(SIGINT, SIG_IGN);
			break;
		default:
			raise(*acts == 'I'   ? SIGINT
			      : *acts == 'H' ? SIGHUP
			      : *acts == '1' ? SIGUSR1
			      : *acts == '2' ? SIGUSR2
					     : SIGTERM);
		}
	}
}

/* The wait status of a child that acts so, and ends with LIVED or, where a signal is held, with its number, if it lives
 * on; @said gets its standard error. */
static int child(const char *acts, char said[static SAID_MAX])
{
	int pipes[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(pipes[1], STDERR_FILENO);
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		act(acts);
		_exit(early_signal_held() ? early_signal_held() : LIVED);
	}
	close(pipes[1]);
	n = read(pipes[0], said, SAID_MAX - 1); /* one write, or the end */
	assert_true(n >= 0);
	said[n] = '\0';
	close(pipes[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void a_signal_ends_or_is_held(void **state)
{
	static const struct {
		const char *behaviour, *acts, *said;
		int exit;
	} cases[] = {
		{ "no signal", "c", "", LIVED },
		{ "caught: it ends at once, and says so", "cI", SAID, 128 + SIGINT },
		{ "the other", "cT", SAID, 128 + SIGTERM },
		{ "a lost terminal", "cH", SAID, 128 + SIGHUP },
		{ "held", "chH", "", SIGHUP },
		{ "held: it is kept", "chI", "", SIGINT },
		{ "the other", "chT", "", SIGTERM },
		{ "held with no signal", "ch", "", LIVED },
		{ "there is no rate yet to be changed", "c12h12", "", LIVED },
		{ "a second one ends at once, and says nothing: something was written", "chIT", "", 128 + SIGTERM },
		{ "the same twice", "chII", "", 128 + SIGINT },
		{ "one that is ignored stays so", "icI", "", LIVED },
		{ "and does not keep the other one from being caught", "icIT", SAID, 128 + SIGTERM },
		{ "nor from being held", "ichIT", "", SIGTERM },
	};
	char said[SAID_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int status = child(cases[i].acts, said);

		if (!WIFEXITED(status) || WEXITSTATUS(status) != cases[i].exit || strcmp(said, cases[i].said) != 0)
			fail_msg("%s: status %#x, \"%s\"", cases[i].behaviour, (unsigned)status, said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_ends_or_is_held),
	};

	return cmocka_run_group_tests_name("early_signal", tests, NULL, NULL);
}
