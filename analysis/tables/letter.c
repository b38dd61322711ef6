/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/letter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parsers/utf8.h"

static const char built_in[] = {
#include "notification.inc"
};

static const char *const names[LETTER_PLACES] = {
	[LETTER_PARTY] = "party",       [LETTER_CONTACT] = "contact",
	[LETTER_COUNT] = "count",       [LETTER_WHICH] = "which",
	[LETTER_WHY] = "why",           [LETTER_SURVEY] = "survey",
	[LETTER_DOMAIN] = "domain",     [LETTER_COMPONENT] = "component",
	[LETTER_FINDING] = "finding",   [LETTER_FINDINGS] = "findings",
	[LETTER_WHAT] = "what",         [LETTER_RULE] = "rule",
	[LETTER_EVIDENCE] = "evidence", [LETTER_VERDICT] = "verdict",
	[LETTER_EFFECT] = "effect",     [LETTER_ADVICE] = "advice",
	[LETTER_MEASURED] = "measured", [LETTER_LABEL] = "label:",
};

static bool is_of_domain(enum letter_place place)
{
	return place >= LETTER_DOMAIN;
}

/* ---- places ---- */

enum found { FOUND_NONE, FOUND_BRACE, FOUND_PLACE, FOUND_WRONG };

struct place {
	size_t start, end; /* in the line, with the braces */
	struct span name;  /* what is between them */
	enum letter_place place;
	struct span label;
};

static enum letter_place place_named(struct span name, struct span *label)
{
	*label = (struct span){ NULL, 0 };
	for (unsigned p = 0; p < LETTER_LABEL; p++)
		if (span_equal(name, span_of(names[p])))
			return (enum letter_place)p;
	if (!span_starts_with(name, span_of(names[LETTER_LABEL])))
		return LETTER_PLACES;
	*label = span_skip(name, strlen(names[LETTER_LABEL]));
	return LETTER_LABEL;
}

/* The next brace that opens, at or behind place->end. */
static enum found next_place(struct span line, struct place *place)
{
	size_t start = span_find(line, place->end, '{'), end;

	place->start = start;
	place->end = line.n;
	if (start == line.n)
		return FOUND_NONE;
	if (start + 1 < line.n && line.p[start + 1] == '{') {
		place->end = start + 2;
		return FOUND_BRACE;
	}
	end = span_find(line, start, '}');
	place->name = (struct span){ line.p + start + 1, end - start - 1 };
	place->end = end < line.n ? end + 1 : end;
	place->place = place_named(place->name, &place->label);
	return end < line.n && place->place < LETTER_PLACES ? FOUND_PLACE : FOUND_WRONG;
}

/* The next line without its end; false behind the last. */
static bool next_line(struct span *rest, struct span *line)
{
	size_t n = span_find(*rest, 0, '\n');

	if (rest->n == 0)
		return false;
	*line = (struct span){ rest->p, n };
	*rest = span_skip(*rest, n < rest->n ? n + 1 : n);
	if (span_ends_with(*line, SPAN_LITERAL("\r")))
		line->n--;
	return true;
}

/* ---- a template is checked ---- */

struct check {
	struct letter *letter;
	unsigned line;
	bool begun, ended; /* {each}, {end} */
	struct error *error;
};

static int complain(const struct check *check, struct span name, const char *what)
{
	char shown[256];

	text_show(shown, sizeof(shown), name);
	return error_set(check->error, "%s:%u: {%s} %s", check->letter->path, check->line, shown, what);
}

static int check_line(const struct check *check, struct span line)
{
	struct place place = { 0 };
	bool inside = check->begun && !check->ended;
	enum found found;

	while ((found = next_place(line, &place)) != FOUND_NONE) {
		if (found == FOUND_WRONG)
			return complain(check, place.name,
					"is no place of a template (docs/tables.md lists them); {{ is a brace");
		if (found == FOUND_PLACE && inside != is_of_domain(place.place))
			return complain(check, place.name,
					inside ? "is of the whole text: it cannot stand between {each} and {end}"
					       : "is of one domain: it stands between a line {each} and a line {end}");
	}
	return 0;
}

