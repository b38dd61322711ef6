/* output/json.h - a JSON document (RFC 8259) for people and programs: one member a line, indented.
 *
 * Writes into an output/text.h; commas and indentation are kept here. Members of an object have a key,
 * elements of an array have NULL there.
 */
#ifndef STSURVEY_OUTPUT_JSON_H
#define STSURVEY_OUTPUT_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "output/text.h"
#include "parsers/span.h"

struct json {
	struct text *out;
	unsigned depth;
	bool has_member; /* at this depth: the next one needs a comma */
};

void json_begin(struct json *json, struct text *out); /* the outermost object */
void json_end(struct json *json);

void json_open_object(struct json *json, const char *key);
void json_close_object(struct json *json);
void json_open_array(struct json *json, const char *key);
void json_close_array(struct json *json);

void json_string(struct json *json, const char *key, struct span value); /* octets that are no UTF-8 become Latin-1 */
void json_text(struct json *json, const char *key, const char *value);   /* NULL: null */
void json_uint(struct json *json, const char *key, uint64_t value);
void json_number(struct json *json, const char *key, double value); /* not finite: null */
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
void json_time(struct json *json, const char *key, int64_t ms_since_1970);

#endif
