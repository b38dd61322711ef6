/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scanner/base/log.h"
#include "scanner/base/wall_clock.h"
#include "scanner/fleet_work/child_words.h"
#include "scanner/fleet_work/publish.h"
#include "scanner/fleet/cut.h"
#include "scanner/fleet_work/guard.h"
#include "scanner/fleet_work/work_own.h"
#include "scanner/fleet_work/work_pace.h"

enum {
	LOOK_MS = 50,          /* between two looks whether the scan has ended */
	SHARE_MS = 1000,       /* between two questions for a share */
	ROOM_MS = 5000,        /* between two tries of what the disk did not take */
	REST_MS = 10000,       /* without a chunk, after the disk has refused one; twice as long each time, … */
	DOUBT_LEAST = 10,      /* entries: of fewer nothing is concluded */
	DOUBT_PART = 2,        /* more than one in so many unknown is doubtful */
	REST_MOST_MS = 160000, /* … up to twice that */
};

#define NAK_DELAY_S 1.0 /* a chunk that failed is left alone for that long */
#define DRAIN_S 10.0    /* a scan that is told to end does so within 8 (scanner/run/scan_watch.c) */

/* What became of the chunk. */
enum chunk_end {
	CHUNK_DONE,
	CHUNK_FAILED,   /* through itself, as far as we know: the error says why */
	CHUNK_RETURNED, /* through us, or the server: somebody else shall have it, now */
	CHUNK_STUCK,    /* our disk: somebody else shall have it, or we, later */
	CHUNK_DOUBTFUL, /* little of it could be measured, perhaps through us: somebody else shall try it once more */
};

/* ---- the book ---- */

/* Done with the message, for good. */
static void ack(struct work *work)
{
	enum bus_result result;
	struct error why;

	do {
		result = bus_task_ack(work->fleet.bus, work->task, &why);
		if (result != BUS_AWAY)
			work->task = NULL;
	} while (work_again(work, result, &why));
	bus_task_free(work->task);
	work->task = NULL;
}

static void nak(struct work *work, double delay_s)
{
	if (work->task)
		bus_task_nak(work->task, delay_s);
	work->task = NULL;
}

static bool is_last(const struct work *work)
{
	return bus_task_deliveries(work->task) >= work->fleet.job.deliveries;
}

/* After the last of its attempts: dead, by our own word. */
static void bury(struct work *work, const char *why)
{
	struct job_attempt last = { .number = bus_task_deliveries(work->task) };
	enum bus_result result;
	struct error error;

	snprintf(last.worker, sizeof(last.worker), "%s", work->space.worker);
	snprintf(last.why, sizeof(last.why), "%s", why);
	do
		result = fleet_bury_chunk(&work->fleet, &work->chunk, &last, &error);
	while (work_again(work, result, &error));
	if (result != BUS_OK) {
		nak(work, 0);
		return;
	}
	ack(work);
	workspace_drop(&work->space, work->chunk.number, WORKSPACE_LOG);
}

/* Why nothing came of the chunk, when @why knows or not. */
static const char *reason(const struct work *work, const struct error *why)
{
	if (work->state == WORK_SIGNALLED)
		return "its worker was told to end";
	return work->state == WORK_FAILED ? work->error->text : why->text;
}

/* The server would not deliver it once more, and it is at no fault: it begins anew. */
static bool hand_on(struct work *work)
{
	enum bus_result result;
	struct error why;

	do
		result = cut_hand_on(work->fleet.bus, work->fleet.job.name, &work->chunk, &why);
	while (work_again(work, result, &why));
	if (result == BUS_OK)
		ack(work);
	else
		work_warn(work, "%s", why.text);
	return result == BUS_OK;
}

/* Somebody else shall have it. The word comes first: behind it stands whoever gets the chunk. */
static void give_back(struct work *work, const char *why, double delay_s)
{
	if (work->task && work->state != WORK_OVER) {
		(void)work_put_attempt(work, work->chunk.number, bus_task_deliveries(work->task), why);
		if (is_last(work) && hand_on(work))
			return;
	}
	nak(work, delay_s);
}

static void give_up(struct work *work, const char *why)
{
	uint32_t chunk = work->chunk.number;
	unsigned number = bus_task_deliveries(work->task);

	work_warn(work, "chunk %" PRIu32 ", attempt %u of %u: %s", chunk, number, work->fleet.job.deliveries, why);
	if (!work_put_attempt(work, chunk, number, why))
		nak(work, 0);
	else if (is_last(work))
		bury(work, why);
	else
		nak(work, NAK_DELAY_S);
}

/* ---- the scan ---- */

