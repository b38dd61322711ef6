#include "analysis/report.h"

#include <stdio.h>
#include <stdlib.h>

#include "analysis/html.h"
#include "analysis/stats.h"

static const enum sts_mode modes[] = { STS_MODE_ENFORCE, STS_MODE_TESTING, STS_MODE_NONE };

static uint64_t metric(const struct stats *stats, enum stats_metric m)
{
	return stats->metric[m];
}

/* ---- headline ---- */

static void write_tile(struct text *out, const struct stats *stats, enum stats_metric part, const char *label,
		       const char *of)
{
	text_literal(out, "<div><dt>");
	html_string(out, label);
	text_literal(out, "</dt><dd>");
	html_number(out, metric(stats, part));
	if (of) {
		text_literal(out, " <small>");
		html_percent(out, metric(stats, part), metric(stats, stats_metric_of(part)));
		text_printf(out, " of %s</small>", of);
	}
	text_literal(out, "</dd></div>\n");
}

static void write_headline(struct text *out, const struct stats *stats, unsigned files, unsigned incomplete)
{
	text_literal(out, "<p class=\"soft\">");
	if (metric(stats, METRIC_SCANNED) > 0) {
		text_literal(out, "Scanned from <time>");
		text_time(out, stats->first_ms / 1000);
		text_literal(out, "</time> to <time>");
		text_time(out, stats->last_ms / 1000);
		text_literal(out, "</time>, ");
	}
	text_printf(out, "%u scan file%s.", files, files == 1 ? "" : "s");
	if (incomplete > 0)
		text_printf(out, " <strong>%u of them did not come to an end: this is a part of the list.</strong>",
			    incomplete);
	text_literal(out, "</p>\n<dl class=\"tiles\">\n");
	write_tile(out, stats, METRIC_SCANNED, "Domains scanned", NULL);
	write_tile(out, stats, METRIC_STS_RECORD, "With an STS record", "the scanned");
	write_tile(out, stats, METRIC_MODE_ENFORCE, "Policies in mode enforce", "the usable policies");
	write_tile(out, stats, METRIC_MISCONFIGURED, "Misconfigured", "those with an STS record");
	write_tile(out, stats, METRIC_DELIVERY_FAILURE, "Refused by senders", "those with an STS record");
	write_tile(out, stats, METRIC_TLSRPT_RECORD, "With a TLSRPT record", "the scanned");
	write_tile(out, stats, METRIC_UNKNOWN, "Not fully measured", "the scanned");
	text_literal(out, "</dl>\n");
}

/* ---- adoption, funnel ---- */

static void write_adoption(struct text *out, const struct stats *stats)
{
	static const struct {
		enum stats_metric metric;
		const char *label;
	} row[] = {
		{ METRIC_COMPLETE, "measured completely" },
		{ METRIC_UNKNOWN, "some answer is missing" },
		{ METRIC_BLOCKLISTED, "not asked: on the blocklist" },
		{ METRIC_ILLEGAL_INPUT, "not asked: no domain name" },
		{ METRIC_NXDOMAIN, "name does not exist" },
		{ METRIC_WITH_MX, "with MX" },
		{ METRIC_NULL_MX, "null MX: receives no mail" },
		{ METRIC_STS_RECORD, "STS record, of any quality" },
		{ METRIC_STS_VALID_RECORD, "… that is valid (of STS records)" },
		{ METRIC_POLICY_FETCHED, "policy fetched over verified TLS (of valid records)" },
		{ METRIC_POLICY_VALID, "… that is valid (of fetched)" },
		{ METRIC_POLICY_TOLERATED, "… that only some senders read (of fetched)" },
		{ METRIC_TLSRPT_RECORD, "TLSRPT record, of any quality" },
		{ METRIC_TLSRPT_VALID, "… that is valid (of TLSRPT records)" },
		{ METRIC_STS_AND_TLSRPT, "both (of STS records)" },
	};

	html_section(out, "adoption", "Adoption");
	html_bars(out, "What the scanned domains have.", "what");
	for (size_t i = 0; i < COUNT_OF(row); i++)
		html_bar(out, span_of(row[i].label), metric(stats, row[i].metric),
			 metric(stats, stats_metric_of(row[i].metric)));
	html_table_end(out);
	html_section_end(out);
}

