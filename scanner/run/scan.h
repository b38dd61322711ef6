/* scanner/run/scan.h - what the workers of one scan share, and the phases they go through together.
 *
 *   SCAN_LIST         the feed's targets; what stays unknown is deferred
 *   SCAN_SECOND_PASS  the deferred domains, once more: now what is known is recorded
 *   SCAN_END          nothing left: workers hand over their last frame and close
 *
 * A phase ends when every worker has run out of targets and finished what it had in flight.
 */
#ifndef STSURVEY_SCANNER_RUN_SCAN_H
#define STSURVEY_SCANNER_RUN_SCAN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "output/sink.h"
#include "scanner/feed/feed.h"
#include "scanner/run/net_live.h"
#include "scanner/options/options.h"
#include "scanner/run/deferred.h"

enum scan_phase { SCAN_LIST, SCAN_SECOND_PASS, SCAN_END };

enum scan_stop {
	SCAN_RUN,
	SCAN_DRAIN,   /* take no more targets, finish those in flight */
	SCAN_AT_ONCE, /* drop what is in flight: it is not recorded, so --resume surveys it */
};

struct worker;

struct scan {
	const struct options *options;
	struct feed *feed;
	struct sink *sink;
	struct deferred *deferred;
	struct net_live_shared live;
	struct worker **worker;
	unsigned workers;
	uv_async_t *on_worker_ended;        /* of the main loop */
	_Atomic(struct feed_batch *) first; /* taken before the workers started; handed out ahead of the feed */
	_Atomic bool started;               /* all workers are there to be woken */
	_Atomic int phase;                  /* enum scan_phase */
	_Atomic int stop;                   /* enum scan_stop */
	_Atomic unsigned busy;              /* workers that have not run out of targets in this phase */
};

/* The next targets. FEED_TAKEN: *batch, to be given back by scan_release. */
enum feed_result scan_take(struct scan *scan, struct feed_batch **batch, struct feed_batch *room);
void scan_release(struct scan *scan, struct feed_batch *batch, struct feed_batch *room);

/* A worker has no target and nothing in flight. The last one to say so begins the next phase. */
void scan_idle(struct scan *scan);

/* Stop harder than now; never softer. Any thread. */
void scan_stop(struct scan *scan, enum scan_stop stop);

/* Something every worker should look at. Any thread. */
void scan_wake_all(struct scan *scan);

#endif
