/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process gives up, each time in a child: it is for good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "parsers/span.h"
#include "scanner/base/confine.h"

enum { NOT_HERE = 77, MODE = 0600 };

static char folder[] = "/tmp/stsurvey-test-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder) || chdir(folder) != 0)
		return -1;
	return system("mkdir ours theirs linked parent && echo text >ours/file && echo text >theirs/file && echo text "
		      ">linked/file &&"
		      "echo text >linked/table && ln -s ../linked/file ours/link && mkdir tables &&"
		      "ln -s ../linked/table tables/link && mkfifo fifo");
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return chdir("/") == 0 ? system(command) : -1;
}

/* errno of opening it, 0: it could be opened. */
static int opening(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, MODE);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int of(int result)
{
	return result < 0 ? errno : 0;
}

static void *open_in_a_thread(void *arg)
{
	*(int *)arg = opening("theirs/file", O_WRONLY);
	return NULL;
}

/* The first thing that is not as it should be; NULL: none. */
static const char *look(void)
{
	char program[] = "true", *arguments[] = { program, NULL };
	pthread_t thread;
	int in_thread = 0;

	if (pthread_create(&thread, NULL, open_in_a_thread, &in_thread) != 0 || pthread_join(thread, NULL) != 0)
		return "no thread";
	const struct {
		const char *what;
		bool is_so;
	} rows[] = {
		{ "write ours", opening("ours/file", O_WRONLY) == 0 },
		{ "truncate ours", opening("ours/file", O_WRONLY | O_TRUNC) == 0 },
		{ "make ours", opening("ours/new", O_WRONLY | O_CREAT | O_EXCL) == 0 },
		{ "rename ours", of(rename("ours/new", "ours/newer")) == 0 },
		{ "remove ours", of(unlink("ours/newer")) == 0 },
		{ "write through our link", opening("ours/link", O_WRONLY) == 0 },
		{ "replace behind our link", opening("linked/.new", O_WRONLY | O_CREAT) == 0 },
		{ "make a folder",
		  opening("parent/missing", O_DIRECTORY) == ENOENT && of(mkdir("parent/missing", 0700)) == 0 },
		{ "write into it", opening("parent/missing/table", O_WRONLY | O_CREAT) == 0 },
		{ "write through a table's link", opening("tables/link", O_WRONLY) == 0 },
		{ "write a FIFO", opening("fifo", O_RDWR) == 0 },
		{ "write /dev/null", opening("/dev/null", O_WRONLY) == 0 },
		{ "read theirs", opening("theirs/file", O_RDONLY) == 0 },
		{ "read the system's", opening("/etc/passwd", O_RDONLY) == 0 },
		{ "write theirs", opening("theirs/file", O_WRONLY) == EACCES },
		{ "truncate theirs", opening("theirs/file", O_RDONLY | O_TRUNC) == EACCES },
		{ "make theirs", opening("theirs/new", O_WRONLY | O_CREAT) == EACCES },
		{ "remove theirs", of(unlink("theirs/file")) == EACCES },
		{ "rename theirs", of(rename("theirs/file", "theirs/other")) == EACCES },
		{ "take theirs over", of(rename("ours/file", "theirs/file")) != 0 },
		{ "a link of theirs", of(symlink("x", "theirs/link")) == EACCES },
		{ "a folder of ours", of(mkdir("ours/folder", 0700)) == EACCES },
		{ "another device", opening("/dev/zero", O_WRONLY) == EACCES },
		{ "a thread", in_thread == EACCES },
		{ "a program", of(execv("/bin/true", arguments)) == EACCES },
		{ "new privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (!rows[i].is_so)
			return rows[i].what;
	return NULL;
}

static void only_what_is_allowed_can_be_written(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		struct confine confine;
		const char *wrong;

		confine_begin(&confine);
		confine_allow_file(&confine, "ours/out");
		confine_allow_file(&confine, "ours/link");
		confine_allow_file(&confine, "fifo");
		confine_allow_file(&confine, "absent/out");
		confine_allow_folder(&confine, "parent/missing", true);
		confine_allow_folder(&confine, "tables", true);
		if (!confine_end(&confine)) /* nothing is lost then */
			_exit(opening("theirs/file", O_WRONLY) == 0 ? NOT_HERE : 1);
		wrong = look();
		if (wrong)
			fprintf(stderr, "%s: is not as it should be\n", wrong);
		_exit(wrong ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NOT_HERE) {
		print_message("this kernel has no Landlock\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_allowed_can_be_written),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
