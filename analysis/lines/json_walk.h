/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/lines/json_walk.h - over a line of JSON that domain_json.h wrote: no more of JSON than that has. What is cut
 * or broken ends the walk, and is never read behind.
 */
#ifndef STSURVEY_ANALYSIS_LINES_JSON_WALK_H
#define STSURVEY_ANALYSIS_LINES_JSON_WALK_H

#include <stdbool.h>

#include "parsers/span.h"

/* The next member of an object; @rest begins as the object. */
bool json_walk_member(struct span *rest, struct span *key, struct span *value);

/* The next element of an array; @rest begins as the array. */
bool json_walk_element(struct span *rest, struct span *value);

/* The same without a look ahead: the value is left in front, for who reads on. False at the end, which is passed. */
bool json_walk_key(struct span *rest, struct span *key);
bool json_walk_next(struct span *rest);

/* The value in front, which is passed; empty where there is none. */
struct span json_walk_take(struct span *rest);

#endif
