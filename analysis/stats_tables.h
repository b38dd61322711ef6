/* analysis/stats_tables.h - struct stats as CSV tables: one fact a row, every share with its numerator and
 * denominator, every table that splits a population sums to it
 * (`stsurvey stats --help` says what).
 */
#ifndef STSURVEY_ANALYSIS_STATS_TABLES_H
#define STSURVEY_ANALYSIS_STATS_TABLES_H

#include "analysis/stats.h"
#include "analysis/table.h"

/* The one table that is written while reading: a row a misconfigured domain. */
#define STATS_MISCONFIGURED_COLUMNS "domain,component,findings,verdict"
void stats_misconfigured_row(struct csv *csv, const struct observation *observation,
			     const struct classification *result);

/* Every table but misconfigured.csv into the existing folder @directory. Sorts the tallies of @stats. 0, or -1 with
 * one line for the user in @error. */
__attribute__((warn_unused_result)) int stats_tables_write(struct stats *stats, const char *directory,
							   struct error *error);

#endif
