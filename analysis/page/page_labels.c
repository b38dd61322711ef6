/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/page/page.h"

static double share_of(const uint64_t counter[static PART_COUNT])
{
	return html_ratio(counter[PART_STS_WITH_MX], counter[PART_WITH_MX]);
}

static void put_value(struct html *html, struct span value, const uint64_t counter[static PART_COUNT])
{
	const double share = share_of(counter);

	html_name_begin(html);
	if (value.n > 0)
		html_text(html, value);
	else
		text_literal(html->out, "<em>without one</em>");
	html_name_end(html);
	html_cell_number(html, counter[PART_WITH_MX]);
	html_cell_count(html, counter[PART_STS_WITH_MX], counter[PART_WITH_MX]);
	html_cell_number(html, counter[PART_ENFORCE]);
	html_cell_count(html, counter[PART_MISCONFIGURED], counter[PART_STS]);
	html_bar(html, &share, 1);
}

static void put_label(struct html *html, struct span name, const struct tally *values)
{
	double most = 0;

	html_close(html);
	text_literal(html->out, "<h3>By ");
	html_text(html, name);
	text_literal(html->out, "</h3>\n");
	for (size_t i = 0; i < values->count && i < PAGE_GROUPS_MAX; i++)
		most = share_of(values->entry[i].counter) > most ? share_of(values->entry[i].counter) : most;
	html_chart(
		html,
		"Share of the domains with MX that have an MTA-STS record; the largest groups first. The share of the "
		"misconfigured is of the group&#39;s domains with a record.",
		"group|#with MX|#MTA-STS|#enforced|#misconfigured", HTML_SHARES, most);
	for (size_t i = 0; i < values->count && i < PAGE_GROUPS_MAX; i++)
		put_value(html, values->entry[i].word, values->entry[i].counter);
	html_close(html);
	if (values->count > PAGE_GROUPS_MAX)
		text_printf(html->out, "<p class=\"soft\">%zu more groups are in the table.</p>\n",
			    values->count - PAGE_GROUPS_MAX);
}

void page_labels(struct page *page)
{
	const struct stats *stats = &page->scan->stats;

	for (size_t i = 0; i < stats->headers->label_count; i++)
		put_label(&page->html, stats->headers->label[i], &stats->label[i]);
	page_data(page, "by_label");
}
