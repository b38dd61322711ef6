/* SPDX-License-Identifier: BSD-2-Clause */
/* Command lines → jobs: which options travel, which files, what makes one job another, and what is said of that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "scanner/fleet/submission.h"
#include "tests/scanner/feed/feed_rig.h"

enum { WORDS_MAX = 24, ENTRIES = 1000 };

static char network_file[] = "/tmp/stsurvey-test-XXXXXX", same_file_elsewhere[] = "/tmp/stsurvey-test-XXXXXX",
	    other_file[] = "/tmp/stsurvey-test-XXXXXX", config_file[] = "/tmp/stsurvey-test-XXXXXX";

static const struct cut_look list = { .identity = { .size = 1, .mtime = 2, .sample = 3, .hash = 4 },
				      .entries = ENTRIES,
				      .taken = ENTRIES };

struct made {
	char *line, *word[WORDS_MAX];
	struct options options;
	struct submission submission;
	struct error error;
	int result;
};

/* @line: options, with a space between; NET, SAME, OTHER and CONFIG are files. */
static struct made *make(const char *line, const struct cut_look *look)
{
	static const struct {
		const char *word, *path;
	} files[] = { { "NET", network_file },
		      { "SAME", same_file_elsewhere },
		      { "OTHER", other_file },
		      { "CONFIG", config_file } };
	struct made *made = calloc(1, sizeof(*made));
	static char command[] = "submit", list_option[] = "--input-file=/dev/null", job[] = "--job=J";
	int count = 0;

	made->line = strdup(line);
	made->word[count++] = command;
	made->word[count++] = list_option;
	made->word[count++] = job;
	for (char *at = strtok(made->line, " "); at; at = strtok(NULL, " ")) {
		made->word[count] = at;
		for (size_t i = 0; i < COUNT_OF(files); i++)
			if (strcmp(at, files[i].word) == 0)
				made->word[count] = (char *)(uintptr_t)files[i].path;
		count++;
	}
	if (options_read(&made->options, COMMAND_FLEET_SUBMIT, count, made->word, &made->error) != OPTIONS_OK)
		fail_msg("%s: %s", line, made->error.text);
	made->result = submission_make(&made->submission, &made->options, look, &made->error);
	return made;
}

static void drop(struct made *made)
{
	submission_free(&made->submission);
	options_free(&made->options);
	free(made->line);
	free(made);
}

/* "name=value name=value": paths are left out. */
static void show(const struct job *job, char *out, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < job->option_count; i++) {
		struct span value = job->option[i].value;

		if (value.n > 5 && memcmp(value.p, "/tmp/", 5) == 0)
			value = SPAN_LITERAL("FILE");
		n += (size_t)snprintf(out + n, size - n, "%s%.*s=%.*s", i > 0 ? " " : "", (int)job->option[i].name.n,
				      job->option[i].name.p, (int)value.n, value.p);
	}
}

static void options_of_the_scan_travel_and_no_others(void **state)
{
	static const struct {
		const char *line, *options;
		unsigned files;
	} rows[] = {
		{ "", "", 0 },
		{ "--rate 100 -q --chunk 10 --deliveries 2 --nats nats://h", "rate=100", 0 },
		{ "--label a --label b --contact x@example.org", "label=a label=b contact=x@example.org", 0 },
		{ "--blocklist-file NET --domain-blocklist-file OTHER --blocklist-file NET",
		  "blocklist-file=FILE domain-blocklist-file=FILE blocklist-file=FILE", 3 },
		{ "--config CONFIG --retries 4", "timeout=3 retries=4", 0 },
		{ "--max-domains 7 --input-format list", "max-domains=7 input-format=list", 0 },
		{ "--smtp --keep-certificates", "smtp=yes keep-certificates=yes", 0 },
		{ "--direct --audit 0.5", "direct=yes audit=0.5", 0 },
		{ "--direct", "direct=yes audit=1", 0 },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct made *made = make(rows[i].line, &list);
		char is[512] = "";

		assert_int_equal(made->result, 0);
		show(&made->submission.job, is, sizeof(is));
		assert_string_equal(is, rows[i].options);
		assert_int_equal(made->submission.job.file_count, rows[i].files);
		drop(made);
	}
}

