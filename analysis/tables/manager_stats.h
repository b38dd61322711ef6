/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/manager_stats.h - who manages what, of all domains: what components.csv and mx_tls.csv split by, and
 * providers.csv, managed.csv, inconsistency.csv, orphans.csv and concentration.csv print.
 *
 * While the domains are read, what their names tell is counted, and what depends on how many share a name is appended
 * to a text as rows (analysis/attribution/sharing.h). The caller puts the rows aside, and behind the last domain
 * manager_stats_finish counts them. Counts of several threads add up.
 */
#ifndef STSURVEY_ANALYSIS_TABLES_MANAGER_STATS_H
#define STSURVEY_ANALYSIS_TABLES_MANAGER_STATS_H

#include "analysis/attribution/sharing.h"
#include "analysis/tables/host_stats.h"
#include "analysis/tables/provider_list.h"
#include "output/csv.h"

/* What became of a policy that is delegated to a known host. */
enum orphan {
	ORPHAN_USABLE,
	ORPHAN_TARGET_GONE,  /* the name it leads to, or its addresses */
	ORPHAN_HTTP_403_404, /* the host knows no policy for the domain */
	ORPHAN_NAME,         /* its certificate does not name the domain's policy host */
	ORPHAN_OTHER,        /* another fault, or not known */
	ORPHAN_COUNT
};

/* Who runs the policy host and the MX. */
enum parties { PARTIES_SELF, PARTIES_SAME, PARTIES_DIFFERENT, PARTIES_UNKNOWN, PARTIES_COUNT };

struct manager_count {
	uint64_t domains, misconfigured;
};

/* Of domains with an STS record, but for the first two. */
struct manager_stats {
	uint64_t component[MANAGED_COUNT][COMPONENT_COUNT];         /* by who manages the policy host */
	uint64_t reason[MANAGED_COUNT][HOST_STATS_CELLS];           /* by who manages the most preferred MX */
	uint64_t managed[ROLE_COUNT][MANAGED_COUNT];                /* those that are known */
	struct manager_count way[ROLE_COUNT][ATTRIBUTION_SELF + 1]; /* none, unknown, self */
	struct manager_count known[ROLE_COUNT][PROVIDER_NAMES_MAX]; /* by the number of the provider */
	uint64_t orphan[PROVIDER_NAMES_MAX][ORPHAN_COUNT];
	uint64_t inconsistency[PARTIES_COUNT][MX_KIND_COUNT];
	uint64_t domains;                      /* all of them */
	struct provider_list list[ROLE_COUNT]; /* of manager_stats_finish, sorted: every name but none, unknown, self */
};

void manager_stats_init(struct manager_stats *stats);
void manager_stats_fini(struct manager_stats *stats);

/* One domain. @cell: that of host_stats_cell, or HOST_STATS_CELLS where its MX were not asked about. @rows: to be given
 * to sharing_take; NULL: nobody shares anything, and names that are not known are in no list. */
void manager_stats_add(struct manager_stats *stats, const struct observation *observation,
		       const struct classification *result, unsigned cell, struct text *rows);

/* Add another thread's, which is left as it was. Before manager_stats_finish. */
void manager_stats_merge(struct manager_stats *into, const struct manager_stats *from);

/* Count what was put aside; @sharing NULL: nothing. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int manager_stats_finish(struct manager_stats *stats, struct sharing *sharing,
							     const struct sharing_limits *limits, struct error *error);

/* Of @all that which is @managed so, MANAGED_COUNT: all; unclassified is what is neither. */
static inline uint64_t manager_stats_part(unsigned managed, uint64_t self, uint64_t third_party, uint64_t all)
{
	return managed == MANAGED_SELF          ? self
	       : managed == MANAGED_THIRD_PARTY ? third_party
	       : managed == MANAGED_COUNT       ? all
						: all - self - third_party;
}

/* Domains that have the part; those of which it is known, too, whose it is. */
uint64_t manager_stats_with(const struct manager_stats *stats, unsigned role);
uint64_t manager_stats_known(const struct manager_stats *stats, unsigned role);

/* What concentration.csv tells of, in this order: the share of the so many largest. */
enum { MANAGER_LARGEST = 3 };
extern const unsigned manager_largest[MANAGER_LARGEST];

extern const char *const orphan_names[ORPHAN_COUNT];
extern const char *const parties_names[PARTIES_COUNT];

#endif
