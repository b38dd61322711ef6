/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/observation.h - the facts about one domain.
 *
 * An observation holds what was asked and what came back, nothing concluded: the scan file keeps it, and
 * analysis/classify/classify judges it, in this version or a later one. Every span and array points into memory of the
 * part that made the observation (the job's arena while scanning, the reader's frame while reading) and lives as long
 * as that.
 *
 * Zero is "not asked": a zeroed observation with a name is a domain of which nothing
 * is known yet.
 */
#ifndef STSURVEY_PARSERS_OBSERVATION_H
#define STSURVEY_PARSERS_OBSERVATION_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/span.h"

/* ZDNS's words. The numbers are on disk: append only. */
enum dns_status {
	DNS_SKIPPED = 0, /* not asked: an earlier step made it needless, or the user wants no question about the name */
	DNS_NOERROR = 1, /* and records of the asked type */
	DNS_NXDOMAIN = 2,
	DNS_NO_ANSWER = 3, /* NOERROR without the asked type */
	DNS_SERVFAIL = 4,
	DNS_REFUSED = 5,
	DNS_FORMERR = 6,
	DNS_NOTIMP = 7,
	DNS_TIMEOUT = 8,
	DNS_TRUNCATED = 9, /* TC, and TCP gave nothing */
	DNS_ERROR = 10,    /* an answer that is no DNS message, or another rcode; or the domain was too much for us */
	DNS_STATUS_COUNT
};

/* ZGrab2's words. The numbers are on disk: append only. */
enum connect_status {
	CONNECT_SKIPPED = 0, /* no connection was to be made, or this machine forbids it */
	CONNECT_SUCCESS = 1,
	CONNECT_REFUSED = 2,
	CONNECT_TIMEOUT = 3,
	CONNECT_RESET = 4, /* reset or closed before any octet of the server arrived */
	CONNECT_UNREACHABLE = 5,
	CONNECT_IO_TIMEOUT = 6,      /* connected and TLS done, then silence */
	CONNECT_PROTOCOL_ERROR = 7,  /* TLS done, what followed is no HTTP */
	CONNECT_HANDSHAKE_ERROR = 8, /* TLS failed, or verification did */
	CONNECT_BLOCKLISTED = 9,     /* every address is forbidden, or the host itself */
	CONNECT_STATUS_COUNT
};

/* What went wrong after TLS, where it is not the status code. On disk: append only. */
enum http_failure {
	HTTP_COMPLETE = 0,
	HTTP_TIMEOUT = 1,
	HTTP_TOO_LARGE = 2, /* body over POLICY_BODY_MAX; what was read is kept */
	HTTP_PROTOCOL = 3,  /* not HTTP, truncated, endless or oversized headers */
	HTTP_FAILURE_COUNT
};

/* Why a line of input was not surveyed. On disk: append only. */
enum input_status {
	INPUT_OK = 0,
	INPUT_ILLEGAL = 1,     /* no domain name; `name` holds the line, cut at OBS_LINE_MAX */
	INPUT_BLOCKLISTED = 2, /* on the --domain-blocklist-file */
	INPUT_STATUS_COUNT
};

/* Who gave an answer, in a scan with --direct. On disk: append only. */
enum obs_source {
	SOURCE_NONE = 0, /* not asked, or a scan without --direct: the resolver, if any */
	SOURCE_RESOLVER = 1,
	SOURCE_DIRECT = 2, /* one of the domain's own name servers */
	SOURCE_COUNT
};

/* Why the answer of a domain's own name server did not count, or none was asked for (scanner/dns/net_direct.h,
 * parsers/direct_answer.h). Beside SOURCE_RESOLVER it is why the resolver was asked; beside SOURCE_DIRECT, why the
 * first of two servers' answer did not count. On disk: append only. */