/* Of fewer domains 10,000 answers are audited all the same. */
static void the_share_that_is_audited_is_of_the_whole_list(void **state)
{
	static const struct {
		uint64_t domains;
		const char *audit;
	} rows[] = {
		{ 1, "1" },           { 5000, "1" },        { 10000, "0.5" },
		{ 1000000, "0.005" }, { 5000000, "0.001" }, { 160000000, "0.001" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cut_look look = { .entries = rows[i].domains, .taken = rows[i].domains, .has_servers = true };
		struct made *made = make("--direct", &look);

		assert_int_equal(made->submission.job.lanes, JOB_LANES);
		assert_int_equal(made->submission.job.option_count, 2);
		assert_int_equal(made->submission.job.option[1].value.n, strlen(rows[i].audit));
		assert_memory_equal(made->submission.job.option[1].value.p, rows[i].audit, strlen(rows[i].audit));
		drop(made);
	}
}

static void a_job_is_cut_by_operators_where_they_are_asked_and_told(void **state)
{
	static const struct {
		const char *line;
		bool has_servers;
		unsigned lanes;
	} rows[] = { { "", false, 1 }, { "", true, 1 }, { "--direct", false, 1 }, { "--direct", true, JOB_LANES } };
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cut_look look = list;
		struct made *made;

		look.has_servers = rows[i].has_servers;
		made = make(rows[i].line, &look);
		assert_int_equal(made->submission.job.lanes, rows[i].lanes);
		drop(made);
	}
}

