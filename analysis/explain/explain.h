/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/explain/explain.h - one domain told to a person: what was asked and answered, what is wrong, what to do. */
#ifndef STSURVEY_ANALYSIS_EXPLAIN_EXPLAIN_H
#define STSURVEY_ANALYSIS_EXPLAIN_EXPLAIN_H

#include <stdio.h>

#include "analysis/classify/classify.h"
#include "analysis/explain/senders_text.h"

enum {
	EXPLAIN_LIST_MAX = 20,  /* MX, addresses, names, patterns shown of each; the rest is counted */
	EXPLAIN_TEXT_MAX = 200, /* octets shown of one text from the network */
};

struct explain_style {
	bool colour;         /* mark severities with ANSI colours */
	unsigned width;      /* columns: lines are broken between words; 0: they are not */
	uint16_t https_port; /* that policy hosts were asked on */
	struct senders_what_if what_if;
};

/* Write to @out; failures stick there. Our own words are ASCII; what a stranger wrote is shown as text_show
 * does, so that no domain can control the reader's terminal. False: no memory. */
bool explain_domain(FILE *out, const struct observation *observation, const struct classification *result,
		    const struct explain_style *style);

#endif
