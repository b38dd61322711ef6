/* SPDX-License-Identifier: BSD-2-Clause */
/* Going on with a scan file: what is done, and is it the same survey? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "output/scan_file/sink.h"
#include "scanner/options/option_table.h"
#include "scanner/scan/resume.h"

#include "tests/fake/failing_malloc.h"

enum { DOMAINS = 100, FAR = 3000000 };

static char path[] = "/tmp/stsurvey-resume-XXXXXX";
static struct error error;
/* Of what is written. */
static unsigned minor = RECORD_SCHEMA_MINOR;
static uint64_t far_one = FAR, counted = DOMAINS + 1;

static struct record_option ca = { SPAN_LITERAL("ca-file"), SPAN_LITERAL("a.pem") };

/* Every third entry, and one far away. @completion -1: no trailer. */
static void write_scan_of(int completion, struct record_option *given, size_t count)
{
	const struct record_header header = { .tool = SPAN_LITERAL("test"),
					      .major = RECORD_SCHEMA_MAJOR,
					      .minor = minor,
					      .input = SPAN_LITERAL("list"),
					      .input_size = 1000,
					      .input_mtime = 5,
					      .input_sample = 7,
					      .shards = 2,
					      .shard = 1,
					      .option = given,
					      .option_count = count };
	const struct record_trailer trailer = {
		.completion = (enum record_completion)(completion > 0), .domains = counted, .queries = 77, .fetches = 8
	};
	struct sink *sink;
	struct record_buffer *buffer;
	struct error why;

	assert_int_equal(
		sink_open(&sink, &(struct sink_options){ .path = path, .force = true, .resume_at = -1 }, &header, &why),
		0);
	assert_non_null(buffer = sink_take(sink));
	for (int i = 0; i <= DOMAINS; i++) {
		struct observation o = { .name = SPAN_LITERAL("example.com"),
					 .index = i == DOMAINS ? far_one : (uint64_t)i * 3,
					 .mx.answer.status = i % 2 ? DNS_TIMEOUT : DNS_NXDOMAIN };

		o.policy.address_used = -1;
		assert_int_equal(record_put_domain(buffer, &o), 0);
	}
	sink_give(sink, buffer);
	assert_int_equal(sink_close(sink, &trailer, &why), 0);
}

static void write_scan(int completion)
{
	write_scan_of(completion, &ca, 1);
}

static struct options usual(void)
{
	return (struct options){ .shards = 2, .shard = 1, .given = &ca, .given_count = 1 };
}

static long long size_of(void)
{
	int fd = open(path, O_RDONLY);
	long long size = lseek(fd, 0, SEEK_END);

	close(fd);
	return size;
}

static void a_complete_file_has_every_entry(void **state)
{
	struct options options = usual();
	struct resume resume;

	(void)state;
	write_scan(COMPLETION_COMPLETE);
	assert_int_equal(resume_load(&resume, path, &options, NULL, NULL, &error), 0);
	assert_true(resume.complete);
	assert_false(resume.torn);
	assert_true(resume.whole > 0 && resume.whole < size_of()); /* the trailer is left out */
	for (uint64_t i = 0; i < 400; i++)
		assert_int_equal(bit_set_has(&resume.recorded, i), i % 3 == 0 && i < 3 * DOMAINS);
	assert_true(bit_set_has(&resume.recorded, FAR));
	assert_false(bit_set_has(&resume.recorded, FAR + 1));
	assert_false(bit_set_has(&resume.recorded, UINT64_MAX));
	assert_int_equal(resume.counts.domains, DOMAINS + 1);
	assert_int_equal(resume.counts.unknown, DOMAINS / 2);
	assert_int_equal(resume.queries, 77);
	assert_int_equal(resume_check_input(&resume, path, (struct feed_identity){ 1000, 5, 7, 0 }, &error), 0);
	assert_int_equal(resume_check_input(&resume, path, (struct feed_identity){ 1001, 5, 7, 0 }, &error), -1);
	assert_non_null(strstr(error.text, "size"));
	assert_int_equal(resume_check_input(&resume, path, (struct feed_identity){ 1000, 6, 7, 0 }, &error), -1);
	assert_non_null(strstr(error.text, "modification time"));
	assert_int_equal(resume_check_input(&resume, path, (struct feed_identity){ 1000, 5, 8, 0 }, &error), -1);
	assert_non_null(strstr(error.text, "content"));
	resume_free(&resume);
}

