/* SPDX-License-Identifier: BSD-2-Clause */
/* A job's manifest, names and values: what is written is read back, what others wrote is judged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scanner/fleet/job.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct record_option options[] = {
	{ SPAN_LITERAL("direct"), SPAN_LITERAL("yes") },
	{ SPAN_LITERAL("label"), SPAN_LITERAL("L\xe4nder \"\\\n") }, /* no UTF-8 */
	{ SPAN_LITERAL("label"), SPAN_LITERAL("L\xc3\xa4nder") },
};
static struct job_file files[] = {
	{ SPAN_LITERAL("blocklist-file"), SPAN_LITERAL("/tmp/\xff"), 7, HASH },
	{ SPAN_LITERAL("smtp-canaries"), SPAN_LITERAL("canaries"), JOB_FILES_OCTETS_MAX - 7, HASH },
};
static const struct job whole = {
	.name = "weekly_2026-48",
	.hash = HASH,
	.tool = "stsurvey 0.1.0",
	.list = SPAN_LITERAL("-"),
	.list_size = UINT64_MAX,
	.list_sample = UINT64_MAX - 1,
	.list_hash = (UINT64_C(1) << 53) + 1,
	.list_mtime = -1,
	.entries = 160000000,
	.chunk = 100000,
	.lanes = JOB_LANES,
	.ack_wait_s = 0.5,
	.deliveries = 5,
	.results_size = UINT64_C(8) << 30,
	.smtp = OPTIONS_SMTP_STS,
	.option = options,
	.option_count = COUNT_OF(options),
	.file = files,
	.file_count = COUNT_OF(files),
};

static void assert_span(struct span is, struct span should_be)
{
	assert_int_equal(is.n, should_be.n);
	assert_memory_equal(is.p, should_be.p, is.n);
}

static void assert_same(const struct job *a, const struct job *b)
{
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->hash, b->hash);
	assert_string_equal(a->tool, b->tool);
	assert_span(a->list, b->list);
	assert_true(a->list_size == b->list_size && a->list_sample == b->list_sample && a->list_hash == b->list_hash);
	assert_true(a->list_mtime == b->list_mtime && a->entries == b->entries);
	assert_true(a->chunk == b->chunk && a->lanes == b->lanes && a->ack_wait_s == b->ack_wait_s);
	assert_true(a->deliveries == b->deliveries && a->results_size == b->results_size && a->smtp == b->smtp);
	assert_int_equal(a->option_count, b->option_count);
	for (size_t i = 0; i < a->option_count; i++) {
		assert_span(a->option[i].name, b->option[i].name);
		assert_span(a->option[i].value, b->option[i].value);
	}
	assert_int_equal(a->file_count, b->file_count);
	for (size_t i = 0; i < a->file_count; i++) {
		assert_span(a->file[i].option, b->file[i].option);
		assert_span(a->file[i].path, b->file[i].path);
		assert_string_equal(a->file[i].sha256, b->file[i].sha256);
		assert_true(a->file[i].size == b->file[i].size);
	}
}

static void a_manifest_comes_back(void **state)
{
	struct error error = { "" };
	struct text first, second;
	struct job job;
	(void)state;

	text_open_memory(&first);
	text_open_memory(&second);
	assert_int_equal(job_write(&whole, &first, &error), 0);
	assert_int_equal(job_read(&job, (struct span){ first.data, first.used }, &error), 0);
	assert_string_equal(error.text, "");
	assert_same(&job, &whole);
	assert_int_equal(job_write(&job, &second, &error), 0);
	assert_span((struct span){ second.data, second.used }, (struct span){ first.data, first.used });
	job_free(&job);
	assert_null(job.own);
	text_free(&first);
	text_free(&second);
}

/* @text with the first @old made @new. */
static void replace(struct text *text, const char *old, const char *new)
{
	char *at, *rest;

	text_char(text, '\0');
	at = strstr(text->data, old);
	assert_non_null(at);
	rest = strdup(at + strlen(old));
	assert_non_null(rest);
	text->used = (size_t)(at - text->data);
	text_string(text, new);
	text_string(text, rest);
	free(rest);
}

