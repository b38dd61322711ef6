/* SPDX-License-Identifier: BSD-2-Clause */
/* output/scan_file/schema.h - positions and marks of the records on disk, for the encoder and the decoder alike.
 * SCHEMA.md tells what stands there.
 */
#ifndef STSURVEY_OUTPUT_SCAN_FILE_SCHEMA_H
#define STSURVEY_OUTPUT_SCAN_FILE_SCHEMA_H

#include "parsers/mail_host.h"

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
	HEADER_ELEMENTS,
	HEADER_AT_SAMPLE = HEADER_ELEMENTS, /* since 1.4, as is the next */
	HEADER_AT_LABEL,
	HEADER_AT_AUDIT /* since 1.5, where there was --direct */
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
	INPUT_ELEMENTS,
	INPUT_AT_FIRST = INPUT_ELEMENTS, /* since 1.6, as is the next; of a part of a list */
	INPUT_AT_GAPS,
	INPUT_LONGEST
};
enum schema_sample { SAMPLE_AT_SHARE, SAMPLE_AT_KEY, SAMPLE_ELEMENTS };
enum schema_audit_share { AUDIT_AT_SHARE, AUDIT_AT_LEAST, AUDIT_AT_KEY, AUDIT_SHARE_ELEMENTS };
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
	TRAILER_ELEMENTS,
	TRAILER_AT_HOSTS = TRAILER_ELEMENTS, /* since 1.3, as are the next two */
	TRAILER_AT_HOSTS_UNKNOWN,
	TRAILER_AT_PROBES,
	TRAILER_HOSTS_ELEMENTS,
	TRAILER_AT_DIRECT = TRAILER_HOSTS_ELEMENTS, /* since 1.5 */
	TRAILER_LONGEST
};
enum schema_direct { DIRECT_AT_SOURCE, DIRECT_AT_FALL_BACK, DIRECT_AT_AUDIT, DIRECT_ELEMENTS }; /* of each value */
enum schema_frame { FRAME_AT_KIND, FRAME_ELEMENTS };
enum schema_asked { ASKED_AT_FLAGS, ASKED_AT_TRIES, ASKED_ELEMENTS }; /* no array of its own: how a question went */
enum schema_why { WHY_AT_EDE, WHY_AT_UNCHECKED, WHY_ELEMENTS };       /* the same: what few answers have; since 1.3 */
/* the same: who answered (--direct); since 1.5 */
enum schema_source { SOURCE_AT_SOURCE, SOURCE_AT_FALL_BACK, SOURCE_ELEMENTS };
enum schema_shape {
	SHAPE_AT_INPUT,
	SHAPE_AT_MX,
	SHAPE_AT_TXT = SHAPE_AT_MX + ASKED_ELEMENTS, /* of each; before something comes behind, they need places */
	SHAPE_ELEMENTS = SHAPE_AT_TXT + ASKED_ELEMENTS * TXT_QUESTIONS,
	SHAPE_AT_WHY = SHAPE_ELEMENTS, /* one array, WHY_ELEMENTS of each answer; since 1.3 */
	SHAPE_AT_SOURCE                /* the same, SOURCE_ELEMENTS of each; since 1.5 */
};
enum schema_mx { MX_AT_PREFERENCE, MX_AT_NAME, MX_ELEMENTS }; /* of each MX, all in one array */
enum schema_mx_more { MX_MORE_AT_CNAME, MX_MORE_AT_OMITTED, MX_MORE_ELEMENTS };
enum schema_ns {
	NS_AT_ASKED,
	NS_AT_TTL = NS_AT_ASKED + ASKED_ELEMENTS,
	NS_AT_NAME,
	NS_AT_OMITTED,
	NS_AT_PARENT,
	NS_AT_CNAME,
	NS_AT_WHY,
	NS_ELEMENTS = NS_AT_WHY + WHY_ELEMENTS
};
enum schema_audit { /* of each audit, an array */
		    AUDIT_AT_QUESTION,
		    AUDIT_AT_KIND,
		    AUDIT_AT_DIRECT,
		    AUDIT_AT_RESOLVER,
		    AUDIT_AT_AGAIN,
		    AUDIT_AT_RECORD,
		    AUDIT_AT_OMITTED,
		    AUDIT_ELEMENTS
};
enum schema_txt_answer {
	TXT_AT_TTL,
	TXT_AT_RECORD,
	TXT_ELEMENTS,
	TXT_AT_CNAME = TXT_ELEMENTS,
	TXT_AT_OMITTED,
	TXT_AT_OMITTED_MEANT, /* since 1.2 */
	TXT_AT_SPLIT          /* since 1.3 */
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
	POLICY_AT_ADDRESS_UNTRIED = POLICY_ELEMENTS, /* since 1.2 */
	POLICY_AT_WHY                                /* one array, WHY_ELEMENTS of a and of aaaa; since 1.3 */
};
enum schema_answer {
	ANSWER_AT_ASKED,
	ANSWER_AT_TTL = ANSWER_AT_ASKED + ASKED_ELEMENTS,
	ANSWER_ELEMENTS,
	ANSWER_AT_CNAME = ANSWER_ELEMENTS /* and on, as long as the chain is */
};
enum schema_tls {
	TLS_AT_VERSION,
	TLS_AT_ALERT,
	TLS_AT_CHAIN,
	TLS_AT_ERROR,
	TLS_AT_CHAIN_OMITTED,
	TLS_ELEMENTS,
	TLS_AT_CIPHER = TLS_ELEMENTS, /* since 1.3, as is the next */
	TLS_AT_GROUP
};
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
	CERTIFICATE_AT_NAME_OMITTED = CERTIFICATE_ELEMENTS,
	CERTIFICATE_AT_SPKI_SHA256, /* since 1.3, as is what follows */
	CERTIFICATE_AT_SERIAL,
	CERTIFICATE_AT_KEY_TYPE,
	CERTIFICATE_AT_KEY_BITS,
	CERTIFICATE_AT_SIGNATURE,
	CERTIFICATE_AT_SELF_ISSUED,
	CERTIFICATE_AT_DER /* where the file shows it first */
};
enum schema_body { BODY_AT_KIND, BODY_AT_SHA256, BODY_AT_TEXT, BODY_ELEMENTS };

