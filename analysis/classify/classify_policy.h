/* analysis/classify/classify_policy.h - the way to the policy, one stage after the other (RFC 8461 3.3).
 *
 * Each stage adds its findings to the judgement and tells how a sender fares.
 */
#ifndef STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_POLICY_H
#define STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_POLICY_H

#include "analysis/classify/classify.h"

enum stage_result {
	STAGE_PASSED,
	STAGE_BROKEN, /* a sender gets no further */
	STAGE_HIDDEN, /* we could not find out whether it would */
};

/* Walk dns, tcp, tls, http, syntax for a domain with a valid STS record. @broken is the stage where it ended, or
 * COMPONENT_OK. */
enum stage_result classify_policy(const struct observation *observation, struct classification *result,
				  enum component *broken);

#endif
