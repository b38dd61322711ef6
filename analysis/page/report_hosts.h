/* analysis/page/report_hosts.h - the report's section about MX hosts, where any were probed. */
#ifndef STSURVEY_ANALYSIS_PAGE_REPORT_HOSTS_H
#define STSURVEY_ANALYSIS_PAGE_REPORT_HOSTS_H

#include "analysis/tables/host_stats.h"
#include "analysis/page/html.h"

/* Sorts what @stats counts. */
void report_hosts_show(struct html *html, struct host_stats *stats);

#endif
