/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/fleet/json_read.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "parsers/utf8.h"
#include "scanner/bus/bus_json.h"

/* The tree is yajl's; nobody else is to know. */
static yajl_val of(const struct json_object *object)
{
	return (yajl_val)(uintptr_t)object;
}

void json_read_refuse(struct json_read *read, const char *format, ...)
{
	va_list arguments;

	if (read->failed)
		return;
	read->failed = true;
	va_start(arguments, format);
	error_set_list(read->error, format, arguments);
	va_end(arguments);
	error_prefix(read->error, "%s", read->what);
}

void json_read_begin(struct json_read *read, struct span json, const char *what, struct error *error)
{
	struct error why;

	*read = (struct json_read){ .what = what, .error = error };
	if (json.n > JSON_READ_OCTETS)
		json_read_refuse(read, "has more than %d octets", JSON_READ_OCTETS);
	else if (!(read->outermost = (struct json_object *)bus_json_read(json, &why)))
		json_read_refuse(read, "%s", why.text);
}

int json_read_end(struct json_read *read)
{
	json_read_free(read->outermost);
	read->outermost = NULL;
	return read->failed ? -1 : 0;
}

struct json_object *json_read_keep(struct json_read *read)
{
	struct json_object *kept = read->outermost;

	if (!read->failed)
		return kept;
	json_read_free(kept);
	read->outermost = NULL;
	return NULL;
}

void json_read_free(struct json_object *outermost)
{
	yajl_tree_free(of(outermost));
}

/* NULL: it is not there, or the read has failed. */
static yajl_val find(struct json_read *read, const struct json_object *object, const char *name)
{
	yajl_val at = of(object), found = NULL;

	if (read->failed || !at)
		return NULL;
	for (size_t i = 0; i < at->u.object.len; i++) {
		if (strcmp(at->u.object.keys[i], name) != 0)
			continue;
		if (found) {
			json_read_refuse(read, "'%s' is there twice", name);
			return NULL;
		}
		found = at->u.object.values[i];
	}
	return found;
}

/* NULL with the error: it is missing, or not of that type. */
static yajl_val need(struct json_read *read, const struct json_object *object, const char *name, yajl_type type,
		     const char *type_name)
{
	yajl_val found = find(read, object, name);

	if (!found)
		json_read_refuse(read, "'%s' is missing", name);
	else if (type != yajl_t_any && found->type != type)
		json_read_refuse(read, "'%s' is not %s", name, type_name);
	return read->failed ? NULL : found;
}

/* Latin-1 characters, which stand there as UTF-8, become octets in the same place. */
static bool unfold(char *text)
{
	struct span rest = span_of(text);

	while (rest.n > 0) {
		size_t n;
		uint32_t c = utf8_character(rest, &n);

		if (c > 0xff)
			return false;
		*text++ = (char)c;
		rest = span_skip(rest, n);
	}
	*text = '\0';
	return true;
}

struct span json_read_text(struct json_read *read, const struct json_object *object, const char *name)
{
	static const struct span none = { "", 0 };
	yajl_val found = need(read, object, name, yajl_t_string, "a text"), encoding;

	if (!found)
		return none;
	encoding = find(read, object, "encoding");
	if (encoding && YAJL_IS_STRING(encoding) && strcmp(encoding->u.string, "latin-1") == 0 && encoding != found &&
	    !unfold(found->u.string)) {
		json_read_refuse(read, "'%s' is not the Latin-1 that it is said to be", name);
		return none;
	}
	return read->failed ? none : span_of(found->u.string);
}

/* By its text: yajl's numbers are signed, and those of others often of 53 bits. */
uint64_t json_read_uint(struct json_read *read, const struct json_object *object, const char *name, uint64_t most)
{
	yajl_val found = need(read, object, name, yajl_t_number, "a number");
	const char *text;
	char *end;
	uint64_t value;

	if (!found)
		return 0;
	text = found->u.number.r;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (text[0] == '-' || *end || errno != 0 || value > most) {
		json_read_refuse(read, "'%s' is no whole number from 0 to %llu", name, (unsigned long long)most);
		return 0;
	}
	return value;
}

int64_t json_read_int(struct json_read *read, const struct json_object *object, const char *name)
{
	yajl_val found = need(read, object, name, yajl_t_number, "a number");

	if (!found)
		return 0;
	if (!YAJL_IS_INTEGER(found)) {
		json_read_refuse(read, "'%s' is no whole number of 64 bits", name);
		return 0;
	}
	return found->u.number.i;
}

double json_read_number(struct json_read *read, const struct json_object *object, const char *name)
{
	yajl_val found = need(read, object, name, yajl_t_number, "a number");

	if (!found)
		return 0;
	if (!YAJL_IS_DOUBLE(found) || !isfinite(found->u.number.d)) {
		json_read_refuse(read, "'%s' is beyond all numbers", name);
		return 0;
	}
	return found->u.number.d;
}

size_t json_read_array(struct json_read *read, const struct json_object *object, const char *name, size_t most)
{
	yajl_val found = need(read, object, name, yajl_t_array, "an array");

	if (!found)
		return 0;
	if (found->u.array.len > most) {
		json_read_refuse(read, "'%s' has more than %zu elements", name, most);
		return 0;
	}
	for (size_t i = 0; i < found->u.array.len; i++) {
		if (!YAJL_IS_OBJECT(found->u.array.values[i])) {
			json_read_refuse(read, "'%s' has an element that is no object", name);
			return 0;
		}
	}
	return found->u.array.len;
}

const struct json_object *json_read_element(struct json_read *read, const struct json_object *object, const char *name,
					    size_t i)
{
	yajl_val found = find(read, object, name);

	if (!found || !YAJL_IS_ARRAY(found) || i >= found->u.array.len || !YAJL_IS_OBJECT(found->u.array.values[i]))
		return NULL;
	return (const struct json_object *)found->u.array.values[i];
}
