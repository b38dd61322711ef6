/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker's folder is one worker's and one job's, and what is in it is found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "scanner/fleet_work/workspace.h"

static struct error error;
static char folder[PATH_MAX];
static const struct job week = { .name = "week", .hash = "0123" };

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "%s/stsurvey-workspace.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[PATH_MAX + 16];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

static void files_are_named_after_job_and_chunk(void **state)
{
	static const struct {
		const char *name;
		bool is_one;
		uint32_t chunk;
		enum workspace_kind kind;
	} rows[] = {
		{ "week-000012.list.zst", true, 12, WORKSPACE_LIST },
		{ "week-000012.begun.msgpack.zst", true, 12, WORKSPACE_BEGUN },
		{ "week-000012.msgpack.zst", true, 12, WORKSPACE_WHOLE },
		{ "week-000000.status.csv", true, 0, WORKSPACE_STATUS },
		{ "week-1000000.log", true, 1000000, WORKSPACE_LOG },
		{ "week-1000001.log", false, 0, 0 },
		{ "week-12.log", false, 0, 0 },
		{ "week-.log", false, 0, 0 },
		{ "week-000012.msgpack.zst.new", false, 0, 0 },
		{ "week-000012", false, 0, 0 },
		{ "weekly-000012.log", false, 0, 0 },
		{ "wee-000012.log", false, 0, 0 },
		{ "worker", false, 0, 0 },
		{ "", false, 0, 0 },
	};
	struct workspace space = { .job = "week" };
	char name[WORKSPACE_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum workspace_kind kind;
		uint32_t chunk;

		assert_int_equal(workspace_parse("week", rows[i].name, &chunk, &kind), rows[i].is_one);
		if (!rows[i].is_one)
			continue;
		assert_int_equal(chunk, rows[i].chunk);
		assert_int_equal(kind, rows[i].kind);
		workspace_name(&space, chunk, kind, name);
		assert_string_equal(name, rows[i].name);
	}
}

static void a_folder_keeps_its_identity_and_the_worker_its_name(void **state)
{
	struct workspace space;
	char id[OWN_FOLDER_ID_MAX];

	(void)state;
	assert_int_equal(workspace_open(&space, folder, &week, "a b.c*", &error), 0);
	assert_string_equal(space.worker, "a-b-c-"); /* a key of a bucket */
	assert_int_equal(strlen(space.id), OWN_FOLDER_ID_MAX - 1);
	memcpy(id, space.id, sizeof(id));
	workspace_close(&space);
	assert_int_equal(workspace_open(&space, folder, &week, NULL, &error), 0);
	assert_string_equal(space.id, id);
	assert_non_null(strstr(space.worker, strrchr(folder, '.') + 1)); /* after the host and the folder */
	workspace_close(&space);
}

static void a_folder_is_one_workers_and_one_jobs(void **state)
{
	const struct job other = { .name = "month", .hash = "0123" }, changed = { .name = "week", .hash = "4567" };
	struct workspace first, second;
	char path[PATH_MAX + 16];
	FILE *file;

	(void)state;
	assert_int_equal(workspace_open(&first, folder, &week, NULL, &error), 0);
	assert_int_equal(workspace_open(&second, folder, &week, NULL, &error), -1);
	assert_non_null(strstr(error.text, "another worker works in it"));
	workspace_close(&first);
	assert_int_equal(workspace_open(&second, folder, &other, NULL, &error), -1);
	assert_non_null(strstr(error.text, "job 'week'"));
	assert_int_equal(workspace_open(&second, folder, &changed, NULL, &error), -1);
	assert_non_null(strstr(error.text, "another job of the name 'week'"));
	/* cleared, it is anybody's */
	assert_int_equal(workspace_open(&first, folder, &week, NULL, &error), 0);
	assert_int_equal(workspace_clear(&first, false), 0);
	workspace_close(&first);
	assert_int_equal(workspace_open(&second, folder, &other, NULL, &error), 0);
	workspace_close(&second);
	/* and something else's is left alone */
	snprintf(path, sizeof(path), "%s/worker", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("my poem\n", file);
	fclose(file);
	assert_int_equal(workspace_open(&first, folder, &week, NULL, &error), -1);
	assert_non_null(strstr(error.text, "was not written by"));
}

static void a_folder_in_which_others_may_write_is_not_worked_in(void **state)
{
	static const struct {
		mode_t mode;
		uid_t owner; /* 0: whoever we are */
		const char *word;
	} rows[] = {
		{ 0777, 0, "everybody may write" },
		{ 01777, 0, "everybody may write" },
		{ 0755, 65534, "of another user (65534)" },
		{ 0775, 0, NULL },
		{ 0700, 0, NULL },
	};
	struct workspace space;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool is_foreign = rows[i].owner != 0;

		if (is_foreign && geteuid() != 0) /* root alone gives folders away */
			continue;
		assert_int_equal(chmod(folder, rows[i].mode), 0);
		assert_int_equal(chown(folder, is_foreign ? rows[i].owner : geteuid(), (gid_t)-1), 0);
		if (!rows[i].word) {
			assert_int_equal(workspace_open(&space, folder, &week, NULL, &error), 0);
			workspace_close(&space);
			continue;
		}
		assert_int_equal(workspace_open(&space, folder, &week, NULL, &error), -1);
		assert_non_null(strstr(error.text, rows[i].word));
	}
}

