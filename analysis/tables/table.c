/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/tables/interval.h"

enum { TABLE_COLUMN_MAX = 64 }; /* octets of a column's name of ours, with NUL */

static int set_path(struct table *table, const char *directory, const char *name, struct error *error)
{
	int n = snprintf(table->path, sizeof(table->path), "%s/%s.csv", directory, name);

	if (n < 0 || (size_t)n >= sizeof(table->path))
		return error_set(error, "the path of the folder for %s.csv is too long; choose a shorter one", name);
	return 0;
}

int table_check(const struct scan_files *files, const char *directory, const char *name, struct error *error)
{
	struct table table;

	return set_path(&table, directory, name, error) == 0 ? scan_files_check_output(files, table.path, error) : -1;
}

int table_make_folder(const char *directory, struct error *error)
{
	struct stat status;

	if (mkdir(directory, 0777) == 0)
		return 0;
	if (errno == EEXIST && stat(directory, &status) == 0 && !S_ISDIR(status.st_mode))
		errno = ENOTDIR;
	if (errno == EEXIST)
		return 0;
	return error_set(error, "%s: cannot be used as the folder for the tables: %s; choose another with -d",
			 directory, strerror(errno));
}

/* 0, or -1 with what errno says of the table. */
static int check(const struct table *table, int result, struct error *error)
{
	return result == 0 ? 0 : error_set(error, "%s: %s", table->path, strerror(errno));
}

/* ---- what a sample says of the list ---- */

static void put_interval(struct csv *csv, const struct csv_share *share, double sample)
{
	struct interval interval = interval_of_share(share->part, share->of, sample);

	if (interval.known) {
		csv_number(csv, interval.low, CSV_SHARE_DIGITS);
		csv_number(csv, interval.high, CSV_SHARE_DIGITS);
	} else {
		csv_string(csv, "");
		csv_string(csv, "");
	}
	csv_string(csv, interval_note(&interval));
}

static void put_intervals(struct csv *csv)
{
	static const struct csv_share none;
	const struct table *table = (const struct table *)csv;

	for (unsigned i = 0; i < table->shares; i++)
		put_interval(csv, i < csv->shares ? &csv->share[i] : &none, table->sample);
}

static void put_name(struct csv *csv, struct span column, const char *behind)
{
	char name[TABLE_COLUMN_MAX];
	int n = snprintf(name, sizeof(name), "%.*s%s", (int)column.n, column.p, behind);

	csv_text(csv, (struct span){ name, n < (int)sizeof(name) ? (size_t)n : sizeof(name) - 1 });
}

static void put_names(struct table *table, const char *columns)
{
	struct span rest = span_of(columns), column;

	while (span_next_part(&rest, ',', &column)) {
		if (!span_starts_with(column, SPAN_LITERAL("share")) || table->shares == CSV_SHARES_MAX)
			continue;
		if (table->shares++ == 0) {
			csv_string(&table->csv, "share_low");
			csv_string(&table->csv, "share_high");
			csv_string(&table->csv, "note");
		} else {
			put_name(&table->csv, column, "_low");
			put_name(&table->csv, column, "_high");
			put_name(&table->csv, column, "_note");
		}
	}
}

void table_begin(struct table *table, struct text *out, const char *columns, double sample)
{
	table->sample = sample;
	table->shares = 0;
	csv_init(&table->csv, out);
	if (!columns)
		return;
	csv_header_begin(&table->csv, columns);
	if (sample > 0) {
		put_names(table, columns);
		table->csv.on_end = put_intervals;
	}
	csv_header_end(&table->csv);
}

/* ---- as a file ---- */

int table_open(struct table *table, const char *directory, const char *name, const char *columns, double sample,
	       struct error *error)
{
	if (set_path(table, directory, name, error) != 0 ||
	    check(table, whole_file_open(&table->file, table->path, true), error) != 0)
		return -1;
	table_begin(table, &table->file.text, columns, sample);
	return 0;
}

int table_close(struct table *table, bool keep, struct error *error)
{
	return check(table, whole_file_close(&table->file, keep, false), error);
}

int tables_open(struct table *table, const struct table_name *names, size_t count, const char *directory, double sample,
		struct error *error)
{
	struct error ignored;

	for (size_t i = 0; i < count; i++) {
		if (table_open(&table[i], directory, names[i].name, names[i].columns, sample, error) == 0)
			continue;
		(void)!tables_close(table, i, false, &ignored);
		return -1;
	}
	return 0;
}

int tables_close(struct table *table, size_t count, bool keep, struct error *error)
{
	int result = 0;

	for (size_t i = 0; i < count; i++) {
		struct error late;

		if (table_close(&table[i], keep && result == 0, &late) < 0 && result == 0) {
			*error = late;
			result = -1;
		}
	}
	return result;
}
