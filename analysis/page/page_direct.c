/* SPDX-License-Identifier: BSD-2-Clause */
/* Scans with --direct: whose answers the numbers rest on, and what audits of them found. */
#include "analysis/page/page.h"

static const char *const reason_text[FALL_BACK_COUNT] = {
	[FALL_BACK_CONFIRMED] = "a record, or the MX of a domain that has one: the resolver is to validate it",
	[FALL_BACK_UNDELEGATED] = "no name server is known",
	[FALL_BACK_UNSEEN] = "a name server that no other domain had so far",
	[FALL_BACK_ADDRESSLESS] = "no address of its name servers is known",
	[FALL_BACK_FORBIDDEN] = "its name servers may not be contacted",
	[FALL_BACK_PATIENCE] = "its name servers were silent for long",
	[FALL_BACK_TIMEOUT] = "no answer",
	[FALL_BACK_REFUSED] = "REFUSED",
	[FALL_BACK_SERVFAIL] = "SERVFAIL",
	[FALL_BACK_RCODE] = "another error",
	[FALL_BACK_TRUNCATED] = "more than fits a datagram",
	[FALL_BACK_NOT_AUTHORITATIVE] = "an answer without authority, or a referral",
	[FALL_BACK_ALIAS] = "an alias (CNAME, DNAME)",
	[FALL_BACK_FOREIGN] = "records of another name or type",
	[FALL_BACK_NO_SOA] = "nothing is there, without the SOA that belongs to it",
	[FALL_BACK_MALFORMED] = "an answer that cannot be read",
	[FALL_BACK_SPOOFED] = "a forged answer came beside it",
	[FALL_BACK_UNSENT] = "no way there from the scanner",
	[FALL_BACK_SECOND_PASS] = "unknown at first, and asked once more",
	[FALL_BACK_OTHER] = "a reason that this version does not know",
};

static const char *const kind_text[AUDIT_KIND_COUNT] = {
	[AUDIT_ABSENT] = "nothing is there, it says, too",
	[AUDIT_DATA] = "it has records; the name server, asked once more, has none",
	[AUDIT_CHANGED] = "it has records; the name server, asked once more, has them, too",
	[AUDIT_FAILED] = "it could not tell (a share of all that were asked about)",
};

static uint64_t sum_of(const uint64_t *counter, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += counter[i];
	return sum;
}

static void put_sources(struct page *page)
{
	const struct direct_stats *stats = &page->scan->stats.direct;
	struct html *html = &page->html;

	html_table(html, "Who answered. Shares are of the answers to the question.",
		   "question|#name servers|#share|#resolver|#share");
	for (int q = 0; q < QUESTION_COUNT; q++) {
		uint64_t direct = sum_of(stats->domains[q][SOURCE_DIRECT], FALL_BACK_COUNT);
		uint64_t resolver = sum_of(stats->domains[q][SOURCE_RESOLVER], FALL_BACK_COUNT);

		html_row(html);
		text_printf(html->out, "<th scope=\"row\">%s</th>", obs_question_name((enum obs_question)q));
		html_cell_number(html, direct);
		html_cell_share(html, direct, direct + resolver);
		html_cell_number(html, resolver);
		html_cell_share(html, resolver, direct + resolver);
	}
}

static void put_reasons(struct page *page, const struct direct_counts *counts)
{
	const struct direct_stats *stats = &page->scan->stats.direct;
	uint64_t of = direct_counts_questions(counts), most = 0;
	struct html *html = &page->html;

	for (unsigned why = FALL_BACK_NONE + 1; why < FALL_BACK_COUNT; why++)
		most = counts->fall_back[why] > most ? counts->fall_back[why] : most;
	if (most == 0)
		return;
	html_chart(
		html,
		"Why it was not the first of a domain&#39;s own name servers. Shares are of all answers; the rest had "
		"no reason.",
		"reason|#answers|#share|#from another server", HTML_SHARES, html_ratio(most, of));
	for (unsigned why = FALL_BACK_NONE + 1; why < FALL_BACK_COUNT; why++) {
		double share = html_ratio(counts->fall_back[why], of);
		uint64_t direct = 0;

		if (counts->fall_back[why] == 0)
			continue;
		for (int q = 0; q < QUESTION_COUNT; q++)
			direct += stats->domains[q][SOURCE_DIRECT][why];
		html_name_begin(html);
		text_printf(html->out, "%s <code>%s</code>", reason_text[why], obs_fall_back_names[why]);
		html_name_end(html);
		html_cell_number(html, counts->fall_back[why]);
		html_cell_share(html, counts->fall_back[why], of);
		html_cell_number(html, direct);
		html_bar(html, &share, 1);
	}
}

/* An audit is a sample of its own, whatever the scan is. */
static void put_audit(struct page *page, const uint64_t audit[static AUDIT_KIND_COUNT])
{
	const struct stats *stats = &page->scan->stats;
	const double sample = page->html.sample, audited = direct_stats_audited(&stats->direct, sample);
	const uint64_t decided = direct_audits_decided(audit), all = decided + audit[AUDIT_FAILED];
	struct html *html = &page->html;

	if (all == 0) {
		html_paragraph(html, "No answer that nothing is there was put to the resolver as well.");
		return;
	}
	html_table(html,
		   audited < 1
			   ? "What the resolver said where a name server had said that nothing is there: of some of "
			     "these answers, chosen by a keyed hash. In brackets stands the 95&nbsp;% interval for all "
			     "of them."
			   : "What the resolver said where a name server had said that nothing is there: of all such "
			     "answers.",
		   "the resolver|#answers|#share");
	html->sample = audited < 1 ? audited : 0;
	for (unsigned kind = AUDIT_NONE + 1; kind < AUDIT_KIND_COUNT; kind++) {
		html_row(html);
		text_printf(html->out, "<th scope=\"row\">%s <code>%s</code></th>", kind_text[kind],
			    obs_audit_kind_names[kind]);
		html_cell_number(html, audit[kind]);
		html_cell_share(html, audit[kind], kind == AUDIT_FAILED ? all : decided);
	}
	html->sample = sample;
	page_data(page, "audit");
}

void page_direct(struct page *page)
{
	const struct direct_counts counts = direct_stats_counts(&page->scan->stats.direct);
	struct html *html = &page->html;

	text_literal(
		html->out,
		"<p>MX and TXT were asked of each domain&#39;s own name servers; the resolver was asked what is out "
		"of the ordinary, and about every TXT record that was found. ");
	html_count(html, counts.source[SOURCE_DIRECT], direct_counts_questions(&counts));
	text_literal(html->out, " of ");
	html_number(html, direct_counts_questions(&counts));
	text_literal(html->out, " answers are the name servers&#39;.</p>\n");
	put_sources(page);
	put_reasons(page, &counts);
	page_data(page, "direct");
	put_audit(page, counts.audit);
}
