/* SPDX-License-Identifier: BSD-2-Clause */
/* All findings by how severe they are, errors first, in words with the code beside. */
#include "analysis/page/page.h"

#include <stdlib.h>

static int compare(const void *a, const void *b, void *arg)
{
	const uint64_t *domains = arg;
	unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;

	if (domains[left] == domains[right])
		return left < right ? -1 : 1;
	return domains[left] < domains[right] ? 1 : -1;
}

static void put_finding(struct html *html, unsigned finding, uint64_t domains, uint64_t of)
{
	const struct finding_info *info = &finding_table[finding];
	double length = (double)domains;

	html_name_begin(html);
	html_string(html, info->meaning);
	text_printf(html->out, " <code>%s</code>", info->code);
	if (info->severity != SEVERITY_INFO) {
		text_literal(html->out, "<small>");
		html_string(html, info->fix);
		text_literal(html->out, "</small>");
	}
	html_name_end(html);
	html_cell_count(html, domains, of);
	html_bar(html, &length, 1);
}

static void put_severity(struct page *page, enum severity severity, const char *heading, const char *caption)
{
	const struct stats *stats = &page->scan->stats;
	struct html *html = &page->html;
	unsigned order[FINDING_COUNT], count = 0;
	uint64_t finding[FINDING_COUNT];

	memcpy(finding, stats->finding, sizeof(finding));
	for (unsigned f = 0; f < FINDING_COUNT; f++)
		if (finding_table[f].severity == severity && finding[f] > 0)
			order[count++] = f;
	if (count == 0)
		return;
	qsort_r(order, count, sizeof(order[0]), compare, finding);
	html_close(html);
	text_printf(html->out, "<h3>%s</h3>\n", heading);
	html_chart(html, caption, "finding|#domains", HTML_COUNTS, (double)finding[order[0]]);
	for (unsigned i = 0; i < count && i < PAGE_FINDINGS_MAX; i++)
		put_finding(html, order[i], finding[order[i]], stats->metric[METRIC_SCANNED]);
	html_close(html);
	if (count > PAGE_FINDINGS_MAX)
		text_printf(html->out, "<p class=\"soft\">%u less frequent ones are in the table.</p>\n",
			    count - PAGE_FINDINGS_MAX);
}

void page_findings(struct page *page)
{
	html_paragraph(&page->html,
		       "A domain may have several. Shares are of the whole list. What each means, and the rule "
		       "behind it: <code>stsurvey findings</code>.");
	put_severity(page, SEVERITY_ERROR, "Errors", "These break a sender&#39;s way.");
	put_severity(page, SEVERITY_TOLERATED, "Tolerated", "These break the grammar, but deployed senders read on.");
	put_severity(page, SEVERITY_WARNING, "Warnings", "These break nothing yet, or something else.");
	put_severity(page, SEVERITY_TRANSIENT, "Not found out",
		     "These say nothing of a domain: an answer was missing. They count as unknown, never as absent.");
	put_severity(page, SEVERITY_INFO, "For information", "These are nothing to repair.");
	page_data(page, "findings");
}