enum obs_fall_back {
	FALL_BACK_NONE = 0,
	FALL_BACK_CONFIRMED = 1, /* it counted, and was data that is to be validated: the resolver's is kept */
	FALL_BACK_UNDELEGATED =
		2,            /* no name server is known: the name is no delegation, or NS could not be found out */
	FALL_BACK_UNSEEN = 3, /* a name server that no domain before had: one is not worth its addresses */
	FALL_BACK_ADDRESSLESS = 4, /* no address of the name servers drawn is known */
	FALL_BACK_FORBIDDEN = 5,   /* their addresses are reserved, or on --blocklist-file */
	FALL_BACK_PATIENCE = 6,    /* they rested for longer than --server-patience */
	FALL_BACK_TIMEOUT = 7,
	FALL_BACK_REFUSED = 8,
	FALL_BACK_SERVFAIL = 9,
	FALL_BACK_RCODE = 10,             /* FORMERR, NOTIMP or another that is neither NOERROR nor NXDOMAIN */
	FALL_BACK_TRUNCATED = 11,         /* TC, or more octets than we take */
	FALL_BACK_NOT_AUTHORITATIVE = 12, /* AA=0: not its zone, or a referral */
	FALL_BACK_ALIAS = 13,             /* CNAME or DNAME */
	FALL_BACK_FOREIGN = 14,           /* a record of another name or type in the answer section */
	FALL_BACK_NO_SOA =
		15, /* a negative answer without the SOA that RFC 2308 5 asks for, or with one of elsewhere */
	FALL_BACK_MALFORMED = 16,
	FALL_BACK_SPOOFED = 17,     /* a datagram with a wrong id came from its address meanwhile */
	FALL_BACK_UNSENT = 18,      /* this machine could not send it: no route, or forbidden */
	FALL_BACK_SECOND_PASS = 19, /* it stayed unknown in the first: the resolver alone is asked */
	FALL_BACK_OTHER = 20,       /* a newer version's, which this one has no word for; never written */
	FALL_BACK_COUNT
};

/* What came of a negative direct answer that was put to the resolver as well (--audit). On disk: append only. */
enum obs_audit_kind {
	AUDIT_NONE = 0,
	AUDIT_ABSENT = 1,  /* both say absent: NXDOMAIN and NODATA are one here */
	AUDIT_DATA = 2,    /* the resolver has data, and the server asked again has none: what the proof is about */
	AUDIT_CHANGED = 3, /* the resolver has data, and the server asked again has it, too */
	AUDIT_FAILED = 4,  /* the resolver could not tell */
	AUDIT_KIND_COUNT
};

/* The TXT records asked for at names below a domain. On disk: append only. */
enum txt_question {
	TXT_STS,    /* RFC 8461 3.1 */
	TXT_TLSRPT, /* RFC 8460 3 */
	TXT_QUESTIONS
};

struct txt_kind;

/* What asking, storing and showing need to know of each; its grammar and judgement are elsewhere. */
struct txt_question_info {
	struct span label;           /* in front of the domain's name, with the dot between */
	const char *key;             /* in JSON */
	const struct txt_kind *kind; /* parsers/field.h */
};

extern const struct txt_question_info txt_questions[TXT_QUESTIONS];

/* Limits. Each is far above what an honest domain publishes and bounds what a hostile
 * one can make us keep; facts beyond are dropped and counted in `omitted` members. */
enum {
	OBS_LINE_MAX = 512,         /* octets of a bad input line that are kept as evidence */
	OBS_CNAME_MAX = 16,         /* hops; Unbound itself gives up at 11 */
	OBS_MX_MAX = 64,            /* records; the largest seen in the wild is 40 */
	OBS_TXT_MAX = 64,           /* records at one name */
	OBS_TXT_OCTETS_MAX = 16384, /* octets of all TXT records at one name; what is meant as the record asked for
				     * is kept beyond that, as long as DNS lets it be */
	OBS_ADDRESS_MAX = 16,       /* addresses of a policy host, both families */
	OBS_CHAIN_MAX = 10,         /* certificates; OpenSSL's default depth is 100 */
	OBS_SERIAL_MAX = 32,        /* octets of a serial number; RFC 5280 4.1.2.2 allows 20 */
	OBS_DER_MAX = 65536,        /* octets of a certificate that is kept whole; what is larger is not kept */
	OBS_CERT_NAMES_MAX = 256,   /* SAN dNSNames of one certificate; CDNs put 100 in one */
	OBS_VERIFY_ERRORS_MAX = 16, /* verification errors of one chain */
	OBS_NS_MAX = 32,            /* name servers of one domain; a dozen is much */
	OBS_LABEL_MAX = 16,         /* --label columns */
	OBS_AUDIT_RECORDS_MAX = 8,  /* of an answer that an audit keeps; its octets: OBS_AUDIT_OCTETS_MAX a record */
	OBS_AUDIT_OCTETS_MAX = 512,
	OBS_LABEL_OCTETS_MAX = 255, /* of a label's name, and of its value; what is longer is cut */
	POLICY_BODY_MAX = 65536,    /* octets, RFC 8461 3.3's suggestion */
	HTTP_ERROR_BODY_MAX = 1024, /* octets kept of a body whose status is not 200 */
	HTTP_FIELD_MAX = 1024,      /* octets kept of one header field's value */
};

