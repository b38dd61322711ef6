/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/fake/dns_build.h - DNS messages made to order, the broken ones too (RFC 1035 4.1).
 *
 * Names are text; "\DDD" is one octet and "\." a dot inside a label. Owners that are the question's name are
 * compressed, all others written out. What does not fit sets `failed` and is left out.
 */
#ifndef STSURVEY_TESTS_FAKE_DNS_BUILD_H
#define STSURVEY_TESTS_FAKE_DNS_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parsers/span.h"

enum {
	DNS_BUILD_MAX = 65535,
	DNS_BUILD_NAME_MAX = 512, /* octets of a name on the wire; above 255, so that too long ones can be made */
	DNS_FLAG_QR = 0x8000,
	DNS_FLAG_TC = 0x0200,
	DNS_FLAG_RD = 0x0100,
	DNS_FLAG_RA = 0x0080,
	DNS_FLAG_AD = 0x0020,
};

struct dns_build {
	uint8_t octet[DNS_BUILD_MAX];
	size_t n;
	bool failed;
	char question[DNS_BUILD_NAME_MAX];
};

/* A header without any record; @flags holds the rcode too. */
void dns_build_begin(struct dns_build *build, uint16_t id, unsigned flags);
void dns_build_question(struct dns_build *build, struct span name, uint16_t type);

/* Records of the answer section; call in any order after the question. TXT: one string of up to 255 octets
 * each. */
void dns_build_record(struct dns_build *build, struct span owner, uint16_t type, uint32_t ttl, const void *rdata,
		      size_t size);
void dns_build_name_record(struct dns_build *build, struct span owner, uint16_t type, uint32_t ttl, struct span target);
void dns_build_mx(struct dns_build *build, struct span owner, uint32_t ttl, uint16_t preference, struct span target);
void dns_build_txt(struct dns_build *build, struct span owner, uint32_t ttl, const struct span *string, size_t strings);

/* An OPT record (RFC 6891 6.1.1); the last one. */
void dns_build_opt(struct dns_build *build);

/* One that says why it failed: @code of RFC 8914. */
void dns_build_ede(struct dns_build *build, uint16_t code);

/* @name on the wire; returns its octets, 0 for what is no name at all. */
size_t dns_build_name(struct span name, uint8_t out[static DNS_BUILD_NAME_MAX]);

/* "MX" → 15; 0 for a word that is none of those a survey meets. */
uint16_t dns_build_type(struct span word);

#endif