static void an_aborted_file_is_not_complete(void **state)
{
	struct options options = usual();
	struct resume resume;

	(void)state;
	write_scan(COMPLETION_ABORTED);
	assert_int_equal(resume_load(&resume, path, &options, NULL, NULL, &error), 0);
	assert_false(resume.complete);
	assert_false(resume.torn);
	resume_free(&resume);
}

static void a_file_cut_anywhere_keeps_whole_frames_alone(void **state)
{
	struct options options = usual();
	long long size, whole;
	struct resume resume;

	(void)state;
	write_scan(COMPLETION_COMPLETE);
	size = size_of();
	assert_int_equal(resume_load(&resume, path, &options, NULL, NULL, &error), 0);
	whole = resume.whole;
	resume_free(&resume);
	error = (struct error){ "" };
	for (long long cut = size - 1; cut >= 0; cut--) {
		assert_int_equal(truncate(path, cut), 0);
		assert_int_equal(resume_load(&resume, path, &options, NULL, NULL, &error), 0);
		assert_false(resume.complete);
		assert_true(resume.whole <= cut);
		assert_int_equal(resume.counts.domains, cut >= whole ? DOMAINS + 1 : 0);
		assert_int_equal(bit_set_has(&resume.recorded, 3), cut >= whole);
		assert_string_equal(error.text, "");
		resume_free(&resume);
	}
}

static void another_shard_is_refused(void **state)
{
	static const uint32_t shard[][2] = { { 2, 0 }, { 3, 1 } };

	(void)state;
	write_scan(COMPLETION_ABORTED);
	for (size_t i = 0; i < COUNT_OF(shard); i++) {
		struct options options = usual();
		struct resume resume;

		options.shards = shard[i][0];
		options.shard = shard[i][1];
		assert_int_equal(resume_load(&resume, path, &options, NULL, NULL, &error), -1);
		assert_non_null(strstr(error.text, "holds shard 1 of 2"));
		resume_free(&resume);
	}
}

/* What a newer version keeps could be missing from records of this one, and would read as "there was none". */
static void a_file_of_a_newer_version_is_left_to_that_one(void **state)
{
	struct options options = usual();
	struct resume resume;

	(void)state;
	for (minor = 0; minor <= RECORD_SCHEMA_MINOR + 1; minor++) {
		write_scan(COMPLETION_ABORTED);
		assert_int_equal(resume_load(&resume, path, &options, NULL, NULL, &error),
				 minor <= RECORD_SCHEMA_MINOR ? 0 : -1);
		resume_free(&resume);
	}
	assert_non_null(strstr(error.text, "newer stsurvey"));
	minor = RECORD_SCHEMA_MINOR;
}

/* As verify does: nothing that is added makes such a file whole, and memory is not claimed for one index. */
static void what_no_scan_writes_is_refused(void **state)
{
	static const struct {
		uint64_t index;
		const char *says;
	} cases[] = {
		{ UINT64_C(1) << 33, "an index is out of all proportion" },
		{ UINT64_C(1) << 35, "an index is out of all proportion" },
		{ UINT64_MAX, "an index is out of all proportion" },
		{ 3, "1 indexes occur more than once, first 3" },
	};
	struct options options = usual();
	struct resume resume;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		far_one = cases[i].index;
		write_scan(i % 2 ? COMPLETION_COMPLETE : COMPLETION_ABORTED);
		assert_int_equal(resume_load(&resume, path, &options, NULL, NULL, &error), -1);
		if (!strstr(error.text, cases[i].says) || !strstr(error.text, path))
			fail_msg("%s", error.text);
		resume_free(&resume);
	}
	far_one = FAR;
}

/* Where records are missing, the trailer's word is not enough: they are to be done. */
static void a_file_with_a_hole_is_not_complete(void **state)
{
	struct options options = usual();
	struct resume resume;

	(void)state;
	counted = DOMAINS + 35;
	write_scan(COMPLETION_COMPLETE);
	counted = DOMAINS + 1;
	assert_int_equal(resume_load(&resume, path, &options, NULL, NULL, &error), 0);
	assert_false(resume.complete);
	assert_true(resume.whole > 0 && resume.whole < size_of());
	resume_free(&resume);
}

