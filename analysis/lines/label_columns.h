/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/lines/label_columns.h - the labels of domains (scan --label) as the last columns of a CSV table.
 *
 * A column is called as in the list. Where the table has one of that name, ASCII case ignored as databases do, label_
 * stands in front of it, as often as it must.
 */
#ifndef STSURVEY_ANALYSIS_LINES_LABEL_COLUMNS_H
#define STSURVEY_ANALYSIS_LINES_LABEL_COLUMNS_H

#include "analysis/pass/scan_headers.h"
#include "output/csv.h"

/* Octets of a name: label_ in front of one for the table, and for each other label. */
enum { LABEL_COLUMN_MAX = OBS_LABEL_OCTETS_MAX + (OBS_LABEL_MAX + 1) * (sizeof("label_") - 1) };

struct label_columns {
	const struct scan_headers *headers;
	struct span name[OBS_LABEL_MAX]; /* of headers->label */
	char text[OBS_LABEL_MAX][LABEL_COLUMN_MAX];
};

/* For a table that has @columns, "domain,component,…" as in csv_header. @headers lives as long. */
void label_columns_init(struct label_columns *columns, const struct scan_headers *headers, const char *table);

/* A field for each: between csv_header_begin and csv_header_end; in front of csv_end. */
void label_columns_names(struct csv *csv, const struct label_columns *columns);
void label_columns_values(struct csv *csv, const struct label_columns *columns, const struct observation *observation);

#endif
