/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "scanner/fleet/assembly.h"
#include "scanner/fleet/digest.h"

enum { CHUNK = 7 };

static char folder[64], output[96];
static struct error error;

static const struct job job = { .name = "job", .hash = "cafe" };

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/assembly-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(output, sizeof(output), "%s/scan.msgpack.zst", folder);
	return 0;
}

/* Where thousands of files are synced in no time. */
static int make_folder_in_memory(void **state)
{
	if (access("/dev/shm", W_OK) != 0)
		return make_folder(state);
	snprintf(folder, sizeof(folder), "/dev/shm/assembly-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(output, sizeof(output), "%s/scan.msgpack.zst", folder);
	return 0;
}

static int remove_folder(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static struct assembly *open_one(void)
{
	struct assembly *assembly;

	if (assembly_open(&assembly, output, &job, &error) < 0)
		fail_msg("%s", error.text);
	return assembly;
}

static struct job_done done_with(const char *text)
{
	struct job_done done = { .size = strlen(text) };

	assert_true(digest_of(span_of(text), done.sha256));
	return done;
}

static void put(struct assembly *assembly, const struct job_done *done, uint64_t offset, const char *text)
{
	char file[JOB_FILE_HASH_TEXT];

	snprintf(file, sizeof(file), "%.16s", done->sha256);
	assert_int_equal(assembly_put(assembly, CHUNK, file, offset, span_of(text), &error), 0);
}

static void assert_content(struct assembly *assembly, const char *text)
{
	char *path = assembly_path(assembly, CHUNK), found[64] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_int_equal(fread(found, 1, sizeof(found) - 1, file), strlen(text));
	assert_string_equal(found, text);
	fclose(file);
	free(path);
}

static void pieces_come_in_every_way_a_killed_worker_sends_them(void **state)
{
	static const struct {
		const char *name;
		struct {
			uint64_t offset;
			const char *text;
		} piece[5];
		enum assembly_state state;
	} cases[] = {
		{ "in order", { { 0, "abc" }, { 3, "def" } }, ASSEMBLY_WHOLE },
		{ "all of it twice", { { 0, "abc" }, { 3, "def" }, { 0, "abc" }, { 3, "def" } }, ASSEMBLY_WHOLE },
		{ "begun anew in the middle", { { 0, "abc" }, { 0, "abc" }, { 3, "def" } }, ASSEMBLY_WHOLE },
		{ "cut elsewhere the second time", { { 0, "abcd" }, { 0, "abc" }, { 3, "def" } }, ASSEMBLY_WHOLE },
		{ "the end is missing", { { 0, "abc" } }, ASSEMBLY_SHORT },
		{ "nothing came", { { 0, NULL } }, ASSEMBLY_SHORT },
		{ "a piece was lost", { { 0, "ab" }, { 3, "def" } }, ASSEMBLY_SHORT },
		{ "a lost piece is not made good by what is behind it", { { 3, "def" } }, ASSEMBLY_SHORT },
		{ "a lost piece, which comes after what was behind it",
		  { { 0, "ab" }, { 3, "def" }, { 2, "c" } },
		  ASSEMBLY_SHORT },
		{ "an offset beyond all files", { { UINT64_MAX, "abc" }, { 0, "abcdef" } }, ASSEMBLY_WHOLE },
		{ "an offset beyond this one", { { 0, "abc" }, { INT64_MAX, "x" }, { 3, "def" } }, ASSEMBLY_WHOLE },
		{ "other octets", { { 0, "abc" }, { 3, "deX" } }, ASSEMBLY_WRONG },
		{ "a lost piece, and then all of it", { { 0, "ab" }, { 3, "def" }, { 0, "abcdef" } }, ASSEMBLY_WHOLE },
		{ "more than there is", { { 0, "abc" }, { 3, "defg" } }, ASSEMBLY_WRONG },
	};
	const struct job_done done = done_with("abcdef");

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (unsigned again = 0; again < 2;
		     again++) { /* with a collector that is killed after each piece, too */
			struct assembly *assembly;

			make_folder(state);
			assembly = open_one();
			for (size_t k = 0; k < COUNT_OF(cases[i].piece) && cases[i].piece[k].text; k++) {
				put(assembly, &done, cases[i].piece[k].offset, cases[i].piece[k].text);
				assert_int_equal(assembly_sync(assembly, &error), 0);
				if (again) {
					assembly_close(assembly);
					assembly = open_one();
				}
			}
			if (assembly_settle(assembly, CHUNK, &done, &error) != cases[i].state)
				fail_msg("%s", cases[i].name);
			assert_int_equal(assembly_has(assembly, CHUNK), cases[i].state == ASSEMBLY_WHOLE);
			if (cases[i].state == ASSEMBLY_WHOLE)
				assert_content(assembly, "abcdef");
			assembly_close(assembly);
			remove_folder(state);
		}
	}
}

static void the_file_that_the_book_names_counts(void **state)
{
	const struct job_done ours = done_with("abcdef"), other = done_with("ABC");
	struct assembly *assembly = open_one();

	(void)state;
	put(assembly, &other, 0, "ABC");
	put(assembly, &ours, 0, "abcdef");
	assert_int_equal(assembly_settle(assembly, CHUNK, &ours, &error), ASSEMBLY_WHOLE);
	assert_content(assembly, "abcdef");
	put(assembly, &other, 0, "ABC"); /* too late */
	assembly_close(assembly);

	assembly = open_one();
	assert_true(assembly_has(assembly, CHUNK));
	assert_false(assembly_has(assembly, CHUNK + 1));
	assert_int_equal(assembly_settle(assembly, CHUNK, &ours, &error), ASSEMBLY_WHOLE);
	assembly_remove(assembly);
	assembly_close(assembly);
	assert_int_equal(rmdir(folder), 0); /* nothing is left */
	assert_non_null(mkdtemp(strcpy(folder, "/tmp/assembly-XXXXXX")));
}

static void a_folder_is_one_job_s_and_one_collector_s(void **state)
{
	struct job another = { .name = "another", .hash = "cafe" }, of_the_name = { .name = "job", .hash = "beef" };
	struct assembly *assembly = open_one(), *other;
	char identity[32];

	(void)state;
	snprintf(identity, sizeof(identity), "%s", assembly_identity(assembly));
	assert_int_equal(strlen(identity), 16);
	assert_int_equal(assembly_open(&other, output, &job, &error), -1);
	assert_non_null(strstr(error.text, "is at work here"));
	assembly_close(assembly);
	assert_int_equal(assembly_open(&other, output, &another, &error), -1);
	assert_non_null(strstr(error.text, "of another job, 'job'"));
	assert_int_equal(assembly_open(&other, output, &of_the_name, &error), -1);
	assert_non_null(strstr(error.text, "of another job of the name, 'job'"));
	assembly = open_one();
	assert_string_equal(assembly_identity(assembly), identity);
	assembly_close(assembly);
}

static void of_too_many_files_the_oldest_go(void **state)
{
	struct assembly *assembly = open_one();
	const struct job_done done = done_with("abcdef");
	char file[JOB_FILE_HASH_TEXT], waste[JOB_FILE_HASH_TEXT];

	(void)state;
	snprintf(file, sizeof(file), "%.16s", done.sha256);
	put(assembly, &done, 0, "abc");
	for (unsigned i = 0; i < ASSEMBLY_PARTS_MAX; i++) {
		snprintf(waste, sizeof(waste), "%016x", i);
		assert_int_equal(assembly_put(assembly, 0, waste, 0, span_of("x"), &error), 0);
	}
	put(assembly, &done, 3, "def"); /* its beginning is gone */
	assert_int_equal(assembly_settle(assembly, CHUNK, &done, &error), ASSEMBLY_SHORT);
	put(assembly, &done, 0, "abcdef");
	assert_int_equal(assembly_settle(assembly, CHUNK, &done, &error), ASSEMBLY_WHOLE);
	assert_content(assembly, "abcdef");
	assembly_remove(assembly);
	assembly_close(assembly);
}

static void a_folder_whose_owner_cannot_be_read_is_left_alone(void **state)
{
	static const char torn[] = "\0\0\0", cut[] = "job 0123";
	const struct span texts[] = { { torn, sizeof(torn) }, { cut, sizeof(cut) - 1 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct assembly *assembly = open_one();
		char path[160];
		FILE *file;

		snprintf(path, sizeof(path), "%s/job", assembly_folder(assembly));
		assembly_close(assembly);
		file = fopen(path, "w");
		assert_non_null(file);
		assert_int_equal(fwrite(texts[i].p, 1, texts[i].n, file), texts[i].n);
		fclose(file);
		assert_int_equal(assembly_open(&assembly, output, &job, &error), -1);
		assert_non_null(strstr(error.text, "of another job"));
		assert_int_equal(unlink(path), 0);
	}
}

static void more_files_than_may_be_open_are_put_together(void **state)
{
	struct assembly *assembly = open_one();

	(void)state;
	for (unsigned round = 0; round < 2; round++)
		for (uint32_t chunk = 0; chunk < 2 * ASSEMBLY_OPEN_MAX + 3; chunk++)
			assert_int_equal(assembly_put(assembly, chunk, "0123456789abcdef", 3 * round,
						      round ? span_of("def") : span_of("abc"), &error),
					 0);
	for (uint32_t chunk = 0; chunk < 2 * ASSEMBLY_OPEN_MAX + 3; chunk++) {
		struct job_done done = done_with("abcdef");
		char file[JOB_FILE_HASH_TEXT];

		snprintf(file, sizeof(file), "%.16s", done.sha256);
		assert_string_not_equal(file, "0123456789abcdef");
		assert_int_equal(assembly_settle(assembly, chunk, &done, &error), ASSEMBLY_SHORT);
	}
	assembly_remove(assembly);
	assembly_close(assembly);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_come_in_every_way_a_killed_worker_sends_them),
		cmocka_unit_test_setup_teardown(the_file_that_the_book_names_counts, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_folder_is_one_job_s_and_one_collector_s, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(of_too_many_files_the_oldest_go, make_folder_in_memory, remove_folder),
		cmocka_unit_test_setup_teardown(a_folder_whose_owner_cannot_be_read_is_left_alone, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(more_files_than_may_be_open_are_put_together, make_folder,
						remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
