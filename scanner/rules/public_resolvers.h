/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/rules/public_resolvers.h - resolvers that serve everybody (datasets/public_resolvers.csv). They are built for
 * people: each limits what one client may ask, and what is above the limit is lost, refused or answered SERVFAIL.
 */
#ifndef STSURVEY_SCANNER_RULES_PUBLIC_RESOLVERS_H
#define STSURVEY_SCANNER_RULES_PUBLIC_RESOLVERS_H

#include "parsers/observation.h"

/* Questions a second that none of them minds: Google's limit for one client, the highest that is published, is 1,000 to
 * 1,500, and others are lower. docs/before-you-scan.md names it, too. A macro, for --help to say it. */
#define PUBLIC_RESOLVER_RATE 300

/* Who operates the public resolver at @address, also where it is written as an IPv6 address that holds it; NULL: it is
 * none we know of. */
const char *public_resolver_operator(const struct obs_address *address);

#endif
