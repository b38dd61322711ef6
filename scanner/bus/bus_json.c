/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/bus/bus_json.h"

#include <stdlib.h>
#include <string.h>

enum { SAID_MAX = 200 }; /* octets of yajl's words */

/* What is wrong with it before yajl sees it; NULL: nothing. A comment could hide quotes from us: no slash either. */
static const char *look(struct span json)
{
	static const char nul[] = "u0000";
	bool in_string = false;
	size_t depth = 0, values = 0;

	for (size_t i = 0; i < json.n; i++) {
		char c = json.p[i];

		if (c == '\0')
			return "has an octet 0 in it";
		if (c == '"') {
			in_string = !in_string;
		} else if (in_string && c == '\\') {
			if (span_starts_with(span_skip(json, i + 1), span_of(nul)))
				return "has a character 0 in it";
			i++;
		} else if (!in_string && c == '/') {
			return "has a comment in it";
		} else if (!in_string && (c == '[' || c == '{')) {
			if (++depth > BUS_JSON_DEPTH)
				return "is nested too deeply";
		} else if (!in_string && (c == ']' || c == '}') && depth > 0) {
			depth--;
		} else if (!in_string && c == ',' && ++values >= BUS_JSON_VALUES) {
			return "has too many values";
		}
	}
	return NULL;
}

yajl_val bus_json_read(struct span text, struct error *why)
{
	const char *wrong = look(text);
	char said[SAID_MAX] = "", *copy;
	yajl_val root = NULL;

	if (wrong) {
		error_set(why, "%s", wrong);
		return NULL;
	}
	copy = strndup(text.p ? text.p : "", text.n);
	if (copy)
		root = yajl_tree_parse(copy, said, sizeof(said));
	if (!root)
		error_set(why, "is no JSON (%.*s)", (int)span_find(span_of(said), 0, '\n'), copy ? said : "no memory");
	free(copy);
	if (!root || YAJL_IS_OBJECT(root))
		return root;
	error_set(why, "is no object of JSON");
	yajl_tree_free(root);
	return NULL;
}

static yajl_val find(yajl_val root, const char *object, const char *key, yajl_type type)
{
	const char *path[] = { object ? object : key, object ? key : NULL, NULL };

	return root ? yajl_tree_get(root, path, type) : NULL;
}

uint64_t bus_json_number(yajl_val root, const char *object, const char *key)
{
	yajl_val value = find(root, object, key, yajl_t_number);

	return value && YAJL_IS_INTEGER(value) && YAJL_GET_INTEGER(value) > 0 ? (uint64_t)YAJL_GET_INTEGER(value) : 0;
}

const char *bus_json_text(yajl_val root, const char *object, const char *key)
{
	yajl_val value = find(root, object, key, yajl_t_string);

	return value ? YAJL_GET_STRING(value) : "";
}

bool bus_json_true(yajl_val root, const char *key)
{
	return find(root, NULL, key, yajl_t_true);
}

bool bus_json_has(yajl_val root, const char *key)
{
	return find(root, NULL, key, yajl_t_any);
}
