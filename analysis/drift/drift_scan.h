/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/drift/drift_scan.h - one scan read into rows that are put aside. */
#ifndef STSURVEY_ANALYSIS_DRIFT_DRIFT_SCAN_H
#define STSURVEY_ANALYSIS_DRIFT_DRIFT_SCAN_H

#include "analysis/drift/drift_row.h"
#include "analysis/drift/scan_sets.h"
#include "analysis/pass/scan_files.h"
#include "analysis/pass/spill.h"
#include "analysis/tables/stats.h"

struct drift_scan {
	const char *command;
	struct scan_set *set; /* its start is set where it was not known */
	unsigned number, of;  /* of the scans that are read, for progress; from 0 */
	bool partial, all;
	/* mail servers were looked at in some of the scans; not in all of them, so that they are left out */
	bool hosts, without_hosts;
	bool sts_only;     /* no row of a domain that is known to have no STS record */
	struct tally *tld; /* counters: enum stats_part; NULL: nothing is counted */
	unsigned threads;
	uint8_t key[SIPHASH_KEY_OCTETS]; /* of the run */
	/* what is compared: the names of this sample alone; 0: all */
	double sample;
	uint8_t sample_key[SIPHASH_KEY_OCTETS];
	/* set by drift_scan_read */
	struct scan_headers headers;
	uint64_t domains; /* that were put aside */
};

/* Put the rows of the scan into @spill. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int drift_scan_read(struct drift_scan *scan, struct spill *spill,
							struct error *error);

#endif
