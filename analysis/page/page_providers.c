#include "analysis/page/page.h"

static void put_tally(struct page *page, const struct tally *tally, const char *caption)
{
	struct html *html = &page->html;

	html_chart(html, caption, "provider|#domains|#misconfigured", HTML_COUNTS,
		   tally->count > 0 ? (double)tally->entry[0].counter[PROVIDER_DOMAINS] : 0);
	for (size_t i = 0; i < tally->count && i < PAGE_PROVIDERS_MAX; i++) {
		const uint64_t *counter = tally->entry[i].counter;
		uint64_t wrong = counter[PROVIDER_MISCONFIGURED], all = counter[PROVIDER_DOMAINS];
		const double part[] = { (double)wrong, (double)(all - wrong) };

		html_bar_begin(html);
		html_text(html, tally->entry[i].word);
		html_bar(html, part, COUNT_OF(part));
		html_bar_end(html);
		html_cell_number(html, all);
		html_cell_count(html, wrong, all);
	}
}

#define KEY "<span class=\"key\"></span> misconfigured, <span class=\"key b\"></span> in order or unknown"

void page_providers(struct page *page)
{
	const struct stats *stats = &page->scan->stats;

	html_paragraph(
		&page->html,
		"Of the domains with an MTA-STS record, by the registrable domain of the provider (Public Suffix "
		"List). <code>self</code> is the domain&#39;s own, <code>(none)</code> has no address or no MX. The "
		"share "
		"of the misconfigured is of the provider&#39;s domains.");
	put_tally(page, &stats->policy_host, "Policy hosts, by where the name leads, in domains: " KEY ".");
	put_tally(page, &stats->mx, "Mail, by the most preferred MX, in domains: " KEY ".");
	page_data(page, "providers");
}
