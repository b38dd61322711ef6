/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/domain.h - domain names as text.
 *
 * One syntax for names that are looked up (letters, digits, hyphens, underscores; RFC 1035
 * 2.3.4 lengths, RFC 8499) and a stricter one for host names (RFC 1123 2.1, RFC 5321 2.3.5).
 */
#ifndef STSURVEY_PARSERS_DOMAIN_H
#define STSURVEY_PARSERS_DOMAIN_H

#include <stdbool.h>

#include "parsers/span.h"

enum {
	DOMAIN_LABEL_MAX = 63, /* octets, RFC 1035 2.3.4 */
	DOMAIN_NAME_MAX = 253, /* octets as text without the trailing dot */
};

/* A name we can ask DNS for: 1..253 octets, labels of 1..63 letters, digits, `-`, `_`; hyphens not
 * at a label's ends; no trailing dot; not an IPv4 address. Single labels are accepted. */
bool domain_is_name(struct span name);

/* RFC 5321 Domain: as above without underscores. */
bool domain_is_host(struct span name);

/* RFC 5321 5.1: what an MX may name. A host as above that others may look for. */
bool domain_is_mail_host(struct span name);

/* "0.0.0.0" to "255.255.255.255" */
bool domain_is_ipv4(struct span name);

/* The part behind the first dot; empty without one. */
struct span domain_parent(struct span name);

/* The right-most label. */
struct span domain_tld(struct span name);

/* Is @name equal to @ancestor or below it? Ignores ASCII case. */
bool domain_is_below(struct span name, struct span ancestor);

/* Is @host a name that @pattern stands for: an MX of a policy (RFC 8461 4.1), a name of a certificate (RFC 6125 6.4,
 * RFC 8461 3.3)? @pattern is a name or "*." and a name; `*` stands for exactly one whole left-most label. ASCII case is
 * ignored; one trailing dot of @host is dropped first. A malformed pattern matches nothing. */
bool domain_matches(struct span pattern, struct span host);

/* @label, its dot included, in front of @domain: written to @text, which has room for both. */
static inline struct span domain_join(struct span label, struct span domain, char *text)
{
	memcpy(text, label.p, label.n);
	memcpy(text + label.n, domain.p, domain.n);
	return (struct span){ text, label.n + domain.n };
}

#endif
