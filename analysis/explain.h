/* analysis/explain.h - one domain told to a person: what was asked and answered, what is wrong, what to do. */
#ifndef STSURVEY_ANALYSIS_EXPLAIN_H
#define STSURVEY_ANALYSIS_EXPLAIN_H

#include <stdio.h>

#include "analysis/classify/classify.h"

enum {
	EXPLAIN_LIST_MAX = 20,  /* MX, addresses, names, patterns shown of each; the rest is counted */
	EXPLAIN_TEXT_MAX = 200, /* octets shown of one text from the network */
};

/* Write to @out; failures stick there. Octets of the network that are not printable ASCII are shown as \xHH, so that no
 * domain can talk to the reader's terminal. @colour: mark severities with ANSI colours. */
void explain_domain(FILE *out, const struct observation *observation, const struct classification *result, bool colour);

#endif
