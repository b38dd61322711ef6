/* SPDX-License-Identifier: BSD-2-Clause */
/* Better or worse than last time. */
#include "analysis/page/page.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/tables/interval.h"

/* What is compared, each as a share of what overview.csv has it of. */
static const struct measure {
	enum stats_metric metric;
	bool less_is_better;
	const char *name, *of;
	enum diff_metric pairs; /* DIFF_METRICS: nothing of pairs.csv is a share of the same */
	bool of_hosts;          /* it is another thing where mail servers were looked at */
} measures[] = {
	{ METRIC_STS_RECORD, false, "with an MTA-STS record", "of the list", DIFF_STS_RECORD, false },
	{ METRIC_TLSRPT_RECORD, false, "with a TLSRPT record", "of the list", DIFF_TLSRPT_RECORD, false },
	{ METRIC_MODE_ENFORCE, false, "whose policy is enforced", "of the usable policies", DIFF_METRICS, false },
	{ METRIC_MISCONFIGURED, true, "misconfigured", "of those with an MTA-STS record", DIFF_MISCONFIGURED, true },
	{ METRIC_DELIVERY_FAILURE, true, "to which mail is refused", "of those with an MTA-STS record",
	  DIFF_DELIVERY_FAILURE, true },
};

enum outcome { OUTCOME_SAME, OUTCOME_BETTER, OUTCOME_WORSE, OUTCOME_COUNT };

static const char *const outcome_words[OUTCOME_COUNT] = { "= As before", "\xe2\x96\xb2 Better", "\xe2\x96\xbc Worse" };

/* Half of the last digit that is shown. */
#define SAME 0.000005

/* Were mail servers looked at in one of the scans alone? */
static bool differ_in_hosts(const struct page *page)
{
	return page->scan->stats.headers->hosts != page->previous->stats.headers->hosts;
}

static bool is_compared(const struct page *page, const struct measure *measure)
{
	return !measure->of_hosts || !differ_in_hosts(page);
}

static void put_differ_in_hosts(struct page *page)
{
	if (differ_in_hosts(page))
		html_paragraph(&page->html,
			       "Mail servers were looked at in one of the two scans alone: how many domains are "
			       "misconfigured, and to how many mail is refused, cannot be compared.");
}

/* Lists without a domain in common tell nothing of each other. */
static bool has_nothing_in_common(const struct page *page)
{
	return page->drift && page->drift->both == 0;
}

static uint64_t part_of(const struct stats *stats, const struct measure *measure)
{
	return stats->metric[measure->metric];
}

static uint64_t whole_of(const struct stats *stats, const struct measure *measure)
{
	return stats->metric[stats_metrics[measure->metric].of];
}

static double share(const struct stats *stats, const struct measure *measure)
{
	return html_ratio(part_of(stats, measure), whole_of(stats, measure));
}

static struct interval interval_of(const struct stats *stats, const struct measure *measure)
{
	double sample = stats->headers->sample;

	return interval_of_share(part_of(stats, measure), whole_of(stats, measure), sample > 0 ? sample : 1);
}

/* Of samples: may the difference be one of the draw? The same domains then and now tell, or else intervals that overlap
 * leave it open. */
static bool is_within_error(const struct page *page, const struct measure *measure)
{
	const struct stats *now = &page->scan->stats, *before = &page->previous->stats;
	struct interval a, b;

	if (now->headers->sample <= 0 && before->headers->sample <= 0)
		return false;
	if (page->drift && measure->pairs != DIFF_METRICS) {
		const struct diff_counts *drift = page->drift;
		double sample = page->drift_sample > 0 ? page->drift_sample : 1;

		a = interval_of_pairs(drift->metric[measure->pairs].came, drift->metric[measure->pairs].went,
				      drift->metric[measure->pairs].of, sample);
		return a.known && a.low <= 0 && a.high >= 0;
	}
	a = interval_of(now, measure);
	b = interval_of(before, measure);
	return a.known && b.known && a.low <= b.high && b.low <= a.high;
}

static enum outcome outcome_of(const struct page *page, const struct measure *measure)
{
	double change = share(&page->scan->stats, measure) - share(&page->previous->stats, measure);

