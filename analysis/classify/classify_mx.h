/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/classify/classify_mx.h - the MX against the policy's patterns (RFC 8461 4.1). */
#ifndef STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_MX_H
#define STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_MX_H

#include "analysis/classify/classify.h"

/* What MX alone tell: finding 712, and beside an STS record, which is judged, 709 and 710; and what their hosts do,
 * where they are joined. */
void classify_mx_facts(const struct observation *observation, struct classification *result);

/* Compare MX with result->policy, which is usable: findings 701 to 708, mx_compared, mx_kind, mx_matching. */
void classify_mx_match(const struct obs_mx *mx, struct classification *result);

#endif
