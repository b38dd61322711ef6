/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/progress/moment.h - how a scan stands, in the numbers that users are told.
 *
 * Counts of domains and traffic are of the file: what it held before a --resume, and what this run has added.
 */
#ifndef STSURVEY_SCANNER_PROGRESS_MOMENT_H
#define STSURVEY_SCANNER_PROGRESS_MOMENT_H

#include "output/scan_file/record.h"
#include "scanner/scan/scan.h"

enum { MOMENT_NOTE_MAX = 448 }; /* octets with NUL: all that can be amiss at a scan's end, one behind the other */

struct moment {
	uint64_t elapsed_ms; /* of this run, monotonic */
	int64_t wall_ms;     /* since 1970, UTC */
	double fraction;     /* of the work, 0 to 1; below 0: unknown */
	/* of the file */
	uint64_t domains; /* recorded, whatever their status */
	uint64_t sts;     /* of those, with an STS record */
	uint64_t fetched; /* of those, with a policy fetched */
	uint64_t unknown, blocklisted, illegal;
	uint64_t nxdomain; /* of those, with NXDOMAIN for an answer: the domain does not exist */
	uint64_t queries;  /* DNS packets sent */
	uint64_t fetches;  /* policy fetches begun */
	uint64_t hosts;    /* MX hosts recorded */
	uint64_t hosts_unknown;
	uint64_t hosts_lost;         /* not recorded, since their names could not be kept */
	uint64_t probes;             /* connections to them begun */
	bool has_direct;             /* --direct: … */
	struct direct_counts direct; /* … of the domains recorded */
	bool traffic_lost; /* an earlier run was killed: what it sent is not among the two, which are not shown */
	bool unwritten;    /* the file could not be written: what it holds of all this is not known here */
	/* at this moment */
	uint64_t deferred_left;   /* domains without a record, to be asked again */
	uint64_t in_flight;       /* domains */
	uint64_t fetching;        /* policy fetches */
	bool has_hosts;           /* MX hosts are probed; else none is in flight, … */
	bool of_hosts;            /* … and no domain is: its records are lines that are no hosts */
	uint64_t hosts_left;      /* known, and without a record */
	uint64_t hosts_in_flight; /* of these */
	uint64_t probing;         /* connections to them */
	bool list_read;           /* to its end, or to --max-domains */
	uint64_t waiting;         /* has_direct: domains that wait for their name servers … */
	uint64_t slowest_waiting; /* … in the longest line of them … */
	uint8_t slowest_n;
	char slowest[DOMAIN_NAME_MAX]; /* … which is that of this operator; not terminated. slowest_n 0: none */
	bool stopping;                 /* no more domains are begun */
	char note[MOMENT_NOTE_MAX];    /* what is out of the ordinary: "paused: no name server answers"; "": nothing */
};

/* Now. The main thread. */
void moment_now(const struct scan *scan, struct moment *moment);

/* Of the list, so far: domains, or, of a list of hosts, those too. */
uint64_t moment_entries(const struct moment *moment);

/* Shares of the domains so far, 0 to 1: of which something stayed unknown, those to be asked again among them; and
 * which do not exist. */
double moment_unknown_share(const struct moment *moment);
double moment_nxdomain_share(const struct moment *moment);

/* Of the MX hosts so far, those that could not be found out about. */
double moment_hosts_unknown_share(const struct moment *moment);

/* What makes doubtful every number of a scan: more than half of its domains are of a sort that a good list and a good
 * resolver have few of. False: nothing does. */
struct moment_doubt {
	uint64_t domains;
	double share;
	const char *are; /* "do not exist (NXDOMAIN)" */
	const char *why; /* what it may come from, and what to do */
};
bool moment_doubt(const struct moment *moment, struct moment_doubt *doubt);

/* What the file's trailer says of it. */
void moment_trailer(const struct moment *moment, enum record_completion completion, struct record_trailer *trailer);

/* How much of the whole work is done, 0 to 1: the feed, which runs ahead of the scan, has read @of_feed of the list
 * (below 0: a pipe, nobody knows) and made @handed targets of it, those of the file included; @recorded of them, of at
 * most @most (0: no limit), are in the file. */
double moment_fraction(double of_feed, uint64_t handed, uint64_t recorded, uint64_t most);

#endif
