#include "analysis/table.h"

#include <errno.h>
#include <stdio.h>

/* 0, or -1 with what errno says of the table. */
static int check(const struct table *table, int result, struct error *error)
{
	if (result != 0)
		error_set(error, "%s: %s", table->path, strerror(errno));
	return result;
}

int table_open(struct table *table, const char *directory, const char *name, const char *columns, struct error *error)
{
	int n = snprintf(table->path, sizeof(table->path), "%s/%s.csv", directory, name);

	if (n < 0 || (size_t)n >= sizeof(table->path))
		return error_set(error, "the path of the folder for %s.csv is too long; choose a shorter one", name);
	if (check(table, whole_file_open(&table->file, table->path), error) != 0)
		return -1;
	csv_init(&table->csv, &table->file.text);
	csv_header(&table->csv, columns);
	return 0;
}

int table_close(struct table *table, bool keep, struct error *error)
{
	return check(table, whole_file_close(&table->file, keep, false), error);
}
