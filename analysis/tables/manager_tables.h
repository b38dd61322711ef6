/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/manager_tables.h - the tables of who manages what (docs/tables.md). */
#ifndef STSURVEY_ANALYSIS_TABLES_MANAGER_TABLES_H
#define STSURVEY_ANALYSIS_TABLES_MANAGER_TABLES_H

#include "analysis/tables/stats.h"
#include "output/csv.h"

/* Behind manager_stats_finish. */
void manager_tables_components(struct csv *csv, const struct stats *stats);
void manager_tables_mx_tls(struct csv *csv, const struct stats *stats);
void manager_tables_providers(struct csv *csv, const struct stats *stats);
void manager_tables_managed(struct csv *csv, const struct stats *stats);
void manager_tables_inconsistency(struct csv *csv, const struct stats *stats);
void manager_tables_orphans(struct csv *csv, const struct stats *stats);
void manager_tables_concentration(struct csv *csv, const struct stats *stats);

#endif
