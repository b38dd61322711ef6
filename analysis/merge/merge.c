/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/merge/merge.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/merge/merge_inside.h"
#include "analysis/merge/merge_writer.h"
#include "analysis/pass/scan_files.h"
#include "analysis/pass/scan_judge.h"
#include "output/text.h"

enum {
	MISSING_NAMED = 12, /* shards that are named; the rest is a number */
};

/* ---- which shards are there ---- */

/* The shards that are there, in order; how many. */
static size_t list_shards(const struct merge *merge, uint32_t *shard)
{
	size_t count = 0;

	for (int i = 0; i < merge->options->count; i++)
		if (!merge->file[i].of_hosts)
			shard[count++] = merge->file[i].shard;
	return count;
}

static int compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static int fail_twice(const struct merge *merge, uint32_t shard, struct error *error)
{
	const char *first = NULL;

	for (int i = 0; i < merge->options->count; i++) {
		if (merge->file[i].of_hosts || merge->file[i].shard != shard)
			continue;
		if (!first)
			first = merge->options->path[i];
		else if (merge->merged.shards == 1)
			return error_set(error, "%s and %s are both scans of the whole list", first,
					 merge->options->path[i]);
		else
			return error_set(error, "%s and %s are both shard %" PRIu32 " of %" PRIu32, first,
					 merge->options->path[i], shard, merge->merged.shards);
	}
	return error_set(error, "a shard is there twice"); /* not reached: two have been named */
}

/* "shards 3 and 7 of 8 are missing" */
static void say_missing(const struct merge *merge, const uint32_t *shard, size_t count, struct error *words)
{
	uint32_t shards = merge->merged.shards, missing = merge->result->missing, next = 0, named = 0;
	struct text list;

	text_open_memory(&list);
	text_printf(&list, "shard%s ", missing == 1 ? "" : "s");
	for (size_t i = 0; i <= count && named < MISSING_NAMED; i++) {
		for (uint32_t end = i < count ? shard[i] : shards; next < end && named < MISSING_NAMED; next++)
			text_printf(&list, "%s%" PRIu32, named++ == 0 ? "" : named == missing ? " and " : ", ", next);
		next = i < count ? shard[i] + 1 : next;
	}
	if (named < missing)
		text_printf(&list, " and %" PRIu32 " others", missing - named);
	error_set(words, "%.*s of %" PRIu32 " %s missing", (int)list.used, list.data ? list.data : "", shards,
		  missing == 1 ? "is" : "are");
	text_free(&list);
}

/* 0, or -1 with one line in @error: one is there twice, or some are not and should be. */
static int check_shards(struct merge *merge, struct error *error)
{
	uint32_t *shard = malloc((size_t)merge->options->count * sizeof(*shard)), shards = merge->merged.shards;
	struct error words;
	size_t count;
	int result = 0;

	if (!shard)
		return error_set(error, "no memory");
	count = list_shards(merge, shard);
	qsort(shard, count, sizeof(*shard), compare);
	for (size_t i = 0; i < count && result == 0; i++)
		if (shard[i] >= shards)
			result = error_set(error,
					   "a file says that it is shard %" PRIu32 " of %" PRIu32 "; there is no such",
					   shard[i], shards);
		else if (i > 0 && shard[i] == shard[i - 1])
			result = fail_twice(merge, shard[i], error);
	merge->result->shards = shards;
	merge->result->missing = result == 0 ? shards - (uint32_t)count : 0;
	if (merge->result->missing > 0) {
		say_missing(merge, shard, count, &words);
		if (merge->options->partial)
			merge_warn(merge, "%s: what is made is an interrupted scan of the whole list", words.text);
		else
			result = error_set(error, "%s; --partial makes do with those that are there", words.text);
	}
	free(shard);
	return result;
}

/* ---- headers ---- */

