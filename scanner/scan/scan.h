/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/scan/scan.h - what the workers of one scan share, and the phases they go through together.
 *
 *   SCAN_LIST         the feed's targets, and the MX hosts they name; what stays unknown is deferred
 *   SCAN_SECOND_PASS  the deferred domains and hosts, once more: now what is known is recorded
 *   SCAN_END          nothing left: workers hand over their last frame and close
 *
 * A phase ends when every worker has run out of targets and finished what it had in flight. With --smtp it has run out
 * of hosts once there are none left and no worker has a domain any more that could name one.
 */
#ifndef STSURVEY_SCANNER_SCAN_SCAN_H
#define STSURVEY_SCANNER_SCAN_SCAN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "output/scan_file/sink.h"
#include "scanner/feed/feed.h"
#include "scanner/options/options.h"
#include "scanner/queue/deferred.h"
#include "scanner/queue/slow_operators.h"
#include "scanner/rules/congestion.h"
#include "scanner/queue/admission.h"
#include "scanner/scan/counts.h"
#include "scanner/scan/forecast.h"
#include "scanner/queue/host_queue.h"
#include "scanner/live/net_live.h"
#include "scanner/scan/resume.h"

enum scan_phase { SCAN_LIST, SCAN_SECOND_PASS, SCAN_END };

enum scan_stop {
	SCAN_RUN,
	SCAN_DRAIN,   /* take no more targets, finish those in flight */
	SCAN_AT_ONCE, /* drop what is in flight: it is not recorded, so --resume surveys it */
};

struct worker;

struct scan {
	const struct options *options;
	uint64_t start_ns;          /* of the survey, after all that is set up, monotonic */
	int64_t start_wall_ms;      /* since 1970, UTC */
	struct resume before;       /* what the file held */
	struct server_check *check; /* one a name server */
	struct feed *feed;
	struct kept *kept; /* of --keep-certificates; NULL: none is */
	struct sink *sink;
	struct deferred deferred;
	struct slow_operators slow;              /* of --direct; the main thread's */
	struct admission *admission;             /* with --direct; else NULL */
	struct forecast *forecast;               /* with --direct, of a list that can be read twice; else NULL */
	struct host_queue hosts;                 /* of --smtp and --mx-hosts alone */
	bool is_named;                           /* the name we greet with is one, and no makeshift */
	struct canaries *canaries;               /* of these, too; the main thread's */
	_Atomic bool held;                       /* no host is begun: port 25 is shut to us */
	_Atomic bool left_out[VANTAGE_FAMILIES]; /* no host is probed over these */
	struct net_live_shared live;
	struct congestion congestion; /* of all questions; the main thread's */
	unsigned workers;
	struct worker **worker;              /* so many, … */
	struct worker_counts *counts;        /* … and what each has done */
	void (*wake)(struct worker *worker); /* to look at phase, feed, sink and stop; any thread */
	uv_async_t *on_worker_ended;         /* of the main loop */
	double drain_end_s;                  /* once it drains: when it stops at once; the main thread's */
	_Atomic(struct feed_batch *) first;  /* taken before the workers started; handed out ahead of the feed */
	_Atomic bool started;                /* all workers are there to be woken */
	_Atomic int phase;                   /* enum scan_phase */
	_Atomic int stop;                    /* enum scan_stop */
	_Atomic unsigned busy;               /* workers that have not run out of targets in this phase, … */
	_Atomic unsigned naming;             /* … and those that have not run out of domains, which name hosts */
};

/* The next targets, as feed_take: *batch is the caller's until it gives it to feed_release. */
enum feed_result scan_take(struct scan *scan, struct feed_batch **batch);

/* May there be MX hosts to take in this phase, now or once the domains of another worker have named them? To be asked
 * again, say each 100 ms, until there may not. */
bool scan_may_have_hosts(const struct scan *scan);

/* A worker has no domain any more in this phase. Only where hosts are probed; before scan_idle. */
void scan_named_all(struct scan *scan);

/* A worker has no target and nothing in flight. The last one to say so begins the next phase. */
void scan_idle(struct scan *scan);

/* Stop harder than now; never softer. Any thread. */
void scan_stop(struct scan *scan, enum scan_stop stop);

/* Is it stopping: are no more targets taken? Any thread. */
bool scan_is_stopping(const struct scan *scan);

/* Put the rate in force that congestion says; the main thread. */
void scan_set_rate(struct scan *scan);

/* Something every worker should look at. Any thread. */
void scan_wake_all(struct scan *scan);

/* Does no name server answer, so that whatever is in flight waits? Any thread. */
bool scan_is_paused(const struct scan *scan);

/* Seconds since the start. Any thread. */
double scan_elapsed_s(const struct scan *scan);

/* A counter of worker_counts, summed over the workers. Any thread. */
#define SCAN_SUM(scan, member) scan_sum(scan, offsetof(struct worker_counts, member))
uint64_t scan_sum(const struct scan *scan, size_t offset);

/* DNS packets of this run, to resolvers and domains' own name servers. Any thread. */
uint64_t scan_queries(const struct scan *scan);

/* A counter of domain_counts, of the whole file. Any thread. */
#define SCAN_TOTAL(scan, member) (atomic_load(&(scan)->before.counts.member) + SCAN_SUM(scan, recorded.member))

#endif