	if (fabs(change) < SAME || is_within_error(page, measure))
		return OUTCOME_SAME;
	return (change > 0) == measure->less_is_better ? OUTCOME_WORSE : OUTCOME_BETTER;
}

/* ---- at the top ---- */

static void put_verdict(struct html *html, const unsigned count[static OUTCOME_COUNT])
{
	const unsigned better = count[OUTCOME_BETTER], worse = count[OUTCOME_WORSE];
	const unsigned all = better + worse + count[OUTCOME_SAME];

	if (better == 0 && worse == 0)
		text_literal(html->out, "As last time");
	else if (worse == 0)
		text_literal(html->out, "Better than last time");
	else if (better == 0)
		text_literal(html->out, "Worse than last time");
	else
		text_printf(html->out, "Better than last time in %u of %u respects, worse in %u", better, all, worse);
}

static void put_measure(struct page *page, const struct measure *measure)
{
	const struct stats *now = &page->scan->stats, *before = &page->previous->stats;
	struct html *html = &page->html;

	text_printf(html->out, "<li><strong>%s:</strong> ", outcome_words[outcome_of(page, measure)]);
	html_number(html, part_of(now, measure));
	text_printf(html->out, " domains %s, ", measure->name);
	html_share(html, part_of(now, measure), whole_of(now, measure));
	text_printf(html->out, " %s (last time ", measure->of);
	html_number(html, part_of(before, measure));
	text_literal(html->out, ", ");
	html_share(html, part_of(before, measure), whole_of(before, measure));
	text_literal(html->out, ")</li>\n");
}

/* Shares of other lists are of other things. */
static void put_other_list(struct page *page)
{
	const struct page_scan *now = page->scan, *before = page->previous;
	const bool known = now->facts.list_hash != 0 && before->facts.list_hash != 0;
	struct html *html = &page->html;

	if (now->stats.headers->sample != before->stats.headers->sample) {
		html_paragraph(html, "One of the scans is a sample, or a larger one: numbers of domains do not "
				     "compare, and shares do.");
		return;
	}
	if (known ? now->facts.list_hash == before->facts.list_hash
		  : now->stats.metric[METRIC_SCANNED] == before->stats.metric[METRIC_SCANNED])
		return;
	text_literal(html->out, "<p class=\"soft\">The list was another one: ");
	html_number(html, before->stats.metric[METRIC_SCANNED]);
	text_literal(html->out, " domains then, ");
	html_number(html, now->stats.metric[METRIC_SCANNED]);
	text_literal(html->out, " now. What came to it and went from it is in these numbers, too.</p>\n");
}

static void put_exceptions(struct page *page)
{
	const uint64_t *change = page->drift->change;
	struct html *html = &page->html;

	text_literal(html->out, "<p><strong>Domain by domain:</strong> ");
	html_number(html, change[DRIFT_BROKEN]);
	text_literal(html->out, " broke, ");
	html_number(html, change[DRIFT_FIXED]);
	text_literal(html->out, " were mended, ");
	html_number(html, change[DRIFT_ADOPTED]);
	text_literal(html->out, " came to have a record, and ");
	html_number(html, change[DRIFT_REMOVED] + change[DRIFT_REMOVED_WITHOUT_NONE]);
	text_literal(html->out, " have it no more.</p>\n");
}

static void put_outcomes(struct page *page)
{
	text_literal(page->html.out, "<ul>\n");
	for (size_t i = 0; i < COUNT_OF(measures); i++)
		if (is_compared(page, &measures[i]))
			put_measure(page, &measures[i]);
	text_literal(page->html.out, "</ul>\n");
	put_differ_in_hosts(page);
	if (page->drift)
		put_exceptions(page);
	put_other_list(page);
}

