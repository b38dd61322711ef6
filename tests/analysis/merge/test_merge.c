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

#include "analysis/merge/merge.h"
#include "output/scan_file/reader.h"
#include "tests/analysis/merge/made_shards.h"

enum { MEMORY = 64 * 1024 }; /* octets: a handful of rows, the rest is put aside in many runs */

static enum merge_option option_of(struct span name)
{
	if (span_equal(name, SPAN_LITERAL("smtp")))
		return MERGE_SAME;
	if (span_equal(name, SPAN_LITERAL("ca-file")))
		return MERGE_SAME_FILE;
	return span_equal(name, SPAN_LITERAL("output-file")) ? MERGE_LEFT_OUT : MERGE_FREE;
}

/* ---- what came of them ---- */

struct merged {
	struct maker maker, others; /* of domains; of what stands between them */
	unsigned shards, hosts, tests, ders;
	uint32_t run[MADE_SHARDS][2]; /* the number of each run of a shard; 0: not seen yet */
	struct reader *reader;
	uint8_t shown[64][32];           /* certificates that were shown … */
	unsigned long long in_frame[64]; /* … first in this frame */
	unsigned certificates;
};

/* A whole certificate stands where the file shows it first, and nowhere else; then the rest is compared. */
static void take_ders(struct merged *m, const struct obs_tls *got, const struct obs_tls *expected)
{
	for (size_t i = 0; i < expected->chain_count; i++) {
		struct obs_certificate *a = (struct obs_certificate *)&got->chain[i],
				       *b = (struct obs_certificate *)&expected->chain[i];
		unsigned at = 0;

		while (at < m->certificates && memcmp(m->shown[at], b->sha256, 32) != 0)
			at++;
		if (at == m->certificates) {
			assert_true(!a->der.p == !b->der.p && span_equal(a->der, b->der));
			m->ders += !!b->der.p;
			assert_true(m->certificates < COUNT_OF(m->shown));
			m->in_frame[m->certificates] = reader_end(m->reader)->frames;
			memcpy(m->shown[m->certificates++], b->sha256, 32);
		} else if (a->der.p) {
			assert_int_equal(m->in_frame[at], reader_end(m->reader)->frames);
			assert_true(span_equal(a->der, b->der));
		}
		a->der = b->der = (struct span){ NULL, 0 };
	}
}

/* A run of a shard has one number, and no other has it. */
static void check_run(struct merged *m, unsigned shard, uint32_t run, uint32_t got)
{
	assert_true(got > 0);
	for (unsigned s = 0; s < MADE_SHARDS; s++)
		for (unsigned r = 0; r < 2; r++)
			assert_true((s == shard && r == run) || m->run[s][r] != got);
	assert_true(m->run[shard][run] == 0 || m->run[shard][run] == got);
	m->run[shard][run] = got;
}

static void on_host(void *arg, const struct obs_host *got)
{
	struct merged *m = arg;
	struct obs_host expected;
	const char *difference;

	made_host(&m->others, m->hosts, made_best_shard(m->hosts, m->shards), &expected);
	assert_int_equal(got->probe_count, expected.probe_count);
	for (size_t i = 0; i < got->probe_count; i++)
		take_ders(m, &got->probe[i].tls, &expected.probe[i].tls);
	check_run(m, made_best_shard(m->hosts, m->shards), expected.run, got->run);
	expected.run = got->run;
	difference = host_difference(&expected, got);
	if (difference)
		fail_msg("host %u: %s differs", m->hosts, difference);
	m->hosts++;
}

/* The number of the next test: those of the shards that are there, in the order of their times. */
static unsigned tested(const struct merged *m)
{
	return m->tests / m->shards * MADE_SHARDS + m->tests % m->shards;
}

static void on_vantage(void *arg, const struct obs_vantage *got)
{
	struct merged *m = arg;
	struct obs_vantage expected;

	made_vantage(&m->others, tested(m), &expected);
	check_run(m, tested(m) % MADE_SHARDS, expected.run, got->run);
	expected.run = got->run;
	assert_true(same_vantage(&expected, got));
	m->tests++;
}

