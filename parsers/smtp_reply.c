/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/smtp_reply.h"

enum { CODE_DIGITS = 3, TEXT_AT = 4 /* behind the code and its separator */ };

static const struct span starttls = SPAN_LITERAL("STARTTLS");

static bool is_code_digit(char c, unsigned at)
{
	return at == 0 ? c >= '2' && c <= '5' : ascii_is_digit(c);
}

/* What ends a keyword beside the end of its line; some servers take a tab for a space. */
static bool ends_keyword(char c)
{
	return ascii_is_wsp(c);
}

/* Octet @c of the text of a line, or CR for its end: does the line say STARTTLS so far? */
static void match_keyword(struct smtp_reply *reply, char c)
{
	if (reply->lines == 0 || reply->keyword > starttls.n)
		return;
	if (reply->keyword == starttls.n) {
		reply->offers_starttls |= c == '\r' || ends_keyword(c);
		reply->keyword++;
	} else if (ascii_lower(c) == ascii_lower(starttls.p[reply->keyword])) {
		reply->keyword++;
	} else {
		reply->keyword = (uint8_t)(starttls.n + 1);
	}
}

static enum smtp_reply_state end_line(struct smtp_reply *reply)
{
	if (reply->lines > 0 && reply->line_code != reply->code)
		return SMTP_REPLY_BROKEN;
	reply->code = reply->line_code;
	if (reply->last)
		return SMTP_REPLY_COMPLETE;
	if (++reply->lines == SMTP_LINES_MAX)
		return SMTP_REPLY_TOO_LONG;
	reply->line_code = reply->column = 0;
	reply->cr = false;
	reply->keyword = 0;
	return SMTP_REPLY_MORE;
}

static enum smtp_reply_state read_octet(struct smtp_reply *reply, char c)
{
	unsigned at = reply->column++;

	if (reply->cr)
		return c == '\n' ? end_line(reply) : SMTP_REPLY_BROKEN;
	if (at < CODE_DIGITS) {
		reply->line_code = (uint16_t)(reply->line_code * 10 + (c - '0'));
		return is_code_digit(c, at) ? SMTP_REPLY_MORE : SMTP_REPLY_BROKEN;
	}
	if (c == '\0' || c == '\n')
		return SMTP_REPLY_BROKEN;
	reply->cr = c == '\r';
	if (at == CODE_DIGITS) {
		reply->last = c != '-';
		return c == '-' || c == ' ' || c == '\r' ? SMTP_REPLY_MORE : SMTP_REPLY_BROKEN;
	}
	match_keyword(reply, c);
	return at + 2 < SMTP_LINE_MAX || c == '\r' ? SMTP_REPLY_MORE : SMTP_REPLY_TOO_LONG; /* its end fits in */
}

size_t smtp_reply_read(struct smtp_reply *reply, struct span octets)
{
	size_t n = 0;

	while (n < octets.n && reply->state == SMTP_REPLY_MORE)
		reply->state = read_octet(reply, octets.p[n++]);
	return n;
}

bool smtp_line_next(struct span *rest, struct smtp_line *line)
{
	struct span s = *rest;
	size_t end = span_find(s, 0, '\n');

	*line = (struct smtp_line){ 0 };
	if (end == s.n || end < TEXT_AT || s.p[end - 1] != '\r')
		return false;
	for (unsigned i = 0; i < CODE_DIGITS; i++) {
		if (!is_code_digit(s.p[i], i))
			return false;
		line->code = (uint16_t)(line->code * 10 + (s.p[i] - '0'));
	}
	line->last = s.p[CODE_DIGITS] != '-';
	if (end > TEXT_AT)
		line->text = (struct span){ s.p + TEXT_AT, end - 1 - TEXT_AT };
	else
		line->text = (struct span){ s.p + CODE_DIGITS, 0 }; /* "250" and its end */
	*rest = span_skip(s, end + 1);
	return true;
}

bool smtp_extensions_next(struct smtp_extensions *extensions, struct span *keyword, struct span *parameters)
{
	struct smtp_line line;
	size_t n = 0;

	if (!extensions->begun && !smtp_line_next(&extensions->rest, &line))
		return false;
	extensions->begun = true;
	if (!smtp_line_next(&extensions->rest, &line))
		return false;
	while (n < line.text.n && !ends_keyword(line.text.p[n]))
		n++;
	*keyword = (struct span){ line.text.p, n };
	*parameters = span_trim(span_skip(line.text, n));
	return true;
}

bool smtp_extensions_has(struct span ehlo, struct span keyword)
{
	struct smtp_extensions walk = { .rest = ehlo };
	struct span found, parameters;

	while (smtp_extensions_next(&walk, &found, &parameters))
		if (span_equal_nocase(found, keyword))
			return true;
	return false;
}
