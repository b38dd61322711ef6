/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/host_stats.h - counts about MX hosts, and about the domains whose hosts were probed: what mx_tls.csv,
 * mx_hosts.csv, dane.csv, delivery.csv, interplay.csv, expiry.csv and first_break.csv print.
 *
 * The population is the domains with MX whose hosts are joined. Hosts are known by name; beyond HOST_STATS_HOSTS_MAX
 * they share a row.
 */
#ifndef STSURVEY_ANALYSIS_TABLES_HOST_STATS_H
#define STSURVEY_ANALYSIS_TABLES_HOST_STATS_H

#include <stdint.h>

#include "analysis/classify/classify.h"
#include "analysis/tables/tally.h"

enum {
	HOST_STATS_HOSTS_MAX = 4 * 1024 * 1024, /* some 150 octets each; a survey of .com names about a million */
	HOST_STATS_DATES_MAX = 65536,           /* days on which something ends: 180 years of them */
	HOST_STATS_BUCKETS = 9,
};

/* Why a domain's MX do not do what MTA-STS asks: the finding with the lowest number of those that fail, or these. */
enum { MX_REASON_OK = FINDING_COUNT, MX_REASON_UNKNOWN, MX_REASON_COUNT };

enum mx_extent { EXTENT_ALL, EXTENT_SOME, EXTENT_COUNT };

/* Reason, mode and extent in one number, in this order, the last the fastest. */
enum { HOST_STATS_CELLS = MX_REASON_COUNT * STS_MODE_COUNT * EXTENT_COUNT };

/* Counters of a host. */
enum host_counter {
	HOST_DOMAINS, /* that name it */
	HOST_ENFORCE, /* … with a usable policy of that mode */
	HOST_TESTING,
	HOST_BREAKS, /* domains whose enforced policy leaves no MX if it fails */
	HOST_COUNTERS
};

enum expiry_role { EXPIRY_POLICY_HOST, EXPIRY_MX, EXPIRY_ROLE_COUNT };

struct host_expiry {
	uint64_t hosts, domains;
};

struct host_stats {
	uint64_t population;
	/* by cell; mode: enum sts_mode of the usable policy, STS_MODE_UNSET without one */
	uint64_t reason[HOST_STATS_CELLS];
	uint64_t dane[DANE_STATE_COUNT], delivery[DELIVERY_COUNT];
	uint64_t interplay[VERDICT_COUNT][DANE_STATE_COUNT];
	struct host_expiry expiry[EXPIRY_ROLE_COUNT][HOST_STATS_BUCKETS];
	struct tally host;        /* counters: enum host_counter */
	struct tally first_break; /* by date; counter 0: domains */
};

void host_stats_init(struct host_stats *stats);
void host_stats_fini(struct host_stats *stats);

/* Add what @from has counted, before host_stats_add_host. */
void host_stats_merge(struct host_stats *into, const struct host_stats *from);

/* One domain, whether its hosts were probed or not. */
void host_stats_add(struct host_stats *stats, const struct observation *observation,
		    const struct classification *result);

static inline unsigned host_stats_cell_of(unsigned reason, unsigned mode, unsigned extent)
{
	return (reason * STS_MODE_COUNT + mode) * EXTENT_COUNT + extent;
}

/* Where a domain stands in `reason`; HOST_STATS_CELLS: none of its MX was looked at. */
unsigned host_stats_cell(const struct observation *observation, const struct classification *result);

/* One host, after all domains were added. */
void host_stats_add_host(struct host_stats *stats, const struct obs_host *host);

/* Certificates with less than so many whole days left, and not less than the bucket before; the first has ended. */
struct host_stats_bucket {
	int64_t below;
	const char *name;
};

extern const struct host_stats_bucket host_stats_buckets[HOST_STATS_BUCKETS];

/* Of a certificate with so many days left. */
unsigned host_stats_bucket(int64_t days);

extern const char *const mx_extent_names[EXTENT_COUNT];
extern const char *const expiry_role_names[EXPIRY_ROLE_COUNT];

/* "ok", "unknown", or the finding's code. */
const char *host_stats_reason_name(unsigned reason);

/* The leaf of the connection that decides (classify_host_probe); NULL: no handshake got so far. */
const struct obs_certificate *host_stats_leaf(const struct obs_host *host);

#endif
