/* SPDX-License-Identifier: BSD-2-Clause */
/* The second stage: the mail servers of what was found, each once, however many domains and chunks name it, so that it
 * is probed once for the whole fleet. Their list is made once, and is whole on our disk before the first chunk of it is
 * in the queue: killed in between, we go on with that list, and so with the same chunks, whatever came since. */
#include "scanner/fleet/collect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/classify/classify.h"
#include "analysis/pass/sorted_rows.h"
#include "output/scan_file/reader.h"
#include "output/whole_file.h"
#include "scanner/base/log.h"
#include "scanner/fleet/cut.h"
#include "scanner/rules/operator.h"
#include "scanner/queue/host_queue.h"

/* @queue knows each host, and hands it out once. */
static int read_file(const char *path, enum options_smtp smtp, struct host_queue *queue, struct error *error)
{
	struct observation observation;
	struct classification result;
	struct reader *reader;
	int got;

	if (reader_open(&reader, path, error) < 0)
		return -1;
	while ((got = reader_next(reader, &observation, error)) > 0) {
		classify(&observation, &result);
		host_queue_add_domain(queue, smtp, &observation, &result.judgement);
	}
	reader_close(reader);
	return got;
}

/* Registrable domain, a NUL, the host: they come out in that order. */
static int sort_hosts(struct host_queue *queue, struct sorted_rows *rows, struct error *error)
{
	struct host_taken taken;
	struct text row;
	int result = 0;

	text_open_memory(&row);
	while (result == 0 && host_queue_take(queue, false, &taken)) {
		row.used = 0;
		text_put(&row, operator_of_host(taken.name));
		text_char(&row, '\0');
		text_put(&row, taken.name);
		result = text_failed(&row) ? error_set(error, "out of memory")
					   : sorted_rows_put(rows, (struct span){ row.data, row.used }, error);
	}
	text_free(&row);
	if (result == 0 && queue->error.text[0])
		result = error_set(error, "%s", queue->error.text);
	if (result == 0 && queue->lost > 0)
		result = error_set(error, "%" PRIu64 " mail servers could not be kept: no room in TMPDIR, or no memory",
				   (uint64_t)queue->lost);
	return result == 0 ? sorted_rows_start(rows, error) : result;
}

/* The first line of the list, which is no host's name: of how many chunks' domains they are. */
#define HOSTS_HEAD "# mail servers of %d chunks"

static int write_hosts(struct sorted_rows *rows, int chunks, struct text *out, struct error *error)
{
	struct span row;
	int got;

	text_printf(out, HOSTS_HEAD "\n", chunks);
	while ((got = sorted_rows_next(rows, &row, error)) > 0) {
		text_put(out, span_skip(row, span_find(row, 0, '\0') + 1));
		text_char(out, '\n');
	}
	return got;
}

/* The names of the MX of all domains in the scan files at @path to which --smtp applies, one a line, those of one
 * registrable domain beside each other. */
static int make_list(const struct collector *c, char *const *path, int count, const char *list, struct error *error)
{
	struct sorted_rows *rows = sorted_rows_new((size_t)c->options->memory, error);
	struct host_queue queue;
	struct whole_file file;
	int result = rows ? 0 : -1;

	host_queue_init(&queue);
	host_queue_open(&queue);
	for (int i = 0; i < count && result == 0; i++)
		result = read_file(path[i], c->fleet.job.smtp, &queue, error);
	if (result == 0)
		result = sort_hosts(&queue, rows, error);
	if (result == 0 && whole_file_open(&file, list, false) < 0)
		result = whole_file_fail(list, error);
	else if (result == 0) {
		result = write_hosts(rows, count, &file.text, error);
		if (whole_file_close(&file, result == 0, true) < 0 && result == 0)
			result = whole_file_fail(list, error);
	}
	host_queue_fini(&queue);
	sorted_rows_free(rows);
	return result;
}

static char *list_of(const struct collector *c)
{
	char *list;

	return asprintf(&list, "%s/" ASSEMBLY_HOSTS, assembly_folder(c->assembly)) < 0 ? NULL : list;
}

/* Of how many chunks the list is; -1: it is not there. */
static int read_head(const char *list)
{
	FILE *file = fopen(list, "re");
	int chunks = -1;

	if (file && fscanf(file, HOSTS_HEAD, &chunks) != 1)
		chunks = -1;
	if (file)
		fclose(file);
	return chunks;
}

static int find_list(const struct collector *c, const char *list, struct error *error)
{
	char **paths;
	int count, result;

	if (read_head(list) >= 0)
		return 0;
	count = collector_paths(c, &paths, error);
	result = count < 0 ? -1 : make_list(c, paths, count, list, error);
	collector_free_paths(paths);
	return result;
}

/* ---- into the queue ---- */

struct publishing {
	struct collector *c;
	enum bus_result result;
};

static int on_chunk(void *arg, const struct job_chunk *chunk, struct span data, struct error *error)
{
	struct publishing *publishing = arg;
	struct fleet_job *fleet = &publishing->c->fleet;

	publishing->result = cut_publish(fleet->bus, fleet->job.name, chunk, data, NULL, error);
	return publishing->result == BUS_OK ? 0 : -1;
}

enum bus_result collector_begin_hosts(struct collector *c, struct error *error)
{
	struct publishing publishing = { c, BUS_OK };
	struct cut_options cut = {
		.job = &c->fleet.job, .stage = JOB_HOSTS, .options = c->options, .first_chunk = c->cut[JOB_DOMAINS].end
	};
	enum bus_result result = BUS_REFUSED;
	char *list = list_of(c);
	struct job_cut hosts;

	cut.path = list;
	if (!list)
		error_set(error, "out of memory");
	else if (find_list(c, list, error) == 0 && cut_list(&cut, on_chunk, &publishing, &hosts, error) == 0)
		result = BUS_OK;
	else if (publishing.result != BUS_OK) /* else it was not the server */
		result = publishing.result;
	free(list);
	if (result != BUS_OK)
		return result;
	result = fleet_put_cut(c->fleet.book, JOB_HOSTS, &hosts, error);
	log_info("%" PRIu64 " mail servers of the domains are in the queue, in %" PRIu32 " chunks", hosts.entries,
		 hosts.end - hosts.first);
	return result;
}

uint32_t collector_late(const struct collector *c)
{
	char *list = c->has_cut[JOB_HOSTS] ? list_of(c) : NULL;
	int known = list ? read_head(list) : -1;
	uint32_t there = 0;

	free(list);
	if (known < 0)
		return 0;
	for (uint32_t chunk = 0; chunk < c->cut[JOB_DOMAINS].end; chunk++)
		there += assembly_has(c->assembly, chunk);
	return there > (uint32_t)known ? there - (uint32_t)known : 0;
}
