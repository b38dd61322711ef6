/* scanner/worker.h - one thread of a scan: its loop, its resolver and fetcher, its window of jobs, the frame
 * it fills. Workers share the feed, the sink and nothing else on the way of a domain without a policy.
 */
#ifndef STSURVEY_SCANNER_WORKER_H
#define STSURVEY_SCANNER_WORKER_H

#include <stdatomic.h>

#include "scanner/resolver.h"
#include "scanner/scan.h"

/* Written by the worker, read by whoever shows progress. */
struct worker_counts {
	_Atomic uint64_t domains;     /* recorded */
	_Atomic uint64_t sts, fetched; /* with an STS record; with a verified answer of status 200 */
	_Atomic uint64_t unknown, blocklisted, illegal;
	_Atomic uint64_t deferred;    /* kept for the retry pass */
	_Atomic uint64_t faults;      /* jobs ended by a fault of ours, and started again */
	_Atomic uint64_t packets, repeats, tcp, parked, icmp;
	_Atomic uint64_t saved;       /* questions another domain's answer served */
	_Atomic uint64_t fetches, fetching; /* begun; in flight */
	_Atomic uint64_t in_flight;   /* domains */
	_Atomic uint64_t paused;      /* 1: every name server is down */
	_Atomic uint64_t receive_buffer; /* octets the kernel grants a UDP socket */
};

struct worker;

/* Loop, resolver and fetcher. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int worker_open(struct worker **worker, struct scan *scan, char *error,
						    size_t error_size);

/* Start the thread. -1: there is none; the worker counts as ended. */
__attribute__((warn_unused_result)) int worker_start(struct worker *worker);

/* Look at phase, feed, sink and stop. Any thread. */
void worker_wake(struct worker *worker);

const struct worker_counts *worker_counts(const struct worker *worker);

/* Has it closed? Then worker_join does not block. */
bool worker_has_ended(const struct worker *worker);

/* Wait for the thread; its servers' totals are added to @servers (one a name server). */
void worker_join(struct worker *worker, struct resolver_server *servers);
void worker_free(struct worker *worker);

#endif
