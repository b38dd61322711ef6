#include "analysis/page/report_hosts.h"

enum {
	HOSTS_SHOWN = 20, /* those that most domains name */
	DATES_SHOWN = 12,
};

/* Domains with that reason, whatever their mode. */
static uint64_t domains_of(const struct host_stats *stats, unsigned reason)
{
	uint64_t sum = 0;

	for (unsigned mode = 0; mode < STS_MODE_COUNT; mode++)
		for (unsigned extent = 0; extent < EXTENT_COUNT; extent++)
			sum += stats->reason[host_stats_cell_of(reason, mode, extent)];
	return sum;
}

static void show_reason(struct html *html, const struct host_stats *stats, unsigned reason)
{
	html_bar(html, host_stats_reason_name(reason), domains_of(stats, reason), stats->population);
}

static void show_reasons(struct html *html, const struct host_stats *stats)
{
	html_table(html,
		   "Domains by their MX: ok where each offers STARTTLS with a certificate that MTA-STS takes; else the "
		   "first reason of one that does not.",
		   "outcome" HTML_BAR_COLUMNS);
	show_reason(html, stats, MX_REASON_OK);
	for (unsigned f = 0; f < FINDING_COUNT; f++)
		if (domains_of(stats, f) > 0)
			show_reason(html, stats, f);
	show_reason(html, stats, MX_REASON_UNKNOWN);
}

static void show_states(struct html *html, const char *caption, const uint64_t *domains, const char *const *name,
			unsigned count, uint64_t of)
{
	html_table(html, caption, "state" HTML_BAR_COLUMNS);
	for (unsigned i = 0; i < count; i++)
		if (domains[i] > 0)
			html_bar(html, i == 0 ? "not asked" : name[i], domains[i], of);
}

static void show_dates(struct html *html, const struct host_stats *stats)
{
	html_table(html,
		   "When enforced mail stops unless certificates are renewed, as they mostly are: the next days on "
		   "which the last certificate of a domain's usable MX ends.",
		   "day|#domains");
	for (size_t i = 0; i < stats->first_break.count && i < DATES_SHOWN; i++) {
		html_row(html);
		html_cell(html, stats->first_break.entry[i].word);
		html_cell_number(html, stats->first_break.entry[i].counter[0]);
	}
}

static void show_hosts(struct html *html, const struct host_stats *stats)
{
	html_table(html,
		   "The MX hosts that most domains name, and how many enforced domains would be left without one.",
		   "host|#domains|#enforce|#testing|#breaks");
	for (size_t i = 0; i < stats->host.count && i < HOSTS_SHOWN; i++) {
		html_row(html);
		html_cell(html, stats->host.entry[i].word);
		for (unsigned c = 0; c < HOST_COUNTERS; c++)
			html_cell_number(html, stats->host.entry[i].counter[c]);
	}
}

void report_hosts_show(struct html *html, struct host_stats *stats)
{
	if (stats->population == 0)
		return;
	tally_sort(&stats->host);
	tally_sort_words(&stats->first_break);
	html_section(html, "hosts", "The path as senders see it");
	show_reasons(html, stats);
	show_states(html, "What becomes of mail from a sender that does both DANE and MTA-STS.", stats->delivery,
		    delivery_names, DELIVERY_COUNT, stats->population);
	show_states(html, "DANE.", stats->dane, dane_state_names, DANE_STATE_COUNT, stats->population);
	show_hosts(html, stats);
	if (stats->first_break.count > 0)
		show_dates(html, stats);
}
