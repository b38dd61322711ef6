/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/classify/classify_policy.h - the way to the policy, one stage after the other (RFC 8461 3.3). */
#ifndef STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_POLICY_H
#define STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_POLICY_H

#include "analysis/classify/classify.h"

/* Walk dns, tcp, tls, http, syntax for a domain with a valid STS record, and add what is found to the judgement.
 * Returns the stage beyond which a sender does not get, or COMPONENT_OK; COMPONENT_UNKNOWN: we could not find out
 * whether it does. */
enum component classify_policy(const struct observation *observation, struct classification *result);

#endif
