#include "output/csv.h"

#include "parsers/utf8.h"

static void separate(struct csv *csv)
{
	if (csv->in_row)
		text_char(csv->out, ',');
	csv->in_row = true;
}

void csv_header(struct csv *csv, const char *columns)
{
	text_string(csv->out, columns);
	text_char(csv->out, '\n');
	csv->in_row = false;
}

/* Fields with a comma, a quote or a line break are quoted (RFC 4180 2.6); outer white space too, because
 * spreadsheets trim it. */
static bool needs_quotes(struct span s)
{
	if (s.n > 0 && (s.p[0] == ' ' || s.p[s.n - 1] == ' '))
		return true;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r')
			return true;
	}
	return false;
}

static void put(struct csv *csv, struct span s, bool utf8)
{
	if (utf8)
		text_put(csv->out, s);
	else
		text_latin1(csv->out, s);
}

void csv_text(struct csv *csv, struct span s)
{
	bool utf8 = utf8_is_valid(s);
	size_t from = 0;

	separate(csv);
	if (!needs_quotes(s)) {
		put(csv, s, utf8);
		return;
	}
	text_char(csv->out, '"');
	while (from < s.n) {
		size_t quote = span_find(s, from, '"');

		put(csv, (struct span){ s.p + from, quote - from }, utf8);
		if (quote < s.n)
			text_literal(csv->out, "\"\"");
		from = quote + 1;
	}
	text_char(csv->out, '"');
}

void csv_string(struct csv *csv, const char *s)
{
	csv_text(csv, span_of(s));
}

void csv_uint(struct csv *csv, uint64_t value)
{
	separate(csv);
	text_uint(csv->out, value);
}

void csv_number(struct csv *csv, double value, int digits)
{
	separate(csv);
	text_printf(csv->out, "%.*f", digits, value);
}

void csv_time_ms(struct csv *csv, int64_t ms_since_1970)
{
	separate(csv);
	text_time_ms(csv->out, ms_since_1970);
}

void csv_known(struct csv *csv, bool known, uint64_t value)
{
	separate(csv);
	if (known)
		text_uint(csv->out, value);
}

void csv_share(struct csv *csv, uint64_t part, uint64_t of)
{
	separate(csv);
	if (of > 0)
		text_printf(csv->out, "%.*f", CSV_SHARE_DIGITS, (double)part / (double)of);
}

void csv_end(struct csv *csv)
{
	text_char(csv->out, '\n');
	csv->in_row = false;
}
