/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "analysis/merge/merge.h"
#include "output/scan_file/reader.h"
#include "scanner/fleet/collect.h"
#include "scanner/options/option_table.h"

/* Read to its end, since one that could not be merged would keep all others from it. */
static bool is_whole(struct reader *reader, const char *name)
{
	struct observation observation;
	struct error words, why;
	int got;

	while ((got = reader_next(reader, &observation, &why)) > 0)
		;
	return got == 0 && reader_judge_to_use(reader, name, false, &words, &why) == READER_COMPLETE;
}

bool collector_is_scan(void *arg, int fd, const char *name)
{
	const struct collector *c = arg;
	struct reader *reader;
	struct error why;
	bool is;

	if (reader_open_descriptor(&reader, fd, name, &why) < 0)
		return false;
	is = span_equal(reader_header(reader)->tool, span_of(c->fleet.job.tool)) && is_whole(reader, name);
	reader_close(reader);
	return is;
}

/* When the first of them began. */
static int find_start(char *const *path, int count, int64_t *start_ms, struct error *error)
{
	*start_ms = INT64_MAX;
	for (int i = 0; i < count; i++) {
		struct reader *reader;
		int64_t start;

		if (reader_open(&reader, path[i], error) < 0)
			return -1;
		start = reader_header(reader)->start_ms;
		if (start < *start_ms)
			*start_ms = start;
		reader_close(reader);
	}
	return 0;
}

/* As if one scan had been given the list and the job's options. What a worker's scan drew itself, keys and labels,
 * stands in its own header. */
static struct record_header header_of(const struct job *job, const struct record_header *chunk, int64_t start_ms)
{
	struct record_header header = *chunk;

	header.tool = span_of(job->tool);
	header.start_ms = start_ms;
	header.option = job->option;
	header.option_count = job->option_count;
	header.input = job->list;
	header.input_size = job->list_size;
	header.input_mtime = job->list_mtime;
	header.input_sample = job->list_sample;
	header.input_hash = job->list_hash;
	header.first_index = 0;
	header.has_gaps = false;
	header.shards = 1;
	header.shard = 0;
	return header;
}

/* What each worker was told of its own machine, from its scans' headers: who was asked, and by which name. */
static enum merge_option option_of(struct span name)
{
	const struct option_row *row = option_find(name, 1u << COMMAND_FLEET_WORK);

	return row && row->kind != OPTION_OUTPUT && row->kind != OPTION_COUNTED &&
			       !span_equal(name, SPAN_LITERAL("quiet"))
		       ? MERGE_FREE
		       : MERGE_LEFT_OUT;
}

int collector_merge(struct collector *c, bool lacking, struct error *error)
{
	struct merge_options merge = { .command = "fleet collect",
				       .output = c->options->output_file,
				       .force = true,   /* it was looked at */
				       .partial = true, /* or one chunk with another's records ended it each time */
				       .lacking = lacking,
				       .option = option_of,
				       .quiet = c->options->quiet,
				       .memory = (size_t)c->options->memory,
				       .stop = &stop_signal };
	struct record_header header;
	struct merge_result result;
	struct reader *first = NULL;
	int done = -1;
	int64_t start_ms;

	merge.count = collector_paths(c, &merge.path, error);
	if (merge.count == 0)
		error_set(error, "job '%s': no chunk is done yet, so there is nothing to write", c->fleet.job.name);
	if (merge.count > 0 && find_start(merge.path, merge.count, &start_ms, error) == 0 &&
	    reader_open(&first, merge.path[0], error) == 0) {
		header = header_of(&c->fleet.job, reader_header(first), start_ms);
		merge.header = &header;
		done = merge_scans(&merge, &result, error);
	}
	if (done == 0) {
		c->merged = result.trailer;
		c->doubled = result.duplicates;
	}
	reader_close(first);
	collector_free_paths(merge.path);
	return done;
}
