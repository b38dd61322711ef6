/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/senders/sender_fetch.h - would a sender have got the body of the policy? */
#ifndef STSURVEY_ANALYSIS_SENDERS_SENDER_FETCH_H
#define STSURVEY_ANALYSIS_SENDERS_SENDER_FETCH_H

#include "analysis/senders/sender_profile.h"
#include "analysis/senders/sender_why.h"
#include "parsers/finding.h"
#include "parsers/observation.h"

/* What is the same for all. */
struct sender_fetch_facts {
	enum component stage; /* that broke, of dns, tcp and tls; unknown; or OK: HTTP may be looked at */
	bool cn_only;         /* … and would not have, but for the certificate's lack of a subjectAltName */
};

struct sender_fetch_facts sender_fetch_look(const struct observation *observation);

enum sender_answer sender_fetch(const struct sender_profile *profile, const struct observation *observation,
				const struct sender_fetch_facts *facts, struct sender_why *why);

#endif