static void what_differs_is_named(void **state)
{
	static const struct {
		const char *there, *here, *differs; /* NULL: they are one */
	} rows[] = {
		{ "", "", NULL },
		{ "--rate 100 --timeout 3", "--timeout 3 --rate 100", NULL },
		{ "--config CONFIG", "--timeout 3", NULL },
		{ "-q", "--nats nats://elsewhere", NULL },
		{ "--blocklist-file NET", "--blocklist-file SAME", NULL },
		{ "--rate 100", "--rate 200", "--rate 100 → 200" },
		{ "--rate 100", "", "--rate 100 → not given" },
		{ "", "--direct", "--direct not given → yes; --audit not given → 1" },
		{ "--chunk 10 --deliveries 3", "--chunk 11 --deliveries 4", "--chunk 10 → 11; --deliveries 3 → 4" },
		{ "--ack-wait 1.5", "--ack-wait 2", "--ack-wait 1.5 → 2" },
		{ "--results-size 1G", "--results-size 2G", "--results-size 1073741824 → 2147483648" },
		{ "--label a --label b", "--label a --label c", "--label b → c" },
		{ "--label a --label b", "--label a", "--label b → not given" },
		{ "--blocklist-file NET", "", "--blocklist-file NET → not given" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct made *there, *here;
		struct error error = { "" };
		char differs[256];
		const char *net;
		int result;

		there = make(rows[i].there, &list);
		here = make(rows[i].here, &list);
		result = submission_compare(&there->submission.job, &here->submission.job, &error);
		assert_int_equal(result, rows[i].differs ? -1 : 0);
		net = rows[i].differs ? strstr(rows[i].differs, "NET") : NULL;
		if (net)
			snprintf(differs, sizeof(differs), "%.*s%s%s; submit", (int)(net - rows[i].differs),
				 rows[i].differs, network_file, net + strlen("NET"));
		else
			snprintf(differs, sizeof(differs), "%s; submit", rows[i].differs ? rows[i].differs : "");
		if (rows[i].differs && !strstr(error.text, differs))
			fail_msg("%s: '%s' is not in it", error.text, differs);
		drop(there);
		drop(here);
	}
}

static void another_list_another_content_and_another_program_are_another_job(void **state)
{
	struct made *one = make("--blocklist-file NET", &list), *other;
	struct cut_look longer = list;
	struct error error = { "" };
	FILE *file;
	(void)state;

	longer.identity.hash++;
	longer.entries++;
	other = make("--blocklist-file NET", &longer);
	assert_int_equal(submission_compare(&one->submission.job, &other->submission.job, &error), -1);
	assert_non_null(strstr(error.text, "list /dev/null → /dev/null; entries 1000 → 1001"));
	drop(other);

	longer = list;
	longer.identity.mtime++;
	other = make("--blocklist-file NET", &longer);
	assert_int_equal(submission_compare(&one->submission.job, &other->submission.job, &error), 0);
	snprintf(one->submission.job.tool, sizeof(one->submission.job.tool), "stsurvey 0.0.1");
	snprintf(one->submission.job.hash, sizeof(one->submission.job.hash), "0");
	assert_int_equal(submission_compare(&one->submission.job, &other->submission.job, &error), -1);
	assert_non_null(strstr(error.text, "program stsurvey 0.0.1 → stsurvey " STSURVEY_VERSION));
	drop(one);

	file = fopen(network_file, "a");
	assert_non_null(file);
	fputs("192.0.2.0/24\n", file);
	fclose(file);
	one = make("--blocklist-file NET", &list);
	assert_int_equal(submission_compare(&other->submission.job, &one->submission.job, &error), -1);
	assert_non_null(strstr(error.text, "--blocklist-file (its content) "));
	drop(one);
	drop(other);
}

static void what_cannot_travel_is_refused(void **state)
{
	struct cut_look none = list;
	struct made *made;
	(void)state;

	made = make("--ca-file /dev/null", &list);
	assert_int_equal(made->result, -1);
	assert_string_equal(made->error.text,
			    "--ca-file /dev/null: no regular file: what it names travels with the job");
	drop(made);

	made = make("--ca-file /nonexistent/ca.pem", &list);
	assert_int_equal(made->result, -1);
	assert_string_equal(made->error.text, "--ca-file /nonexistent/ca.pem: No such file or directory");
	drop(made);

	none.taken = 0;
	made = make("--sample 0.001", &none);
	assert_int_equal(made->result, -1);
	assert_string_equal(made->error.text, "/dev/null: --sample takes none of its 1000 entries");
	drop(made);
}

static void it_is_known_how_many_workers_the_limits_bear(void **state)
{
	static const struct {
		const char *line;
		uint64_t workers;
		const char *limit;
		bool has_servers;
	} rows[] = {
		{ "", 8, "per-host", false },
		{ "--per-host 10000", 50, "host-rate", false },
		{ "--per-host 10000 --host-rate 0", 200, "provider-rate", false },
		{ "--per-host 10000 --host-rate 0 --provider-rate 0", 10000, "per-host", false },
		{ "--rate 0.3", 1, "rate", false },
		{ "--rate 7.9", 7, "rate", false },
		{ "--rate 5 --resolver-rate 3", 3, "resolver-rate", false },
		{ "--rate 0", 8, "per-host", false },
		{ "--direct --server-rate 2", 2, "server-rate", false },
		{ "--direct --server-rate 2", 8, "per-host", true }, /* by lanes */
		{ "--direct --per-host 10000", 50, "host-rate", false },
		{ "--direct --per-host 10000 --host-rate 0", 50, "server-rate", false },
		{ "--direct --per-host 10000 --allow-reserved 127.0.0.0/8", 10000, "per-host", false },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cut_look look = list;
		struct job_bearing bears;
		struct made *made;

		look.has_servers = rows[i].has_servers;
		made = make(rows[i].line, &look);
		bears = job_bears(&made->submission.job);
		assert_true(bears.workers == rows[i].workers);
		assert_string_equal(bears.limit, rows[i].limit);
		drop(made);
	}
}

/* @ tells a file from a list of names where an option takes both, and is a letter as others elsewhere. */
static void a_files_name_may_begin_with_an_at(void **state)
{
	char odd[] = "@stsurvey-test-XXXXXX", line[64];
	struct made *made;

	(void)state;
	assert_int_equal(chdir("/tmp"), 0);
	feed_rig_write(odd, "198.51.100.0/24\n", 16);
	snprintf(line, sizeof(line), "--blocklist-file %s", odd);
	made = make(line, &list);
	unlink(odd);
	assert_string_equal(made->error.text, "");
	assert_int_equal(made->submission.job.file_count, 1);
	assert_true(span_equal(made->submission.job.file[0].path, span_of(odd)));
	assert_int_equal(made->submission.job.file[0].size, 16);
	drop(made);
}

static int write_files(void **state)
{
	(void)state;
	feed_rig_write(network_file, "198.51.100.0/24\n", 16);
	feed_rig_write(same_file_elsewhere, "198.51.100.0/24\n", 16);
	feed_rig_write(other_file, "example.org\n", 12);
	feed_rig_write(config_file, "timeout = 3\n", 12);
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	unlink(network_file);
	unlink(same_file_elsewhere);
	unlink(other_file);
	unlink(config_file);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_of_the_scan_travel_and_no_others),
		cmocka_unit_test(the_share_that_is_audited_is_of_the_whole_list),
		cmocka_unit_test(a_job_is_cut_by_operators_where_they_are_asked_and_told),
		cmocka_unit_test(what_differs_is_named),
		cmocka_unit_test(another_list_another_content_and_another_program_are_another_job),
		cmocka_unit_test(what_cannot_travel_is_refused),
		cmocka_unit_test(a_files_name_may_begin_with_an_at),
		cmocka_unit_test(it_is_known_how_many_workers_the_limits_bear),
	};

	return cmocka_run_group_tests(tests, write_files, remove_files);
}