/* What every DNS question yields. Small members: a window holds tens of thousands of these. */
struct obs_answer {
	const struct span *cname; /* targets in order, also the one that closes a loop; lower case, no trailing dot */
	uint32_t ttl;             /* seconds, the smallest on the way; 0 without records */
	uint16_t ede; /* why, in the resolver's words: the first Extended DNS Error's code and 1 (RFC 8914 4) */
	/* what came where it was asked once more with CD, so that the resolver did not validate: an answer beside a
	 * `status` that failed says that DNSSEC made it fail (RFC 4035 3.2.2); SKIPPED: not asked */
	enum dns_status unchecked : 8;
	uint8_t tries; /* questions sent for it, TCP and retries included */
	uint16_t cname_count;
	enum dns_status status : 8;
	bool ad;         /* the resolver vouches for DNSSEC (RFC 6840 5.8) */
	bool cname_loop; /* the chain came back to a name it had passed, or an answer has more than OBS_CNAME_MAX */
	/* from schema 1.5 on; of MX and the TXT questions alone */
	enum obs_source source : 8;
	enum obs_fall_back fall_back : 8;
};

/* Does the answer fail DNSSEC validation, though the servers answer? */
static inline bool obs_answer_is_bogus(const struct obs_answer *answer)
{
	return answer->status >= DNS_SERVFAIL && answer->unchecked >= DNS_NOERROR && answer->unchecked <= DNS_NO_ANSWER;
}

/* Did the server say so itself that it does not serve the zone? */
static inline bool obs_fall_back_is_lame(enum obs_fall_back why)
{
	return why == FALL_BACK_REFUSED || why == FALL_BACK_SERVFAIL || why == FALL_BACK_NOT_AUTHORITATIVE ||
	       why == FALL_BACK_NO_SOA;
}

/* Does nobody serve the zone, as its servers said themselves (--direct) and the resolver found no other? Then that is
 * all there is to be known. Silence is another matter: it may be our own network's. No resolver tells the two apart
 * (docs/resolver.md). */
static inline bool obs_answer_is_lame(const struct obs_answer *answer)
{
	return answer->status == DNS_SERVFAIL && answer->source == SOURCE_RESOLVER &&
	       obs_fall_back_is_lame(answer->fall_back);
}

struct obs_mx_record {
	uint16_t preference;
	struct span name; /* lower case, no trailing dot; empty for the root (null MX) */
};

struct obs_host; /* parsers/mail_host.h */

struct obs_mx {
	struct obs_answer answer;
	const struct obs_mx_record *record; /* in order of preference, then name */
	uint32_t count;                     /* at most OBS_MX_MAX */
	uint32_t omitted;                   /* beyond that: the last in that order, from schema 1.2 on */
	bool all_hosts; /* each passes domain_is_mail_host, as whoever read them for many domains saw; false: look */
	/* of each record, joined by name from the records of hosts; NULL: no hosts were probed. An entry NULL: this one
	 * is not known */
	const struct obs_host *const *host;
};

struct obs_txt {
	struct obs_answer answer;
	const struct span *record; /* one a TXT record, its strings joined (RFC 8461 3.1) */
	uint16_t count;
	uint16_t omitted;       /* what is meant as the record asked for is kept before all else … */
	uint16_t omitted_meant; /* … so this says something where there are more than OBS_TXT_MAX of these alone, and
				 * in files before schema 1.2, whose scanner kept whatever came first */
	/* of each record: its strings' lengths, an octet each; p NULL: it is one string. NULL: all are, or it is not
	 * known (before schema 1.3) */
	const struct span *split;
};

struct obs_address {
	uint8_t family;    /* 4 or 6 */
	uint8_t octet[16]; /* network order; the first 4 for family 4 */
};

/* Certificate facts; stored once a frame by hash. */
struct obs_certificate {
	uint8_t sha256[32];            /* of the DER */
	struct span common_name;       /* the subject's last CN; empty without one */
	struct span issuer;            /* RFC 2253 text */
	int64_t not_before, not_after; /* seconds since 1970, UTC */
	const struct span *name;       /* SAN dNSNames as sent; an embedded NUL stays in */
	size_t name_count;
	size_t name_omitted;
	/* from schema 1.3 on; spki_known says whether the rest is known */
	bool spki_known;
	uint8_t spki_sha256[32]; /* of the DER of SubjectPublicKeyInfo */
	struct span serial;      /* octets of the number without its sign, big-endian; cut at OBS_SERIAL_MAX */
	struct span key_type; /* OpenSSL's name: "RSA", "ED25519", with its curve "EC:prime256v1"; of a key that it does
			       * not read, the short name or number of the algorithm */
	uint16_t key_bits;
	struct span signature; /* the algorithm it is signed with: "ecdsa-with-SHA256" */
	bool self_issued;      /* subject and issuer are one: a root, where it is sent */
	struct span der;       /* with --keep-certificates; p NULL: not kept */
};

