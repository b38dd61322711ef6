/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet/host_stage.h"

#include <inttypes.h>
#include <string.h>

#include "analysis/classify/classify.h"
#include "analysis/pass/sorted_rows.h"
#include "output/scan_file/reader.h"
#include "output/whole_file.h"
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

static int write_hosts(struct sorted_rows *rows, struct text *out, uint64_t *hosts, struct error *error)
{
	struct span row;
	int got;

	while ((got = sorted_rows_next(rows, &row, error)) > 0) {
		text_put(out, span_skip(row, span_find(row, 0, '\0') + 1));
		text_char(out, '\n');
		++*hosts;
	}
	return got;
}

int host_stage_list(char *const *path, size_t count, enum options_smtp smtp, size_t memory, const char *list,
		    uint64_t *hosts, struct error *error)
{
	struct sorted_rows *rows = sorted_rows_new(memory, error);
	struct host_queue queue;
	struct whole_file file;
	int result = rows ? 0 : -1;

	*hosts = 0;
	host_queue_init(&queue);
	host_queue_open(&queue);
	for (size_t i = 0; i < count && result == 0; i++)
		result = read_file(path[i], smtp, &queue, error);
	if (result == 0)
		result = sort_hosts(&queue, rows, error);
	if (result == 0 && whole_file_open(&file, list, false) < 0)
		result = whole_file_fail(list, error);
	else if (result == 0) {
		result = write_hosts(rows, &file.text, hosts, error);
		if (whole_file_close(&file, result == 0, true) < 0 && result == 0)
			result = whole_file_fail(list, error);
	}
	host_queue_fini(&queue);
	sorted_rows_free(rows);
	return result;
}
