/* output/record_policy.h - the policy part of a domain record, and what stands ahead of it once a frame. */
#ifndef STSURVEY_OUTPUT_RECORD_POLICY_H
#define STSURVEY_OUTPUT_RECORD_POLICY_H

#include "output/record_put.h"

/* What a domain record refers to: numbers in the frame. */
struct record_referred {
	long certificate[OBS_CHAIN_MAX];
	long body;
};

/* Does it say nothing, so that it need not be written? */
bool record_policy_is_empty(const struct obs_policy *policy);

/* Write certificates and body where the frame has them not yet; they stand ahead of the domain that refers to
 * them. */
void record_put_referred(struct record_buffer *buffer, const struct obs_policy *policy,
			 struct record_referred *referred);

void record_put_policy(struct record_buffer *buffer, const struct obs_policy *policy,
		       const struct record_referred *referred);

#endif
