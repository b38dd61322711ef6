/* output/scan_file/schema.h - positions and marks of the records on disk, for the encoder and the decoder alike.
 * SCHEMA.md tells what stands there.
 */
#ifndef STSURVEY_OUTPUT_SCAN_FILE_SCHEMA_H
#define STSURVEY_OUTPUT_SCAN_FILE_SCHEMA_H

#include "parsers/observation.h"

#define SCHEMA_FORMAT "stsurvey-scan"

/* Each array's positions in order, and their number as this version writes it; behind that, what is rarely there.
 * Append, never move: what stands at an array's end may be left out, and readers pass over what they do not know. */

enum schema_header {
	HEADER_AT_KIND,
	HEADER_AT_FORMAT,
	HEADER_AT_VERSION,
	HEADER_AT_TOOL,
	HEADER_AT_START,
	HEADER_AT_OPTIONS,
	HEADER_AT_INPUT,
	HEADER_ELEMENTS
};
enum schema_version { VERSION_AT_MAJOR, VERSION_AT_MINOR, VERSION_ELEMENTS };
enum schema_input {
	INPUT_AT_NAME,
	INPUT_AT_SIZE,
	INPUT_AT_MTIME,
	INPUT_AT_SAMPLE,
	INPUT_AT_SHARDS,
	INPUT_AT_SHARD,
	INPUT_AT_HASH, /* since 1.2 */
	INPUT_ELEMENTS
};
enum schema_trailer {
	TRAILER_AT_KIND,
	TRAILER_AT_COMPLETION,
	TRAILER_AT_END,
	TRAILER_AT_DOMAINS,
	TRAILER_AT_UNKNOWN,
	TRAILER_AT_BLOCKLISTED,
	TRAILER_AT_ILLEGAL,
	TRAILER_AT_QUERIES,
	TRAILER_AT_FETCHES,
	TRAILER_ELEMENTS
};
enum schema_frame { FRAME_AT_KIND, FRAME_ELEMENTS };
enum schema_asked { ASKED_AT_FLAGS, ASKED_AT_TRIES, ASKED_ELEMENTS }; /* no array of its own: how a question went */
enum schema_shape {
	SHAPE_AT_INPUT,
	SHAPE_AT_MX,
	SHAPE_AT_TXT = SHAPE_AT_MX + ASKED_ELEMENTS, /* of each; before something comes behind, they need places */
	SHAPE_ELEMENTS = SHAPE_AT_TXT + ASKED_ELEMENTS * TXT_QUESTIONS
};
enum schema_mx { MX_AT_PREFERENCE, MX_AT_NAME, MX_ELEMENTS }; /* of each MX, all in one array */
enum schema_mx_more { MX_MORE_AT_CNAME, MX_MORE_AT_OMITTED, MX_MORE_ELEMENTS };
enum schema_txt_answer {
	TXT_AT_TTL,
	TXT_AT_RECORD,
	TXT_ELEMENTS,
	TXT_AT_CNAME = TXT_ELEMENTS,
	TXT_AT_OMITTED,
	TXT_AT_OMITTED_MEANT /* since 1.2 */
};
enum schema_policy {
	POLICY_AT_STATUS,
	POLICY_AT_A,
	POLICY_AT_AAAA,
	POLICY_AT_ADDRESS,
	POLICY_AT_ADDRESS_USED,
	POLICY_AT_FETCH_MS,
	POLICY_AT_TLS,
	POLICY_AT_HTTP,
	POLICY_AT_RESERVED,
	POLICY_AT_ADDRESS_OMITTED,
	POLICY_ELEMENTS,
	POLICY_AT_ADDRESS_UNTRIED = POLICY_ELEMENTS /* since 1.2 */
};
enum schema_answer {
	ANSWER_AT_ASKED,
	ANSWER_AT_TTL = ANSWER_AT_ASKED + ASKED_ELEMENTS,
	ANSWER_ELEMENTS,
	ANSWER_AT_CNAME = ANSWER_ELEMENTS /* and on, as long as the chain is */
};
enum schema_tls { TLS_AT_VERSION, TLS_AT_ALERT, TLS_AT_CHAIN, TLS_AT_ERROR, TLS_AT_CHAIN_OMITTED, TLS_ELEMENTS };
enum schema_error { ERROR_AT_CODE, ERROR_AT_DEPTH, ERROR_ELEMENTS }; /* of each error, all in one array */
enum schema_http {
	HTTP_AT_STATUS,
	HTTP_AT_FAILURE,
	HTTP_AT_SIZE,
	HTTP_AT_CONTENT_TYPE,
	HTTP_AT_LOCATION,
	HTTP_AT_BODY,
	HTTP_AT_CHALLENGED, /* always 0 since 1.1: HTTP_AT_CHALLENGE holds what it is judged from */
	HTTP_ELEMENTS,
	HTTP_AT_CONTENT_ENCODING = HTTP_ELEMENTS, /* since 1.1, as is the next */
	HTTP_AT_CHALLENGE
};
enum schema_certificate {
	CERTIFICATE_AT_KIND,
	CERTIFICATE_AT_SHA256,
	CERTIFICATE_AT_NOT_BEFORE,
	CERTIFICATE_AT_NOT_AFTER,
	CERTIFICATE_AT_ISSUER,
	CERTIFICATE_AT_COMMON_NAME,
	CERTIFICATE_AT_NAME,
	CERTIFICATE_ELEMENTS,
	CERTIFICATE_AT_NAME_OMITTED = CERTIFICATE_ELEMENTS
};
enum schema_body { BODY_AT_KIND, BODY_AT_SHA256, BODY_AT_TEXT, BODY_ELEMENTS };

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