void page_trend_headline(struct page *page)
{
	const bool nothing = has_nothing_in_common(page);
	unsigned count[OUTCOME_COUNT] = { 0 };
	struct html *html = &page->html;

	for (size_t i = 0; i < COUNT_OF(measures); i++)
		if (is_compared(page, &measures[i]))
			count[outcome_of(page, &measures[i])]++;
	text_literal(html->out, "<section class=\"trend\" aria-labelledby=\"then-and-now\">\n<h2 id=\"then-and-now\">");
	if (nothing)
		text_literal(html->out, "Not to be compared with last time");
	else
		put_verdict(html, count);
	text_literal(html->out, "</h2>\n");
	if (page->previous->stats.last_ms != 0) {
		text_literal(html->out, "<p class=\"soft\">Compared with the scan that ended <time>");
		text_time(html->out, page->previous->stats.last_ms / 1000);
		text_literal(html->out, "</time>.</p>\n");
	}
	if (nothing)
		html_paragraph(html, "No domain is in both lists.");
	else
		put_outcomes(page);
	text_literal(html->out, "</section>\n");
}

/* ---- in a section of its own ---- */

static void put_change(struct html *html, uint64_t before, uint64_t now)
{
	text_string(html->out, now < before   ? "<td class=\"n\">\xe2\x88\x92"
			       : now > before ? "<td class=\"n\">+"
					      : "<td class=\"n\">");
	html_number(html, now < before ? before - now : now - before);
	text_literal(html->out, "</td>");
}

static void put_measures(struct page *page)
{
	const struct stats *now = &page->scan->stats, *before = &page->previous->stats;
	struct html *html = &page->html;
	double most = 0;

	for (size_t i = 0; i < COUNT_OF(measures); i++)
		most = fmax(most, fmax(share(now, &measures[i]), share(before, &measures[i])));
	html_chart(html,
		   "Shares now (<span class=\"key\"></span> filled) and last time (<span class=\"key c\"></span> "
		   "outlined), each of what its line says.",
		   "domains …|#last time|#now|#change", HTML_SHARES, most);
	for (size_t i = 0; i < COUNT_OF(measures); i++) {
		const struct measure *measure = &measures[i];
		const double at_present = share(now, measure), then[] = { 0, 0, share(before, measure) };

		if (!is_compared(page, measure))
			continue;
		html_name_begin(html);
		text_printf(html->out, "%s, %s", measure->name, measure->of);
		html_name_end(html);
		html_cell_count(html, part_of(before, measure), whole_of(before, measure));
		html_cell_count(html, part_of(now, measure), whole_of(now, measure));
		text_literal(html->out, "<td class=\"n\">");
		html_points(html, then[2], at_present);
		text_printf(html->out, " <small>%s</small></td>", outcome_words[outcome_of(page, measure)]);
		html_bar(html, &at_present, 1);
		html_bar(html, then, COUNT_OF(then));
	}
}

/* Whether mail servers fail is known where they were looked at. */
static bool is_comparable_finding(const struct page *page, enum finding finding)
{
	enum component component = finding_table[finding].component;

	return (component != COMPONENT_MXTLS && component != COMPONENT_DANE) || !differ_in_hosts(page);
}

