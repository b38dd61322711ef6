/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows put aside come back, each partition's in the order they were put; what the machine has not is an error with a
 * remedy.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "analysis/pass/spill.h"

enum { LONG_ROW = 3 * SPILL_BUFFER_LEAST };

/* As good as random, and the same each time. */
static uint64_t hash_of(uint64_t i)
{
	return (i + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ (i << 40);
}

struct row {
	uint64_t hash, i;
};

static void rows_of_one_size_come_back_in_order(void **state)
{
	static const struct {
		unsigned partitions;
		size_t memory;
		unsigned rows;
	} cases[] = {
		{ 1, 0, 100000 },        { 2, 0, 100000 },   { 64, 1, 200000 }, { 4096, 0, 50000 },
		{ 64, 256 << 20, 1000 }, { 1, 1 << 30, 10 }, { 16, 0, 0 },
	};

	(void)state;
	for (size_t c = 0; c < COUNT_OF(cases); c++) {
		struct error error;
		struct spill *spill = spill_new(cases[c].partitions, sizeof(struct row), cases[c].memory, &error);
		uint64_t rows = 0;

		assert_non_null(spill);
		for (uint64_t i = 0; i < cases[c].rows; i++) {
			struct row row = { hash_of(i), i };

			assert_int_equal(spill_put(spill, row.hash, (struct span){ (char *)&row, sizeof(row) }, &error),
					 0);
		}
		assert_int_equal(spill_partition_count(spill), cases[c].partitions);
		for (unsigned p = 0; p < cases[c].partitions; p++) {
			struct spill_reader reader;
			uint64_t in_partition = 0, next = 0;
			struct span octets;
			int got;

			spill_read_start(&reader, spill, p);
			while ((got = spill_read_next(&reader, &octets, &error)) > 0) {
				struct row row;

				assert_int_equal(octets.n, sizeof(row));
				memcpy(&row, octets.p, sizeof(row));
				assert_int_equal(row.hash, hash_of(row.i));
				assert_true(row.i >= next); /* none twice, none before another */
				assert_int_equal((row.hash >> 32) * cases[c].partitions >> 32, p);
				next = row.i + 1;
				in_partition++;
			}
			assert_int_equal(got, 0);
			assert_int_equal(in_partition, spill_rows(spill, p));
			assert_int_equal(in_partition * sizeof(struct row), spill_octets(spill, p));
			rows += in_partition;
			spill_read_end(&reader);
		}
		assert_int_equal(rows, cases[c].rows);
		spill_free(spill);
	}
}

static size_t length_of(uint64_t i)
{
	return i % 1000 == 999 ? LONG_ROW : i % 97;
}

/* From nothing up to what no buffer holds. */
static void rows_of_any_size_come_back_whole(void **state)
{
	enum { ROWS = 20000, PARTITIONS = 8 };
	struct error error;
	struct spill *spill = spill_new(PARTITIONS, 0, 0, &error);
	static char text[LONG_ROW], expected[LONG_ROW];
	uint64_t next[PARTITIONS] = { 0 }, rows = 0;

	(void)state;
	assert_non_null(spill);
	for (uint64_t i = 0; i < ROWS; i++) {
		memset(text, (int)(i % 251), sizeof(text));
		assert_int_equal(spill_put(spill, hash_of(i), (struct span){ text, length_of(i) }, &error), 0);
	}
	for (unsigned p = 0; p < PARTITIONS; p++) {
		struct spill_reader reader;
		struct span octets;

		spill_read_start(&reader, spill, p);
		while (spill_read_next(&reader, &octets, &error) > 0) {
			while (hash_of(next[p]) >> 61 != p)
				next[p]++;
			assert_int_equal(octets.n, length_of(next[p]));
			memset(expected, (int)(next[p] % 251), sizeof(expected));
			assert_memory_equal(octets.p, expected, octets.n);
			next[p]++;
			rows++;
		}
		spill_read_end(&reader);
	}
	assert_int_equal(rows, ROWS);
	spill_free(spill);
}

static void a_partition_can_be_read_twice_and_beside_another(void **state)
{
	struct error error;
	struct spill *spill = spill_new(2, sizeof(uint64_t), 0, &error);
	struct spill_reader reader[2];
	struct span row[2];

	(void)state;
	for (uint64_t i = 0; i < 10000; i++)
		assert_int_equal(spill_put(spill, i << 63, (struct span){ (char *)&i, sizeof(i) }, &error), 0);
	spill_read_start(&reader[0], spill, 0);
	spill_read_start(&reader[1], spill, 0);
	for (unsigned i = 0; i < 5000; i++) {
		assert_int_equal(spill_read_next(&reader[0], &row[0], &error), 1);
		assert_int_equal(spill_read_next(&reader[1], &row[1], &error), 1);
		assert_memory_equal(row[0].p, row[1].p, sizeof(uint64_t));
	}
	assert_int_equal(spill_read_next(&reader[0], &row[0], &error), 0);
	assert_int_equal(spill_read_next(&reader[0], &row[0], &error), 0);
	spill_read_end(&reader[0]);
	spill_read_end(&reader[1]);
	spill_free(spill);
}

static void partitions_follow_rows_and_memory(void **state)
{
	static const struct {
		uint64_t rows;
		size_t each, memory;
		unsigned partitions;
	} cases[] = {
		{ 0, 80, 1 << 20, 1 },
		{ 100, 80, 1 << 20, 1 },
		{ 20000000, 80, 256 << 20, 8 },
		{ 160000000, 80, 256 << 20, 64 },
		{ UINT64_MAX / 80, 80, 1, SPILL_PARTITIONS_MAX },
	};

	(void)state;
	for (size_t c = 0; c < COUNT_OF(cases); c++)
		assert_int_equal(spill_partitions(cases[c].rows, cases[c].each, cases[c].memory), cases[c].partitions);
}

/* ---- what the machine has not ---- */

/* Put rows until it fails, and leave why in @error. */
static void fail_to_put(struct error *error)
{
	struct spill *spill = spill_new(1, sizeof(uint64_t), 0, error);

	assert_non_null(spill);
	for (uint64_t i = 0; i < 1000000; i++) {
		if (spill_put(spill, i, (struct span){ (char *)&i, sizeof(i) }, error) == 0)
			continue;
		spill_free(spill);
		return;
	}
	fail_msg("a million rows were put");
}

static void limit(int resource, rlim_t soft, struct rlimit *before)
{
	struct rlimit now;

	assert_int_equal(getrlimit(resource, before), 0);
	now = *before;
	now.rlim_cur = soft;
	assert_int_equal(setrlimit(resource, &now), 0);
}

static void a_full_disk_is_told_with_the_remedy(void **state)
{
	struct rlimit before;
	struct error error;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	limit(RLIMIT_FSIZE, 5 * SPILL_BUFFER_LEAST / 2, &before); /* within the third write */
	fail_to_put(&error);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_non_null(strstr(error.text, "let TMPDIR name a folder with more room"));
}

static void too_few_descriptors_are_told_with_the_remedy(void **state)
{
	struct rlimit before;
	struct error error;

	(void)state;
	limit(RLIMIT_NOFILE, 0, &before);
	fail_to_put(&error);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_non_null(strstr(error.text, "ulimit -n"));
}

static void a_folder_that_is_not_there_is_named(void **state)
{
	struct error error;

	(void)state;
	setenv("TMPDIR", "/nonexistent/spill", 1);
	fail_to_put(&error);
	unsetenv("TMPDIR");
	assert_non_null(strstr(error.text, "/nonexistent/spill: "));
}

static void a_row_of_another_size_is_refused(void **state)
{
	struct error error;
	struct spill *spill = spill_new(1, 8, 0, &error);

	(void)state;
	assert_int_equal(spill_put(spill, 0, SPAN_LITERAL("seven.."), &error), -1);
	spill_free(spill);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_one_size_come_back_in_order),
		cmocka_unit_test(rows_of_any_size_come_back_whole),
		cmocka_unit_test(a_partition_can_be_read_twice_and_beside_another),
		cmocka_unit_test(partitions_follow_rows_and_memory),
		cmocka_unit_test(a_full_disk_is_told_with_the_remedy),
		cmocka_unit_test(too_few_descriptors_are_told_with_the_remedy),
		cmocka_unit_test(a_folder_that_is_not_there_is_named),
		cmocka_unit_test(a_row_of_another_size_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
