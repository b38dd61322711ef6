/* SPDX-License-Identifier: BSD-2-Clause */
/* A list is cut so that a scan of the chunks sees what one scan of the list does: each chunk is read as its worker
 * would, and what all of them hand out is compared with what the list does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "scanner/fleet/cut.h"
#include "scanner/fleet/digest.h"
#include "scanner/rules/operator.h"
#include "tests/scanner/feed/feed_rig.h"

enum { CHUNKS = 1000 };

struct cut_chunks {
	const struct options *options;
	struct job_chunk chunk[CHUNKS];
	char *text[CHUNKS]; /* what the rig shows of it */
	struct text data[CHUNKS];
	unsigned count;
	unsigned fail_at; /* 0: never */
};

static int on_chunk(void *arg, const struct job_chunk *chunk, struct span data, struct error *error)
{
	struct cut_chunks *chunks = arg;
	struct feed_options feed = { .format = FEED_FORMAT_CHUNK,
				     .first_index = chunk->first,
				     .label = chunks->options->label,
				     .label_count = chunk->stage == JOB_DOMAINS ? chunks->options->label_count : 0 };
	struct feed_rig_output output = feed_rig_drain_octets(data.p, data.n, feed);
	char sha256[JOB_HASH_TEXT];

	assert_int_equal(output.result, FEED_END);
	assert_int_equal(output.entries, chunk->entries);
	assert_int_equal(chunk->size, data.n);
	assert_true(digest_of(data, sha256));
	assert_string_equal(chunk->sha256, sha256);
	assert_true(chunks->count < CHUNKS);
	chunks->chunk[chunks->count] = *chunk;
	chunks->text[chunks->count] = output.text;
	text_open_memory(&chunks->data[chunks->count]);
	text_put(&chunks->data[chunks->count], data);
	chunks->count++;
	return chunks->count == chunks->fail_at ? error_set(error, "the server is full") : 0;
}

static void free_chunks(struct cut_chunks *chunks)
{
	for (unsigned i = 0; i < chunks->count; i++) {
		free(chunks->text[i]);
		text_free(&chunks->data[i]);
	}
}

struct cutting {
	char path[32];
	struct job job;
	struct options options;
	struct cut_options cut;
};

static void begin(struct cutting *cutting, struct span list, uint32_t chunk, unsigned lanes)
{
	*cutting = (struct cutting){ .path = "/tmp/stsurvey-test-XXXXXX" };
	feed_rig_write(cutting->path, list.p, list.n);
	cutting->job.chunk = chunk;
	cutting->job.lanes = lanes;
	cutting->cut =
		(struct cut_options){ .job = &cutting->job, .path = cutting->path, .options = &cutting->options };
}

static void end(struct cutting *cutting)
{
	unlink(cutting->path);
}

static struct cut_look look(struct cutting *cutting)
{
	struct error error = { "" };
	struct cut_look result;

	assert_int_equal(cut_look(&cutting->cut, &result, &error), 0);
	cutting->job.list_hash = result.identity.hash;
	return result;
}

static struct job_cut cut(struct cutting *cutting, struct cut_chunks *chunks)
{
	struct error error = { "" };
	struct job_cut result;

	*chunks = (struct cut_chunks){ .options = &cutting->options };
	assert_int_equal(cut_list(&cutting->cut, on_chunk, chunks, &result, &error), 0);
	assert_int_equal(result.end - result.first, chunks->count);
	assert_int_equal(result.first, cutting->cut.first_chunk);
	for (unsigned i = 0; i < chunks->count; i++)
		assert_int_equal(chunks->chunk[i].number, result.first + i);
	return result;
}

static int compare_lines(const void *a, const void *b)
{
	unsigned long long one = strtoull(*(char *const *)a, NULL, 10), other = strtoull(*(char *const *)b, NULL, 10);

	return (one > other) - (one < other);
}

/* What all chunks hand out, by their indexes. To be freed. */
static char *in_order(const struct cut_chunks *chunks)
{
	struct text all, ordered;
	size_t count = 0, at = 0;
	char **line;

	text_open_memory(&all);
	text_open_memory(&ordered);
	for (unsigned i = 0; i < chunks->count; i++)
		text_string(&all, chunks->text[i]);
	for (size_t i = 0; i < all.used; i++)
		count += all.data[i] == '\n';
	text_char(&all, '\0');
	line = calloc(count + 1, sizeof(*line));
	assert_non_null(line);
	for (size_t i = 0; i < count; i++) {
		size_t n = span_find((struct span){ all.data, all.used }, at, '\n') - at;

		line[i] = all.data + at;
		line[i][n] = '\0';
		at += n + 1;
	}
	qsort(line, count, sizeof(*line), compare_lines);
	for (size_t i = 0; i < count; i++) {
		text_string(&ordered, line[i]);
		text_char(&ordered, '\n');
	}
	text_char(&ordered, '\0');
	free(line);
	text_free(&all);
	return ordered.data;
}