/* An MX host, since 1.3; absent tails are left out and nil is the default. */
enum schema_host {
	HOST_AT_KIND,
	HOST_AT_NAME,
	HOST_AT_TIME,
	HOST_AT_DURATION,
	HOST_AT_PASSES,
	HOST_AT_FLAGS,
	HOST_AT_A,
	HOST_AT_AAAA,
	HOST_AT_ADDRESS,
	HOST_AT_ADDRESS_OMITTED,
	HOST_AT_ADDRESS_UNTRIED,
	HOST_AT_ADDRESS_UNPROBED,
	HOST_AT_TLSA,                                   /* of each base */
	HOST_AT_PROBE = HOST_AT_TLSA + HOST_TLSA_BASES, /* before something comes behind, a base needs a place */
	HOST_ELEMENTS,
	HOST_AT_RUN = HOST_ELEMENTS, /* since 1.6, where several runs make up the file */
	HOST_LONGEST
};
enum { HOST_RESERVED = 1, HOST_BLOCKLISTED = 2, HOST_AD_BELIEVED = 4 }; /* HOST_AT_FLAGS */

enum schema_host_answer {
	HOST_ANSWER_AT_ASKED,
	HOST_ANSWER_AT_TTL = HOST_ANSWER_AT_ASKED + ASKED_ELEMENTS,
	HOST_ANSWER_AT_CNAME,
	HOST_ANSWER_ELEMENTS,
	HOST_ANSWER_AT_WHY = HOST_ANSWER_ELEMENTS,
	HOST_ANSWER_LONGEST = HOST_ANSWER_AT_WHY + WHY_ELEMENTS
};
enum schema_tlsa { TLSA_AT_BASE, TLSA_AT_ANSWER, TLSA_AT_RECORD, TLSA_AT_OMITTED, TLSA_ELEMENTS };
enum schema_tlsa_record {
	TLSA_RECORD_AT_USAGE,
	TLSA_RECORD_AT_SELECTOR,
	TLSA_RECORD_AT_MATCHING,
	TLSA_RECORD_AT_DATA,
	TLSA_RECORD_ELEMENTS,
	TLSA_RECORD_AT_CUT = TLSA_RECORD_ELEMENTS
};
enum schema_probe {
	PROBE_AT_ADDRESS,
	PROBE_AT_SNI,
	PROBE_AT_PHASE,
	PROBE_AT_STATUS,
	PROBE_AT_GREETING,
	PROBE_AT_EHLO,
	PROBE_AT_HELO,
	PROBE_AT_STARTTLS,
	PROBE_AT_QUIT,
	PROBE_AT_MS,
	PROBE_AT_INJECTED,
	PROBE_AT_RETRIED_OLD,
	PROBE_AT_TLS,
	PROBE_AT_DANE,
	PROBE_ELEMENTS
};
enum schema_reply { REPLY_AT_CODE, REPLY_AT_TEXT, REPLY_ELEMENTS, REPLY_AT_CUT = REPLY_ELEMENTS };
enum schema_dane {
	DANE_AT_MATCH,
	DANE_AT_RECORD,
	DANE_AT_DEPTH,
	DANE_AT_USABLE,
	DANE_AT_MATCHING,
	DANE_AT_ERROR,
	DANE_ELEMENTS
};
/* A test of the scanner's own way to port 25, since 1.3. */
enum schema_vantage {
	VANTAGE_AT_KIND,
	VANTAGE_AT_TIME,
	VANTAGE_AT_CANARY,
	VANTAGE_AT_STATE, /* of each family, as are those behind the name */
	VANTAGE_AT_HOST = VANTAGE_AT_STATE + VANTAGE_FAMILIES,
	VANTAGE_AT_EHLO,
	VANTAGE_AT_FAMILY, /* of each, in an array */
	VANTAGE_ELEMENTS = VANTAGE_AT_FAMILY + VANTAGE_FAMILIES,
	VANTAGE_AT_RUN = VANTAGE_ELEMENTS, /* as a host's */
	VANTAGE_LONGEST
};
enum schema_family { FAMILY_AT_SOURCE, FAMILY_AT_PTR, FAMILY_AT_PTR_CONFIRMED, FAMILY_ELEMENTS };

/* Probes of one host that are kept: each address, and a second handshake with it. */
enum { HOST_PROBES_MAX = 2 * OBS_PROBE_MAX };

/* What a frame numbers, in order of appearance: each is written once, then its number. */
enum schema_table { TABLE_SHAPE, TABLE_MX, TABLE_CERTIFICATE, TABLE_BODY, TABLE_LABEL, TABLE_COUNT };

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
	FIELD_LABEL,   /* interned: values of the header's columns; since 1.4, as is the next */
	FIELD_NS,      /* rare, as is the next */
	FIELD_AUDIT,   /* since 1.5 */
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
