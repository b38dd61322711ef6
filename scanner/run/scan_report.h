/* scanner/run/scan_report.h - what a running scan says of itself: progress, metadata, the trailer, the closing lines.
 *
 * Counts of domains are of the file: what it held before a --resume, and what this run has recorded. Time, rates, name
 * servers and faults are of this run.
 */
#ifndef STSURVEY_SCANNER_RUN_SCAN_REPORT_H
#define STSURVEY_SCANNER_RUN_SCAN_REPORT_H

#include "output/record.h"
#include "scanner/run/progress.h"
#include "scanner/run/resume.h"
#include "scanner/run/scan.h"

struct scan_report {
	/* the caller's; live as long as this */
	const struct scan *scan;
	const struct resume *before;      /* what a resumed file held */
	const struct server_check *check; /* one a name server */
	uint64_t start_ns;                /* monotonic */
	/* its own */
	struct progress *progress;
};

/* 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int scan_report_open(struct scan_report *report, int argc, char **argv,
							 struct error *error);

/* A second has passed. */
void scan_report_tick(struct scan_report *report);

void scan_report_trailer(const struct scan_report *report, enum record_completion completion,
			 struct record_trailer *trailer);

/* The closing lines to the log, the last row, the metadata's end. @error: "" or what went wrong. */
void scan_report_close(struct scan_report *report, enum progress_end end, int exit_status, const char *error);

double scan_report_elapsed_s(const struct scan_report *report);

/* ---- arithmetic, for those above and their tests ---- */

/* How much of the whole work is done, 0 to 1: the feed, which runs ahead of the scan, has read @of_feed of the list
 * (below 0: a pipe, nobody knows) and handed out @handed domains, those of the file included, of which @through are
 * surveyed; @recorded of at most @most domains (0: no limit) are in the file. */
double scan_report_fraction(double of_feed, uint64_t handed, uint64_t through, uint64_t recorded, uint64_t most);

#endif