/* The chunks are the list, whatever the size of a chunk, and however often it is cut. */
static void assert_chunks_are_the_list(struct span list, const struct options *options, unsigned lanes)
{
	static const uint32_t sizes[] = { 1, 3, 7, 1000 };
	struct feed_options whole = { .format = options->input_format,
				      .origin = options->origin,
				      .label = options->label,
				      .label_count = options->label_count,
				      .sample = options->sample,
				      .max_domains = options->max_domains };
	struct feed_rig_output should_be = feed_rig_drain_octets(list.p, list.n, whole);

	assert_int_equal(should_be.result, FEED_END);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct cut_chunks chunks, again;
		struct cutting cutting;
		struct cut_look looked;
		char *is;

		begin(&cutting, list, sizes[i], lanes);
		cutting.options = *options;
		looked = look(&cutting);
		assert_int_equal(looked.entries, should_be.entries);
		assert_int_equal(looked.taken, should_be.targets);
		assert_int_equal(cut(&cutting, &chunks).entries, should_be.targets);
		is = in_order(&chunks);
		assert_string_equal(is, should_be.text);
		free(is);
		for (unsigned k = 0; k < chunks.count; k++) {
			assert_in_range(chunks.chunk[k].entries, 1, sizes[i]);
			assert_int_equal(chunks.chunk[k].first, strtoull(chunks.text[k], NULL, 10));
			assert_true(lanes > 1 || k + 1 == chunks.count || chunks.chunk[k].entries == sizes[i]);
		}
		cut(&cutting, &again);
		assert_int_equal(again.count, chunks.count);
		for (unsigned k = 0; k < chunks.count; k++) {
			assert_memory_equal(&again.chunk[k], &chunks.chunk[k], sizeof(chunks.chunk[k]));
			assert_memory_equal(again.data[k].data, chunks.data[k].data, chunks.data[k].used);
		}
		free_chunks(&chunks);
		free_chunks(&again);
		end(&cutting);
	}
	free(should_be.text);
}

static const char plain[] = "# a comment\n"
			    "one.example\n"
			    "\n"
			    "two.example # this, too\n"
			    "not a domain\n"
			    "TWO.example.\n"
			    "b\xc3\xbc"
			    "cher.example\n"
			    "b\xfc"
			    "cher.example\n"
			    "\"quoted\", and, commas\n"
			    "three.example\n"
			    "-\n"
			    "one.example\n"
			    "a..b\n"
			    "four.example";

static void entries_keep_their_numbers_whatever_they_are(void **state)
{
	struct options options = { .input_format = FEED_FORMAT_LIST };
	(void)state;

	assert_chunks_are_the_list(SPAN_LITERAL(plain), &options, 1);
	assert_chunks_are_the_list(SPAN_LITERAL(plain), &options, JOB_LANES);
	options.max_domains = 5;
	assert_chunks_are_the_list(SPAN_LITERAL(plain), &options, 1);
	options = (struct options){ .input_format = FEED_FORMAT_LIST, .sample = 0.5 };
	assert_chunks_are_the_list(SPAN_LITERAL(plain), &options, 1);
	options.max_domains = 3;
	assert_chunks_are_the_list(SPAN_LITERAL(plain), &options, 1);
}

static void ranks_and_labels_come_along(void **state)
{
	static const char ranking[] = "1,one.example\n7,two.example\n7,\xc3\xa4.example\n,three.example\n0,bad bad\n";
	static const char labelled[] = "rank,domain,registrar,\"count,ry\"\n"
				       "1,one.example,\"A \"\"B\"\", C\",no\n"
				       "2,two.example,,\n"
				       "3,three.example,L\xe4nder,\n"
				       "4,four.example\n"
				       "5,,x,y\n";
	struct options options = { .input_format = FEED_FORMAT_AUTO };
	(void)state;

	assert_chunks_are_the_list(SPAN_LITERAL(ranking), &options, 1);
	options.label[0] = SPAN_LITERAL("Count,ry");
	options.label[1] = SPAN_LITERAL("registrar");
	options.label_count = 2;
	assert_chunks_are_the_list(SPAN_LITERAL(labelled), &options, 1);
}

