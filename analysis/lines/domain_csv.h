/* analysis/lines/domain_csv.h - one domain as one row of CSV, as `export --format csv` says. */
#ifndef STSURVEY_ANALYSIS_LINES_DOMAIN_CSV_H
#define STSURVEY_ANALYSIS_LINES_DOMAIN_CSV_H

#include "analysis/classify/classify.h"
#include "output/csv.h"

extern const char domain_csv_columns[]; /* the header row */

void domain_csv_write(struct csv *csv, const struct observation *observation, const struct classification *result);

/* The codes of @set in the order of their numbers, with a space between, as one field. */
void domain_csv_findings(struct csv *csv, const struct finding_set *set);

#endif
