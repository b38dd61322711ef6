/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/feed/feed_csv.h"

#include "scanner/feed/feed_text.h"

const char feed_csv_separators[] = ",\t;";

/* Where the quotation that begins the text ends: at its last quote, or s.n where there is none. */
static size_t quotation_end(struct span s)
{
	size_t end = span_find(s, 1, '"');

	while (end + 1 < s.n && s.p[end + 1] == '"') /* a doubled quote is part of the field */
		end = span_find(s, end + 2, '"');
	return end;
}

/* White space in front of a field, but for a tab that separates. */
static struct span skip_blanks(struct span s, char separator)
{
	while (s.n > 0 && ascii_is_wsp(s.p[0]) && s.p[0] != separator)
		s = span_skip(s, 1);
	return s;
}

bool feed_csv_next_field(struct span *rest, char separator, struct feed_csv_field *field)
{
	struct span s = *rest;
	size_t end;

	if (!s.p)
		return false;
	s = skip_blanks(s, separator);
	field->quoted = s.n > 0 && s.p[0] == '"';
	if (field->quoted) {
		end = quotation_end(s);
		field->text = feed_text_strip((struct span){ s.p + 1, end - 1 });
		end = span_find(s, end, separator);
	} else {
		end = span_find(s, 0, separator);
		field->text = feed_text_strip((struct span){ s.p, end });
	}
	*rest = end < s.n ? span_skip(s, end + 1) : (struct span){ NULL, 0 };
	return true;
}

/* Where quotes within do not matter. */
static bool next_field(struct span *rest, char separator, struct span *text)
{
	struct feed_csv_field field;
	bool is_one = feed_csv_next_field(rest, separator, &field);

	if (is_one)
		*text = field.text;
	return is_one;
}

enum feed_csv_end feed_csv_end(struct span s, char separator)
{
	size_t end;

	if (span_find(s, 0, '"') == s.n)
		return FEED_CSV_WHOLE;
	for (;; s = span_skip(s, end + 1)) {
		s = skip_blanks(s, separator);
		end = 0;
		if (s.n > 0 && s.p[0] == '"') {
			end = quotation_end(s);
			if (end >= s.n)
				return FEED_CSV_OPEN;
			s = skip_blanks(span_skip(s, end + 1), separator);
			end = 0;
			if (s.n > 0 && s.p[0] != separator && s.p[0] != '\r')
				return FEED_CSV_MALFORMED;
		}
		end = span_find(s, end, separator);
		if (end == s.n)
			return FEED_CSV_WHOLE;
	}
}

/* What a column of domains is called, … */
static const char *const domain_titles[] = {
	"domain",      "domains",           "domain name", "domain_name", "domain-name", "domainname", "root domain",
	"root_domain", "registered domain", "hostname",    "host name",   "host_name",   "fqdn",       NULL
};
/* … and, where there is none of these, one that may be of other things elsewhere. */
static const char *const vague_titles[] = { "name", "host", "site", "website", "origin", "url", NULL };
/* Those which are a top-level domain. */
static const char *const top_level[] = { "name", "host", "site", "website", "domains", NULL };

bool feed_csv_read_header(struct feed_csv *csv, struct span row, char separator)
{
	static const char *const rank_titles[] = { "rank", "globalrank", "global_rank", "position", "pos", NULL };
	int vague = FEED_CSV_NONE;
	struct span field;
	struct feed_csv read = { separator, FEED_CSV_NONE, FEED_CSV_NONE, csv->has_row_names };

	for (int column = 0; next_field(&row, separator, &field); column++) {
		if (read.domain_column == FEED_CSV_NONE && feed_text_is_one_of(field, domain_titles))
			read.domain_column = column;
		else if (vague == FEED_CSV_NONE && feed_text_is_one_of(field, vague_titles))
			vague = column;
		else if (read.rank_column == FEED_CSV_NONE && feed_text_is_one_of(field, rank_titles))
			read.rank_column = column;
	}
	if (read.domain_column == FEED_CSV_NONE)
		read.domain_column = vague;
	if (read.domain_column == FEED_CSV_NONE)
		return false;
	*csv = read;
	return true;
}

bool feed_csv_is_title(struct span line)
{
	struct span field;

	return next_field(&line, feed_csv_separators[0], &field) && !line.p &&
	       (feed_text_is_one_of(field, domain_titles) || feed_text_is_one_of(field, vague_titles)) &&
	       !feed_text_is_one_of(field, top_level);
}

bool feed_csv_is_record_table(struct span row, char separator)
{
	static const char *const types[] = { "type", "record type", "record_type", NULL };
	static const char *const contents[] = { "data", "value", "content", "rdata", "ttl", NULL };
	bool has_type = false, has_content = false, has_domain = false; /* a type and a value may be a portfolio's */
	struct span field;

	while (next_field(&row, separator, &field)) {
		has_type = has_type || feed_text_is_one_of(field, types);
		has_content = has_content || feed_text_is_one_of(field, contents);
		has_domain = has_domain || span_starts_with_nocase(field, SPAN_LITERAL("domain"));
	}
	return has_type && has_content && !has_domain;
}