/* Sixty operators, some domains each; of one of them more than a chunk takes. */
static void make_zone(struct text *zone)
{
	text_open_memory(zone);
	text_string(zone, "$ORIGIN test.\n@ SOA a b 1 2 3 4 5\n");
	for (unsigned i = 0; i < 400; i++) {
		unsigned operator_number = i % 3 == 0 ? 0 : i % 61;

		text_printf(zone, "d%u NS ns%u.op%u.example.\nd%u NS ns9.other%u.example.\n", i, i % 4, operator_number,
			    i, i % 7);
	}
	text_string(zone, "bad_\\032name NS nx1.op0.example.\nowner NS .\n");
}

static void an_operator_is_in_one_lane(void **state)
{
	struct options options = { .input_format = FEED_FORMAT_AUTO };
	struct cut_chunks chunks;
	struct cutting cutting;
	int lane_of[61], used = 0;
	bool lanes[JOB_LANES] = { false };
	struct text zone;
	(void)state;

	feed_rig_shows_servers = true;
	make_zone(&zone);
	assert_chunks_are_the_list((struct span){ zone.data, zone.used }, &options, JOB_LANES);
	assert_chunks_are_the_list((struct span){ zone.data, zone.used }, &options, 1);

	memset(lane_of, -1, sizeof(lane_of));
	begin(&cutting, (struct span){ zone.data, zone.used }, 7, JOB_LANES);
	assert_true(look(&cutting).has_servers);
	cut(&cutting, &chunks);
	for (unsigned i = 0; i < chunks.count; i++) {
		int lane = (int)chunks.chunk[i].lane;

		assert_in_range(lane, 0, JOB_LANES - 1);
		used += !lanes[lane];
		lanes[lane] = true;
		for (const char *at = chunks.text[i]; (at = strstr(at, "{ns")); at++) {
			long number = strtol(strstr(at, ".op") + 3, NULL, 10);

			assert_in_range(number, 0, 60);
			assert_true(lane_of[number] == -1 || lane_of[number] == lane);
			lane_of[number] = lane;
		}
	}
	assert_true(used > JOB_LANES / 2); /* spread */
	free_chunks(&chunks);
	end(&cutting);
	text_free(&zone);
}

static void mail_servers_of_one_domain_stay_together(void **state)
{
	static const struct {
		const char *hosts; /* registrable domain: how many */
		uint32_t chunk;
		const char *sizes;
	} rows[] = {
		{ "a2b2c2", 4, "4 2 " },   { "a3b2c2", 4, "3 4 " },     { "a4b4", 4, "4 4 " },
		{ "a1b4c1", 4, "1 4 1 " }, { "a3b9c1", 4, "4 4 4 1 " }, { "a9", 4, "4 4 1 " },
		{ "a1b5c3", 4, "4 2 3 " }, { "a1b1c1", 1, "1 1 1 " },   { "a1b12", 4, "4 4 4 1 " },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cut_chunks chunks;
		struct cutting cutting;
		struct text list, sizes;

		text_open_memory(&list);
		text_open_memory(&sizes);
		for (const char *at = rows[i].hosts; *at;) {
			char domain = *at++;
			unsigned long count = strtoul(at, (char **)(uintptr_t)&at, 10);

			for (unsigned long k = 0; k < count; k++)
				text_printf(&list, "mx%lu.%c.example\n", k, domain);
		}
		begin(&cutting, (struct span){ list.data, list.used }, rows[i].chunk, 1);
		cutting.cut.stage = JOB_HOSTS;
		cutting.cut.first_chunk = 12;
		cut(&cutting, &chunks);
		for (unsigned k = 0; k < chunks.count; k++) {
			assert_int_equal(chunks.chunk[k].stage, JOB_HOSTS);
			text_printf(&sizes, "%u ", (unsigned)chunks.chunk[k].entries);
		}
		text_char(&sizes, '\0');
		assert_string_equal(sizes.data, rows[i].sizes);
		free_chunks(&chunks);
		text_free(&list);
		text_free(&sizes);
		end(&cutting);
	}
}

