/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/senders/sender_punycode.h - a name in Unicode as DNS has it (RFC 3492, RFC 5891 4.4), without any
 * check of what letters it has.
 */
#ifndef STSURVEY_ANALYSIS_SENDERS_SENDER_PUNYCODE_H
#define STSURVEY_ANALYSIS_SENDERS_SENDER_PUNYCODE_H

#include "parsers/span.h"

enum { SENDER_NAME_MAX = 255 };

/* @name in small letters and A-labels, into @text; *@length octets. False: it is no UTF-8, or longer than a name may
 * be. */
bool sender_name_to_ascii(struct span name, char text[static SENDER_NAME_MAX], size_t *length);

#endif