/* Domains of these shards, each as it was made, in order. */
static void check_merged(const char *path, unsigned shards, enum record_completion completion)
{
	struct merged m = { .shards = shards };
	struct observation got, expected;
	const struct record_header *header;
	struct reader *reader;
	struct error error;
	unsigned count = 0;

	maker_init(&m.maker, 1);
	maker_init(&m.others, 1);
	assert_int_equal(reader_open(&reader, path, &error), 0);
	m.reader = reader;
	header = reader_header(reader);
	assert_true(header->shards == 1 && header->shard == 0 && header->start_ms == 5000 - (int64_t)shards + 1);
	assert_true(header->input_size == 12345 && header->input_hash == 99 && header->audit_least == 10 * shards);
	assert_int_equal(header->option_count, 2);
	reader_watch(reader, on_host, on_vantage, &m);
	for (unsigned index = 0; index < MADE_DOMAINS; index++) {
		const char *difference;

		if (index % MADE_SHARDS >= shards)
			continue;
		made_domain(&m.maker, index, &expected);
		assert_int_equal(reader_next(reader, &got, &error), 1);
		assert_int_equal(got.index, index);
		assert_int_equal(got.policy.tls.chain_count, expected.policy.tls.chain_count);
		take_ders(&m, &got.policy.tls, &expected.policy.tls);
		difference = observation_difference(&expected, &got);
		if (difference)
			fail_msg("domain %u: %s differs", index, difference);
		count++;
	}
	assert_int_equal(reader_next(reader, &got, &error), 0);
	assert_int_equal(reader_judge(reader, &error), READER_WHOLE);
	assert_int_equal(reader_end(reader)->trailer->completion, completion);
	assert_int_equal(reader_end(reader)->trailer->queries, 100 * shards);
	assert_int_equal(reader_end(reader)->trailer->domains, count);
	assert_true(m.ders > 0);
	assert_int_equal(m.hosts, MADE_HOSTS);
	assert_int_equal(m.tests, MADE_TESTS / MADE_SHARDS * shards);
	reader_close(reader);
	maker_fini(&m.maker);
	maker_fini(&m.others);
}

static int merge(struct merge_options *o, int count, char **path, struct merge_result *result, struct error *error)
{
	o->command = "merge";
	o->path = path;
	o->count = count;
	o->output = made_path("merged");
	o->memory = o->memory ? o->memory : MEMORY;
	o->option = option_of;
	error->text[0] = '\0';
	return merge_scans(o, result, error);
}

/* ---- tests ---- */

static void shards_become_what_one_scan_would_have_left(void **state)
{
	struct merge_options options = { .force = true };
	char *path[MADE_SHARDS];
	struct merge_result result;
	struct error error;

	(void)state;
	for (unsigned i = 0; i < MADE_SHARDS; i++) {
		made_write_shard(i, COMPLETION_COMPLETE);
		path[(i + 1) % MADE_SHARDS] = made_shard_path(i);
	}
	for (int turn = 0; turn < 2; turn++) { /* put aside, and in memory */
		options.memory = turn == 0 ? MEMORY : 256 * 1024 * 1024;
		if (merge(&options, MADE_SHARDS, path, &result, &error) < 0)
			fail_msg("%s", error.text);
		assert_true(result.complete && result.domains == MADE_DOMAINS && result.hosts == MADE_HOSTS);
		check_merged(made_path("merged"), MADE_SHARDS, COMPLETION_COMPLETE);
	}
	/* what was merged is a scan as any other */
	options.output = NULL;
	assert_int_equal(rename(made_path("merged"), made_path("whole")), 0);
	path[0] = made_path("whole");
	assert_int_equal(merge(&options, 1, path, &result, &error), 0);
	assert_int_equal(result.domains, MADE_DOMAINS);
}

static void a_shard_that_is_missing_is_named(void **state)
{
	struct merge_options options = { .force = true };
	char *path[] = { made_shard_path(0), made_shard_path(1) };
	struct merge_result result;
	struct error error;

	(void)state;
	unlink(made_path("merged"));
	assert_int_equal(merge(&options, 2, path, &result, &error), -1);
	assert_string_equal(error.text, "shard 2 of 3 is missing; --partial makes do with those that are there");
	assert_int_equal(merge(&options, 1, path, &result, &error), -1);
	assert_string_equal(error.text,
			    "shards 1 and 2 of 3 are missing; --partial makes do with those that are there");
	assert_int_not_equal(access(made_path("merged"), F_OK), 0);
	options.partial = true;
	assert_int_equal(merge(&options, 2, path, &result, &error), 0);
	assert_true(!result.complete && result.missing == 1);
	check_merged(made_path("merged"), 2, COMPLETION_ABORTED);
}

