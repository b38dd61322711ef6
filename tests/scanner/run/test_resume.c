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

#include "output/sink.h"
#include "scanner/run/resume.h"

#include "tests/fake/failing_malloc.h"

enum { DOMAINS = 100, FAR = 3000000 };

static char path[] = "/tmp/stsurvey-resume-XXXXXX";
static struct error error;

static struct record_option ca = { SPAN_LITERAL("ca-file"), SPAN_LITERAL("a.pem") };

/* Every third entry, and one far away. @completion -1: no trailer. */
static void write_scan(int completion)
{
	const struct record_header header = { .tool = SPAN_LITERAL("test"),
					      .major = RECORD_SCHEMA_MAJOR,
					      .input = SPAN_LITERAL("list"),
					      .input_size = 1000,
					      .input_mtime = 5,
					      .input_sample = 7,
					      .shards = 2,
					      .shard = 1,
					      .option = &ca,
					      .option_count = 1 };
	const struct record_trailer trailer = { .completion = (enum record_completion)(completion > 0),
						.domains = DOMAINS + 1,
						.queries = 77,
						.fetches = 8 };
	struct sink *sink;
	struct record_buffer *buffer;
	struct error why;

	assert_int_equal(
		sink_open(&sink, &(struct sink_options){ .path = path, .force = true, .resume_at = -1 }, &header, &why),
		0);
	assert_non_null(buffer = sink_take(sink));
	for (int i = 0; i <= DOMAINS; i++) {
		struct observation o = { .name = SPAN_LITERAL("example.com"),
					 .index = i == DOMAINS ? FAR : (uint64_t)i * 3,
					 .mx.answer.status = i % 2 ? DNS_TIMEOUT : DNS_NXDOMAIN };

		o.policy.address_used = -1;
		assert_int_equal(record_put_domain(buffer, &o), 0);
	}
	sink_give(sink, buffer);
	assert_int_equal(sink_close(sink, &trailer, &why), 0);
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
	assert_int_equal(resume_load(&resume, path, &options, &error), 0);
	assert_true(resume.complete);
	assert_false(resume.torn);
	assert_true(resume.whole > 0 && resume.whole < size_of()); /* the trailer is left out */
	for (uint64_t i = 0; i < 400; i++)
		assert_int_equal(resume_has(&resume, i), i % 3 == 0 && i < 3 * DOMAINS);
	assert_true(resume_has(&resume, FAR));
	assert_false(resume_has(&resume, FAR + 1));
	assert_false(resume_has(&resume, UINT64_MAX));
	assert_int_equal(resume.counts.domains, DOMAINS + 1);
	assert_int_equal(resume.counts.unknown, DOMAINS / 2);
	assert_int_equal(resume.queries, 77);
	assert_int_equal(resume_check_input(&resume, path, 1000, 5, 7, &error), 0);
	assert_int_equal(resume_check_input(&resume, path, 1001, 5, 7, &error), -1);
	assert_non_null(strstr(error.text, "size"));
	assert_int_equal(resume_check_input(&resume, path, 1000, 6, 7, &error), -1);
	assert_non_null(strstr(error.text, "modification time"));
	assert_int_equal(resume_check_input(&resume, path, 1000, 5, 8, &error), -1);
	assert_non_null(strstr(error.text, "content"));
	resume_free(&resume);
}

static void an_aborted_file_is_not_complete(void **state)
{
	struct options options = usual();
	struct resume resume;

	(void)state;
	write_scan(COMPLETION_ABORTED);
	assert_int_equal(resume_load(&resume, path, &options, &error), 0);
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
	assert_int_equal(resume_load(&resume, path, &options, &error), 0);
	whole = resume.whole;
	resume_free(&resume);
	error = (struct error){ "" };
	for (long long cut = size - 1; cut >= 0; cut--) {
		assert_int_equal(truncate(path, cut), 0);
		assert_int_equal(resume_load(&resume, path, &options, &error), 0);
		assert_false(resume.complete);
		assert_true(resume.whole <= cut);
		assert_int_equal(resume.counts.domains, cut >= whole ? DOMAINS + 1 : 0);
		assert_int_equal(resume_has(&resume, 3), cut >= whole);
		assert_string_equal(error.text, "");
		resume_free(&resume);
	}
}

static void another_survey_is_refused(void **state)
{
	static struct record_option other_ca = { SPAN_LITERAL("ca-file"), SPAN_LITERAL("b.pem") };
	static struct record_option more[2] = { { SPAN_LITERAL("ca-file"), SPAN_LITERAL("a.pem") },
						{ SPAN_LITERAL("https-port"), SPAN_LITERAL("444") } };
	static struct record_option faster[2] = { { SPAN_LITERAL("rate"), SPAN_LITERAL("9") },
						  { SPAN_LITERAL("ca-file"), SPAN_LITERAL("a.pem") } };
	static const struct {
		uint32_t shards, shard;
		struct record_option *given;
		size_t count;
		const char *why; /* NULL: not refused */
	} table[] = {
		{ 2, 0, &ca, 1, "shard" },      { 3, 1, &ca, 1, "shard" },         { 2, 1, &other_ca, 1, "--ca-file" },
		{ 2, 1, NULL, 0, "--ca-file" }, { 2, 1, more, 2, "--https-port" }, { 2, 1, faster, 2, NULL },
	};

	(void)state;
	write_scan(COMPLETION_ABORTED);
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct options options = { .shards = table[i].shards,
					   .shard = table[i].shard,
					   .given = table[i].given,
					   .given_count = table[i].count };
		struct resume resume;

		assert_int_equal(resume_load(&resume, path, &options, &error), table[i].why ? -1 : 0);
		if (table[i].why)
			assert_non_null(strstr(error.text, table[i].why));
		resume_free(&resume);
	}
}

static void no_file_and_an_empty_one_are_a_beginning_and_another_file_is_refused(void **state)
{
	struct options options = usual();
	struct resume resume;
	int fd;

	(void)state;
	unlink(path);
	assert_int_equal(resume_load(&resume, path, &options, &error), 0);
	assert_int_equal(resume.whole, 0);
	assert_int_equal(resume_check_input(&resume, path, 1, 2, 3, &error), 0);
	resume_free(&resume);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(resume_load(&resume, path, &options, &error), 0);
	assert_false(resume_has(&resume, 0));
	resume_free(&resume);
	assert_int_equal(write(fd, "example.com\nexample.net\nexample.org\n", 36), 36);
	close(fd);
	assert_int_equal(resume_load(&resume, path, &options, &error), -1);
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
		result = resume_load(&resume, path, &options, &error);
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
		cmocka_unit_test(an_aborted_file_is_not_complete),
		cmocka_unit_test(a_file_cut_anywhere_keeps_whole_frames_alone),
		cmocka_unit_test(another_survey_is_refused),
		cmocka_unit_test(no_file_and_an_empty_one_are_a_beginning_and_another_file_is_refused),
		cmocka_unit_test(memory_that_runs_out_is_said),
	};
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	return cmocka_run_group_tests_name("resume", tests, NULL, remove_file);
}
