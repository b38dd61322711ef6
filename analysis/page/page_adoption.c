/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/page/page.h"

#include <stdio.h>

#define CAPTION                                                                                                        \
	"Share of the domains with MX that have an MTA-STS record (<span class=\"key\"></span> filled) and a TLSRPT "  \
	"record (<span class=\"key c\"></span> outlined)"
#define COLUMNS "|#with MX|#MTA-STS|#TLSRPT"

static double share_of(const uint64_t counter[static PART_COUNT], enum stats_part part)
{
	return html_ratio(counter[part], counter[PART_WITH_MX]);
}

static double larger_share(double most, const uint64_t counter[static PART_COUNT])
{
	double sts = share_of(counter, PART_STS_WITH_MX), tlsrpt = share_of(counter, PART_TLSRPT_WITH_MX);

	most = sts > most ? sts : most;
	return tlsrpt > most ? tlsrpt : most;
}

static void put_part(struct html *html, struct span label, const uint64_t counter[static PART_COUNT])
{
	double sts = share_of(counter, PART_STS_WITH_MX), none_then_tlsrpt[] = { 0, 0, 0 };

	none_then_tlsrpt[2] = share_of(counter, PART_TLSRPT_WITH_MX);
	html_name_begin(html);
	html_text(html, label);
	html_name_end(html);
	html_cell_number(html, counter[PART_WITH_MX]);
	html_cell_count(html, counter[PART_STS_WITH_MX], counter[PART_WITH_MX]);
	html_cell_count(html, counter[PART_TLSRPT_WITH_MX], counter[PART_WITH_MX]);
	html_bar(html, &sts, 1);
	html_bar(html, none_then_tlsrpt, COUNT_OF(none_then_tlsrpt));
}

/* ---- ranks ---- */

static bool has_ranks(const struct stats *stats)
{
	return stats->rank[0][PART_DOMAINS] < stats->metric[METRIC_SCANNED];
}

static void label_rank(char label[static 2 * HTML_SHORT_MAX + 16], unsigned bin)
{
	uint64_t start = stats_ranks[bin].start, end = stats_ranks[bin].end;
	char from[HTML_SHORT_MAX], to[HTML_SHORT_MAX];

	html_short_number((double)(start > 1 ? start - 1 : start), from);
	html_short_number((double)end, to);
	if (start == 0)
		snprintf(label, 16, "without a rank");
	else if (end == 0)
		snprintf(label, HTML_SHORT_MAX + 16, "beyond %s", from);
	else
		snprintf(label, 2 * HTML_SHORT_MAX + 16, "%s to %s", from, to);
}

static void put_ranks(struct html *html, const struct stats *stats)
{
	double most = 0;

	for (unsigned i = 0; i < STATS_RANK_BINS; i++)
		most = larger_share(most, stats->rank[i]);
	html_chart(html, CAPTION ", by rank in the list.", "rank" COLUMNS, HTML_SHARES, most);
	for (unsigned i = 1; i <= STATS_RANK_BINS; i++) {
		unsigned bin = i % STATS_RANK_BINS; /* the unranked last */
		char label[2 * HTML_SHORT_MAX + 16];

		label_rank(label, bin);
		if (stats->rank[bin][PART_DOMAINS] > 0)
			put_part(html, span_of(label), stats->rank[bin]);
	}
}

/* ---- top-level domains ---- */

static void put_tlds(struct html *html, const struct stats *stats)
{
	unsigned shown = 0, others = 0;
	double most = 0;

	for (size_t i = 0; i < stats->tld.count && shown < PAGE_TLDS_MAX; i++) {
		shown += stats->tld.entry[i].counter[PART_WITH_MX] > 0;
		most = larger_share(most, stats->tld.entry[i].counter);
	}
	html_chart(html, CAPTION ", by top-level domain: the largest of the list.", "TLD" COLUMNS, HTML_SHARES, most);
	shown = 0;
	for (size_t i = 0; i < stats->tld.count; i++) {
		const struct tally_entry *entry = &stats->tld.entry[i];

		if (entry->counter[PART_WITH_MX] == 0)
			continue;
		if (shown++ < PAGE_TLDS_MAX)
			put_part(html, entry->word, entry->counter);
		else
			others++;
	}
	html_close(html);
	if (others > 0)
		text_printf(html->out, "<p class=\"soft\">%u more have domains with MX; they are in the table.</p>\n",
			    others);
}

void page_adoption(struct page *page)
{
	const struct stats *stats = &page->scan->stats;

	if (has_ranks(stats)) {
		put_ranks(&page->html, stats);
		page_data(page, "by_rank");
	}
	put_tlds(&page->html, stats);
	page_data(page, "by_tld");
}
