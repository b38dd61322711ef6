/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/page/page.h - the sections of the page, in the order a reader asks: better or worse, how many, what breaks,
 * whose, and last how it was measured.
 *
 * Each shows what stats counted, as the tables have it, with these tables as data behind its links; report.c has the
 * list of them, with what must be there for each.
 */
#ifndef STSURVEY_ANALYSIS_PAGE_PAGE_H
#define STSURVEY_ANALYSIS_PAGE_PAGE_H

#include "analysis/drift/diff_count.h"
#include "analysis/page/html.h"
#include "analysis/page/scan_facts.h"
#include "analysis/tables/stats.h"

enum {
	PAGE_FINDINGS_MAX = 20, /* of each severity, the most frequent; the rest is in findings.csv */
	PAGE_REASONS_MAX = 8,   /* of each stage */
	PAGE_CHANGES_MAX = 10,
	PAGE_PROVIDERS_MAX = 10, /* of each role */
	PAGE_TLDS_MAX = 20,
	PAGE_GROUPS_MAX = 30, /* values of a label */
	PAGE_HOSTS_MAX = 20,
	PAGE_DATES_MAX = 12,
	PAGE_CSV_MAX = 64 * 1024, /* octets of a table within the page: its largest rows; `stats` writes all of it */
};

/* What one scan, of any number of files, came to. */
struct page_scan {
	struct sharing *sharing; /* while it is counted */
	struct error error;      /* why rows could not be put aside; "": they could */
	struct stats stats;      /* sorted */
	struct scan_facts facts;
	uint64_t hosts;      /* mail servers that something is known of */
	unsigned incomplete; /* files that hold a part of what they should */
};

struct page {
	struct html html;
	const char *title;
	struct sharing_limits limits; /* who is a third party */
	const struct page_scan *scan;
	const struct page_scan *previous; /* NULL: none */
	/* both scans laid side by side, domain by domain; NULL: they cannot be */
	const struct diff_counts *drift;
	double drift_sample; /* the share of the list that was compared; 0: all of it */
};

/* Links to the tables @names, separated by blanks, as they stand in the files of `stats`. */
void page_data(struct page *page, const char *names);

void page_head(struct page *page); /* title, who, which list, when; better or worse; the result */
void page_trend_headline(struct page *page);

void page_funnel(struct page *page);
void page_adoption(struct page *page);
void page_breaks(struct page *page);
void page_findings(struct page *page);
void page_policies(struct page *page);
void page_managed(struct page *page);
void page_providers(struct page *page);
void page_labels(struct page *page);
void page_trend(struct page *page);
void page_senders(struct page *page);
void page_hosts(struct page *page);
void page_dnssec(struct page *page);
void page_direct(struct page *page);
void page_method(struct page *page);

#endif
