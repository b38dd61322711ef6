/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/senders/sender_line.h"

#include "analysis/senders/sender_text.h"
#include "parsers/utf8.h"

void sender_line_start(const struct sender_profile *profile, struct span body, struct sender_line_walk *walk)
{
	*walk = (struct sender_line_walk){ .profile = profile, .rest = body };
}

/* Octets of the line end that @s begins with, as Python's str.splitlines understands it; 0: none. */
static size_t universal_end(struct span s)
{
	size_t n = utf8_length(s);
	uint32_t c = n > 0 ? utf8_character(s, &n) : 0;

	if (c == '\r' && s.n > 1 && s.p[1] == '\n')
		return 2;
	return (c >= '\n' && c <= '\r') || (c >= 0x1c && c <= 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029 ? n : 0;
}

/* Octets of the line end at @s, which is not empty; 0: the line goes on. */
static size_t end_of_line(enum sender_lines lines, struct span s)
{
	switch (lines) {
	case SENDER_LINES_UNIVERSAL:
		return universal_end(s);
	case SENDER_LINES_CR_OR_LF:
		if (s.p[0] == '\r')
			return s.n > 1 && s.p[1] == '\n' ? 2 : 1;
		break;
	case SENDER_LINES_SCANNER:
		if (s.p[0] == '\r' && s.n == 1)
			return 1;
		if (s.p[0] == '\r')
			return s.p[1] == '\n' ? 2 : 0;
		break;
	case SENDER_LINES_LF:
	case SENDER_LINES_VALUE_TO_LF:
		if (s.p[0] == '\r' && s.n > 1 && s.p[1] == '\n')
			return 2;
		break;
	}
	return s.p[0] == '\n' ? 1 : 0;
}

static bool is_token_end(char c, bool colon_too)
{
	return c == ' ' || c == '\0' || (colon_too && c == ':');
}

/* The next token of *@s, which then begins behind the octet that ended it; false: none is left. */
static bool next_token(struct span *s, bool colon_too, struct span *token)
{
	size_t n = 0;

	while (s->n > 0 && is_token_end(s->p[0], colon_too))
		*s = span_skip(*s, 1);
	while (n < s->n && !is_token_end(s->p[n], colon_too))
		n++;
	*token = (struct span){ s->p, n };
	*s = span_skip(*s, n < s->n ? n + 1 : n);
	return n > 0;
}

/* Every CR was taken away first; one inside a token, which would join its halves, is left in and spoils it. */
static void split_tokens(struct span s, struct sender_line *line)
{
	while (s.n > 0 && s.p[0] == '\r')
		s = span_skip(s, 1);
	while (s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	line->kind = SENDER_LINE_PAIR;
	if (!next_token(&s, true, &line->key))
		line->kind = SENDER_LINE_BLANK;
	next_token(&s, false, &line->value);
}

static void split(const struct sender_profile *profile, struct span s, struct sender_line *line)
{
	size_t colon = span_find(s, 0, ':');

	line->value = (struct span){ s.p + s.n, 0 };
	if (sender_trim(profile->space, s).n == 0 &&
	    (s.n == 0 || profile->blank_line != SENDER_BLANK_LINE_SKIPPED_IF_EMPTY)) {
		line->kind = SENDER_LINE_BLANK;
		line->key = s;
		return;
	}
	line->kind = colon < s.n ? SENDER_LINE_PAIR : SENDER_LINE_NO_COLON;
	line->key = (struct span){ s.p, colon };
	if (colon < s.n)
		line->value = sender_trim(profile->space, span_skip(s, colon + 1));
	if (profile->key_space == SENDER_KEY_SPACE_TRIMMED)
		line->key = sender_trim(profile->space, line->key);
}

/* A key goes on to the next colon, over the ends of lines. */
static bool next_to_colon(struct sender_line_walk *walk, struct sender_line *line)
{
	struct span rest = walk->rest;
	size_t colon = span_find(rest, 0, ':'), end = span_find(rest, colon, '\n'), begin = 0;

	if (colon == rest.n)
		return false;
	walk->number++;
	for (size_t i = 0; i < colon; i++) {
		if (rest.p[i] == '\n') {
			walk->number++;
			begin = i + 1;
		}
	}
	line->number = walk->number;
	line->text = sender_trim(SENDER_SPACE_UNICODE, (struct span){ rest.p + begin, end - begin });
	line->kind = SENDER_LINE_PAIR;
	line->key = sender_trim(walk->profile->space, (struct span){ rest.p, colon });
	line->value = sender_trim(walk->profile->space, (struct span){ rest.p + colon + 1, end - colon - 1 });
	walk->rest = span_skip(rest, end < rest.n ? end + 1 : end);
	return true;
}

bool sender_line_next(struct sender_line_walk *walk, struct sender_line *line)
{
	const struct sender_profile *profile = walk->profile;
	size_t n = 0, end = 0;

	if (walk->rest.n == 0)
		return false;
	if (profile->lines == SENDER_LINES_VALUE_TO_LF)
		return next_to_colon(walk, line);
	while (n < walk->rest.n && (end = end_of_line(profile->lines, span_skip(walk->rest, n))) == 0)
		n++;
	line->text = (struct span){ walk->rest.p, n };
	line->number = ++walk->number;
	walk->rest = span_skip(walk->rest, n < walk->rest.n ? n + end : n);
	if (profile->line_limit != SENDER_NO_LIMIT && n > (size_t)profile->line_limit) {
		if (profile->line_over == SENDER_LINE_OVER_REFUSED) {
			line->kind = SENDER_LINE_TOO_LONG;
			line->key = line->value = (struct span){ line->text.p, 0 };
			return true;
		}
		n = (size_t)profile->line_limit;
	}
	if (profile->tokens)
		split_tokens((struct span){ line->text.p, n }, line);
	else
		split(profile, (struct span){ line->text.p, n }, line);
	return true;
}
