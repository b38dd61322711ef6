/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/drift/drift_scan.h"

#include <stdlib.h>
#include <string.h>

struct reading {
	struct drift_scan *scan;
	struct spill *spill;
	struct drift_rows rows;
	struct error *error;
	bool failed;
};

/* What the file's headers say was not known where it can be read but once. */
static int on_headers(void *arg, const struct scan_headers *headers, struct error *error)
{
	struct reading *reading = arg;
	const struct drift_scan *scan = reading->scan;

	if (!scan->set->known && !scan->without_hosts && !headers->hosts && scan->hosts)
		return error_set(error,
				 "%s is a scan without mail servers, and the other scans have them: save it as a file "
				 "to have it compared",
				 scan->set->path[0]);
	if (scan->set->known ||
	    (headers->sample == scan->sample &&
	     (scan->sample <= 0 || memcmp(headers->sample_key, scan->sample_key, sizeof(scan->sample_key)) == 0)))
		return 0;
	return error_set(error, "%s is another sample than the other scans: save it as a file to have it compared",
			 scan->set->path[0]);
}

/* A thread's own. */
struct part {
	const struct reading *reading;
	struct tally tld;
};

static void *begin_part(void *arg)
{
	struct part *part = malloc(sizeof(*part));

	if (!part)
		return NULL;
	part->reading = arg;
	tally_init(&part->tld, STATS_TLDS_MAX);
	return part;
}

static void end_part(void *arg, void *state)
{
	struct reading *reading = arg;
	struct part *part = state;

	if (reading->scan->tld)
		tally_merge(reading->scan->tld, &part->tld);
	tally_fini(&part->tld);
	free(part);
}

static bool put_row(struct part *part, struct text *output, const struct observation *observation,
		    const struct classification *result)
{
	const struct reading *reading = part->reading;
	const struct drift_scan *scan = reading->scan;
	enum record_state sts = result->judgement.record[TXT_STS];
	uint32_t n;

	if (scan->tld)
		stats_add_parts(tally_at(&part->tld, stats_tld(observation)), stats_parts_of(observation, result));
	if (scan->sts_only && (sts == RECORD_NONE || sts == RECORD_NOT_ASKED))
		return true;
	if (!text_room(output, sizeof(n) + DRIFT_ROW_MAX))
		return false;
	n = (uint32_t)drift_row_make(&reading->rows, observation, result, output->data + output->used + sizeof(n));
	memcpy(output->data + output->used, &n, sizeof(n));
	output->used += sizeof(n) + n;
	return true;
}

/* As a scan that did not look at mail servers would have it. */
__attribute__((noinline)) static bool put_bare_row(struct part *part, struct text *output,
						   const struct observation *observation)
{
	struct observation bare = *observation;
	struct classification result;

	bare.mx.host = NULL;
	classify(&bare, &result);
	return put_row(part, output, &bare, &result);
}

/* Rows with their lengths in front, on any thread. */
static bool on_domain(void *state, struct text *output, const struct observation *observation,
		      const struct classification *result)
{
	struct part *part = state;
	const struct drift_scan *scan = part->reading->scan;

	if (scan->sample > 0 && !siphash_samples(scan->sample_key, scan->sample, observation->name))
		return true;
	return scan->without_hosts && observation->mx.host ? put_bare_row(part, output, observation)
							   : put_row(part, output, observation, result);
}

static bool take_row(struct reading *reading, struct span row)
{
	struct drift_scan *scan = reading->scan;
	struct drift_head head;

	memcpy(&head, row.p, sizeof(head));
	if (!scan->set->known && (scan->set->start_ms == 0 || head.time_ms < scan->set->start_ms))
		scan->set->start_ms = head.time_ms;
	scan->domains++;
	reading->failed = spill_put(reading->spill, drift_hash(&head), row, reading->error) < 0;
	return !reading->failed;
}

static bool on_output(void *arg, unsigned output, struct span octets)
{
	struct reading *reading = arg;
	uint32_t n;

	(void)output;
	for (; octets.n > 0; octets = span_skip(octets, n)) {
		memcpy(&n, octets.p, sizeof(n));
		octets = span_skip(octets, sizeof(n));
		if (!take_row(reading, (struct span){ octets.p, n }))
			return false;
	}
	return true;
}

static const struct scan_files_work work = {
	.outputs = 1, .begin = begin_part, .on_domain = on_domain, .on_output = on_output, .end = end_part
};

int drift_scan_read(struct drift_scan *scan, struct spill *spill, struct error *error)
{
	struct scan_files files = { .command = scan->command,
				    .path = scan->set->path,
				    .count = scan->set->count,
				    .number = scan->number + 1,
				    .of = scan->of,
				    .partial = scan->partial,
				    .threads = scan->threads,
				    .on_headers = on_headers };
	struct reading reading = { .scan = scan,
				   .spill = spill,
				   .rows = { .scan = (uint16_t)scan->number, .all = scan->all },
				   .error = error };

	memcpy(reading.rows.key, scan->key, sizeof(reading.rows.key));
	if (scan_files_check_distinct(&files, error) < 0 || scan_files_work(&files, &work, &reading, error) < 0 ||
	    reading.failed || scan_files_check_domains(&files, error) < 0)
		return -1;
	scan->headers = files.headers;
	/* the labels' names are in there */
	for (size_t i = 0; i < scan->headers.label_count; i++)
		scan->headers.label[i].p = scan->headers.label_text[i];
	return 0;
}
