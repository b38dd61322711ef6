/* SPDX-License-Identifier: BSD-2-Clause */
/* Shards of which one is a stranger's: it decides nothing of the others' domains, and costs no time without bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/merge/merge.h"
#include "output/scan_file/reader.h"
#include "tests/analysis/merge/made_shards.h"

enum { MEMORY = 64 * 1024 }; /* octets: a handful of rows */

static enum merge_option any_option(struct span name)
{
	(void)name;
	return MERGE_FREE;
}

enum { LIARS = 20000 }; /* certificates of one file whose hashes begin alike */

/* A file of the shard @shard with one domain, and a test of its run @run. The domain's certificate has the hash of all
 * others, and @told stands for what the file tells of it; @liars domains behind it have some of hashes that begin so.
 */
static void write_told(const char *path, unsigned shard, const char *told, uint32_t run, unsigned liars)
{
	struct obs_certificate certificate = { .der = span_of(told),
					       .issuer = span_of(told),
					       .not_after = (int64_t)strlen(told) };
	struct obs_vantage vantage = { .run = run, .time_ms = shard };
	struct record_header header = made_header(shard);
	struct made_writing w;

	memset(certificate.sha256, 7, sizeof(certificate.sha256));
	made_begin(&w, path, &header);
	made_added(&w, record_put_vantage(made_buffer(&w), &vantage));
	for (unsigned i = 0; i <= liars; i++) {
		struct observation o = { .index = i * MADE_SHARDS + shard,
					 .name = SPAN_LITERAL("a.example"),
					 .policy.status = CONNECT_SUCCESS,
					 .policy.tls = { .chain = &certificate, .chain_count = 1 } };

		made_put_domain(&w, &o);
		memcpy(certificate.sha256 + sizeof(certificate.sha256) - sizeof(i), &i, sizeof(i));
	}
	made_end(&w, COMPLETION_COMPLETE);
}

static void on_run(void *arg, const struct obs_vantage *vantage)
{
	uint32_t *run = arg;

	assert_true(vantage->run != 0 && vantage->run != run[0] && vantage->run != run[1]);
	run[run[0] ? run[1] ? 2 : 1 : 0] = vantage->run;
}

static void what_a_shard_tells_changes_nothing_of_another(void **state)
{
	static const char *const told[MADE_SHARDS] = { "lie", "truth", "truth" };
	static const uint32_t runs[MADE_SHARDS] = { UINT32_MAX, 0, 0 }; /* a stranger's, and one each */
	char *path[] = { made_path("one"), made_path("two"), made_path("three") };
	struct merge_options options = { .command = "merge",
					 .path = path,
					 .count = MADE_SHARDS,
					 .output = made_path("merged"),
					 .force = true,
					 .memory = MEMORY,
					 .option = any_option };
	uint32_t run[MADE_SHARDS] = { 0 };
	struct merge_result result;
	struct observation got;
	struct reader *reader;
	struct error error;

	(void)state;
	for (unsigned i = 0; i < MADE_SHARDS; i++)
		write_told(path[i], i, told[i], runs[i], i == 0 ? LIARS : 0);
	assert_int_equal(merge_scans(&options, &result, &error), 0);
	assert_int_equal(reader_open(&reader, made_path("merged"), &error), 0);
	reader_watch(reader, NULL, on_run, run);
	for (unsigned i = 0; i < MADE_SHARDS; i++) {
		const struct obs_certificate *certificate;

		assert_int_equal(reader_next(reader, &got, &error), 1);
		assert_int_equal(got.index, i);
		certificate = &got.policy.tls.chain[0];
		assert_true(span_equal(certificate->issuer, span_of(told[i])));
		assert_int_equal(certificate->not_after, strlen(told[i]));
		assert_null(certificate->der.p); /* of which nobody knows what it is */
	}
	reader_close(reader);
	assert_true(run[0] && run[1] && run[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_shard_tells_changes_nothing_of_another),
	};

	return cmocka_run_group_tests(tests, made_folder_make, made_folder_remove);
}
