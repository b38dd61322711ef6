/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/merge/merge_row.h - the rows that records are sorted as (analysis/pass/sorted_rows.h): what they are sorted
 * by, then the record on its own, as a frame that holds nothing else (output/scan_file/record.h).
 *
 * Tests of the way to port 25 come first, by time; then domains by index; then hosts by name, of one name that first
 * which counts. What is alike in all that is in the order it was read.
 */
#ifndef STSURVEY_ANALYSIS_MERGE_MERGE_ROW_H
#define STSURVEY_ANALYSIS_MERGE_MERGE_ROW_H

#include "output/text.h"
#include "parsers/mail_host.h"

enum merge_kind { MERGE_VANTAGE, MERGE_DOMAIN, MERGE_HOST };

/* Where a record was read: the number of its file, and its own in that. */
struct merge_place {
	uint32_t file;
	uint64_t record;
};

/* What a row begins with. */
void merge_row_vantage(struct text *row, const struct obs_vantage *vantage, struct merge_place place);
void merge_row_domain(struct text *row, const struct observation *observation, struct merge_place place);
void merge_row_host(struct text *row, const struct obs_host *host, struct merge_place place);

struct merge_row {
	enum merge_kind kind;
	struct span key; /* alike in records of which one counts, and only there */
	uint32_t file;
	struct span record;
};

/* What one of the above and a record behind it make. */
struct merge_row merge_row_read(struct span row);

#endif
