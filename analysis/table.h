/* analysis/table.h - one CSV file of a folder, complete or not there: it gets its name once it is whole. */
#ifndef STSURVEY_ANALYSIS_TABLE_H
#define STSURVEY_ANALYSIS_TABLE_H

#include <stdbool.h>

#include "output/csv.h"
#include "output/whole_file.h"

enum { TABLE_PATH_MAX = 4096 };

struct table {
	struct csv csv;
	struct whole_file file;
	char path[TABLE_PATH_MAX];
};

/* Start DIR/NAME.csv with its header row. 0, or -1 with one line for the user in @error. */
__attribute__((warn_unused_result)) int table_open(struct table *table, const char *directory, const char *name,
						   const char *columns, struct error *error);

/* Finish it; where @keep is false or a write failed, nothing is left. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int table_close(struct table *table, bool keep, struct error *error);

#endif
