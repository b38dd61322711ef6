/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/parsers/dns_packet.h - DNS packets, written octet by octet, so that a test says what it is about. */
#ifndef STSURVEY_TESTS_PARSERS_DNS_PACKET_H
#define STSURVEY_TESTS_PARSERS_DNS_PACKET_H

#include <stdint.h>
#include <string.h>

#include "parsers/dns_answer.h"

struct packet {
	uint8_t p[65536];
	size_t n;
};

enum { QR = 0x8000, TC = 0x0200, RD_RA = 0x0180, AD = 0x0020, TO_QUESTION = 0xc00c };

/* At most 4 octets carry a value; those in front of them are zero. */
static inline void put(struct packet *packet, unsigned value, unsigned octets)
{
	while (octets-- > 0)
		packet->p[packet->n++] = octets < 4 ? (uint8_t)(value >> 8 * octets) : 0;
}

/* One label of any octets. */
static inline void put_label(struct packet *packet, const char *label, size_t n)
{
	put(packet, (unsigned)n, 1);
	memcpy(packet->p + packet->n, label, n);
	packet->n += n;
}

/* Labels without the root. */
static inline void put_labels(struct packet *packet, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		put_label(packet, name, n);
		name += n + (name[n] == '.');
	}
}

static inline size_t put_name(struct packet *packet, const char *name)
{
	size_t at = packet->n;

	put_labels(packet, name);
	put(packet, 0, 1);
	return at;
}

static inline void begin(struct packet *packet, unsigned flags, const char *name, unsigned type)
{
	packet->n = 0;
	put(packet, 0x1234, 2);
	put(packet, QR | RD_RA | flags, 2);
	put(packet, name ? 1 : 0, 2);
	put(packet, 0, 2);
	put(packet, 0, 4);
	if (name) {
		put_name(packet, name);
		put(packet, type, 2);
		put(packet, 1, 2);
	}
}

enum section { ANSWER = 6, AUTHORITY = 8, ADDITIONAL = 10 };

static inline void count_in(struct packet *packet, enum section section)
{
	packet->p[section + 1]++;
	packet->p[section] = (uint8_t)(packet->p[section] + (packet->p[section + 1] == 0));
}

/* The owner stands already; returns where RDLENGTH is, for end_record. */
static inline size_t put_fixed(struct packet *packet, unsigned type, unsigned ttl)
{
	put(packet, type, 2);
	put(packet, 1, 2);
	put(packet, ttl, 4);
	put(packet, 0, 2);
	return packet->n - 2;
}

static inline void end_record(struct packet *packet, enum section section, size_t length_at)
{
	size_t length = packet->n - length_at - 2;

	packet->p[length_at] = (uint8_t)(length >> 8);
	packet->p[length_at + 1] = (uint8_t)length;
	count_in(packet, section);
}

static inline void put_owner(struct packet *packet, const char *owner)
{
	if (owner)
		put_name(packet, owner);
	else
		put(packet, TO_QUESTION, 2);
}

/* @owner NULL: the question's name, compressed. */
static inline void add_mx(struct packet *packet, const char *owner, unsigned ttl, unsigned preference,
			  const char *target)
{
	size_t at;

	put_owner(packet, owner);
	at = put_fixed(packet, DNS_TYPE_MX, ttl);
	put(packet, preference, 2);
	put_name(packet, target);
	end_record(packet, ANSWER, at);
}

static inline void add_cname(struct packet *packet, const char *owner, unsigned ttl, const char *target)
{
	size_t at;

	put_owner(packet, owner);
	at = put_fixed(packet, DNS_TYPE_CNAME, ttl);
	put_name(packet, target);
	end_record(packet, ANSWER, at);
}

static inline void add_raw(struct packet *packet, const char *owner, unsigned type, const char *rdata, size_t n)
{
	size_t at;

	put_owner(packet, owner);
	at = put_fixed(packet, type, 60);
	memcpy(packet->p + packet->n, rdata, n);
	packet->n += n;
	end_record(packet, ANSWER, at);
}

static inline void add_soa(struct packet *packet)
{
	size_t at;

	put_name(packet, "example");
	at = put_fixed(packet, DNS_TYPE_SOA, 900);
	put_name(packet, "ns.example");
	put_name(packet, "root.example");
	for (unsigned i = 0; i < 5; i++)
		put(packet, 1, 4);
	end_record(packet, AUTHORITY, at);
}

static inline void add_opt(struct packet *packet, unsigned extended_rcode)
{
	put(packet, 0, 1);
	put(packet, DNS_TYPE_OPT, 2);
	put(packet, 1232, 2);
	put(packet, extended_rcode << 24, 4);
	put(packet, 0, 2);
	count_in(packet, ADDITIONAL);
}

/* With options, octet by octet. */
static inline void add_opt_of(struct packet *packet, const char *options, size_t n)
{
	add_opt(packet, 0);
	packet->n -= 2;
	put(packet, (unsigned)n, 2);
	memcpy(packet->p + packet->n, options, n);
	packet->n += n;
}

#endif
