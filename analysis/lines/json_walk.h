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

#endif
