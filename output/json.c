/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/json.h"

#include <math.h>

#include "parsers/utf8.h"

/* A character as \… (RFC 8259 7). */
static void put_escape(struct text *out, uint32_t c)
{
	static const char short_form[] = "\b\t\n\f\r\"\\", letter[] = "btnfr\"\\";
	const char *found = c > 0 && c < 0x80 ? strchr(short_form, (int)c) : NULL;

	if (found)
		text_printf(out, "\\%c", letter[found - short_form]);
	else if (c <= 0xffff)
		text_printf(out, "\\u%04x", (unsigned)c);
	else
		text_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (c >> 10)), (unsigned)(0xdc00 + (c & 0x3ff)));
}

/* Those that need a second look are few: what must be escaped (RFC 8259 7), DEL, what is not ASCII. */
static bool is_plain_octet(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* What a terminal would obey, or a reader not see, is escaped, too. */
static bool is_plain_character(uint32_t c)
{
	return c != '"' && c != '\\' && text_is_visible(c);
}

static void put_string(struct text *out, struct span s, bool latin1)
{
	size_t from = 0, n = 1;

	text_char(out, '"');
	for (size_t at = 0; at < s.n; at += n) {
		uint32_t c = (unsigned char)s.p[at];

		n = 1;
		if (is_plain_octet((unsigned char)c))
			continue;
		if (c >= 0x80 && !latin1)
			c = utf8_character(span_skip(s, at), &n);
		if (is_plain_character(c) && (c < 0x80 || !latin1))
			continue;
		text_put(out, (struct span){ s.p + from, at - from });
		if (is_plain_character(c))
			text_latin1(out, (struct span){ s.p + at, 1 });
		else
			put_escape(out, c);
		from = at + n;
	}
	text_put(out, span_skip(s, from));
	text_char(out, '"');
}

static void next_line(struct json *json)
{
	if (!json->indented)
		return;
	text_char(json->out, '\n');
	for (unsigned i = 0; i < json->depth; i++)
		text_char(json->out, '\t');
}

/* A name or a word of ours, of which nothing is escaped. Half of a line is such: room is looked for once. */
static void put_quoted(struct text *out, struct span s)
{
	char *p;

	if (!text_room(out, s.n + 2))
		return;
	p = out->data + out->used;
	p[0] = p[s.n + 1] = '"';
	memcpy(p + 1, s.p, s.n);
	out->used += s.n + 2;
}

void json_key(struct json *json, const char *key)
{
	if (json->has_member)
		text_char(json->out, ',');
	next_line(json);
	json->has_member = true;
	if (!key)
		return;
	put_quoted(json->out, span_of(key));
	text_char(json->out, ':');
	if (json->indented)
		text_char(json->out, ' ');
}

/* What stands in an array is as the object around it. */
static void open_level(struct json *json, char bracket, bool of_array)
{
	uint64_t bit = UINT64_C(2) << json->depth;

	json->latin1 = of_array && json->latin1 & bit >> 1 ? json->latin1 | bit : json->latin1 & ~bit;
	json->marked &= ~bit;
	text_char(json->out, bracket);
	json->depth++;
	json->has_member = false;
}

static void close_level(struct json *json, char bracket)
{
	if (json->marked >> json->depth & 1)
		json_text(json, "encoding", "latin-1");
	json->depth--;
	if (json->has_member)
		next_line(json);
	text_char(json->out, bracket);
	json->has_member = true;
}

void json_begin(struct json *json, struct text *out)
{
	*json = (struct json){ .out = out, .indented = true };
	open_level(json, '{', false);
}

void json_begin_line(struct json *json, struct text *out)
{
	*json = (struct json){ .out = out };
	open_level(json, '{', false);
}

void json_end(struct json *json)
{
	close_level(json, '}');
	text_char(json->out, '\n');
}

void json_open_object(struct json *json, const char *key)
{
	json_key(json, key);
	open_level(json, '{', !key);
}

void json_close_object(struct json *json)
{
	close_level(json, '}');
}

void json_open_array(struct json *json, const char *key)
{
	json_key(json, key);
	open_level(json, '[', true);
}

void json_close_array(struct json *json)
{
	close_level(json, ']');
}

void json_latin1(struct json *json, const struct span *s, size_t count)
{
	uint64_t bit = UINT64_C(1) << json->depth;

	if (!(json->marked & bit))
		json->latin1 &= ~bit;
	for (size_t i = 0; i < count; i++) {
		if (!utf8_is_valid(s[i])) {
			json->latin1 |= bit;
			json->marked |= bit;
			return;
		}
	}
}

void json_string(struct json *json, const char *key, struct span value)
{
	if (!value.p) {
		json_null(json, key);
		return;
	}
	json_key(json, key);
	put_string(json->out, value, json->latin1 >> json->depth & 1 || !utf8_is_valid(value));
}

void json_named_string(struct json *json, struct span key, struct span value)
{
	bool latin1 = json->latin1 >> json->depth & 1;

	json_key(json, NULL);
	put_string(json->out, key, latin1 || !utf8_is_valid(key));
	text_char(json->out, ':');
	if (json->indented)
		text_char(json->out, ' ');
	if (value.p)
		put_string(json->out, value, latin1 || !utf8_is_valid(value));
	else
		text_literal(json->out, "null");
}

void json_strings(struct json *json, const char *key, const struct span *value, size_t count)
{
	json_open_array(json, key);
	for (size_t i = 0; i < count; i++)
		json_string(json, NULL, value[i]);
	json_close_array(json);
}

void json_text(struct json *json, const char *key, const char *value)
{
	json_string(json, key, value ? span_of(value) : (struct span){ NULL, 0 });
}

void json_word(struct json *json, const char *key, const char *value)
{
	if (!value[0]) {
		json_null(json, key);
		return;
	}
	json_key(json, key);
	put_quoted(json->out, span_of(value));
}

void json_uint(struct json *json, const char *key, uint64_t value)
{
	json_key(json, key);
	text_uint(json->out, value);
}

void json_known(struct json *json, const char *key, bool known, uint64_t value)
{
	if (known)
		json_uint(json, key, value);
	else
		json_null(json, key);
}

void json_number(struct json *json, const char *key, double value)
{
	if (!isfinite(value)) {
		json_null(json, key);
		return;
	}
	json_key(json, key);
	text_printf(json->out, "%.15g", value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	json_key(json, key);
	text_string(json->out, value ? "true" : "false");
}

void json_null(struct json *json, const char *key)
{
	json_key(json, key);
	text_literal(json->out, "null");
}

void json_time(struct json *json, const char *key, int64_t ms_since_1970)
{
	if (!text_is_date(ms_since_1970 / 1000)) {
		json_null(json, key);
		return;
	}
	json_key(json, key);
	text_char(json->out, '"');
	text_time_ms(json->out, ms_since_1970);
	text_char(json->out, '"');
}

void json_date(struct json *json, const char *key, int64_t seconds_since_1970)
{
	if (!text_is_date(seconds_since_1970)) {
		json_null(json, key);
		return;
	}
	json_key(json, key);
	text_char(json->out, '"');
	text_time(json->out, seconds_since_1970);
	text_char(json->out, '"');
}

void json_hex(struct json *json, const char *key, const uint8_t *octet, size_t n)
{
	json_key(json, key);
	text_char(json->out, '"');
	text_hex(json->out, octet, n);
	text_char(json->out, '"');
}

void json_base64(struct json *json, const char *key, struct span octets)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	json_key(json, key);
	text_char(json->out, '"');
	for (size_t at = 0; at < octets.n; at += 3) {
		size_t n = octets.n - at < 3 ? octets.n - at : 3;
		uint32_t group = 0;

		for (size_t i = 0; i < 3; i++)
			group = group << 8 | (i < n ? (uint8_t)octets.p[at + i] : 0);
		for (size_t i = 0; i < 4; i++)
			text_char(json->out, i <= n ? digit[group >> (18 - 6 * i) & 63] : '=');
	}
	text_char(json->out, '"');
}
