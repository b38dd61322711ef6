/* analysis/tables/host_tables.h - the tables about MX hosts, from their counts (docs/tables.md). */
#ifndef STSURVEY_ANALYSIS_TABLES_HOST_TABLES_H
#define STSURVEY_ANALYSIS_TABLES_HOST_TABLES_H

#include "analysis/tables/host_stats.h"
#include "output/csv.h"

struct host_table {
	const char *name, *columns;
	void (*write)(struct csv *csv, const struct host_stats *stats);
};

enum { HOST_TABLES = 6 };
extern const struct host_table host_tables[HOST_TABLES];

/* mx_hosts.csv has a row for each host, in the order of the files: the hosts are too many to be sorted. */
#define HOST_TABLE_HOSTS "mx_hosts"
#define HOST_TABLE_HOSTS_COLUMNS "host,addresses,state,not_after,days_left,domains,enforce,testing,breaks"
void host_tables_host_row(struct csv *csv, struct host_stats *stats, const struct obs_host *host);

#endif
