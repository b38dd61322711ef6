/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/senders/sender_cache.h - how long a sender goes on with a policy that it has, when something changes. */
#ifndef STSURVEY_ANALYSIS_SENDERS_SENDER_CACHE_H
#define STSURVEY_ANALYSIS_SENDERS_SENDER_CACHE_H

#include "analysis/senders/sender_judge.h"

/* What is not there any more, while all else stays. */
enum sender_gone {
	SENDER_GONE_NOTHING,
	SENDER_GONE_POLICY, /* the policy host does not answer; the record stays as it was */
	SENDER_GONE_RECORD
};

enum sender_until_kind {
	SENDER_UNTIL_NOT_ENFORCED, /* there is no enforced policy to go on with */
	SENDER_UNTIL_NEXT_MAIL,
	SENDER_UNTIL_WITHIN, /* so many seconds, if the policy was fetched the moment before; else less */
	SENDER_UNTIL_STAYS,  /* as long as what is left stays */
	SENDER_UNTIL_UNKNOWN
};

struct sender_until {
	enum sender_until_kind kind;
	uint64_t seconds;
};

/* How long is the policy enforced on? */
struct sender_until sender_if_gone(const struct sender_result *result, enum sender_gone gone);

/* How long is the policy enforced after there is another, with another id? */
struct sender_until sender_if_renewed(const struct sender_result *result);

/* Would the policy that the sender enforces have it refuse an MX of this name? No, too, where it enforces none. */
enum sender_answer sender_if_mx(const struct sender_result *result, const struct observation *observation,
				struct span mx);

#endif