static uint64_t difference(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static int compare_changes(const void *a, const void *b, void *arg)
{
	const struct page *page = arg;
	unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;
	const uint64_t *now = page->scan->stats.finding, *before = page->previous->stats.finding;
	uint64_t of_left = difference(now[left], before[left]), of_right = difference(now[right], before[right]);

	if (of_left == of_right)
		return left < right ? -1 : 1;
	return of_left < of_right ? 1 : -1;
}

/* Errors whose number changed most: nothing else is an exception. */
static void put_findings(struct page *page)
{
	const uint64_t *now = page->scan->stats.finding, *before = page->previous->stats.finding;
	struct html *html = &page->html;
	unsigned order[FINDING_COUNT], count = 0;

	if (page->scan->stats.headers->sample != page->previous->stats.headers->sample)
		return; /* numbers of other parts of the list */
	for (unsigned f = 0; f < FINDING_COUNT; f++)
		if (finding_table[f].severity == SEVERITY_ERROR && now[f] != before[f] &&
		    is_comparable_finding(page, f))
			order[count++] = f;
	if (count == 0) {
		html_paragraph(html, "No error is more or less frequent than last time.");
		return;
	}
	qsort_r(order, count, sizeof(order[0]), compare_changes, page);
	html_table(html, "Errors whose number of domains changed most.", "error|#last time|#now|#change");
	for (unsigned i = 0; i < count && i < PAGE_CHANGES_MAX; i++) {
		unsigned f = order[i];

		html_row(html);
		text_literal(html->out, "<th scope=\"row\">");
		html_string(html, finding_table[f].meaning);
		text_printf(html->out, " <code>%s</code></th>", finding_table[f].code);
		html_cell_number(html, before[f]);
		html_cell_number(html, now[f]);
		put_change(html, before[f], now[f]);
	}
}

/* ---- domain by domain ---- */

/* The words of pairs.csv. */
static void put_pairs(struct page *page)
{
	static const char *const label[DIFF_METRICS] = {
		[DIFF_STS_RECORD] = "an MTA-STS record",
		[DIFF_TLSRPT_RECORD] = "a TLSRPT record",
		[DIFF_POLICY_USABLE] = "a policy that senders can use",
		[DIFF_MODE_ENFORCE] = "an enforced policy",
		[DIFF_MISCONFIGURED] = "misconfigured",
		[DIFF_DELIVERY_FAILURE] = "mail is refused",
	};
	const struct diff_counts *drift = page->drift;
	struct html *html = &page->html;

	text_literal(html->out, "<p>");
	html_number(html, drift->both);
	text_literal(html->out, " domains are in both scans, ");
	html_number(html, drift->new_alone);
	text_literal(html->out, " in the new one alone, ");
	html_number(html, drift->old_alone);
	text_literal(html->out, " in the old one alone.</p>\n");
	html_table(
		html,
		"The same domains then and now, where both are known: what one scan alone does not tell. The last two "
		"are of domains with an MTA-STS record in both.",
		"what|#in both|#have it now alone|#had it then alone");
	for (unsigned m = 0; m < DIFF_METRICS; m++) {
		html_row(html);
		text_printf(html->out, "<th scope=\"row\">%s <code>%s</code></th>", label[m], diff_metrics[m].name);
		html_cell_number(html, drift->metric[m].of);
		html_cell_number(html, drift->metric[m].came);
		html_cell_number(html, drift->metric[m].went);
	}
}

/* The words of changes.csv, what is wrong first. */
static void put_changes(struct page *page)
{
	static const struct {
		enum drift_change change;
		const char *label;
	} row[] = {
		{ DRIFT_BROKEN, "something breaks that did not" },
		{ DRIFT_REMOVED_WITHOUT_NONE, "the record went while senders may still hold the policy" },
		{ DRIFT_POLICY_CHANGED_ID_SAME, "another policy, and the id stayed: senders do not look again" },
		{ DRIFT_OUTDATED_POLICY, "the MX moved, and the policy stayed" },
		{ DRIFT_CERTIFICATE_RENEWED_LATE, "a certificate was renewed after its end" },
		{ DRIFT_WEAKENED, "a weaker mode, or a much shorter max_age" },
		{ DRIFT_REMOVED, "the record went" },
		{ DRIFT_TLSRPT_REMOVED, "the TLSRPT record went" },
		{ DRIFT_FIXED, "what broke is mended" },
		{ DRIFT_ADOPTED, "an MTA-STS record came" },
		{ DRIFT_TLSRPT_ADOPTED, "a TLSRPT record came" },
	};
	const uint64_t *change = page->drift->change;
	struct html *html = &page->html;
	uint64_t most = 0;

	for (size_t i = 0; i < COUNT_OF(row); i++)
		most = change[row[i].change] > most ? change[row[i].change] : most;
	html_chart(html, "What changed, in domains; one may have several. Which they are: <code>stsurvey diff</code>.",
		   "change|#domains", HTML_COUNTS, (double)most);
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		const double length = (double)change[row[i].change];

		html_name_begin(html);
		text_printf(html->out, "%s <code>%s</code>", row[i].label, drift_change_names[row[i].change]);
		html_name_end(html);
		html_cell_number(html, change[row[i].change]);
		html_bar(html, &length, 1);
	}
}

void page_trend(struct page *page)
{
	if (has_nothing_in_common(page)) {
		html_paragraph(&page->html, "No domain is in both lists, so that nothing can be compared.");
		return;
	}
	put_differ_in_hosts(page);
	put_measures(page);
	put_findings(page);
	page_data(page, "overview findings");
	if (!page->drift)
		return;
	put_pairs(page);
	put_changes(page);
	html_close(&page->html);
}
