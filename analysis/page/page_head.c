/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/page/page.h"

/* ---- title, who, which list, when ---- */

static void put_time(struct html *html, int64_t ms)
{
	text_literal(html->out, "<time>");
	text_time(html->out, ms / 1000);
	text_literal(html->out, "</time>");
}

static void put_list(struct html *html, const struct scan_facts *facts)
{
	text_string(html->out, facts->lists > 1 ? "Lists: " : "List: ");
	for (unsigned i = 0; i < facts->lists && i < SCAN_FACTS_LISTS_MAX; i++) {
		text_string(html->out, i > 0 ? ", <strong>" : "<strong>");
		html_string(html, facts->list[i]);
		text_literal(html->out, "</strong>");
	}
	if (facts->lists > SCAN_FACTS_LISTS_MAX)
		text_printf(html->out, " and %u more", facts->lists - SCAN_FACTS_LISTS_MAX);
}

static void put_origin(struct page *page)
{
	const struct page_scan *scan = page->scan;
	struct span contact = scan->stats.headers->contact;
	struct html *html = &page->html;

	text_literal(html->out, "<p class=\"soft\">");
	if (contact.n > 0) {
		text_literal(html->out, "By <strong>");
		html_text(html, contact);
		text_literal(html->out, "</strong>. ");
	}
	put_list(html, &scan->facts);
	text_literal(html->out, ", ");
	html_number(html, scan->stats.metric[METRIC_SCANNED]);
	text_literal(html->out, " domains");
	if (scan->stats.headers->sample > 0)
		text_printf(html->out, ", a sample of %g&nbsp;%% of it", 100 * scan->stats.headers->sample);
	if (scan->stats.last_ms != 0) {
		text_literal(html->out, ". Scanned from ");
		put_time(html, scan->stats.first_ms);
		text_literal(html->out, " to ");
		put_time(html, scan->stats.last_ms);
	}
	text_literal(html->out, ".</p>\n");
}

static void put_warning(struct page *page)
{
	struct html *html = &page->html;

	if (page->scan->incomplete == 0)
		return;
	text_printf(
		html->out,
		"<p class=\"warning\"><strong>%u of the %u scan files did not come to an end or are not whole: these "
		"are not the numbers of the list.</strong></p>\n",
		page->scan->incomplete, page->scan->facts.files);
}

/* ---- the result ---- */

static void put_strong(struct html *html, uint64_t part, uint64_t of)
{
	text_literal(html->out, "<strong>");
	html_number(html, part);
	text_literal(html->out, "</strong> (");
	html_share(html, part, of);
	text_literal(html->out, ")");
}

static void put_adoption(struct html *html, const uint64_t *metric)
{
	text_literal(html->out, "<p>Of <strong>");
	html_number(html, metric[METRIC_SCANNED]);
	text_string(html->out,
		    html->sample > 0 ? "</strong> domains of the sample, " : "</strong> domains on the list, ");
	put_strong(html, metric[METRIC_WITH_MX], metric[METRIC_SCANNED]);
	text_literal(html->out, " take mail; ");
	put_strong(html, metric[METRIC_STS_RECORD], metric[METRIC_SCANNED]);
	text_literal(html->out, " have an MTA-STS record, and ");
	put_strong(html, metric[METRIC_TLSRPT_RECORD], metric[METRIC_SCANNED]);
	text_literal(html->out, " ask for reports about TLS (TLSRPT).</p>\n");
}

static void put_policies(struct html *html, const uint64_t *metric)
{
	text_literal(html->out, "<p>Of the ");
	html_number(html, metric[METRIC_STS_RECORD]);
	text_literal(html->out, " with an MTA-STS record, ");
	put_strong(html, metric[METRIC_POLICY_USABLE], metric[METRIC_STS_RECORD]);
	text_literal(html->out, " have a policy that senders can use: ");
	put_strong(html, metric[METRIC_MODE_ENFORCE], metric[METRIC_STS_RECORD]);
	text_literal(html->out, " enforce it, ");
	html_number(html, metric[METRIC_MODE_TESTING]);
	text_literal(html->out, " are testing, and ");
	html_number(html, metric[METRIC_MODE_NONE]);
	text_literal(html->out, " have switched it off.</p>\n");
}

static void put_faults(struct html *html, const struct stats *stats)
{
	const uint64_t *metric = stats->metric;

	text_literal(html->out, "<p>Of the same ");
	html_number(html, metric[METRIC_STS_RECORD]);
	text_literal(html->out, ", ");
	put_strong(html, metric[METRIC_MISCONFIGURED], metric[METRIC_STS_RECORD]);
	text_literal(html->out, " are misconfigured, and to ");
	put_strong(html, metric[METRIC_DELIVERY_FAILURE], metric[METRIC_STS_RECORD]);
	text_literal(html->out, " a sender that keeps to the standard delivers nothing; what could not be found out "
				"counts as unknown, in ");
	html_number(html, metric[METRIC_UNKNOWN]);
	text_literal(html->out, " domains of the list (");
	html_share(html, metric[METRIC_UNKNOWN], metric[METRIC_SCANNED]);
	text_literal(html->out, ").</p>\n");
}

void page_head(struct page *page)
{
	struct html *html = &page->html;

	text_literal(html->out, "<header>\n<h1>");
	html_string(html, page->title);
	text_literal(html->out, "</h1>\n");
	put_origin(page);
	put_warning(page);
	text_literal(html->out, "</header>\n");
	if (page->previous)
		page_trend_headline(page);
	text_literal(html->out, "<div class=\"lead\">\n");
	put_adoption(html, page->scan->stats.metric);
	put_policies(html, page->scan->stats.metric);
	put_faults(html, &page->scan->stats);
	text_literal(html->out, "</div>\n");
}
