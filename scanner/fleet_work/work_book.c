/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scanner/base/log.h"
#include "scanner/fleet/digest.h"
#include "scanner/fleet_work/work_own.h"

enum {
	CLOCK_WARN_MS = 5000,
	CLOCK_REFUSE_MS = 300000, /* certificates would be judged by another day, and records dated so */
};

static void end_over(struct work *work, bool is_collected, const char *why)
{
	if (work->state != WORK_ON)
		return;
	work->state = WORK_OVER;
	work->has_ended = true;
	work->is_collected = is_collected;
	log_info("job %s: %s", work->fleet.job.name, why);
}

bool work_has_job(struct work *work)
{
	char manifest[JOB_HASH_TEXT];
	struct bus_value value;
	struct error why;
	enum bus_result result = bus_get(work->fleet.book, JOB_MANIFEST, &value, &why);

	if (result == BUS_MISSING)
		end_over(work, false, "was cancelled, or the server has lost it");
	else if (result == BUS_OK && digest_of(value.data, manifest) && strcmp(manifest, work->manifest) != 0)
		end_over(work, false, "was cancelled, and another one has its name now");
	else if (result == BUS_OK && bus_get(work->fleet.book, JOB_COLLECTED, &value, &why) == BUS_OK)
		end_over(work, true, "is done, and collected");
	return work->state == WORK_ON;
}

enum bus_result work_get(struct work *work, enum job_key key, uint32_t chunk, struct bus_value *value)
{
	char name[BUS_NAME_MAX];
	enum bus_result result;
	struct error why;

	job_key(key, chunk, name);
	do
		result = bus_get(work->fleet.book, name, value, &why);
	while (work_again(work, result, &why));
	return result;
}

bool work_put_attempt(struct work *work, uint32_t chunk, unsigned number, const char *why)
{
	struct job_attempt attempt = { .number = number };
	char name[BUS_NAME_MAX];
	enum bus_result result;
	struct error error;
	struct text out;

	snprintf(attempt.worker, sizeof(attempt.worker), "%s", work->space.worker);
	snprintf(attempt.why, sizeof(attempt.why), "%s", why);
	text_open_memory(&out);
	job_attempt_write(&attempt, &out);
	job_key(JOB_KEY_ATTEMPT, chunk, name);
	if (text_failed(&out))
		work_fail(work, "no memory");
	do
		result = bus_put(work->fleet.book, name, (struct span){ out.data, out.used }, &error);
	while (work_again(work, result, &error));
	if (result == BUS_MISSING)
		work_misses(work, &error);
	text_free(&out);
	return work->state == WORK_ON;
}

bool work_check_clock(struct work *work, struct bus_bucket *bucket, const char *key, int64_t before, int64_t after)
{
	struct bus_value value;
	struct error unused;
	int64_t off;

	if (bus_get(bucket, key, &value, &unused) != BUS_OK)
		return work->state == WORK_ON; /* nothing is known of it */
	off = value.time_ms < before ? before - value.time_ms : value.time_ms > after ? value.time_ms - after : 0;
	if (off > CLOCK_REFUSE_MS)
		work_fail(work,
			  "the clocks of this machine and of the NATS server are %" PRId64
			  " s apart: set this one (timedatectl), or certificates are judged by a wrong time",
			  off / 1000);
	else if (off > CLOCK_WARN_MS)
		work_warn(work, "the clocks of this machine and of the NATS server are %" PRId64 " s apart",
			  off / 1000);
	return work->state == WORK_ON;
}
