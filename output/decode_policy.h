/* output/decode_policy.h - the policy part of a domain record, certificates and bodies. @left: elements of
 * the array that are not yet read. */
#ifndef STSURVEY_OUTPUT_DECODE_POLICY_H
#define STSURVEY_OUTPUT_DECODE_POLICY_H

#include "output/decode_read.h"

void decode_certificate(struct decode *decode, uint32_t left);
void decode_body(struct decode *decode, uint32_t left);
void decode_policy(struct decode *decode, struct obs_policy *policy);

#endif