static void a_manifest_that_is_not_ours_is_refused(void **state)
{
	static const struct {
		const char *old, *new, *error;
	} rows[] = {
		{ "\"entries\"", "\"entires\"", "'entries' is missing" },
		{ "160000000", "0", "'entries' is below 1" },
		{ "\"lanes\": 32", "\"lanes\": 31", "'lanes' is neither 1 nor 32" },
		{ "\"chunk\": 100000", "\"chunk\": 4294967296", "'chunk' is no whole number from 0 to 4294967295" },
		{ "\"ack_wait_s\": 0.5", "\"ack_wait_s\": -0.5", "'ack_wait_s' is below 0" },
		{ "weekly_2026-48", "weekly.2026", "'weekly.2026': a job's name is made of letters, digits, _ and -" },
		{ "weekly_2026-48", "123456789012345678901234567890123", "'name' has more than 32 octets" },
		{ "0123456789abcdef0", "0123456789ABCDEF0", "'hash' is no SHA-256 in lower-case hexadecimal digits" },
		{ "0123456789abcdef0", "0", "'hash' is no SHA-256 in lower-case hexadecimal digits" },
		{ "\"smtp\": \"sts\"", "\"smtp\": \"yes\"", "'smtp' is none of its words" },
		{ "\"options\": [", "\"options\": [ 1,", "'options' has an element that is no object" },
		{ "\"options\": [", "\"options\": 7, \"more\": [", "'options' is not an array" },
		{ "\"name\": \"direct\"", "\"n\": \"direct\"", "'name' is missing" },
		{ "\"size\": 7,", "\"size\": 8,", "its files have more than 67108864 octets" },
		{ "{", "{ \"name\": \"other\",", "'name' is there twice" },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct error error = { "" };
		struct text text;
		struct job job;

		text_open_memory(&text);
		assert_int_equal(job_write(&whole, &text, &error), 0);
		replace(&text, rows[i].old, rows[i].new);
		assert_int_equal(job_read(&job, (struct span){ text.data, text.used - 1 }, &error), -1);
		assert_null(job.own);
		assert_memory_equal(error.text, "the job's manifest: ", strlen("the job's manifest: "));
		assert_string_equal(error.text + strlen("the job's manifest: "), rows[i].error);
		text_free(&text);
	}
}

static void a_later_version_may_say_more(void **state)
{
	struct error error = { "" };
	struct text text;
	struct job job;
	(void)state;

	text_open_memory(&text);
	assert_int_equal(job_write(&whole, &text, &error), 0);
	replace(&text, "{", "{ \"color\": [ { \"name\": 1 } ],");
	assert_int_equal(job_read(&job, (struct span){ text.data, text.used - 1 }, &error), 0);
	assert_same(&job, &whole);
	job_free(&job);
	text_free(&text);
}

