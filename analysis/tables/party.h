/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/party.h - who is responsible for a broken domain, and what the file with the text to them is called.
 */
#ifndef STSURVEY_ANALYSIS_TABLES_PARTY_H
#define STSURVEY_ANALYSIS_TABLES_PARTY_H

#include "analysis/tables/contact.h"

enum party_by { PARTY_BY_DOMAIN, PARTY_BY_LABEL, PARTY_BY_PROVIDER };

struct party {
	struct span name; /* part of the observation or of the program; a label's value may be empty */
	struct contact contact;
};

/* The domain itself. */
void party_of_domain(struct party *party, const struct observation *observation, const struct classification *result);

/* Whoever holds the broken step (analysis/attribution/attribution.h): the provider of the record's alias; of the policy
 * host, also where the policy lists other MX than there are; of the first MX that fails. The domain's own registrable
 * domain, where that is itself, nobody, or a platform, whose users write what lies there. Of somebody known by a domain
 * alone it is that, with its postmaster; of a known provider there is no address. */
void party_of_provider(struct party *party, const struct observation *observation, const struct classification *result);

/* A name of a file for a party: small letters, digits, dots, hyphens and underscores, no dot or hyphen in front. Where
 * that is not the name itself a hash of it stands behind, so that two parties never share a file. */
enum { PARTY_FILE_NAME_MAX = 160 }; /* octets with NUL */
void party_file_name(struct span name, char file[static PARTY_FILE_NAME_MAX]);

#endif
