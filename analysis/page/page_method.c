/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/page/page.h"

static void put_method(struct page *page)
{
	static const char way[] =
		"<ul>\n"
		"<li>For each domain DNS was asked for MX, <code>_mta-sts.DOMAIN</code>, "
		"<code>_smtp._tls.DOMAIN</code> and, "
		"beside a valid MTA-STS record, the addresses of <code>mta-sts.DOMAIN</code>; then the policy was "
		"fetched over "
		"HTTPS as RFC 8461 asks: no redirects, the certificate verified against the DNS names in it.</li>\n"
		"<li>A domain has a record where there is one of any quality. It takes mail where it has MX and these "
		"are no "
		"null MX; mail to others, by their address records, is not looked at.</li>\n"
		"<li>SERVFAIL, REFUSED and time-outs say nothing about a domain. They count as unknown, never as "
		"absent; so "
		"every count of what is there is a lower bound.</li>\n"
		"<li>A name that does not exist has nothing below it; its other questions were not asked.</li>\n"
		"<li>Tolerated policies break the grammar in ways that deployed senders differ about (blank lines, "
		"byte-order "
		"marks, stray white space, a max_age above one year). They count as usable.</li>\n"
		"<li>These are numbers of the list, at the time of the scan, and of no other list. One provider&#39;s "
		"fault or "
		"repair moves all of its domains at once.</li>\n";
	static const char of_sample[] = "<li>A part of the list was scanned, chosen by a keyed hash of the names. In "
					"brackets stands the 95&nbsp;% "
					"interval of each share (Wilson, with the finite population), with the word "
					"<em>few</em> where it rests on "
					"fewer than five domains.</li>\n";
	const bool probed = page->scan->hosts > 0;
	struct html *html = &page->html;

	text_string(html->out, way);
	if (html->sample > 0)
		text_string(html->out, of_sample);
	text_string(
		html->out,
		probed ? "<li>Mail servers were connected to as far as TLS goes, each once; nothing was mailed. What "
			 "one did not tell counts as unknown.</li>\n"
		       : "<li>Mail servers were not contacted: what is delivered and refused is judged by the policy "
			 "and "
			 "the names of the MX.</li>\n");
	text_literal(html->out, "</ul>\n");
}

/* ---- what was left out, and how the scan was made ---- */

static void put_coverage(struct page *page)
{
	static const struct {
		enum stats_metric metric;
		const char *label;
	} row[] = {
		{ METRIC_COMPLETE, "measured completely" },
		{ METRIC_UNKNOWN, "some answer is missing" },
		{ METRIC_BLOCKLISTED, "not asked: on the blocklist" },
		{ METRIC_ILLEGAL_INPUT, "not asked: the line is no domain name" },
	};
	const uint64_t *metric = page->scan->stats.metric;
	struct html *html = &page->html;

	html_table(html, "How much of the list was measured. Shares are of the list.", "domains|#number|#share");
	for (size_t i = 0; i < COUNT_OF(row); i++) {
		html_row(html);
		text_printf(html->out, "<th scope=\"row\">%s</th>", row[i].label);
		html_cell_number(html, metric[row[i].metric]);
		html_cell_share(html, metric[row[i].metric], metric[METRIC_SCANNED]);
	}
	page_data(page, "overview");
}

static void put_unknown(struct page *page)
{
	const struct stats *stats = &page->scan->stats;
	struct html *html = &page->html;

	html_table(html, "What could not be found out, by step. A domain may be in several; shares are of the list.",
		   "step|#domains|#share");
	for (unsigned f = 0; f < FINDING_COUNT; f++) {
		const struct finding_info *info = &finding_table[f];

		if (info->severity != SEVERITY_TRANSIENT)
			continue;
		html_row(html);
		text_printf(html->out, "<th scope=\"row\">%s <code>%s</code></th>", component_names[info->component],
			    info->code);
		html_cell_number(html, stats->finding[f]);
		html_cell_share(html, stats->finding[f], stats->metric[METRIC_SCANNED]);
	}
	page_data(page, "findings");
}

