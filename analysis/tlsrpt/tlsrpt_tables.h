/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt_tables.h - reports → the CSV tables of a folder (docs/tlsrpt.md has their columns).
 *
 * What has a row a report, a failure or a note is written while they are read; the sums at the end. No table has an
 * octet in a cell that ends a row or steers a terminal. Each is complete or not there.
 */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_TABLES_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_TABLES_H

#include "analysis/tlsrpt/tlsrpt_report.h"
#include "output/csv.h"
#include "output/error.h"

/* What one report may add, so that a packed one of some KiB fills neither memory nor disk. */
enum {
	TLSRPT_FAILURES_MAX = 65536, /* rows of failures.csv; the sums count all */
	TLSRPT_ROWS_MAX = 4096,      /* new rows of each of the sums by failure detail; what is new beyond is (other) */
};

enum { TLSRPT_CELL_MAX = 4096 }; /* octets of a stranger's text in a cell; Excel takes 32,767 */

struct tlsrpt_tables;

/* Takes a table the place of none of the @count files that are read? 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int tlsrpt_tables_check(const char *directory, char **path, int count,
							    struct error *error);

/* The folder is made where it is missing. NULL with one line in @error. */
struct tlsrpt_tables *tlsrpt_tables_open(const char *directory, bool with_agreement, struct error *error);

/* A report that counts. @file: where it was. False: no memory, or a table could not be written: ask close. */
bool tlsrpt_tables_add(struct tlsrpt_tables *tables, const char *file, const struct tlsrpt_report *report);

/* Of @organization one report more that was there before. */
bool tlsrpt_tables_duplicate(struct tlsrpt_tables *tables, const char *file, const struct tlsrpt_report *report,
			     const char *note);

/* A row of notes.csv that is no report's own. */
bool tlsrpt_tables_note(struct tlsrpt_tables *tables, const char *file, struct span report, const char *field,
			const char *note);

/* Where agreement.csv is written; NULL without it. */
struct csv *tlsrpt_tables_agreement(struct tlsrpt_tables *tables);

/* A cell with a stranger's text: line ends and tabs become spaces. */
void tlsrpt_tables_text(struct csv *csv, struct span text);

void tlsrpt_tables_time(struct csv *csv, bool known, int64_t seconds);

/* A day, "2026-08-03"; empty where it is not known. */
void tlsrpt_tables_day(struct csv *csv, bool known, int64_t seconds);

/* The sums are written, and all is put in its place; without @keep nothing is left. 0, or -1 with one line in @error.
 * Frees @tables. */
__attribute__((warn_unused_result)) int tlsrpt_tables_close(struct tlsrpt_tables *tables, bool keep,
							    struct error *error);

#endif
