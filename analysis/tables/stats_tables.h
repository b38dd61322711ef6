/* analysis/tables/stats_tables.h - struct stats as CSV tables: one fact a row, every share with its numerator and
 * denominator, every table that splits a population sums to it
 * (`stsurvey stats --help` says what). Each table is complete or not there.
 */
#ifndef STSURVEY_ANALYSIS_TABLES_STATS_TABLES_H
#define STSURVEY_ANALYSIS_TABLES_STATS_TABLES_H

#include "analysis/pass/scan_files.h"
#include "analysis/tables/stats.h"

/* Count the domains of @files and write every table into @directory, which is created if it is missing. 0, or -1 with
 * one line in @error. */
__attribute__((warn_unused_result)) int stats_tables_make(struct scan_files *files, const char *directory,
							  const struct sharing_limits *limits, struct error *error);

/* Every table but misconfigured.csv and senders_differ.csv, which are written while reading, into the existing folder
 * @directory, behind manager_stats_finish. Sorts the tallies of @stats. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int stats_tables_write(struct stats *stats, const char *directory,
							   struct error *error);

#endif
