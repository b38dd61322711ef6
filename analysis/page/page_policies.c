/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/page/page.h"

static void put_modes(struct html *html, const struct stats *stats)
{
	static const char *const label[] = { "enforce: refuse where it fails", "testing: deliver, and report",
					     "none: switched off" };
	uint64_t of = stats->metric[METRIC_POLICY_USABLE], most = 0;

	for (unsigned m = STS_MODE_ENFORCE; m <= STS_MODE_NONE; m++) {
		uint64_t domains = stats->metric[stats_metric_of_mode((enum sts_mode)m)];

		most = domains > most ? domains : most;
	}
	html_chart(html, "Usable policies by mode. Shares are of all usable policies.", "mode|#domains|#share",
		   HTML_SHARES, html_ratio(most, of));
	for (unsigned m = STS_MODE_ENFORCE; m <= STS_MODE_NONE; m++)
		html_bar_row(html, label[m - STS_MODE_ENFORCE], stats->metric[stats_metric_of_mode((enum sts_mode)m)],
			     of);
}

/* Of a bucket, or a kind: enforce, testing, none. */
static void put_split(struct html *html, const char *label, const uint64_t domains[static 3])
{
	const double part[] = { (double)domains[0], (double)domains[1], (double)domains[2] };

	html_name_begin(html);
	html_string(html, label);
	html_name_end(html);
	for (unsigned m = 0; m < 3; m++)
		html_cell_number(html, domains[m]);
	html_bar(html, part, COUNT_OF(part));
}

#define KEY                                                                                                            \
	"<span class=\"key\"></span> enforce, <span class=\"key b\"></span> testing, <span class=\"key c\"></span> "   \
	"none"

static void put_ages(struct html *html, const struct stats *stats)
{
	double most = 0;

	for (unsigned b = 0; b < STATS_AGE_BUCKETS; b++) {
		double sum = 0;

		for (unsigned m = STS_MODE_ENFORCE; m <= STS_MODE_NONE; m++)
			sum += (double)stats->age[m][b];
		most = sum > most ? sum : most;
	}
	html_chart(html,
		   "Usable policies by max_age, how long a sender keeps them, in domains: " KEY
		   ". RFC 8461 expects weeks or more.",
		   "max_age|#enforce|#testing|#none", HTML_COUNTS, most);
	for (unsigned b = 0; b < STATS_AGE_BUCKETS; b++) {
		const uint64_t domains[] = { stats->age[STS_MODE_ENFORCE][b], stats->age[STS_MODE_TESTING][b],
					     stats->age[STS_MODE_NONE][b] };

		put_split(html, stats_ages[b].name, domains);
	}
}

static void put_kinds(struct html *html, const struct stats *stats)
{
	static const char *const label[MX_KIND_COUNT] = {
		[MX_KIND_MATCH] = "every MX matches",
		[MX_KIND_TLD] = "only the public suffix differs",
		[MX_KIND_DOMAIN] = "another domain",
		[MX_KIND_LABEL] = "same registrable domain, other host",
		[MX_KIND_STS_LABEL] = "the pattern names the policy host",
		[MX_KIND_TYPO] = "a slip of the keyboard",
	};
	double most = 0;

	for (unsigned k = 0; k < MX_KIND_COUNT; k++) {
		double sum = 0;

		for (unsigned m = STS_MODE_ENFORCE; m <= STS_MODE_NONE; m++)
			sum += (double)stats->mx_kind[k][m];
		most = sum > most ? sum : most;
	}
	html_chart(html,
		   "MX against the patterns of usable policies, by the worst MX of each domain, in domains: " KEY ".",
		   "worst MX|#enforce|#testing|#none", HTML_COUNTS, most);
	for (unsigned k = 0; k < MX_KIND_COUNT; k++)
		put_split(html, label[k], &stats->mx_kind[k][STS_MODE_ENFORCE]);
}

void page_policies(struct page *page)
{
	put_modes(&page->html, &page->scan->stats);
	put_ages(&page->html, &page->scan->stats);
	page_data(page, "mode_max_age");
	put_kinds(&page->html, &page->scan->stats);
	page_data(page, "mx_consistency");
}
