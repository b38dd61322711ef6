/* SPDX-License-Identifier: BSD-2-Clause */
/* Is it the chunk that cannot be scanned, or can this machine scan nothing at all (its resolver, descriptors, memory;
 * of mail servers, its way to port 25)? One such machine would be through all chunks of a job in no time, and have them
 * all dead. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "output/text.h"
#include "scanner/base/wall_clock.h"
#include "scanner/fleet_work/child_words.h"
#include "scanner/fleet_work/work_own.h"

enum {
	LOOK_MS = 50,
	PROBE_MS = 60000,      /* it takes a tenth of a second; whatever takes longer has proven nothing */
	PROBE_INDEX = 1 << 30, /* as good as any */
	PERMISSIONS = 0644,
};

/* Its list stays where it failed: so it is made first when the worker is started again, before a chunk is spoilt. */
#define PROBE_OUTPUT "probe.msgpack.zst"
#define PROBE_STATUS "probe.status.csv"
#define PROBE_LOG "probe.log"

static const char *const probe_list[JOB_STAGES] = {
	[JOB_DOMAINS] = WORKSPACE_PROBE, [JOB_HOSTS] = WORKSPACE_PROBE_HOSTS
};

/* Nothing in it that could be asked for. */
static const char probe_rows[] = "offset,rank,domain\n0,,-\n";

static int open_list(const struct work *work, enum job_stage stage)
{
	int fd = openat(work->space.folder, probe_list[stage], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, PERMISSIONS);

	if (fd >= 0 && (text_write_all(fd, span_of(probe_rows)) != 0 || lseek(fd, 0, SEEK_SET) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* 0; 1: nobody can tell; -1 with one line in @why: it cannot be started. */
static int start(struct work *work, enum job_stage stage, struct child *child, struct error *why)
{
	struct child_request request = { .job = &work->fleet.job,
					 .worker = work->options,
					 .is_public = work->is_public,
					 .stage = stage,
					 .first = PROBE_INDEX,
					 .share = work->word.share,
					 .program = work->program,
					 .output = PROBE_OUTPUT,
					 .status = PROBE_STATUS,
					 .files = WORKSPACE_FILES,
					 .is_probe = true };
	struct child_start begin = { .program = work->program, .folder = work->space.folder, .log = PROBE_LOG };
	struct child_words words;
	int result;

	if (child_words_make(&words, &request, why) < 0)
		return 1;
	begin.argv = words.word;
	begin.input = open_list(work, stage);
	result = begin.input < 0 ? 1 : child_start(child, &begin, why);
	if (begin.input >= 0)
		close(begin.input);
	child_words_free(&words);
	return result;
}

static bool has_ended_well(struct work *work, struct child *child, struct error *why)
{
	int64_t end = (int64_t)machine_clock_ms() + PROBE_MS;
	char said[CHILD_SAID_MAX];
	int status;

	while (!child_has_ended(child))
		if (!work_pause(work, LOOK_MS) || (int64_t)machine_clock_ms() >= end) {
			child_end(child, 0);
			return true;
		}
	status = WIFEXITED(child->status) ? WEXITSTATUS(child->status) : -1;
	if (status == EXIT_COMPLETE || status == EXIT_UNMEASURED)
		return true;
	child_tell_end(child, why);
	child_said(child, said);
	if (said[0])
		error_set(why, "%s", said);
	return false;
}

static void forget(const struct work *work, enum job_stage stage, bool is_fit)
{
	static const char *const names[] = { PROBE_OUTPUT, PROBE_STATUS, PROBE_LOG };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		unlinkat(work->space.folder, names[i], 0);
	if (is_fit)
		unlinkat(work->space.folder, probe_list[stage], 0);
}

bool work_probe(struct work *work, enum job_stage stage)
{
	struct child child = CHILD_NONE;
	struct error why = { .text = "" };
	int started;
	bool is_fit;

	work_is(work, "a scan of nothing");
	started = start(work, stage, &child, &why);
	is_fit = started > 0 || (started == 0 && has_ended_well(work, &child, &why));
	child_forget(&child);
	forget(work, stage, is_fit);
	if (!is_fit)
		work_fail(work, "this worker can %s, and so leaves the chunks to others: %s",
			  stage == JOB_HOSTS ? "probe no mail server" : "scan nothing at all", why.text);
	return is_fit && work->state == WORK_ON;
}

bool work_probe_first(struct work *work)
{
	for (int stage = 0; stage < JOB_STAGES; stage++)
		if (faccessat(work->space.folder, probe_list[stage], F_OK, 0) == 0 &&
		    !work_probe(work, (enum job_stage)stage))
			return false;
	return true;
}
