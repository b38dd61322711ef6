/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdlib.h>

#include "analysis/merge/merge_inside.h"
#include "analysis/merge/merge_row.h"
#include "output/scan_file/schema.h"

enum { RUNS_MAX = 65535 }; /* of one file: nobody goes on with a scan that often */

/* What one file is read with. */
struct reading {
	struct merge *merge;
	struct merge_place place; /* of the next record */
	uint64_t records;         /* of all files, read so far */
	/* Runs are numbered through all files: those of this one follow @runs, which is the last of the one before. */
	uint32_t runs, run_last;
	bool joined; /* its domains, if there are any, are not the list's */
	struct record_buffer *buffer;
	struct text row;
	bool failed; /* within a call of the reader, for this reason */
	struct error error;
};

/* The row is begun and the record is in the buffer (@put: what record_put_… returned). */
static int put_row(struct reading *reading, int put, struct error *error)
{
	if (put == 0)
		text_put(&reading->row, record_buffer_content(reading->buffer));
	if (put < 0 || text_failed(&reading->row))
		return put_aside_no_memory(error);
	reading->place.record++;
	return sorted_rows_put(reading->merge->rows, (struct span){ reading->row.data, reading->row.used }, error);
}

/* The number of a run of this file among those of all. A stranger's may be any: those that no file has so many of are
 * one, and none becomes that of a run of another file. */
static uint32_t run_of(struct reading *reading, uint32_t run)
{
	run = reading->runs + 1 + (run < RUNS_MAX ? run : RUNS_MAX);
	reading->run_last = run > reading->run_last ? run : reading->run_last;
	return run;
}

static void begin_row(struct reading *reading)
{
	reading->row.used = 0;
	record_buffer_reset(reading->buffer);
}

static int put_domain(struct reading *reading, struct observation *o, struct error *error)
{
	struct obs_certificate chain[OBS_CHAIN_MAX];

	if (reading->joined || reading->merge->hopeless)
		return 0;
	if (merge_kept_take(&reading->merge->kept, &o->policy.tls, chain, error) < 0)
		return -1;
	begin_row(reading);
	merge_row_domain(&reading->row, o, reading->place);
	return put_row(reading, record_put_domain(reading->buffer, o), error);
}

static int put_host(struct reading *reading, const struct obs_host *given, struct error *error)
{
	struct obs_certificate chain[HOST_PROBES_MAX][OBS_CHAIN_MAX];
	struct obs_smtp probe[HOST_PROBES_MAX];
	struct obs_host host = *given;

	if (host.name.n == 0 || host.name.n > TEMPLATE_MAX)
		return 0; /* no MX is called so */
	host.run = run_of(reading, host.run);
	host.probe_count = host.probe_count < HOST_PROBES_MAX ? host.probe_count : HOST_PROBES_MAX;
	host.probe = probe;
	for (size_t i = 0; i < host.probe_count; i++) {
		probe[i] = given->probe[i];
		if (merge_kept_take(&reading->merge->kept, &probe[i].tls, chain[i], error) < 0)
			return -1;
	}
	begin_row(reading);
	merge_row_host(&reading->row, &host, reading->place);
	return put_row(reading, record_put_host(reading->buffer, &host), error);
}

static int put_vantage(struct reading *reading, const struct obs_vantage *given, struct error *error)
{
	struct obs_vantage vantage = *given;

	begin_row(reading);
	vantage.run = run_of(reading, vantage.run);
	merge_row_vantage(&reading->row, &vantage, reading->place);
	return put_row(reading, record_put_vantage(reading->buffer, &vantage), error);
}

static int go_on(struct reading *reading, struct error *error)
{
	return merge_go_on(reading->merge, ++reading->records, "read", error);
}

static void on_host(void *arg, const struct obs_host *host)
{
	struct reading *reading = arg;

	if (!reading->failed && !reading->merge->hopeless)
		reading->failed = put_host(reading, host, &reading->error) < 0 || go_on(reading, &reading->error) < 0;
}

static void on_vantage(void *arg, const struct obs_vantage *vantage)
{
	struct reading *reading = arg;

	if (!reading->failed && !reading->merge->hopeless)
		reading->failed = put_vantage(reading, vantage, &reading->error) < 0;
}

/* ---- is a file complete? ---- */

/* What a shard is to its user: how to go on with it. */
static void say_incomplete(struct merge *merge, int file, const struct error *words)
{
	const char *path = merge->options->path[file];

	if (merge->options->header || merge->file[file].of_hosts || merge->merged.shards == 1)
		merge_warn(merge, "%s is not complete: %s", path, words->text);
	else
		merge_warn(merge,
			   "%s is not complete: %s (stsurvey scan --resume -o %s --shards %u --shard %u and what else "
			   "it was begun with)",
			   path, words->text, path, merge->merged.shards, merge->file[file].shard);
}

