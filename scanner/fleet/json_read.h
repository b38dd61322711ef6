/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet/json_read.h - JSON as output/json.h writes it, read back: an object's members by their names.
 *
 * Whoever may write to the server can have written it. What is not as it should be is told by the first read that finds
 * it so; those behind it give nothing, and json_read_end returns -1. Members that nobody asks for are passed over.
 * An object whose strings are said to be Latin-1 gives the octets they were written from.
 */
#ifndef STSURVEY_SCANNER_FLEET_JSON_READ_H
#define STSURVEY_SCANNER_FLEET_JSON_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "output/error.h"
#include "parsers/span.h"

enum { JSON_READ_OCTETS = 1024 * 1024 }; /* of a whole text: what a server takes as one message without being told */

struct json_object;

struct json_read {
	struct json_object *outermost;
	const char *what; /* it is, for errors */
	struct error *error;
	bool failed;
};

/* @json is one object; @what and @error live until the end. Also where it fails, json_read_end is to follow. */
void json_read_begin(struct json_read *read, struct span json, const char *what, struct error *error);

/* Frees the tree, and all texts with it. 0, or -1 with one line in the error. */
__attribute__((warn_unused_result)) int json_read_end(struct json_read *read);

/* The same, but the tree lives on, and the texts: to be freed by json_read_free. NULL where it failed. */
struct json_object *json_read_keep(struct json_read *read);
void json_read_free(struct json_object *outermost); /* NULL: nothing to do */

/* It is not what it should be, says the reader's user. */
__attribute__((format(printf, 2, 3))) void json_read_refuse(struct json_read *read, const char *format, ...);

/* Members of @object, which is read->outermost or an element. What is missing is refused. */
struct span json_read_text(struct json_read *read, const struct json_object *object, const char *name);
uint64_t json_read_uint(struct json_read *read, const struct json_object *object, const char *name, uint64_t most);
int64_t json_read_int(struct json_read *read, const struct json_object *object, const char *name);
double json_read_number(struct json_read *read, const struct json_object *object, const char *name);

/* How many elements the array has, which are objects and at most @most. */
size_t json_read_array(struct json_read *read, const struct json_object *object, const char *name, size_t most);
/* One of them; NULL where there are not so many. */
const struct json_object *json_read_element(struct json_read *read, const struct json_object *object, const char *name,
					    size_t i);

#endif
