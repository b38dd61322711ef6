/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/drift/series.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "analysis/drift/drift_scan.h"
#include "analysis/drift/series_runs.h"
#include "analysis/tables/host_stats.h"
#include "analysis/tables/table.h"

enum {
	PARTITIONS_LEAST = 16,
	PARTITIONS_MOST = 1024,
	OCTETS_PER_ROW = 512,    /* of a domain with a record, about; … */
	OCTETS_PER_RECORD = 256, /* … and in the scan file, at least, where it is hardly another's like */
	DAY_MS = 86400 * 1000,
	/* Parts of the memory: the buffers of the rows, a partition, runs in order, and renewals. */
	PART_SPILL = 8,
	PART_PARTITION = 4,
	PART_ROWS = 8,
};

enum { TABLE_SERIES, TABLE_TESTING, TABLE_FAULTS, TABLE_RENEWALS, SERIES_TABLES };

static const struct table_name tables[SERIES_TABLES] = {
	[TABLE_SERIES] = { "series", "date,tld,domains,with_mx,sts,misconfigured,enforce,tlsrpt,share_sts" },
	[TABLE_TESTING] = { "testing", "since,until,scans,days,became,domains" },
	[TABLE_FAULTS] = { "faults", "component,since,until,scans,days,became,domains" },
	[TABLE_RENEWALS] = { "renewals", "days_left_bucket,renewals,domains,of,share" },
};

struct series {
	const struct series_options *options;
	struct scan_set *set;
	int sets;
	double sample;
	uint8_t sample_key[SIPHASH_KEY_OCTETS], key[SIPHASH_KEY_OCTETS];
	struct spill *rows;
	struct series_runs runs;
	struct table table[SERIES_TABLES];
};

/* ---- reading ---- */

static void write_part(struct csv *csv, int64_t start_ms, struct span tld, const uint64_t counter[static PART_COUNT])
{
	csv_time_ms(csv, start_ms);
	csv_text(csv, tld);
	for (unsigned c = PART_DOMAINS; c <= PART_TLSRPT; c++)
		csv_uint(csv, counter[c]);
	csv_share(csv, counter[PART_STS], counter[PART_DOMAINS]);
	csv_end(csv);
}

/* All first, then the TLDs by their names, so that a TLD's rows are found in one order in each scan. */
static void write_parts(struct csv *csv, int64_t start_ms, struct tally *tld)
{
	uint64_t all[PART_COUNT] = { 0 };

	tally_sort_words(tld);
	for (size_t i = 0; i < tld->count; i++)
		for (unsigned c = 0; c < PART_COUNT; c++)
			all[c] += tld->entry[i].counter[c];
	write_part(csv, start_ms, SPAN_LITERAL("all"), all);
	for (size_t i = 0; i < tld->count; i++)
		write_part(csv, start_ms, tld->entry[i].word, tld->entry[i].counter);
}

static int read_scan(struct series *series, int number, struct error *error)
{
	struct tally tld;
	struct drift_scan scan = { .command = series->options->command,
				   .set = &series->set[number],
				   .number = (unsigned)number,
				   .of = (unsigned)series->sets,
				   .partial = series->options->partial,
				   .sts_only = true,
				   .tld = &tld,
				   .threads = series->options->threads,
				   .sample = series->sample };
	int result;

	scan_sets_hosts(series->set, series->sets, &scan.hosts, &scan.without_hosts);
	memcpy(scan.key, series->key, sizeof(scan.key));
	memcpy(scan.sample_key, series->sample_key, sizeof(scan.sample_key));
	tally_init(&tld, STATS_TLDS_MAX);
	result = drift_scan_read(&scan, series->rows, error);
	if (result == 0)
		write_parts(&series->table[TABLE_SERIES].csv, series->set[number].start_ms, &tld);
	tally_fini(&tld);
	return result;
}

/* ---- tables ---- */

static void write_run(struct series *series, const struct series_run *run, uint64_t domains)
{
	bool is_fault = run->kind == DRIFT_COMPONENT;
	struct csv *csv = &series->table[is_fault ? TABLE_FAULTS : TABLE_TESTING].csv;
	int64_t since_ms = series->set[run->since].start_ms, until_ms = series->set[run->until].start_ms;

	if (is_fault)
		csv_string(csv, drift_word(run->kind, run->word));
	csv_time_ms(csv, since_ms);
	csv_time_ms(csv, until_ms);
	csv_uint(csv, run->until - run->since + 1U);
	csv_number(csv, ((double)until_ms - (double)since_ms) / DAY_MS, 1);
	csv_string(csv, run->became == SERIES_STILL ? "still" : drift_word(run->kind, run->became));
	csv_uint(csv, domains);
	csv_end(csv);
}

