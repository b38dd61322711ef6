#include "analysis/page/report.h"

#include <stdio.h>
#include <stdlib.h>

#include "analysis/page/html.h"
#include "analysis/page/report_hosts.h"
#include "analysis/tables/stats.h"
#include "output/whole_file.h"

/* ---- headline ---- */

static void show_tile(struct html *html, const struct stats *stats, enum stats_metric part, const char *label,
		      const char *of)
{
	text_literal(html->out, "<div><dt>");
	html_string(html, label);
	text_literal(html->out, "</dt><dd>");
	html_number(html, stats->metric[part]);
	if (of) {
		text_literal(html->out, " <small>");
		html_percent(html, stats->metric[part], stats->metric[stats_metrics[part].of]);
		text_printf(html->out, " of %s</small>", of);
	}
	text_literal(html->out, "</dd></div>\n");
}

static void show_headline(struct html *html, const struct stats *stats, unsigned files, unsigned incomplete)
{
	text_literal(html->out, "<p class=\"soft\">");
	if (stats->last_ms != 0) {
		text_literal(html->out, "Scanned from <time>");
		text_time(html->out, stats->first_ms / 1000);
		text_literal(html->out, "</time> to <time>");
		text_time(html->out, stats->last_ms / 1000);
		text_literal(html->out, "</time>, ");
	}
	text_printf(html->out, "%u scan file%s.", files, files == 1 ? "" : "s");
	if (incomplete > 0)
		text_printf(html->out,
			    " <strong>%u of them did not come to an end or are not whole: these are not the numbers of "
			    "the list.</strong>",
			    incomplete);
	text_literal(html->out, "</p>\n<dl class=\"tiles\">\n");
	show_tile(html, stats, METRIC_SCANNED, "Domains scanned", NULL);
	show_tile(html, stats, METRIC_STS_RECORD, "With an STS record", "the scanned");
	show_tile(html, stats, METRIC_MODE_ENFORCE, "Policies in mode enforce", "the usable policies");
	show_tile(html, stats, METRIC_MISCONFIGURED, "Misconfigured", "those with an STS record");
	show_tile(html, stats, METRIC_DELIVERY_FAILURE, "Refused by senders", "those with an STS record");
	show_tile(html, stats, METRIC_TLSRPT_RECORD, "With a TLSRPT record", "the scanned");
	show_tile(html, stats, METRIC_UNKNOWN, "Not fully measured", "the scanned");
	text_literal(html->out, "</dl>\n");
}

/* ---- adoption, funnel ---- */

