/* parsers/mx_match.h - does an MX host name match an mx pattern (RFC 8461 4.1)? The same rule
 * serves certificates: a SAN dNSName matches a host as a pattern does (RFC 6125 6.4, RFC 8461 3.3).
 */
#ifndef STSURVEY_PARSERS_MX_MATCH_H
#define STSURVEY_PARSERS_MX_MATCH_H

#include <stdbool.h>

#include "parsers/span.h"

/* @pattern is a name or "*." and a name; `*` stands for exactly one whole left-most label.
 * ASCII case is ignored; one trailing dot of @host is dropped first. A malformed pattern matches nothing. */
bool mx_match(struct span pattern, struct span host);

#endif