/* Static, so that what lies between members is 0 as in what is read. */
#define ROUND_TRIP(type, ...)                                                                                          \
	do {                                                                                                           \
		static struct type value, back;                                                                        \
		struct error error = { "" };                                                                           \
		struct text text;                                                                                      \
		static const struct type given = __VA_ARGS__;                                                          \
		memcpy(&value, &given, sizeof(value));                                                                 \
		text_open_memory(&text);                                                                               \
		type##_write(&value, &text);                                                                           \
		assert_int_equal(type##_read(&back, (struct span){ text.data, text.used }, &error), 0);                \
		assert_memory_equal(&back, &value, sizeof(value));                                                     \
		text_free(&text);                                                                                      \
	} while (0)

static void values_come_back(void **state)
{
	(void)state;

	ROUND_TRIP(job_chunk,
		   { 999999, JOB_HOSTS, JOB_LANES - 1, UINT64_MAX, 7, JOB_PARTS_MAX, JOB_LIST_OCTETS_MAX, HASH, 7 });
	ROUND_TRIP(job_cut, { 3, 3, 0 });
	ROUND_TRIP(job_cut, { 0, JOB_CHUNKS_MAX, UINT64_MAX });
	ROUND_TRIP(job_attempt, { "host\xfc:/var/\"w\"", 1, "" });
	ROUND_TRIP(job_attempt, { "", UINT32_MAX, "stsurvey scan: \xe4\xf6: no space left on device" });
	ROUND_TRIP(job_done, { "a", HASH, UINT64_MAX, 40, 1, 2, 12.25 });
	ROUND_TRIP(job_dead, { 1, 2, { "worker", 5, "L\xe4nder: \x1b[31m \xff" }, 3 });
	ROUND_TRIP(job_word, { "scanning", "stsurvey 0.1.0", -1, 1000000, 5, 3, 0, "x" });
}

/* Each octet takes two on its way. */
static void there_is_room_for_every_octet_of_a_text(void **state)
{
	struct job_attempt attempt = { "", 1, "" }, back;
	struct error error = { "" };
	struct text text;
	(void)state;

	memset(attempt.why, 0xe4, sizeof(attempt.why) - 1);
	text_open_memory(&text);
	job_attempt_write(&attempt, &text);
	assert_int_equal(job_attempt_read(&back, (struct span){ text.data, text.used }, &error), 0);
	assert_string_equal(back.why, attempt.why);
	text_free(&text);
}

static void values_that_are_not_ours_are_refused(void **state)
{
	struct job_chunk chunk;
	struct job_cut cut;
	struct error error;
	(void)state;

	assert_int_equal(job_cut_read(&cut, span_of("{\"first\":2,\"end\":1,\"entries\":0}"), &error), -1);
	assert_string_equal(error.text, "the word that the list is cut: 'first' is behind 'end'");
	assert_int_equal(job_cut_read(&cut, span_of("{\"first\":2,\"end\":1000001,\"entries\":0}"), &error), -1);
	assert_string_equal(error.text, "the word that the list is cut: 'end' is no whole number from 0 to 1000000");
	assert_int_equal(job_chunk_read(&chunk, span_of("{\"number\":1,\"stage\":\"domains\",\"lane\":32}"), &error),
			 -1);
	assert_string_equal(error.text, "the queue's message: 'lane' is no whole number from 0 to 31");
}

static void names_of_jobs_are_checked(void **state)
{
	static const struct {
		const char *name;
		bool is_well;
	} rows[] = {
		{ "a", true },         { "A-b_9", true }, { "12345678901234567890123456789012", true },
		{ "", false },         { "a.b", false },  { "123456789012345678901234567890123", false },
		{ "a b", false },      { "*", false },    { ">", false },
		{ "\xc3\xa4", false },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct error error = { "" };

		assert_int_equal(job_check_name(rows[i].name, &error), rows[i].is_well ? 0 : -1);
		assert_int_equal(error.text[0] == '\0', rows[i].is_well);
	}
}

static void subjects_and_keys_lead_back(void **state)
{
	static const struct {
		const char *subject;
		bool is_ours;
	} rows[] = {
		{ "stsurvey.J.result.7.0123456789abcdef", true },
		{ "stsurvey.J.result.999999.0123456789abcdef", true },
		{ "stsurvey.J.result.1000000.0123456789abcdef", false },
		{ "stsurvey.J.result.18446744073709551623.0123456789abcdef", false },
		{ "stsurvey.J.result.07.0123456789abcdef", false },
		{ "stsurvey.J.result.-7.0123456789abcdef", false },
		{ "stsurvey.J.result..0123456789abcdef", false },
		{ "stsurvey.J.result.7.0123456789abcde", false },
		{ "stsurvey.J.result.7.0123456789abcdef0", false },
		{ "stsurvey.J.result.7.0123456789ABCDEF", false },
		{ "stsurvey.J.result.7.../../../../etc/", false },
		{ "stsurvey.J.result.7", false },
		{ "stsurvey.K.result.7.0123456789abcdef", false },
		{ "", false },
	};
	char name[BUS_NAME_MAX], file[JOB_FILE_HASH_TEXT];
	uint32_t chunk = 0;
	(void)state;

	job_result_subject("J", 12, HASH, name);
	assert_string_equal(name, "stsurvey.J.result.12.0123456789abcdef");
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(job_result_parse("J", rows[i].subject, &chunk, file), rows[i].is_ours);
	assert_true(job_result_parse("J", rows[0].subject, &chunk, file));
	assert_int_equal(chunk, 7);
	assert_string_equal(file, "0123456789abcdef");

	job_key(JOB_KEY_DEAD, 45, name);
	assert_string_equal(name, "dead.45");
	assert_true(job_key_chunk(JOB_KEY_DEAD, name, &chunk));
	assert_int_equal(chunk, 45);
	assert_false(job_key_chunk(JOB_KEY_DONE, name, &chunk));
	assert_false(job_key_chunk(JOB_KEY_DEAD, "dead.4x", &chunk));
	job_file_key(12, 3, name);
	assert_string_equal(name, "file.12.3");
	job_cut_key(JOB_HOSTS, name);
	assert_string_equal(name, "cut.1");
	job_stream_name("J", JOB_RESULTS, name);
	assert_string_equal(name, "STSURVEY_J_RESULTS");
	job_bucket_name("J", JOB_BOOK, name);
	assert_string_equal(name, "STSURVEY_J_BOOK");
	job_queue_subject("J", 31, name);
	assert_string_equal(name, "stsurvey.J.queue.31");
	job_list_subject("J", 3, "0123456789abcdef", 4, name);
	assert_string_equal(name, "stsurvey.J.list.3.0123456789abcdef.4");
	assert_true(job_list_parse("J", 3, name, file));
	assert_string_equal(file, "0123456789abcdef");
	assert_false(job_list_parse("J", 4, name, file));
	assert_false(job_list_parse("J", 3, "stsurvey.J.list.3.4", file));
	job_list_subject_any("J", 3, 0, name);
	assert_string_equal(name, "stsurvey.J.list.3.*.0");
	job_consumer_name(0, name);
	assert_string_equal(name, "lane-0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_manifest_comes_back),
		cmocka_unit_test(a_manifest_that_is_not_ours_is_refused),
		cmocka_unit_test(a_later_version_may_say_more),
		cmocka_unit_test(values_come_back),
		cmocka_unit_test(there_is_room_for_every_octet_of_a_text),
		cmocka_unit_test(values_that_are_not_ours_are_refused),
		cmocka_unit_test(names_of_jobs_are_checked),
		cmocka_unit_test(subjects_and_keys_lead_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
