/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/senders/sender_judge.h - what real senders do with mail to a domain, sender by sender.
 *
 * Of policy and MX names alone, as long as nothing is known of the hosts. A policy is fetched only where the record is
 * valid; where it is not, a sender that takes the record all the same has an outcome that is unknown.
 */
#ifndef STSURVEY_ANALYSIS_SENDERS_SENDER_JUDGE_H
#define STSURVEY_ANALYSIS_SENDERS_SENDER_JUDGE_H

#include "analysis/classify/classify.h"
#include "analysis/senders/sender_policy.h"
#include "analysis/senders/sender_record.h"
#include "analysis/senders/sender_why.h"

enum sender_outcome {
	SENDER_OUTCOME_NO_POLICY, /* delivered without protection */
	SENDER_OUTCOME_NONE,
	SENDER_OUTCOME_TESTING,
	SENDER_OUTCOME_DELIVERS, /* mode enforce, and some MX may have the mail */
	SENDER_OUTCOME_REFUSES,  /* mode enforce, and no MX may */
	SENDER_OUTCOME_DEFERS,   /* the record cannot be found out, and the mail waits for it */
	SENDER_OUTCOME_UNKNOWN,
	SENDER_OUTCOME_COUNT
};

extern const char *const sender_outcome_names[SENDER_OUTCOME_COUNT]; /* "no-policy", … */

/* What is known of an MX host apart from its name. */
enum sender_host {
	SENDER_HOST_NOT_ASKED, /* the name alone decides */
	SENDER_HOST_USABLE,    /* STARTTLS, and a certificate that the standard takes */
	SENDER_HOST_CN_ONLY,   /* … but for its name, which stands in the common name alone */
	SENDER_HOST_FAILS,
	SENDER_HOST_UNKNOWN
};

struct sender_mx {
	enum sender_host host;
	enum dane_state dane;
};

struct sender_result {
	const struct sender_profile *profile;
	enum sender_outcome outcome;
	bool enforced;                /* there is a policy in mode enforce */
	struct sender_number max_age; /* as read from the policy; where there is one */
	uint64_t kept_s;              /* seconds the policy is kept, once fetched; 0: there is none, or it is not */
	bool parts;                   /* from the standard; not where either is unknown, as who only matches names is */
	struct sender_why why;        /* it does so */
};

/* What was found out about the hosts, into @mx; NULL: nobody asked. */
const struct sender_mx *sender_mx_known(const struct observation *observation,
					const struct classification *classification,
					struct sender_mx mx[static OBS_MX_MAX]);

/* @mx: one a record of observation->mx, or NULL. @result: one a profile, in their order; of those that match names and
 * no more, unknown. */
void sender_judge_all(const struct observation *observation, const struct sender_mx *mx,
		      struct sender_result result[static SENDER_PROFILE_COUNT]);

/* Would this profile refuse @mx by its name, if it had this policy? */
enum sender_answer sender_mx_refused(const struct sender_policy *policy, struct span mx);

#endif
