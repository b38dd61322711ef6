/* SPDX-License-Identifier: BSD-2-Clause */
/* Do two paths lead to one file? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "output/same_file.h"
#include "parsers/span.h"

static char folder[] = "/tmp/stsurvey-test-XXXXXX";

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder) || chdir(folder) != 0)
		return -1;
	return system(
		"mkdir -p f/g && echo >file && echo >other && ln file hard && ln -s file soft && ln -s ../file f/up &&"
		"ln -s f to-folder && ln -s new dangling && ln -s ../new f/dangling && ln -s f/dangling twice &&"
		"ln -s $PWD/new absolute && ln -s loop loop && mkfifo fifo");
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return chdir("/") == 0 ? system(command) : -1;
}

static void paths_are_one_file_or_not(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "file", "file", true },
		{ "file", "./file", true },
		{ "file", "f/../file", true },
		{ "file", "hard", true },
		{ "file", "soft", true },
		{ "f/up", "hard", true },
		{ "file", "other", false },
		/* not there yet */
		{ "new", "new", true },
		{ "new", "./new", true },
		{ "new", "f/../new", true },
		{ "f/new", "to-folder/new", true },
		{ "new", "f/new", false },
		{ "new", "newer", false },
		{ "new", "file", false },
		{ "new", "dangling", true },
		{ "new", "f/dangling", true },
		{ "twice", "absolute", true },
		{ "dangling", "f/new", false },
		/* nor ever, or no file */
		{ "absent/a", "absent/b", false },
		{ "absent/a", "absent/a", false },
		{ "file/a", "file/a", false },
		{ "loop", "loop", false },
		{ "f", "to-folder", false },
		{ "fifo", "fifo", false },
		{ "/dev/null", "/dev/null", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (same_file(rows[i].a, rows[i].b) != rows[i].same || same_file(rows[i].b, rows[i].a) != rows[i].same)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
}

static void a_standard_descriptor_may_be_a_file(void **state)
{
	int before = dup(STDIN_FILENO), fd = open("soft", O_RDONLY);

	(void)state;
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	assert_true(same_file(file_behind("-", false), "hard"));
	assert_false(same_file(file_behind("-", false), "other"));
	assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
	assert_string_equal(file_behind("-x", true), "-x");
	assert_string_equal(file_behind("x", false), "x");
	close(fd);
	close(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_one_file_or_not),
		cmocka_unit_test(a_standard_descriptor_may_be_a_file),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
