/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/page/page.h"

void page_senders(struct page *page)
{
	const struct stats *stats = &page->scan->stats;
	const uint64_t of = stats->metric[METRIC_STS_RECORD];
	struct html *html = &page->html;

	html_table(
		html,
		"Domains with an MTA-STS record, by what becomes of mail to them. Programs read record and policy each "
		"in its way; rfc8461 is the standard. Shares are of all domains with a record.",
		"sender|#refuses|#share|#defers|#delivers|#testing|#none|#no policy|#unknown");
	for (size_t i = 0; i < SENDER_PROFILE_COUNT; i++) {
		static const enum sender_outcome order[] = { SENDER_OUTCOME_DEFERS,    SENDER_OUTCOME_DELIVERS,
							     SENDER_OUTCOME_TESTING,   SENDER_OUTCOME_NONE,
							     SENDER_OUTCOME_NO_POLICY, SENDER_OUTCOME_UNKNOWN };

		if (sender_profiles[i].kind == SENDER_KIND_MATCHER)
			continue;
		html_row(html);
		text_literal(html->out, "<th scope=\"row\">");
		html_string(html, sender_profiles[i].name);
		text_literal(html->out, "</th>");
		html_cell_number(html, stats->sender[i][SENDER_OUTCOME_REFUSES]);
		html_cell_share(html, stats->sender[i][SENDER_OUTCOME_REFUSES], of);
		for (size_t o = 0; o < COUNT_OF(order); o++)
			html_cell_number(html, stats->sender[i][order[o]]);
	}
	page_data(page, "sender_outcome");
}