static void files_that_nobody_has_fetched_stay_where_the_job_is_gone(void **state)
{
	const struct job other = { .name = "week", .hash = "4567" };
	struct workspace space;

	(void)state;
	assert_int_equal(workspace_open(&space, folder, &week, NULL, &error), 0);
	assert_int_equal(workspace_put_list(&space, 1, span_of("x"), &error), 0);
	assert_int_equal(workspace_put_list(&space, 2, span_of("x"), &error), 0);
	assert_int_equal(renameat(space.folder, "week-000002.list.zst", space.folder, "week-000002.msgpack.zst"), 0);
	assert_int_equal(workspace_clear(&space, true), 1);
	assert_false(workspace_has(&space, 1, WORKSPACE_LIST));
	assert_true(workspace_has(&space, 2, WORKSPACE_WHOLE));
	workspace_close(&space);
	assert_int_equal(workspace_open(&space, folder, &other, NULL, &error), -1); /* it is that job's still */
	assert_int_equal(workspace_open(&space, folder, &week, NULL, &error), 0);
	assert_int_equal(workspace_clear(&space, false), 0);
	assert_false(workspace_has(&space, 2, WORKSPACE_WHOLE));
	workspace_close(&space);
}

static void put_begun(const struct workspace *space, uint32_t chunk)
{
	char name[WORKSPACE_NAME_MAX];
	int fd;

	workspace_name(space, chunk, WORKSPACE_BEGUN, name);
	fd = openat(space->folder, name, O_WRONLY | O_CREAT, 0644);
	assert_true(fd >= 0);
	close(fd);
}

static void what_is_begun_becomes_whole_and_is_found(void **state)
{
	struct workspace space;
	uint32_t *chunk;
	size_t count;
	char text[4];
	int fd;

	(void)state;
	assert_int_equal(workspace_open(&space, folder, &week, NULL, &error), 0);
	assert_int_equal(workspace_put_list(&space, 7, SPAN_LITERAL("abc"), &error), 0);
	fd = workspace_read(&space, 7, WORKSPACE_LIST, &error);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, sizeof(text)), 3);
	close(fd);
	assert_int_equal(workspace_finish(&space, 7, &error), -1);
	put_begun(&space, 7);
	put_begun(&space, 300000);
	put_begun(&space, 20);
	assert_int_equal(workspace_finish(&space, 7, &error), 0);
	assert_true(workspace_has(&space, 7, WORKSPACE_WHOLE));
	assert_false(workspace_has(&space, 7, WORKSPACE_BEGUN));
	assert_int_equal(workspace_chunks(&space, WORKSPACE_BEGUN, &chunk, &count, &error), 0);
	assert_int_equal(count, 2);
	assert_int_equal(chunk[0], 20);
	assert_int_equal(chunk[1], 300000);
	free(chunk);
	workspace_drop(&space, 7, WORKSPACE_WHOLE);
	assert_false(workspace_has(&space, 7, WORKSPACE_LIST));
	assert_true(workspace_has(&space, 7, WORKSPACE_WHOLE));
	workspace_drop(&space, 7, WORKSPACE_KINDS);
	assert_false(workspace_has(&space, 7, WORKSPACE_WHOLE));
	workspace_close(&space);
}

static void what_was_not_finished_is_swept_up(void **state)
{
	static const char *const names[] = { "week-000001.list.zst.new", "month-000001.list.zst.new", "poem.new" };
	struct workspace space;

	(void)state;
	assert_int_equal(workspace_open(&space, folder, &week, NULL, &error), 0);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		close(openat(space.folder, names[i], O_WRONLY | O_CREAT, 0644));
	workspace_close(&space);
	assert_int_equal(workspace_open(&space, folder, &week, NULL, &error), 0);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_int_equal(faccessat(space.folder, names[i], F_OK, 0), i == 0 ? -1 : 0);
	workspace_close(&space);
}

static void a_folder_that_cannot_be_is_told(void **state)
{
	struct workspace space;
	char path[PATH_MAX + 16];

	(void)state;
	snprintf(path, sizeof(path), "%s/a/b", folder);
	assert_int_equal(workspace_open(&space, path, &week, NULL, &error), -1);
	assert_non_null(strstr(error.text, "/a/b: No such file or directory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_named_after_job_and_chunk),
		cmocka_unit_test_setup_teardown(a_folder_keeps_its_identity_and_the_worker_its_name, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(a_folder_in_which_others_may_write_is_not_worked_in, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(files_that_nobody_has_fetched_stay_where_the_job_is_gone, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(a_folder_is_one_workers_and_one_jobs, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(what_is_begun_becomes_whole_and_is_found, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(what_was_not_finished_is_swept_up, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_folder_that_cannot_be_is_told, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