static void no_mail_servers_are_no_chunk(void **state)
{
	static const struct span lists[] = { SPAN_LITERAL(""), SPAN_LITERAL("192.0.2.1\n-a.example\na..b\n#\n\n") };
	(void)state;

	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		struct cut_chunks chunks;
		struct cutting cutting;
		struct job_cut result;

		begin(&cutting, lists[i], 10, 1);
		cutting.cut.stage = JOB_HOSTS;
		cutting.cut.first_chunk = 3;
		result = cut(&cutting, &chunks);
		assert_int_equal(result.first, 3);
		assert_int_equal(result.end, 3);
		end(&cutting);
	}
}

static void mail_servers_that_cannot_be_are_left_out(void **state)
{
	struct cut_chunks chunks;
	struct cutting cutting;
	(void)state;

	begin(&cutting, SPAN_LITERAL("mx.a.example\nmx\\032.a.example\nmx_2.a.example\n*.b.example\nmx.c.example"), 10,
	      1);
	cutting.cut.stage = JOB_HOSTS;
	assert_int_equal(cut(&cutting, &chunks).entries, 3);
	assert_string_equal(chunks.text[0], "0 0 0 mx.a.example\n2 0 0 mx_2.a.example\n4 0 0 mx.c.example\n");
	free_chunks(&chunks);
	end(&cutting);
}

static void what_is_no_list_is_refused(void **state)
{
	static const struct {
		const char *list, *error; /* behind the file's name */
		enum feed_format format;
	} rows[] = {
		{ "", "no domain in it; one name a line is expected", FEED_FORMAT_AUTO },
		{ "# nothing\n", "no domain in it; one name a line is expected", FEED_FORMAT_AUTO },
		{ "bad bad\nworse worse\n", "no line of it is a domain name; the first, `bad bad`, ",
		  FEED_FORMAT_LIST },
	};
	(void)state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cut_chunks chunks = { .count = 0 };
		struct error error = { "" };
		struct cut_look looked;
		struct cutting cutting;
		struct job_cut result;
		size_t name;

		begin(&cutting, span_of(rows[i].list), 10, 1);
		cutting.options.input_format = rows[i].format;
		chunks.options = &cutting.options;
		name = strlen(cutting.path) + strlen(": ");
		assert_int_equal(cut_look(&cutting.cut, &looked, &error), -1);
		assert_memory_equal(error.text + name, rows[i].error, strlen(rows[i].error));
		cutting.job.list_hash = looked.identity.hash;
		assert_int_equal(cut_list(&cutting.cut, on_chunk, &chunks, &result, &error), -1);
		assert_memory_equal(error.text + name, rows[i].error, strlen(rows[i].error));
		assert_int_equal(chunks.count, 0);
		end(&cutting);
	}
}

static void cutting_ends_where_it_must(void **state)
{
	static const volatile sig_atomic_t stop = 1;
	struct cut_chunks chunks = { .fail_at = 2 };
	struct error error = { "" };
	struct cutting cutting;
	struct cut_look looked;
	struct job_cut result;
	(void)state;

	begin(&cutting, SPAN_LITERAL(plain), 3, 1);
	chunks.options = &cutting.options;
	cutting.options.input_format = FEED_FORMAT_LIST;
	look(&cutting);
	assert_int_equal(cut_list(&cutting.cut, on_chunk, &chunks, &result, &error), -1);
	assert_string_equal(error.text, "the server is full");
	assert_int_equal(chunks.count, 2);
	cutting.job.list_hash++;
	assert_int_equal(cut_list(&cutting.cut, on_chunk, &chunks, &result, &error), -1);
	assert_non_null(strstr(error.text, ": changed since it was read first"));
	cutting.cut.stop = &stop;
	assert_int_equal(cut_look(&cutting.cut, &looked, &error), -1);
	assert_non_null(strstr(error.text, ": ended before all of it was read"));
	cutting.options.input_format = FEED_FORMAT_CHUNK;
	assert_int_equal(cut_look(&cutting.cut, &looked, &error), -1);
	assert_string_equal(error.text, "--input-format chunk: a chunk is a part of a list; submit the list");
	free_chunks(&chunks);
	end(&cutting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_keep_their_numbers_whatever_they_are),
		cmocka_unit_test(ranks_and_labels_come_along),
		cmocka_unit_test(an_operator_is_in_one_lane),
		cmocka_unit_test(mail_servers_of_one_domain_stay_together),
		cmocka_unit_test(no_mail_servers_are_no_chunk),
		cmocka_unit_test(mail_servers_that_cannot_be_are_left_out),
		cmocka_unit_test(what_is_no_list_is_refused),
		cmocka_unit_test(cutting_ends_where_it_must),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