/* Our disk is no fault of the chunk's: what the scan says of its file (output/scan_file/sink.c), and what we find. */
static bool is_our_disk(const struct work *work, const char *why)
{
	const char *said[] = { strerror(ENOSPC), strerror(EDQUOT), strerror(EFBIG) };
	char output[WORKSPACE_NAME_MAX];
	const char *at;

	for (size_t i = 0; i < COUNT_OF(said); i++)
		if (strstr(why, said[i]))
			return true;
	workspace_name(&work->space, work->chunk.number, WORKSPACE_BEGUN, output);
	at = strstr(why, output);
	return at && strncmp(at + strlen(output), ": cannot be written", strlen(": cannot be written")) == 0;
}

/* Without a share nobody is asked anything. */
static enum chunk_end take_share(struct work *work, struct error *why)
{
	for (;;) {
		uint32_t share;
		enum bus_result result = ledger_take_share(work->ledger, &share, why);

		if (result == BUS_OK) {
			work->word.share = share;
			work->holds_share = true;
			return CHUNK_DONE;
		}
		if (result == BUS_MISSING)
			return CHUNK_RETURNED;
		if (result == BUS_EXISTS)
			work_is(work, "waiting for a share of the rates");
		if (result == BUS_EXISTS ? !work_pause(work, SHARE_MS) : !work_again(work, result, why))
			return CHUNK_RETURNED;
	}
}

/* Or does the server refuse to show us any? Then it is not the chunk's fault. */
static bool has_lists(struct work *work)
{
	struct bus_stream_info info;
	char stream[BUS_NAME_MAX];
	enum bus_result result;
	struct error why;

	job_stream_name(work->fleet.job.name, JOB_LIST, stream);
	do
		result = bus_stream_look(work->fleet.bus, stream, &info, &why);
	while (work_again(work, result, &why));
	if (result == BUS_MISSING)
		work_misses(work, &why);
	return result == BUS_OK;
}

static enum chunk_end fetch_list(struct work *work, struct error *why)
{
	enum bus_result result;
	enum chunk_end end = CHUNK_DONE;
	struct text list;

	work_is(work, "fetching a chunk");
	text_open_memory(&list);
	do
		result = cut_fetch(work->fleet.bus, work->fleet.job.name, &work->chunk, &list, why);
	while (result == BUS_AWAY && work_again(work, result, why));
	if (result == BUS_AWAY)
		end = CHUNK_RETURNED;
	else if (result != BUS_OK)
		end = has_lists(work) ? CHUNK_FAILED : CHUNK_RETURNED;
	else if (workspace_put_list(&work->space, work->chunk.number, (struct span){ list.data, list.used }, why) < 0)
		end = is_our_disk(work, why->text) ? CHUNK_STUCK : CHUNK_RETURNED;
	if (end == CHUNK_RETURNED && result == BUS_OK)
		work_fail(work, "%s", why->text);
	text_free(&list);
	return end;
}

static int start(struct work *work, struct child *child, struct error *why)
{
	uint32_t number = work->chunk.number;
	char output[WORKSPACE_NAME_MAX], status[WORKSPACE_NAME_MAX], log[WORKSPACE_NAME_MAX];
	struct child_request request = { .job = &work->fleet.job,
					 .worker = work->options,
					 .is_public = work->is_public,
					 .stage = work->chunk.stage,
					 .first = work->chunk.first,
					 .share = work->word.share,
					 .program = work->program,
					 .output = output,
					 .status = status,
					 .files = WORKSPACE_FILES,
					 .resume = workspace_has(&work->space, number, WORKSPACE_BEGUN) };
	struct child_start begin = { .program = work->program, .folder = work->space.folder, .log = log };
	struct child_words words;
	int result = -1;

	workspace_name(&work->space, number, WORKSPACE_BEGUN, output);
	workspace_name(&work->space, number, WORKSPACE_STATUS, status);
	workspace_name(&work->space, number, WORKSPACE_LOG, log);
	if (child_words_make(&words, &request, why) < 0)
		return -1;
	begin.argv = words.word;
	begin.input = workspace_read(&work->space, number, WORKSPACE_LIST, why);
	if (begin.input >= 0) {
		result = child_start(child, &begin, why);
		close(begin.input);
	}
	child_words_free(&words);
	return result;
}

static bool has_lost_share(const struct work *work, bool has_struck, struct error *why)
{
	if (!has_struck && ledger_left_s(work->ledger) >= 0)
		return false;
	error_set(why, "the share of the rates is lost: the server was away for too long, or this worker stood still");
	return true;
}

/* While it runs. How it is to be stopped where it is: @grace; below 0: it has ended by itself. @guard ends it where we
 * do not come to look. */
static double watch(struct work *work, struct child *child, const struct guard *guard, struct error *why)
{
	while (!child_has_ended(child)) {
		guard_allow(guard, ledger_left_s(work->ledger));
		if (!work_pause(work, LOOK_MS))
			return DRAIN_S;
		work_pace_look(work);
		if (has_lost_share(work, false, why))
			return ledger_stop_s(work->ledger);
	}
	return -1;
}

