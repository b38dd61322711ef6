/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/lines/domain_json.h - one domain as one line of JSON, as `export --format jsonl` and docs/json.md say.
 *
 * What was not asked is absent or null, never false.
 */
#ifndef STSURVEY_ANALYSIS_LINES_DOMAIN_JSON_H
#define STSURVEY_ANALYSIS_LINES_DOMAIN_JSON_H

#include "analysis/classify/classify.h"
#include "output/text.h"

/* The line, LF included. Failures stick in @out. */
void domain_json_write(struct text *out, const struct observation *observation, const struct classification *result);

#endif
