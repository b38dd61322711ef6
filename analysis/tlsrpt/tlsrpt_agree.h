/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt_agree.h - one row of what was reported beside what was seen: do they agree, and if not, why?
 * Pure.
 */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_AGREE_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_AGREE_H

#include "analysis/tlsrpt/tlsrpt_report.h"
#include "analysis/tlsrpt/tlsrpt_seen.h"

/* What was reported. */
struct tlsrpt_row {
	enum tlsrpt_type type;
	struct span organization, domain, mx; /* mx empty: none was named */
	bool failed;
	enum result_type result; /* NONE: another, or none */
	struct tlsrpt_lines policy;
	int64_t start, end; /* seconds */
};

/* What is said of it; words as docs/tlsrpt.md has them. */
struct tlsrpt_agreement {
	const char *policy;    /* same, differs, … */
	const char *seen;      /* state of the MX, or verdict of the domain */
	const char *profile;   /* whose behaviour is predicted */
	const char *predicted; /* a result type, success, no-policy-found, unknown */
	const char *agreement; /* agrees, differs, unknown */
	const char *why;
};

/* @seen NULL: no scan has it. */
struct tlsrpt_agreement tlsrpt_agree(const struct tlsrpt_row *row, const struct tlsrpt_seen *seen);

#endif