static void a_shard_that_was_interrupted_is_named(void **state)
{
	struct merge_options options = { .force = true };
	char *path[] = { made_shard_path(0), made_shard_path(1), made_shard_path(2) };
	struct merge_result result;
	struct error error;

	(void)state;
	unlink(made_path("merged"));
	made_write_shard(1, COMPLETION_ABORTED);
	assert_int_equal(merge(&options, MADE_SHARDS, path, &result, &error), -1);
	assert_non_null(strstr(error.text, "1 of 3 files is not complete"));
	assert_int_not_equal(access(made_path("merged"), F_OK), 0);
	options.partial = true;
	assert_int_equal(merge(&options, MADE_SHARDS, path, &result, &error), 0);
	assert_true(!result.complete && result.incomplete == 1);
	check_merged(made_path("merged"), MADE_SHARDS, COMPLETION_ABORTED);
	made_write_shard(1, COMPLETION_COMPLETE);
}

/* What the second file's header has otherwise, and what is said of it; NULL: nothing, they belong together. */
static void be_of_another_size(struct record_header *header)
{
	header->input_size = 1;
}

static void be_of_another_content(struct record_header *header)
{
	header->input_hash = 1;
}

static void be_of_two_shards(struct record_header *header)
{
	header->shards = 2;
}

static void be_of_other_options(struct record_header *header)
{
	static const struct record_option option[] = { { SPAN_LITERAL("smtp"), SPAN_LITERAL("sts") } };

	header->option = option;
	header->option_count = COUNT_OF(option);
}

static void be_of_more_options(struct record_header *header)
{
	static const struct record_option option[] = { { SPAN_LITERAL("smtp"), SPAN_LITERAL("all") },
						       { SPAN_LITERAL("ca-file"), SPAN_LITERAL("/x/ca") } };

	header->option = option;
	header->option_count = COUNT_OF(option);
}

static void be_newer(struct record_header *header)
{
	header->minor = RECORD_SCHEMA_MINOR + 1;
}

static void be_without_labels(struct record_header *header)
{
	header->label_count = 0;
}

static void be_a_sample(struct record_header *header)
{
	header->sample = 0.5;
}

static void be_of_the_resolver(struct record_header *header)
{
	header->direct = false;
}

static void be_the_same_shard(struct record_header *header)
{
	header->shard = 0;
}

static void be_beyond(struct record_header *header)
{
	header->shard = 3;
}

static void be_faster(struct record_header *header)
{
	static const struct record_option option[] = { { SPAN_LITERAL("rate"), SPAN_LITERAL("9") },
						       { SPAN_LITERAL("smtp"), SPAN_LITERAL("all") },
						       { SPAN_LITERAL("output-file"), SPAN_LITERAL("/x") } };

	header->option = option;
	header->option_count = COUNT_OF(option);
}

/* With the same content; of it a version knew less. */
static void be_of_another_machine(struct record_header *header)
{
	header->input = SPAN_LITERAL("/elsewhere/names.txt");
	header->input_mtime = 7;
	header->input_hash = 0;
}

static void files_that_do_not_belong_together_are_refused(void **state)
{
	static const struct {
		void (*be)(struct record_header *header);
		const char *said;
	} row[] = {
		{ be_of_another_size, "the lists are not the same (they differ in size)" },
		{ be_of_another_content, "the lists are not the same (they differ in content)" },
		{ be_of_two_shards, "is one of 3 shards" },
		{ be_of_other_options, "was scanned with --smtp all" },
		{ be_of_more_options, "ca-file" },
		{ be_newer, "newer stsurvey" },
		{ be_without_labels, "--label" },
		{ be_a_sample, "--sample" },
		{ be_of_the_resolver, "--direct" },
		{ be_the_same_shard, "are both shard 0 of 3" },
		{ be_beyond, "a file says that it is shard 3 of 3" },
		{ be_faster, NULL },
		{ be_of_another_machine, NULL },
	};
	struct merge_options options = { .force = true, .partial = true };
	struct merge_result result;
	struct error error;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		struct record_header first = made_header(0), second = made_header(1);
		char *path[] = { made_path("one"), made_path("two") };

		row[i].be(&second);
		made_write_small(path[0], &first, 1, "one.example");
		made_write_small(path[1], &second, 0, "two.example");
		unlink(made_path("merged"));
		if (merge(&options, 2, path, &result, &error) != (row[i].said ? -1 : 0) ||
		    (row[i].said && !strstr(error.text, row[i].said)))
			fail_msg("row %zu: %s", i, error.text);
		assert_int_equal(access(made_path("merged"), F_OK) == 0, !row[i].said);
	}
}

