/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/evidence.h - what was seen of a broken domain at the stage that breaks, as half a sentence for a
 * person who did not see it. Nothing of a stranger's is shown raw, and of long things the beginning.
 */
#ifndef STSURVEY_ANALYSIS_TABLES_EVIDENCE_H
#define STSURVEY_ANALYSIS_TABLES_EVIDENCE_H

#include "analysis/classify/classify.h"
#include "output/text.h"

enum {
	EVIDENCE_LIST_MAX = 5,   /* names, addresses or records that are told; then how many there are more */
	EVIDENCE_TEXT_MAX = 200, /* octets of one of them */
};

void evidence_put(struct text *out, const struct observation *observation, const struct classification *result);

#endif
