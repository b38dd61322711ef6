/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/sts_record.h - the TXT records at _mta-sts.<domain>: is there one STS record, and
 * what is wrong with it? (RFC 8461 3.1)
 *
 *   record = %s"v=STSv1" 1*( delim field ) [ delim ]      delim = *WSP ";" *WSP
 *   field  = %s"id=" 1*32(ALPHA / DIGIT) / ext-name "=" ext-value
 */
#ifndef STSURVEY_PARSERS_STS_RECORD_H
#define STSURVEY_PARSERS_STS_RECORD_H

#include "parsers/field.h"
#include "parsers/finding.h"
#include "parsers/span.h"

struct sts_record {
	enum record_state state;     /* NONE, VALID, INVALID or MULTIPLE */
	struct span id;              /* where VALID: the first id field; else p NULL */
	struct finding_set findings; /* 101…109; what the answer as a whole adds is classify's. 102 may
				      * stand beside VALID: another record was discarded. */
};

extern const struct txt_kind sts_record_kind;

/* Judge the @count TXT records of one answer, each already joined from its strings. @unrelated more stood there, none
 * of them meant as an STS record. Spans of the result point into @record's bytes. Never fails: bad input is a finding.
 */
void sts_record_parse(const struct span *record, size_t count, size_t unrelated, struct sts_record *result);

#endif