static void options_that_may_differ_are_all_told(void **state)
{
	struct merge_options options = { .force = true, .partial = true };
	char *path[] = { made_path("one"), made_path("two") };
	struct record_header header = made_header(0);
	struct merge_result result;
	struct reader *reader;
	struct error error;

	(void)state;
	made_write_small(path[0], &header, 1, "one.example");
	header = made_header(1);
	be_faster(&header);
	made_write_small(path[1], &header, 2, "two.example");
	assert_int_equal(merge(&options, 2, path, &result, &error), 0);
	assert_int_equal(reader_open(&reader, made_path("merged"), &error), 0);
	assert_int_equal(reader_header(reader)->option_count, 3);
	assert_true(span_equal(reader_header(reader)->option[1].value, SPAN_LITERAL("7")));
	assert_true(span_equal(reader_header(reader)->option[2].value, SPAN_LITERAL("9")));
	reader_close(reader);
}

static void an_index_that_stands_twice_is_an_error_or_left_out(void **state)
{
	struct merge_options options = { .force = true };
	char *path[] = { made_path("one"), made_path("two"), made_path("three") };
	struct merge_result result;
	struct observation got;
	struct reader *reader;
	struct error error;

	(void)state;
	for (unsigned i = 0; i < MADE_SHARDS; i++) {
		struct record_header header = made_header(i);

		made_write_small(path[i], &header, i == 1 ? 2 : i, i == 1 ? "a.example" : "z.example");
	}
	unlink(made_path("merged"));
	assert_int_equal(merge(&options, MADE_SHARDS, path, &result, &error), -1);
	assert_non_null(strstr(error.text, "index 2 (z.example) stands in "));
	assert_non_null(strstr(error.text, path[1]));
	assert_non_null(strstr(error.text, path[2]));
	options.partial = true;
	assert_int_equal(merge(&options, MADE_SHARDS, path, &result, &error), 0);
	assert_true(result.duplicates == 1 && result.domains == 2);
	assert_int_equal(reader_open(&reader, made_path("merged"), &error), 0);
	assert_int_equal(reader_next(reader, &got, &error), 1);
	assert_int_equal(reader_next(reader, &got, &error), 1);
	assert_true(span_equal(got.name, SPAN_LITERAL("a.example"))); /* of the file that was given first */
	reader_close(reader);
}

/* The one who merges knows what belongs together, and has its header; of the parts' it takes what the machines had. */
static void parts_are_merged_under_a_header_of_the_caller(void **state)
{
	struct record_header header = made_header(0), part = made_header(0);
	static const struct record_option of_all[] = { { SPAN_LITERAL("rate"), SPAN_LITERAL("100") } };
	static const struct record_option of_parts[][2] = {
		{ { SPAN_LITERAL("output-file"), SPAN_LITERAL("part") },
		  { SPAN_LITERAL("name-servers"), SPAN_LITERAL("192.0.2.1") } },
		{ { SPAN_LITERAL("output-file"), SPAN_LITERAL("part") },
		  { SPAN_LITERAL("name-servers"), SPAN_LITERAL("192.0.2.2") } },
	};
	struct merge_options options = { .force = true, .header = &header };
	char *path[] = { made_path("one"), made_path("two") };
	const struct record_option *got;
	struct merge_result result;
	struct reader *reader;
	struct error error;

	(void)state;
	header.shards = 1;
	header.input = SPAN_LITERAL("the list");
	part.shards = 1;
	part.input = SPAN_LITERAL("-");
	header.option = of_all;
	header.option_count = 1;
	part.option = of_parts[0];
	part.option_count = 2;
	made_write_small(path[0], &part, 100000, "z.example");
	part.option = of_parts[1];
	part.input_size = 7;
	made_write_small(path[1], &part, 0, "a.example");
	for (int lacking = 0; lacking < 2; lacking++) {
		options.lacking = lacking;
		assert_int_equal(merge(&options, 2, path, &result, &error), 0);
		assert_true(result.domains == 2 && result.complete == !lacking);
	}
	assert_int_equal(reader_open(&reader, made_path("merged"), &error), 0);
	assert_true(span_equal(reader_header(reader)->input, header.input));
	got = reader_header(reader)->option;
	assert_int_equal(reader_header(reader)->option_count, 3);
	assert_true(span_equal(got[0].name, of_all[0].name) && span_equal(got[0].value, of_all[0].value));
	for (int i = 0; i < 2; i++)
		assert_true(span_equal(got[1 + i].value, of_parts[i][1].value));
	reader_close(reader);
}