/* A shard that ends where --max-domains was reached lacks what one scan of the list has. One that was gone on with, and
 * has more, is whole. */
static bool is_cut(const struct merge *merge, uint64_t limit, const struct reader *reader, struct error *words)
{
	if (merge->options->header || merge->merged.shards == 1 || limit == 0 || reader_end(reader)->records != limit)
		return false;
	error_set(words, "it ends where --max-domains %" PRIu64 " was reached; scan --resume without it goes on",
		  limit);
	return true;
}

/* Before the first record is read, while there is the header; 0: none. */
static uint64_t limit_of(const struct reader *reader)
{
	const struct record_option *most = record_header_option(reader_header(reader), SPAN_LITERAL("max-domains"));
	uint64_t limit = 0;

	return most && span_decimal(most->value, UINT64_MAX, &limit) ? limit : 0;
}

/* 0; or -1 with one line in @error for what no scan leaves. @limit: as limit_of has it. */
static int judge(struct merge *merge, int file, uint64_t limit, const struct reader *reader, struct error *error)
{
	const struct merge_options *options = merge->options;
	struct error words;
	int use = reader_judge_to_use(reader, options->path[file], options->partial, &words, error);

	if (use != READER_INCOMPLETE && !(use == READER_COMPLETE && is_cut(merge, limit, reader, &words)))
		return use;
	say_incomplete(merge, file, &words);
	merge->result->incomplete++;
	merge->hopeless = !merge->options->partial;
	return 0;
}

static void add_traffic(struct merge *merge, const struct reader *reader)
{
	const struct reader_end *end = reader_end(reader);
	const struct record_trailer *trailer = end->trailer;
	struct record_trailer *sum = &merge->trailer;

	merge->traffic_lost |= (!trailer || trailer->queries == 0) &&
			       end->records + end->hosts > end->blocklisted + end->illegal;
	if (!trailer)
		return;
	sum->end_ms = trailer->end_ms > sum->end_ms ? trailer->end_ms : sum->end_ms;
	sum->queries += trailer->queries;
	sum->fetches += trailer->fetches;
	sum->probes += trailer->probes;
}

/* ---- all files ---- */

static int read_file(struct reading *reading, int file, struct reader *reader, struct error *error)
{
	struct merge *merge = reading->merge;
	struct observation observation;
	uint64_t limit = limit_of(reader);
	int more;

	reading->place = (struct merge_place){ .file = (uint32_t)file };
	reading->joined = merge->file[file].of_hosts;
	reading->runs = reading->run_last;
	if (reading->runs > UINT32_MAX - RUNS_MAX - 1)
		return error_set(error, "%s: the files before it tell of more runs than any have",
				 merge->options->path[file]);
	reader_watch(reader, on_host, on_vantage, reading);
	while ((more = reader_next(reader, &observation, error)) > 0 && !reading->failed) {
		if (put_domain(reading, &observation, error) < 0 || go_on(reading, error) < 0)
			return -1;
	}
	if (reading->failed) {
		*error = reading->error;
		return -1;
	}
	/* interrupted, a pipe may have ended early */
	if (more < 0 || merge_go_on(merge, reading->records, "read", error) < 0 ||
	    judge(merge, file, limit, reader, error) < 0)
		return -1;
	add_traffic(merge, reader);
	return 0;
}

static int read_files(struct reading *reading, struct error *error)
{
	struct merge *merge = reading->merge;
	const struct merge_options *options = merge->options;

	for (int i = 0; i < options->count; i++) {
		struct reader *reader = merge->file[i].reader;
		int result = 0;

		merge->file[i].reader = NULL;
		if (!reader)
			result = reader_open(&reader, options->path[i], error);
		if (result == 0)
			result = read_file(reading, i, reader, error);
		reader_close(reader);
		if (result < 0)
			return -1;
	}
	if (merge->kept.disputed > 0)
		merge_warn(merge,
			   "%" PRIu64
			   " certificates are told of with different octets under one hash: a file lies, and "
			   "they are not kept whole",
			   merge->kept.disputed);
	if (merge->hopeless)
		return error_set(
			error,
			"%u of %d files %s not complete, and %s was not written; --partial makes do with what is there",
			merge->result->incomplete, options->count, merge->result->incomplete == 1 ? "is" : "are",
			options->output);
	return 0;
}

int merge_read(struct merge *merge, struct error *error)
{
	struct reading reading = { .merge = merge, .buffer = record_buffer_new() };
	int result;

	text_open_memory(&reading.row);
	result = reading.buffer ? read_files(&reading, error) : put_aside_no_memory(error);
	text_free(&reading.row);
	record_buffer_free(reading.buffer);
	return result;
}
