/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/stats.h - counts over any number of domains, in one pass: what the tables and the report print.
 *
 * Nothing is kept per domain; words (TLDs, providers) are bounded by the STATS_…_MAX below. What could not
 * be found out is counted as unknown, never as absent.
 */
#ifndef STSURVEY_ANALYSIS_TABLES_STATS_H
#define STSURVEY_ANALYSIS_TABLES_STATS_H

#include <stdint.h>

#include "analysis/classify/classify.h"
#include "analysis/pass/scan_headers.h"
#include "analysis/tables/direct_stats.h"
#include "analysis/tables/dnssec_stats.h"
#include "analysis/tables/host_stats.h"
#include "analysis/tables/manager_stats.h"
#include "analysis/senders/sender_judge.h"
#include "analysis/tables/tally.h"

enum {
	STATS_TLDS_MAX = 65536,         /* the root holds some 1,500; lists of anything may hold more */
	STATS_PROVIDERS_MAX = 262144,   /* registrable domains of report hosts that are kept apart */
	STATS_LABEL_VALUES_MAX = 65536, /* of each label; a registry has some thousands of registrars */
	STATS_THREAD_WORDS = 65536,     /* of a thread's own, some 150 octets each */
	STATS_RANK_BINS = 9,            /* unranked, 1 to 1,000, then decades up to 10^9, then the rest */
	STATS_AGE_BUCKETS = 8,
};

/* Counters of a part of the population: a TLD, a bin of ranks. */
enum stats_part {
	PART_DOMAINS,
	PART_WITH_MX,
	PART_STS,
	PART_MISCONFIGURED,
	PART_ENFORCE,
	PART_TLSRPT,
	PART_STS_WITH_MX,
	PART_TLSRPT_WITH_MX,
	PART_COUNT
};

/* overview.csv, in this order. */
enum stats_metric {
	METRIC_SCANNED,
	METRIC_COMPLETE,
	METRIC_UNKNOWN,
	METRIC_BLOCKLISTED,
	METRIC_ILLEGAL_INPUT,
	METRIC_NXDOMAIN,
	METRIC_WITH_MX,
	METRIC_NULL_MX,
	METRIC_STS_RECORD,
	METRIC_STS_VALID_RECORD,
	METRIC_POLICY_FETCHED,
	METRIC_POLICY_VALID,
	METRIC_POLICY_TOLERATED,
	METRIC_POLICY_USABLE,
	METRIC_MODE_ENFORCE, /* these three as in enum sts_mode */
	METRIC_MODE_TESTING,
	METRIC_MODE_NONE,
	METRIC_MISCONFIGURED,
	METRIC_DELIVERY_FAILURE,
	METRIC_DELIVERY_PARTIAL,
	METRIC_TLSRPT_RECORD,
	METRIC_TLSRPT_VALID,
	METRIC_STS_AND_TLSRPT,
	METRIC_COUNT
};

/* Stages whose outcomes are split by reason. */
enum stats_stage { STATS_STAGE_TLS, STATS_STAGE_HTTP, STATS_STAGE_SYNTAX, STATS_STAGE_COUNT };

/* A reason is the first finding that breaks (or, for syntax, is tolerated), or this. */
enum { STATS_REASON_OK = FINDING_COUNT, STATS_REASON_COUNT };

enum stats_scheme { SCHEME_MAILTO, SCHEME_HTTPS, SCHEME_BOTH, SCHEME_COUNT };

struct stats {
	uint64_t metric[METRIC_COUNT];
	uint64_t metric_with_mx[METRIC_COUNT]; /* of the domains with MX alone */
	uint64_t delivered_with_mx;            /* … whose policy is enforced, and with an MX that mail goes to */
	uint64_t finding[FINDING_COUNT];
	uint64_t component[COMPONENT_COUNT];
	uint64_t verdict[VERDICT_COUNT]; /* of domains with a component */
	uint64_t reason[STATS_STAGE_COUNT][STATS_REASON_COUNT];
	uint64_t age[STS_MODE_COUNT][STATS_AGE_BUCKETS]; /* of usable policies, whose mode is set */
	uint64_t mx_kind[MX_KIND_COUNT][STS_MODE_COUNT];
	uint64_t tlsrpt_state[RECORD_STATE_COUNT];
	uint64_t tlsrpt_scheme[SCHEME_COUNT]; /* of valid records */
	uint64_t rank[STATS_RANK_BINS][PART_COUNT];
	uint64_t sender[SENDER_PROFILE_COUNT][SENDER_OUTCOME_COUNT]; /* domains with an STS record */
	struct tally tld;                                            /* counters: enum stats_part */
	struct tally rua_host;                                       /* counter 0: valid TLSRPT records */
	/* by value of each of headers->label; counters: enum stats_part; a domain without a value under "" */
	struct tally label[OBS_LABEL_MAX];
	struct host_stats hosts;
	struct manager_stats managers;
	struct text *rows;                  /* where stats_add writes what manager_stats_add does; NULL: nowhere */
	const struct scan_headers *headers; /* of the files; never NULL */
	struct dnssec_stats dnssec;
	struct direct_stats direct;
	uint64_t holds;            /* a bit for each metric, of the domain that is being added */
	int64_t first_ms, last_ms; /* since 1970: when the first look was begun, and the last had ended */
};

void stats_init(struct stats *stats);

/* Ahead of the first domain: what the files are, and which labels they have. @headers live as long; without it, a whole
 * list without labels. */
void stats_set_headers(struct stats *stats, const struct scan_headers *headers);
void stats_fini(struct stats *stats);

/* Order the words, once, after the last was added; not the hosts, which mx_hosts.csv has in the order of the files. */
void stats_sort(struct stats *stats);

void stats_add(struct stats *stats, const struct observation *observation, const struct classification *result);

/* Add what @from has counted, and empty it. */
void stats_merge(struct stats *into, struct stats *from);

/* Has it so many words that it should be merged before the end? For one of several that each thread has. */
bool stats_is_large(const struct stats *stats);

/* Could all words be kept apart that should be, or was memory missing? */
bool stats_failed(const struct stats *stats);

/* The word of a domain in by_tld.csv. */
struct span stats_tld(const struct observation *observation);

/* What a domain counts for in each part of the population that it belongs to: a bit for each of enum stats_part. */
unsigned stats_parts_of(const struct observation *observation, const struct classification *result);
void stats_add_parts(uint64_t part[static PART_COUNT], unsigned parts);

/* Of a domain with an STS record, beside stats_add: judge and count what each sender does, which is left in @sender. */
void stats_add_senders(struct stats *stats, const struct observation *observation, const struct classification *result,
		       struct sender_result sender[static SENDER_PROFILE_COUNT]);

/* The word of a metric, and the metric it is a part of. */
struct stats_metric_info {
	const char *name;
	enum stats_metric of;
};

/* Policies with less than so many seconds, and not less than the bucket before. */
struct stats_age {
	uint64_t below;
	const char *name;
};

/* Bin 0 is the unranked, 0 to 0; the last has no end (0). */
struct stats_rank {
	uint64_t start, end;
};

extern const struct stats_metric_info stats_metrics[METRIC_COUNT];
extern const struct stats_age stats_ages[STATS_AGE_BUCKETS];
extern const struct stats_rank stats_ranks[STATS_RANK_BINS];

/* Of a mode that is set. */
static inline enum stats_metric stats_metric_of_mode(enum sts_mode mode)
{
	return (enum stats_metric)(METRIC_MODE_ENFORCE + mode - STS_MODE_ENFORCE);
}

const char *stats_reason_name(unsigned reason);

#endif
