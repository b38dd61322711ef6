/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "output/bit_set.h"
#include "scanner/base/log.h"
#include "scanner/fleet/fleet.h"
#include "scanner/fleet/json_read.h"

static const char without_word[] = "its worker ended in the midst of it, without a word";

/* What the book has under the chunk's key, or nothing. */
static enum bus_result get(struct fleet_job *fleet, enum job_key key, uint32_t chunk, struct bus_value *value,
			   struct error *error)
{
	char name[BUS_NAME_MAX];

	job_key(key, chunk, name);
	return bus_get(fleet->book, name, value, error);
}

enum bus_result fleet_bury_chunk(struct fleet_job *fleet, const struct job_chunk *chunk, const struct job_attempt *last,
				 struct error *error)
{
	struct job_dead dead = {
		.first = chunk->first, .entries = chunk->entries, .last = *last, .round = chunk->round
	};
	char name[BUS_NAME_MAX];
	struct text out;
	enum bus_result result;

	if (!dead.last.why[0])
		snprintf(dead.last.why, sizeof(dead.last.why), "%s", without_word);
	text_open_memory(&out);
	job_dead_write(&dead, &out);
	job_key(JOB_KEY_DEAD, chunk->number, name);
	if (text_failed(&out)) {
		text_explain(name, out.error, error);
		result = BUS_REFUSED;
	} else {
		result = bus_put(fleet->book, name, (struct span){ out.data, out.used }, error);
	}
	text_free(&out);
	return result;
}

/* What its last worker said of it. */
static enum bus_result last_attempt(struct fleet_job *fleet, uint32_t chunk, struct job_attempt *last,
				    struct error *error)
{
	struct bus_value value;
	enum bus_result result = get(fleet, JOB_KEY_ATTEMPT, chunk, &value, error);

	*last = (struct job_attempt){ .number = fleet->job.deliveries };
	if (result == BUS_MISSING) {
		snprintf(last->why, sizeof(last->why), "no worker has said that it begins it");
		return BUS_OK;
	}
	if (result == BUS_OK && job_attempt_read(last, value.data, error) < 0)
		*last = (struct job_attempt){ .number = fleet->job.deliveries,
					      .why = "what its worker said of it is damaged" };
	return result;
}

/* ---- telling ---- */

bool fleet_is_together(const struct job *job, enum job_stage stage, const struct job_dead *dead)
{
	return stage == JOB_DOMAINS && dead->entries > 0 && job->lanes == 1 && !job_option(job, "sample");
}

void fleet_dead_show(const struct job *job, enum job_stage stage, const struct job_dead *dead, struct text *out)
{
	const char *what = stage == JOB_DOMAINS ? "entries of the list" : "mail servers";

	if (dead->entries == 0)
		text_printf(out, "%s, nobody knows any more which", what);
	else if (fleet_is_together(job, stage, dead))
		text_printf(out, "%" PRIu64 " %s, from number %" PRIu64 " on", dead->entries, what, dead->first);
	else if (stage == JOB_DOMAINS)
		text_printf(out, "%" PRIu64 " %s, scattered over it from number %" PRIu64 " on", dead->entries, what,
			    dead->first);
	else
		text_printf(out, "%" PRIu64 " %s", dead->entries, what);
	text_printf(out, ", after %u attempts, the last by ", dead->last.number);
	text_shown(out, span_of(dead->last.worker[0] ? dead->last.worker : "nobody"));
	text_literal(out, ": ");
	text_shown(out, span_of(dead->last.why[0] ? dead->last.why : "its worker died"));
}

/* ---- chunks without a message ---- */

/* Those that are in the queue, or in somebody's hands. */
static enum bus_result note_queued(struct fleet_job *fleet, struct bit_set *queued, struct error *error)
{
	char queue[BUS_NAME_MAX];
	struct bus_message message;
	struct job_chunk chunk;
	enum bus_result result;
	uint64_t at = 0;

	job_stream_name(fleet->job.name, JOB_QUEUE, queue);
	for (; (result = bus_next(fleet->bus, queue, ">", at, &message, error)) == BUS_OK; at = message.sequence + 1) {
		if (job_chunk_read(&chunk, message.data, error) == 0 && bit_set_add(queued, chunk.number) < 0) {
			error_set(error, "%s", strerror(ENOMEM));
			return BUS_REFUSED;
		}
	}
	return result == BUS_MISSING ? BUS_OK : result;
}

/* Which part of the list it had, where that can be said of one that nobody can ask any more. */
static struct job_chunk reckon(const struct fleet_job *fleet, enum job_stage stage, const struct job_cut *cut,
			       uint32_t number)
{
	struct job_chunk chunk = { .number = number, .stage = stage };
	uint64_t before = (uint64_t)(number - cut->first) * fleet->job.chunk, left;

	if (job_option(&fleet->job, "sample")) /* then its numbers have gaps */
		return chunk;
	if (stage != JOB_DOMAINS || fleet->job.lanes > 1 || before >= cut->entries)
		return chunk;
	left = cut->entries - before;
	chunk.first = before;
	chunk.entries = left < fleet->job.chunk ? left : fleet->job.chunk;
	return chunk;
}

