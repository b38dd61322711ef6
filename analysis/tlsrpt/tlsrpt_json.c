/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_parse.h>
#include <yajl/yajl_version.h>

#include "output/text.h"
#include "parsers/hash.h"
#include "parsers/utf8.h"

enum {
	ESCAPE = 6,                /* octets of \uXXXX */
	BATCH = 16 * 1024,         /* octets given to yajl at once */
	ROOM = BATCH + 4 * ESCAPE, /* escapes that belong together are not parted */
	WHY = 80,
	VERSION_TEXT = 36, /* three numbers */
};

/* Where in an escape the octet before stood. */
enum place { PLACE_PLAIN, PLACE_BACKSLASH, PLACE_HEX };

struct level {
	bool is_array;
	unsigned members;
	uint64_t member[TLSRPT_JSON_MEMBERS_MAX]; /* hashes of the names */
};

struct tlsrpt_json {
	const struct tlsrpt_json_events *events;
	void *arg;
	yajl_handle yajl;
	struct level level[TLSRPT_JSON_DEPTH_MAX];
	unsigned depth;
	bool failed;           /* a callback ended it … */
	char why[WHY];         /* … for this reason; "": whoever takes the events did */
	uint64_t line, column; /* of what yajl was given last */
	uint64_t octets;       /* of the value, so far, and what stands in front of it */
	unsigned bom;          /* octets of a byte order mark seen */
	/* lone surrogates, and how long a token is, are seen before yajl sees them */
	bool in_string, has_high;
	bool is_mended; /* this string, as whoever takes the events knows */
	enum place place;
	unsigned digits, value;
	size_t token;
	size_t used;
	char batch[ROOM];
	char *utf8; /* room for a string that was Latin-1 */
	size_t utf8_size;
};

static const unsigned char bom_octets[] = { 0xef, 0xbb, 0xbf };

/* ---- what yajl says ---- */

static int stop(struct tlsrpt_json *json, const char *why)
{
	json->failed = true;
	snprintf(json->why, sizeof(json->why), "%s", why);
	return 0;
}

static int told(struct tlsrpt_json *json, bool go_on)
{
	json->failed = json->failed || !go_on;
	return go_on;
}

/* @s, or where it is no UTF-8 its octets as Latin-1 characters; p NULL: no memory. */
static struct span as_utf8(struct tlsrpt_json *json, struct span s)
{
	size_t n = 0;

	if (utf8_is_valid(s))
		return s;
	if (json->utf8_size < 2 * s.n) {
		char *grown = realloc(json->utf8, 2 * s.n);

		if (!grown)
			return (struct span){ NULL, 0 };
		json->utf8 = grown;
		json->utf8_size = 2 * s.n;
	}
	while (s.n > 0) { /* what is UTF-8 beside it stays */
		size_t length = utf8_length(s);
		unsigned char octet = (unsigned char)s.p[0];

		if (length > 0) {
			memcpy(json->utf8 + n, s.p, length);
			n += length;
		} else {
			json->utf8[n++] = (char)(0xc0 | octet >> 6);
			json->utf8[n++] = (char)(0x80 | (octet & 0x3f));
			length = 1;
		}
		s = span_skip(s, length);
	}
	json->events->on_mended(json->arg, TLSRPT_JSON_LATIN1);
	return (struct span){ json->utf8, n };
}

static int begin(struct tlsrpt_json *json, bool is_array)
{
	if (json->depth == TLSRPT_JSON_DEPTH_MAX)
		return stop(json, "arrays and objects within each other too deep");
	json->level[json->depth].is_array = is_array;
	json->level[json->depth++].members = 0;
	return told(json, json->events->on_begin(json->arg, is_array));
}

static int on_start_map(void *arg)
{
	return begin(arg, false);
}

static int on_start_array(void *arg)
{
	return begin(arg, true);
}

static int on_end(void *arg)
{
	struct tlsrpt_json *json = arg;

	if (--json->depth == 0)
		json->octets = 0; /* what yajl was given beyond it, a batch at most, is not counted again */
	return told(json, json->events->on_end(json->arg));
}

/* Names that differ and have one hash do not occur but where somebody spent 2^32 tries on losing his own report. */
static int on_map_key(void *arg, const unsigned char *p, size_t n)
{
	struct tlsrpt_json *json = arg;
	struct level *level = &json->level[json->depth - 1];
	struct span key = as_utf8(json, (struct span){ (const char *)p, n });
	uint64_t hash = hash_span(key);

	if (!key.p && n > 0)
		return stop(json, "no memory");
	for (unsigned i = 0; i < level->members; i++)
		if (level->member[i] == hash) {
			char why[WHY] = "duplicate key ";

			text_show(why + strlen(why), sizeof(why) - strlen(why), key);
			return stop(json, why);
		}
	if (level->members == TLSRPT_JSON_MEMBERS_MAX)
		return stop(json, "too many keys in one object");
	level->member[level->members++] = hash;
	return told(json, json->events->on_key(json->arg, key));
}

