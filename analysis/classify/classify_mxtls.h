/* analysis/classify/classify_mxtls.h - STARTTLS and certificates of a domain's MX, from the hosts joined to it. */
#ifndef STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_MXTLS_H
#define STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_MXTLS_H

#include "analysis/classify/classify.h"

/* Judge each MX by itself and add what is found to the judgement; the record must be judged by then, the policy need
 * not. */
void classify_mxtls(const struct observation *observation, struct classification *result);

/* How many MX keep to the usable policy, whose patterns they were compared with: listed and usable; not listed, or
 * failing; neither known. */
void classify_mxtls_kept(const struct obs_mx *mx, const struct classification *result, unsigned *ok, unsigned *fails,
			 unsigned *unknown);

#endif
