/* analysis/lines/findings_list.h - the table of findings, for people and for programs. */
#ifndef STSURVEY_ANALYSIS_LINES_FINDINGS_LIST_H
#define STSURVEY_ANALYSIS_LINES_FINDINGS_LIST_H

#include <stdbool.h>

#include "output/error.h"

/* Write it to the file @path ("-": standard output), as CSV (RFC 4180) or to be read. 0, or -1 with one line in @error.
 */
__attribute__((warn_unused_result)) int findings_list_write(const char *path, bool as_csv, struct error *error);

#endif