static int on_null(void *arg)
{
	struct tlsrpt_json *json = arg;

	return told(json, json->events->on_value(json->arg, TLSRPT_JSON_NULL, (struct span){ NULL, 0 }));
}

static int on_boolean(void *arg, int value)
{
	struct tlsrpt_json *json = arg;

	return told(json, json->events->on_value(json->arg, TLSRPT_JSON_BOOL, span_of(value ? "true" : "false")));
}

static int on_number(void *arg, const char *p, size_t n)
{
	struct tlsrpt_json *json = arg;

	return told(json, json->events->on_value(json->arg, TLSRPT_JSON_NUMBER, (struct span){ p, n }));
}

static int on_string(void *arg, const unsigned char *p, size_t n)
{
	struct tlsrpt_json *json = arg;
	struct span text = as_utf8(json, (struct span){ (const char *)p, n });

	if (!text.p && n > 0)
		return stop(json, "no memory");
	return told(json, json->events->on_value(json->arg, TLSRPT_JSON_STRING, text));
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_start_map,
	.yajl_map_key = on_map_key,
	.yajl_end_map = on_end,
	.yajl_start_array = on_start_array,
	.yajl_end_array = on_end,
};

/* ---- the text ---- */

struct tlsrpt_json *tlsrpt_json_new(const struct tlsrpt_json_events *events, void *arg)
{
	struct tlsrpt_json *json = calloc(1, sizeof(*json));

	if (json) {
		json->events = events;
		json->arg = arg;
	}
	return json;
}

void tlsrpt_json_free(struct tlsrpt_json *json)
{
	if (!json)
		return;
	if (json->yajl)
		yajl_free(json->yajl);
	free(json->utf8);
	free(json);
}

int tlsrpt_json_begin(struct tlsrpt_json *json)
{
	if (json->yajl)
		yajl_free(json->yajl);
	json->yajl = yajl_alloc(&callbacks, NULL, json);
	if (!json->yajl)
		return -1;
	yajl_config(json->yajl, yajl_dont_validate_strings, 1);
	yajl_config(json->yajl, yajl_allow_multiple_values, 1);
	json->depth = 0;
	json->failed = false;
	json->why[0] = '\0';
	json->line = 1;
	json->column = 0;
	json->octets = 0;
	json->bom = 0;
	json->in_string = json->has_high = json->is_mended = false;
	json->place = PLACE_PLAIN;
	json->token = 0;
	json->used = 0;
	return 0;
}

/* Go on to behind the first @n octets of what yajl has been given. */
static void advance(struct tlsrpt_json *json, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n') {
			json->line++;
			json->column = 0;
		} else {
			json->column += ((unsigned char)p[i] & 0xc0) != 0x80; /* characters, not octets */
		}
	}
}

static int fail_at(struct tlsrpt_json *json, const char *why, struct error *error)
{
	return error_set(error, "%s, line %llu column %llu", why, (unsigned long long)json->line,
			 (unsigned long long)json->column);
}

/* yajl's words are "parse error: trailing garbage\n". */
static int fail_syntax(struct tlsrpt_json *json, struct error *error)
{
	unsigned char *said = yajl_get_error(json->yajl, 0, NULL, 0);
	const char *colon = said ? strchr((const char *)said, ':') : NULL;
	char words[100];

	snprintf(words, sizeof(words), "%s", colon ? colon + 2 : "malformed");
	words[strcspn(words, "\n")] = '\0';
	yajl_free_error(json->yajl, said);
	fail_at(json, "not JSON", error);
	strncat(error->text, ": ", sizeof(error->text) - strlen(error->text) - 1);
	strncat(error->text, words, sizeof(error->text) - strlen(error->text) - 1);
	return -1;
}

static int judge(struct tlsrpt_json *json, yajl_status status, struct error *error)
{
	if (status == yajl_status_ok)
		return 0;
	if (!json->failed)
		return fail_syntax(json, error);
	return json->why[0] ? fail_at(json, json->why, error) : -1;
}

static int flush(struct tlsrpt_json *json, struct error *error)
{
	yajl_status status;

	if (json->used == 0)
		return 0;
	status = yajl_parse(json->yajl, (const unsigned char *)json->batch, json->used);
	advance(json, json->batch, status == yajl_status_ok ? json->used : yajl_get_bytes_consumed(json->yajl));
	json->used = 0;
	return judge(json, status, error);
}

static void put(struct tlsrpt_json *json, const char *p, size_t n)
{
	memcpy(json->batch + json->used, p, n);
	json->used += n;
}

/* The escape that ends @behind octets before the end of the batch stands for half a character. So that it is known
 * which string it was, yajl is given all up to it, and no more: once a string, for it begins that anew each time. */