static void put_line_that_is_no_host(struct made_writing *w)
{
	struct observation o = { .index = 7, .name = SPAN_LITERAL("no host"), .input = INPUT_ILLEGAL };

	made_put_domain(w, &o);
}

/* Beside files of domains, a scan of mail servers is no shard. */
static void mail_servers_are_joined_in(void **state)
{
	static const struct record_option of_hosts[] = { { SPAN_LITERAL("mx-hosts"), SPAN_LITERAL("yes") } };
	struct record_header domains = made_header(0), hosts = made_header(0);
	struct merge_options options = { .force = true };
	char *path[] = { made_path("hosts"), made_path("one") };
	struct merge_result result;
	struct obs_host host;
	struct reader *reader;
	struct maker maker;
	struct error error;
	struct made_writing w;

	(void)state;
	domains.shards = 1;
	domains.option = NULL;
	domains.option_count = 0;
	made_write_small(path[1], &domains, 0, "a.example");
	hosts.input = SPAN_LITERAL("mx.txt");
	hosts.input_size = 5;
	hosts.option = of_hosts;
	hosts.option_count = 1;
	maker_init(&maker, 1);
	made_host(&maker, 1, 0, &host);
	made_begin(&w, path[0], &hosts);
	w.trailer.hosts = 1;
	put_line_that_is_no_host(&w);
	made_added(&w, record_put_host(made_buffer(&w), &host));
	made_end(&w, COMPLETION_COMPLETE);
	maker_fini(&maker);
	assert_int_equal(merge(&options, 2, path, &result, &error), 0);
	assert_true(result.complete && result.domains == 1 && result.hosts == 1);
	assert_int_equal(reader_open(&reader, made_path("merged"), &error), 0);
	assert_non_null(record_header_option(reader_header(reader), SPAN_LITERAL("joined-mx-hosts")));
	reader_close(reader);
	/* alone, it is a list as any other */
	hosts.shards = 1;
	made_begin(&w, path[0], &hosts);
	made_end(&w, COMPLETION_COMPLETE);
	assert_int_equal(merge(&options, 1, path, &result, &error), 0);
	assert_true(result.complete && result.shards == 1);
}

static void a_file_that_is_there_stays(void **state)
{
	struct merge_options options = { .force = false };
	char *path[] = { made_shard_path(0), made_shard_path(1), made_shard_path(2) };
	sig_atomic_t stop = 1;
	struct merge_result result;
	struct error error;
	FILE *file = fopen(made_path("merged"), "w");

	(void)state;
	fputs("mine", file);
	fclose(file);
	assert_int_equal(merge(&options, MADE_SHARDS, path, &result, &error), -1);
	assert_non_null(strstr(error.text, "exists; --force replaces it"));
	options.force = true;
	options.stop = &stop; /* interrupted */
	assert_int_equal(merge(&options, MADE_SHARDS, path, &result, &error), -1);
	assert_true(result.stopped && strstr(error.text, "interrupted"));
	file = fopen(made_path("merged"), "r");
	assert_int_equal(fgetc(file), 'm');
	fclose(file);
}

/* What does not fit into memory goes elsewhere, or it is told why not. */
static void where_nothing_can_be_put_aside_is_told(void **state)
{
	struct merge_options options = { .force = true };
	char *path[] = { made_shard_path(0), made_shard_path(1), made_shard_path(2) };
	struct merge_result result;
	struct error error;

	(void)state;
	unlink(made_path("merged"));
	setenv("TMPDIR", "/nowhere", 1);
	assert_int_equal(merge(&options, MADE_SHARDS, path, &result, &error), -1);
	unsetenv("TMPDIR");
	assert_non_null(strstr(error.text, "/nowhere"));
	assert_int_not_equal(access(made_path("merged"), F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shards_become_what_one_scan_would_have_left),
		cmocka_unit_test(a_shard_that_is_missing_is_named),
		cmocka_unit_test(a_shard_that_was_interrupted_is_named),
		cmocka_unit_test(files_that_do_not_belong_together_are_refused),
		cmocka_unit_test(options_that_may_differ_are_all_told),
		cmocka_unit_test(an_index_that_stands_twice_is_an_error_or_left_out),
		cmocka_unit_test(parts_are_merged_under_a_header_of_the_caller),
		cmocka_unit_test(mail_servers_are_joined_in),
		cmocka_unit_test(a_file_that_is_there_stays),
		cmocka_unit_test(where_nothing_can_be_put_aside_is_told),
	};

	return cmocka_run_group_tests(tests, made_folder_make, made_folder_remove);
}
