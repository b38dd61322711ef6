/* SPDX-License-Identifier: BSD-2-Clause */
/* Chunks to the server and from it. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "scanner/fleet/cut.h"
#include "scanner/fleet/digest.h"

enum {
	PART_MAX = 512 * 1024, /* octets: of any server that takes 1 MiB the same, as the ids ask */
	ROUNDS_MAX = 16,       /* looked at for one that nobody has had: others hand on what they do not hold */
};

static unsigned parts_of(size_t size, size_t part)
{
	return (unsigned)((size + part - 1) / part);
}

/* What is put back may be dead because its list was damaged: then the parts that are there go, and new ones have ids
 * that none before had. */
static enum bus_result make_way(struct bus *bus, const char *job, const struct job_chunk *chunk, bool *is_there,
				struct error *error)
{
	char subject[BUS_NAME_MAX], stream[BUS_NAME_MAX];
	enum bus_result result;
	struct text list;

	text_open_memory(&list);
	result = cut_fetch(bus, job, chunk, &list, error);
	text_free(&list);
	*is_there = result == BUS_OK;
	if (result != BUS_REFUSED && result != BUS_MISSING)
		return result;
	job_stream_name(job, JOB_LIST, stream);
	job_list_subjects(job, chunk->number, subject);
	return bus_purge(bus, stream, subject, 0, error);
}

/* Ids: JOB/CHUNK/list/FILE/PART, and where they take the place of others JOB/CHUNK/rROUND/TIME/PART. */
static enum bus_result publish_list(struct bus *bus, const char *job, const struct job_chunk *chunk, struct span data,
				    size_t part_size, struct error *error)
{
	char subject[BUS_NAME_MAX], id[BUS_ID_MAX];
	enum bus_result result = BUS_OK;
	char file[JOB_FILE_HASH_TEXT];
	struct timespec now;

	job_file_name(chunk->sha256, file);
	clock_gettime(CLOCK_REALTIME, &now);
	for (unsigned part = 0; part < chunk->parts && result == BUS_OK; part++) {
		size_t n = data.n < part_size ? data.n : part_size;

		job_list_subject(job, chunk->number, file, part, subject);
		if (chunk->round == 0)
			snprintf(id, sizeof(id), "%s/%" PRIu32 "/list/%s/%u", job, chunk->number, file, part);
		else
			snprintf(id, sizeof(id), "%s/%" PRIu32 "/r%u/%lld.%09ld/%u", job, chunk->number, chunk->round,
				 (long long)now.tv_sec, now.tv_nsec, part);
		result = bus_publish(bus, subject, id, 0, (struct span){ data.p, n }, NULL, error);
		data = span_skip(data, n);
	}
	return result;
}

/* Ids: JOB/CHUNK, and where it was put back JOB/CHUNK/rROUND. */
static enum bus_result publish_message(struct bus *bus, const char *job, const struct job_chunk *chunk, bool *duplicate,
				       struct error *error)
{
	char subject[BUS_NAME_MAX], id[BUS_ID_MAX];
	enum bus_result result;
	struct text text;
	int n;

	text_open_memory(&text);
	job_chunk_write(chunk, &text);
	if (text_failed(&text)) {
		error_set(error, "out of memory");
		text_free(&text);
		return BUS_REFUSED;
	}
	job_queue_subject(job, chunk->lane, subject);
	n = snprintf(id, sizeof(id), "%s/%" PRIu32, job, chunk->number);
	if (chunk->round > 0)
		snprintf(id + n, sizeof(id) - (size_t)n, "/r%u", chunk->round);
	result = bus_publish(bus, subject, id, 0, (struct span){ text.data, text.used }, duplicate, error);
	text_free(&text);
	return result;
}

enum bus_result cut_publish(struct bus *bus, const char *job, const struct job_chunk *chunk, struct span data,
			    bool *duplicate, struct error *error)
{
	size_t part_size = bus_data_max(bus) < PART_MAX ? bus_data_max(bus) : PART_MAX;
	enum bus_result result = BUS_OK;
	struct job_chunk whole = *chunk;
	bool is_there = false;

	whole.parts = parts_of(data.n, part_size);
	if (whole.parts > JOB_PARTS_MAX) {
		error_set(error,
			  "chunk %" PRIu32
			  ": the server takes messages of %zu octets (max_payload), too few for its list",
			  chunk->number, part_size);
		return BUS_REFUSED;
	}
	if (chunk->round > 0)
		result = make_way(bus, job, &whole, &is_there, error);
	if (result == BUS_OK && !is_there)
		result = publish_list(bus, job, &whole, data, part_size, error);
	return result == BUS_OK ? publish_message(bus, job, &whole, duplicate, error) : result;
}

