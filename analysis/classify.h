/* analysis/classify.h - observation → findings, component, verdict. Pure: no I/O, no clock. */
#ifndef STSURVEY_ANALYSIS_CLASSIFY_H
#define STSURVEY_ANALYSIS_CLASSIFY_H

#include "parsers/observation.h"
#include "parsers/sts_policy.h"
#include "parsers/sts_record.h"
#include "parsers/tlsrpt_record.h"

/* How one MX stands to the patterns, for mx_consistency.csv. */
enum mx_kind { MX_KIND_MATCH, MX_KIND_TLD, MX_KIND_DOMAIN, MX_KIND_LABEL, MX_KIND_STS_LABEL, MX_KIND_TYPO, MX_KIND_COUNT };

/* What was parsed on the way to the judgement; spans point into the observation. */
struct classification {
	struct judgement judgement;
	struct sts_record sts;       /* where the answer has TXT records */
	struct tlsrpt_record tlsrpt;
	struct sts_policy policy;    /* where judgement.policy is not POLICY_UNJUDGED */
	bool tls_ok;                 /* chain, dates and name: a sender would go on */
	enum mx_kind mx_kind;        /* of the worst MX, where there is a policy and MX */
	uint16_t mx_matching;        /* MX that match a pattern */
};

void classify(const struct observation *observation, struct classification *result);

#endif
