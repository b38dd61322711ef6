/* SPDX-License-Identifier: BSD-2-Clause */
/* Chunks to the server and from it. */
#include <inttypes.h>
#include <stdio.h>

#include "scanner/fleet/cut.h"
#include "scanner/fleet/digest.h"

enum { PART_MAX = 512 * 1024 }; /* octets: of any server that takes 1 MiB the same, as the ids ask */

/* JOB/CHUNK, JOB/CHUNK/list/PART, and where it was put back JOB/CHUNK/rROUND… */
static void write_id(char id[static BUS_ID_MAX], const char *job, uint32_t chunk, unsigned round)
{
	int n = snprintf(id, BUS_ID_MAX, "%s/%" PRIu32, job, chunk);

	if (round > 0)
		snprintf(id + n, BUS_ID_MAX - (size_t)n, "/r%u", round);
}

static enum bus_result publish_part(struct bus *bus, const char *job, const struct job_chunk *chunk, unsigned round,
				    unsigned part, struct span data, struct error *error)
{
	char subject[BUS_NAME_MAX], stream[BUS_NAME_MAX], id[BUS_ID_MAX];
	enum bus_result result = BUS_OK;
	size_t n;

	write_id(id, job, chunk->number, round);
	n = strlen(id);
	snprintf(id + n, sizeof(id) - n, "/list/%u", part);
	job_list_subject(job, chunk->number, part, subject);
	job_stream_name(job, JOB_LIST, stream);
	if (round > 0)
		result = bus_purge(bus, stream, subject, 0, error);
	return result == BUS_OK ? bus_publish(bus, subject, id, 0, data, NULL, error) : result;
}

enum bus_result cut_publish(struct bus *bus, const char *job, const struct job_chunk *chunk, unsigned round,
			    struct span data, struct error *error)
{
	size_t most = bus_data_max(bus) < PART_MAX ? bus_data_max(bus) : PART_MAX;
	char subject[BUS_NAME_MAX], id[BUS_ID_MAX];
	struct job_chunk message = *chunk;
	enum bus_result result = BUS_OK;
	struct text text;

	message.parts = 0;
	while (result == BUS_OK && data.n > 0 && message.parts < JOB_PARTS_MAX) {
		struct span part = { data.p, data.n < most ? data.n : most };

		result = publish_part(bus, job, chunk, round, message.parts++, part, error);
		data = span_skip(data, part.n);
	}
	if (result != BUS_OK)
		return result;
	if (data.n > 0) {
		error_set(
			error,
			"the server takes no more than %zu octets at a time (max_payload), too few for a chunk's list",
			most);
		return BUS_REFUSED;
	}
	text_open_memory(&text);
	job_chunk_write(&message, &text);
	job_queue_subject(job, chunk->lane, subject);
	write_id(id, job, chunk->number, round);
	if (text_failed(&text)) {
		error_set(error, "out of memory");
		result = BUS_REFUSED;
	} else {
		result = bus_publish(bus, subject, id, 0, (struct span){ text.data, text.used }, NULL, error);
	}
	text_free(&text);
	return result;
}

static enum bus_result damaged(const struct job_chunk *chunk, struct error *error)
{
	error_set(error,
		  "chunk %" PRIu32 ": its list at the server is damaged; 'stsurvey fleet submit --retry-dead' with the "
		  "job's list and options replaces it",
		  chunk->number);
	return BUS_REFUSED;
}

enum bus_result cut_fetch(struct bus *bus, const char *job, const struct job_chunk *chunk, struct text *out,
			  struct error *error)
{
	char subject[BUS_NAME_MAX], stream[BUS_NAME_MAX], sha256[JOB_HASH_TEXT];
	enum bus_result result = BUS_OK;

	out->used = 0;
	job_stream_name(job, JOB_LIST, stream);
	for (unsigned i = 0; i < chunk->parts && result == BUS_OK; i++) {
		struct bus_message message;

		job_list_subject(job, chunk->number, i, subject);
		result = bus_next(bus, stream, subject, 1, &message, error);
		if (result == BUS_MISSING) {
			error_set(error, "chunk %" PRIu32 ": part %u of its list is not at the server", chunk->number,
				  i);
			return result;
		}
		if (result == BUS_OK && message.data.n > chunk->size - out->used)
			return damaged(chunk, error);
		if (result == BUS_OK)
			text_put(out, message.data);
	}
	if (result != BUS_OK)
		return result;
	if (!text_failed(out) && out->used != chunk->size)
		return damaged(chunk, error);
	if (text_failed(out) || !digest_of((struct span){ out->data, out->used }, sha256)) {
		error_set(error, "out of memory");
		return BUS_REFUSED;
	}
	return strcmp(sha256, chunk->sha256) == 0 ? BUS_OK : damaged(chunk, error);
}
