/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/words/sender_why_text.h"

#include <stdio.h>
#include <string.h>

void sender_why_text(const struct sender_why *why, char text[static SENDER_WHY_MAX])
{
	int n = (int)(why->text.n < SENDER_WHY_MAX ? why->text.n : SENDER_WHY_MAX);
	const char *p = n > 0 ? why->text.p : "";

	text[0] = '\0';
	switch (why->cause) {
	case SENDER_CAUSE_NOTHING:
		break;
	case SENDER_CAUSE_RECORD:
		snprintf(text, SENDER_WHY_MAX, "record: %.*s", n, p);
		break;
	case SENDER_CAUSE_LINE:
		snprintf(text, SENDER_WHY_MAX, "line %u: %.*s", why->number, n, p);
		break;
	case SENDER_CAUSE_MISSING:
		snprintf(text, SENDER_WHY_MAX, "no %.*s in the policy", n, p);
		break;
	case SENDER_CAUSE_STATUS:
		snprintf(text, SENDER_WHY_MAX, "HTTP status %u", why->number);
		break;
	case SENDER_CAUSE_CONTENT_TYPE:
		snprintf(text, SENDER_WHY_MAX, why->text.p ? "Content-Type: %.*s" : "no Content-Type%.*s", n, p);
		break;
	case SENDER_CAUSE_BODY:
		snprintf(text, SENDER_WHY_MAX, "%u octets of policy", why->number);
		break;
	case SENDER_CAUSE_TIME:
		snprintf(text, SENDER_WHY_MAX, "the policy took %u.%03u s", why->number / 1000, why->number % 1000);
		break;
	case SENDER_CAUSE_CERTIFICATE:
		snprintf(text, SENDER_WHY_MAX, "certificate with the common name alone: %.*s", n, p);
		break;
	case SENDER_CAUSE_MX:
		snprintf(text, SENDER_WHY_MAX, "MX %.*s", n, p);
		break;
	}
}
