/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/page/report.h - scan files as one page for a registry to publish. */
#ifndef STSURVEY_ANALYSIS_PAGE_REPORT_H
#define STSURVEY_ANALYSIS_PAGE_REPORT_H

#include "analysis/attribution/sharing.h"
#include "analysis/pass/scan_files.h"

struct report_options {
	const char *title;    /* NULL: one of ours */
	const char *previous; /* a scan file to compare with; NULL: none */
	struct sharing_limits limits;
};

/* Count the domains of @files and write the page to the file @path ("-": standard output), which is touched once
 * everything has been read. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int report_write(struct scan_files *files, const struct report_options *options,
						     const char *path, struct error *error);

#endif