static void write_funnel(struct text *out, const struct stats *stats)
{
	static const struct {
		enum component component;
		const char *label;
	} stage[] = {
		{ COMPONENT_RECORD, "the STS record is usable" },   { COMPONENT_DNS, "the policy host has an address" },
		{ COMPONENT_TCP, "it accepts connections" },        { COMPONENT_TLS, "TLS is verified" },
		{ COMPONENT_HTTP, "HTTP answers with status 200" }, { COMPONENT_SYNTAX, "the policy can be used" },
		{ COMPONENT_MX, "every MX fits the policy" },
	};
	uint64_t of = 0, left, unknown = stats->component[COMPONENT_UNKNOWN];

	for (unsigned c = COMPONENT_RECORD; c < COMPONENT_UNKNOWN; c++)
		of += stats->component[c];
	left = of;
	html_section(out, "funnel", "How far a sender gets");
	html_bars(out,
		  "Domains with an STS record that are still on the way after each step. What could not be "
		  "found "
		  "out is left out and stands in the last row.",
		  "step");
	html_bar(out, SPAN_LITERAL("an STS record"), of, of);
	for (size_t i = 0; i < COUNT_OF(stage); i++) {
		left -= stats->component[stage[i].component];
		html_bar(out, span_of(stage[i].label), left, of);
	}
	html_bar(out, SPAN_LITERAL("not found out"), unknown, of + unknown);
	html_table_end(out);
	html_bars(out, "Where they break: the first component that fails.", "component");
	for (unsigned c = COMPONENT_RECORD; c < COMPONENT_UNKNOWN; c++)
		if (c != COMPONENT_MXTLS || stats->component[c] > 0)
			html_bar(out, span_of(component_name((enum component)c)), stats->component[c], of);
	html_table_end(out);
	html_bars(out, "What a sender does.", "verdict");
	of += unknown;
	for (unsigned v = 0; v < VERDICT_COUNT; v++)
		html_bar(out, span_of(verdict_name((enum verdict)v)), stats->verdict[v], of);
	html_table_end(out);
	html_section_end(out);
}

/* ---- findings ---- */

static int compare_findings(const void *a, const void *b, void *arg)
{
	const struct stats *stats = arg;
	uint64_t left = stats->finding[*(const unsigned *)a], right = stats->finding[*(const unsigned *)b];

	if (left != right)
		return left < right ? 1 : -1;
	return *(const unsigned *)a < *(const unsigned *)b ? -1 : 1;
}

static void write_findings(struct text *out, struct stats *stats)
{
	unsigned order[FINDING_COUNT], shown = 0;

	for (unsigned f = 0; f < FINDING_COUNT; f++)
		order[f] = f;
	qsort_r(order, FINDING_COUNT, sizeof(order[0]), compare_findings, stats);
	html_section(out, "findings", "Findings");
	html_table(out, "The most frequent. A domain may have several; shares are of all scanned domains.",
		   "finding|severity|#domains|#share|what it means|what to do");
	for (unsigned i = 0; i < FINDING_COUNT && shown < REPORT_FINDINGS_MAX; i++) {
		const struct finding_info *info = &finding_table[order[i]];

		if (stats->finding[order[i]] == 0)
			break;
		shown++;
		html_row(out);
		text_printf(out, "<td><code>%s</code></td>", info->code);
		html_cell(out, span_of(severity_name(info->severity)));
		html_cell_number(out, stats->finding[order[i]]);
		html_cell_percent(out, stats->finding[order[i]], metric(stats, METRIC_SCANNED));
		html_cell(out, span_of(info->meaning));
		html_cell(out, span_of(info->fix));
		html_row_end(out);
	}
	html_table_end(out);
	html_section_end(out);
}

static void write_stage(struct text *out, const struct stats *stats, enum stats_stage stage, const char *caption)
{
	const uint64_t *reason = stats->reason[stage];
	uint64_t of = 0;

	for (unsigned r = 0; r < STATS_REASON_COUNT; r++)
		of += reason[r];
	html_bars(out, caption, "outcome");
	html_bar(out, span_of(stats_reason_name(STATS_REASON_OK)), reason[STATS_REASON_OK], of);
	for (unsigned f = 0; f < FINDING_COUNT; f++)
		if (reason[f] > 0)
			html_bar(out, span_of(stats_reason_name(f)), reason[f], of);
	html_table_end(out);
}

