#include "analysis/table.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int table_open(struct table *table, const char *directory, const char *name, const char *columns, struct error *error)
{
	int n = snprintf(table->path, sizeof(table->path), "%s/%s.csv", directory, name);

	if (n >= 0 && (size_t)n < sizeof(table->path))
		n = snprintf(table->part, sizeof(table->part), "%s/.%s.csv.part", directory, name);
	if (n < 0 || (size_t)n >= sizeof(table->part))
		return error_set(error, "the path of the folder for %s.csv is too long; choose a shorter one", name);
	if (text_open(&table->text, table->part, error) != 0)
		return -1;
	csv_init(&table->csv, &table->text);
	csv_header(&table->csv, columns);
	return 0;
}

int table_close(struct table *table, bool keep, struct error *error)
{
	int result = text_close(&table->text, error);

	if (result == 0 && keep) {
		if (rename(table->part, table->path) == 0)
			return 0;
		result = error_set(error, "%s: %s", table->path, strerror(errno));
	}
	unlink(table->part);
	return keep ? result : 0;
}
