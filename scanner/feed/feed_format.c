/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/feed/feed_format.h"

#include <stdlib.h>

#include "scanner/feed/feed_chunk.h"
#include "scanner/feed/feed_csv.h"
#include "scanner/feed/feed_foreign.h"
#include "scanner/feed/feed_label.h"
#include "scanner/feed/feed_text.h"
#include "scanner/feed/feed_zone.h"

enum { SEPARATORS = 3 }; /* of feed_csv_separators */

static const struct span bom = { "\xef\xbb\xbf", 3 }; /* UTF-8's byte order mark, at the start of the file only */

struct feed_reader {
	enum feed_format format;
	feed_on_entry *on_entry;
	void *arg;
	struct error *error;
	bool begun; /* the sample has been looked at and handed on */
	/* lists and CSV: a line that began in the octets before */
	size_t line_n;  /* octets of it so far; only the first FEED_LINE_MAX are kept */
	bool has_entry; /* the first line was seen */
	/* CSV */
	size_t open_n; /* octets of @line that are whole lines of a row whose quotation goes on; 0: none */
	struct feed_csv csv;
	struct feed_labels labels;
	unsigned long long lines; /* that have ended */
	size_t sample_n;
	struct feed_zone zone;
	struct feed_chunk chunk;
	char line[FEED_LINE_MAX];
	char sample[FEED_SAMPLE_MAX];
};

/* ---- entries ---- */

static bool is_header(struct feed_reader *reader, struct span row)
{
	if (span_find(row, 0, reader->csv.separator) == row.n)
		return feed_csv_is_title(row);
	return reader->format == FEED_FORMAT_CSV && feed_csv_read_header(&reader->csv, row, reader->csv.separator);
}

/* The first row, where columns are kept: it names them, whatever the domain's is called. */
static int take_header(struct feed_reader *reader, struct span row)
{
	char separator = reader->csv.separator;

	if (reader->format != FEED_FORMAT_CSV || !feed_labels_find(&reader->labels, row, separator))
		return feed_labels_refuse(&reader->labels, row, separator, reader->lines, reader->error);
	(void)feed_csv_read_header(&reader->csv, row, separator); /* else the rows tell where the domain stands */
	return 0;
}

/* A line, or a row over several. */
static int on_text(struct feed_reader *reader, struct span text)
{
	struct feed_entry entry = { .text = feed_text_strip(text) };
	bool first = !reader->has_entry;

	if (entry.text.n == 0 || entry.text.p[0] == '#')
		return 0;
	if (reader->format == FEED_FORMAT_CSV && feed_csv_is_blank(entry.text))
		return 0;
	if (first && reader->format == FEED_FORMAT_CSV && feed_csv_named_separator(entry.text))
		return 0;
	reader->has_entry = true;
	if (first && reader->labels.count > 0)
		return take_header(reader, text);
	if (first && is_header(reader, text))
		return 0;
	if (reader->csv.has_row_names)
		text = feed_csv_skip_row_name(text, reader->csv.separator);
	if (reader->format == FEED_FORMAT_CSV)
		feed_csv_pick(&reader->csv, text, &entry.text, &entry.rank);
	entry.text = feed_text_without_comment(entry.text);
	if (reader->labels.count > 0)
		entry.extra = feed_labels_keep(&reader->labels, text, reader->csv.separator);
	return reader->on_entry(reader->arg, &entry);
}

/* More octets than a name may have: no name, whatever they are, but evidence. It keeps the white space around it, so
 * that it is longer than a name wherever it is read again (scanner/feed/feed_chunk.h). */
static int on_cut_line(struct feed_reader *reader)
{
	struct feed_entry entry = { .text = { reader->line, FEED_LINE_MAX }, .illegal = true };
	struct span stripped = feed_text_strip(entry.text);

	if (!reader->has_entry && reader->labels.count > 0)
		return take_header(reader, entry.text);
	reader->has_entry = true;
	return stripped.n > 0 && stripped.p[0] == '#' ? 0 : reader->on_entry(reader->arg, &entry);
}

/* Of a row that is none: each line is one. */
static int on_lines(struct feed_reader *reader, struct span lines)
{
	int result = 0;

	while (lines.n > 0 && result == 0) {
		size_t end = span_find(lines, 0, '\n');

		result = on_text(reader, (struct span){ lines.p, end });
		lines = span_skip(lines, end < lines.n ? end + 1 : end);
	}
	return result;
}

/* ---- lines ---- */

static void keep_octets(struct feed_reader *reader, const char *p, size_t n)
{
	size_t room = reader->line_n < FEED_LINE_MAX ? FEED_LINE_MAX - reader->line_n : 0;

	memcpy(reader->line + (FEED_LINE_MAX - room), p, n < room ? n : room);
	reader->line_n += n;
}