static void write_stages(struct text *out, const struct stats *stats)
{
	html_section(out, "reasons", "Why policies cannot be used");
	write_stage(out, stats, STATS_STAGE_TLS, "TLS of the policy hosts that were connected to.");
	write_stage(out, stats, STATS_STAGE_HTTP, "HTTP of those whose TLS was verified.");
	write_stage(out, stats, STATS_STAGE_SYNTAX, "Policies that were read with status 200.");
	html_section_end(out);
}

/* ---- policies ---- */

static void write_mode_table(struct text *out, const struct stats *stats)
{
	html_table(out, "Usable policies by max_age.", "max_age|#enforce|#testing|#none");
	for (unsigned b = 0; b < STATS_AGE_BUCKETS; b++) {
		html_row(out);
		html_cell(out, span_of(stats_age_name(b)));
		for (size_t m = 0; m < COUNT_OF(modes); m++)
			html_cell_number(out, stats->age[modes[m]][b]);
		html_row_end(out);
	}
	html_table_end(out);
}

static void write_policies(struct text *out, const struct stats *stats)
{
	static const enum stats_metric of_mode[] = { METRIC_MODE_ENFORCE, METRIC_MODE_TESTING, METRIC_MODE_NONE };
	uint64_t compared = 0;

	for (unsigned k = 0; k < MX_KIND_COUNT; k++)
		for (size_t m = 0; m < COUNT_OF(modes); m++)
			compared += stats->mx_kind[k][modes[m]];
	html_section(out, "policies", "Policies");
	html_bars(out, "Usable policies by mode.", "mode");
	for (size_t m = 0; m < COUNT_OF(modes); m++)
		html_bar(out, span_of(sts_mode_name(modes[m])), metric(stats, of_mode[m]),
			 metric(stats, METRIC_POLICY_USABLE));
	html_table_end(out);
	write_mode_table(out, stats);
	html_bars(out,
		  "MX against the patterns: the worst MX of each domain. tld: only the public suffix differs; "
		  "label: same registrable domain; sts-label: the pattern names the policy host.",
		  "worst MX");
	for (unsigned k = 0; k < MX_KIND_COUNT; k++) {
		uint64_t sum = 0;

		for (size_t m = 0; m < COUNT_OF(modes); m++)
			sum += stats->mx_kind[k][modes[m]];
		html_bar(out, span_of(mx_kind_name((enum mx_kind)k)), sum, compared);
	}
	html_table_end(out);
	html_section_end(out);
}

/* ---- providers, TLDs, ranks ---- */

static void write_provider_table(struct text *out, const struct stats *stats, const struct tally *tally,
				 const char *caption)
{
	html_table(out, caption, "provider|#domains|#share|#misconfigured|#share misconfigured");
	for (size_t i = 0; i < tally->count && i < REPORT_PROVIDERS_MAX; i++) {
		const uint64_t *counter = tally->entry[i].counter;

		html_row(out);
		html_cell(out, tally->entry[i].word);
		html_cell_number(out, counter[PROVIDER_DOMAINS]);
		html_cell_percent(out, counter[PROVIDER_DOMAINS], metric(stats, METRIC_STS_RECORD));
		html_cell_number(out, counter[PROVIDER_MISCONFIGURED]);
		html_cell_percent(out, counter[PROVIDER_MISCONFIGURED], counter[PROVIDER_DOMAINS]);
		html_row_end(out);
	}
	html_table_end(out);
}

static void write_part(struct text *out, struct span label, const uint64_t part[static PART_COUNT])
{
	html_row(out);
	html_cell(out, label);
	for (unsigned c = 0; c < PART_COUNT; c++)
		html_cell_number(out, part[c]);
	html_cell_percent(out, part[PART_STS], part[PART_DOMAINS]);
	html_row_end(out);
}

static void write_tlds(struct text *out, const struct stats *stats)
{
	html_section(out, "tlds", "Top-level domains");
	html_table(out, "The largest.", "tld|#domains|#with MX|#STS|#misconfigured|#enforce|#TLSRPT|#share STS");
	for (size_t i = 0; i < stats->tld.count && i < REPORT_TLDS_MAX; i++)
		write_part(out, stats->tld.entry[i].word, stats->tld.entry[i].counter);
	html_table_end(out);
	html_section_end(out);
}