enum bus_result cut_hand_on(struct bus *bus, const char *job, const struct job_chunk *chunk, struct error *error)
{
	enum bus_result result = BUS_OK;
	struct job_chunk again = *chunk;
	bool was_there = true;

	/* who has put it back, or handed it on, meanwhile, had its rounds */
	for (unsigned tries = 0; was_there && result == BUS_OK && tries < ROUNDS_MAX; tries++) {
		again.round++;
		result = publish_message(bus, job, &again, &was_there, error);
	}
	if (result == BUS_OK && was_there) {
		error_set(error, "chunk %" PRIu32 ": it was handed on too often", chunk->number);
		return BUS_REFUSED;
	}
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

/* One part, behind those before it. @most: octets that may come. */
static enum bus_result fetch_part(struct bus *bus, const char *job, const struct job_chunk *chunk, const char *file,
				  unsigned part, uint64_t most, struct text *out, struct error *error)
{
	char subject[BUS_NAME_MAX], stream[BUS_NAME_MAX];
	struct bus_message message;
	enum bus_result result;

	job_stream_name(job, JOB_LIST, stream);
	job_list_subject(job, chunk->number, file, part, subject);
	result = bus_next(bus, stream, subject, 1, &message, error);
	if (result == BUS_MISSING)
		error_set(error, "chunk %" PRIu32 ": part %u of its list is not at the server", chunk->number, part);
	if (result == BUS_OK && message.data.n > most - out->used)
		return damaged(chunk, error);
	if (result == BUS_OK)
		text_put(out, message.data);
	return result;
}

enum bus_result cut_fetch(struct bus *bus, const char *job, const struct job_chunk *chunk, struct text *out,
			  struct error *error)
{
	enum bus_result result = BUS_OK;
	char sha256[JOB_HASH_TEXT], file[JOB_FILE_HASH_TEXT];

	out->used = 0;
	job_file_name(chunk->sha256, file);
	for (unsigned part = 0; part < chunk->parts && result == BUS_OK; part++)
		result = fetch_part(bus, job, chunk, file, part, chunk->size, out, error);
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

/* All parts of that file. MISSING: they are not all there. */
static enum bus_result fetch_file(struct bus *bus, const char *job, struct job_chunk *chunk, const char *file,
				  struct text *out, struct error *error)
{
	char found[JOB_FILE_HASH_TEXT];
	enum bus_result result = BUS_OK;

	out->used = 0;
	for (chunk->parts = 0; chunk->parts < JOB_PARTS_MAX && result == BUS_OK; chunk->parts++)
		result = fetch_part(bus, job, chunk, file, chunk->parts, JOB_LIST_OCTETS_MAX, out, error);
	if (result != BUS_MISSING)
		return result == BUS_OK ? damaged(chunk, error) : result;
	chunk->parts--;
	chunk->size = out->used;
	if (text_failed(out) || !digest_of((struct span){ out->data, out->used }, chunk->sha256)) {
		error_set(error, "out of memory");
		return BUS_REFUSED;
	}
	job_file_name(chunk->sha256, found);
	return strcmp(found, file) == 0 ? BUS_OK : BUS_MISSING;
}

enum bus_result cut_fetch_again(struct bus *bus, const char *job, struct job_chunk *chunk, struct text *out,
				struct error *error)
{
	char any[BUS_NAME_MAX], stream[BUS_NAME_MAX], file[JOB_FILE_HASH_TEXT];
	struct bus_message message;
	enum bus_result result;
	uint64_t at = 0;

	job_stream_name(job, JOB_LIST, stream);
	job_list_subject_any(job, chunk->number, 0, any);
	while ((result = bus_next(bus, stream, any, at, &message, error)) == BUS_OK) {
		at = message.sequence + 1;
		if (!job_list_parse(job, chunk->number, message.subject, file))
			continue;
		result = fetch_file(bus, job, chunk, file, out, error);
		if (result == BUS_OK) {
			*error = (struct error){ "" };
			return BUS_OK;
		}
		if (result != BUS_MISSING)
			return result;
	}
	if (result == BUS_MISSING)
		error_set(error, "chunk %" PRIu32 ": its list is not at the server", chunk->number);
	return result;
}
