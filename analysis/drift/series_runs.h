/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/drift/series_runs.h - what stayed from scan to scan, domain by domain: runs of a mode or a fault, and
 * certificates that followed one another.
 *
 * A scan in which it could not be found out neither begins a run nor ends one.
 */
#ifndef STSURVEY_ANALYSIS_DRIFT_SERIES_RUNS_H
#define STSURVEY_ANALYSIS_DRIFT_SERIES_RUNS_H

#include "analysis/drift/drift_row.h"
#include "analysis/pass/sorted_rows.h"
#include "analysis/pass/spill.h"

enum { SERIES_STILL = UINT8_MAX }; /* instead of a word: it lasts to the end of what is known */

/* What became of it, and between which scans it was seen. As a row of series_runs.runs: kind, word, since, until (two
 * octets each), became. */
struct series_run {
	enum drift_kind kind; /* DRIFT_MODE: testing; DRIFT_COMPONENT: a fault */
	uint8_t word;         /* of that kind */
	uint16_t since, until;
	uint8_t became; /* likewise, or SERIES_STILL */
};

struct series_runs {
	struct sorted_rows *runs;
	/* of certificates of policy hosts that were followed by another; a row: series_renewal_bucket, and the hashes
	 * of both */
	struct sorted_rows *renewals;
	unsigned scans;
	size_t memory; /* octets that a partition may take */
};

/* Put aside the runs of all domains of @rows, whose scans were put in order. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int series_runs_find(struct series_runs *runs, const struct spill *rows,
							 struct error *error);

void series_run_read(struct span row, struct series_run *run);

/* The number of a renewal's bucket (host_stats.h) and so the first octet of its row; what follows says which. */
unsigned series_renewal_bucket(struct span row);

#endif
