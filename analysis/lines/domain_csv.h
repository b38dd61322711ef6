/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/lines/domain_csv.h - one domain as one row of CSV, as `export --format csv` says. */
#ifndef STSURVEY_ANALYSIS_LINES_DOMAIN_CSV_H
#define STSURVEY_ANALYSIS_LINES_DOMAIN_CSV_H

#include "analysis/lines/domain_columns.h"
#include "output/csv.h"

/* The header row. */
void domain_csv_header(struct csv *csv, const struct domain_columns *columns);

void domain_csv_write(struct csv *csv, const struct domain_columns *columns, const struct observation *observation,
		      const struct classification *result);

/* The codes of @set in the order of their numbers, with a space between, as one field. */
void domain_csv_findings(struct csv *csv, const struct finding_set *set);

#endif
