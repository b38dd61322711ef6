/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/dns_message.h - names and records of a DNS message in the packet itself (RFC 1035 4.1), for who reads one.
 *
 * Nothing is decompressed: a name is its offset, and pointers are followed backwards only. Inline, as every answer goes
 * through here.
 */
#ifndef STSURVEY_PARSERS_DNS_MESSAGE_H
#define STSURVEY_PARSERS_DNS_MESSAGE_H

#include "parsers/dns_answer.h"

struct dns_message {
	const uint8_t *p;
	size_t n;
};

/* Bits of the header's second word, RFC 1035 4.1.1 and RFC 4035 3. */
enum {
	DNS_HEAD_QR = 0x8000,
	DNS_HEAD_OPCODE = 0x7800,
	DNS_HEAD_AA = 0x0400,
	DNS_HEAD_TC = 0x0200,
	DNS_HEAD_RD = 0x0100,
	DNS_HEAD_AD = 0x0020,
	DNS_HEAD_RCODE = 0x000f
};

enum {
	DNS_CLASS_IN = 1,
	DNS_RECORD_FIXED = 10, /* octets of type, class, TTL, RDLENGTH: RFC 1035 4.1.3 */
	DNS_SOA_FIXED = 20,    /* of the five numbers behind an SOA's names: RFC 1035 3.3.13 */
};

struct dns_record {
	size_t owner, rdata; /* offsets */
	uint32_t ttl;
	uint16_t type, class, rdata_len;
};

static inline uint16_t dns_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t dns_get32(const uint8_t *p)
{
	return (uint32_t)dns_get16(p) << 16 | dns_get16(p + 2);
}

/* Follow pointers at @at down to a label or the root. A pointer must lead to before the labels it ends (@*floor), so
 * that the walk ends whatever the packet says (RFC 1035 4.1.4: "a prior occurrence"). Returns the offset, or 0:
 * malformed. */
static inline size_t dns_name_follow(struct dns_message m, size_t at, size_t *floor)
{
	while (at < m.n && m.p[at] >= 0xc0) {
		size_t target;

		if (m.n - at < 2)
			return 0;
		target = dns_get16(m.p + at) & 0x3fff;
		if (target >= *floor || target < DNS_HEADER_SIZE)
			return 0;
		*floor = at = target;
	}
	if (at >= m.n || m.p[at] > DOMAIN_LABEL_MAX || m.n - at < 1u + m.p[at])
		return 0;
	return at;
}

/* Offset behind the name at @at as it stands in the packet, or 0. */
static inline size_t dns_name_end(struct dns_message m, size_t at)
{
	while (at < m.n) {
		uint8_t length = m.p[at];

		if (length == 0)
			return at + 1;
		if (length >= 0xc0)
			return m.n - at >= 2 ? at + 2 : 0;
		if (length > DOMAIN_LABEL_MAX)
			return 0;
		at += 1u + length;
	}
	return 0;
}

/* Octets of the name at @at, pointers followed, with the root; 0: there is no whole name. */
static inline size_t dns_name_size(struct dns_message m, size_t at)
{
	size_t floor = at, size = 0;

	for (;;) {
		at = dns_name_follow(m, at, &floor);
		if (at == 0)
			return 0;
		size += 1u + m.p[at];
		if (size > DNS_NAME_WIRE_MAX)
			return 0;
		if (m.p[at] == 0)
			return size;
		at += 1u + m.p[at];
	}
}

static inline bool dns_name_is_whole(struct dns_message m, size_t at)
{
	return dns_name_size(m, at) > 0;
}

/* Without regard to ASCII case. */
static inline bool dns_octets_equal(const uint8_t *a, const uint8_t *b, size_t n)
{
	if (memcmp(a, b, n) == 0) /* as a rule */
		return true;
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i] && ascii_lower((char)a[i]) != ascii_lower((char)b[i]))
			return false;
	return true;
}

