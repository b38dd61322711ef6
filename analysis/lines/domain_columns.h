/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/lines/domain_columns.h - the columns that a domain's row may have: the fields, and behind them the labels of
 * the scan (analysis/lines/label_columns.h); all, or those that a user chose.
 */
#ifndef STSURVEY_ANALYSIS_LINES_DOMAIN_COLUMNS_H
#define STSURVEY_ANALYSIS_LINES_DOMAIN_COLUMNS_H

#include "analysis/lines/domain_field.h"
#include "analysis/lines/label_columns.h"
#include "output/error.h"

enum { DOMAIN_COLUMNS_MAX = DOMAIN_FIELDS + OBS_LABEL_MAX };

struct domain_columns {
	struct label_columns labels;
	unsigned chosen[DOMAIN_COLUMNS_MAX]; /* columns in the order of the row: a field's place, or DOMAIN_FIELDS and
					      * the label's */
	unsigned count;
};

/* Those that are written unless others are chosen. @headers lives as long. */
void domain_columns_init(struct domain_columns *columns, const struct scan_headers *headers);

/* Those of @list, "name,mode,…", in that order. 0, or -1 with one line in @error: what there is none of, or is there
 * twice. */
__attribute__((warn_unused_result)) int domain_columns_choose(struct domain_columns *columns, struct span list,
							      struct error *error);

/* The column called @name, whether chosen or not. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int domain_columns_find(const struct domain_columns *columns, struct span name,
							    unsigned *column, struct error *error);

#endif
