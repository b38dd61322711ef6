/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/lines/json_walk.h"

enum { SHORT = 24 /* octets: beyond, memchr is faster than to look at each */ };

/* Octets of the string that @s begins with, quotes included; all where it does not end. */
static size_t string_length(struct span s)
{
	size_t at = 1;

	for (; at < s.n && at < SHORT; at++) { /* most of them */
		if (s.p[at] == '"')
			return at + 1;
		if (s.p[at] == '\\')
			break;
	}
	while (at < s.n) {
		const char *quote = memchr(s.p + at, '"', s.n - at);
		size_t end = quote ? (size_t)(quote - s.p) : s.n, escapes = 0;

		while (end > at + escapes && s.p[end - 1 - escapes] == '\\')
			escapes++;
		at = end + 1;
		if (escapes % 2 == 0)
			return at < s.n ? at : s.n;
	}
	return s.n;
}

/* Octets of the value that @s begins with. */
static size_t value_length(struct span s)
{
	unsigned depth = 0;
	size_t at = 0;

	while (at < s.n) {
		char c = s.p[at];

		if (c == '"') {
			at += string_length(span_skip(s, at));
		} else if (c == '{' || c == '[') {
			depth++;
			at++;
		} else if (c == '}' || c == ']') {
			if (depth == 0)
				return at;
			depth--;
			at++;
		} else if (depth == 0 && (c == ',' || c == '\n')) {
			return at;
		} else {
			at++;
			continue;
		}
		if (depth == 0)
			return at < s.n ? at : s.n;
	}
	return s.n;
}

struct span json_walk_take(struct span *rest)
{
	struct span value = { rest->p, value_length(*rest) };

	*rest = span_skip(*rest, value.n);
	return value;
}

/* Past the bracket that opens, or the comma. */
static void skip_front(struct span *rest)
{
	if (rest->n > 0 && (rest->p[0] == '{' || rest->p[0] == '[' || rest->p[0] == ','))
		*rest = span_skip(*rest, 1);
}

bool json_walk_member(struct span *rest, struct span *key, struct span *value)
{
	size_t n;

	skip_front(rest);
	if (rest->n == 0 || rest->p[0] != '"')
		return false;
	n = string_length(*rest);
	*key = (struct span){ rest->p + 1, n >= 2 ? n - 2 : 0 };
	*rest = span_skip(*rest, n < rest->n ? n + 1 : n);
	*value = json_walk_take(rest);
	return value->n > 0;
}

/* At @end, which is passed, or where it is broken. */
static bool ended(struct span *rest, char end)
{
	if (rest->n > 0 && rest->p[0] == end)
		*rest = span_skip(*rest, 1);
	else if (rest->n > 0)
		return false;
	return true;
}

bool json_walk_key(struct span *rest, struct span *key)
{
	size_t n;

	skip_front(rest);
	if (ended(rest, '}') || rest->p[0] != '"')
		return false;
	n = string_length(*rest);
	*key = (struct span){ rest->p + 1, n >= 2 ? n - 2 : 0 };
	*rest = span_skip(*rest, n < rest->n ? n + 1 : n);
	return rest->n > 0;
}

bool json_walk_next(struct span *rest)
{
	skip_front(rest);
	return !ended(rest, ']');
}

bool json_walk_element(struct span *rest, struct span *value)
{
	skip_front(rest);
	*value = json_walk_take(rest);
	return value->n > 0;
}
