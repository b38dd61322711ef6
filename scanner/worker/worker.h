/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/worker/worker.h - one thread of a scan: its loop, its resolver and fetcher, its window of jobs, the frame
 * it fills. Workers share the feed, the sink and nothing else on the way of a domain without a policy.
 */
#ifndef STSURVEY_SCANNER_WORKER_WORKER_H
#define STSURVEY_SCANNER_WORKER_WORKER_H

#include "scanner/scan/scan.h"

struct worker;

/* Loop, resolver and fetcher of worker @number, which counts in scan->counts[number]. 0, or -1 with one line in @error;
 * then *worker is NULL as before, or to be freed. */
__attribute__((warn_unused_result)) int worker_open(struct worker **worker, struct scan *scan, unsigned number,
						    struct error *error);

/* Start the thread. -1: there is none; the worker counts as ended. */
__attribute__((warn_unused_result)) int worker_start(struct worker *worker);

/* Look at phase, feed, sink and stop. Any thread. */
void worker_wake(struct worker *worker);

/* Does no thread run it? Then worker_join does not block. */
bool worker_has_ended(struct worker *worker);

/* Wait for the thread; what it had taken of the feed goes back. */
void worker_join(struct worker *worker);
void worker_free(struct worker *worker);

#endif
