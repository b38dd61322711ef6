/* scanner/run/worker_counts.h - what a worker has done so far: written by its thread alone, read by whoever shows
 * progress.
 */
#ifndef STSURVEY_SCANNER_RUN_WORKER_COUNTS_H
#define STSURVEY_SCANNER_RUN_WORKER_COUNTS_H

#include <stdatomic.h>
#include <stdint.h>

#include "analysis/classify/classify.h"
#include "scanner/base/limits.h"

struct worker_counts {
	_Atomic uint64_t domains;      /* recorded */
	_Atomic uint64_t sts, fetched; /* with an STS record; with a verified answer of status 200 */
	_Atomic uint64_t unknown, blocklisted, illegal;
	_Atomic uint64_t deferred; /* kept for the second pass */
	_Atomic uint64_t faults;   /* jobs ended by a fault of ours, and started again */
	_Atomic uint64_t packets, repeats, tcp, parked, icmp;
	_Atomic uint64_t saved;             /* questions another domain's answer served */
	_Atomic uint64_t fetches, fetching; /* begun; in flight */
	_Atomic uint64_t in_flight;         /* domains */
	_Atomic uint64_t paused;            /* 1: every name server is down */
	_Atomic uint64_t starved;           /* 1: faults of ours have left one domain at once, and it waits */
	_Atomic uint64_t receive_buffer;    /* octets the kernel grants a UDP socket */
	struct {
		_Atomic uint64_t answered, failed, timeouts, times_down;
	} server[NAME_SERVERS_MAX]; /* see scanner/dns/resolver.h */
};

/* Add to a counter; the worker's thread only. */
void worker_count(_Atomic uint64_t *counter, uint64_t n);

/* One domain is recorded. */
void worker_count_judged(struct worker_counts *counts, const struct observation *observation,
			 const struct classification *result);

#endif
