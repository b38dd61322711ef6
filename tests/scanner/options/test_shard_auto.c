/* SPDX-License-Identifier: BSD-2-Clause */
/* --shard auto: each task of a survey scans the shard that is its own, or none does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/options/options.h"
#include "scanner/options/shard_auto.h"

#define ID "SLURM_ARRAY_TASK_ID="
#define ARRAY(count, min, max, step)                                                                                   \
	" SLURM_ARRAY_TASK_COUNT=" count " SLURM_ARRAY_TASK_MIN=" min " SLURM_ARRAY_TASK_MAX=" max                     \
	" SLURM_ARRAY_TASK_STEP=" step
#define INDEX "JOB_COMPLETION_INDEX="
#define COMPLETIONS " JOB_COMPLETIONS="

enum { LINE_SIZE = 1024 };

static struct error error;

/* The value of NAME=value among words. */
static const char *in_words(void *arg, const char *name)
{
	static char value[8][LINE_SIZE]; /* as getenv: of one variable it may be looked at beside others' */
	static unsigned next;
	const char *at = arg;
	size_t n = strlen(name);

	while (at && *at) {
		if (strncmp(at, name, n) == 0 && at[n] == '=') {
			char *copy = value[next++ % COUNT_OF(value)];

			snprintf(copy, LINE_SIZE, "%.*s", (int)strcspn(at + n + 1, " "), at + n + 1);
			return copy;
		}
		at = strchr(at, ' ');
		at += at ? 1 : 0;
	}
	return NULL;
}

