/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/classify/classify_delivery.h - DANE and MTA-STS together: what becomes of the mail.
 *
 * A failing DANE is never overridden by a passing MTA-STS (RFC 8461 2); where DANE passes and an enforced policy fails,
 * senders part (DELIVERY_DANE_OK_STS_FAILS). Policies in mode testing and none change nothing. An MX that could not be
 * found out is passed over, as a sender does with one that it does not reach: mail goes to the next that takes it.
 */
#ifndef STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_DELIVERY_H
#define STSURVEY_ANALYSIS_CLASSIFY_CLASSIFY_DELIVERY_H

#include "analysis/classify/classify.h"

/* After everything else is judged: each MX's delivery and what a report says of it, and the domain's. */
void classify_delivery(const struct observation *observation, struct classification *result);

#endif
