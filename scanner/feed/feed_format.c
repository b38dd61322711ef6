#include "scanner/feed/feed_format.h"

#include <stdlib.h>

#include "scanner/feed/feed_zone.h"

enum { CSV_NONE = -1 };

#define RANK_MAX UINT64_C(999999999999999999) /* longer numbers are no ranks */

static const struct span bom = { "\xef\xbb\xbf", 3 }; /* UTF-8's byte order mark, at the start of the file only */

struct feed_reader {
	enum feed_format format;
	feed_on_entry *on_entry;
	void *arg;
	bool begun; /* the sample has been looked at and handed on */
	/* lists and CSV: a line that began in the octets before */
	size_t line_n; /* octets of it so far; only the first FEED_LINE_MAX are kept */
	/* CSV */
	bool has_row;                   /* the first row was seen */
	int domain_column, rank_column; /* of the header; CSV_NONE: each row is looked at */
	size_t sample_n;
	struct feed_zone zone;
	char line[FEED_LINE_MAX];
	char sample[FEED_SAMPLE_MAX];
};

/* RFC 4180 2: the next field of a row, quotes off. False: the row has none left (@rest->p is NULL). */
static bool next_field(struct span *rest, struct span *field)
{
	struct span s = *rest;
	size_t end;

	if (!s.p)
		return false;
	if (s.n > 0 && s.p[0] == '"') {
		for (end = span_find(s, 1, '"'); end + 1 < s.n && s.p[end + 1] == '"'; end = span_find(s, end + 2, '"'))
			; /* a doubled quote is part of the field */
		*field = (struct span){ s.p + 1, end - 1 };
		end = span_find(s, end, ',');
	} else {
		end = span_find(s, 0, ',');
		*field = span_strip((struct span){ s.p, end });
	}
	*rest = end < s.n ? span_skip(s, end + 1) : (struct span){ NULL, 0 };
	return true;
}

/* Names of a header row's column that holds the domain. */
static bool is_domain_title(struct span field)
{
	static const char *const titles[] = {
		"domain", "name", "hostname", "host", "site", "domain_name", "domain name"
	};

	for (size_t i = 0; i < COUNT_OF(titles); i++)
		if (span_equal_nocase(field, span_of(titles[i])))
			return true;
	return false;
}

static bool is_rank_title(struct span field)
{
	static const char *const titles[] = { "rank", "globalrank", "global_rank", "position", "pos" };

	for (size_t i = 0; i < COUNT_OF(titles); i++)
		if (span_equal_nocase(field, span_of(titles[i])))
			return true;
	return false;
}

/* Is the row a header? Then the columns are known. */
static bool read_header(struct span row, int *domain_column, int *rank_column)
{
	struct span field;

	*domain_column = *rank_column = CSV_NONE;
	for (int column = 0; next_field(&row, &field); column++) {
		if (*domain_column == CSV_NONE && is_domain_title(field))
			*domain_column = column;
		else if (*rank_column == CSV_NONE && is_rank_title(field))
			*rank_column = column;
	}
	return *domain_column != CSV_NONE;
}

/* rank,domain or domain,rank, told by which one is a number. */
static bool is_ranked(struct span row, struct span *domain, uint64_t *rank)
{
	struct span first, second;

	if (!next_field(&row, &first) || !next_field(&row, &second))
		return false;
	*domain = second;
	if (span_decimal(first, RANK_MAX, rank))
		return true;
	*domain = first;
	return span_decimal(second, RANK_MAX, rank);
}

static bool pick_columns(const struct feed_reader *reader, struct span row, struct span *domain, uint64_t *rank)
{
	struct span field;
	bool found = false;

	for (int column = 0; next_field(&row, &field); column++) {
		if (column == reader->domain_column) {
			*domain = field;
			found = true;
		} else if (column == reader->rank_column && !span_decimal(field, RANK_MAX, rank)) {
			*rank = 0;
		}
	}
	return found;
}

static int on_row(struct feed_reader *reader, struct span row)
{
	struct feed_entry entry = { .text = row };
	bool first = !reader->has_row, found;

	reader->has_row = true;
	if (first && read_header(row, &reader->domain_column, &reader->rank_column))
		return 0;
	if (reader->domain_column != CSV_NONE)
		found = pick_columns(reader, row, &entry.text, &entry.rank);
	else
		found = is_ranked(row, &entry.text, &entry.rank);
	if (!found) /* a bare name among rows is still a name; anything else with a comma is none */
		entry = (struct feed_entry){ .text = row };
	return reader->on_entry(reader->arg, &entry);
}

/* @is_cut: the line went on, but nobody's name is that long. */
static int on_line(struct feed_reader *reader, struct span line, bool is_cut)
{
	struct feed_entry entry = { .text = span_strip(line), .illegal = is_cut };

	if (entry.text.n == 0 && is_cut)
		entry.text = line;
	if (entry.text.n == 0 || entry.text.p[0] == '#')
		return 0;
	if (reader->format == FEED_FORMAT_CSV && !is_cut)
		return on_row(reader, entry.text);
	return reader->on_entry(reader->arg, &entry);
}

static void keep_part(struct feed_reader *reader, const char *p, size_t n)
{
	size_t room = reader->line_n < FEED_LINE_MAX ? FEED_LINE_MAX - reader->line_n : 0;

	memcpy(reader->line + (FEED_LINE_MAX - room), p, n < room ? n : room);
	reader->line_n += n;
}

