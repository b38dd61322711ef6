/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/drift/diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "analysis/drift/diff_tables.h"
#include "analysis/drift/drift_join.h"
#include "analysis/drift/drift_scan.h"
#include "analysis/tables/table.h"

enum {
	/* Octets of a domain in a scan file, at least, on average: from there the number of rows is guessed. Too many
	 * guessed makes more partitions than are needed, and no harm. */
	OCTETS_PER_DOMAIN = 6,
	/* Octets of a partition that is joined: what a processor's cache holds gains, less does not. */
	PARTITION = 2 * 1024 * 1024,
	ROWS_OF_UNKNOWN = 64 * 1024 * 1024, /* in what can be read but once */
	PARTITIONS_MAX = 1024,              /* more leave buffers too small for disks that turn */
	/* Parts of the memory: the buffers of each of two scans, the partitions that are joined, the changes in order;
	 * the rest is for reading the scans. */
	PART_SPILL = 16,
	PART_JOIN = 3,
	PART_ROWS = 8,
};

struct diff {
	const struct diff_options *options;
	struct scan_set *set;
	int sets;
	double sample;
	uint8_t sample_key[SIPHASH_KEY_OCTETS], key[SIPHASH_KEY_OCTETS];
	unsigned partitions;
	struct diff_rows rows;
	struct diff_pair *pair; /* one less than sets */
	struct scan_headers labels;
	struct error join_error;
};

/* No table may take the place of a scan file. */
static int check_outputs(const struct diff_options *options, struct error *error)
{
	const struct scan_files files = { .path = options->path, .count = options->count };

	for (int i = 0; i < DIFF_TABLES; i++)
		if (table_check(&files, options->directory, diff_table_names[i], error) < 0)
			return -1;
	return 0;
}

static int check_sets(const struct diff *diff, struct error *error)
{
	const struct diff_options *options = diff->options;

	if (diff->sets < 2)
		return error_set(error,
				 options->count < 2 ? "%s is one scan; give another to compare it with"
						    : "%s and the others are shards of one scan; give another scan to "
						      "compare it with",
				 options->path[0]);
	if (diff->sets > DRIFT_SCANS)
		return error_set(error, "%d scans are too many: at most %d are compared at once", diff->sets,
				 DRIFT_SCANS);
	return 0;
}

/* Old and new may have been mixed up. */
static void warn_of_order(const struct diff *diff)
{
	for (int i = 1; i < diff->sets; i++) {
		const struct scan_set *old = &diff->set[i - 1], *new = &diff->set[i];
		struct error line;

		if (!old->known || !new->known || new->start_ms >= old->start_ms)
			continue;
		error_set(&line, "%s was begun before %s: the oldest scan comes first", new->path[0], old->path[0]);
		fprintf(stderr, "stsurvey %s: warning: %s\n", diff->options->command, line.text);
	}
}

/* By the largest scan. */
static unsigned partitions_of(const struct diff *diff)
{
	uint64_t rows = 0;
	unsigned partitions;

	for (int i = 0; i < diff->sets; i++) {
		uint64_t guess = diff->set[i].known ? diff->set[i].octets / OCTETS_PER_DOMAIN : ROWS_OF_UNKNOWN;

		rows = guess > rows ? guess : rows;
	}
	partitions = spill_partitions(rows, sizeof(struct drift_head) + DRIFT_JOIN_ROW, PARTITION);
	return partitions < PARTITIONS_MAX ? partitions : PARTITIONS_MAX;
}

/* Which labels there are is known once all is read. */
static int add_labels(struct diff *diff, const struct drift_scan *scan, struct error *error)
{
	const struct record_header header = { .label = scan->headers.label, .label_count = scan->headers.label_count };

	return scan_headers_add(&diff->labels, scan->set->path[0], &header, error);
}

static struct spill *read_scan(struct diff *diff, int number, struct error *error)
{
	const struct diff_options *options = diff->options;
	struct drift_scan scan = { .command = options->command,
				   .set = &diff->set[number],
				   .number = (unsigned)number,
				   .of = (unsigned)diff->sets,
				   .partial = options->partial,
				   .all = options->all,
				   .threads = options->threads,
				   .sample = diff->sample };
	struct spill *spill = spill_new(diff->partitions, 0, options->memory / PART_SPILL, error);

	scan_sets_hosts(diff->set, diff->sets, &scan.hosts, &scan.without_hosts);
	memcpy(scan.key, diff->key, sizeof(scan.key));
	memcpy(scan.sample_key, diff->sample_key, sizeof(scan.sample_key));
	if (spill && drift_scan_read(&scan, spill, error) == 0 && add_labels(diff, &scan, error) == 0)
		return spill;
	spill_free(spill);
	return NULL;
}

/* ---- joining ---- */

static void *begin_state(void *arg)
{
	struct diff *diff = arg;
	struct diff_state *state = malloc(sizeof(*state));

	if (state)
		diff_state_init(state, &diff->rows);
	return state;
}

static int on_pair(void *state, struct span old, struct span new, struct error *error)
{
	return diff_count_pair(state, old, new, error);
}

static void end_state(void *arg, void *end)
{
	struct diff *diff = arg;
	struct diff_state *state = end;

	diff_counts_add(&diff->pair[diff->rows.pair].counts, &state->counts);
	diff_state_fini(state);
	free(state);
}