/* A quotation that goes on for longer than a row may be was never meant as one: its lines are rows. */
static int keep_part(struct feed_reader *reader, const char *p, size_t n)
{
	int result = 0;

	if (reader->open_n > 0 && reader->line_n + n > FEED_LINE_MAX) {
		result = on_lines(reader, (struct span){ reader->line, reader->open_n });
		reader->line_n -= reader->open_n;
		memmove(reader->line, reader->line + reader->open_n, reader->line_n);
		reader->open_n = 0;
	}
	keep_octets(reader, p, n);
	return result;
}

static bool is_open(const struct feed_reader *reader, struct span row)
{
	struct span text;

	if (reader->format != FEED_FORMAT_CSV || row.n >= FEED_LINE_MAX)
		return false;
	text = feed_text_strip(row);
	return text.n > 0 && text.p[0] != '#' && feed_csv_end(row, reader->csv.separator) == FEED_CSV_OPEN;
}

/* The line ends behind these octets, which begin it or go on with what is kept. */
static int end_line(struct feed_reader *reader, const char *p, size_t n)
{
	struct span row = { p, n };
	size_t open_n;
	int result;

	reader->lines++;
	if (reader->line_n > 0) {
		result = keep_part(reader, p, n);
		if (result != 0)
			return result;
		row = (struct span){ reader->line, reader->line_n };
	}
	if (is_open(reader, row)) {
		if (reader->line_n == 0)
			keep_octets(reader, p, n);
		keep_octets(reader, "\n", 1);
		reader->open_n = reader->line_n;
		return 0;
	}
	open_n = reader->open_n;
	reader->line_n = reader->open_n = 0;
	if (row.n > FEED_LINE_MAX) {
		if (row.p != reader->line)
			memcpy(reader->line, row.p, FEED_LINE_MAX);
		return on_cut_line(reader);
	}
	if (open_n > 0 && feed_csv_end(row, reader->csv.separator) == FEED_CSV_MALFORMED)
		return on_lines(reader, row);
	return on_text(reader, row);
}

/* Octets up to a line's end: LF, CR LF, or CR alone. */
static size_t line_length(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] != '\n' && p[i] != '\r')
		i++;
	return i;
}

static int push_lines(struct feed_reader *reader, const char *p, size_t n)
{
	int result = 0;

	while (n > 0 && result == 0) {
		size_t part = line_length(p, n);

		if (part < n)
			result = end_line(reader, p, part++);
		else
			result = keep_part(reader, p, part);
		p += part;
		n -= part;
	}
	return result;
}

/* ---- the format ---- */

/* The next line that is neither blank nor comment, whole or not; `;` begins a zone file's comments. */
static bool next_line(struct span *rest, struct span *line)
{
	while (rest->n > 0) {
		size_t end = line_length(rest->p, rest->n);

		*line = feed_text_strip((struct span){ rest->p, end });
		*rest = span_skip(*rest, end < rest->n ? end + 1 : end);
		if (line->p && !feed_csv_is_blank(*line) && line->p[0] != '#' && line->p[0] != ';')
			return true;
	}
	return false;
}

/* Has a row of the sample a name with a dot where the header says, or are there no rows yet? A domain may be a field of
 * knowledge, and a name anybody's. */
static bool has_domains(const struct feed_csv *csv, struct span rows)
{
	struct span line, domain;
	uint64_t rank;
	unsigned lines = 0;

	for (; lines + 1 < FEED_SAMPLE_LINES && next_line(&rows, &line); lines++) { /* the header is one of them */
		feed_csv_pick(csv, line, &domain, &rank);
		if (span_find(domain, 0, '.') < domain.n)
			return true;
	}
	return lines == 0;
}

static bool has_row_names(const struct feed_csv *csv, struct span header, struct span rows)
{
	struct span line;

	return next_line(&rows, &line) && feed_csv_has_row_names(csv, header, line);
}

/* Does the first line tell that @rows, which follow, are rows? Their separator, or 0. */
static char separator_of_first(struct feed_reader *reader, struct span line, struct span rows)
{
	if (feed_csv_named_separator(line))
		return feed_csv_named_separator(line);
	for (unsigned i = 0; i < SEPARATORS; i++) {
		struct feed_csv csv = { 0 };

		if (span_find(line, 0, feed_csv_separators[i]) == line.n ||
		    !feed_csv_read_header(&csv, line, feed_csv_separators[i]))
			continue;
		reader->csv.has_row_names = has_row_names(&csv, line, rows);
		if (reader->csv.has_row_names || has_domains(&csv, rows))
			return feed_csv_separators[i];
	}
	return '\0';
}

