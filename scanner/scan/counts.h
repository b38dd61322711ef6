/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/scan/counts.h - what is counted while a scan runs. A counter has one writer; any thread may read it.
 *
 * Counts are of one of two populations: the file's, which includes what an earlier run recorded, or this run's.
 */
#ifndef STSURVEY_SCANNER_SCAN_COUNTS_H
#define STSURVEY_SCANNER_SCAN_COUNTS_H

#include <stdatomic.h>
#include <stdint.h>

#include "analysis/classify/judgement.h"
#include "parsers/direct_counts.h"
#include "scanner/base/limits.h"
#include "scanner/dns/net_direct.h"
#include "scanner/dns/server_health.h"

/* Of recorded domains: a worker counts those of its run, resume.c those the file held before. */
struct domain_counts {
	_Atomic uint64_t domains;
	_Atomic uint64_t sts;     /* with an STS record */
	_Atomic uint64_t fetched; /* whose policy came over verified TLS: policy_fetched of the tables */
	_Atomic uint64_t unknown, blocklisted, illegal;
	_Atomic uint64_t nxdomain;                /* as in overview.csv: the answer to MX */
	_Atomic uint64_t direct[DIRECT_COUNTERS]; /* with --direct: parsers/direct_counts.h */
};

/* Of MX hosts. */
struct host_counts {
	_Atomic uint64_t recorded;
	_Atomic uint64_t unknown;                    /* of these: they could not be found out about */
	_Atomic uint64_t deferred;                   /* as domains are */
	_Atomic uint64_t in_flight, probes, probing; /* looked at; connections begun, and open */
	_Atomic uint64_t connects, timeouts;         /* connections that have ended; of these, such as nobody took */
};

/* What a worker has done so far in this run; its thread alone writes. */
struct worker_counts {
	struct domain_counts recorded;
	struct host_counts hosts;
	_Atomic uint64_t deferred; /* kept for the second pass or, once the scan is stopping, for --resume */
	_Atomic uint64_t faults;   /* jobs ended by a fault of ours, and begun again */
	_Atomic uint64_t packets, repeats, tcp, parked, icmp;
	_Atomic uint64_t judged_packets, judged_repeats; /* of these, those that tell what the resolver bears */
	_Atomic uint64_t saved;                          /* questions another domain's answer served */
	_Atomic uint64_t fetches, fetching;              /* begun; in flight */
	_Atomic uint64_t in_flight;                      /* domains */
	_Atomic uint64_t paused;                         /* 1: every name server is down */
	_Atomic uint64_t starved;        /* 1: faults of ours have left one domain at once, and it waits */
	_Atomic uint64_t receive_buffer; /* octets the kernel grants a UDP socket */
	struct {
		_Atomic uint64_t host_look_ups, second_tries;
		_Atomic uint64_t packets, answers, timeouts, late, strange, guesses, spoofed, dropped;
	} direct; /* see scanner/dns/net_direct.h, and direct_engine.h */
	struct {
		_Atomic uint64_t answered, failed, timeouts, times_down;
	} server[NAME_SERVERS_MAX]; /* see scanner/dns/server_health.h */
};

/* Add to a counter; its one writer only. Who reads two counters finds what was added before to the one in the other, so
 * that no part is read larger than its whole, if the whole is read last. */
void counts_add(_Atomic uint64_t *counter, uint64_t n);

/* One domain is recorded. */
void counts_add_domain(struct domain_counts *counts, const struct observation *observation,
		       const struct judgement *judgement);

/* What the worker's own parts count, so that others may read it. */
void counts_copy_servers(struct worker_counts *counts, const struct server_health *health);
void counts_copy_direct(struct worker_counts *counts, const struct net_direct *direct);

#endif
