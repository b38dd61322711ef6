/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/senders/sender_why.h - what of the facts made a sender's decision. */
#ifndef STSURVEY_ANALYSIS_SENDERS_SENDER_WHY_H
#define STSURVEY_ANALYSIS_SENDERS_SENDER_WHY_H

#include "parsers/span.h"

/* What of the input made the decision. */
enum sender_cause {
	SENDER_CAUSE_NOTHING,
	SENDER_CAUSE_RECORD,       /* text: the TXT record */
	SENDER_CAUSE_LINE,         /* number, text: a line of the policy */
	SENDER_CAUSE_STATUS,       /* number: of HTTP */
	SENDER_CAUSE_CONTENT_TYPE, /* text */
	SENDER_CAUSE_BODY,         /* number: its octets */
	SENDER_CAUSE_TIME,         /* number: milliseconds the policy took */
	SENDER_CAUSE_CERTIFICATE,  /* text: its common name */
	SENDER_CAUSE_MX,           /* text: a host's name */
	SENDER_CAUSE_MISSING,      /* text: the key that the policy lacks */
};

struct sender_why {
	enum sender_cause cause;
	unsigned number;
	struct span text;
};

#endif
