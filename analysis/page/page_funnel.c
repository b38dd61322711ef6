/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/page/page.h"

#include <stdio.h>

#include "analysis/tables/stats_tables.h"

/* Of the smallest step less than one domain in so many is a bar that nobody sees: then each tenfold is as long a way.
 */
enum { LINEAR_MOST = 50 };

static enum html_scale scale_of(const struct stats *stats)
{
	uint64_t most = stats_funnel_domains(stats, 0);

	for (unsigned i = 1; i < STATS_FUNNEL_STEPS; i++) {
		uint64_t domains = stats_funnel_domains(stats, i);

		if (domains > 0 && most / domains >= LINEAR_MOST)
			return HTML_DECADES;
	}
	return HTML_COUNTS;
}

void page_funnel(struct page *page)
{
	static const char *const label[STATS_FUNNEL_STEPS] = {
		"are on the list",
		"take mail: they have MX",
		"and have an MTA-STS record",
		"and a policy that could be fetched",
		"and that senders can use",
		"and that is to be enforced",
		"and mail to them is delivered as it asks",
	};
	const struct stats *stats = &page->scan->stats;
	const enum html_scale scale = scale_of(stats);
	const uint64_t of = stats_funnel_domains(stats, 0);
	struct html *html = &page->html;
	char caption[512];

	snprintf(caption, sizeof(caption),
		 "Domains that come so far, each line a part of the one before. All shares are of the list%s.",
		 scale == HTML_DECADES ? "; the bars have a logarithmic scale: from one mark to the next it is ten "
					 "times as many"
				       : "");
	html_chart(html, caption, "domains that …|#domains|#of the list", scale, (double)of);
	for (unsigned i = 0; i < STATS_FUNNEL_STEPS; i++)
		html_bar_row(html, label[i], stats_funnel_domains(stats, i), of);
	page_data(page, "funnel overview");
}
