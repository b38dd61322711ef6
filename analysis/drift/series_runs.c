/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/drift/series_runs.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/classify/classify_tls.h"
#include "analysis/tables/host_stats.h"

/* A row of a partition. */
struct item {
	struct drift_head head;
	struct span row;
	size_t number; /* in the order they were put */
};

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = memcmp(x->head.hash, y->head.hash, sizeof(x->head.hash));

	if (order == 0)
		order = (x->head.scan > y->head.scan) - (x->head.scan < y->head.scan);
	return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

static bool is_unknown(enum drift_kind kind, uint8_t word)
{
	const char *name = drift_word(kind, word);

	return strcmp(name, "unknown") == 0 || strcmp(name, "not-asked") == 0;
}

/* Is the word one whose runs are told? */
static bool is_told(enum drift_kind kind, uint8_t word)
{
	if (kind == DRIFT_MODE)
		return word == 1 + STS_MODE_TESTING;
	return word >= 1 + COMPONENT_RECORD && word < 1 + COMPONENT_OK;
}

static int put_run(struct series_runs *runs, const struct series_run *run, struct error *error)
{
	const char row[] = { (char)run->kind,         (char)run->word,  (char)(run->since >> 8), (char)run->since,
			     (char)(run->until >> 8), (char)run->until, (char)run->became };

	return sorted_rows_put(runs->runs, (struct span){ row, sizeof(row) }, error);
}

void series_run_read(struct span row, struct series_run *run)
{
	run->kind = (enum drift_kind)sorted_rows_take_number(&row, 1);
	run->word = (uint8_t)sorted_rows_take_number(&row, 1);
	run->since = (uint16_t)sorted_rows_take_number(&row, 2);
	run->until = (uint16_t)sorted_rows_take_number(&row, 2);
	run->became = (uint8_t)sorted_rows_take_number(&row, 1);
}

/* The runs of one domain, @count rows in order of the scans, one each. A scan without a row has no record of it. */
static int find_runs(struct series_runs *runs, const struct item *item, size_t count, enum drift_kind kind,
		     struct error *error)
{
	const uint8_t no_record = kind == DRIFT_MODE ? 1 + STS_MODE_UNSET : 1 + COMPONENT_NONE;
	struct series_run run = { .kind = kind, .word = no_record };

	for (unsigned scan = 0, i = 0; scan < runs->scans; scan++) {
		bool there = i < count && item[i].head.scan == scan;
		uint8_t word = there ? item[i++].head.word[kind] : no_record;

		if (is_unknown(kind, word))
			continue;
		if (word == run.word) {
			run.until = (uint16_t)scan;
			continue;
		}
		run.became = word;
		if (is_told(kind, run.word) && put_run(runs, &run, error) < 0)
			return -1;
		run.word = word;
		run.since = run.until = (uint16_t)scan;
	}
	run.became = SERIES_STILL;
	return is_told(kind, run.word) ? put_run(runs, &run, error) : 0;
}

/* ---- certificates ---- */

static int put_renewal(struct series_runs *runs, const struct drift_leaf *old, const struct drift_leaf *new,
		       struct error *error)
{
	char row[1 + sizeof(old->sha256) + sizeof(new->sha256)];

	row[0] = (char)host_stats_bucket(classify_tls_days(new->not_before, old->not_after));
	memcpy(row + 1, old->sha256, sizeof(old->sha256));
	memcpy(row + 1 + sizeof(old->sha256), new->sha256, sizeof(new->sha256));
	return sorted_rows_put(runs->renewals, (struct span){ row, sizeof(row) }, error);
}

unsigned series_renewal_bucket(struct span row)
{
	return (unsigned char)row.p[0];
}

/* Of those that were taken, or would have been but for their end: another's is followed by none. */
static int find_renewals(struct series_runs *runs, const struct item *item, size_t count, struct error *error)
{
	struct drift_leaf before = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct drift_domain domain;

		drift_row_read(item[i].row, &domain);
		if (!domain.leaf.known || !(domain.leaf.verified || domain.leaf.expired))
			continue;
		if (before.known && domain.leaf.verified &&
		    memcmp(before.sha256, domain.leaf.sha256, sizeof(before.sha256)) != 0 &&
		    put_renewal(runs, &before, &domain.leaf, error) < 0)
			return -1;
		before = domain.leaf;
	}
	return 0;
}

/* ---- partitions ---- */

/* The rows of one domain. Where a list holds the name several times, the first of each scan counts. */
static int find_in_domain(struct series_runs *runs, struct item *item, size_t count, struct error *error)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (kept == 0 || item[i].head.scan != item[kept - 1].head.scan)
			item[kept++] = item[i];
	if (find_runs(runs, item, kept, DRIFT_MODE, error) < 0 ||
	    find_runs(runs, item, kept, DRIFT_COMPONENT, error) < 0)
		return -1;
	return find_renewals(runs, item, kept, error);
}

static int find_in_items(struct series_runs *runs, struct item *item, size_t count, struct error *error)
{
	qsort(item, count, sizeof(*item), compare_items);
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count; end++)
			if (memcmp(item[end].head.hash, item[i].head.hash, sizeof(item[i].head.hash)) != 0)
				break;
		if (find_in_domain(runs, &item[i], end - i, error) < 0)
			return -1;
	}
	return 0;
}

static int load(struct item *item, char *octets, const struct spill *rows, unsigned partition, struct error *error)
{
	struct spill_reader reader;
	struct span row;
	size_t count = 0;
	int got;

	spill_read_start(&reader, rows, partition);
	while ((got = spill_read_next(&reader, &row, error)) > 0) {
		memcpy(octets, row.p, row.n);
		item[count] = (struct item){ .row = { octets, row.n }, .number = count };
		memcpy(&item[count].head, row.p, sizeof(item[count].head));
		octets += row.n;
		count++;
	}
	spill_read_end(&reader);
	return got;
}

static int find_in_partition(struct series_runs *runs, const struct spill *rows, unsigned partition,
			     struct error *error)
{
	uint64_t count = spill_rows(rows, partition), octets = spill_octets(rows, partition);
	struct item *item;
	char *data;
	int result;

	if (count == 0)
		return 0;
	if (count * sizeof(*item) + octets > runs->memory)
		return error_set(error,
				 "the domains of the series need more memory: give --memory, %llu octets would do",
				 (unsigned long long)(4 * (count * sizeof(*item) + octets)));
	item = malloc(count * sizeof(*item));
	data = malloc(octets);
	result = item && data ? load(item, data, rows, partition, error) : error_set(error, "no memory");
	if (result == 0)
		result = find_in_items(runs, item, count, error);
	free(item);
	free(data);
	return result;
}

int series_runs_find(struct series_runs *runs, const struct spill *rows, struct error *error)
{
	for (unsigned p = 0; p < spill_partition_count(rows); p++)
		if (find_in_partition(runs, rows, p, error) < 0)
			return -1;
	return 0;
}
