/* SPDX-License-Identifier: BSD-2-Clause */
/* output/json.h - JSON (RFC 8259): a document, indented, or one line a document.
 *
 * Writes into an output/text.h; commas, indentation and encodings are kept here. Members of an object have a key,
 * which is a word of ours; elements of an array have NULL there.
 *
 * A string that is no UTF-8 is written as Latin-1 characters. Where a reader must be able to get the octets back,
 * json_latin1 says so for the object as a whole.
 */
#ifndef STSURVEY_OUTPUT_JSON_H
#define STSURVEY_OUTPUT_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "output/text.h"
#include "parsers/span.h"

struct json {
	struct text *out;
	bool indented;
	bool has_member;         /* at this depth: the next one needs a comma */
	unsigned depth;          /* at most 63: the schema of Avro is the deepest, 62 */
	uint64_t latin1, marked; /* a bit for each depth: strings are Latin-1; the object is to say so */
};

/* The outermost object; json_end writes the line end behind it. */
void json_begin(struct json *json, struct text *out);
void json_begin_line(struct json *json, struct text *out);
void json_end(struct json *json);

void json_open_object(struct json *json, const char *key);
void json_close_object(struct json *json);
void json_open_array(struct json *json, const char *key);
void json_close_array(struct json *json);

/* The object just begun will hold @s, octets of others, in itself or its arrays: where one of them is no UTF-8, all of
 * the object's strings are Latin-1, and "encoding":"latin-1" stands at its end. Each call adds to the one before. */
void json_latin1(struct json *json, const struct span *s, size_t count);

void json_string(struct json *json, const char *key, struct span value);       /* p NULL: null */
void json_named_string(struct json *json, struct span key, struct span value); /* the key is others', too */
void json_strings(struct json *json, const char *key, const struct span *value, size_t count);
void json_text(struct json *json, const char *key, const char *value); /* NULL: null */
void json_word(struct json *json, const char *key, const char *value); /* of ours, written as it stands; "": null */
void json_uint(struct json *json, const char *key, uint64_t value);
void json_known(struct json *json, const char *key, bool known, uint64_t value); /* null unless @known */
void json_number(struct json *json, const char *key, double value);              /* not finite: null */
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
/* null for what no calendar has: years below 0 and above 9999. */
void json_time(struct json *json, const char *key, int64_t ms_since_1970);
void json_date(struct json *json, const char *key, int64_t seconds_since_1970);
void json_hex(struct json *json, const char *key, const uint8_t *octet, size_t n);
void json_base64(struct json *json, const char *key, struct span octets); /* RFC 4648 4 */

/* A number that the caller writes into the text behind it. */
void json_key(struct json *json, const char *key);

#endif
