#include "analysis/tables/table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analysis/tables/interval.h"

int table_set_path(struct table *table, const char *directory, const char *name, struct error *error)
{
	int n = snprintf(table->path, sizeof(table->path), "%s/%s.csv", directory, name);

	if (n < 0 || (size_t)n >= sizeof(table->path))
		return error_set(error, "the path of the folder for %s.csv is too long; choose a shorter one", name);
	return 0;
}

/* 0, or -1 with what errno says of the table. */
static int check(const struct table *table, int result, struct error *error)
{
	return result == 0 ? 0 : error_set(error, "%s: %s", table->path, strerror(errno));
}

/* ---- what a sample says of the list ---- */

static void put_interval(struct csv *csv, uint64_t part, uint64_t of)
{
	const struct table *table = (const struct table *)csv;
	struct interval interval = interval_of_share(part, of, table->sample);

	if (interval.known) {
		csv_number(csv, interval.low, CSV_SHARE_DIGITS);
		csv_number(csv, interval.high, CSV_SHARE_DIGITS);
	} else {
		csv_string(csv, "");
		csv_string(csv, "");
	}
	csv_string(csv, interval_note(&interval));
}

/* Is one of them "share", or "share_…"? */
static bool have_share(const char *columns)
{
	struct span rest = span_of(columns), column;

	while (span_next_part(&rest, ',', &column))
		if (span_starts_with(column, SPAN_LITERAL("share")))
			return true;
	return false;
}

/* ---- as a file ---- */

int table_open(struct table *table, const char *directory, const char *name, const char *columns, double sample,
	       struct error *error)
{
	if (table_set_path(table, directory, name, error) != 0 ||
	    check(table, whole_file_open(&table->file, table->path, true), error) != 0)
		return -1;
	table->sample = sample;
	csv_init(&table->csv, &table->file.text);
	csv_header_begin(&table->csv, columns);
	if (sample > 0 && have_share(columns)) {
		table->csv.on_end = put_interval;
		csv_string(&table->csv, "share_low");
		csv_string(&table->csv, "share_high");
		csv_string(&table->csv, "note");
	}
	csv_header_end(&table->csv);
	return 0;
}

int table_close(struct table *table, bool keep, struct error *error)
{
	return check(table, whole_file_close(&table->file, keep, false), error);
}