/* It ended by itself, or through the guard (@has_struck), which was faster than we were: a moment later the share may
 * be ours again, and what the scan said of its end is no fault of the chunk's. */
static enum chunk_end judge(struct work *work, const struct child *child, bool has_struck, struct error *why)
{
	char said[CHILD_SAID_MAX];
	int status = WIFEXITED(child->status) ? WEXITSTATUS(child->status) : -1;

	if (status == EXIT_COMPLETE || status == EXIT_UNMEASURED)
		return CHUNK_DONE;
	child_said(child, said);
	child_tell_end(child, why);
	if (said[0]) {
		struct error end = *why;

		error_set(why, "the scan %s: %s", end.text, said);
	} else {
		error_prefix(why, "the scan");
	}
	if (is_our_disk(work, said))
		return CHUNK_STUCK;
	if (has_lost_share(work, has_struck, why))
		return CHUNK_RETURNED;
	if (status >= 0) /* what it could not go on with, it shall not go on with again */
		workspace_remove(&work->space, work->chunk.number, WORKSPACE_BEGUN);
	return CHUNK_FAILED;
}

static enum chunk_end scan(struct work *work, double *seconds, struct error *why)
{
	int64_t begun = (int64_t)machine_clock_ms();
	struct child child = CHILD_NONE;
	struct guard guard = GUARD_NONE;
	enum chunk_end end;
	bool has_struck;
	double grace;

	work->pace = (struct work_pace){ 0 };
	if (start(work, &child, why) < 0 || guard_begin(&guard, child.pid, ledger_stop_s(work->ledger), why) < 0) {
		child_end(&child, 0);
		child_forget(&child);
		if (is_our_disk(work, why->text))
			return CHUNK_STUCK;
		work_fail(work, "%s", why->text);
		return CHUNK_RETURNED;
	}
	work_is(work, "scanning");
	grace = watch(work, &child, &guard, why);
	has_struck = guard_end(&guard);
	if (grace >= 0) {
		if (work->state != WORK_ON) /* at once: whoever waits for work has it while ours drains */
			give_back(work, reason(work, why), 0);
		child_signal(&child, SIGTERM);
		child_end(&child, grace);
		end = CHUNK_RETURNED;
	} else {
		end = judge(work, &child, has_struck, why);
	}
	child_forget(&child);
	*seconds = (double)((int64_t)machine_clock_ms() - begun) / 1000;
	if (end == CHUNK_DONE && workspace_finish(&work->space, work->chunk.number, why) < 0)
		return is_our_disk(work, why->text) ? CHUNK_STUCK : CHUNK_FAILED;
	return end;
}

/* Is so much of it unknown that our resolver, or our network, may be why? Asked of a chunk's first attempt alone, so
 * that a list of dead domains is surveyed as well. */
static bool is_doubtful(struct work *work, struct error *why)
{
	uint32_t number = work->chunk.number;
	char name[WORKSPACE_NAME_MAX];
	struct publish_facts facts;
	struct error unused;
	int fd;

	if (bus_task_deliveries(work->task) > 1 || is_last(work))
		return false;
	fd = workspace_read(&work->space, number, WORKSPACE_WHOLE, &unused);
	if (fd < 0)
		return false; /* sending it will tell */
	workspace_name(&work->space, number, WORKSPACE_WHOLE, name);
	if (publish_look(fd, name, &facts, &unused) < 0)
		facts = (struct publish_facts){ .domains = 0 };
	close(fd);
	if (facts.domains < DOUBT_LEAST || facts.unknown * DOUBT_PART <= facts.domains)
		return false;
	error_set(why,
		  "%" PRIu64 " of %" PRIu64
		  " could not be measured: it is tried once more, by another worker if there is one",
		  facts.unknown, facts.domains);
	workspace_drop(&work->space, number, WORKSPACE_KINDS);
	return true;
}

/* ---- the whole ---- */

/* Somebody has done it, or we have, before we were killed. */
static bool is_done(struct work *work)
{
	struct bus_value value;

	return work_get(work, JOB_KEY_DONE, work->chunk.number, &value) == BUS_OK;
}

/* The book is told before anything of the chunk is looked at. */
static bool begin_attempt(struct work *work)
{
	int64_t before = wall_clock_ms();
	char name[BUS_NAME_MAX];

	job_key(JOB_KEY_ATTEMPT, work->chunk.number, name);
	return work_put_attempt(work, work->chunk.number, bus_task_deliveries(work->task), "") &&
	       work_check_clock(work, work->fleet.book, name, before, wall_clock_ms());
}

static enum chunk_end go_through(struct work *work, struct error *why)
{
	uint32_t number = work->chunk.number;
	enum chunk_end end = CHUNK_DONE;
	double seconds = 0;
	bool is_sent;