/* @anyway: whatever the rows look like without a header. */
static void choose_column(struct feed_reader *reader, struct span rows, bool anyway)
{
	struct feed_csv_sample sample = { 0 };
	struct span line;

	while (sample.rows < FEED_SAMPLE_LINES && next_line(&rows, &line))
		feed_csv_look(&reader->csv, line, &sample);
	sample.picked = anyway ? 0 : sample.picked;
	feed_csv_choose(&reader->csv, &sample);
}

/* Does the first line name the columns that are kept? Their separator, or 0. */
static char separator_of_labels(struct feed_reader *reader, struct span line)
{
	for (unsigned i = 0; reader->labels.count > 0 && i < SEPARATORS; i++)
		if (feed_labels_find(&reader->labels, line, feed_csv_separators[i]))
			return feed_csv_separators[i];
	return '\0';
}

/* Which format do these first octets have? Never AUTO. Of rows, the separator as well. */
static enum feed_format format_of(struct feed_reader *reader, struct span sample)
{
	unsigned lines = 0, rows[SEPARATORS] = { 0 }, best = 0;
	bool is_quoted = false; /* the first line begins as no name does */
	struct span line, domain, whole = sample;
	uint64_t rank;
	char first;

	for (; lines < FEED_SAMPLE_LINES && next_line(&sample, &line); lines++) {
		first = lines == 0 && !feed_csv_named_separator(line) ? separator_of_labels(reader, line) : '\0';
		if (first) {
			reader->csv.separator = first;
			if (feed_csv_read_header(&reader->csv, line, first))
				reader->csv.has_row_names = has_row_names(&reader->csv, line, sample);
			else
				choose_column(reader, sample, true);
			return FEED_FORMAT_CSV;
		}
		/* A master file and a header show at their first line; later ones of a list may be any rubbish. */
		if (lines == 0 && reader->format == FEED_FORMAT_AUTO && feed_zone_is_record(line))
			return FEED_FORMAT_ZONE;
		first = lines == 0 ? separator_of_first(reader, line, sample) : '\0';
		if (first) {
			reader->csv.separator = first;
			return FEED_FORMAT_CSV;
		}
		is_quoted = is_quoted || (lines == 0 && line.p[0] == '"');
		for (unsigned i = 0; i < SEPARATORS; i++)
			rows[i] += feed_csv_is_ranked(line, feed_csv_separators[i], &domain, &rank);
	}
	for (unsigned i = 1; i < SEPARATORS; i++)
		if (rows[i] > rows[best])
			best = i;
	reader->csv.separator = feed_csv_separators[best];
	if (!is_quoted && (rows[best] == 0 || rows[best] * 2 < lines))
		return FEED_FORMAT_LIST;
	choose_column(reader, whole, false);
	return FEED_FORMAT_CSV;
}

static struct span sample_of(const struct feed_reader *reader)
{
	struct span sample = { reader->sample, reader->sample_n };

	return span_starts_with(sample, bom) ? span_skip(sample, bom.n) : sample;
}

/* What of the sample is whole lines: one that is still being written tells nothing, half a row has no comma. */
static struct span whole_lines(const struct feed_reader *reader)
{
	struct span sample = sample_of(reader);

	while (sample.n > 0 && sample.p[sample.n - 1] != '\n' && sample.p[sample.n - 1] != '\r')
		sample.n--;
	return sample;
}

static unsigned count_lines(struct span sample)
{
	unsigned lines = 0;

	for (struct span line; next_line(&sample, &line);)
		lines++;
	return lines;
}

/* Are there lines enough to tell? A pipe that delivers octet by octet must not change the answer. */
static bool sample_suffices(const struct feed_reader *reader)
{
	return reader->sample_n == FEED_SAMPLE_MAX ||
	       (reader->sample_n >= FEED_FOREIGN_HEAD && count_lines(whole_lines(reader)) >= FEED_SAMPLE_LINES);
}

static int push_known(struct feed_reader *reader, const char *p, size_t n)
{
	if (reader->format == FEED_FORMAT_ZONE)
		return feed_zone_push(&reader->zone, p, n);
	return reader->format == FEED_FORMAT_CHUNK ? feed_chunk_push(&reader->chunk, p, n) : push_lines(reader, p, n);
}

static bool is_record_table(struct span line)
{
	bool is_one = false;

	for (unsigned i = 0; i < SEPARATORS; i++)
		is_one = is_one || feed_csv_is_record_table(line, feed_csv_separators[i]);
	return is_one;
}