struct obs_verify_error {
	uint16_t code; /* X509_V_ERR_… of OpenSSL 3 */
	uint8_t depth; /* 0 = leaf */
};

/* On disk: append only. */
enum tls_version { TLS_NONE, TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3, TLS_VERSION_COUNT };

struct obs_tls {
	enum tls_version version;            /* TLS_NONE where no handshake got so far */
	bool alerted;                        /* the server sent a fatal alert … */
	uint8_t alert;                       /* … this one (RFC 8446 6) */
	const struct obs_certificate *chain; /* as sent, leaf first */
	size_t chain_count;
	size_t chain_omitted;
	const struct obs_verify_error *error; /* every error of the chain; names are not judged here */
	size_t error_count;
	struct span cipher; /* OpenSSL's name of the suite, from schema 1.3 on; empty: no handshake got so far */
	struct span group;  /* of the key exchange: "x25519"; empty: none, or not known */
};

struct obs_http {
	uint16_t status; /* 0: no status line came */
	enum http_failure failure;
	/* field values as sent, two that differ with a comma between; p NULL: no such field */
	struct span content_type;
	struct span location;         /* the first */
	struct span content_encoding; /* `body` is decoded (RFC 9110 8.4) */
	struct span challenge;        /* the first field that marks a challenge, "name: value"; p NULL: none */
	bool challenged;              /* read from older files, which hold no `challenge`: their scanner saw one */
	uint64_t size;                /* octets of body that arrived, decoded */
	struct span body;             /* status 200: up to POLICY_BODY_MAX; others: HTTP_ERROR_BODY_MAX */
	uint8_t body_sha256[32];      /* of `body` where it is not empty */
};

struct obs_policy {
	struct obs_answer a, aaaa;         /* of mta-sts.<domain>; the chain stands in `a` unless only aaaa has it */
	const struct obs_address *address; /* AAAA and A, in the order they are tried; then those not allowed */
	size_t address_count;
	size_t address_omitted;
	size_t address_untried; /* of these, such as may be contacted; in files before schema 1.2, any of them */
	bool reserved;          /* every address was refused by the reserved-address rule */
	enum connect_status status;
	int8_t address_used; /* index into address; -1: none */
	uint16_t fetch_ms;   /* from first connect to the end, capped at 65535 */
	struct obs_tls tls;
	struct obs_http http;
};

/* Whom the domain's zone is delegated to. Known of domains with an STS or TLSRPT record alone. */
struct obs_ns {
	struct obs_answer answer; /* SKIPPED with `parent`, and where it was not asked */
	const struct span *name;  /* lower case, no trailing dot, in order of the name */
	uint16_t count;           /* at most OBS_NS_MAX */
	uint16_t omitted;         /* beyond that */
	bool parent;              /* the names are the zone file's, of the parent's side; else the child's answer */
};

/* A column of the list that is kept with each domain (--label). */
struct obs_label {
	struct span name, value; /* value empty: the line has none */
};

/* Questions as audits number them. On disk: append only. */
enum obs_question { QUESTION_MX, QUESTION_TXT, QUESTION_COUNT = QUESTION_TXT + TXT_QUESTIONS };

/* As JSON and tables call them: "MX", and a TXT question's key. */
static inline const char *obs_question_name(enum obs_question question)
{
	return question == QUESTION_MX ? "MX" : txt_questions[question - QUESTION_TXT].key;
}

/* A negative direct answer that was audited. */
struct obs_audit {
	enum obs_question question : 8;
	enum obs_audit_kind kind : 8; /* never NONE */
	enum dns_status direct : 8;   /* what the server said: NXDOMAIN or NO_ANSWER */
	enum dns_status resolver : 8; /* what the resolver says */
	enum dns_status again : 8;    /* what the server said when asked once more; SKIPPED: it was not */
	uint16_t omitted;             /* records of the resolver's beyond OBS_AUDIT_RECORDS_MAX */
	const struct span *record;    /* of the resolver's answer: a TXT's strings joined, or "10 mx.example" */
	size_t record_count;
};

