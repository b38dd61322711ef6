/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "output/elapsed.h"
#include "scanner/base/log.h"
#include "scanner/base/wall_clock.h"
#include "scanner/dns/private_resolver.h"
#include "scanner/fleet/digest.h"
#include "scanner/fleet_work/child_words.h"
#include "scanner/fleet_work/work_own.h"
#include "scanner/options/option_files.h"
#include "scanner/options/option_value.h"

enum {
	STEP_MS = 50,       /* a pause is made of: signals are seen that soon */
	NEWS_MS = 1000,     /* between two words of ours at least */
	LOOK_MS = 2000,     /* between two looks at what is in the folder, and whether the job is still there */
	IDLE_MS = 500,      /* between two rounds through lanes that had nothing */
	AGAIN_MS = 500,     /* before a call is made again that was not answered */
	REFUSED_MS = 2000,  /* before what the server refuses is believed … */
	MISSED_MS = 10000,  /* … and that something of the job is missing; a job takes a moment to be cancelled */
	ACK_WAIT_PARTS = 4, /* so often within its patience the server is told that a chunk goes on */
	PROGRESS_MAX = 512, /* octets of a progress line */
};

#define PULL_S 1.0      /* waited for a chunk where there is one line */
#define LANE_PULL_S 0.2 /* in a lane that seems to have one */
/* Of one call, as part of --ack-wait: then what is due is done, and it is made again. */
#define PATIENCE_PARTS 8
#define PATIENCE_LEAST_S 2.0
#define PATIENCE_MOST_S 5.0

/* ---- what is due ---- */

void work_is(struct work *work, const char *state, ...)
{
	va_list arguments;

	va_start(arguments, state);
	vsnprintf(work->word.state, sizeof(work->word.state), state, arguments);
	va_end(arguments);
}

