/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/lines/domain_avro.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/lines/json_walk.h"
#include "output/json.h"

enum {
	BRANCH_NULL = 0, /* of each union */
	BRANCH_VALUE = 1,
	NUMBER_SIZE = 64, /* octets of a number of ours as text, with NUL */
};

/* ---- the schema ---- */

static void put_type(struct json *json, const char *key, uint16_t member, const struct domain_choice *choice,
		     const char *path);

static void put_record(struct json *json, uint16_t member, const struct domain_choice *choice, const char *path)
{
	const struct domain_member *of = &domain_members[member];
	char below[DOMAIN_MEMBER_PATH];

	json_word(json, "type", "record");
	json_word(json, "name", member == 0 ? "domain" : path);
	json_open_array(json, "fields");
	for (uint16_t i = of->child; i < of->child + of->children; i++) {
		if (choice->member[i] == CHOSEN_NOT)
			continue;
		snprintf(below, sizeof(below), "%s%s%s", path, path[0] ? "_" : "", domain_members[i].name.p);
		json_open_object(json, NULL);
		json_string(json, "name", domain_members[i].name);
		put_type(json, "type", i, choice, below);
		json_null(json, "default");
		json_close_object(json);
	}
	json_close_array(json);
}

/* A union with null. */
static void put_type(struct json *json, const char *key, uint16_t member, const struct domain_choice *choice,
		     const char *path)
{
	static const char *const plain[] = {
		[MEMBER_TEXT] = "string", [MEMBER_WHOLE] = "long", [MEMBER_NUMBER] = "double", [MEMBER_FLAG] = "boolean"
	};
	const struct domain_member *of = &domain_members[member];

	json_open_array(json, key);
	json_word(json, NULL, "null");
	switch (of->kind) {
	case MEMBER_OBJECT:
		json_open_object(json, NULL);
		put_record(json, member, choice, path);
		json_close_object(json);
		break;
	case MEMBER_ARRAY:
		json_open_object(json, NULL);
		json_word(json, "type", "array");
		put_type(json, "items", of->child, choice, path);
		json_close_object(json);
		break;
	case MEMBER_MAP:
		json_open_object(json, NULL);
		json_word(json, "type", "map");
		json_open_array(json, "values");
		json_word(json, NULL, "null");
		json_word(json, NULL, "string");
		json_close_array(json);
		json_close_object(json);
		break;
	default:
		json_word(json, NULL, plain[of->kind]);
		break;
	}
	json_close_array(json);
}

void domain_avro_schema(struct text *out, const struct domain_choice *choice)
{
	struct json json;

	json_begin_line(&json, out);
	put_record(&json, 0, choice, "");
	json_end(&json);
}

/* ---- the datum ---- */

/* Zigzag and base 128, the low end first. */
static void put_long(struct text *out, int64_t value)
{
	uint64_t rest = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);

	for (; rest >= 0x80; rest >>= 7)
		text_char(out, (char)(rest | 0x80));
	text_char(out, (char)rest);
}

static uint32_t hex_of(struct span s)
{
	uint32_t value = 0;

	for (size_t i = 0; i < s.n && i < 4; i++)
		value = value << 4 | (uint32_t)(ascii_is_digit(s.p[i]) ? s.p[i] - '0' : ascii_lower(s.p[i]) - 'a' + 10);
	return value;
}

/* The character of the escape that @s begins with, and its octets in @length. */
static uint32_t escaped(struct span s, size_t *length)
{
	static const char letter[] = "btnfr", meaning[] = "\b\t\n\f\r";
	const char *found = s.n > 1 && s.p[1] ? strchr(letter, s.p[1]) : NULL;
	uint32_t high, low;

	*length = s.n < 2 ? s.n : 2;
	if (found)
		return (uint32_t)meaning[found - letter];
	if (s.n < 6 || s.p[1] != 'u')
		return (unsigned char)s.p[*length - 1];
	*length = 6;
	high = hex_of(span_skip(s, 2));
	if (high < 0xd800 || high > 0xdbff || s.n < 12)
		return high;
	*length = 12;
	low = hex_of(span_skip(s, 8));
	return 0x10000 + ((high - 0xd800) << 10) + (low & 0x3ff);
}

