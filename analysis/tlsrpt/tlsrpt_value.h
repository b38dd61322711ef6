/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt_value.h - dates, counts, addresses and names of reports, as they are sent. */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_VALUE_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "output/address_text.h"
#include "parsers/span.h"

/* As much of it as @most octets hold, in whole characters. */
struct span tlsrpt_cut(struct span s, size_t most);

/* RFC 3339, with a space for its T, with offsets without a colon; seconds since 1970. *@note: "" or what was missing.
 * False: no date. */
bool tlsrpt_date(struct span s, int64_t *seconds, const char **note);

/* Digits alone, perhaps ".0" behind; up to @most. */
bool tlsrpt_count(struct span s, uint64_t most, uint64_t *count);

/* An IP address in its one form (RFC 5952); brackets around it go. */
bool tlsrpt_address(struct span s, char text[static ADDRESS_TEXT_MAX]);

/* Lower case, without the trailing dot, in place. */
struct span tlsrpt_fold(char *p, size_t n);

#endif