struct observation {
	struct span name; /* A-labels, lower case, no trailing dot; or the bad line */
	enum input_status input;
	uint64_t index;  /* of the input entry, from 0 */
	uint64_t rank;   /* of a ranked list; 0: none */
	int64_t time_ms; /* start, milliseconds since 1970, UTC */
	uint32_t duration_ms;
	struct obs_mx mx;
	struct obs_txt txt[TXT_QUESTIONS];
	struct obs_policy policy;
	struct obs_ns ns;              /* from schema 1.4 on */
	const struct obs_label *label; /* of the file's columns, in their order; from schema 1.4 on */
	size_t label_count;
	const struct obs_audit *audit; /* of its questions; from schema 1.5 on */
	size_t audit_count;            /* at most QUESTION_COUNT */
};

/* The words users see; "" where JSON has null. */
extern const char *const dns_status_names[DNS_STATUS_COUNT];
extern const char *const connect_status_names[CONNECT_STATUS_COUNT];
extern const char *const tls_version_names[TLS_VERSION_COUNT];
extern const char *const obs_source_names[SOURCE_COUNT];
extern const char *const obs_fall_back_names[FALL_BACK_COUNT];
extern const char *const obs_audit_kind_names[AUDIT_KIND_COUNT];

/* How a question of the domain was answered. */
static inline const struct obs_answer *obs_question_answer(const struct observation *observation,
							   enum obs_question question)
{
	return question == QUESTION_MX ? &observation->mx.answer : &observation->txt[question - QUESTION_TXT].answer;
}

/* Does this status leave the question open, so that asking again may tell more? */
static inline bool dns_status_is_transient(enum dns_status status)
{
	return status >= DNS_SERVFAIL && status < DNS_STATUS_COUNT;
}

/* Was it answered, be it with the news that nothing is there? Neither, where it was not asked. */
static inline bool dns_status_is_answer(enum dns_status status)
{
	return status != DNS_SKIPPED && !dns_status_is_transient(status);
}

/* Does the AD bit of the answer say something? A negative answer without it says nothing that a reader could use, and
 * an authoritative server vouches for nothing (RFC 4035 3.1.6). */
static inline bool obs_answer_has_ad(const struct obs_answer *answer)
{
	if (answer->source == SOURCE_DIRECT)
		return false;
	return answer->status == DNS_NOERROR || answer->ad;
}

/* Is this the null MX of RFC 7505: one record, the root? Its preference says nothing. */
static inline bool obs_mx_is_null(const struct obs_mx *mx)
{
	/* RFC 7505 3: preference 0 is a SHOULD, the root name and standing alone are the mark. */
	return mx->count == 1 && mx->omitted == 0 && mx->record[0].name.n == 0;
}

/* Does the domain name hosts that take its mail, as neither no record nor the null MX does? */
static inline bool obs_mx_has_hosts(const struct obs_mx *mx)
{
	return mx->count > 0 && !obs_mx_is_null(mx);
}

/* Where the chain ends; p NULL: there is none. */
static inline struct span obs_cname_end(const struct obs_answer *answer)
{
	return answer->cname_count > 0 ? answer->cname[answer->cname_count - 1] : (struct span){ NULL, 0 };
}

/* The answer with the policy host's chain, if there is one: both families have the same. */
static inline const struct obs_answer *obs_policy_chain(const struct obs_policy *policy)
{
	return policy->a.cname_count > 0 ? &policy->a : &policy->aaaa;
}

/* Was nothing at all learnt of it? Inline: every record asks. */
static inline bool obs_tls_is_empty(const struct obs_tls *tls)
{
	return tls->version == TLS_NONE && !tls->alerted && tls->chain_count == 0 && tls->chain_omitted == 0 &&
	       tls->error_count == 0 && tls->cipher.n == 0 && tls->group.n == 0;
}

static inline bool obs_http_is_empty(const struct obs_http *http)
{
	return http->status == 0 && http->failure == HTTP_COMPLETE && !http->content_type.p && !http->location.p &&
	       !http->content_encoding.p && !http->challenge.p && http->size == 0 && http->body.n == 0;
}

/* From one time to another, in whatever unit: where a file that a stranger wrote has times that no calendar has, as far
 * as can be. */
static inline int64_t obs_time_between(int64_t from, int64_t to)
{
	int64_t between;

	if (__builtin_sub_overflow(to, from, &between))
		return to < 0 ? INT64_MIN : INT64_MAX;
	return between;
}

#endif