/* What can be read but once stays open. */
static int look_at(struct merge *merge, int i,
		   int (*look)(struct merge *, int, const struct record_header *, struct error *), struct error *error)
{
	const char *path = merge->options->path[i];
	struct reader *reader = merge->file[i].reader;
	int result;

	if (!reader && reader_open(&reader, path, error) < 0)
		return -1;
	result = look(merge, i, reader_header(reader), error);
	if (reader_can_repeat(reader)) {
		reader_close(reader);
		reader = NULL;
	}
	merge->file[i].reader = reader;
	return result;
}

static int note_kind(struct merge *merge, int i, const struct record_header *header, struct error *error)
{
	(void)error;
	merge->file[i].of_hosts = scan_origin_of(header).of_hosts;
	merge->file[i].shard = header->shard;
	return 0;
}

static int add_header(struct merge *merge, int i, const struct record_header *header, struct error *error)
{
	const struct merge_options *o = merge->options;

	if (o->header && merge_header_add_options(&merge->merged, header, o->option, error) < 0)
		return -1;
	if (merge->file[i].of_hosts) /* beside others: its own list, and its own options */
		return merge_header_check(header, o->path[i], header->label, header->label_count, o->path[i], error);
	if (!o->header)
		return merge_header_add(&merge->merged, o->path[i], header, o->option, error);
	return merge_header_check(header, o->path[i], o->header->label, o->header->label_count, "the list", error);
}

/* Lists of mail servers alone are shards as others are. */
static void find_joined(struct merge *merge)
{
	bool all = true;

	for (int i = 0; i < merge->options->count; i++)
		all = all && merge->file[i].of_hosts;
	for (int i = 0; i < merge->options->count && all; i++)
		merge->file[i].of_hosts = false;
}

static int read_headers(struct merge *merge, struct error *error)
{
	const struct merge_options *o = merge->options;
	int result = 0;

	for (int i = 0; i < o->count && result == 0; i++)
		result = look_at(merge, i, note_kind, error);
	if (result == 0)
		find_joined(merge);
	if (result == 0 && o->header)
		result = merge_header_begin_as(&merge->merged, o->header, error);
	for (int i = 0; i < o->count && result == 0; i++)
		result = look_at(merge, i, add_header, error);
	if (result < 0 || o->header)
		return result;
	if (check_shards(merge, error) < 0)
		return -1;
	for (int i = 0; i < o->count; i++)
		if (merge->file[i].of_hosts)
			return merge_header_add_hosts(&merge->merged, o->path[i], error);
	return 0;
}

/* ---- all of it ---- */

static int check_files(const struct merge_options *options, struct error *error)
{
	const struct scan_files files = { .path = options->path, .count = options->count };

	if (options->count > MERGE_FILES_MAX)
		return error_set(error, "more than %d files; merge some of them first", MERGE_FILES_MAX);
	if (strcmp(options->output, "-") != 0 && scan_files_check_output(&files, options->output, error) < 0)
		return -1;
	return merge_writer_check(options->output, options->force, error);
}

static int run(struct merge *merge, struct error *error)
{
	const struct merge_options *options = merge->options;

	if (check_files(options, error) < 0)
		return -1;
	merge->file = calloc((size_t)options->count, sizeof(*merge->file));
	merge->rows = sorted_rows_new(options->memory, error);
	if (!merge->rows)
		return -1;
	if (!merge->file)
		return error_set(error, "no memory");
	if (read_headers(merge, error) < 0)
		return -1;
	merge->header = &merge->merged.header;
	return merge_read(merge, error) < 0 ? -1 : merge_write(merge, error);
}

int merge_scans(const struct merge_options *options, struct merge_result *result, struct error *error)
{
	struct merge merge = { .options = options, .result = result };
	int done;

	*result = (struct merge_result){ 0 };
	elapsed_begin(&merge.elapsed);
	merge_header_init(&merge.merged);
	merge_kept_init(&merge.kept);
	done = run(&merge, error);
	for (int i = 0; merge.file && i < options->count; i++)
		reader_close(merge.file[i].reader);
	sorted_rows_free(merge.rows);
	merge_kept_fini(&merge.kept);
	merge_header_fini(&merge.merged);
	free(merge.file);
	return done;
}
