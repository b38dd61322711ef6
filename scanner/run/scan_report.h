/* scanner/run/scan_report.h - what a running scan says of itself: counts summed over the workers, progress, metadata,
 * the trailer, the closing line.
 */
#ifndef STSURVEY_SCANNER_RUN_SCAN_REPORT_H
#define STSURVEY_SCANNER_RUN_SCAN_REPORT_H

#include "output/record.h"
#include "scanner/run/progress.h"
#include "scanner/dns/resolver.h"
#include "scanner/run/scan.h"

struct scan_report {
	/* the caller's; live as long as this */
	struct scan *scan;
	const struct record_trailer *before; /* of the records a resumed file held */
	const struct server_check *check;    /* one a name server */
	uint64_t start_ns;                   /* monotonic */
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

/* The closing line to the log, the last row, the metadata's end. @error: "" or what went wrong. */
void scan_report_close(struct scan_report *report, enum progress_end end, int exit_status, const char *error);

double scan_report_elapsed_s(const struct scan_report *report);

#endif