/* As UTF-8 in @out; its octets. */
static size_t to_utf8(uint32_t c, char out[static 4])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (n == 1) {
		out[0] = (char)c;
		return 1;
	}
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)((0xf0 << (4 - n) & 0xff) | c);
	return n;
}

/* The octets that @inside, the inside of a string, stands for: counted, and written where @out is not NULL. */
static size_t unescape(struct text *out, struct span inside)
{
	size_t count = 0, length;
	char utf8[4];

	while (inside.n > 0) {
		const char *slash = memchr(inside.p, '\\', inside.n);
		struct span plain = { inside.p, slash ? (size_t)(slash - inside.p) : inside.n };

		if (out)
			text_put(out, plain);
		count += plain.n;
		inside = span_skip(inside, plain.n);
		if (inside.n == 0)
			break;
		length = to_utf8(escaped(inside, &plain.n), utf8);
		if (out)
			text_put(out, (struct span){ utf8, length });
		count += length;
		inside = span_skip(inside, plain.n);
	}
	return count;
}

static void put_text(struct text *out, struct span inside)
{
	if (!memchr(inside.p, '\\', inside.n)) {
		put_long(out, (int64_t)inside.n);
		text_put(out, inside);
		return;
	}
	put_long(out, (int64_t)unescape(NULL, inside));
	unescape(out, inside);
}

/* False: it is no number that a double or a long can be. */
static bool read_number(struct span value, double *number)
{
	char text[NUMBER_SIZE], *end;

	if (value.n == 0 || value.n >= sizeof(text))
		return false;
	memcpy(text, value.p, value.n);
	text[value.n] = '\0';
	*number = strtod(text, &end);
	return *end == '\0' && isfinite(*number);
}

static bool read_whole(struct span value, int64_t *whole)
{
	struct span digits = value.n > 0 && value.p[0] == '-' ? span_skip(value, 1) : value;
	uint64_t magnitude;
	double number;

	if (span_decimal(digits, INT64_MAX, &magnitude)) {
		*whole = digits.n < value.n ? -(int64_t)magnitude : (int64_t)magnitude;
		return true;
	}
	if (!read_number(value, &number) || fabs(number) >= 9.2e18) /* 2^63 is a little more */
		return false;
	*whole = (int64_t)number;
	return true;
}

static void put_double(struct text *out, double number)
{
	uint64_t bits;

	memcpy(&bits, &number, sizeof(bits));
	for (int i = 0; i < 8; i++)
		text_char(out, (char)(bits >> 8 * i));
}

static void put_value(struct text *out, struct span *rest, uint16_t member, const struct domain_choice *choice);

/* For the members from @from on, before @to, that are absent. */
static void put_nulls(struct text *out, uint16_t from, uint16_t to, const struct domain_choice *choice)
{
	for (; from < to; from++)
		if (choice->member[from] != CHOSEN_NOT)
			text_char(out, BRANCH_NULL);
}

/* Whatever order the members stand in: each is looked for. */
static void put_unordered(struct text *out, struct span *rest, uint16_t parent, const struct domain_choice *choice)
{
	const struct domain_member *of = &domain_members[parent];
	struct span found[DOMAIN_CHILDREN_MAX] = { 0 }, key;

	while (json_walk_key(rest, &key)) {
		uint16_t member = domain_member_find(parent, key, 0);
		struct span value = json_walk_take(rest);

		if (member != 0 && member < of->child + DOMAIN_CHILDREN_MAX)
			found[member - of->child] = value;
	}
	for (uint16_t i = 0; i < of->children && i < DOMAIN_CHILDREN_MAX; i++)
		if (choice->member[of->child + i] != CHOSEN_NOT)
			put_value(out, &found[i], (uint16_t)(of->child + i), choice);
}

