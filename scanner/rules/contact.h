/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/rules/contact.h - which addresses a survey may contact: those that are reachable from anywhere, and those of
 * --allow-reserved, for a lab; never one of --blocklist-file.
 */
#ifndef STSURVEY_SCANNER_RULES_CONTACT_H
#define STSURVEY_SCANNER_RULES_CONTACT_H

#include "parsers/observation.h"
#include "scanner/rules/cidr_set.h"

enum contact_verdict { CONTACT_ALLOWED, CONTACT_RESERVED, CONTACT_BLOCKLISTED };

/* The one question asked before any packet leaves for @address. Sets may be NULL. @blocklist goes before @allow, also
 * where it names the IPv4 address that @address holds (address_embeds). */
enum contact_verdict contact_check(const struct obs_address *address, const struct cidr_set *allow,
				   const struct cidr_set *blocklist);

#endif