void work_warn(struct work *work, const char *format, ...)
{
	char text[JOB_WORD_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (strcmp(text, work->word.last) != 0) /* told once, however long it lasts */
		log_warning("%s", text);
	memcpy(work->word.last, text, sizeof(text));
}

void work_fail(struct work *work, const char *format, ...)
{
	va_list arguments;

	if (work->state != WORK_ON)
		return;
	work->state = WORK_FAILED;
	va_start(arguments, format);
	error_set_list(work->error, format, arguments);
	va_end(arguments);
}

/* As often as our share asks, and where we are at something else by now, so that `status` is not far behind. */
static void renew(struct work *work, int64_t now)
{
	struct error why;
	enum bus_result result;
	bool is_news = strcmp(work->told, work->word.state) != 0;

	if (now - work->renewed_ms < (is_news ? NEWS_MS : (int64_t)(ledger_renew_s(work->ledger) * 1000)))
		return;
	work->renewed_ms = now;
	memcpy(work->told, work->word.state, sizeof(work->told));
	result = ledger_renew(work->ledger, &work->word, &why);
	if (result != BUS_OK)
		work_warn(work, "%s", why.text);
	if (result == BUS_AWAY) /* further calls would wait, too */
		return;
	if (work_has_job(work) && result == BUS_REFUSED)
		work_fail(work, "%s", why.text);
}

static void show(struct work *work, int64_t now)
{
	const struct job_word *word = &work->word;
	char line[PROGRESS_MAX], elapsed[ELAPSED_MAX];
	int n;

	if (work->options->quiet || !log_progress_is_due((uint64_t)(now - work->shown_ms)))
		return;
	work->shown_ms = now;
	n = snprintf(line, sizeof(line), "%s; %s", elapsed_text(elapsed, (uint64_t)(now - work->begun_ms) / 1000),
		     word->state);
	if (word->chunk >= 0)
		n += snprintf(line + n, sizeof(line) - (size_t)n, "; chunk %" PRId64 ", %" PRIu64 " of %" PRIu64,
			      word->chunk, work->pace.count, work->chunk.entries);
	if (word->per_second > 0)
		n += snprintf(line + n, sizeof(line) - (size_t)n, "; %.0f/s with %.1f%% of the rates", word->per_second,
			      (double)word->share * 100 / LEDGER_WHOLE);
	snprintf(line + n, sizeof(line) - (size_t)n, "; %u chunks done, %" PRIu64 " in all", work->chunks,
		 word->domains);
	log_progress(line);
}

bool work_tend(struct work *work)
{
	int64_t now = (int64_t)machine_clock_ms();
	struct error why;

	if (work->state == WORK_ON && stop_signal)
		work->state = WORK_SIGNALLED;
	if (work->options->started && private_resolver_has_ended(work->options->started, &why))
		work_fail(work, "%s", why.text);
	if (work->state != WORK_ON)
		return false;
	renew(work, now);
	if (work->task && now - work->task_ms >= (int64_t)(work->fleet.job.ack_wait_s * 1000 / ACK_WAIT_PARTS)) {
		work->task_ms = now;
		bus_task_progress(work->task);
	}
	show(work, now);
	return work->state == WORK_ON;
}

bool work_pause(struct work *work, unsigned ms)
{
	int64_t end = (int64_t)machine_clock_ms() + ms;

	while (work_tend(work) && (int64_t)machine_clock_ms() < end)
		nanosleep(&(struct timespec){ 0, STEP_MS * 1000000 }, NULL);
	return work->state == WORK_ON;
}

/* So it is while a job is cancelled, too: some of it is gone, and its book is not. */
static void believe(struct work *work, unsigned ms, const struct error *why)
{
	int64_t end = (int64_t)machine_clock_ms() + ms;

	while (work_pause(work, AGAIN_MS) && work_has_job(work)) {
		if ((int64_t)machine_clock_ms() >= end)
			work_fail(work, "%s", why->text);
	}
}

void work_misses(struct work *work, const struct error *why)
{
	believe(work, MISSED_MS, why);
}

bool work_again(struct work *work, enum bus_result result, const struct error *why)
{
	if (result == BUS_REFUSED)
		believe(work, REFUSED_MS, why);
	if (result != BUS_AWAY)
		return false;
	if (!stop_signal)
		work_warn(work, "%s", why->text);
	return work_pause(work, AGAIN_MS);
}

/* ---- the beginning ---- */

static bool same_tool(struct work *work)
{
	static const char ours[] = JOB_TOOL;
	char version[CHILD_SAID_MAX];
	struct error why;

	if (strcmp(work->fleet.job.tool, ours) != 0)
		work_fail(work, "job %s is one of %s, and this is %s: all of a job's scans are made by one version",
			  work->fleet.job.name, work->fleet.job.tool, ours);
	else if (!child_find_program(work->program))
		work_fail(work, "no program stsurvey beside this one, nor in PATH: install the package stsurvey");
	else if (child_version(work->program, work->space.folder, version, &why) < 0)
		work_fail(work, "%s", why.text);
	else if (strcmp(version, ours) != 0)
		work_fail(work, "%s is %.80s, and this is %s: install both of one version", work->program, version,
			  ours);
	return work->state == WORK_ON;
}

/* A scan that is told no name servers reads them from there: without any no chunk need be tried, and a public one is
 * asked more slowly. */
static bool know_servers(struct work *work)
{
	struct options asked = *work->options;
	struct error why;

	if (asked.server_count == 0 && option_read_resolv_conf(&asked, option_resolv_conf, &why) != OPTIONS_OK)
		work_fail(work, "%s", why.text);
	work->is_public = options_public_resolver(&asked);
	return work->state == WORK_ON;
}

static bool note_manifest(struct work *work)
{
	struct bus_value value;
	struct error why;
	enum bus_result result;

	do
		result = bus_get(work->fleet.book, JOB_MANIFEST, &value, &why);
	while (result == BUS_AWAY && !stop_signal);
	if (result != BUS_OK)
		work_fail(work, "%s", why.text);
	else if (!digest_of(value.data, work->manifest))
		work_fail(work, "no memory");
	return work->state == WORK_ON;
}

static bool join(struct work *work)
{
	struct job_bearing bears = job_bears(&work->fleet.job);
	int64_t before;
	enum bus_result result;
	struct error why;

	do
		result = ledger_open(&work->ledger, work->fleet.book, work->fleet.alive, work->space.worker,
				     work->space.id, work->fleet.job.ack_wait_s, &why);
	while (result == BUS_AWAY && !stop_signal);
	if (result != BUS_OK) {
		work_fail(work, "%s", why.text);
		return false;
	}
	if (bears.limit)
		ledger_bears(work->ledger, bears.workers);
	snprintf(work->crowded, sizeof(work->crowded), "waiting: --%s bears %" PRIu64 " worker%s at once",
		 bears.limit ? bears.limit : "", bears.workers, bears.workers == 1 ? "" : "s");
	before = wall_clock_ms();
	work->renewed_ms = (int64_t)machine_clock_ms();
	result = ledger_renew(work->ledger, &work->word, &why);
	if (result == BUS_EXISTS || result == BUS_REFUSED)
		work_fail(work, "%s", why.text);
	return work->state == WORK_ON &&
	       work_check_clock(work, work->fleet.alive, work->space.worker, before, wall_clock_ms());
}

static void set_patience(struct work *work)
{
	double part = work->fleet.job.ack_wait_s / PATIENCE_PARTS;

	bus_set_patience(work->fleet.bus, part < PATIENCE_LEAST_S  ? PATIENCE_LEAST_S
					  : part < PATIENCE_MOST_S ? part
								   : PATIENCE_MOST_S);
}

/* Before the first chunk is taken: what would make each of them fail is told now. */
static bool prepare(struct work *work)
{
	work_is(work, "beginning");
	snprintf(work->word.tool, sizeof(work->word.tool), "%s", JOB_TOOL);
	work->word.chunk = -1;
	if ((!fleet_server_is_local(work->options) &&
	     child_words_consent(&work->fleet.job, work->options, work->error) < 0) ||
	    workspace_open(&work->space, work->options->directory, &work->fleet.job, work->options->worker,
			   work->error) < 0) {
		work->state = WORK_FAILED;
		return false;
	}
	set_patience(work);
	return same_tool(work) && know_servers(work) && note_manifest(work) && join(work) && work_fetch_files(work) &&
	       work_probe_first(work) && work_own_up(work);
}

/* ---- chunks ---- */

void work_give(struct work *work)
{
	struct error unused;

	if (work->holds_share)
		work->holds_share = ledger_give_share(work->ledger, &unused) != BUS_OK;
	if (!work->holds_share)
		work->word.share = 0;
	if (work->fleet.job.lanes > 1)
		(void)ledger_give_lane(work->ledger, &unused);
}

/* One of the lane's chunks is at hand. */
static bool pull(struct work *work, unsigned lane, double wait_s)
{
	char queue[BUS_NAME_MAX], consumer[BUS_NAME_MAX];
	enum bus_result result;
	struct error why;

	job_stream_name(work->fleet.job.name, JOB_QUEUE, queue);
	job_consumer_name(lane, consumer);
	result = bus_pull(work->fleet.bus, queue, consumer, wait_s, &work->task, &why);
	if (result == BUS_OK) {
		work->task_ms = (int64_t)machine_clock_ms();
		return true;
	}
	work->task = NULL;
	work_again(work, result, &why);
	return false;
}

static bool may_have_one(struct work *work, unsigned lane)
{
	char queue[BUS_NAME_MAX], consumer[BUS_NAME_MAX];
	struct bus_consumer_info info;
	struct error unused;

	job_stream_name(work->fleet.job.name, JOB_QUEUE, queue);
	job_consumer_name(lane, consumer);
	return bus_consumer_look(work->fleet.bus, queue, consumer, &info, &unused) == BUS_OK &&
	       info.waiting + info.in_flight > 0;
}

/* Begins with the lane it had: an operator's domains go on where they are. */
static bool pull_laned(struct work *work)
{
	unsigned lanes = work->fleet.job.lanes, first = work->chunk.lane < lanes ? work->chunk.lane : 0;
	struct error why;

	for (unsigned i = 0; i < lanes && work_tend(work); i++) {
		unsigned lane = (first + i) % lanes;
		enum bus_result result;

		if (!may_have_one(work, lane))
			continue;
		result = ledger_take_lane(work->ledger, lane, &why);
		if (result == BUS_OK && pull(work, lane, LANE_PULL_S))
			return true;
		if (result != BUS_OK && result != BUS_EXISTS)
			work_again(work, result, &why);
	}
	return false;
}

/* Why no chunk is begun now; NULL: one may be. */
static const char *keeps_off(struct work *work)
{
	uint64_t room = workspace_room(&work->space);
	struct error unused;

	if (room < WORKSPACE_ROOM) {
		work_warn(work, "%s: %" PRIu64 " MiB are left on the disk, and no chunk is begun with less than %d",
			  work->space.path, room >> 20, WORKSPACE_ROOM >> 20);
		return "the disk is full";
	}
	if ((int64_t)machine_clock_ms() < work->rested_ms)
		return "resting after a chunk that came to nothing";
	if (work->holds_share || ledger_find_place(work->ledger, &unused) != BUS_EXISTS)
		return NULL;
	if (strcmp(work->word.state, work->crowded) != 0)
		log_info("job %s: no chunk is taken until another worker has none: %s", work->fleet.job.name,
			 work->crowded);
	return work->crowded;
}

static bool next_chunk(struct work *work)
{
	return work->fleet.job.lanes > 1 ? pull_laned(work) : pull(work, 0, PULL_S);
}

/* Between two chunks, or while there is none. */
static bool look_around(struct work *work)
{
	int64_t now = (int64_t)machine_clock_ms();
	struct error why;

	if (now - work->looked_ms < LOOK_MS)
		return true;
	work->looked_ms = now;
	if (!work_has_job(work) || !work_look_at_files(work))
		return false;
	if (fleet_bury(&work->fleet, NULL, &why) == BUS_REFUSED)
		work_warn(work, "%s", why.text);
	return work->state == WORK_ON;
}

static void be_idle(struct work *work)
{
	int64_t now = (int64_t)machine_clock_ms();
	double limit = work->options->max_idle;

	work_give(work);
	if (work->idle_ms == 0)
		work->idle_ms = now;
	if (limit > 0 && (double)(now - work->idle_ms) >= limit * 1000) {
		work->state = WORK_OVER;
		log_info("job %s: no chunk for %.10g s", work->fleet.job.name, limit);
	}
	work_pause(work, IDLE_MS);
}

static void run(struct work *work)
{
	while (work_tend(work) && look_around(work)) {
		const char *off = keeps_off(work);

		if (off) {
			work_is(work, "%s", off);
			be_idle(work);
			continue;
		}
		if (!next_chunk(work)) {
			work_is(work, "waiting for a chunk");
			be_idle(work);
			continue;
		}
		work->idle_ms = 0;
		work_chunk(work);
		work->word.chunk = -1;
		work->word.per_second = 0;
	}
}

static int exit_status(const struct work *work, struct error *error)
{
	switch (work->state) {
	case WORK_SIGNALLED:
		return fleet_ended(error);
	case WORK_OVER:
		return EXIT_COMPLETE;
	default:
		return EXIT_FATAL;
	}
}

/* A server that lost the job looks like one on which it was cancelled: what nobody has fetched is not thrown away. */
static void tidy(const struct work *work)
{
	size_t kept = workspace_clear(&work->space, !work->is_collected);

	if (kept > 0)
		log_warning(
			"%s: %zu finished chunks that nobody has fetched stay in it: the same job, submitted again, "
			"has them from there; else remove the folder",
			work->space.path, kept);
}

int fleet_work(const struct options *options, struct error *error)
{
	struct work work = { .options = options, .error = error, .space = { .folder = -1, .lock = -1 } };
	int status;

	work.begun_ms = work.shown_ms = (int64_t)machine_clock_ms();
	stop_signal_catch();
	if (fleet_open(options, "work", &work.fleet, error) != BUS_OK)
		return stop_signal ? fleet_ended(error) : EXIT_FATAL;
	if (prepare(&work))
		run(&work);
	log_progress_end();
	status = exit_status(&work, error);
	if (log_is_file() && error->text[0]) /* standard error is told by who called us */
		log_error("%s", error->text);
	if (work.has_ended)
		tidy(&work);
	ledger_close(work.ledger);
	workspace_close(&work.space);
	fleet_close(&work.fleet);
	return status;
}
