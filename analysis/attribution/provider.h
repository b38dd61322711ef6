/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/attribution/provider.h - who runs what has a name that ends so: datasets/providers.csv, compiled in.
 *
 * The longest suffix on label boundaries counts: evilpphosted.com is not below pphosted.com. A `*` in a suffix stands
 * for one part of one label: awsdns-*.com. It is asked before the registrable domain, which would split one platform
 * into its users, and throw together what one domain holds for several products.
 */
#ifndef STSURVEY_ANALYSIS_ATTRIBUTION_PROVIDER_H
#define STSURVEY_ANALYSIS_ATTRIBUTION_PROVIDER_H

#include "parsers/span.h"

/* What the hosts below a suffix do. */
enum provider_kind {
	PROVIDER_MAILBOX,
	PROVIDER_FILTER,         /* in front of somebody else's mailboxes */
	PROVIDER_FORWARDING,     /* likewise, or to a program */
	PROVIDER_POLICY_HOSTING, /* records and policies for customers, who do not write them */
	PROVIDER_PLATFORM,       /* what its owner puts there: pages, workers, CDNs */
	PROVIDER_DNS,
	PROVIDER_REPORTS,
	PROVIDER_KINDS
};

enum { PROVIDER_NAMES_MAX = 512 }; /* some 180 are there */

/* Sets of kinds. */
#define PROVIDER_BIT(kind) (1u << (kind))
enum {
	PROVIDER_MAIL = PROVIDER_BIT(PROVIDER_MAILBOX) | PROVIDER_BIT(PROVIDER_FILTER) |
			PROVIDER_BIT(PROVIDER_FORWARDING),
	PROVIDER_POLICY = PROVIDER_BIT(PROVIDER_POLICY_HOSTING) | PROVIDER_BIT(PROVIDER_PLATFORM),
};

struct provider {
	const char *name;
	unsigned number; /* of the name, from 0: several suffixes share one */
	enum provider_kind kind;
	const char *suffix;
};

/* The provider of @host among those of @kinds; NULL: none is known. ASCII case and one trailing dot are ignored. */
const struct provider *provider_find(struct span host, unsigned kinds);

/* The names, in order. */
unsigned provider_count(void);
const char *provider_name(unsigned number);

#endif
