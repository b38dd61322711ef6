/* analysis/lines/export.h - scan files as one line a domain. */
#ifndef STSURVEY_ANALYSIS_LINES_EXPORT_H
#define STSURVEY_ANALYSIS_LINES_EXPORT_H

#include <stdbool.h>

#include "analysis/pass/scan_files.h"

/* Write the domains of @files to the file @path ("-": standard output), as CSV (@raw: as csv.h has it) or as JSON
 * Lines. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int export_write(struct scan_files *files, const char *path, bool as_csv, bool raw,
						     struct error *error);

#endif
