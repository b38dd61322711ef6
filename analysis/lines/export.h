/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/lines/export.h - scan files as one line a domain. */
#ifndef STSURVEY_ANALYSIS_LINES_EXPORT_H
#define STSURVEY_ANALYSIS_LINES_EXPORT_H

#include <stdbool.h>

#include "analysis/lines/line_writer.h"
#include "analysis/pass/scan_files.h"

struct export_request {
	const char *path; /* "-": standard output */
	enum line_format format;
	bool raw;           /* CSV as csv.h has it */
	const char *fields; /* what of each domain, with commas between; NULL: everything */
	const char *where;  /* which domains: analysis/lines/where.h; NULL: all */
	bool refused;       /* set where it cannot be done, whatever the files hold: @fields or @where is wrong */
};

/* Write the domains of @files. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int export_write(struct scan_files *files, struct export_request *request,
						     struct error *error);

#endif
