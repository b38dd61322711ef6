/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the way of a sender breaks, domain by domain: components, verdicts, and the stages of fetching a policy. */
#include "analysis/page/page.h"

#include <stdio.h>

static uint64_t sum_of(const uint64_t *count, unsigned from, unsigned to)
{
	uint64_t sum = 0;

	for (unsigned i = from; i < to; i++)
		sum += count[i];
	return sum;
}

static double largest_share(const uint64_t *count, unsigned from, unsigned to, uint64_t of)
{
	uint64_t most = 0;

	for (unsigned i = from; i < to; i++)
		most = count[i] > most ? count[i] : most;
	return html_ratio(most, of);
}

static void begin_row(struct html *html, const char *label, const char *code, uint64_t part, uint64_t of)
{
	double share = html_ratio(part, of);

	html_name_begin(html);
	html_string(html, label);
	text_literal(html->out, " <code>");
	html_string(html, code);
	text_literal(html->out, "</code>");
	html_name_end(html);
	html_cell_number(html, part);
	html_cell_share(html, part, of);
	html_bar(html, &share, 1);
}

/* Domains with an unknown record are in components.csv, too; here they are told apart, so that the page has one number
 * of domains with a record. */
static uint64_t without_answer(const struct stats *stats)
{
	uint64_t all = sum_of(stats->component, COMPONENT_RECORD, COMPONENT_UNKNOWN + 1);

	return all - stats->metric[METRIC_STS_RECORD];
}

static void put_population(struct html *html, const struct stats *stats, uint64_t of)
{
	text_literal(html->out, "<p>Of ");
	html_number(html, of);
	text_literal(html->out, " domains with an MTA-STS record, ");
	html_count(html, stats->component[COMPONENT_OK], of);
	text_literal(html->out, " are in order, ");
	html_count(html, stats->metric[METRIC_MISCONFIGURED], of);
	text_literal(html->out, " are misconfigured, and of ");
	html_count(html, stats->component[COMPONENT_UNKNOWN] - without_answer(stats), of);
	text_literal(html->out, " it could not be found out. Shares of this section are of these ");
	html_number(html, of);
	text_literal(html->out, ", but where a line says otherwise.");
	if (without_answer(stats) > 0) {
		text_literal(html->out, " Another ");
		html_number(html, without_answer(stats));
		text_literal(html->out,
			     " domains, of which nobody could say whether they have a record, are left out here "
			     "and stand as unknown in the tables.");
	}
	text_literal(html->out, "</p>\n");
}

static void put_components(struct html *html, const struct stats *stats, uint64_t of)
{
	static const char *const label[COMPONENT_OK] = {
		[COMPONENT_RECORD] = "the MTA-STS record cannot be used",
		[COMPONENT_DNS] = "the policy host has no address",
		[COMPONENT_TCP] = "nobody can connect to it",
		[COMPONENT_TLS] = "its TLS or certificate fails",
		[COMPONENT_HTTP] = "HTTP brings no policy",
		[COMPONENT_SYNTAX] = "the policy cannot be read",
		[COMPONENT_MX] = "the MX are not those of the policy",
		[COMPONENT_MXTLS] = "a mail server fails at TLS",
	};

	html_chart(html,
		   "Where the way of a sender breaks: each misconfigured domain counts once, with the first thing that "
		   "fails.",
		   "what fails|#domains|#share", HTML_SHARES,
		   largest_share(stats->component, COMPONENT_RECORD, COMPONENT_OK, of));
	for (unsigned c = COMPONENT_RECORD; c < COMPONENT_OK; c++)
		if (c != COMPONENT_MXTLS || stats->component[c] > 0 || stats->hosts.population > 0)
			begin_row(html, label[c], component_names[c], stats->component[c], of);
}

static void put_verdicts(struct html *html, const struct stats *stats, uint64_t of)
{
	static const struct {
		enum verdict verdict;
		const char *label;
	} row[] = {
		{ VERDICT_ENFORCE_FAIL, "enforced, and no MX will do: mail is refused" },
		{ VERDICT_ENFORCE_PARTIAL, "enforced, and some MX will not do" },
		{ VERDICT_TESTING_FAIL, "testing, and mail would be refused" },
		{ VERDICT_NO_POLICY, "no policy: mail goes as it did before" },
		{ VERDICT_UNKNOWN, "not found out" },
		{ VERDICT_NONE, "the policy switches itself off" },
		{ VERDICT_TESTING_OK, "testing, and all is well" },
		{ VERDICT_ENFORCE_OK, "enforced, and all is well" },
	};
	uint64_t domains[VERDICT_COUNT];

	memcpy(domains, stats->verdict, sizeof(domains));
	domains[VERDICT_UNKNOWN] -= without_answer(stats);
	html_chart(html, "What becomes of mail from a sender that keeps to RFC 8461.", "outcome|#domains|#share",
		   HTML_SHARES, largest_share(domains, 0, VERDICT_COUNT, of));
	for (size_t i = 0; i < COUNT_OF(row); i++)
		begin_row(html, row[i].label, verdict_names[row[i].verdict], domains[row[i].verdict], of);
}

/* Those that reached the stage; what failed there, the most frequent first. */
static void put_stage(struct html *html, const struct stats *stats, enum stats_stage stage, const char *who,
		      const char *what)
{
	const uint64_t *reason = stats->reason[stage];
	const uint64_t of = sum_of(reason, 0, STATS_REASON_COUNT), good = reason[STATS_REASON_OK];
	bool shown[FINDING_COUNT] = { false };
	char caption[200]; /* a screen reader lists tables by these alone */

	html_close(html);
	text_printf(html->out, "<h3>%s</h3>\n<p>", who);
	html_count(html, good, of);
	text_literal(html->out, " of ");
	html_number(html, of);
	text_printf(html->out, " %s</p>\n", what);
	if (good == of)
		return;
	snprintf(caption, sizeof(caption),
		 "%s, why not: the most frequent reasons, of each domain the first. Shares are of those that came so "
		 "far.",
		 who);
	html_chart(html, caption, "reason|#domains|#share", HTML_SHARES, largest_share(reason, 0, FINDING_COUNT, of));
	for (unsigned i = 0; i < PAGE_REASONS_MAX; i++) {
		unsigned most = FINDING_COUNT;

		for (unsigned f = 0; f < FINDING_COUNT; f++)
			if (!shown[f] && reason[f] > 0 && (most == FINDING_COUNT || reason[f] > reason[most]))
				most = f;
		if (most == FINDING_COUNT)
			return;
		shown[most] = true;
		begin_row(html, finding_table[most].meaning, finding_table[most].code, reason[most], of);
	}
}

void page_breaks(struct page *page)
{
	const struct stats *stats = &page->scan->stats;
	const uint64_t of = stats->metric[METRIC_STS_RECORD];
	struct html *html = &page->html;

	put_population(html, stats, of);
	put_components(html, stats, of);
	page_data(page, "components");
	put_verdicts(html, stats, of);
	put_stage(html, stats, STATS_STAGE_TLS, "TLS of policy hosts",
		  "domains whose policy host could be connected to have TLS and a certificate that verify.");
	page_data(page, "tls");
	put_stage(html, stats, STATS_STAGE_HTTP, "HTTP of policy hosts",
		  "domains whose TLS verified answer with a policy.");
	page_data(page, "http");
	put_stage(html, stats, STATS_STAGE_SYNTAX, "Policies that were read",
		  "domains whose policy could be fetched have one that keeps to the grammar. Those that break it in a "
		  "way "
		  "that deployed senders differ about are among the reasons, and count as usable all the same.");
	page_data(page, "syntax");
}