#define OPTION(name, value)                                                                                            \
	{                                                                                                              \
		SPAN_LITERAL(name), SPAN_LITERAL(value)                                                                \
	}

/* Is a file of @was gone on with where @is is given? What is said otherwise is in @error. */
static bool goes_on(struct record_option *was, size_t was_count, struct record_option *is, size_t is_count)
{
	struct options options = { .shards = 2, .shard = 1, .given = is, .given_count = is_count };
	struct resume resume;
	bool result;

	write_scan_of(COMPLETION_ABORTED, was, was_count);
	error = (struct error){ "" };
	result = resume_load(&resume, path, &options, NULL, NULL, &error) == 0;
	resume_free(&resume);
	return result;
}

static void what_differs_is_said(void **state)
{
	static struct {
		struct record_option was[3], is[3];
		size_t was_count, is_count;
		const char *says; /* NULL: it is gone on with */
	} table[] = {
		{ { OPTION("ca-file", "a") }, { OPTION("ca-file", "a") }, 1, 1, NULL },
		{ { OPTION("ca-file", "a") },
		  { OPTION("ca-file", "b") },
		  1,
		  1,
		  ": was begun with --ca-file a, not b; " },
		{ { OPTION("ca-file", "a") }, { OPTION("rate", "a") }, 1, 1, ": was begun with --ca-file a; " },
		{ { OPTION("rate", "a") }, { OPTION("ca-file", "b") }, 1, 1, ": was begun without --ca-file b; " },
		{ { OPTION("blocklist-file", "a"), OPTION("blocklist-file", "b") },
		  { OPTION("blocklist-file", "b"), OPTION("blocklist-file", "a") },
		  2,
		  2,
		  NULL },
		{ { OPTION("blocklist-file", "a"), OPTION("blocklist-file", "b") },
		  { OPTION("blocklist-file", "a") },
		  2,
		  1,
		  ": was begun with --blocklist-file b; " },
		{ { OPTION("blocklist-file", "a") },
		  { OPTION("blocklist-file", "a"), OPTION("blocklist-file", "c") },
		  1,
		  2,
		  ": was begun without --blocklist-file c; " },
		{ { OPTION("blocklist-file", "a"), OPTION("blocklist-file", "b") },
		  { OPTION("blocklist-file", "a"), OPTION("blocklist-file", "c") },
		  2,
		  2,
		  ": was begun with --blocklist-file b, not c; " },
		{ { OPTION("host-rate", "20") }, { OPTION("host-rate", "50") }, 1, 1, NULL },
		{ { OPTION("of-an-older-version", "5") }, { OPTION("ca-file", "b") }, 1, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		bool result = goes_on(table[i].was, table[i].was_count, table[i].is, table[i].is_count);

		if (result != !table[i].says || (table[i].says && !strstr(error.text, table[i].says)))
			fail_msg("row %zu: %s", i, error.text);
	}
}

/* What decides which domains are surveyed, and what is measured of them; all else may change. */
static bool decides(const char *name)
{
	static const char *const names[] = {
		"input-format",
		"first-index",
		"origin",
		"shards",
		"shard",
		"label",
		"sample",
		"sample-key",
		"blocklist-file",
		"domain-blocklist-file",
		"allow-reserved",
		"https-port",
		"smtp-port",
		"ca-file",
		"smtp",
		"mx-hosts",
		"keep-certificates",
		"smtp-without-sni",
		"direct",
		"audit",
		"dns-port",
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void every_option_may_change_unless_it_decides_what_is_measured(void **state)
{
	unsigned may = 0, may_not = 0;

	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		const char *name = option_table[i].name;
		struct record_option one = { span_of(name), SPAN_LITERAL("1") }, two = { one.name, SPAN_LITERAL("2") };
		bool free = !decides(name);

		if (!(option_table[i].commands & 1u << COMMAND_SCAN))
			continue;
		if (goes_on(&one, 1, &two, 1) != free || goes_on(&one, 1, NULL, 0) != free ||
		    goes_on(NULL, 0, &two, 1) != free || !goes_on(&one, 1, &one, 1))
			fail_msg("--%s: %s", name, error.text);
		may += free;
		may_not += !free;
	}
	assert_int_equal(may_not, 21);
	assert_true(may >= 30);
}

/* How many entries the feed hears of, when each is called @name but for @odd, until one differs. */
static uint64_t look_through(struct resume *resume, uint64_t entries, uint64_t odd)
{
	for (uint64_t i = 0; i < entries; i++) {
		struct span name = i == odd ? SPAN_LITERAL("example.net") : SPAN_LITERAL("example.com");
		enum feed_past_is is = resume_look(resume, i, name);

		if (is == FEED_DIFFERS)
			return i;
		assert_int_equal(is == FEED_DONE, bit_set_has(&resume->recorded, i));
	}
	return entries;
}

/* What has a record must have its name, wherever the list comes from; what has none may be anything. */
static void another_list_shows_by_its_names(void **state)
{
	static const struct {
		uint64_t entries, odd, heard;
		bool at_end;
	} rows[] = {
		{ FAR + 1, UINT64_MAX, FAR + 1, true },
		{ FAR + 1, 1, FAR + 1, true },
		{ FAR + 1, 3, RESUME_GROUP, false },
		{ FAR + 1, 0, RESUME_GROUP, false },
		{ FAR + 1, 66, 2 * RESUME_GROUP, false },
		{ FAR + 1, FAR, FAR + 1, false },
		{ FAR, UINT64_MAX, FAR, false },
		{ FAR + 100, FAR, FAR + RESUME_GROUP - FAR % RESUME_GROUP, false },
		{ 10, UINT64_MAX, 10, false },
		{ 0, UINT64_MAX, 0, false },
		{ FAR + 500, UINT64_MAX, FAR + 500, true },
		{ FAR / RESUME_GROUP * RESUME_GROUP + RESUME_GROUP, FAR,
		  FAR / RESUME_GROUP * RESUME_GROUP + RESUME_GROUP, false },
	};
	struct options options = usual();

	(void)state;
	write_scan(COMPLETION_COMPLETE);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct resume resume;

		assert_int_equal(resume_load(&resume, path, &options, NULL, NULL, &error), 0);
		assert_int_equal(look_through(&resume, rows[i].entries, rows[i].odd), rows[i].heard);
		if (rows[i].heard == rows[i].entries)
			assert_int_equal(resume_at_end(&resume), rows[i].at_end);
		resume_free(&resume);
	}
}

/* Of a part of a list, too, with the entries that are left out of it. */
static void a_part_of_a_list_shows_by_its_numbers_and_names(void **state)
{
	static const struct {
		uint64_t first, step, count, odd;
		bool goes_on;
	} rows[] = {
		{ 0, 3, DOMAINS, UINT64_MAX, true },      { 0, 3, DOMAINS, 7, false },
		{ 0, 3, DOMAINS - 1, UINT64_MAX, false }, { 0, 1, DOMAINS, UINT64_MAX, false },
		{ 1, 3, DOMAINS, UINT64_MAX, false },     { 3, 3, DOMAINS, UINT64_MAX, false },
		{ 0, 300, DOMAINS, UINT64_MAX, false },
	};
	struct options options = usual();

	(void)state;
	write_scan(COMPLETION_COMPLETE);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool differs = false;
		struct resume resume;

		assert_int_equal(resume_load(&resume, path, &options, NULL, NULL, &error), 0);
		for (uint64_t at = 0; at <= rows[i].count && !differs; at++) {
			uint64_t index = at == rows[i].count ? FAR : rows[i].first + at * rows[i].step;
			struct span name = at == rows[i].odd ? SPAN_LITERAL("a.test") : SPAN_LITERAL("example.com");

			differs = resume_look(&resume, index, name) == FEED_DIFFERS;
		}
		if ((!differs && resume_at_end(&resume)) != rows[i].goes_on)
			fail_msg("row %zu", i);
		resume_free(&resume);
	}
}

