/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/classify/classify_mxtls.h - STARTTLS and certificates of a domain's MX, from the hosts joined to it. */
#ifndef STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_MXTLS_H
#define STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_MXTLS_H

#include "analysis/classify/classify.h"

/* Judge each MX by itself and add what is found to the judgement; the record must be judged by then, the policy need
 * not. */
void classify_mxtls(const struct observation *observation, struct classification *result);

#endif
