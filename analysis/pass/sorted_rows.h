/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/pass/sorted_rows.h - any number of rows in the order of their octets, in bounded memory: what does not fit
 * is sorted, written to a temporary file as a run, and merged in the end. The same rows in any order come out alike.
 *
 *   rows = sorted_rows_new(memory, &error);
 *   sorted_rows_put(rows, row, &error);                    for each row
 *   sorted_rows_start(rows, &error);
 *   while ((got = sorted_rows_next(rows, &row, &error)) > 0) …
 */
#ifndef STSURVEY_ANALYSIS_PASS_SORTED_ROWS_H
#define STSURVEY_ANALYSIS_PASS_SORTED_ROWS_H

#include "analysis/pass/put_aside.h"
#include "output/text.h"

enum {
	SORTED_ROWS_MEMORY_LEAST = 64 * 1024, /* octets: less is a run for a handful of rows */
	SORTED_ROWS_READ_LEAST = 4096,        /* octets of a run that are read at once while merging … */
	SORTED_ROWS_READ_MOST = 256 * 1024,   /* … and where more gains nothing */
};

struct sorted_rows;

/* A number as a part of a row, in so many octets: the largest first, so that rows sort by it. */
void sorted_rows_put_number(struct text *row, uint64_t number, unsigned octets);

/* Taken off the front of @row, which has them. */
uint64_t sorted_rows_take_number(struct span *row, unsigned octets);

/* @memory: octets that rows may take before they are written. NULL: one line in @error. */
__attribute__((warn_unused_result)) struct sorted_rows *sorted_rows_new(size_t memory, struct error *error);
void sorted_rows_free(struct sorted_rows *rows);

/* One thread at a time. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int sorted_rows_put(struct sorted_rows *rows, struct span row, struct error *error);

/* All have been put: begin with the first. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int sorted_rows_start(struct sorted_rows *rows, struct error *error);

/* The next, as memcmp orders them and the shorter first; equal rows each: 1 and @row (valid until the next call), 0 at
 * the end, -1 with one line in @error. */
__attribute__((warn_unused_result)) int sorted_rows_next(struct sorted_rows *rows, struct span *row,
							 struct error *error);

#endif
