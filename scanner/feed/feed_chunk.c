/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/feed/feed_chunk.h"

#include <stdio.h>

#include "parsers/domain.h"
#include "scanner/feed/feed_csv.h"

enum { AT_OFFSET, AT_RANK, AT_DOMAIN, AT_EXTRA };
_Static_assert((int)AT_EXTRA == (int)CHUNK_COLUMNS, "what each has stands in front");

static const struct span titles[] = { SPAN_LITERAL("offset"), SPAN_LITERAL("rank"), SPAN_LITERAL("domain") };
static const struct span servers_title = SPAN_LITERAL("ns");

#define ROW_MALFORMED "; such a row is none of a chunk: cut the list again, or give --input-format csv"

/* ---- written ---- */

static void put_octets(struct text *out, struct span s, char doubled)
{
	size_t end;

	for (; (end = span_find(s, 0, doubled)) < s.n; s = span_skip(s, end + 1)) {
		text_put(out, (struct span){ s.p, end + 1 });
		text_char(out, doubled);
	}
	text_put(out, s);
}

static void put_field(struct text *out, struct span s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n && !quoted; i++)
		quoted = s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r';
	if (!quoted) {
		text_put(out, s);
		return;
	}
	text_char(out, '"');
	put_octets(out, s, '"');
	text_char(out, '"');
}

void feed_chunk_put_header(struct text *out, const struct span *label, size_t label_count, bool has_servers)
{
	for (size_t i = 0; i < COUNT_OF(titles); i++) {
		if (i > 0)
			text_char(out, ',');
		text_put(out, titles[i]);
	}
	for (size_t i = 0; i < label_count; i++) {
		text_char(out, ',');
		put_field(out, label[i]);
	}
	if (has_servers) {
		text_char(out, ',');
		text_put(out, servers_title);
	}
	text_char(out, '\n');
}

/* A name as it stands between spaces; @to has room for twice as many octets, and one. */
static size_t escape_server(char *to, struct span name)
{
	size_t n = 0;

	if (name.n == 0)
		to[n++] = '.';
	if (name.n > 0 && (name.p[0] == '+' || (name.n == 1 && name.p[0] == '.')))
		to[n++] = '\\';
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] == ' ' || name.p[i] == '\\')
			to[n++] = '\\';
		to[n++] = name.p[i] == ' ' ? 's' : name.p[i];
	}
	return n;
}

static void put_servers(struct text *out, struct span extra)
{
	struct span server[EXTRA_ITEMS_MAX];
	size_t count = extra_items(extra, server, COUNT_OF(server)), n = 0;
	char field[2 * EXTRA_MAX + 16];

	for (size_t i = 0; i < count; i++) {
		if (n > 0)
			field[n++] = ' ';
		n += escape_server(field + n, server[i]);
	}
	if (extra_left_out(extra) > 0)
		n += (size_t)snprintf(field + n, sizeof(field) - n, "%s+%u", n > 0 ? " " : "", extra_left_out(extra));
	put_field(out, (struct span){ field, n });
}

static void put_labels(struct text *out, struct span extra)
{
	struct span value[EXTRA_ITEMS_MAX];
	size_t count = extra_items(extra, value, COUNT_OF(value));

	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			text_char(out, ',');
		put_field(out, value[i]);
	}
}

void feed_chunk_put(struct text *out, uint64_t offset, const struct feed_target *target)
{
	text_uint(out, offset);
	text_char(out, ',');
	if (target->rank > 0)
		text_uint(out, target->rank);
	text_char(out, ',');
	put_field(out, target->name);
	if (target->extra.n > 0) {
		text_char(out, ',');
		if (extra_is(target->extra, EXTRA_SERVERS))
			put_servers(out, target->extra);
		else
			put_labels(out, target->extra);
	}
	text_char(out, '\n');
}

/* ---- read ---- */

static int fail_row(struct feed_chunk *chunk, struct span field, const char *what)
{
	return error_set(chunk->error, "line %llu: `%.*s` %s" ROW_MALFORMED, (unsigned long long)chunk->row_line,
			 (int)(field.n < FEED_SHOWN_MAX ? field.n : FEED_SHOWN_MAX), field.p, what);
}

