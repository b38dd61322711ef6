/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/dns_answer.h - one DNS message, as far as a survey needs it (RFC 1035 4).
 *
 * c-ares's own parsers lose the AD bit, the CNAME chain of a failed lookup and the difference between NXDOMAIN and an
 * empty answer; this one keeps them. It reads the packet in place, follows compression pointers backwards only, and
 * touches no octet twice per name.
 */
#ifndef STSURVEY_PARSERS_DNS_ANSWER_H
#define STSURVEY_PARSERS_DNS_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/domain.h"
#include "parsers/observation.h"
#include "parsers/span.h"

enum dns_type {
	DNS_TYPE_A = 1,
	DNS_TYPE_NS = 2,
	DNS_TYPE_CNAME = 5,
	DNS_TYPE_SOA = 6,
	DNS_TYPE_PTR = 12,
	DNS_TYPE_MX = 15,
	DNS_TYPE_TXT = 16,
	DNS_TYPE_AAAA = 28,
	DNS_TYPE_DNAME = 39,
	DNS_TYPE_OPT = 41,
	DNS_TYPE_TLSA = 52
};

enum {
	DNS_RECORDS_MAX = 5460,                  /* records in a packet: of 12 octets at least (RFC 1035 4.1.3) */
	DNS_NAME_TEXT_MAX = DOMAIN_NAME_MAX + 1, /* octets of a name as text, with NUL */
	DNS_HEADER_SIZE = 12,                    /* octets, RFC 1035 4.1.1 */
	DNS_NAME_WIRE_MAX = 255,                 /* octets, RFC 1035 2.3.4 */
	DNS_EDNS_SIZE = 1232,                    /* octets; fits every path MTU (DNS flag day 2020) */
	DNS_PLAIN_SIZE = 512,                    /* octets of a datagram without EDNS (RFC 1035 2.3.4) */
	DNS_TLSA_FIXED = 3, /* octets of TLSA data before the association's: usage, selector, matching (RFC 6698 2.1) */
};

/* Where in the packet a record's data lies. */
struct dns_rdata {
	uint16_t at, n; /* offset, octets */
};

struct dns_answer {
	const uint8_t *packet;
	const uint16_t *cname;         /* offsets of the chain's targets, in order */
	const struct dns_rdata *rdata; /* of the asked records */
	uint32_t ttl;                  /* seconds, smallest of chain and records; 0 without */
	uint16_t len;                  /* octets of packet */
	uint16_t id;
	uint16_t cname_count;
	uint16_t count;
	uint16_t opt_size;      /* where has_opt: the server takes datagrams of so many octets (RFC 6891 6.2.3) */
	uint16_t ede;           /* the first Extended DNS Error's code and 1 (RFC 8914 2); 0: there is none */
	enum dns_status status; /* NOERROR only with at least one record of the asked type at the chain's end */
	bool has_opt;           /* the server speaks EDNS */
	bool ad, tc;
	bool cname_loop; /* the chain came back to a name it had passed, or has over OBS_CNAME_MAX hops */
};

/* Room for what an answer points to. */
struct dns_answer_room {
	uint16_t cname[OBS_CNAME_MAX];
	struct dns_rdata rdata[DNS_RECORDS_MAX];
};

/* Read @packet as the answer to @type at @name (text, A-labels, no trailing dot).
 * Returns 0 and fills @answer, which points into @packet and @room; or -1: no DNS message, not a response, or another
 * question's. The caller compares the id. Records of other names than the chain's end are ignored, in whatever order
 * they come. Where the answer section is broken the status is ERROR, and TRUNCATED where TC is set and the
 * code is NOERROR or NXDOMAIN; neither has records. A failure code may come without the question. */
int dns_answer_parse(const uint8_t *packet, size_t len, struct span name, uint16_t type, struct dns_answer_room *room,
		     struct dns_answer *answer);

/* The answer with all that it points to, in @memory of dns_answer_size octets aligned for it. */
size_t dns_answer_size(const struct dns_answer *answer);
struct dns_answer *dns_answer_copy(const struct dns_answer *answer, void *memory);

/* "MX", "AAAA"; "?" for a type that is not above. */
const char *dns_type_name(unsigned type);

/* The response code of a packet of DNS_HEADER_SIZE octets at least, without what EDNS adds to it. */
enum { DNS_RCODE_FORMERR = 1 };
static inline unsigned dns_rcode(const uint8_t *packet)
{
	return packet[3] & 15u;
}

/* Its questions; a failure may come without. */
static inline unsigned dns_question_count(const uint8_t *packet)
{
	return (unsigned)(packet[4] << 8 | packet[5]);
}

static inline void dns_rcode_set(uint8_t *packet, unsigned rcode)
{
	packet[3] = (uint8_t)((packet[3] & 0xf0u) | rcode);
}

/* Is there more than fits (TC)? */
static inline bool dns_is_truncated(const uint8_t *packet)
{
	return packet[2] & 2u;
}

/* What a response code alone says (RFC 1035 4.1.1); ERROR for any other. */
enum dns_status dns_status_of_rcode(unsigned rcode);

/* The name at @offset as text, lower case, no trailing dot ("" for the root); labels' odd octets
 * are written \DDD (RFC 4343 2.1) and dots inside labels "\.". Returns its length or -1. */
enum { DNS_NAME_ESCAPED_MAX = DNS_NAME_TEXT_MAX * 4 };
int dns_name_text(const struct dns_answer *answer, size_t offset, char text[static DNS_NAME_ESCAPED_MAX]);

/* Join the strings of TXT RDATA @i into @out. Returns octets written, or -1 where they exceed @size
 * or the RDATA is malformed. */
long dns_txt_join(const struct dns_answer *answer, size_t i, char *out, size_t size);

/* Write a query with RD, AD (RFC 6840 5.7) and what @flags say. Returns its length, or -1 for a name that is no name;
 * "." is the root. @out needs DNS_QUERY_MAX octets. */
enum {
	DNS_QUERY_EDNS = 1,         /* an OPT record */
	DNS_QUERY_UNCHECKED = 0x10, /* CD, where the header has it: what does not validate, too (RFC 4035 3.2.2) */
};
enum { DNS_QUERY_MAX = DNS_HEADER_SIZE + DNS_NAME_WIRE_MAX + 4 + 11 }; /* type and class; OPT */
int dns_query_write(uint16_t id, struct span name, uint16_t type, unsigned flags, uint8_t out[static DNS_QUERY_MAX]);

#endif
