/* SPDX-License-Identifier: BSD-2-Clause */
/* Mail servers, where any were probed: TLS, DANE, what ends when. */
#include "analysis/page/page.h"

/* Domains with that reason, whatever their mode. */
static uint64_t domains_of(const struct host_stats *stats, unsigned reason)
{
	uint64_t sum = 0;

	for (unsigned mode = 0; mode < STS_MODE_COUNT; mode++)
		for (unsigned extent = 0; extent < EXTENT_COUNT; extent++)
			sum += stats->reason[host_stats_cell_of(reason, mode, extent)];
	return sum;
}

static void put_reason(struct html *html, const struct host_stats *stats, unsigned reason, const char *label)
{
	uint64_t domains = domains_of(stats, reason), of = stats->population;
	double share = (double)domains / (double)of;

	html_name_begin(html);
	html_string(html, label);
	text_printf(html->out, " <code>%s</code>", host_stats_reason_name(reason));
	html_name_end(html);
	html_cell_number(html, domains);
	html_cell_share(html, domains, of);
	html_bar(html, &share, 1);
}

static void put_reasons(struct html *html, const struct host_stats *stats)
{
	uint64_t most = domains_of(stats, MX_REASON_UNKNOWN);

	text_literal(html->out, "<p>Of ");
	html_number(html, stats->population);
	text_literal(html->out, " domains with MX that were looked at, ");
	html_count(html, domains_of(stats, MX_REASON_OK), stats->population);
	text_literal(html->out,
		     " have mail servers that each offer STARTTLS with a certificate that MTA-STS takes.</p>\n");
	for (unsigned f = 0; f < FINDING_COUNT; f++)
		most = domains_of(stats, f) > most ? domains_of(stats, f) : most;
	html_chart(html, "The first reason of each of the others. Shares are of all domains that were looked at.",
		   "reason|#domains|#share", HTML_SHARES, (double)most / (double)stats->population);
	for (unsigned f = 0; f < FINDING_COUNT; f++)
		if (domains_of(stats, f) > 0)
			put_reason(html, stats, f, finding_table[f].meaning);
	put_reason(html, stats, MX_REASON_UNKNOWN, "not found out");
}

static void put_states(struct html *html, const char *caption, const uint64_t *domains, const char *const *name,
		       unsigned count, uint64_t of)
{
	uint64_t most = 0;

	for (unsigned i = 0; i < count; i++)
		most = domains[i] > most ? domains[i] : most;
	html_chart(html, caption, "state|#domains|#share", HTML_SHARES, (double)most / (double)of);
	for (unsigned i = 0; i < count; i++)
		if (domains[i] > 0)
			html_bar_row(html, i == 0 ? "not asked" : name[i], domains[i], of);
}

static void put_dates(struct html *html, const struct host_stats *stats)
{
	html_table(html,
		   "When enforced mail stops unless certificates are renewed, as they mostly are: the next days on "
		   "which the last certificate of a domain&#39;s usable MX ends.",
		   "day|#domains");
	for (size_t i = 0; i < stats->first_break.count && i < PAGE_DATES_MAX; i++) {
		html_row(html);
		html_cell(html, stats->first_break.entry[i].word);
		html_cell_number(html, stats->first_break.entry[i].counter[0]);
	}
}

/* tally_sort has been called. */
static void put_hosts(struct html *html, const struct host_stats *stats)
{
	html_table(html,
		   "The mail servers that most domains name, and how many enforced domains would be left without one.",
		   "host|#domains|#enforce|#testing|#breaks");
	for (size_t i = 0; i < stats->host.count && i < PAGE_HOSTS_MAX; i++) {
		html_row(html);
		text_literal(html->out, "<th scope=\"row\">");
		html_text(html, stats->host.entry[i].word);
		text_literal(html->out, "</th>");
		for (unsigned c = 0; c < HOST_COUNTERS; c++)
			html_cell_number(html, stats->host.entry[i].counter[c]);
	}
}

void page_hosts(struct page *page)
{
	const struct host_stats *stats = &page->scan->stats.hosts;
	struct html *html = &page->html;

	put_reasons(html, stats);
	page_data(page, "mx_tls");
	put_states(html, "What becomes of mail from a sender that does both DANE and MTA-STS.", stats->delivery,
		   delivery_names, DELIVERY_COUNT, stats->population);
	page_data(page, "delivery");
	put_states(html, "DANE.", stats->dane, dane_state_names, DANE_STATE_COUNT, stats->population);
	page_data(page, "dane interplay");
	put_hosts(html, stats);
	page_data(page, "expiry");
	if (stats->first_break.count == 0)
		return;
	put_dates(html, stats);
	page_data(page, "first_break");
}