static int fail_header(struct feed_chunk *chunk)
{
	return error_set(chunk->error,
			 "line 1: a chunk begins with the row offset,rank,domain%s: this is another file, or its "
			 "beginning is missing",
			 chunk->labels->count > 0 ? " and the columns of --label in their order"
						  : ", and behind it ns or nothing (columns of a list need --label)");
}

static int read_header(struct feed_chunk *chunk, const struct span *field, unsigned fields)
{
	unsigned more = fields - CHUNK_COLUMNS;

	for (size_t i = 0; i < COUNT_OF(titles); i++)
		if (i >= fields || !span_equal(field[i], titles[i]))
			return fail_header(chunk);
	if (chunk->labels->count > 0) {
		if (!feed_labels_are(chunk->labels, field + CHUNK_COLUMNS, more))
			return fail_header(chunk);
	} else if (more > 0) {
		if (more > 1 || !span_equal(field[AT_EXTRA], servers_title))
			return fail_header(chunk);
		chunk->has_servers = true;
	}
	chunk->columns = fields;
	return 0;
}

/* What escape_server made of it, in place. False: it did not make that. */
static bool unescape_server(char *p, struct span *name)
{
	size_t n = 0;

	if (name->n == 1 && name->p[0] == '.')
		name->n = 0;
	for (size_t i = 0; i < name->n; i++) {
		char c = name->p[i];

		if (c == '\\') {
			if (++i == name->n)
				return false;
			c = name->p[i] == 's' ? ' ' : name->p[i];
		}
		p[n++] = ascii_lower(c);
	}
	*name = (struct span){ p, n };
	return true;
}

static int read_servers(struct feed_chunk *chunk, struct span field)
{
	struct span rest = field, word;
	uint64_t left_out;
	size_t end;

	extra_begin(&chunk->servers, EXTRA_SERVERS);
	while (rest.n > 0) {
		end = span_find(rest, 0, ' ');
		word = (struct span){ rest.p, end };
		rest = span_skip(rest, end);
		if (word.n > 0 && word.p[0] == '+') {
			if (rest.n > 0 || !span_decimal(span_skip(word, 1), UINT16_MAX, &left_out))
				return fail_row(chunk, word, "counts no servers that were left out");
			extra_leave_out(&chunk->servers, (uint16_t)left_out);
			break;
		}
		if (word.n == 0 || (rest.n == 1 && rest.p[0] == ' '))
			return fail_row(chunk, field, "has a space too many between name servers");
		if (!unescape_server(chunk->row + (word.p - chunk->row), &word))
			return fail_row(chunk, word, "ends within an escape");
		extra_add(&chunk->servers, word);
		rest = span_skip(rest, rest.n > 0);
	}
	return 0;
}

static int on_row(struct feed_chunk *chunk, const struct span *field)
{
	struct feed_entry entry = { .text = field[AT_DOMAIN], .illegal = field[AT_DOMAIN].n > DOMAIN_NAME_MAX };
	uint64_t offset;

	if (!span_decimal(field[AT_OFFSET], FEED_INDEX_MAX, &offset))
		return fail_row(chunk, field[AT_OFFSET], "is no offset");
	if (offset < chunk->next)
		return fail_row(chunk, field[AT_OFFSET], "is an offset not above the one before");
	if (field[AT_RANK].n > 0 && !span_decimal(field[AT_RANK], FEED_RANK_MAX, &entry.rank))
		return fail_row(chunk, field[AT_RANK], "is no rank");
	if (chunk->has_servers) {
		if (read_servers(chunk, field[AT_EXTRA]) < 0)
			return -1;
		entry.extra = extra_octets(&chunk->servers);
	} else if (chunk->labels->count > 0) {
		entry.extra = feed_labels_take(chunk->labels, field + AT_EXTRA);
	}
	entry.gap = offset - chunk->next;
	chunk->next = offset + 1;
	return chunk->on_entry(chunk->arg, &entry);
}

