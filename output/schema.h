/* output/schema.h - positions and marks of the records on disk, for the encoder and the decoder alike
 * (SCHEMA.md). */
#ifndef STSURVEY_OUTPUT_SCHEMA_H
#define STSURVEY_OUTPUT_SCHEMA_H

#include "parsers/observation.h"

#define SCHEMA_FORMAT "stsurvey-scan"

/* A domain record; from FIELD_MX on, absent tails are left out and nil is the default. */
enum schema_domain {
	FIELD_KIND,
	FIELD_INDEX,    /* minus the index of the record before in the frame */
	FIELD_END,      /* end in ms since 1970, minus that of the record before: nearly sorted, hence small */
	FIELD_DURATION, /* ms; the start is end minus this */
	FIELD_NAME,
	FIELD_SHAPE, /* interned: see schema_shape */
	FIELD_MX,    /* interned: preference and name in turn; names are templates */
	FIELD_MX_TTL,
	FIELD_RANK, /* rank minus index, minus the same of the ranked record before in the frame; nil: no rank
		     */
	FIELD_STS,
	FIELD_TLSRPT,
	FIELD_POLICY,
	FIELD_MX_MORE, /* chain and number of records left out; rare */
	FIELD_COUNT
};

/* The field with the answer to a TXT question, and the other way round. */
static const uint8_t schema_txt[TXT_QUESTIONS] = { [TXT_STS] = FIELD_STS, [TXT_TLSRPT] = FIELD_TLSRPT };

static inline unsigned schema_question(unsigned field)
{
	unsigned question = 0;

	while (question < TXT_QUESTIONS - 1 && schema_txt[question] != field)
		question++;
	return question;
}

/* What most domains share: how the input and the questions went. */
enum schema_shape {
	SHAPE_INPUT,
	SHAPE_MX,
	SHAPE_MX_TRIES,
	SHAPE_TXT, /* flags and tries for each of txt_questions */
	SHAPE_COUNT = SHAPE_TXT + 2 * TXT_QUESTIONS
};

/* An answer's flags in one number: its status and these. */
enum { ANSWER_STATUS_MASK = 15, ANSWER_AD = 16, ANSWER_CNAME_LOOP = 32, ANSWER_MAX = 63 };

/* In the template of an MX name (a str; a bin is a name as it stands). No name holds these octets: DNS names
 * are text with odd octets written \DDD. */
enum {
	TEMPLATE_NAME = 0,   /* the domain's name */
	TEMPLATE_DASHED = 1, /* the same with "-" for each ".", as Microsoft's tenants have it */
	TEMPLATE_MAX = 2048, /* octets of a name made from a template; \DDD makes 253 octets 1012 at most */
};

#endif