static bool is_binary(struct span telling)
{
	unsigned lines = 0, binary = 0;
	struct span line;

	for (; lines < FEED_SAMPLE_LINES && next_line(&telling, &line); lines++)
		binary += feed_foreign_is_binary(line);
	return binary * 2 > lines;
}

/* -1 with the error, where the sample is of no list. */
static int refuse_foreign(const struct feed_reader *reader, struct span telling)
{
	const char *what = feed_foreign_file((struct span){ reader->sample, reader->sample_n });
	struct span rest = telling, line;

	if (what)
		return error_set(reader->error, "%s", what);
	if (reader->format != FEED_FORMAT_AUTO || !next_line(&rest, &line))
		return 0;
	if (feed_foreign_is_markup(line) || (feed_foreign_is_binary(line) && is_binary(telling)))
		what = feed_foreign_line(line);
	else if (is_record_table(line))
		what = "looks like a table of DNS records, with names relative to a zone: give the zone file and "
		       "--origin";
	else if (feed_zone_is_answer(line))
		what = "looks like massdns' answers: cut -d' ' -f1 FILE | sort -u | stsurvey scan -f - ...; "
		       "--input-format zone where it is a zone file";
	return what ? error_set(reader->error, "the first line, `%.*s`, %s",
				(int)(line.n < FEED_SHOWN_MAX ? line.n : FEED_SHOWN_MAX), line.p, what)
		    : 0;
}

/* @telling: what of the sample tells the format. */
static int push_sample(struct feed_reader *reader, struct span telling)
{
	struct span sample = sample_of(reader);
	bool is_chunk = reader->format == FEED_FORMAT_CHUNK; /* which is told, and no list may look like one */
	enum feed_format found = is_chunk ? FEED_FORMAT_CHUNK : format_of(reader, telling);

	reader->begun = true;
	if (refuse_foreign(reader, telling) != 0)
		return -1;
	if (reader->format == FEED_FORMAT_AUTO)
		reader->format = found;
	if (reader->format == FEED_FORMAT_ZONE && reader->labels.count > 0)
		return error_set(reader->error, "is a zone file, which has no columns: --label needs a CSV list");
	return push_known(reader, sample.p, sample.n);
}

/* ---- the reader ---- */

struct feed_reader *feed_reader_new(enum feed_format format, const char *origin, feed_on_entry *on_entry, void *arg,
				    struct error *error)
{
	struct feed_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	/* who names an origin has a zone file */
	reader->format = origin && format == FEED_FORMAT_AUTO ? FEED_FORMAT_ZONE : format;
	reader->on_entry = on_entry;
	reader->arg = arg;
	reader->error = error;
	reader->csv = (struct feed_csv){ feed_csv_separators[0], FEED_CSV_NONE, FEED_CSV_NONE, false };
	feed_zone_init(&reader->zone, origin, on_entry, arg, error);
	feed_chunk_init(&reader->chunk, &reader->labels, on_entry, arg, error);
	return reader;
}

void feed_reader_keep_labels(struct feed_reader *reader, const struct span *name, size_t count)
{
	reader->labels.wanted = name;
	reader->labels.count = count;
}

struct span feed_reader_label(const struct feed_reader *reader, size_t i)
{
	return reader->labels.name[i];
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
		result = push_sample(reader, sample_of(reader));
		p += part;
		n -= part;
	}
	return result == 0 && n > 0 ? push_known(reader, p, n) : result;
}

bool feed_reader_holds(const struct feed_reader *reader)
{
	return !reader->begun && count_lines(whole_lines(reader)) > 0;
}

int feed_reader_tell(struct feed_reader *reader)
{
	return feed_reader_holds(reader) ? push_sample(reader, whole_lines(reader)) : 0;
}

bool feed_reader_is_zone(const struct feed_reader *reader)
{
	return reader->format == FEED_FORMAT_ZONE;
}

int feed_reader_end(struct feed_reader *reader, bool whole)
{
	int result = reader->begun ? 0 : push_sample(reader, sample_of(reader));

	if (result <= 0 && reader->format == FEED_FORMAT_ZONE) {
		int ended = feed_zone_end(&reader->zone, whole && result == 0);

		return result != 0 ? result : ended;
	}
	if (result == 0 && reader->format == FEED_FORMAT_CHUNK)
		return feed_chunk_end(&reader->chunk, whole);
	if (result != 0 || !whole || reader->line_n == 0)
		return result;
	result = end_line(reader, "", 0);
	if (result != 0 || reader->open_n == 0)
		return result;
	/* a quotation that is never closed */
	return on_lines(reader, (struct span){ reader->line, reader->open_n });
}