static int mend_surrogate(struct tlsrpt_json *json, size_t behind, struct error *error)
{
	char rest[ESCAPE];

	memcpy(json->batch + json->used - behind - 4, "fffd", 4);
	if (json->is_mended && json->used < BATCH)
		return 0;
	json->is_mended = true;
	memcpy(rest, json->batch + json->used - behind, behind);
	json->used -= behind;
	if (flush(json, error) < 0)
		return -1;
	json->events->on_mended(json->arg, TLSRPT_JSON_SURROGATE);
	put(json, rest, behind);
	return 0;
}

static bool is_high(unsigned value)
{
	return value >= 0xd800 && value <= 0xdbff;
}

static bool is_low(unsigned value)
{
	return value >= 0xdc00 && value <= 0xdfff;
}

/* The four digits of an escape are there. */
static int take_escape(struct tlsrpt_json *json, struct error *error)
{
	bool pairs = json->has_high && is_low(json->value), had_high = json->has_high;

	json->place = PLACE_PLAIN;
	json->has_high = is_high(json->value);
	if (had_high && !pairs && mend_surrogate(json, ESCAPE, error) < 0)
		return -1;
	return is_low(json->value) && !pairs ? mend_surrogate(json, 0, error) : 0;
}

/* A half that something else follows, which is @behind octets in the batch. */
static int end_high(struct tlsrpt_json *json, size_t behind, struct error *error)
{
	if (!json->has_high)
		return 0;
	json->has_high = false;
	return mend_surrogate(json, behind, error);
}

static unsigned digit_of(char c)
{
	return ascii_is_digit(c) ? (unsigned)(c - '0') : (unsigned)(ascii_lower(c) - 'a') + 10;
}

static bool is_hex(char c)
{
	return ascii_is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

/* An octet inside a string, which has been put into the batch. */
static int take_in_string(struct tlsrpt_json *json, char c, struct error *error)
{
	switch (json->place) {
	case PLACE_BACKSLASH:
		json->place = c == 'u' ? PLACE_HEX : PLACE_PLAIN;
		json->digits = json->value = 0;
		return c == 'u' ? 0 : end_high(json, 2, error);
	case PLACE_HEX:
		if (!is_hex(c)) { /* yajl will say so */
			json->place = PLACE_PLAIN;
			json->has_high = false;
			return 0;
		}
		json->value = json->value << 4 | digit_of(c);
		return ++json->digits == 4 ? take_escape(json, error) : 0;
	case PLACE_PLAIN:
		break;
	}
	if (c == '\\') {
		json->place = PLACE_BACKSLASH;
		return 0;
	}
	json->in_string = c != '"';
	return end_high(json, 1, error);
}

static bool is_between_tokens(char c)
{
	return ascii_is_space(c) || c == ',' || c == ':' || c == '[' || c == ']' || c == '{' || c == '}';
}

static int take(struct tlsrpt_json *json, char c, struct error *error)
{
	put(json, &c, 1);
	json->token = json->in_string || !is_between_tokens(c) ? json->token + 1 : 0;
	if (json->token > TLSRPT_JSON_TOKEN_MAX)
		return error_set(error, "over %d octets in one %s", TLSRPT_JSON_TOKEN_MAX,
				 json->in_string ? "string" : "number");
	if (json->in_string)
		return take_in_string(json, c, error);
	if (c == '"') {
		json->in_string = true;
		json->is_mended = false;
		json->token = 0;
	}
	return 0;
}

/* Byte order marks stand at the beginning, and between files that were put one behind the other: JSON has such an octet
 * nowhere but in strings. Half a mark is given to yajl, which says that it is none. */
static bool is_mark(struct tlsrpt_json *json, char c)
{
	if (json->in_string)
		return false;
	if ((unsigned char)c == bom_octets[json->bom]) {
		json->bom = (json->bom + 1) % sizeof(bom_octets);
		return true;
	}
	put(json, (const char *)bom_octets, json->bom);
	json->bom = 0;
	return false;
}

int tlsrpt_json_feed(struct tlsrpt_json *json, struct span octets, struct error *error)
{
	for (; octets.n > 0; octets = span_skip(octets, 1)) {
		char c = octets.p[0];

		if (++json->octets > TLSRPT_JSON_TEXT_MAX)
			return error_set(error, "over %d octets", TLSRPT_JSON_TEXT_MAX);
		if (is_mark(json, c))
			continue;
		if (take(json, c, error) < 0)
			return -1;
		if (json->used >= BATCH && json->place == PLACE_PLAIN && !json->has_high && flush(json, error) < 0)
			return -1;
	}
	return 0;
}

int tlsrpt_json_end(struct tlsrpt_json *json, struct error *error)
{
	put(json, (const char *)bom_octets, json->bom);
	if (flush(json, error) < 0)
		return -1;
	return judge(json, yajl_complete_parse(json->yajl), error);
}

const char *tlsrpt_json_library_version(void)
{
	static char text[VERSION_TEXT];
	int version = yajl_version(); /* 20100 is 2.1.0 */

	snprintf(text, sizeof(text), "%d.%d.%d", version / 10000, version / 100 % 100, version % 100);
	return text;
}
