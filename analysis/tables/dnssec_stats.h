/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/dnssec_stats.h - who signs with DNSSEC, crossed with who deploys what: dnssec.csv.
 *
 * Secure is what the resolver vouched for with the AD bit; it says as much as the resolver is worth.
 */
#ifndef STSURVEY_ANALYSIS_TABLES_DNSSEC_STATS_H
#define STSURVEY_ANALYSIS_TABLES_DNSSEC_STATS_H

#include <stdint.h>

#include "analysis/classify/classify.h"
#include "output/csv.h"

#define DNSSEC_TABLE_COLUMNS "question,ad,mx_ad,state,dane_state,domains"

enum dnssec_ad { DNSSEC_NOT_ASKED, DNSSEC_SECURE, DNSSEC_INSECURE, DNSSEC_BOGUS, DNSSEC_UNKNOWN, DNSSEC_AD_COUNT };

/* Domains by question, AD of its answer, AD of the MX answer, state of the record, DANE. */
struct dnssec_stats {
	uint64_t domains[TXT_QUESTIONS][DNSSEC_AD_COUNT][DNSSEC_AD_COUNT][RECORD_STATE_COUNT][DANE_STATE_COUNT];
};

void dnssec_stats_add(struct dnssec_stats *stats, const struct observation *observation,
		      const struct classification *result);

/* Add what @from counted. */
void dnssec_stats_merge(struct dnssec_stats *into, const struct dnssec_stats *from);

/* A row for each combination that a domain has. */
void dnssec_stats_write(struct csv *csv, const struct dnssec_stats *stats);

#endif