char feed_csv_named_separator(struct span line)
{
	return line.n == 5 && span_starts_with_nocase(line, SPAN_LITERAL("sep=")) &&
			       strchr(feed_csv_separators, line.p[4])
		       ? line.p[4]
		       : '\0';
}

bool feed_csv_is_ranked(struct span row, char separator, struct span *domain, uint64_t *rank)
{
	struct span first, second;

	if (!next_field(&row, separator, &first) || !next_field(&row, separator, &second))
		return false;
	*domain = second;
	if (span_decimal(first, FEED_RANK_MAX, rank))
		return true;
	*domain = first;
	return span_decimal(feed_text_without_comment(second), FEED_RANK_MAX, rank);
}

/* The columns of the header. */
static bool pick_columns(const struct feed_csv *csv, struct span row, struct span *domain, uint64_t *rank)
{
	struct span field;
	bool found = false;

	for (int column = 0; next_field(&row, csv->separator, &field); column++) {
		if (column == csv->domain_column) {
			*domain = field;
			found = true;
		} else if (column == csv->rank_column && !span_decimal(field, FEED_RANK_MAX, rank)) {
			*rank = 0;
		}
	}
	return found;
}

void feed_csv_pick(const struct feed_csv *csv, struct span row, struct span *domain, uint64_t *rank)
{
	struct span field, rest = row;
	bool found;

	*rank = 0;
	found = csv->domain_column != FEED_CSV_NONE ? pick_columns(csv, row, domain, rank)
						    : feed_csv_is_ranked(row, csv->separator, domain, rank);
	if (found)
		return;
	*rank = 0;
	/* a bare name among rows is still a name; anything else with a separator is none */
	*domain = next_field(&rest, csv->separator, &field) && !rest.p ? field : row;
}

/* A dot, and letters behind the last one: no number, date, version, address of a page or of a person. */
static bool is_like_domain(struct span s)
{
	size_t dot = 0, at;

	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	while ((at = span_find(s, dot, '.')) < s.n)
		dot = at + 1;
	for (size_t i = 0; i < s.n; i++)
		if (ascii_is_space(s.p[i]) || strchr("@/:", s.p[i]))
			return false;
	return dot > 1 && s.n - dot > 1 && !ascii_is_digit(s.p[dot]);
}

static bool is_domain_at(struct span row, char separator, int column)
{
	struct span field;

	for (int i = 0; next_field(&row, separator, &field); i++)
		if (i == column)
			return is_like_domain(field);
	return false;
}

static unsigned fields_of(struct span row, char separator)
{
	struct span field;
	unsigned count = 0;

	while (next_field(&row, separator, &field))
		count++;
	return count;
}

bool feed_csv_has_row_names(const struct feed_csv *csv, struct span header, struct span row)
{
	int column = csv->domain_column;

	return column != FEED_CSV_NONE && fields_of(row, csv->separator) == fields_of(header, csv->separator) + 1 &&
	       !is_domain_at(row, csv->separator, column) && is_domain_at(row, csv->separator, column + 1);
}

struct span feed_csv_skip_row_name(struct span row, char separator)
{
	struct span rest = row, name;

	return next_field(&rest, separator, &name) && rest.p ? rest : row;
}

bool feed_csv_is_blank(struct span row)
{
	while (row.n > 0 && (ascii_is_space(row.p[0]) || row.p[0] == '"' || strchr(feed_csv_separators, row.p[0])))
		row = span_skip(row, 1);
	return row.n == 0;
}

void feed_csv_look(const struct feed_csv *csv, struct span row, struct feed_csv_sample *sample)
{
	struct span field;
	uint64_t rank;

	feed_csv_pick(csv, row, &field, &rank);
	sample->picked += is_like_domain(field);
	sample->rows++;
	for (int column = 0; column < FEED_CSV_COLUMNS_MAX && next_field(&row, csv->separator, &field); column++) {
		sample->numbers += column == 0 && span_decimal(field, FEED_RANK_MAX, &rank);
		sample->found[column] += is_like_domain(field);
	}
}

void feed_csv_choose(struct feed_csv *csv, const struct feed_csv_sample *sample)
{
	unsigned header = sample->rows > 2;

	for (int column = 0; sample->picked == 0 && column < FEED_CSV_COLUMNS_MAX; column++) {
		if (sample->found[column] == 0 || sample->found[column] + header < sample->rows)
			continue;
		csv->domain_column = column;
		csv->rank_column = sample->numbers + header >= sample->rows ? 0 : FEED_CSV_NONE;
		return;
	}
}
