/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output/scan_file/reader.h"
#include "scanner/base/log.h"
#include "scanner/base/wall_clock.h"
#include "scanner/fleet_work/publish.h"
#include "scanner/fleet_work/work_own.h"

enum { FULL_MS = 1000 }; /* between two tries of what a full stream did not take */

struct sending {
	struct work *work;
	bool is_full;   /* the stream is, and that was told */
	char again[24]; /* behind the ids: what the server knows is stored once more */
};

static void wait_for_room(struct sending *sending)
{
	struct work *work = sending->work;

	work_is(work, "results are full");
	if (!sending->is_full)
		log_info("job %s: the results are full: waiting until 'stsurvey fleet collect' has fetched some",
			 work->fleet.job.name);
	sending->is_full = true;
	work_give(work);
	work_pause(work, FULL_MS);
}

static int send_part(void *arg, const struct publish_part *part, struct error *error)
{
	struct sending *sending = arg;
	struct work *work = sending->work;
	enum bus_result result;
	char id[BUS_ID_MAX + sizeof(sending->again)];

	snprintf(id, sizeof(id), "%s%s", part->id, sending->again);
	while (work_tend(work)) {
		result = bus_publish(work->fleet.bus, part->subject, id, part->offset, part->data, NULL, error);
		if (result == BUS_OK) {
			if (sending->is_full)
				work_is(work, "sending");
			sending->is_full = false;
			return 0;
		}
		if (result == BUS_FULL)
			wait_for_room(sending);
		else if (result == BUS_MISSING)
			work_misses(work, error);
		else if (!work_again(work, result, error))
			work_fail(work, "%s", error->text);
	}
	return error_set(error, "it does not go on");
}

/* ---- the word that it is done ---- */

static bool put_done(struct work *work, uint32_t chunk, const struct job_done *done, enum bus_result *result)
{
	char name[BUS_NAME_MAX];
	struct error why;
	struct text out;

	text_open_memory(&out);
	job_done_write(done, &out);
	job_key(JOB_KEY_DONE, chunk, name);
	*result = BUS_REFUSED;
	if (text_failed(&out))
		work_fail(work, "no memory");
	while (work_tend(work)) {
		*result = bus_create(work->fleet.book, name, (struct span){ out.data, out.used }, &why);
		if (!work_again(work, *result, &why))
			break;
	}
	text_free(&out);
	return work->state == WORK_ON;
}

/* It was given up, and done after all. */
static void rise(struct work *work, uint32_t chunk)
{
	struct bus_value value;
	struct error unused;
	char name[BUS_NAME_MAX];

	if (work_get(work, JOB_KEY_DEAD, chunk, &value) != BUS_OK)
		return;
	job_key(JOB_KEY_DEAD, chunk, name);
	(void)bus_remove(work->fleet.book, name, &unused);
}

/* Another worker's file counts: ours is of no use, here or at the server. */
static void yield(struct work *work, uint32_t chunk, const struct publish_facts *facts)
{
	char stream[BUS_NAME_MAX], subject[BUS_NAME_MAX], file[JOB_FILE_HASH_TEXT];
	struct error unused;

	job_file_name(facts->sha256, file);
	job_stream_name(work->fleet.job.name, JOB_RESULTS, stream);
	job_result_subject(work->fleet.job.name, chunk, file, subject);
	(void)bus_purge(work->fleet.bus, stream, subject, 0, &unused);
	workspace_drop(&work->space, chunk, WORKSPACE_KINDS);
}

/* Does the book's word name that file? */
static bool is_ours(struct work *work, uint32_t chunk, const struct publish_facts *facts)
{
	struct bus_value value;
	struct job_done done;
	struct error unused;

	return work_get(work, JOB_KEY_DONE, chunk, &value) == BUS_OK &&
	       job_done_read(&done, value.data, &unused) == 0 && strcmp(done.sha256, facts->sha256) == 0;
}

/* The list's number of its first entry, as its header has it: nobody knows the chunk's message after a restart. */
static uint64_t first_of(int fd, const char *name)
{
	struct reader *reader;
	struct error unused;
	uint64_t first;

	if (lseek(fd, 0, SEEK_SET) < 0 || reader_open_descriptor(&reader, fd, name, &unused) < 0)
		return 0; /* who collects it will refuse it */
	first = reader_header(reader)->first_index;
	reader_close(reader);
	return first;
}

static bool send_file(struct work *work, int fd, uint32_t chunk, bool again, double seconds, bool *is_sent)
{
	struct sending sending = { .work = work };
	struct publish_facts facts;
	struct job_done done = { .seconds = seconds };
	enum bus_result result;
	struct error why;
	char name[WORKSPACE_NAME_MAX];

	if (again) {
		log_info("chunk %" PRIu32 ": some of its results was lost at the server; they are sent again", chunk);
		snprintf(sending.again, sizeof(sending.again), "/%" PRId64, wall_clock_ms());
	}
	workspace_name(&work->space, chunk, WORKSPACE_WHOLE, name);
	if (publish_look(fd, name, &facts, &why) < 0) {
		work_warn(work, "%s: it is removed, and the chunk is to be scanned again", why.text);
		workspace_drop(&work->space, chunk, WORKSPACE_KINDS);
		return true;
	}
	if (publish_file(fd, name, work->fleet.job.name, chunk, &facts, bus_data_max(work->fleet.bus), send_part,
			 &sending, &why) < 0) {
		work_fail(work, "%s", why.text);
		return false;
	}
	snprintf(done.worker, sizeof(done.worker), "%s", work->space.worker);
	memcpy(done.sha256, facts.sha256, sizeof(done.sha256));
	done.size = facts.size;
	done.first = first_of(fd, name);
	done.domains = facts.domains;
	done.unknown = facts.unknown;
	if (!put_done(work, chunk, &done, &result))
		return false;
	if (result == BUS_EXISTS && !is_ours(work, chunk, &facts))
		yield(work, chunk, &facts);
	if (work->state == WORK_ON)
		rise(work, chunk);
	*is_sent = true;
	if (result == BUS_OK) {
		work->domains += facts.domains;
		work->chunks++;
		log_info("chunk %" PRIu32 " is done: %" PRIu64 " entries, %" PRIu64 " of them unknown, in %.0f s",
			 chunk, facts.domains, facts.unknown, seconds);
	}
	return work->state == WORK_ON;
}

bool work_send(struct work *work, uint32_t chunk, bool again, double seconds, bool *is_sent)
{
	struct error why;
	int fd = workspace_read(&work->space, chunk, WORKSPACE_WHOLE, &why);
	bool goes_on;

	*is_sent = false;
	if (fd < 0) {
		work_fail(work, "%s", why.text);
		return false;
	}
	work_is(work, "sending");
	goes_on = send_file(work, fd, chunk, again, seconds, is_sent);
	close(fd);
	return goes_on;
}
