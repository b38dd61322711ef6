/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/world.h - what the answerer's internet publishes, worked out from a domain's name alone.
 *
 * No table, no state: any list of names works, and who knows the shares can work out what a scan must have
 * asked.
 */
#ifndef STSURVEY_BENCH_WORLD_H
#define STSURVEY_BENCH_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a thousand domains, how many … */
struct world_shares {
	unsigned nxdomain; /* … do not exist */
	unsigned sts;      /* … have a valid STS record and a policy host */
	unsigned tlsrpt;   /* … have a TLSRPT record */
	unsigned wildcard; /* … answer every TXT question with SPF */
};

#define WORLD_SHARES_DEFAULT ((struct world_shares){ .nxdomain = 50, .sts = 10, .tlsrpt = 20, .wildcard = 20 })

/* Who takes the mail, roughly as in a zone of a big TLD. */
enum world_mx {
	WORLD_MX_GOOGLE,     /* five records */
	WORLD_MX_GOOGLE_ONE, /* one record, Google's newer set-up */
	WORLD_MX_OUTLOOK,    /* one record with the domain in its name */
	WORLD_MX_OWN,        /* mail.<domain> */
	WORLD_MX_APEX,       /* the domain itself */
	WORLD_MX_HOSTER,     /* two records of one of some hundred hosters */
	WORLD_MX_NULL,       /* RFC 7505 */
	WORLD_MX_NONE,
};

struct world_domain {
	bool exists, sts, tlsrpt, wildcard;
	enum world_mx mx;
	uint32_t bits; /* for details: which hoster, which id */
};

/* A hash of the octets of a name in lower case; the same for text and for labels whose length octets were
 * taken as dots. */
uint64_t world_hash(const char *name, size_t n);

void world_look(const struct world_shares *shares, uint64_t hash, struct world_domain *domain);

#endif
