/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/table.h - one CSV table as a file: complete, or not there (output/whole_file.h).
 *
 * Where the scan is a sample, three columns for each column share… stand behind all others: those of the first share
 * are called share_low, share_high and note, those of another, say share_tlsrpt, share_tlsrpt_low, share_tlsrpt_high
 * and share_tlsrpt_note: the 95 % interval (interval.h), and the word "few" where fewer than INTERVAL_FEW were hit. So
 * who writes a row writes its shares alone, by csv_share and in the order of the columns.
 */
#ifndef STSURVEY_ANALYSIS_TABLES_TABLE_H
#define STSURVEY_ANALYSIS_TABLES_TABLE_H

#include "analysis/pass/scan_files.h"
#include "output/csv.h"
#include "output/error.h"
#include "output/whole_file.h"

enum { TABLE_PATH_SIZE = 4096 }; /* octets of a table's path, with NUL */

struct table {
	struct csv csv; /* write here; stays the first */
	struct whole_file file;
	unsigned shares; /* columns with a share that have an interval */
	double sample;   /* the share of the list that was scanned; 0: all of it */
	char path[TABLE_PATH_SIZE];
};

/* A word of an answer or a judgement; "" is one that nobody asked for. */
static inline const char *table_word(const char *word)
{
	return word[0] != '\0' ? word : "not-asked";
}

/* What a table is called, without .csv, and its columns. */
struct table_name {
	const char *name, *columns;
};

/* See that there is a folder @directory. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int table_make_folder(const char *directory, struct error *error);

/* May DIRECTORY/NAME.csv be written, and takes the place of no scan file? 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int table_check(const struct scan_files *files, const char *directory,
						    const char *name, struct error *error);

/* The header row into @out, where the rows follow; there is no file to be closed. @columns and @sample as below. */
void table_begin(struct table *table, struct text *out, const char *columns, double sample);

/* Start DIRECTORY/NAME.csv with its header row, of a scan that took the share @sample of its list; 0: all. @columns
 * NULL: the caller writes that row, and no intervals are wanted. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int table_open(struct table *table, const char *directory, const char *name,
						   const char *columns, double sample, struct error *error);

/* Finish it; where @keep is false or a write failed, nothing is left. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int table_close(struct table *table, bool keep, struct error *error);

/* The same of several: all are begun, or none; the first fault is told, and none behind it is kept. */
__attribute__((warn_unused_result)) int tables_open(struct table *table, const struct table_name *names, size_t count,
						    const char *directory, double sample, struct error *error);
__attribute__((warn_unused_result)) int tables_close(struct table *table, size_t count, bool keep, struct error *error);

#endif
