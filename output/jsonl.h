/* output/jsonl.h - one domain as one line of JSON (RFC 8259), as `export --format jsonl` and SCHEMA.md say.
 *
 * What was not asked is absent or null, never false. Octets that are not UTF-8: every string of that
 * object is written as Latin-1 characters and "encoding":"latin-1" stands beside them.
 */
#ifndef STSURVEY_OUTPUT_JSONL_H
#define STSURVEY_OUTPUT_JSONL_H

#include "output/text.h"
#include "parsers/observation.h"
#include "parsers/sts_policy.h"
#include "parsers/sts_record.h"
#include "parsers/tlsrpt_record.h"

/* What a line is made of: analysis/classify/classify.h yields all but the first. The parsed parts may be NULL;
 * they are read only where the judgement's state says that they hold something. */
struct jsonl_domain {
	const struct observation *observation;
	const struct judgement *judgement;
	const struct sts_record *sts;
	const struct tlsrpt_record *tlsrpt;
	const struct sts_policy *policy;
};

/* The line, LF included. Failures stick in @out. */
void jsonl_write(struct text *out, const struct jsonl_domain *domain);

/* @s as a JSON string, quotes included: UTF-8 as it is, or where @latin1 each octet as a character. */
void jsonl_string(struct text *out, struct span s, bool latin1);

#endif