/* Equal rows stand beside each other. */
static int write_runs(struct series *series, struct error *error)
{
	struct series_run run, before = { 0 };
	uint64_t domains = 0;
	struct span row;
	int got = sorted_rows_start(series->runs.runs, error);

	while (got == 0 || got == 1) {
		got = sorted_rows_next(series->runs.runs, &row, error);
		if (got <= 0)
			break;
		series_run_read(row, &run);
		if (domains > 0 && (run.kind != before.kind || run.word != before.word || run.since != before.since ||
				    run.until != before.until || run.became != before.became)) {
			write_run(series, &before, domains);
			domains = 0;
		}
		before = run;
		domains++;
	}
	if (got == 0 && domains > 0)
		write_run(series, &before, domains);
	return got;
}

static int write_renewals(struct series *series, struct error *error)
{
	uint64_t renewals[HOST_STATS_BUCKETS] = { 0 }, domains[HOST_STATS_BUCKETS] = { 0 }, of = 0;
	struct csv *csv = &series->table[TABLE_RENEWALS].csv;
	char before[1 + 2 * 32] = "";
	struct span row;
	int got = sorted_rows_start(series->runs.renewals, error);

	if (got < 0)
		return -1;
	while ((got = sorted_rows_next(series->runs.renewals, &row, error)) > 0) {
		unsigned bucket = series_renewal_bucket(row);

		renewals[bucket] += of == 0 || memcmp(before, row.p, sizeof(before)) != 0;
		domains[bucket]++;
		of++;
		memcpy(before, row.p, sizeof(before));
	}
	for (unsigned b = 0; b < HOST_STATS_BUCKETS && got == 0; b++) {
		csv_string(csv, host_stats_buckets[b].name);
		csv_uint(csv, renewals[b]);
		csv_share_row(csv, domains[b], of);
	}
	return got;
}

static int check_outputs(const struct series_options *options, struct error *error)
{
	const struct scan_files files = { .path = options->path, .count = options->count };

	for (int i = 0; i < SERIES_TABLES; i++)
		if (table_check(&files, options->directory, tables[i].name, error) < 0)
			return -1;
	return 0;
}

static int read_and_write(struct series *series, struct error *error)
{
	for (int i = 0; i < series->sets; i++)
		if (read_scan(series, i, error) < 0)
			return -1;
	if (series_runs_find(&series->runs, series->rows, error) < 0 || write_runs(series, error) < 0)
		return -1;
	return write_renewals(series, error);
}

/* ---- the whole ---- */

static unsigned partitions_of(const struct series *series)
{
	uint64_t octets = 0;
	unsigned partitions;

	for (int i = 0; i < series->sets; i++)
		octets += series->set[i].octets;
	partitions = spill_partitions(octets / OCTETS_PER_RECORD, OCTETS_PER_ROW,
				      series->options->memory / PART_PARTITION / 2);
	return partitions < PARTITIONS_LEAST  ? PARTITIONS_LEAST
	       : partitions > PARTITIONS_MOST ? PARTITIONS_MOST
					      : partitions;
}

static int begin(struct series *series, struct error *error)
{
	size_t memory = series->options->memory;

	if (series->sets > DRIFT_SCANS)
		return error_set(error, "%d scans are too many: at most %d make a series", series->sets, DRIFT_SCANS);
	if (scan_sets_sample(series->set, series->sets, &series->sample, series->sample_key, error) < 0)
		return -1;
	if (getrandom(series->key, sizeof(series->key), 0) != sizeof(series->key))
		return error_set(error, "no random numbers can be had");
	series->runs.scans = (unsigned)series->sets;
	series->runs.memory = memory / PART_PARTITION;
	series->rows = spill_new(partitions_of(series), 0, memory / PART_SPILL, error);
	series->runs.runs = series->rows ? sorted_rows_new(memory / PART_ROWS, error) : NULL;
	series->runs.renewals = series->runs.runs ? sorted_rows_new(memory / PART_ROWS, error) : NULL;
	return series->runs.renewals ? 0 : -1;
}

static int make_tables(struct series *series, struct error *error)
{
	struct error late;
	int result;

	scan_sets_sort(series->set, series->sets);
	scan_sets_warn_of_hosts(series->set, series->sets, series->options->command);
	if (begin(series, error) < 0 || table_make_folder(series->options->directory, error) < 0 ||
	    tables_open(series->table, tables, SERIES_TABLES, series->options->directory, series->sample, error) < 0)
		return -1;
	result = read_and_write(series, error);
	if (tables_close(series->table, SERIES_TABLES, result == 0, &late) == 0 || result < 0)
		return result;
	*error = late;
	return -1;
}

int series_make(const struct series_options *options, unsigned *scans, struct error *error)
{
	struct series *series = calloc(1, sizeof(*series));
	int result = -1;

	if (!series)
		return error_set(error, "no memory");
	series->options = options;
	if (check_outputs(options, error) == 0)
		series->sets = scan_sets_make(options->path, options->count, &series->set, error);
	if (series->sets > 0)
		result = make_tables(series, error);
	*scans = series->sets > 0 ? (unsigned)series->sets : 0;
	spill_free(series->rows);
	sorted_rows_free(series->runs.runs);
	sorted_rows_free(series->runs.renewals);
	free(series->set);
	free(series);
	return result;
}
