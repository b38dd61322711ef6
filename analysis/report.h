/* analysis/report.h - struct stats as one page for a person to look at. */
#ifndef STSURVEY_ANALYSIS_REPORT_H
#define STSURVEY_ANALYSIS_REPORT_H

#include "analysis/stats.h"
#include "output/text.h"

enum {
	REPORT_FINDINGS_MAX = 40, /* the most frequent; the rest is in findings.csv */
	REPORT_PROVIDERS_MAX = 15,
	REPORT_TLDS_MAX = 25,
};

/* Sorts the tallies of @stats. @files: scan files read; @incomplete: those that were cut or interrupted. */
void report_write(struct text *out, struct stats *stats, unsigned files, unsigned incomplete);

#endif
