/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/lines/domain_columns.h"

#include "output/nearest.h"

enum {
	NAMES_SIZE = 1024, /* of all fields, with commas and NUL */
	NAME_SHOWN = 60,   /* octets of an unknown name that a message repeats */
};

void domain_columns_init(struct domain_columns *columns, const struct scan_headers *headers)
{
	char names[NAMES_SIZE];
	size_t used = 0;

	for (unsigned i = 0; i < DOMAIN_FIELDS; i++) {
		struct span name = span_of(domain_fields[i].name);

		if (used + name.n + 1 >= sizeof(names))
			break;
		memcpy(names + used, name.p, name.n);
		used += name.n;
		names[used++] = ',';
	}
	names[used] = '\0';
	label_columns_init(&columns->labels, headers, names);
	columns->count = 0;
	for (unsigned column = 0; column < DOMAIN_FIELDS + headers->label_count; column++)
		if (column < DOMAIN_FIELDS_WRITTEN || column >= DOMAIN_FIELDS)
			columns->chosen[columns->count++] = column;
}

int domain_columns_find(const struct domain_columns *columns, struct span name, unsigned *column, struct error *error)
{
	int shown = (int)(name.n < NAME_SHOWN ? name.n : NAME_SHOWN);
	const struct label_columns *labels = &columns->labels;
	struct nearest nearest = { 0 };
	unsigned same = 0;

	for (*column = 0; *column < DOMAIN_FIELDS; ++*column) {
		if (span_equal(span_of(domain_fields[*column].name), name))
			return 0;
		nearest_try(&nearest, name, domain_fields[*column].name);
	}
	/* as scan --label compares names */
	for (size_t i = 0; i < labels->headers->label_count; i++)
		if (span_equal(labels->name[i], name) || (!same && span_equal_nocase(labels->name[i], name)))
			same = DOMAIN_FIELDS + 1 + (unsigned)i;
	if (same) {
		*column = same - 1;
		return 0;
	}
	if (nearest.word)
		return error_set(error, "no field '%.*s'; did you mean '%s'?", shown, name.p, nearest.word);
	return error_set(error, "no field '%.*s'; 'stsurvey help export' lists them%s", shown, name.p,
			 labels->headers->label_count == 0 ? ", and the scan keeps no labels" : "");
}

int domain_columns_choose(struct domain_columns *columns, struct span list, struct error *error)
{
	struct span name;

	columns->count = 0;
	while (span_next_part(&list, ',', &name)) {
		unsigned column;

		if (domain_columns_find(columns, name, &column, error) < 0)
			return -1;
		for (unsigned i = 0; i < columns->count; i++)
			if (columns->chosen[i] == column)
				return error_set(error, "'%.*s' is named twice", (int)name.n, name.p);
		columns->chosen[columns->count++] = column;
	}
	return 0;
}