static void write_ranks(struct text *out, const struct stats *stats)
{
	if (stats->rank[0][PART_DOMAINS] == metric(stats, METRIC_SCANNED)) /* no ranked list */
		return;
	html_section(out, "ranks", "Ranks");
	html_table(out, "By rank in the list.",
		   "rank|#domains|#with MX|#STS|#misconfigured|#enforce|#TLSRPT|#share STS");
	for (unsigned bin = 1; bin <= STATS_RANK_BINS; bin++) {
		const uint64_t *part = stats->rank[bin % STATS_RANK_BINS];
		uint64_t start, end;
		char label[64] = "unranked";

		if (part[PART_DOMAINS] == 0)
			continue;
		stats_rank_bounds(bin % STATS_RANK_BINS, &start, &end);
		if (end > 0)
			snprintf(label, sizeof(label), "%llu to %llu", (unsigned long long)start,
				 (unsigned long long)end);
		else if (start > 0)
			snprintf(label, sizeof(label), "from %llu", (unsigned long long)start);
		write_part(out, span_of(label), part);
	}
	html_table_end(out);
	html_section_end(out);
}

/* ---- how it was made ---- */

static void write_method(struct text *out)
{
	html_section(out, "method", "How to read this");
	text_literal(out, "<ul>\n"
			  "<li>For each domain DNS was asked for MX, <code>_mta-sts</code>, <code>_smtp._tls</code> "
			  "and, beside a "
			  "valid STS record, the addresses of <code>mta-sts.</code>; then the policy was fetched over "
			  "HTTPS as "
			  "RFC 8461 asks: no redirects, certificate verified against the DNS names in it.</li>\n"
			  "<li>SERVFAIL, REFUSED and time-outs say nothing about a domain. They count as unknown, "
			  "never as "
			  "absent; so every count of what is there is a lower bound.</li>\n"
			  "<li>A name that does not exist has nothing below it; its other questions were not "
			  "asked.</li>\n"
			  "<li>Each domain counts in the first component that breaks on a sender's way, so that "
			  "components sum. "
			  "In the tables of TLS, HTTP and syntax a domain counts with the first of its reasons.</li>\n"
			  "<li>Tolerated policies break the grammar in ways that deployed senders differ about (blank "
			  "lines, "
			  "byte-order marks, stray white space, a max_age above one year). They count as usable, not "
			  "as "
			  "valid.</li>\n"
			  "<li>Providers are registrable domains after the Public Suffix List: of the policy host's "
			  "CNAME "
			  "target, and of the most preferred MX.</li>\n"
			  "<li>Mail servers were not contacted.</li>\n"
			  "</ul>\n<p class=\"soft\">Made by stsurvey " STSURVEY_VERSION
			  " from its scan files. All numbers are also in the "
			  "tables of <code>stsurvey stats</code>.</p>\n");
	html_section_end(out);
}

static void write_page(struct text *out, struct stats *stats, const struct scan_files *files)
{
	tally_sort(&stats->tld, PART_DOMAINS);
	tally_sort(&stats->policy_host, PROVIDER_DOMAINS);
	tally_sort(&stats->mx, PROVIDER_DOMAINS);
	html_begin(out, "MTA-STS and TLSRPT survey");
	write_headline(out, stats, (unsigned)files->count, files->incomplete);
	write_adoption(out, stats);
	write_funnel(out, stats);
	write_findings(out, stats);
	write_stages(out, stats);
	write_policies(out, stats);
	html_section(out, "providers", "Who serves policies and receives mail");
	write_provider_table(out, stats, &stats->policy_host, "Policy hosts: where the CNAME of mta-sts leads.");
	write_provider_table(out, stats, &stats->mx, "Mail: the most preferred MX.");
	html_section_end(out);
	write_tlds(out, stats);
	write_ranks(out, stats);
	write_method(out);
	html_end(out);
}

static bool on_domain(void *arg, const struct observation *observation, const struct classification *result)
{
	stats_add(arg, observation, result);
	return true;
}

int report_write(struct scan_files *files, const char *path, struct error *error)
{
	struct stats stats; /* some 10 KiB */
	struct text text;
	int result = -1;

	stats_init(&stats);
	if (scan_files_differ(files, path, error) == 0 && scan_files_read(files, on_domain, &stats, error) == 0 &&
	    scan_files_expect_domains(files, error) == 0 && text_open(&text, path, error) == 0) {
		write_page(&text, &stats, files);
		result = text_close(&text, error);
	}
	stats_fini(&stats);
	return result;
}