static void put_fact(struct html *html, const char *name, const char *value)
{
	if (!value || value[0] == '\0')
		return;
	text_printf(html->out, "<dt>%s</dt><dd>", name);
	html_string(html, value);
	text_literal(html->out, "</dd>\n");
}

static bool is_loopback(const char *servers)
{
	struct span s = span_of(servers);

	return (span_starts_with(s, SPAN_LITERAL("127.")) || span_starts_with(s, SPAN_LITERAL("[::1]"))) &&
	       !strchr(servers, ',');
}

/* Each that a part of the scan was made through: it may have had several machines. */
static void put_resolvers(struct html *html, const struct scan_facts *facts)
{
	bool has_local = false, has_any = false;

	text_literal(html->out, "<dt>Resolver</dt>");
	for (unsigned i = 0; i < facts->options; i++) {
		const char *name = facts->option[i].name, *value = facts->option[i].value;

		if (strcmp(name, "resolver") == 0)
			value = "an Unbound of the scan's own, which asked the name servers of the domains";
		else if (strcmp(name, "name-servers") != 0)
			continue;
		else if (is_loopback(value)) { /* many machines, many ports */
			value = has_local ? NULL : "one on the machine itself, at a loopback address";
			has_local = true;
		}
		if (value) {
			text_literal(html->out, "<dd>");
			html_string(html, value);
			text_literal(html->out, "</dd>\n");
		}
		has_any = true;
	}
	if (!has_any)
		text_literal(html->out, "<dd>that of the machine it was made on</dd>\n");
}

static void put_facts(struct page *page)
{
	const struct scan_facts *facts = &page->scan->facts;
	const char *rate = scan_facts_option(facts, "rate");
	struct html *html = &page->html;

	text_literal(html->out, "<h3>The scan</h3>\n<dl>\n");
	put_fact(html, "Program", facts->tool);
	put_resolvers(html, facts);
	put_fact(html, "DNS questions a second, at most (0: no limit)", rate ? rate : "what the program has by itself");
	if (facts->has_vantage) {
		put_fact(html, "Name it greeted mail servers with", facts->ehlo);
		put_fact(html, "Its address, IPv4", facts->source[VANTAGE_IPV4]);
		put_fact(html, "Its address, IPv6", facts->source[VANTAGE_IPV6]);
	}
	text_literal(html->out, "</dl>\n");
	if (facts->shards > 1)
		text_printf(html->out,
			    "<p>The list was split into %u shards, of which these are the numbers of %u.</p>\n",
			    facts->shards, facts->files);
}

static void put_options(struct page *page)
{
	const struct scan_facts *facts = &page->scan->facts;
	struct html *html = &page->html;

	if (facts->options == 0)
		return;
	html_table(html, "Options the scan was given; of all others it had what the program has by itself.",
		   "option|value");
	for (unsigned i = 0; i < facts->options; i++) {
		html_row(html);
		text_literal(html->out, "<th scope=\"row\"><code>");
		html_string(html, facts->option[i].name);
		text_literal(html->out, "</code></th><td>");
		html_string(html, facts->option[i].value);
		if (facts->option[i].files < facts->files)
			text_printf(html->out, " <small>(in %u of %u files)</small>", facts->option[i].files,
				    facts->files);
		text_literal(html->out, "</td>");
	}
	html_close(html);
}

void page_method(struct page *page)
{
	struct html *html = &page->html;

	put_method(page);
	put_facts(page);
	put_options(page);
	put_coverage(page);
	put_unknown(page);
	text_literal(html->out,
		     "<p class=\"soft\">Made by stsurvey " STSURVEY_VERSION
		     " from its scan files. The tables behind the links are those of <code>stsurvey stats</code>; "
		     "<code>misconfigured.csv</code>, a row for each domain to write to, is there alone.</p>\n");
}
