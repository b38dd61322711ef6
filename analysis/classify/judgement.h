/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/classify/judgement.h - what is concluded from the facts about a domain, and its words. Computed whenever it
 * is needed, never stored.
 */
#ifndef STSURVEY_ANALYSIS_CLASSIFY_JUDGEMENT_H
#define STSURVEY_ANALYSIS_CLASSIFY_JUDGEMENT_H

#include "parsers/field.h"
#include "parsers/finding.h"
#include "parsers/observation.h"
#include "parsers/sts_policy.h"

enum domain_status { DOMAIN_COMPLETE, DOMAIN_UNKNOWN, DOMAIN_BLOCKLISTED, DOMAIN_ILLEGAL_INPUT, DOMAIN_STATUS_COUNT };

enum verdict {
	VERDICT_NOT_ASKED, /* nobody was asked about the domain; UNKNOWN is for one that was asked */
	VERDICT_NO_POLICY,
	VERDICT_NONE,
	VERDICT_TESTING_OK,
	VERDICT_TESTING_FAIL,
	VERDICT_ENFORCE_OK,
	VERDICT_ENFORCE_PARTIAL,
	VERDICT_ENFORCE_FAIL,
	VERDICT_UNKNOWN,
	VERDICT_COUNT
};

struct judgement {
	enum domain_status status;
	enum record_state record[TXT_QUESTIONS];
	enum policy_state policy;
	enum component component;
	enum verdict verdict;
	struct finding_set findings;
};

/* Is there a record, whatever its quality? Unknown is not known to be one. */
static inline bool judgement_has_record(const struct judgement *judgement, enum txt_question question)
{
	return judgement->record[question] >= RECORD_VALID && judgement->record[question] <= RECORD_MULTIPLE;
}

extern const char *const domain_status_names[DOMAIN_STATUS_COUNT];
extern const char *const verdict_names[VERDICT_COUNT]; /* "" for NOT_ASKED */

#endif
