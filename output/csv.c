/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/csv.h"

#include "parsers/character.h"
#include "parsers/utf8.h"

static void separate_field(struct csv *csv)
{
	if (csv->in_row)
		text_char(csv->out, ',');
	csv->in_row = true;
}

void csv_header_begin(struct csv *csv, const char *columns)
{
	text_string(csv->out, columns);
	csv->in_row = true;
}

void csv_header_end(struct csv *csv)
{
	text_char(csv->out, '\n');
	csv->in_row = false;
}

void csv_header(struct csv *csv, const char *columns)
{
	csv_header_begin(csv, columns);
	csv_header_end(csv);
}

/* Fields with a comma or a quote are quoted (RFC 4180 2.6); outer white space too, because spreadsheets trim it. Line
 * breaks are escaped. */
static bool needs_quotes(struct span s)
{
	if (s.n > 0 && (s.p[0] == ' ' || s.p[s.n - 1] == ' '))
		return true;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == ',' || s.p[i] == '"')
			return true;
	return false;
}

static bool begins_formula(uint32_t c)
{
	switch (c) {
	case '=':
	case '+':
	case '-':
	case '@':
	case 0xff1d: /* the same in full width, which some spreadsheets narrow first */
	case 0xff0b:
	case 0xff0d:
	case 0xff20:
		return true;
	default:
		return false;
	}
}

static bool needs_guard(struct span s)
{
	size_t n = 0;
	uint32_t c = 0;

	if (s.n > 0 && s.p[0] == '\'')
		return true;
	for (; s.n > 0; s = span_skip(s, n)) {
		c = utf8_character(s, &n);
		if (text_is_visible(c) && !(character_class(c) & CHARACTER_SPACE))
			break;
	}
	return s.n > n && begins_formula(c); /* a sign alone is none */
}

#define SIXTEEN(h)                                                                                                     \
	"\\x" h "0", "\\x" h "1", "\\x" h "2", "\\x" h "3", "\\x" h "4", "\\x" h "5", "\\x" h "6", "\\x" h "7",        \
		"\\x" h "8", "\\x" h "9", "\\x" h "a", "\\x" h "b", "\\x" h "c", "\\x" h "d", "\\x" h "e", "\\x" h "f"

/* What some reader of CSV takes for an end (NUL, line breaks), or steers the terminal of who looks at the file. */
static const char *escape(uint32_t c)
{
	static const char c0[][5] = { SIXTEEN("0"), SIXTEEN("1") }, c1[][5] = { SIXTEEN("8"), SIXTEEN("9") };

	if (c < 0x20)
		return c0[c];
	if (c >= 0x80 && c < 0xa0)
		return c1[c - 0x80];
	return c == '"' ? "\"\"" : c == 0x7f ? "\\x7f" : NULL;
}

void csv_text(struct csv *csv, struct span s)
{
	bool quoted = needs_quotes(s);

	separate_field(csv);
	if (quoted)
		text_char(csv->out, '"');
	if (!csv->raw && needs_guard(s))
		text_char(csv->out, '\'');
	text_escaped(csv->out, s, escape);
	if (quoted)
		text_char(csv->out, '"');
}

void csv_string(struct csv *csv, const char *s)
{
	csv_text(csv, span_of(s));
}

void csv_uint(struct csv *csv, uint64_t value)
{
	csv_known(csv, true, value);
}

void csv_number(struct csv *csv, double value, int digits)
{
	separate_field(csv);
	text_printf(csv->out, "%.*f", digits, value);
}

void csv_time_ms(struct csv *csv, int64_t ms_since_1970)
{
	separate_field(csv);
	if (text_is_date(ms_since_1970 / 1000))
		text_time_ms(csv->out, ms_since_1970);
}

void csv_known(struct csv *csv, bool known, uint64_t value)
{
	separate_field(csv);
	if (known)
		text_uint(csv->out, value);
}

static void put_share(struct csv *csv, uint64_t part, uint64_t of, struct csv_share remembered)
{
	separate_field(csv);
	if (of > 0)
		text_printf(csv->out, "%.*f", CSV_SHARE_DIGITS, (double)part / (double)of);
	if (csv->shares < CSV_SHARES_MAX)
		csv->share[csv->shares++] = remembered;
}

void csv_share(struct csv *csv, uint64_t part, uint64_t of)
{
	put_share(csv, part, of, (struct csv_share){ part, of });
}

void csv_share_certain(struct csv *csv, uint64_t of)
{
	put_share(csv, of, of, (struct csv_share){ 0, 0 });
}

void csv_end(struct csv *csv)
{
	if (csv->on_end)
		csv->on_end(csv);
	csv->shares = 0;
	text_char(csv->out, '\n');
	csv->in_row = false;
}

void csv_share_row(struct csv *csv, uint64_t part, uint64_t of)
{
	csv_uint(csv, part);
	csv_uint(csv, of);
	csv_share(csv, part, of);
	csv_end(csv);
}
