/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/misconfigured.h - misconfigured.csv: a row for each domain at which senders break, for who writes to
 * them.
 */
#ifndef STSURVEY_ANALYSIS_TABLES_MISCONFIGURED_H
#define STSURVEY_ANALYSIS_TABLES_MISCONFIGURED_H

#include "analysis/classify/classify.h"
#include "analysis/lines/label_columns.h"

/* The header row, with the labels of @headers behind; @labels is made for the rows. */
void misconfigured_header(struct csv *csv, struct label_columns *labels, const struct scan_headers *headers);

/* No memory is a failure of csv->out. */
void misconfigured_row(struct csv *csv, const struct label_columns *labels, const struct observation *observation,
		       const struct classification *result);

#endif