static int on_kept_line(struct feed_reader *reader)
{
	bool is_cut = reader->line_n > FEED_LINE_MAX;
	struct span line = { reader->line, is_cut ? FEED_LINE_MAX : reader->line_n };

	reader->line_n = 0;
	return on_line(reader, line, is_cut);
}

static int push_lines(struct feed_reader *reader, const char *p, size_t n)
{
	int result = 0;

	while (n > 0 && result == 0) {
		const char *lf = memchr(p, '\n', n);
		size_t part = lf ? (size_t)(lf - p) : n;

		if (!lf || reader->line_n > 0)
			keep_part(reader, p, part);
		if (lf && reader->line_n > 0)
			result = on_kept_line(reader);
		else if (lf)
			result = on_line(reader, (struct span){ p, part < FEED_LINE_MAX ? part : FEED_LINE_MAX },
					 part > FEED_LINE_MAX);
		part += lf ? 1 : 0;
		p += part;
		n -= part;
	}
	return result;
}

/* Which format do these first octets have? Never AUTO. */
static enum feed_format format_of(struct span sample)
{
	unsigned lines = 0, rows = 0;

	while (sample.n > 0 && lines < FEED_SAMPLE_LINES) {
		size_t end = span_find(sample, 0, '\n');
		struct span line = { sample.p, end }, text = span_strip(line), domain;
		int domain_column, rank_column;
		uint64_t rank;

		sample = span_skip(sample, end < sample.n ? end + 1 : end);
		if (text.n == 0 || text.p[0] == '#' || text.p[0] == ';') /* `;` begins a zone file's comments */
			continue;
		/* A master file shows at its first record; later lines of a list may be any rubbish. */
		if (lines++ == 0 && feed_zone_is_record(line))
			return FEED_FORMAT_ZONE;
		if (span_find(text, 0, ',') < text.n)
			rows += is_ranked(text, &domain, &rank) ||
				(lines == 1 && read_header(text, &domain_column, &rank_column));
	}
	return rows > 0 && rows * 2 >= lines ? FEED_FORMAT_CSV : FEED_FORMAT_LIST;
}

static struct span sample_of(const struct feed_reader *reader)
{
	struct span sample = { reader->sample, reader->sample_n };

	return span_starts_with(sample, bom) ? span_skip(sample, bom.n) : sample;
}

/* Whole lines that are neither blank nor comment. */
static unsigned count_lines(struct span sample)
{
	unsigned lines = 0;

	for (size_t end; (end = span_find(sample, 0, '\n')) < sample.n; sample = span_skip(sample, end + 1)) {
		struct span text = span_strip((struct span){ sample.p, end });

		lines += text.n > 0 && text.p[0] != '#' && text.p[0] != ';';
	}
	return lines;
}

/* Are there lines enough to tell? A pipe that delivers octet by octet must not change the answer. */
static bool sample_suffices(const struct feed_reader *reader)
{
	if (reader->format != FEED_FORMAT_AUTO)
		return reader->sample_n >= bom.n;
	return reader->sample_n == FEED_SAMPLE_MAX || count_lines(sample_of(reader)) >= FEED_SAMPLE_LINES;
}

static int push_known(struct feed_reader *reader, const char *p, size_t n)
{
	return reader->format == FEED_FORMAT_ZONE ? feed_zone_push(&reader->zone, p, n) : push_lines(reader, p, n);
}

static int begin(struct feed_reader *reader)
{
	struct span sample = sample_of(reader);

	if (reader->format == FEED_FORMAT_AUTO)
		reader->format = format_of(sample);
	reader->begun = true;
	return push_known(reader, sample.p, sample.n);
}

struct feed_reader *feed_reader_new(enum feed_format format, feed_on_entry *on_entry, void *arg, struct error *error)
{
	struct feed_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->format = format;
	reader->on_entry = on_entry;
	reader->arg = arg;
	reader->domain_column = reader->rank_column = CSV_NONE;
	feed_zone_init(&reader->zone, on_entry, arg, error);
	return reader;
}

void feed_reader_free(struct feed_reader *reader)
{
	free(reader);
}

int feed_reader_push(struct feed_reader *reader, const char *p, size_t n)
{
	int result = 0;

	if (!reader->begun) {
		size_t room = FEED_SAMPLE_MAX - reader->sample_n, part = n < room ? n : room;

		memcpy(reader->sample + reader->sample_n, p, part);
		reader->sample_n += part;
		if (!sample_suffices(reader))
			return 0;
		result = begin(reader);
		p += part;
		n -= part;
	}
	return result == 0 && n > 0 ? push_known(reader, p, n) : result;
}

bool feed_reader_holds(const struct feed_reader *reader)
{
	return !reader->begun && count_lines(sample_of(reader)) > 0;
}

int feed_reader_settle(struct feed_reader *reader)
{
	struct span sample = sample_of(reader);

	if (!feed_reader_holds(reader))
		return 0;
	/* the line that is still being written tells nothing: half a row has no comma */
	while (sample.p[sample.n - 1] != '\n')
		sample.n--;
	if (reader->format == FEED_FORMAT_AUTO)
		reader->format = format_of(sample);
	return begin(reader);
}

int feed_reader_end(struct feed_reader *reader, bool whole)
{
	int result = reader->begun ? 0 : begin(reader);

	if (result != 0 || !whole)
		return result;
	if (reader->format == FEED_FORMAT_ZONE)
		return feed_zone_end(&reader->zone);
	return reader->line_n > 0 ? on_kept_line(reader) : 0;
}