	if (is_done(work))
		return CHUNK_DONE;
	if (!begin_attempt(work))
		return CHUNK_RETURNED;
	if (work->chunk.round > 0) /* it was put back: what was sent of it is of no use, and would not be taken again */
		workspace_remove(&work->space, number, WORKSPACE_WHOLE);
	if (!workspace_has(&work->space, number, WORKSPACE_WHOLE)) {
		end = take_share(work, why);
		if (end == CHUNK_DONE)
			end = fetch_list(work, why);
		if (end == CHUNK_DONE)
			end = scan(work, &seconds, why);
		if (end == CHUNK_FAILED && seconds > 0 && !work_probe(work, work->chunk.stage))
			end = CHUNK_RETURNED;
		if (end == CHUNK_DONE && is_doubtful(work, why))
			end = CHUNK_DOUBTFUL;
	}
	if (end != CHUNK_DONE)
		return end;
	if (!work_send(work, number, false, seconds, &is_sent))
		return CHUNK_RETURNED;
	if (!is_sent)
		error_set(why, "the scan left no whole scan file");
	return is_sent ? CHUNK_DONE : CHUNK_FAILED;
}

/* What is no chunk has no number under which it could be told: which chunk it was shows when it is gone. */
static void drop_damaged(struct work *work, const struct error *why)
{
	struct error error;

	work_warn(work, "message %" PRIu64 " of the queue is no chunk: %s", bus_task_sequence(work->task), why->text);
	if (!is_last(work)) {
		nak(work, NAK_DELAY_S);
		return;
	}
	ack(work);
	if (work->state == WORK_ON && fleet_bury_lost(&work->fleet, &error) != BUS_OK)
		work_warn(work, "%s", error.text);
}

/* Of a chunk that is to be tried again by us: the lane is still, or again, ours. */
static bool keeps_lane(struct work *work)
{
	struct error why;

	return work->fleet.job.lanes <= 1 || ledger_take_lane(work->ledger, work->chunk.lane, &why) == BUS_OK;
}

/* Given back once more the chunk would be dead, through no fault of its own: so it is tried again here. */
static bool tries_again(struct work *work, enum chunk_end end, const struct error *why)
{
	if (end == CHUNK_DONE || end == CHUNK_FAILED || work->state != WORK_ON || !is_last(work))
		return false;
	if (end == CHUNK_STUCK)
		work_is(work, "the disk is full");
	work_warn(work, "chunk %" PRIu32 ": %s", work->chunk.number, why->text);
	return work_pause(work, end == CHUNK_STUCK ? ROOM_MS : SHARE_MS) && keeps_lane(work);
}

/* Another worker has room, perhaps, or a better resolver: it must not lose the chunk to us again. */
static void rest(struct work *work)
{
	work->rest_ms = work->rest_ms == 0 ? REST_MS : work->rest_ms < REST_MOST_MS ? 2 * work->rest_ms : work->rest_ms;
	work->rested_ms = (int64_t)machine_clock_ms() + work->rest_ms;
}

/* Some chunks may kill their scans. That none but such come to us is less likely than that our machine does, for lack
 * of memory, say: it would be through all of the others' attempts while they scan one chunk. */
static bool is_our_fault(struct work *work)
{
	for (unsigned i = 0; i < work->failed_count; i++)
		if (work->failed[i] == work->chunk.number)
			return false;
	if (work->failed_count == COUNT_OF(work->failed))
		return true;
	work->failed[work->failed_count++] = work->chunk.number;
	return false;
}

static void finish(struct work *work, enum chunk_end end, const struct error *why)
{
	if (end == CHUNK_DONE) {
		work->failed_count = 0;
		ack(work);
		workspace_drop(&work->space, work->chunk.number, WORKSPACE_WHOLE);
		work->rest_ms = 0;
	} else if (end == CHUNK_FAILED && work->state == WORK_ON) {
		give_up(work, why->text);
		if (is_our_fault(work))
			rest(work);
	} else {
		if (why->text[0])
			work_warn(work, "chunk %" PRIu32 ": %s", work->chunk.number, why->text);
		give_back(work, reason(work, why), end == CHUNK_RETURNED ? 0 : NAK_DELAY_S);
		if (end != CHUNK_RETURNED)
			rest(work);
	}
}

void work_chunk(struct work *work)
{
	struct error why = { .text = "" };
	enum chunk_end end;

	if (job_chunk_read(&work->chunk, bus_task_data(work->task), &why) < 0) {
		drop_damaged(work, &why);
		return;
	}
	work->word.chunk = work->chunk.number;
	do
		end = go_through(work, &why);
	while (tries_again(work, end, &why));
	finish(work, end, &why);
	work->word.domains = work->domains;
	work->word.scanned = 0;
}
