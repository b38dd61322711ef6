/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/base/log.h"
#include "scanner/fleet/digest.h"
#include "scanner/fleet_work/work_own.h"

enum { FILES_AT_ONCE = 16 }; /* looked at between two chunks */

/* ---- files from before ---- */

/* A file that is whole. When we begin it is sent once more: a server that lost power may have lost some of it. That it
 * is done, which we said, was taken back by `collect` where not all of it came. */
static bool look_at_whole(struct work *work, uint32_t chunk)
{
	struct bus_value value;
	bool is_sent, is_taken_back;
	enum bus_result result = work_get(work, JOB_KEY_HAVE, chunk, &value);

	if (result == BUS_OK)
		workspace_drop(&work->space, chunk, WORKSPACE_KINDS);
	if (result != BUS_MISSING)
		return work->state == WORK_ON;
	result = work_get(work, JOB_KEY_DONE, chunk, &value);
	is_taken_back = result == BUS_MISSING &&
			(work->has_resent || work_get(work, JOB_KEY_DEAD, chunk, &value) == BUS_OK);
	if (is_taken_back || (!work->has_resent && (result == BUS_OK || result == BUS_MISSING)))
		return work_send(work, chunk, is_taken_back, 0, &is_sent);
	return work->state == WORK_ON;
}

/* One that was begun: when the chunk is done, or dead, nobody needs it. */
static bool look_at_begun(struct work *work, uint32_t chunk)
{
	struct bus_value value;

	if (work_get(work, JOB_KEY_DONE, chunk, &value) == BUS_OK)
		workspace_drop(&work->space, chunk, WORKSPACE_WHOLE);
	else if (work_get(work, JOB_KEY_DEAD, chunk, &value) == BUS_OK)
		workspace_drop(&work->space, chunk, WORKSPACE_LOG);
	return work->state == WORK_ON;
}

/* Some of them, the next time those behind: with thousands that nobody fetches yet, the server would be asked about
 * each between any two chunks. When we begin, all of them. */
static bool look_at_some(struct work *work, enum workspace_kind kind, bool (*look)(struct work *work, uint32_t chunk))
{
	uint32_t *chunk;
	size_t count, most;

	if (workspace_chunks(&work->space, kind, &chunk, &count, work->error) < 0) {
		work->state = WORK_FAILED;
		return false;
	}
	most = work->has_resent && count > FILES_AT_ONCE ? FILES_AT_ONCE : count;
	for (size_t i = 0; i < most && work->state == WORK_ON; i++)
		look(work, chunk[(work->cursor + i) % count]);
	if (kind == WORKSPACE_WHOLE)
		work->cursor += most;
	free(chunk);
	return work->state == WORK_ON;
}

bool work_look_at_files(struct work *work)
{
	if (!look_at_some(work, WORKSPACE_WHOLE, look_at_whole) ||
	    !look_at_some(work, WORKSPACE_BEGUN, look_at_begun) || !look_at_some(work, WORKSPACE_LIST, look_at_begun))
		return false;
	work->has_resent = true;
	return true;
}

/* ---- a chunk that killed us ---- */

static bool own_up_to(struct work *work, uint32_t chunk)
{
	struct bus_value value;
	struct job_attempt attempt;
	struct error unused;

	if (work_get(work, JOB_KEY_ATTEMPT, chunk, &value) != BUS_OK ||
	    job_attempt_read(&attempt, value.data, &unused) < 0 || attempt.why[0] ||
	    strcmp(attempt.worker, work->space.worker) != 0)
		return work->state == WORK_ON;
	log_info("chunk %" PRIu32 " was begun when this worker ended last time, without a word", chunk);
	return work_put_attempt(work, chunk, attempt.number, "its worker was killed, or crashed, in the midst of it");
}

bool work_own_up(struct work *work)
{
	uint32_t *chunk;
	size_t count;

	if (workspace_chunks(&work->space, WORKSPACE_LIST, &chunk, &count, work->error) < 0) {
		work->state = WORK_FAILED;
		return false;
	}
	for (size_t i = 0; i < count && work->state == WORK_ON; i++)
		own_up_to(work, chunk[i]);
	free(chunk);
	return work->state == WORK_ON;
}

/* ---- files of the job's options ---- */

/* One part after the other, until there are as many octets as the manifest says. */
static bool fetch_parts(struct work *work, size_t number, uint64_t size, struct text *out)
{
	struct bus_value value;
	enum bus_result result;
	char name[BUS_NAME_MAX];
	struct error why;

	for (unsigned part = 0; out->used < size; part++) {
		job_file_key(number, part, name);
		do
			result = bus_get(work->fleet.book, name, &value, &why);
		while (work_again(work, result, &why));
		if (result != BUS_OK || value.data.n == 0 || value.data.n > size - out->used)
			break;
		text_put(out, value.data);
		if (text_failed(out))
			break;
	}
	return work->state == WORK_ON && out->used == size;
}

static bool fetch_file(struct work *work, size_t number)
{
	const struct job_file *file = &work->fleet.job.file[number];
	char sha256[JOB_HASH_TEXT];
	struct error why;
	struct text out;

	text_open_memory(&out);
	if (!fetch_parts(work, number, file->size, &out) || !digest_of((struct span){ out.data, out.used }, sha256) ||
	    strcmp(sha256, file->sha256) != 0)
		work_fail(work,
			  "job %s: its file of --%.*s is damaged at the server: cancel the job and submit it again",
			  work->fleet.job.name, (int)file->option.n, file->option.p);
	else if (workspace_put_file(&work->space, number, (struct span){ out.data, out.used }, &why) < 0)
		work_fail(work, "%s", why.text);
	text_free(&out);
	return work->state == WORK_ON;
}

bool work_fetch_files(struct work *work)
{
	for (size_t i = 0; i < work->fleet.job.file_count && work->state == WORK_ON; i++)
		fetch_file(work, i);
	return work->state == WORK_ON;
}