static void a_task_has_the_shard_that_is_its_own(void **state)
{
	static const struct {
		const char *words, *environment;
		uint32_t shards, shard;
	} rows[] = {
		/* --array=0-7, and 0-7%2, which shows nowhere */
		{ "auto", ID "0" ARRAY("8", "0", "7", "1"), 8, 0 },
		{ "auto", ID "7" ARRAY("8", "0", "7", "1"), 8, 7 },
		{ "auto/8", ID "7" ARRAY("8", "0", "7", "1"), 8, 7 },
		/* 1-8 */
		{ "auto", ID "1" ARRAY("8", "1", "8", "1"), 8, 0 },
		{ "auto", ID "8" ARRAY("8", "1", "8", "1"), 8, 7 },
		{ "auto/8/1", ID "8" ARRAY("8", "1", "8", "1"), 8, 7 },
		/* 1-7:2 and 0-6:2 */
		{ "auto", ID "1" ARRAY("4", "1", "7", "2"), 4, 0 },
		{ "auto", ID "7" ARRAY("4", "1", "7", "2"), 4, 3 },
		{ "auto", ID "6" ARRAY("4", "0", "6", "2"), 4, 3 },
		/* 3,7 of 0-7, and of 1-8 */
		{ "auto/8", ID "3" ARRAY("2", "3", "7", "1"), 8, 3 },
		{ "auto/8", ID "7" ARRAY("2", "3", "7", "1"), 8, 7 },
		{ "auto/8/1", ID "3" ARRAY("2", "3", "7", "1"), 8, 2 },
		{ "auto/8/1", ID "1" ARRAY("1", "1", "1", "1"), 8, 0 },
		/* a part that begins with 1 */
		{ "auto/8", ID "1" ARRAY("4", "1", "4", "1"), 8, 1 },
		/* one task */
		{ "auto", ID "0" ARRAY("1", "0", "0", "1"), 1, 0 },
		{ "auto", ID "1" ARRAY("1", "1", "1", "1"), 1, 0 },
		/* an id alone, of whoever sets it */
		{ "auto/8", ID "7", 8, 7 },
		{ "auto/8/100", ID "107", 8, 7 },
		/* the most there is */
		{ "auto", ID "4294967295" ARRAY("2147483648", "1", "4294967295", "2"), 2147483648u, 2147483647u },
		/* Kubernetes */
		{ "auto", INDEX "0" COMPLETIONS "8", 8, 0 },
		{ "auto", INDEX "7" COMPLETIONS "8", 8, 7 },
		{ "auto/8", INDEX "7" COMPLETIONS "8", 8, 7 },
		{ "auto/8", INDEX "7", 8, 7 },
		{ "auto/16", INDEX "7" COMPLETIONS "8", 16, 7 },
		{ "auto/8/1", INDEX "8", 8, 7 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct shard_choice choice;

		if (shard_auto(span_of(rows[i].words), in_words, (void *)(uintptr_t)rows[i].environment, &choice,
			       &error) != 0)
			fail_msg("%s of %s: %s", rows[i].words, rows[i].environment, error.text);
		if (choice.shards != rows[i].shards || choice.shard != rows[i].shard)
			fail_msg("%s of %s: %u of %u", rows[i].words, rows[i].environment, choice.shard, choice.shards);
	}
}

static void what_may_mean_another_shard_is_refused(void **state)
{
	static const char part[] =
		"that is no whole array from 0 or 1 on, and may be a part of one; give --shard auto/N";
	static const struct {
		const char *words, *environment, *error;
	} rows[] = {
		{ "auto", "",
		  "neither SLURM_ARRAY_TASK_ID (a Slurm job array) nor JOB_COMPLETION_INDEX (a Kubernetes Indexed "
		  "Job) is set: give --shards N --shard I" },
		{ "auto/8", "", "neither SLURM_ARRAY_TASK_ID" },
		{ "auto", ID "3" ARRAY("8", "0", "7", "1") " " INDEX "3" COMPLETIONS "8",
		  "both SLURM_ARRAY_TASK_ID and" },
		{ "auto/8", ID "3 " INDEX "3", "both SLURM_ARRAY_TASK_ID and" },
		/* 3,7 of eight; 0,4; 5-8; 7-1:2 */
		{ "auto", ID "3" ARRAY("2", "3", "7", "1"), part },
		{ "auto", ID "0" ARRAY("2", "0", "4", "1"), part },
		{ "auto", ID "5" ARRAY("4", "5", "8", "1"), part },
		{ "auto", ID "2" ARRAY("4", "2", "8", "2"), part },
		{ "auto", ID "1" ARRAY("4", "1", "8", "2"), part },
		{ "auto", ID "1" ARRAY("4", "1", "7", "0"), part },
		{ "auto", ID "0" ARRAY("0", "0", "0", "1"), part },
		{ "auto", ID "4" ARRAY("4", "1", "7", "2"),
		  "SLURM_ARRAY_TASK_ID is 4, which is no task of the job array" },
		{ "auto", ID "8" ARRAY("8", "0", "7", "1"),
		  "SLURM_ARRAY_TASK_ID is 8, which is no task of the job array" },
		{ "auto", ID "0" ARRAY("8", "1", "8", "1"),
		  "SLURM_ARRAY_TASK_ID is 0, which is no task of the job array" },
		/* missing, empty, no numbers */
		{ "auto", ID "3", "SLURM_ARRAY_TASK_COUNT is not set" },
		{ "auto", ID "3 SLURM_ARRAY_TASK_COUNT=8 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=7",
		  "SLURM_ARRAY_TASK_STEP is not set" },
		{ "auto", ID ARRAY("8", "0", "7", "1"), "SLURM_ARRAY_TASK_ID is '', and no whole number" },
		{ "auto/8", ID "x", "SLURM_ARRAY_TASK_ID is 'x', and no whole number from 0 to 4294967295" },
		{ "auto/8", ID "-1", "SLURM_ARRAY_TASK_ID is '-1', and" },
		{ "auto/8", ID "4294967296", "SLURM_ARRAY_TASK_ID is '4294967296', and" },
		{ "auto/8", ID "99999999999999999999", "SLURM_ARRAY_TASK_ID is '99999999999999999999', and" },
		{ "auto", ID "1" ARRAY("8x", "0", "7", "1"), "SLURM_ARRAY_TASK_COUNT is '8x', and" },
		{ "auto", ID "1" ARRAY("8", "-1", "7", "1"), "SLURM_ARRAY_TASK_MIN is '-1', and" },
		{ "auto", ID "1" ARRAY("8", "0", "", "1"), "SLURM_ARRAY_TASK_MAX is '', and" },
		{ "auto", ID "1" ARRAY("8", "0", "7", "1.5"), "SLURM_ARRAY_TASK_STEP is '1.5', and" },
		{ "auto/8", ID "1" ARRAY("8", "0", "seven", "1"), "SLURM_ARRAY_TASK_MAX is 'seven', and" },
		/* 1-8 as eight: not one task may begin */
		{ "auto/8", ID "1" ARRAY("8", "1", "8", "1"),
		  "the ids of the tasks begin with 1, and shards with 0: give --shard "
		  "auto, or auto/8/1" },
		{ "auto/8", ID "8" ARRAY("8", "1", "8", "1"), "begin with 1" },
		/* ids that no shard has, of this task or another */
		{ "auto/8", ID "8", "the ids of the tasks are 8 to 8, those of 8 shards 0 to 7: give --shard auto/N" },
		{ "auto/8/1", ID "0", "the ids of the tasks are 0 to 0, those of 8 shards 1 to 8" },
		{ "auto/8", ID "3" ARRAY("2", "3", "8", "1"),
		  "the ids of the tasks are 3 to 8, those of 8 shards 0 to 7" },
		{ "auto/8/1", ID "3" ARRAY("8", "0", "7", "1"),
		  "the ids of the tasks are 0 to 7, those of 8 shards 1 to 8" },
		{ "auto/8/4294967295", ID "0", "the ids of the tasks are 0 to 0, those of 8 shards 4294967295 to" },
		/* Kubernetes */
		{ "auto", INDEX "3", "JOB_COMPLETIONS is not: Kubernetes does not set it, the manifest must" },
		{ "auto", INDEX "3" COMPLETIONS, "JOB_COMPLETIONS is '', and" },
		{ "auto", INDEX "3" COMPLETIONS "0", "JOB_COMPLETIONS is 0" },
		{ "auto", INDEX "8" COMPLETIONS "8", "the ids of the tasks are 0 to 8, those of 8 shards 0 to 7" },
		{ "auto", INDEX "one" COMPLETIONS "8", "JOB_COMPLETION_INDEX is 'one', and" },
		{ "auto/4", INDEX "3" COMPLETIONS "8", "the ids of the tasks are 0 to 7, those of 4 shards 0 to 3" },
		{ "auto/8/1", INDEX "3" COMPLETIONS "8", "the ids of the tasks are 0 to 7, those of 8 shards 1 to 8" },
		/* the words */
		{ "auto/", ID "3", "must be the number of a shard, auto, auto/N or auto/N/FIRST" },
		{ "auto/0", ID "3", "must be the number" },
		{ "auto/x", ID "3", "must be the number" },
		{ "auto/8/", ID "3", "must be the number" },
		{ "auto/8/1/2", ID "3", "must be the number" },
		{ "auto/-8", ID "3", "must be the number" },
		{ "auto/4294967296", ID "3", "must be the number" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct shard_choice choice;

		if (shard_auto(span_of(rows[i].words), in_words, (void *)(uintptr_t)rows[i].environment, &choice,
			       &error) == 0)
			fail_msg("%s of %s is taken: %u of %u", rows[i].words, rows[i].environment, choice.shard,
				 choice.shards);
		if (!strstr(error.text, rows[i].error))
			fail_msg("%s of %s: %s", rows[i].words, rows[i].environment, error.text);
	}
}

/* ---- as an option ---- */

static void set_environment(const char *words)
{
	static const char *const names[] = { "SLURM_ARRAY_TASK_ID",  "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN",
					     "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_STEP",  "JOB_COMPLETION_INDEX",
					     "JOB_COMPLETIONS" };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const char *value = in_words((void *)(uintptr_t)words, names[i]);

		if (value)
			setenv(names[i], value, 1);
		else
			unsetenv(names[i]);
	}
}

static enum options_result read_line(struct options *options, const char *line)
{
	static char copy[LINE_SIZE], *argv[32];
	int argc = 0;

	snprintf(copy, sizeof(copy), "scan -f list -o out --name-servers ::1 %s", line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	error.text[0] = '\0';
	return options_read(options, COMMAND_SCAN, argc, argv, &error);
}

/* The header has the numbers, so that --resume compares what was scanned. */
static void the_numbers_are_as_if_they_had_been_given(void **state)
{
	static const char *const lines[] = { "--shard auto", "--shards 8 --shard auto", "--shard auto --shards 8",
					     "--shard 3 --shard auto/8" };
	struct options options;

	(void)state;
	set_environment(ID "5" ARRAY("8", "0", "7", "1"));
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		assert_int_equal(read_line(&options, lines[i]), OPTIONS_OK);
		assert_int_equal(options.shards, 8);
		assert_int_equal(options.shard, 5);
		assert_true(span_equal(options_given(&options, "shard")->value, SPAN_LITERAL("5")));
		assert_true(span_equal(options_given(&options, "shards")->value, SPAN_LITERAL("8")));
		options_free(&options);
	}
	/* the last one given counts */
	assert_int_equal(read_line(&options, "--shard auto --shards 3 --shard 2"), OPTIONS_OK);
	assert_int_equal(options.shard, 2);
	options_free(&options);
}

static void a_number_that_does_not_agree_is_a_usage_error(void **state)
{
	static const struct {
		const char *line, *error;
	} rows[] = {
		{ "--shards 4 --shard auto",
		  "--shard auto: finds 8 shards, and --shards is 4: leave --shards away, or give auto/4" },
		{ "--shard auto/9 --shards 8", "--shard auto/9: finds 9 shards, and --shards is 8" },
		{ "--shard auto/5", "--shard auto/5: the ids of the tasks are 0 to 7" },
		{ "--shard auto/70000", "--shards '70000': not a whole number from 1 to 65536" },
		{ "--shard automatic",
		  "--shard 'automatic': not a whole number from 0 to 65535 as a shard's number, nor auto, "
		  "auto/N or auto/N/FIRST" },
	};

	(void)state;
	set_environment(ID "5" ARRAY("8", "0", "7", "1"));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct options options;

		if (read_line(&options, rows[i].line) != OPTIONS_USAGE)
			fail_msg("'%s' is taken", rows[i].line);
		if (!strstr(error.text, rows[i].error))
			fail_msg("'%s': %s", rows[i].line, error.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_task_has_the_shard_that_is_its_own),
		cmocka_unit_test(what_may_mean_another_shard_is_refused),
		cmocka_unit_test(the_numbers_are_as_if_they_had_been_given),
		cmocka_unit_test(a_number_that_does_not_agree_is_a_usage_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