static int end_field(struct feed_chunk *chunk)
{
	if (chunk->fields == CHUNK_COLUMNS_MAX)
		return fail_row(chunk, (struct span){ chunk->row, chunk->n }, "has too many fields");
	chunk->end[chunk->fields++] = chunk->n;
	chunk->state = CHUNK_FIELD_BEGINS;
	return 0;
}

static int end_row(struct feed_chunk *chunk)
{
	struct span field[CHUNK_COLUMNS_MAX];
	unsigned fields;
	int result = end_field(chunk);
	size_t begin = 0;

	if (result != 0)
		return result;
	fields = chunk->fields;
	for (unsigned i = 0; i < fields; begin = chunk->end[i++])
		field[i] = (struct span){ chunk->row + begin, chunk->end[i] - begin };
	if (chunk->columns == 0)
		result = read_header(chunk, field, fields);
	else if (fields != chunk->columns)
		result = fail_row(chunk, (struct span){ chunk->row, chunk->n },
				  fields < chunk->columns ? "has fewer fields than the header"
							  : "has more fields than the header");
	else
		result = on_row(chunk, field);
	chunk->fields = 0;
	chunk->n = 0;
	chunk->row_line = ++chunk->line;
	return result;
}

static int keep(struct feed_chunk *chunk, char c)
{
	if (chunk->n == CHUNK_ROW_MAX)
		return fail_row(chunk, (struct span){ chunk->row, chunk->n }, "goes on for too long");
	chunk->row[chunk->n++] = c;
	return 0;
}

/* Outside of quotes. */
static int on_plain(struct feed_chunk *chunk, char c)
{
	switch (c) {
	case ',':
		return end_field(chunk);
	case '\n':
		return end_row(chunk);
	case '\r':
		chunk->state = CHUNK_CR;
		return 0;
	default:
		break;
	}
	if (c == '"' || chunk->state == CHUNK_QUOTE_ENDED)
		return fail_row(chunk, (struct span){ chunk->row, chunk->n },
				c == '"' ? "has a quote in a field without quotes" : "goes on behind a closing quote");
	chunk->state = CHUNK_PLAIN;
	return keep(chunk, c);
}

static int push_octet(struct feed_chunk *chunk, char c)
{
	if (chunk->state == CHUNK_QUOTED) {
		chunk->line += c == '\n';
		if (c != '"')
			return keep(chunk, c);
		chunk->state = CHUNK_QUOTE_ENDED;
		return 0;
	}
	if (c == '"' && (chunk->state == CHUNK_FIELD_BEGINS || chunk->state == CHUNK_QUOTE_ENDED)) {
		bool is_second = chunk->state == CHUNK_QUOTE_ENDED;

		chunk->state = CHUNK_QUOTED;
		return is_second ? keep(chunk, c) : 0;
	}
	if (chunk->state == CHUNK_CR && c != '\n')
		return fail_row(chunk, (struct span){ chunk->row, chunk->n }, "goes on behind CR");
	return on_plain(chunk, c);
}

void feed_chunk_init(struct feed_chunk *chunk, struct feed_labels *labels, feed_on_entry *on_entry, void *arg,
		     struct error *error)
{
	chunk->labels = labels;
	chunk->on_entry = on_entry;
	chunk->arg = arg;
	chunk->error = error;
	chunk->line = chunk->row_line = 1;
}

int feed_chunk_push(struct feed_chunk *chunk, const char *p, size_t n)
{
	int result = 0;

	for (size_t i = 0; i < n && result == 0; i++)
		result = push_octet(chunk, p[i]);
	return result;
}

/* A row without its line end may be the beginning of another. */
int feed_chunk_end(struct feed_chunk *chunk, bool whole)
{
	if (!whole)
		return 0;
	if (chunk->n > 0 || chunk->fields > 0 || chunk->state != CHUNK_FIELD_BEGINS)
		return error_set(chunk->error,
				 "truncated: line %llu has no line end; fetch the chunk again, what could be "
				 "read was surveyed",
				 (unsigned long long)chunk->row_line);
	return chunk->columns == 0 ? fail_header(chunk) : 0;
}