static enum bus_result bury_lost_of(struct fleet_job *fleet, enum job_stage stage, const struct bit_set *queued,
				    struct error *error)
{
	static const struct job_attempt last = { .why = "its message in the queue was damaged, or removed" };
	struct bus_value value;
	struct job_cut cut;
	enum bus_result result;

	result = fleet_read_cut(fleet->book, stage, &cut, error);
	if (result != BUS_OK) /* nothing can be missing before all of them are there */
		return result == BUS_MISSING ? BUS_OK : result;
	result = BUS_OK;
	for (uint32_t chunk = cut.first; chunk < cut.end && result == BUS_OK; chunk++) {
		struct job_chunk lost;

		if (bit_set_has(queued, chunk))
			continue;
		result = get(fleet, JOB_KEY_DONE, chunk, &value, error);
		if (result == BUS_MISSING)
			result = get(fleet, JOB_KEY_DEAD, chunk, &value, error);
		if (result != BUS_MISSING)
			continue;
		lost = reckon(fleet, stage, &cut, chunk);
		result = fleet_bury_chunk(fleet, &lost, &last, error);
	}
	return result;
}

enum bus_result fleet_bury_lost(struct fleet_job *fleet, struct error *error)
{
	struct bit_set queued = { 0 };
	enum bus_result result = note_queued(fleet, &queued, error);

	for (enum job_stage stage = 0; stage < JOB_STAGES && result == BUS_OK; stage++)
		result = bury_lost_of(fleet, stage, &queued, error);
	bit_set_free(&queued);
	return result;
}

/* ---- what the server gave up ---- */

/* The message @sequence of the queue was delivered in vain. OK: nothing of it is left to be done, but where it was a
 * chunk that is @lost. */
static enum bus_result bury_message(struct fleet_job *fleet, const char *queue, uint64_t sequence, unsigned *count,
				    bool *lost, struct error *error)
{
	struct bus_message message;
	struct bus_value value;
	struct job_chunk chunk;
	struct job_attempt last;
	enum bus_result result = bus_at(fleet->bus, queue, sequence, &message, error);

	if (result == BUS_MISSING) /* it was done after all, or somebody else was faster */
		return BUS_OK;
	if (result != BUS_OK)
		return result;
	if (job_chunk_read(&chunk, message.data, error) < 0) {
		log_warning("job %s: message %" PRIu64 " of its queue is no chunk, and is removed: %s", fleet->job.name,
			    sequence, error->text);
		*lost = true;
		return bus_delete_at(fleet->bus, queue, sequence, error);
	}
	result = get(fleet, JOB_KEY_DONE, chunk.number, &value, error);
	if (result == BUS_MISSING) {
		result = last_attempt(fleet, chunk.number, &last, error);
		if (result == BUS_OK)
			result = fleet_bury_chunk(fleet, &chunk, &last, error);
		if (result == BUS_OK)
			++*count;
	}
	if (result == BUS_OK)
		result = bus_delete_at(fleet->bus, queue, sequence, error);
	return result == BUS_MISSING ? BUS_OK : result;
}

/* Which message the server gave up; false: its word is none that we know. */
static bool read_advisory(struct span json, uint64_t *sequence, struct error *error)
{
	struct json_read read;

	json_read_begin(&read, json, "advisory", error);
	*sequence = json_read_uint(&read, read.outermost, "stream_seq", UINT64_MAX);
	return json_read_end(&read) == 0;
}

enum bus_result fleet_bury(struct fleet_job *fleet, unsigned *count, struct error *error)
{
	char queue[BUS_NAME_MAX], dead[BUS_NAME_MAX];
	struct bus_message message;
	enum bus_result result;
	uint64_t sequence, at = 0;
	unsigned buried = 0;
	bool lost = false;

	job_stream_name(fleet->job.name, JOB_QUEUE, queue);
	job_stream_name(fleet->job.name, JOB_DEAD, dead);
	while ((result = bus_next(fleet->bus, dead, ">", at, &message, error)) == BUS_OK) {
		at = message.sequence;
		if (!read_advisory(message.data, &sequence, error))
			log_warning("job %s: a word of the server about a dead chunk is not understood: %s",
				    fleet->job.name, error->text);
		else if ((result = bury_message(fleet, queue, sequence, &buried, &lost, error)) != BUS_OK)
			break;
		result = bus_delete_at(fleet->bus, dead, at, error);
		if (result != BUS_OK && result != BUS_MISSING)
			break;
		at++;
	}
	if (count)
		*count = buried;
	if (result != BUS_MISSING) /* that there is no further one */
		return result;
	error->text[0] = '\0';
	return lost ? fleet_bury_lost(fleet, error) : BUS_OK; /* once for all of them: it reads the whole queue */
}
