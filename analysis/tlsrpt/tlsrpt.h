/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt.h - `stsurvey tlsrpt`: reports as they were sent, in whatever they were kept → tables, beside
 * what a scan saw.
 *
 * The unit is a report, not a file: one that cannot be read is a line on standard error and a row of notes.csv, and
 * never stops the rest. What is no TLS report, as DMARC's in the same mailbox, is counted and nothing else.
 */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_H

#include <stdbool.h>
#include <stdint.h>

#include "output/error.h"

struct tlsrpt_work {
	char **path; /* files, folders, "-" */
	int count;
	char **scan; /* scan files beside which they are seen */
	int scans;
	const char *directory; /* of the tables */
	bool partial;          /* scan files that are not whole will do */
	/* set by tlsrpt_run */
	uint64_t reports, duplicates, rejected, others;
};

/* 0, or -1 with one line in @error: a table cannot be written, a scan cannot be read, no memory. */
__attribute__((warn_unused_result)) int tlsrpt_run(struct tlsrpt_work *work, struct error *error);

#endif
