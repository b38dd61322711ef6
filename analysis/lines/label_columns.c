/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/lines/label_columns.h"

static bool is_column(struct span name, const char *table)
{
	struct span rest = span_of(table), column;

	while (span_next_part(&rest, ',', &column))
		if (span_equal_nocase(column, name))
			return true;
	return false;
}

/* Is @name that of the table, of a label before this one, or, where it is not this one's own, of one behind it? */
static bool is_taken(const struct label_columns *columns, size_t label, struct span name, const char *table)
{
	const struct scan_headers *headers = columns->headers;
	bool own = name.n == headers->label[label].n;

	for (size_t i = 0; i < label; i++)
		if (span_equal_nocase(columns->name[i], name))
			return true;
	for (size_t i = label + 1; i < headers->label_count && !own; i++)
		if (span_equal_nocase(headers->label[i], name))
			return true;
	return is_column(name, table);
}

void label_columns_init(struct label_columns *columns, const struct scan_headers *headers, const char *table)
{
	const struct span front = SPAN_LITERAL("label_");

	columns->headers = headers;
	for (size_t i = 0; i < headers->label_count; i++) {
		struct span name = headers->label[i];

		while (is_taken(columns, i, name, table)) {
			memmove(columns->text[i] + front.n, name.p, name.n);
			memcpy(columns->text[i], front.p, front.n);
			name = (struct span){ columns->text[i], front.n + name.n };
		}
		columns->name[i] = name;
	}
}

void label_columns_names(struct csv *csv, const struct label_columns *columns)
{
	for (size_t i = 0; i < columns->headers->label_count; i++)
		csv_text(csv, columns->name[i]);
}

void label_columns_values(struct csv *csv, const struct label_columns *columns, const struct observation *observation)
{
	for (size_t i = 0; i < columns->headers->label_count; i++)
		csv_text(csv, scan_headers_value(columns->headers, observation, i));
}
