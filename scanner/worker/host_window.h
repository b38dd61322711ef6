/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/worker/host_window.h - the MX hosts that one worker looks at, beside its domains: from the queue they share
 * (scanner/queue/host_queue.h) to their records.
 *
 * A tarpit takes room here for minutes, and a domain's room never. Of the hosts whose probes keep waiting net_smtp.h
 * lets some stand beside its own window; there is room here for these as well. All on the worker's thread.
 */
#ifndef STSURVEY_SCANNER_WORKER_HOST_WINDOW_H
#define STSURVEY_SCANNER_WORKER_HOST_WINDOW_H

#include "scanner/job/host_job.h"
#include "scanner/worker/records.h"
#include "scanner/scan/scan.h"
#include "scanner/worker/window.h"

STAILQ_HEAD(host_job_list, host_job);

struct host_window {
	struct scan *scan;
	struct worker_counts *counts;
	struct records *records;
	const struct job_context *context;
	SLIST_HEAD(, host_slab) slabs;
	struct host_job_list unused;
	struct host_job_list finished; /* to be judged and recorded */
	struct host_job_list faulted;  /* to be begun again after the pause */
	struct window window;
	unsigned in_flight;
	uint64_t pause_end_ms, grown_ms;
};

/* At most @most at once; what it is given outlives it. */
void host_window_init(struct host_window *hosts, struct scan *scan, struct worker_counts *counts,
		      struct records *records, const struct job_context *context, unsigned most);

/* When the loop has closed. */
void host_window_fini(struct host_window *hosts);

/* What the context's host_done has to do. */
void host_window_take_back(struct host_window *hosts, struct host_job *job);

/* Record what is finished, and begin others: none where @held, since nobody would answer. */
void host_window_turn(struct host_window *hosts, uint64_t now_ms, bool held);

/* Have faults of ours left one host at once, and does it wait? */
bool host_window_is_starved(const struct host_window *hosts);

/* The network is shut: what waits here is left to --resume, and what comes back. */
void host_window_drop(struct host_window *hosts);

#endif
