/* analysis/stats_directory.h - scan files as a folder of CSV tables. */
#ifndef STSURVEY_ANALYSIS_STATS_DIRECTORY_H
#define STSURVEY_ANALYSIS_STATS_DIRECTORY_H

#include "analysis/scan_files.h"

/* Count the domains of @files and write every table into @directory, which is created if it is missing. 0, or -1 with
 * one line in @error. */
__attribute__((warn_unused_result)) int stats_directory_write(struct scan_files *files, const char *directory,
							      struct error *error);

#endif