/* Unless it was begun for a part of it. */
static void a_complete_scan_has_all_of_its_list(void **state)
{
	static const struct {
		struct resume resume;
		enum feed_past_is is;
	} rows[] = {
		{ { .complete = true, .last = 5 }, FEED_DIFFERS },
		{ { .complete = true, .last = 6 }, FEED_NEW },
		{ { .complete = false, .last = 5 }, FEED_NEW },
		{ { .complete = true, .last = 5, .limit = 6 }, FEED_NEW },
		{ { .complete = true, .last = 5, .recorded.shards = 2 }, FEED_NEW },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct resume resume = rows[i].resume;

		assert_int_equal(resume_look(&resume, 6, SPAN_LITERAL("more.test")), rows[i].is);
	}
}

/* Of two files content decides; where one is a pipe, or was, its names do. */
static void a_copy_is_the_same_list(void **state)
{
	static const struct {
		struct feed_identity begun, now;
		const char *differs;
	} rows[] = {
		{ { 9, 5, 7, 3 }, { 9, 5, 7, 3 }, NULL },           { { 9, 5, 7, 3 }, { 9, 6, 7, 3 }, NULL },
		{ { 9, 5, 7, 3 }, { 9, 5, 7, 4 }, "content" },      { { 9, 5, 7, 3 }, { 8, 5, 7, 3 }, "size" },
		{ { 9, 5, 7, 3 }, { 0, 0, 0, 0 }, NULL },           { { 0, 0, 0, 0 }, { 9, 5, 7, 3 }, NULL },
		{ { 9, 5, 7, 0 }, { 9, 6, 7, 3 }, "modification" }, { { 9, 5, 7, 0 }, { 9, 5, 8, 3 }, "content" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct resume resume = { .whole = 1, .input = rows[i].begun };

		assert_int_equal(resume_check_input(&resume, path, rows[i].now, &error), rows[i].differs ? -1 : 0);
		if (rows[i].differs)
			assert_non_null(strstr(error.text, rows[i].differs));
	}
}

static void no_file_and_an_empty_one_are_a_beginning_and_another_file_is_refused(void **state)
{
	struct options options = usual();
	struct resume resume;
	int fd;

	(void)state;
	unlink(path);
	assert_int_equal(resume_load(&resume, path, &options, NULL, NULL, &error), 0);
	assert_int_equal(resume.whole, 0);
	assert_int_equal(resume_check_input(&resume, path, (struct feed_identity){ 1, 2, 3, 0 }, &error), 0);
	resume_free(&resume);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(resume_load(&resume, path, &options, NULL, NULL, &error), 0);
	assert_false(bit_set_has(&resume.recorded, 0));
	resume_free(&resume);
	assert_int_equal(write(fd, "example.com\nexample.net\nexample.org\n", 36), 36);
	close(fd);
	assert_int_equal(resume_load(&resume, path, &options, NULL, NULL, &error), -1);
	resume_free(&resume);
}

static void memory_that_runs_out_is_said(void **state)
{
	struct options options = usual();
	long n = 0;

	(void)state;
	write_scan(COMPLETION_COMPLETE);
	do {
		struct resume resume;
		int result;

		fail_at(n++);
		result = resume_load(&resume, path, &options, NULL, NULL, &error);
		left = -1;
		assert_int_equal(result, hit ? -1 : 0);
		if (hit)
			assert_non_null(strstr(error.text, "memory"));
		else
			assert_int_equal(resume.counts.domains, DOMAINS + 1);
		resume_free(&resume);
	} while (hit && n < 100);
	assert_false(hit);
	assert_true(n > 5);
}

static int remove_file(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_complete_file_has_every_entry),
		cmocka_unit_test(what_no_scan_writes_is_refused),
		cmocka_unit_test(a_file_with_a_hole_is_not_complete),
		cmocka_unit_test(an_aborted_file_is_not_complete),
		cmocka_unit_test(a_file_cut_anywhere_keeps_whole_frames_alone),
		cmocka_unit_test(another_shard_is_refused),
		cmocka_unit_test(a_file_of_a_newer_version_is_left_to_that_one),
		cmocka_unit_test(what_differs_is_said),
		cmocka_unit_test(every_option_may_change_unless_it_decides_what_is_measured),
		cmocka_unit_test(another_list_shows_by_its_names),
		cmocka_unit_test(a_part_of_a_list_shows_by_its_numbers_and_names),
		cmocka_unit_test(a_complete_scan_has_all_of_its_list),
		cmocka_unit_test(a_copy_is_the_same_list),
		cmocka_unit_test(no_file_and_an_empty_one_are_a_beginning_and_another_file_is_refused),
		cmocka_unit_test(memory_that_runs_out_is_said),
	};
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	return cmocka_run_group_tests_name("resume", tests, NULL, remove_file);
}
