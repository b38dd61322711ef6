/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/classify/mx_kind.h - how an MX name that matches no pattern differs from the patterns.
 *
 * A guess at the cause, for statistics and advice. A kind belongs to a pair of pattern and MX; of several
 * patterns the closest kind counts, in the order of enum mx_kind.
 */
#ifndef STSURVEY_ANALYSIS_CLASSIFY_MX_KIND_H
#define STSURVEY_ANALYSIS_CLASSIFY_MX_KIND_H

#include <stdbool.h>

#include "parsers/span.h"

enum {
	MX_KIND_EDITS_MAX = 3, /* edits between two labels that still look like one misspelt */
};

/* From close to far. */
enum mx_kind {
	MX_KIND_MATCH,
	MX_KIND_STS_LABEL, /* the pattern names the policy host */
	MX_KIND_TLD,       /* only the public suffix differs */
	MX_KIND_TYPO,      /* same public suffix, and the registrable domains look alike */
	MX_KIND_LABEL,     /* same registrable domain */
	MX_KIND_DOMAIN,    /* another registrable domain */
	MX_KIND_COUNT
};

struct public_suffix_cut;

/* @pattern is cut without its leading "*."; @wildcard tells that it had one. Never MX_KIND_MATCH. */
enum mx_kind mx_kind_of_pair(const struct public_suffix_cut *pattern, bool wildcard,
			     const struct public_suffix_cut *mx);

/* "match", "tld", … as in mx_consistency.csv. */
extern const char *const mx_kind_names[MX_KIND_COUNT];

#endif
