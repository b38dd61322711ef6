/* SPDX-License-Identifier: BSD-2-Clause */
/* What the scan file lacks, by name: the lists of dead chunks, which are still at the server → SCAN.missing.csv. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/csv.h"
#include "output/temporary_file.h"
#include "output/whole_file.h"
#include "scanner/feed/feed.h"
#include "scanner/fleet/collect.h"
#include "scanner/fleet/cut.h"
#include "scanner/fleet/job_numbers.h"

enum { AWAIT_S = 1 }; /* for the next names of a list, which is on our disk */

struct missing {
	struct collector *c;
	struct csv csv;
	uint64_t names;
	uint32_t chunks, lost; /* in the file; whose list is there no more, or not whole */
	bool failed;
	struct error *error;
};

static void put_row(struct missing *missing, uint32_t chunk, const struct job_dead *dead,
		    const struct feed_target *target)
{
	bool is_host = collector_stage_of(missing->c, chunk) == JOB_HOSTS;

	csv_uint(&missing->csv, chunk);
	csv_known(&missing->csv, !is_host && dead->entries > 0, target->index);
	csv_string(&missing->csv, is_host ? "mail_server" : "domain");
	csv_text(&missing->csv, target->name);
	csv_end(&missing->csv);
	missing->names++;
}

/* 0, or -1: it is no list of ours, and what stood before that is in the file. */
static int put_rows(struct missing *missing, uint32_t chunk, const struct job_dead *dead, const char *path)
{
	struct feed_options list = {
		.path = path, .format = FEED_FORMAT_CHUNK, .first_index = dead->first, .shards = 1
	};
	enum feed_result got = FEED_WAIT;
	struct error unused;
	struct feed *feed;

	if (list.first_index > FEED_INDEX_MAX || feed_open(&feed, &list, &unused) < 0)
		return -1;
	while (got != FEED_END && got != FEED_FAILED && !stop_signal) {
		struct feed_batch *batch = NULL;

		got = feed_await(feed, &batch, AWAIT_S);
		if (got != FEED_BATCH_TAKEN)
			continue;
		for (unsigned i = 0; i < batch->count; i++)
			put_row(missing, chunk, dead, &batch->target[i]);
		feed_release(feed, batch);
	}
	feed_close(feed);
	return got == FEED_END ? 0 : -1;
}

/* By way of a file, as the feed reads one. */
static int put_list(struct missing *missing, uint32_t chunk, const struct job_dead *dead, struct span list)
{
	int fd = temporary_file(), result, number;
	char path[32];

	number = fd < 0 ? -fd : text_write_all(fd, list);
	if (number != 0) {
		missing->failed = true;
		error_set(missing->error, "%s: %s", temporary_folder(), strerror(number));
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	result = number == 0 ? put_rows(missing, chunk, dead, path) : -1;
	if (fd >= 0)
		close(fd);
	return result;
}

static bool on_dead(void *arg, uint32_t number, const struct bus_value *value)
{
	struct missing *missing = arg;
	const struct fleet_job *fleet = &missing->c->fleet;
	struct job_chunk chunk = { .number = number };
	struct error unused;
	struct job_dead dead;
	struct text list;

	if (!value || job_dead_read(&dead, value->data, &unused) < 0)
		dead = (struct job_dead){ 0 };
	text_open_memory(&list);
	if (cut_fetch_again(fleet->bus, fleet->job.name, &chunk, &list, &unused) == BUS_OK &&
	    put_list(missing, number, &dead, (struct span){ list.data, list.used }) == 0)
		missing->chunks++;
	else
		missing->lost++;
	text_free(&list);
	return !missing->failed && !stop_signal;
}

static int put_all(struct missing *missing, const struct job_numbers *numbers)
{
	enum bus_result result;

	csv_header(&missing->csv, "chunk,index,kind,name");
	result = job_values_read(missing->c->fleet.book, JOB_KEY_DEAD, numbers->number, numbers->count, on_dead,
				 missing, missing->error);
	return result == BUS_OK && !missing->failed && !stop_signal ? 0 : -1;
}

/* As it is now. */
static enum bus_result find_dead(const struct collector *c, struct job_numbers *numbers, struct error *error)
{
	enum bus_result result = job_numbers_read(c->fleet.book, JOB_KEY_DEAD, numbers, error);
	size_t count = 0;

	for (size_t i = 0; i < numbers->count; i++)
		if (bit_set_has(&c->dead, numbers->number[i]))
			numbers->number[count++] = numbers->number[i];
	numbers->count = count;
	return result;
}

static int write_file(struct missing *missing, const char *path)
{
	struct job_numbers numbers = { 0 };
	struct whole_file file;
	int result;

	if (find_dead(missing->c, &numbers, missing->error) != BUS_OK) {
		free(numbers.number);
		return -1;
	}
	if (whole_file_open(&file, path, false) < 0) {
		free(numbers.number);
		return whole_file_fail(path, missing->error);
	}
	csv_init(&missing->csv, &file.text);
	result = put_all(missing, &numbers);
	free(numbers.number);
	if (whole_file_close(&file, result == 0, true) < 0 && result == 0)
		return whole_file_fail(path, missing->error);
	return result;
}

int collector_missing(struct collector *c, struct text *words, struct error *error)
{
	struct missing missing = { .c = c, .error = error };
	char *path;
	int result;

	if (asprintf(&path, "%s.missing.csv", c->options->output_file) < 0)
		return error_set(error, "out of memory");
	result = write_file(&missing, path);
	if (result == 0)
		text_printf(words, "stsurvey fleet collect: %" PRIu64 " names of %" PRIu32 " dead chunks are in %s\n",
			    missing.names, missing.chunks, path);
	if (result == 0 && missing.lost > 0)
		text_printf(words,
			    "stsurvey fleet collect: the names of %" PRIu32
			    " dead chunks are not all in it: their lists at the server are lost or damaged\n",
			    missing.lost);
	free(path);
	return result;
}
