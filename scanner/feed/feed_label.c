/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/feed/feed_label.h"

#include <stdio.h>

#include "parsers/utf8.h"
#include "scanner/feed/feed_csv.h"

enum {
	CHARACTER_MAX = 4, /* octets of one */
	COLUMNS_SHOWN = 8, /* of a header, in a message */
	COLUMN_SHOWN = 30, /* octets of each */
	NOT_FOUND = -1,
};

/* The first column that is called @name, as the row has it; NOT_FOUND. */
static int find_column(struct span row, char separator, struct span name, struct span *found)
{
	struct feed_csv_field field;

	for (int column = 0; feed_csv_next_field(&row, separator, &field); column++) {
		if (!span_equal_nocase(field.text, name))
			continue;
		*found = field.text;
		return column;
	}
	return NOT_FOUND;
}

/* As the list has them, which is as long as what is wanted. */
static void keep_names(struct feed_labels *labels, const struct span *name)
{
	char *p = labels->text;

	for (size_t i = 0; i < labels->count; i++) {
		labels->name[i] = (struct span){ memcpy(p, name[i].p, name[i].n), name[i].n };
		p += name[i].n;
	}
}

bool feed_labels_find(struct feed_labels *labels, struct span row, char separator)
{
	struct span name[OBS_LABEL_MAX];
	int column[OBS_LABEL_MAX];

	for (size_t i = 0; i < labels->count; i++) {
		column[i] = find_column(row, separator, labels->wanted[i], &name[i]);
		if (column[i] == NOT_FOUND)
			return false;
	}
	for (size_t i = 0; i < labels->count; i++)
		labels->column[i] = column[i];
	keep_names(labels, name);
	return labels->count > 0;
}

bool feed_labels_are(struct feed_labels *labels, const struct span *name, size_t count)
{
	if (count != labels->count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!span_equal_nocase(name[i], labels->wanted[i]))
			return false;
	keep_names(labels, name);
	return true;
}

int feed_labels_refuse(const struct feed_labels *labels, struct span row, char separator, unsigned long long line,
		       struct error *error)
{
	struct span missing = labels->wanted[0], unused, rest = row;
	char columns[COLUMNS_SHOWN * (COLUMN_SHOWN + 2) + 1];
	struct feed_csv_field field;
	size_t n = 0;

	for (size_t i = labels->count; i-- > 0;)
		if (find_column(row, separator, labels->wanted[i], &unused) == NOT_FOUND)
			missing = labels->wanted[i];
	for (int i = 0; i < COLUMNS_SHOWN && feed_csv_next_field(&rest, separator, &field); i++)
		n += (size_t)snprintf(columns + n, sizeof(columns) - n, "%s%.*s", i > 0 ? ", " : "",
				      (int)(field.text.n < COLUMN_SHOWN ? field.text.n : COLUMN_SHOWN), field.text.p);
	return error_set(error,
			 "line %llu: --label %.*s: needs a header row with such a column; the first row has: %s%s",
			 line, (int)missing.n, missing.p, columns, rest.p ? ", ..." : "");
}

static size_t put_character(uint32_t character, char *p)
{
	static const uint8_t mark[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; character >>= 6)
		p[i] = (char)(0x80 | (character & 0x3f));
	p[0] = (char)(mark[n] | character);
	return n;
}

static bool is_control(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

static void keep_cell(struct extra *values, const struct feed_csv_field *field)
{
	char value[OBS_LABEL_OCTETS_MAX];
	struct span s = field->text;
	size_t used = 0, n;

	while (s.n > 0) {
		uint32_t character = utf8_character(s, &n);
		char octet[CHARACTER_MAX];
		size_t octets = put_character(is_control(character) ? ' ' : character, octet);

		if (octets > sizeof(value) - used)
			break;
		memcpy(value + used, octet, octets);
		used += octets;
		s = span_skip(s, n);
		if (character == '"' && field->quoted && s.n > 0 && s.p[0] == '"')
			s = span_skip(s, 1); /* a doubled quote is one (RFC 4180 2) */
	}
	extra_add(values, (struct span){ value, used });
}

struct span feed_labels_keep(struct feed_labels *labels, struct span row, char separator)
{
	struct feed_csv_field cell[OBS_LABEL_MAX] = { 0 }, field;

	for (int column = 0; feed_csv_next_field(&row, separator, &field); column++)
		for (size_t i = 0; i < labels->count; i++)
			if (labels->column[i] == column)
				cell[i] = field;
	extra_begin(&labels->values, EXTRA_LABELS);
	for (size_t i = 0; i < labels->count; i++)
		keep_cell(&labels->values, &cell[i]);
	return extra_octets(&labels->values);
}

struct span feed_labels_take(struct feed_labels *labels, const struct span *cell)
{
	extra_begin(&labels->values, EXTRA_LABELS);
	for (size_t i = 0; i < labels->count; i++)
		keep_cell(&labels->values, &(struct feed_csv_field){ cell[i], false });
	return extra_octets(&labels->values);
}