/* The lines {each} and {end} part the text in three. */
static int take_line(struct check *check, struct span line, struct span rest)
{
	struct letter *letter = check->letter;
	bool each = span_equal(line, SPAN_LITERAL("{each}")), end = span_equal(line, SPAN_LITERAL("{end}"));

	if (!each && !end)
		return check_line(check, line);
	if (each ? check->begun : !check->begun || check->ended)
		return complain(check, each ? SPAN_LITERAL("each") : SPAN_LITERAL("end"),
				each ? "may stand there once" : "has no {each} above it");
	if (each)
		letter->above = (struct span){ letter->all.p, (size_t)(line.p - letter->all.p) };
	else
		letter->each.n = (size_t)(line.p - letter->each.p);
	*(each ? &letter->each : &letter->below) = rest;
	check->begun = true;
	check->ended = end;
	return 0;
}

static int check_all(struct letter *letter, struct error *error)
{
	struct check check = { .letter = letter, .error = error };
	struct span rest = letter->all, line;

	letter->above = letter->all;
	letter->each = letter->below = (struct span){ letter->all.p, 0 };
	while (next_line(&rest, &line)) {
		check.line++;
		if (!utf8_is_valid(line) || span_find(line, 0, '\0') < line.n)
			return error_set(error, "%s:%u: is no text in UTF-8; is it the right file?", letter->path,
					 check.line);
		if (take_line(&check, line, rest) < 0)
			return -1;
	}
	return check.begun && !check.ended ? complain(&check, SPAN_LITERAL("each"), "has no line {end} below it") : 0;
}

static int read_file(struct letter *letter, struct error *error)
{
	size_t n = 0;
	ssize_t got = -1;
	int fd;

	letter->text = malloc(LETTER_FILE_MAX + 1);
	fd = letter->text ? open(letter->path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0)
		while (n <= LETTER_FILE_MAX && (got = read(fd, letter->text + n, LETTER_FILE_MAX + 1 - n)) > 0)
			n += (size_t)got;
	if (got < 0)
		error_set(error, "%s: %s", letter->path, strerror(errno));
	else if (n > LETTER_FILE_MAX)
		got = error_set(error, "%s: a template has at most %d octets; is it the right file?", letter->path,
				LETTER_FILE_MAX);
	if (fd >= 0)
		close(fd);
	letter->all = (struct span){ letter->text, n };
	return got < 0 ? -1 : 0;
}

int letter_parse(struct letter *letter, struct span text, const char *path, struct error *error)
{
	*letter = (struct letter){ .path = path, .all = text };
	return check_all(letter, error);
}

int letter_read(struct letter *letter, const char *path, struct error *error)
{
	if (!path)
		return letter_parse(letter, (struct span){ built_in, sizeof(built_in) }, "the template", error);
	*letter = (struct letter){ .path = path };
	return read_file(letter, error) < 0 ? -1 : check_all(letter, error);
}

void letter_free(struct letter *letter)
{
	free(letter->text);
	letter->text = NULL;
}

static bool has_label(const struct scan_headers *headers, struct span label)
{
	return scan_headers_find(headers, label) < headers->label_count;
}

int letter_check_labels(const struct letter *letter, const struct scan_headers *headers, struct error *error)
{
	struct check check = { .letter = (struct letter *)letter, .error = error };
	struct span rest = letter->all, line;

	while (next_line(&rest, &line)) {
		struct place place = { 0 };
		enum found found;

		check.line++;
		while ((found = next_place(line, &place)) != FOUND_NONE)
			if (found == FOUND_PLACE && place.place == LETTER_LABEL && !has_label(headers, place.label))
				return complain(&check, place.name, "is no label of these scans (scan --label)");
	}
	return 0;
}

/* ---- a text is written ---- */

static void put_line(struct text *out, struct span line, letter_value *value, const void *arg)
{
	size_t start = out->used, at = 0;
	struct place place = { 0 };
	unsigned places = 0, filled = 0;
	enum found found;

	while ((found = next_place(line, &place)) != FOUND_NONE) {
		text_put(out, (struct span){ line.p + at, place.start - at });
		at = place.end;
		if (found == FOUND_PLACE) {
			size_t before = out->used;

			value(arg, place.place, place.label, out);
			places++;
			filled += out->used > before;
		} else if (found == FOUND_BRACE) {
			text_char(out, '{');
		}
	}
	text_put(out, span_skip(line, at));
	text_char(out, '\n');
	if (places > 0 && filled == 0)
		out->used = start;
}

void letter_put(struct text *out, struct span part, letter_value *value, const void *arg)
{
	struct span line;

	while (next_line(&part, &line))
		put_line(out, line, value, arg);
}
