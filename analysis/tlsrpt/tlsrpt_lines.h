/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt_lines.h - lines of a policy as a set: two policies are the same where their lines are, folded,
 * in whatever order, however often. What reporters send is not the body they fetched but what they made of it.
 */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_LINES_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/mail_host.h"
#include "parsers/span.h"

enum { TLSRPT_LINES_MAX = 4096 }; /* lines that are compared; a policy of 64 KiB with MX has fewer */

struct tlsrpt_lines {
	bool known;    /* there is any, and not too many */
	uint64_t hash; /* the same where the sets are the same */
};

/* Of lines with a line end behind or between; white space in them and upper case say nothing. */
struct tlsrpt_lines tlsrpt_lines_of(struct span text);

/* Of TLSA records, as a report writes them: "3 1 1 0b9f…", those of all hosts given. */
struct tlsrpt_lines tlsrpt_lines_of_tlsa(const struct obs_host *const *host, size_t count);

/* The next line of a text that is not empty, without white space at its ends, is taken off it. False: there is none. */
bool tlsrpt_lines_next(struct span *text, struct span *line);

#endif