/* Both names are whole. Where compression makes them share a tail, nothing is left to compare. */
static inline bool dns_name_equal(struct dns_message m, size_t a, size_t b)
{
	size_t floor_a = a, floor_b = b;

	for (;;) {
		a = dns_name_follow(m, a, &floor_a);
		b = dns_name_follow(m, b, &floor_b);
		if (a == b)
			return true;
		if (m.p[a] != m.p[b] || !dns_octets_equal(m.p + a + 1, m.p + b + 1, m.p[a]))
			return false;
		if (m.p[a] == 0)
			return true;
		a += 1u + m.p[a];
		b += 1u + m.p[b];
	}
}

/* Read the record at *@at and step over it. Its owner need not be whole. */
static inline bool dns_record_next(struct dns_message m, size_t *at, struct dns_record *record)
{
	size_t fixed = dns_name_end(m, *at);
	uint32_t ttl;

	if (fixed == 0 || m.n - fixed < DNS_RECORD_FIXED)
		return false;
	record->owner = *at;
	record->type = dns_get16(m.p + fixed);
	record->class = dns_get16(m.p + fixed + 2);
	ttl = dns_get32(m.p + fixed + 4);
	record->ttl = ttl > INT32_MAX ? 0 : ttl; /* RFC 2181 8 */
	record->rdata_len = dns_get16(m.p + fixed + 8);
	record->rdata = fixed + DNS_RECORD_FIXED;
	if (m.n - record->rdata < record->rdata_len)
		return false;
	*at = record->rdata + record->rdata_len;
	return true;
}

/* A name that fills the RDATA from @skip on. */
static inline bool dns_rdata_is_name(struct dns_message m, const struct dns_record *record, size_t skip)
{
	size_t at = record->rdata + skip;

	return record->rdata_len > skip && dns_name_end(m, at) == record->rdata + record->rdata_len &&
	       dns_name_is_whole(m, at);
}

/* RFC 1035 3.3.14: one or more strings, exactly filling the RDATA. */
static inline bool dns_rdata_is_txt(struct dns_message m, const struct dns_record *record)
{
	size_t at = record->rdata, end = at + record->rdata_len;

	while (at < end)
		at += 1u + m.p[at];
	return record->rdata_len > 0 && at == end;
}

/* RFC 1035 3.3.13: two names, and five numbers of 4 octets. */
static inline bool dns_rdata_is_soa(struct dns_message m, const struct dns_record *record)
{
	size_t responsible = dns_name_end(m, record->rdata), end = responsible > 0 ? dns_name_end(m, responsible) : 0;

	return end > 0 && end + DNS_SOA_FIXED == record->rdata + record->rdata_len &&
	       dns_name_is_whole(m, record->rdata) && dns_name_is_whole(m, responsible);
}

/* Is its data what its type has? True for a type that is not known. */
static inline bool dns_rdata_is_whole(struct dns_message m, const struct dns_record *record)
{
	switch (record->type) {
	case DNS_TYPE_A:
		return record->rdata_len == 4;
	case DNS_TYPE_AAAA:
		return record->rdata_len == 16;
	case DNS_TYPE_CNAME:
	case DNS_TYPE_DNAME:
	case DNS_TYPE_NS:
	case DNS_TYPE_PTR:
		return dns_rdata_is_name(m, record, 0);
	case DNS_TYPE_MX:
		return dns_rdata_is_name(m, record, 2);
	case DNS_TYPE_TXT:
		return dns_rdata_is_txt(m, record);
	case DNS_TYPE_SOA:
		return dns_rdata_is_soa(m, record);
	case DNS_TYPE_TLSA:
		return record->rdata_len >= DNS_TLSA_FIXED; /* no data at all is data that matches nothing */
	default:
		return true;
	}
}

/* What an OPT record says: octets of a datagram, and the upper octet of the response code (RFC 6891 6.1.3). */
static inline uint16_t dns_opt_size(struct dns_message m, const struct dns_record *opt)
{
	return dns_get16(m.p + opt->rdata - 8);
}

static inline unsigned dns_opt_rcode(struct dns_message m, const struct dns_record *opt)
{
	return m.p[opt->rdata - 6];
}

#endif
