/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/attribution/attribution.h - who does what for one domain, role by role. Pure: from the names in its facts
 * alone, so that a name of the domain's own in front of somebody else's server counts as its own.
 *
 * In this order: a name below the domain's own registrable domain is its own; a suffix of provider.h tells the
 * provider; otherwise the name's registrable domain stands for whoever holds it, and how many domains share it
 * (sharing.h) says what that is.
 *
 *  - mailbox, filter, forwarding: from the most preferred MX. A filter is no mailbox, and neither is forwarding: what
 * is behind is unknown, unless another MX of the domain is a known mailbox's, or the domain's own.
 *  - record, policy-host: from the chain of aliases. A known provider anywhere on it counts, the first one; else its
 *    end. The names of one customer and of the service stand on it in either order.
 *  - platform: of the policy host, where its owner writes what lies there. It is named as policy-host, too.
 *  - dns: from the names of the name servers; reports: from the hosts of all rua of a valid TLSRPT record. The first
 *    known one, else the first that is not the domain's own.
 *  - mx: the registrable domain of the most preferred MX, whatever is known of it.
 */
#ifndef STSURVEY_ANALYSIS_ATTRIBUTION_ATTRIBUTION_H
#define STSURVEY_ANALYSIS_ATTRIBUTION_ATTRIBUTION_H

#include "analysis/attribution/provider.h"
#include "analysis/classify/classify.h"

/* In the order of providers.csv. */
enum attribution_role {
	ROLE_MAILBOX,
	ROLE_FILTER,
	ROLE_FORWARDING,
	ROLE_RECORD,
	ROLE_POLICY_HOST,
	ROLE_PLATFORM,
	ROLE_DNS,
	ROLE_REPORTS,
	ROLE_MX,
	ROLE_COUNT
};

/* How it is known. */
enum attribution_way {
	ATTRIBUTION_NONE,     /* the domain has no such part */
	ATTRIBUTION_UNKNOWN,  /* nobody asked, it could not be found out, or it does not show */
	ATTRIBUTION_SELF,     /* by the name */
	ATTRIBUTION_PROVIDER, /* by the suffix, which is of a service that others manage */
	ATTRIBUTION_PLATFORM, /* by the suffix, below which its users have what they put there */
	ATTRIBUTION_SHARED,   /* somebody else's name, and no more is known: see how many share it */
	ATTRIBUTION_WAYS
};

enum managed { MANAGED_SELF, MANAGED_THIRD_PARTY, MANAGED_UNCLASSIFIED, MANAGED_COUNT };

struct attributed {
	enum attribution_way way;
	/* As tables print it: the provider's name or a registrable domain; ATTRIBUTION_NAME_… for the first three ways.
	 * Part of the observation, or as long as the program. */
	struct span name;
	const struct provider *provider; /* NULL: not by the suffix */
};

struct attribution {
	struct attributed role[ROLE_COUNT];
};

#define ATTRIBUTION_NAME_NONE "(none)"
#define ATTRIBUTION_NAME_UNKNOWN "(unknown)"
#define ATTRIBUTION_NAME_SELF "self"

void attribution_of(const struct observation *observation, const struct classification *result,
		    struct attribution *attribution);

/* The four roles of mail alone, mailbox, filter, forwarding and mx: for the many domains without a record. */
void attribution_of_mail(const struct observation *observation, struct attribution *attribution);

/* Without looking at other domains: what is shared is unclassified. */
static inline enum managed attribution_managed(const struct attributed *attributed)
{
	switch (attributed->way) {
	case ATTRIBUTION_SELF:
	case ATTRIBUTION_PLATFORM:
		return MANAGED_SELF;
	case ATTRIBUTION_PROVIDER:
		return MANAGED_THIRD_PARTY;
	default:
		return MANAGED_UNCLASSIFIED;
	}
}

/* Do both have the same party behind them: one provider, one registrable domain, or the domain itself? Not known where
 * one of them is not. */
bool attribution_is_same(const struct attributed *a, const struct attributed *b);

static inline bool attribution_is_known(const struct attributed *attributed)
{
	return attributed->way > ATTRIBUTION_UNKNOWN;
}

extern const char *const attribution_role_names[ROLE_COUNT];
extern const char *const managed_names[MANAGED_COUNT];

#endif
