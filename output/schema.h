/* output/schema.h - numbers and marks of the records on disk, for the encoder and the decoder alike. SCHEMA.md tells
 * what stands where.
 */
#ifndef STSURVEY_OUTPUT_SCHEMA_H
#define STSURVEY_OUTPUT_SCHEMA_H

#include "parsers/observation.h"

#define SCHEMA_FORMAT "stsurvey-scan"

/* Elements of each array as this version writes it. Append, never move: what stands at an array's end may be left out,
 * and readers pass over what they do not know. */
enum schema_elements {
	HEADER_ELEMENTS = 7,
	VERSION_ELEMENTS = 2,
	INPUT_ELEMENTS = 6,
	TRAILER_ELEMENTS = 9,
	FRAME_ELEMENTS = 1,
	SHAPE_ELEMENTS = 1 + 2 * (1 + TXT_QUESTIONS), /* the TXT questions last: what comes behind them needs places */
	MX_ELEMENTS = 2,                              /* of each MX, all in one array */
	MX_MORE_ELEMENTS = 2,
	TXT_ELEMENTS = 2, /* and 2 that are rarely there */
	POLICY_ELEMENTS = 10,
	ANSWER_ELEMENTS = 3, /* and the names of the chain */
	TLS_ELEMENTS = 5,
	ERROR_ELEMENTS = 2,       /* of each error, all in one array */
	HTTP_ELEMENTS = 7,        /* and 2 since 1.1 that are rarely there */
	CERTIFICATE_ELEMENTS = 7, /* and 1 that is rarely there */
	BODY_ELEMENTS = 3,
};

/* What a frame numbers, in order of appearance: each is written once, then its number. */
enum schema_table { TABLE_SHAPE, TABLE_MX, TABLE_CERTIFICATE, TABLE_BODY, TABLE_COUNT };

/* What a domain record is a difference to; zero at a frame's beginning. Differences wrap, so that every value survives.
 */
struct schema_previous {
	uint64_t index, end, rank_ahead;
};

/* A domain record; from FIELD_MX on, absent tails are left out and nil is the default. */
enum schema_domain {
	FIELD_KIND,
	FIELD_INDEX,    /* minus the index of the record before in the frame */
	FIELD_END,      /* end in ms since 1970, minus that of the record before: nearly sorted, hence small */
	FIELD_DURATION, /* ms; the start is end minus this */
	FIELD_NAME,
	FIELD_SHAPE, /* interned: how the input and the questions went, which most domains share */
	FIELD_MX,    /* interned: preference and name in turn; names are templates */
	FIELD_MX_TTL,
	FIELD_RANK, /* rank minus index, minus the same of the ranked record before in the frame */
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

/* An answer's flags in one number: its status and these. */
enum { ANSWER_STATUS_MASK = 15, ANSWER_AD = 16, ANSWER_CNAME_LOOP = 32 };

/* In the template of an MX name (a str; a bin is a name as it stands). No name holds these octets: DNS names
 * are text with odd octets written \DDD. */
enum {
	TEMPLATE_NAME = 0,   /* the domain's name */
	TEMPLATE_DASHED = 1, /* the same with "-" for each ".", as Microsoft's tenants have it */
	TEMPLATE_MAX = 2048, /* octets of a name made from a template; \DDD makes 253 octets 1012 at most */
};

#endif
