/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/contact.h - whom to write to about a domain, and what it should do.
 *
 * The address of a TLSRPT record is a machine as a rule, of a service that many domains report to. So it is written to
 * only where it is in the domain's own registrable domain; else postmaster, whom each domain with mail must have (RFC
 * 5321 4.5.1).
 */
#ifndef STSURVEY_ANALYSIS_TABLES_CONTACT_H
#define STSURVEY_ANALYSIS_TABLES_CONTACT_H

#include "analysis/classify/classify.h"
#include "output/text.h"
#include "parsers/domain.h"

enum {
	CONTACT_LOCAL_MAX = 64,                                        /* octets, RFC 5321 4.5.3.1.1 */
	CONTACT_ADDRESS_MAX = CONTACT_LOCAL_MAX + 1 + DOMAIN_NAME_MAX, /* octets */
};

enum contact_kind {
	CONTACT_NONE, /* it takes no mail, and names no address that does: nothing could be delivered */
	CONTACT_POSTMASTER,
	CONTACT_TLSRPT,
	CONTACT_KIND_COUNT
};

struct contact {
	enum contact_kind kind;
	size_t n; /* octets of address; 0 where there is none */
	char address[CONTACT_ADDRESS_MAX];
};

extern const char *const contact_kind_names[CONTACT_KIND_COUNT];

/* Of a domain that was surveyed. The address is letters, digits and -._+= in front of the @, and a host name. */
void contact_of(const struct observation *observation, const struct classification *result, struct contact *contact);

/* The finding to begin with: the first error of the stage that breaks; FINDING_COUNT: there is none. */
enum finding contact_finding(const struct classification *result);

/* The first MX that has it, in order of preference; empty: it is of none. */
struct span contact_host(const struct observation *observation, const struct classification *result,
			 enum finding finding);

/* What to do about that, as one sentence with the domain's names in it; nothing where there is none. */
void contact_put_advice(struct text *out, const struct observation *observation, const struct classification *result);

#endif