/* They stand in the order of the schema, as a rule. */
static void put_members(struct text *out, struct span *rest, uint16_t parent, const struct domain_choice *choice)
{
	const struct domain_member *of = &domain_members[parent];
	uint16_t next = of->child, end = (uint16_t)(of->child + of->children);
	struct span begin = *rest, key;
	size_t from = out->used;

	while (json_walk_key(rest, &key)) {
		uint16_t member = domain_member_find(parent, key, (uint16_t)(next - of->child));

		if (member == 0 || choice->member[member] == CHOSEN_NOT) {
			json_walk_take(rest);
			continue;
		}
		if (member < next) { /* a text in memory keeps all of itself */
			out->used = from;
			*rest = begin;
			put_unordered(out, rest, parent, choice);
			return;
		}
		put_nulls(out, next, member, choice);
		put_value(out, rest, member, choice);
		next = (uint16_t)(member + 1);
	}
	put_nulls(out, next, end, choice);
}

/* Blocks of one, since who reads on from the front does not know how many there are; then an empty one. */
static void put_elements(struct text *out, struct span *rest, uint16_t element, const struct domain_choice *choice)
{
	while (json_walk_next(rest)) {
		size_t left = rest->n;

		put_long(out, 1);
		put_value(out, rest, element, choice);
		if (rest->n == left) /* broken */
			break;
	}
	put_long(out, 0);
}

static struct span inside_of(struct span string)
{
	return (struct span){ string.p + 1, string.n - 2 };
}

static bool is_string(struct span value)
{
	return value.n >= 2 && value.p[0] == '"';
}

static void put_map(struct text *out, struct span *rest)
{
	struct span key;

	while (json_walk_key(rest, &key)) {
		struct span value = json_walk_take(rest);

		put_long(out, 1);
		put_text(out, key);
		put_long(out, is_string(value) ? BRANCH_VALUE : BRANCH_NULL);
		if (is_string(value))
			put_text(out, inside_of(value));
	}
	put_long(out, 0);
}

static void put_scalar(struct text *out, struct span value, enum domain_member_kind kind)
{
	int64_t whole = 0;
	double number = 0;
	bool is[] = {
		[MEMBER_TEXT] = is_string(value),
		[MEMBER_WHOLE] = kind == MEMBER_WHOLE && read_whole(value, &whole),
		[MEMBER_NUMBER] = kind == MEMBER_NUMBER && read_number(value, &number),
		[MEMBER_FLAG] = value.n > 0 && (value.p[0] == 't' || value.p[0] == 'f'),
	};

	put_long(out, is[kind] ? BRANCH_VALUE : BRANCH_NULL);
	if (!is[kind])
		return;
	if (kind == MEMBER_TEXT)
		put_text(out, inside_of(value));
	else if (kind == MEMBER_WHOLE)
		put_long(out, whole);
	else if (kind == MEMBER_NUMBER)
		put_double(out, number);
	else
		text_char(out, value.p[0] == 't');
}

/* The value in front of @rest, which is passed. What is not of the kind that the schema says is null. */
static void put_value(struct text *out, struct span *rest, uint16_t member, const struct domain_choice *choice)
{
	static const char bracket[] = { [MEMBER_OBJECT] = '{', [MEMBER_ARRAY] = '[', [MEMBER_MAP] = '{' };
	const struct domain_member *of = &domain_members[member];

	if (of->kind > MEMBER_MAP) {
		put_scalar(out, json_walk_take(rest), of->kind);
		return;
	}
	if (rest->n == 0 || rest->p[0] != bracket[of->kind]) {
		put_long(out, BRANCH_NULL);
		json_walk_take(rest);
		return;
	}
	put_long(out, BRANCH_VALUE);
	if (of->kind == MEMBER_OBJECT)
		put_members(out, rest, member, choice);
	else if (of->kind == MEMBER_ARRAY)
		put_elements(out, rest, of->child, choice);
	else
		put_map(out, rest);
}

void domain_avro_write(struct text *out, struct span line, const struct domain_choice *choice)
{
	put_members(out, &line, 0, choice);
}
