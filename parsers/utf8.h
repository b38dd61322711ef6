/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/utf8.h - characters out of octets (RFC 3629). */
#ifndef STSURVEY_PARSERS_UTF8_H
#define STSURVEY_PARSERS_UTF8_H

#include <stdint.h>

#include "parsers/span.h"

/* Octets of the character that @s, which is not empty, begins with; 0: malformed, overlong, a surrogate or cut. */
size_t utf8_length(struct span s);

/* Its code point, and its octets at *@n. Octets that are no UTF-8 are taken one by one for Windows-1252, as browsers
 * and mail programs do, so that *@n is never 0. */
uint32_t utf8_character(struct span s, size_t *n);

/* Is all of it UTF-8? */
bool utf8_is_valid(struct span s);

#endif
