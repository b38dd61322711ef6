/* SPDX-License-Identifier: BSD-2-Clause */
/* A child is looked after and never waited for, says why it ended, and does not outlive who started it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "parsers/span.h"
#include "scanner/fleet_work/child.h"

enum {
	LIMIT_S = 60,      /* whatever takes longer hangs */
	WRITTEN = 1200000, /* octets, more than a log may have */
};

static char folder[PATH_MAX];
static int place;
static struct error error;

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "%s/stsurvey-child.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(folder))
		return -1;
	place = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return place < 0 ? -1 : 0;
}

static int remove_folder(void **state)
{
	char command[PATH_MAX + 16];

	(void)state;
	close(place);
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

/* sh -c @script */
static int begin(struct child *child, const char *script)
{
	static char shell[] = "sh", option[] = "-c";
	char text[1024];
	char *argv[] = { shell, option, text, NULL };
	struct child_start start = { .program = "/bin/sh", .argv = argv, .folder = place, .log = "log" };
	int result;

	snprintf(text, sizeof(text), "%s", script);
	start.input = open("/dev/null", O_RDONLY);
	result = child_start(child, &start, &error);
	close(start.input);
	return result;
}

static void its_last_line_and_its_end_are_told(void **state)
{
	static const struct {
		const char *script, *said, *end;
	} rows[] = {
		{ "exit 0", "", "ended with exit status 0" },
		{ "echo one; echo two >&2; exit 3", "two", "ended with exit status 3" },
		{ "echo '2026-11-28T04:00:00.000Z [error] no memory' >&2; exit 1", "no memory",
		  "ended with exit status 1" },
		{ "echo 'a [b] c'; exit 1", "a [b] c", "ended with exit status 1" },
		{ "printf 'no line end'; exit 2", "no line end", "ended with exit status 2" },
		{ "echo last; echo; echo ' '; exit 1", "last", "ended with exit status 1" },
		{ "printf 'bad \\033[2J\\n'; exit 1", "bad \\x1b[2J",
		  "ended with exit status 1" }, /* steers no terminal */
		{ "echo dying; kill -KILL $$", "dying", "was ended by signal 9 (Killed)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char said[CHILD_SAID_MAX];
		struct child child;
		struct error words;

		assert_int_equal(begin(&child, rows[i].script), 0);
		child_end(&child, LIMIT_S);
		assert_true(child_has_ended(&child));
		child_said(&child, said);
		child_tell_end(&child, &words);
		assert_string_equal(said, rows[i].said);
		assert_string_equal(words.text, rows[i].end);
		child_forget(&child);
	}
}

static void what_cannot_be_started_is_told(void **state)
{
	static char name[] = "none";
	char *argv[] = { name, NULL };
	struct child_start start = { .program = "/nowhere/stsurvey", .argv = argv, .folder = place, .log = "log" };
	char version[CHILD_SAID_MAX];
	struct child child;

	(void)state;
	start.input = open("/dev/null", O_RDONLY);
	assert_int_equal(child_start(&child, &start, &error), -1);
	assert_string_equal(error.text, "/nowhere/stsurvey: the scan cannot be started: No such file or directory");
	start.log = "no/log";
	assert_int_equal(child_start(&child, &start, &error), -1);
	assert_string_equal(error.text, "no/log: the scan cannot be started: No such file or directory");
	assert_int_equal(child_version("/nowhere/stsurvey", place, version, &error), -1);
	assert_int_equal(child_version("/bin/sh", place, version, &error),
			 0); /* it does not know the option, and says so */
	assert_non_null(strstr(version, "--"));
	close(start.input);
}

static void it_works_in_the_folder_without_secrets(void **state)
{
	char said[CHILD_SAID_MAX], full[PATH_MAX];
	struct child child;

	(void)state;
	setenv("NATS_PASSWORD", "secret", 1);
	setenv("NATS", "harmless", 1);
	assert_int_equal(begin(&child, "echo $(pwd -P) $NATS_PASSWORD $NATS; ls /proc/self/fd | wc -l"), 0);
	child_end(&child, LIMIT_S);
	child_said(&child, said);
	assert_string_equal(said, "4"); /* standard ones, and the folder that ls reads: nothing of ours is open in it */
	child_forget(&child);
	assert_int_equal(begin(&child, "echo $(pwd -P) $NATS_PASSWORD $NATS"), 0);
	child_end(&child, LIMIT_S);
	child_said(&child, said);
	assert_non_null(realpath(folder, full));
	assert_memory_equal(said, full, strlen(full));
	assert_string_equal(said + strlen(full), " harmless");
	child_forget(&child);
}

static void a_signal_reaches_what_it_has_started_too(void **state)
{
	struct child child;

	(void)state;
	assert_int_equal(begin(&child, "sleep 1000 & sleep 1000"), 0);
	assert_false(child_has_ended(&child));
	child_signal(&child, SIGTERM);
	child_end(&child, LIMIT_S);
	assert_true(WIFSIGNALED(child.status));
	assert_int_equal(WTERMSIG(child.status), SIGTERM);
	child_forget(&child);
}

static void who_does_not_end_is_killed(void **state)
{
	struct child child;

	(void)state;
	assert_int_equal(begin(&child, "trap '' TERM; echo ready; while :; do sleep 1000; done"), 0);
	child_signal(&child, SIGTERM);
	child_end(&child, 0.05);
	assert_true(child_has_ended(&child));
	assert_true(WIFSIGNALED(child.status));
	child_forget(&child);
}

/* What it says goes on at the log's beginning. */
static void its_log_is_bounded(void **state)
{
	char said[CHILD_SAID_MAX];
	struct child child;
	struct stat info;

	(void)state;
	assert_int_equal(
		begin(&child, "yes | head -c 1200000; : >written; while [ ! -e go ]; do sleep 0.01; done; echo end"),
		0);
	do {
		assert_false(child_has_ended(&child));
		assert_int_equal(fstat(child.log, &info), 0);
	} while (faccessat(place, "written", F_OK, 0) < 0 || info.st_size >= WRITTEN);
	close(openat(place, "go", O_WRONLY | O_CREAT, 0644));
	child_end(&child, LIMIT_S);
	child_said(&child, said);
	assert_string_equal(said, "end");
	assert_int_equal(fstat(child.log, &info), 0);
	assert_true(info.st_size < WRITTEN);
	child_forget(&child);
}

/* A worker that is killed leaves nobody who goes on asking. */
static void it_dies_with_who_started_it(void **state)
{
	int tell[2];
	pid_t parent, child_pid = 0;

	(void)state;
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* the orphan becomes ours, and its end is awaited */
	assert_int_equal(pipe(tell), 0);
	parent = fork();
	if (parent == 0) {
		struct child child;

		if (begin(&child, "exec sleep 1000") == 0)
			(void)!write(tell[1], &child.pid, sizeof(child.pid));
		pause();
		_exit(1);
	}
	assert_int_equal(read(tell[0], &child_pid, sizeof(child_pid)), sizeof(child_pid));
	kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_int_equal(waitpid(child_pid, NULL, 0), child_pid);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	close(tell[0]);
	close(tell[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_last_line_and_its_end_are_told),
		cmocka_unit_test(what_cannot_be_started_is_told),
		cmocka_unit_test(it_works_in_the_folder_without_secrets),
		cmocka_unit_test(a_signal_reaches_what_it_has_started_too),
		cmocka_unit_test(who_does_not_end_is_killed),
		cmocka_unit_test(its_log_is_bounded),
		cmocka_unit_test(it_dies_with_who_started_it),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