/* As a rule the wrong file was given. */
static void warn_of_nothing_in_common(const struct diff *diff, int number)
{
	struct error line;

	if (diff->pair[number].counts.both > 0 || diff->pair[number].counts.old_alone == 0)
		return;
	error_set(&line, "%s and %s have no domain in common: are they scans of one list?", diff->set[number].path[0],
		  diff->set[number + 1].path[0]);
	fprintf(stderr, "stsurvey %s: warning: %s\n", diff->options->command, line.text);
}

static int join_pair(struct diff *diff, int number, const struct spill *old, const struct spill *new,
		     struct error *error)
{
	const struct drift_join join = { .old = old,
					 .new = new,
					 .threads = diff->options->threads,
					 .memory = diff->options->memory / PART_JOIN,
					 .begin = begin_state,
					 .on_pair = on_pair,
					 .end = end_state,
					 .arg = diff };

	diff->rows.pair = (uint16_t)number;
	diff->pair[number].from_ms = diff->set[number].start_ms;
	diff->pair[number].to_ms = diff->set[number + 1].start_ms;
	return drift_join(&join, error);
}

/* Two scans at a time are on disk. */
static int read_and_join(struct diff *diff, struct error *error)
{
	struct spill *old = read_scan(diff, 0, error), *new;
	int result = old ? 0 : -1;

	for (int i = 1; i < diff->sets && result == 0; i++) {
		new = read_scan(diff, i, error);
		result = new ? join_pair(diff, i - 1, old, new, error) : -1;
		spill_free(old);
		old = new;
		if (result == 0)
			warn_of_nothing_in_common(diff, i - 1);
	}
	spill_free(old);
	return result;
}

static int write_tables(struct diff *diff, struct error *error)
{
	const struct diff_tables tables = { .directory = diff->options->directory,
					    .pair = diff->pair,
					    .pairs = (unsigned)diff->sets - 1,
					    .sample = diff->sample,
					    .labels = &diff->labels,
					    .rows = &diff->rows };

	if (sorted_rows_start(diff->rows.changes, error) < 0 || sorted_rows_start(diff->rows.events, error) < 0)
		return -1;
	return diff_tables_write(&tables, error);
}

static int compare(struct diff *diff, struct error *error)
{
	size_t memory = diff->options->memory / PART_ROWS;

	diff->pair = calloc((size_t)diff->sets, sizeof(*diff->pair));
	if (!diff->pair)
		return error_set(error, "no memory");
	diff->rows.changes = sorted_rows_new(memory, error);
	diff->rows.events = diff->rows.changes ? sorted_rows_new(memory / 2, error) : NULL;
	if (!diff->rows.events)
		return -1;
	if (!diff->options->directory)
		return read_and_join(diff, error);
	if (table_make_folder(diff->options->directory, error) < 0)
		return -1;
	return read_and_join(diff, error) < 0 ? -1 : write_tables(diff, error);
}

static void tell_result(const struct diff *diff, struct diff_result *result)
{
	for (int p = 0; p < diff->sets - 1; p++) {
		const struct diff_counts *counts = &diff->pair[p].counts;

		result->both = counts->both;
		result->old = counts->both + counts->old_alone;
		result->new = counts->both + counts->new_alone;
		for (unsigned c = 0; c < DRIFT_CHANGES; c++)
			result->changes += counts->change[c];
	}
}

/* Before scan_sets_make; diff_end afterwards. */
static void diff_begin(struct diff *diff, const struct diff_options *options)
{
	*diff = (struct diff){ .options = options };
	pthread_mutex_init(&diff->rows.mutex, NULL);
}

static void diff_end(struct diff *diff)
{
	sorted_rows_free(diff->rows.changes);
	sorted_rows_free(diff->rows.events);
	pthread_mutex_destroy(&diff->rows.mutex);
	free(diff->pair);
	free(diff->set);
}

/* The sets are known, and can be compared. */
static int start(struct diff *diff, struct error *error)
{
	warn_of_order(diff);
	scan_sets_warn_of_hosts(diff->set, diff->sets, diff->options->command);
	diff->partitions = partitions_of(diff);
	if (getrandom(diff->key, sizeof(diff->key), 0) != sizeof(diff->key))
		return error_set(error, "no random numbers can be had");
	return compare(diff, error);
}

int diff_make(const struct diff_options *options, struct diff_result *result, struct error *error)
{
	struct diff diff;
	int done = -1;

	*result = (struct diff_result){ 0 };
	if (check_outputs(options, error) < 0)
		return -1;
	diff_begin(&diff, options);
	diff.sets = scan_sets_make(options->path, options->count, &diff.set, error);
	if (diff.sets >= 0 && check_sets(&diff, error) == 0 &&
	    scan_sets_sample(diff.set, diff.sets, &diff.sample, diff.sample_key, error) == 0)
		done = start(&diff, error);
	if (done == 0)
		tell_result(&diff, result);
	diff_end(&diff);
	return done;
}

/* Two that can be read twice. */
static bool is_pair(const struct diff *diff)
{
	return diff->sets == 2 && diff->set[0].known && diff->set[1].known;
}

int diff_count(const struct diff_options *options, struct diff_counts *counts, double *sample, struct error *error)
{
	struct error ignored;
	struct diff diff;
	int done;

	diff_begin(&diff, options);
	diff.sets = scan_sets_make(options->path, options->count, &diff.set, error);
	done = diff.sets < 0 ? -1 : 0;
	if (done == 0 && is_pair(&diff) &&
	    scan_sets_sample(diff.set, diff.sets, &diff.sample, diff.sample_key, &ignored) == 0)
		done = start(&diff, error) < 0 ? -1 : 1;
	if (done == 1) {
		*counts = diff.pair[0].counts;
		*sample = diff.sample;
	}
	diff_end(&diff);
	return done;
}
