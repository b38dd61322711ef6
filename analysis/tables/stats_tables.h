/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/stats_tables.h - struct stats as CSV tables: one fact a row, every share with its numerator and
 * denominator, every table that splits a population sums to it
 * (`stsurvey stats --help` says what). Each table is complete or not there.
 */
#ifndef STSURVEY_ANALYSIS_TABLES_STATS_TABLES_H
#define STSURVEY_ANALYSIS_TABLES_STATS_TABLES_H

#include "analysis/pass/scan_files.h"
#include "analysis/tables/notify.h"
#include "analysis/tables/stats.h"

/* Count the domains of @files and write every table into @directory, which is created if it is missing; where @notify
 * is not NULL, also the texts to who is responsible. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int stats_tables_make(struct scan_files *files, const char *directory,
							  const struct sharing_limits *limits, struct notify *notify,
							  struct error *error);

/* Every table but misconfigured.csv and senders_differ.csv, which are written while reading, into the existing folder
 * @directory, behind manager_stats_finish. Sorts the tallies of @stats. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int stats_tables_write(struct stats *stats, const char *directory,
							   struct error *error);

/* The steps of funnel.csv, each a part of the one before: the domains of the list, then of those with MX such as …;
 * METRIC_COUNT: stats.delivered_with_mx. */
enum { STATS_FUNNEL_STEPS = 7 };

struct stats_step {
	const char *name;
	enum stats_metric metric;
};

extern const struct stats_step stats_funnel[STATS_FUNNEL_STEPS];
uint64_t stats_funnel_domains(const struct stats *stats, unsigned step);

/* The table @name ("overview"; none of those that are written while reading) as its file has it, into @out. The words
 * of @stats are sorted (stats_sort). False: there is none of that name. */
bool stats_tables_put(const struct stats *stats, const char *name, struct text *out);

#endif
