#include "analysis/page/page.h"

#include <stdio.h>

#define CAPTION                                                                                                        \
	"Share of the domains with MX that have an MTA-STS record (<span class=\"key\"></span> filled) and a TLSRPT "  \
	"record (<span class=\"key c\"></span> outlined)"
#define COLUMNS "|#with MX|#MTA-STS|#TLSRPT"

static double share_of(const uint64_t counter[static PART_COUNT], enum stats_part part)
{
	return counter[PART_WITH_MX] > 0 ? (double)counter[part] / (double)counter[PART_WITH_MX] : 0;
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
	html_bar_begin(html);
	html_text(html, label);
	html_bar(html, &sts, 1);
	html_bar(html, none_then_tlsrpt, COUNT_OF(none_then_tlsrpt));
	html_bar_end(html);
	html_cell_number(html, counter[PART_WITH_MX]);
	html_cell_count(html, counter[PART_STS_WITH_MX], counter[PART_WITH_MX]);
	html_cell_count(html, counter[PART_TLSRPT_WITH_MX], counter[PART_WITH_MX]);
}

/* ---- ranks ---- */

static bool has_ranks(const struct stats *stats)
{
	return stats->rank[0][PART_DOMAINS] < stats->metric[METRIC_SCANNED];
}

static void put_bound(char **at, const char *end, uint64_t bound)
{
	char digits[32];
	int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)bound);

	for (int i = 0; i < n && *at < end - 2; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			*(*at)++ = ',';
		*(*at)++ = digits[i];
	}
	**at = '\0';
}

static void label_rank(char label[static 96], unsigned bin)
{
	uint64_t start = stats_ranks[bin].start, end = stats_ranks[bin].end;
	char *at = label, *const last = label + 96;

	if (start == 0) {
		snprintf(label, 96, "without a rank");
		return;
	}
	put_bound(&at, last, start);
	at += snprintf(at, (size_t)(last - at), end > 0 ? " to " : " and beyond");
	if (end > 0)
		put_bound(&at, last, end);
}

static void put_ranks(struct html *html, const struct stats *stats)
{
	double most = 0;

	for (unsigned i = 0; i < STATS_RANK_BINS; i++)
		most = larger_share(most, stats->rank[i]);
	html_chart(html, CAPTION ", by rank in the list.", "rank" COLUMNS, HTML_SHARES, most);
	for (unsigned i = 1; i <= STATS_RANK_BINS; i++) {
		unsigned bin = i % STATS_RANK_BINS; /* the unranked last */
		char label[96];

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
