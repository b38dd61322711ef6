/* analysis/page/report.h - scan files as one page for a person to look at. */
#ifndef STSURVEY_ANALYSIS_PAGE_REPORT_H
#define STSURVEY_ANALYSIS_PAGE_REPORT_H

#include "analysis/pass/scan_files.h"

enum {
	REPORT_FINDINGS_MAX = 40, /* the most frequent; the rest is in findings.csv */
	REPORT_PROVIDERS_MAX = 15,
	REPORT_TLDS_MAX = 25,
};

/* Count the domains of @files and write the page to the file @path ("-": standard output), which is touched once
 * everything has been read. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int report_write(struct scan_files *files, const char *path, struct error *error);

#endif
