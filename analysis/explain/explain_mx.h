/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/explain/explain_mx.h - the MX hosts of a domain, where they were probed, told to a person. */
#ifndef STSURVEY_ANALYSIS_EXPLAIN_EXPLAIN_MX_H
#define STSURVEY_ANALYSIS_EXPLAIN_EXPLAIN_MX_H

#include "analysis/explain/paper.h"

/* Each host: addresses, what each shows, DANE, what reports and bounces say of it. */
void explain_mx_hosts(const struct paper *paper, const struct observation *observation,
		      const struct classification *result);

/* What becomes of the mail; nothing where nobody looked. */
void explain_delivery(const struct paper *paper, const struct classification *result);

#endif
