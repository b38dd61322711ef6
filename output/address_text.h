/* SPDX-License-Identifier: BSD-2-Clause */
/* output/address_text.h - an IP address as people write it. */
#ifndef STSURVEY_OUTPUT_ADDRESS_TEXT_H
#define STSURVEY_OUTPUT_ADDRESS_TEXT_H

#include "parsers/observation.h"

enum { ADDRESS_TEXT_MAX = 46 }; /* octets with NUL, INET6_ADDRSTRLEN */

/* Without brackets, port or zone. */
void address_text(const struct obs_address *address, char text[static ADDRESS_TEXT_MAX]);

#endif