static void show_adoption(struct html *html, const struct stats *stats)
{
	static const struct {
		enum stats_metric metric;
		const char *label;
	} row[] = {
		{ METRIC_COMPLETE, "measured completely" },
		{ METRIC_UNKNOWN, "some answer is missing" },
		{ METRIC_BLOCKLISTED, "not asked: on the blocklist" },
		{ METRIC_ILLEGAL_INPUT, "not asked: no domain name" },
		{ METRIC_NXDOMAIN, "answered with NXDOMAIN: no such name, or its alias leads to none" },
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

	html_section(html, "adoption", "Adoption");
	html_table(html, "What the scanned domains have.", "what" HTML_BAR_COLUMNS);
	for (size_t i = 0; i < COUNT_OF(row); i++)
		html_bar(html, row[i].label, stats->metric[row[i].metric],
			 stats->metric[stats_metrics[row[i].metric].of]);
}

static void show_funnel(struct html *html, const struct stats *stats)
{
	static const struct {
		enum component component;
		const char *label;
	} stage[] = {
		{ COMPONENT_RECORD, "the STS record is usable" },   { COMPONENT_DNS, "the policy host has an address" },
		{ COMPONENT_TCP, "it accepts connections" },        { COMPONENT_TLS, "TLS is verified" },
		{ COMPONENT_HTTP, "HTTP answers with status 200" }, { COMPONENT_SYNTAX, "the policy can be used" },
		{ COMPONENT_MX, "every MX fits the policy" },       { COMPONENT_MXTLS, "every MX is usable" },
	};
	uint64_t of = 0, left, unknown = stats->component[COMPONENT_UNKNOWN];

	for (unsigned c = COMPONENT_RECORD; c < COMPONENT_UNKNOWN; c++)
		of += stats->component[c];
	left = of;
	html_section(html, "funnel", "How far a sender gets");
	html_table(
		html,
		"Domains with an STS record that are still on the way after each step. What could not be found out is "
		"left out and stands in the last row.",
		"step" HTML_BAR_COLUMNS);
	html_bar(html, "an STS record", of, of);
	for (size_t i = 0; i < COUNT_OF(stage); i++) {
		if (stage[i].component == COMPONENT_MXTLS && stats->hosts.population == 0)
			continue; /* nobody looked */
		left -= stats->component[stage[i].component];
		html_bar(html, stage[i].label, left, of);
	}
	html_bar(html, "not found out", unknown, of + unknown);
	html_table(html, "Where they break: the first component that fails.", "component" HTML_BAR_COLUMNS);
	for (unsigned c = COMPONENT_RECORD; c < COMPONENT_UNKNOWN; c++)
		if (c != COMPONENT_MXTLS || stats->component[c] > 0)
			html_bar(html, component_names[c], stats->component[c], of);
	html_table(html, "What a sender does.", "verdict" HTML_BAR_COLUMNS);
	of += unknown;
	for (unsigned v = VERDICT_NO_POLICY; v < VERDICT_COUNT; v++)
		html_bar(html, verdict_names[v], stats->verdict[v], of);
}

/* ---- findings ---- */

static int compare_findings(const void *a, const void *b, void *arg)
{
	const struct stats *stats = arg;
	uint64_t left = stats->finding[*(const unsigned *)a], right = stats->finding[*(const unsigned *)b];

	if (left == right)
		return *(const unsigned *)a < *(const unsigned *)b ? -1 : 1;
	return left < right ? 1 : -1;
}

static void show_findings(struct html *html, struct stats *stats)
{
	unsigned order[FINDING_COUNT];

	for (unsigned f = 0; f < FINDING_COUNT; f++)
		order[f] = f;
	qsort_r(order, FINDING_COUNT, sizeof(order[0]), compare_findings, stats);
	html_section(html, "findings", "Findings");
	html_table(html, "The most frequent. A domain may have several; shares are of all scanned domains.",
		   "finding|severity|#domains|#share|what it means|what to do");
	for (unsigned i = 0; i < REPORT_FINDINGS_MAX && stats->finding[order[i]] > 0; i++) {
		const struct finding_info *info = &finding_table[order[i]];

		html_row(html);
		text_printf(html->out, "<td><code>%s</code></td>", info->code);
		html_cell(html, span_of(severity_names[info->severity]));
		html_cell_number(html, stats->finding[order[i]]);
		html_cell_percent(html, stats->finding[order[i]], stats->metric[METRIC_SCANNED]);
		html_cell(html, span_of(info->meaning));
		html_cell(html, span_of(info->fix));
	}
}

static void show_stage(struct html *html, const struct stats *stats, enum stats_stage stage, const char *caption)
{
	const uint64_t *reason = stats->reason[stage];
	uint64_t of = 0;

	for (unsigned r = 0; r < STATS_REASON_COUNT; r++)
		of += reason[r];
	html_table(html, caption, "outcome" HTML_BAR_COLUMNS);
	html_bar(html, stats_reason_name(STATS_REASON_OK), reason[STATS_REASON_OK], of);
	for (unsigned f = 0; f < FINDING_COUNT; f++)
		if (reason[f] > 0)
			html_bar(html, stats_reason_name(f), reason[f], of);
}

static void show_stages(struct html *html, const struct stats *stats)
{
	html_section(html, "reasons", "Why policies cannot be used");
	show_stage(html, stats, STATS_STAGE_TLS, "TLS of the policy hosts that were connected to.");
	show_stage(html, stats, STATS_STAGE_HTTP, "HTTP of those whose TLS was verified.");
	show_stage(html, stats, STATS_STAGE_SYNTAX, "Policies that were read with status 200.");
}

/* ---- policies ---- */

static void show_mode_table(struct html *html, const struct stats *stats)
{
	html_table(html, "Usable policies by max_age.", "max_age|#enforce|#testing|#none");
	for (unsigned b = 0; b < STATS_AGE_BUCKETS; b++) {
		html_row(html);
		html_cell(html, span_of(stats_ages[b].name));
		for (unsigned m = STS_MODE_ENFORCE; m <= STS_MODE_NONE; m++)
			html_cell_number(html, stats->age[m][b]);
	}
}

static void show_policies(struct html *html, const struct stats *stats)
{
	uint64_t of_kind[MX_KIND_COUNT] = { 0 }, compared = 0;

	for (unsigned k = 0; k < MX_KIND_COUNT; k++) {
		for (unsigned m = STS_MODE_ENFORCE; m <= STS_MODE_NONE; m++)
			of_kind[k] += stats->mx_kind[k][m];
		compared += of_kind[k];
	}
	html_section(html, "policies", "Policies");
	html_table(html, "Usable policies by mode.", "mode" HTML_BAR_COLUMNS);
	for (unsigned m = STS_MODE_ENFORCE; m <= STS_MODE_NONE; m++)
		html_bar(html, sts_mode_names[m], stats->metric[stats_metric_of_mode((enum sts_mode)m)],
			 stats->metric[METRIC_POLICY_USABLE]);
	show_mode_table(html, stats);
	html_table(html,
		   "MX against the patterns: the worst MX of each domain. tld: only the public suffix differs; label: "
		   "same registrable domain; sts-label: the pattern names the policy host.",
		   "worst MX" HTML_BAR_COLUMNS);
	for (unsigned k = 0; k < MX_KIND_COUNT; k++)
		html_bar(html, mx_kind_names[k], of_kind[k], compared);
}

/* ---- providers, TLDs, ranks ---- */

static void show_provider_table(struct html *html, const struct stats *stats, const struct tally *tally,
				const char *caption)
{
	html_table(html, caption, "provider|#domains|#share|#misconfigured|#share misconfigured");
	for (size_t i = 0; i < tally->count && i < REPORT_PROVIDERS_MAX; i++) {
		const uint64_t *counter = tally->entry[i].counter;

		html_row(html);
		html_cell(html, tally->entry[i].word);
		html_cell_number(html, counter[PROVIDER_DOMAINS]);
		html_cell_percent(html, counter[PROVIDER_DOMAINS], stats->metric[METRIC_STS_RECORD]);
		html_cell_number(html, counter[PROVIDER_MISCONFIGURED]);
		html_cell_percent(html, counter[PROVIDER_MISCONFIGURED], counter[PROVIDER_DOMAINS]);
	}
}

#define PART_COLUMNS "|#domains|#with MX|#STS|#misconfigured|#enforce|#TLSRPT|#share STS"

static void show_part(struct html *html, struct span label, const uint64_t part[static PART_COUNT])
{
	html_row(html);
	html_cell(html, label);
	for (unsigned c = 0; c < PART_COUNT; c++)
		html_cell_number(html, part[c]);
	html_cell_percent(html, part[PART_STS], part[PART_DOMAINS]);
}

static void show_tlds(struct html *html, const struct stats *stats)
{
	html_section(html, "tlds", "Top-level domains");
	html_table(html, "The largest.", "tld" PART_COLUMNS);
	for (size_t i = 0; i < stats->tld.count && i < REPORT_TLDS_MAX; i++)
		show_part(html, stats->tld.entry[i].word, stats->tld.entry[i].counter);
}

static void show_ranks(struct html *html, const struct stats *stats)
{
	if (stats->rank[0][PART_DOMAINS] == stats->metric[METRIC_SCANNED]) /* no ranked list */
		return;
	html_section(html, "ranks", "Ranks");
	html_table(html, "By rank in the list.", "rank" PART_COLUMNS);
	for (unsigned i = 1; i <= STATS_RANK_BINS; i++) {
		unsigned bin = i % STATS_RANK_BINS; /* the unranked last */
		unsigned long long start = stats_ranks[bin].start, end = stats_ranks[bin].end;
		char label[64] = "unranked";

		if (end > 0)
			snprintf(label, sizeof(label), "%llu to %llu", start, end);
		else if (start > 0)
			snprintf(label, sizeof(label), "from %llu", start);
		if (stats->rank[bin][PART_DOMAINS] > 0)
			show_part(html, span_of(label), stats->rank[bin]);
	}
}

/* ---- how it was made ---- */

static void show_method(struct html *html, bool probed)
{
	html_section(html, "method", "How to read this");
	text_literal(
		html->out,
		"<ul>\n"
		"<li>For each domain DNS was asked for MX, <code>_mta-sts</code>, <code>_smtp._tls</code> and, "
		"beside a valid STS record, the addresses of <code>mta-sts.&lt;domain&gt;</code>; then the policy was "
		"fetched over "
		"HTTPS as RFC 8461 asks: no redirects, certificate verified against the DNS names in it.</li>\n"
		"<li>SERVFAIL, REFUSED and time-outs say nothing about a domain. They count as unknown, never as "
		"absent; so every count of what is there is a lower bound.</li>\n"
		"<li>A name that does not exist has nothing below it; its other questions were not asked.</li>\n"
		"<li>Each domain counts in the first component that breaks on a sender's way, so that components sum. "
		"In the tables of TLS, HTTP and syntax a domain counts with the first of its reasons.</li>\n"
		"<li>Tolerated policies break the grammar in ways that deployed senders differ about (blank lines, "
		"byte-order marks, stray white space, a max_age above one year). They count as usable, not as "
		"valid.</li>\n"
		"<li>Providers are registrable domains after the Public Suffix List: of the policy host's CNAME "
		"target, and of the most preferred MX.</li>\n"
		"<li>");
	text_string(html->out,
		    probed ? "Mail servers were connected to as far as TLS goes, each once; nothing was mailed. What "
			     "one did not tell counts as unknown."
			   : "Mail servers were not contacted.");
	text_literal(html->out, "</li>\n"
				"</ul>\n<p class=\"soft\">Made by stsurvey " STSURVEY_VERSION " from its scan files. "
				"All numbers are also in the tables of <code>stsurvey stats</code>.</p>\n");
}

static void show_senders(struct html *html, const struct stats *stats)
{
	uint64_t of = stats->metric[METRIC_STS_RECORD];

	html_section(html, "senders", "What mail servers in use do");
	html_table(
		html,
		"Domains with an STS record, by what becomes of mail to them. Programs read record and policy each in "
		"its way; rfc8461 is the standard.",
		"sender|#domains|#no policy|#none|#testing|#delivers|#refuses|#defers|#unknown|#share refused");
	for (size_t i = 0; i < SENDER_PROFILE_COUNT; i++) {
		if (sender_profiles[i].kind == SENDER_KIND_MATCHER)
			continue;
		html_row(html);
		html_cell(html, span_of(sender_profiles[i].name));
		html_cell_number(html, of);
		for (unsigned o = 0; o < SENDER_OUTCOME_COUNT; o++)
			html_cell_number(html, stats->sender[i][o]);
		html_cell_percent(html, stats->sender[i][SENDER_OUTCOME_REFUSES], of);
	}
}

static void show_page(struct text *out, struct stats *stats, const struct scan_files *files)
{
	struct html page, *html = &page;

	tally_sort(&stats->tld);
	tally_sort(&stats->policy_host);
	tally_sort(&stats->mx);
	html_begin(html, out, "MTA-STS and TLSRPT survey");
	show_headline(html, stats, (unsigned)files->count, files->incomplete);
	show_adoption(html, stats);
	show_funnel(html, stats);
	show_findings(html, stats);
	show_stages(html, stats);
	show_policies(html, stats);
	show_senders(html, stats);
	report_hosts_show(html, &stats->hosts);
	html_section(html, "providers", "Who serves policies and receives mail");
	show_provider_table(html, stats, &stats->policy_host, "Policy hosts: where the CNAME of mta-sts leads.");
	show_provider_table(html, stats, &stats->mx, "Mail: the most preferred MX.");
	show_tlds(html, stats);
	show_ranks(html, stats);
	show_method(html, files->hosts > 0);
	html_end(html);
}

static void *begin_part(void *arg)
{
	struct stats *part = malloc(sizeof(*part));

	(void)arg;
	if (part)
		stats_init(part);
	return part;
}

static bool count_domain(void *state, struct text *output, const struct observation *observation,
			 const struct classification *result)
{
	struct sender_result sender[SENDER_PROFILE_COUNT];

	(void)output;
	stats_add(state, observation, result);
	if (judgement_has_record(&result->judgement, TXT_STS))
		stats_add_senders(state, observation, result, sender);
	return true;
}

static void relieve_part(void *arg, void *state)
{
	if (stats_is_large(state))
		stats_merge(arg, state);
}

static void end_part(void *arg, void *state)
{
	stats_merge(arg, state);
	stats_fini(state);
	free(state);
}

static const struct scan_files_work counting = {
	.begin = begin_part,
	.on_domain = count_domain,
	.relieve = relieve_part,
	.end = end_part,
};

static int count_domains(struct scan_files *files, struct stats *stats, struct error *error)
{
	if (scan_files_check_distinct(files, error) < 0 || scan_files_work(files, &counting, stats, error) < 0 ||
	    scan_files_check_domains(files, error) < 0)
		return -1;
	return stats_failed(stats) ? error_set(error, "no memory for the words of the page") : 0;
}

int report_write(struct scan_files *files, const char *path, struct error *error)
{
	struct stats stats; /* some 10 KiB */
	struct whole_file file;
	int result = -1;

	stats_init(&stats);
	if (count_domains(files, &stats, error) == 0) {
		result = whole_file_open(&file, path, true);
		if (result == 0) {
			show_page(&file.text, &stats, files);
			result = whole_file_close(&file, true, false);
		}
		if (result < 0)
			whole_file_fail(path, error);
	}
	stats_fini(&stats);
	return result;
}
