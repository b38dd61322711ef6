/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/host_tables.h - the tables about MX hosts, from their counts (docs/tables.md). */
#ifndef STSURVEY_ANALYSIS_TABLES_HOST_TABLES_H
#define STSURVEY_ANALYSIS_TABLES_HOST_TABLES_H

#include "analysis/tables/stats.h"
#include "output/csv.h"

void host_tables_dane(struct csv *csv, const struct stats *stats);
void host_tables_delivery(struct csv *csv, const struct stats *stats);
void host_tables_interplay(struct csv *csv, const struct stats *stats);
void host_tables_expiry(struct csv *csv, const struct stats *stats);
void host_tables_first_break(struct csv *csv, const struct stats *stats);

/* mx_tls.csv is split by who manages the most preferred MX. */
#define HOST_TABLE_MX_TLS_COLUMNS "managed,reason,mode,extent,domains,of,share"
void host_tables_mx_tls(struct csv *csv, const char *managed, const uint64_t reason[static HOST_STATS_CELLS]);

/* mx_hosts.csv has a row for each host, in the order of the files: the hosts are too many to be sorted. */
#define HOST_TABLE_HOSTS "mx_hosts"
#define HOST_TABLE_HOSTS_COLUMNS "host,addresses,state,not_after,days_left,domains,enforce,testing,breaks"
void host_tables_host_row(struct csv *csv, struct host_stats *stats, const struct obs_host *host);

#endif
