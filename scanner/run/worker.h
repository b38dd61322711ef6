/* scanner/run/worker.h - one thread of a scan: its loop, its resolver and fetcher, its window of jobs, the frame
 * it fills. Workers share the feed, the sink and nothing else on the way of a domain without a policy.
 */
#ifndef STSURVEY_SCANNER_RUN_WORKER_H
#define STSURVEY_SCANNER_RUN_WORKER_H

#include "scanner/run/scan.h"
#include "scanner/run/worker_counts.h"

struct worker;

/* Loop, resolver and fetcher. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int worker_open(struct worker **worker, struct scan *scan, struct error *error);

/* Start the thread. -1: there is none; the worker counts as ended. */
__attribute__((warn_unused_result)) int worker_start(struct worker *worker);

/* Look at phase, feed, sink and stop. Any thread. */
void worker_wake(struct worker *worker);

const struct worker_counts *worker_counts(const struct worker *worker);

/* Has it closed? Then worker_join does not block. */
bool worker_has_ended(const struct worker *worker);

/* Wait for the thread; what it had taken of the feed goes back. */
void worker_join(struct worker *worker);
void worker_free(struct worker *worker);

#endif
