/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/page/report.h"

#include <stdio.h>
#include <stdlib.h>

#include "analysis/drift/diff.h"
#include "analysis/page/page.h"
#include "analysis/tables/stats_tables.h"
#include "output/whole_file.h"

enum { DRIFT_MEMORY = 256 * 1024 * 1024 }; /* octets, about, as of diff */

/* ---- the sections ---- */

static bool always(const struct page *page)
{
	(void)page;
	return true;
}

static bool if_record(const struct page *page)
{
	return page->scan->stats.metric[METRIC_STS_RECORD] > 0;
}

static bool if_usable(const struct page *page)
{
	return page->scan->stats.metric[METRIC_POLICY_USABLE] > 0;
}

static bool if_labels(const struct page *page)
{
	return page->scan->stats.headers->label_count > 0;
}

static bool if_previous(const struct page *page)
{
	return page->previous;
}

static bool if_probed(const struct page *page)
{
	return page->scan->stats.hosts.population > 0;
}

static bool if_direct(const struct page *page)
{
	const struct direct_counts counts = direct_stats_counts(&page->scan->stats.direct);

	return direct_counts_questions(&counts) > 0;
}

/* In the order of the page. */
static const struct {
	const char *id, *heading;
	bool (*is_there)(const struct page *page);
	void (*show)(struct page *page);
} sections[] = {
	{ "funnel", "From the list to delivered mail", always, page_funnel },
	{ "adoption", "Who has it", always, page_adoption },
	{ "breaks", "What breaks", if_record, page_breaks },
	{ "findings", "All findings", always, page_findings },
	{ "managed", "Self or third party", if_record, page_managed },
	{ "policies", "Modes and max_age", if_usable, page_policies },
	{ "providers", "Providers", if_record, page_providers },
	{ "labels", "By group", if_labels, page_labels },
	{ "trend", "Since the last scan", if_previous, page_trend },
	{ "senders", "What mail servers in use do", if_record, page_senders },
	{ "hosts", "Mail servers and DANE", if_probed, page_hosts },
	{ "dnssec", "DNSSEC", always, page_dnssec },
	{ "direct", "Whose answers these are", if_direct, page_direct },
	{ "method", "How it was measured, and what it does not say", always, page_method },
};

static void show_contents(struct page *page)
{
	struct html *html = &page->html;

	text_literal(html->out, "<nav aria-label=\"Contents\">\n<ol>\n");
	for (size_t i = 0; i < COUNT_OF(sections); i++)
		if (sections[i].is_there(page))
			text_printf(html->out, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id,
				    sections[i].heading);
	text_literal(html->out, "</ol>\n</nav>\n");
}

static void show_page(struct page *page, struct text *out)
{
	html_begin(&page->html, out, page->title);
	page->html.sample = page->scan->stats.headers->sample;
	page_head(page);
	show_contents(page);
	for (size_t i = 0; i < COUNT_OF(sections); i++) {
		if (!sections[i].is_there(page))
			continue;
		html_section(&page->html, sections[i].id, sections[i].heading);
		sections[i].show(page);
	}
	html_end(&page->html);
}

/* ---- data ---- */

/* The rows that have room; how many that leaves out. */
static struct span fit(struct span csv, unsigned *left_out)
{
	size_t n = csv.n < PAGE_CSV_MAX ? csv.n : PAGE_CSV_MAX;

	while (n > 0 && n < csv.n && csv.p[n - 1] != '\n')
		n--;
	*left_out = 0;
	for (size_t i = n; i < csv.n; i++)
		*left_out += csv.p[i] == '\n';
	return (struct span){ csv.p, n };
}

void page_data(struct page *page, const char *names)
{
	struct html *html = &page->html;
	struct span rest = span_of(names), name;
	const char *before = "<p class=\"data\">Data: ";
	struct text csv;

	html_close(html);
	text_open_memory(&csv);
	while (span_next_part(&rest, ' ', &name)) {
		char word[32];
		unsigned left_out;
		struct span all;

		snprintf(word, sizeof(word), "%.*s", (int)name.n, name.p);
		csv.used = 0;
		if (!stats_tables_put(&page->scan->stats, word, &csv))
			continue;
		all = fit((struct span){ csv.data, csv.used }, &left_out);
		text_string(html->out, before);
		html_csv_link(html, word, all);
		if (left_out > 0)
			text_printf(html->out, " (its first rows; <code>stsurvey stats</code> has %u more)", left_out);
		before = ", ";
	}
	text_literal(html->out, "</p>\n");
	if (text_failed(&csv)) /* no memory: the page is not whole */
		html->out->error = csv.error;
	text_free(&csv);
}

/* ---- counting ---- */

static void *begin_part(void *arg)
{
	const struct page_scan *scan = arg;
	struct stats *part = malloc(sizeof(*part));

	if (part) {
		stats_init(part);
		stats_set_headers(part, scan->stats.headers);
	}
	return part;
}

static bool count_domain(void *state, struct text *output, const struct observation *observation,
			 const struct classification *result)
{
	struct sender_result sender[SENDER_PROFILE_COUNT];

	struct stats *stats = state;

	stats->rows = output;
	stats_add(state, observation, result);
	if (judgement_has_record(&result->judgement, TXT_STS))
		stats_add_senders(state, observation, result, sender);
	return true;
}

static bool take_rows(void *arg, unsigned output, struct span rows)
{
	struct page_scan *scan = arg;

	(void)output;
	return sharing_take(scan->sharing, rows, &scan->error) == 0;
}

static void relieve_part(void *arg, void *state)
{
	struct page_scan *scan = arg;

	if (stats_is_large(state))
		stats_merge(&scan->stats, state);
}

static void end_part(void *arg, void *state)
{
	struct page_scan *scan = arg;

	stats_merge(&scan->stats, state);
	stats_fini(state);
	free(state);
}

static const struct scan_files_work counting = {
	.outputs = 1, /* what domains share */
	.begin = begin_part,
	.on_domain = count_domain,
	.on_output = take_rows,
	.relieve = relieve_part,
	.end = end_part,
};

static bool count_host(void *arg, const struct obs_host *host)
{
	struct page_scan *scan = arg;

	host_stats_add_host(&scan->stats.hosts, host);
	return true;
}

static void note_header(void *arg, const struct record_header *header)
{
	struct page_scan *scan = arg;

	scan_facts_add(&scan->facts, header);
}

static void note_vantage(void *arg, const struct obs_vantage *vantage)
{
	struct page_scan *scan = arg;

	scan_facts_add_vantage(&scan->facts, vantage);
}

static int note_headers(void *arg, const struct scan_headers *headers, struct error *error)
{
	struct page_scan *scan = arg;

	(void)error;
	stats_set_headers(&scan->stats, headers);
	return 0;
}

static int read_and_count(struct page_scan *scan, struct scan_files *files, const struct sharing_limits *limits,
			  struct error *error)
{
	if (scan_files_check_distinct(files, error) < 0 || scan_files_work(files, &counting, scan, error) < 0 ||
	    scan_files_check_domains(files, error) < 0)
		return -1;
	if (scan->error.text[0]) {
		*error = scan->error;
		return -1;
	}
	if (stats_failed(&scan->stats))
		return error_set(error, "no memory for the words of the page");
	return manager_stats_finish(&scan->stats.managers, scan->sharing, limits, error);
}

/* @files live as long as @scan: it has their headers. */
static int count(struct page_scan *scan, struct scan_files *files, const struct sharing_limits *limits,
		 struct error *error)
{
	int result;

	files->on_headers = note_headers;
	files->on_header = note_header;
	files->on_vantage = note_vantage;
	files->on_host = count_host;
	scan->sharing = sharing_new(SHARING_PARTITIONS, error);
	result = scan->sharing ? read_and_count(scan, files, limits, error) : -1;
	sharing_free(scan->sharing);
	scan->hosts = files->hosts;
	scan->incomplete = files->incomplete;
	stats_sort(&scan->stats);
	tally_sort(&scan->stats.hosts.host);
	return result;
}

/* Domain by domain, where both scans can be read once more. */
static int lay_side_by_side(struct page *page, const struct scan_files *files, const char *previous,
			    struct diff_counts *counts, struct error *error)
{
	struct diff_options options = { .command = files->command,
					.count = files->count + 1,
					.partial = files->partial,
					.memory = DRIFT_MEMORY,
					.threads = files->threads > 0 ? files->threads : 1 };
	int result = -1;

	options.path = malloc((size_t)options.count * sizeof(*options.path));
	if (!options.path)
		return error_set(error, "no memory");
	options.path[0] = (char *)previous;
	memcpy(options.path + 1, files->path, (size_t)files->count * sizeof(*options.path));
	result = diff_count(&options, counts, &page->drift_sample, error);
	page->drift = result > 0 ? counts : NULL;
	free(options.path);
	return result < 0 ? -1 : 0;
}

/* ---- all of it ---- */

static int write_page(struct page *page, const char *path, struct error *error)
{
	struct whole_file file;
	int result = whole_file_open(&file, path, true);

	if (result == 0) {
		show_page(page, &file.text);
		result = whole_file_close(&file, true, false);
	}
	return result < 0 ? whole_file_fail(path, error) : 0;
}

int report_write(struct scan_files *files, const struct report_options *options, const char *path, struct error *error)
{
	struct page_scan *scan = calloc(2, sizeof(*scan)), *before = scan + 1; /* some 60 KiB each */
	struct page page = { .title = options->title ? options->title : "MTA-STS and TLSRPT survey",
			     .scan = scan,
			     .limits = options->limits };
	char *paths[] = { (char *)options->previous };
	struct scan_files previous = {
		.command = files->command, .path = paths, .count = 1, .partial = files->partial
	};
	struct diff_counts counts; /* some 50 KiB */
	int result = 0;

	if (!scan)
		return error_set(error, "no memory");
	if (options->previous && scan_files_check_output(files, options->previous, error) < 0) {
		free(scan);
		return error_set(error, "--previous %s is the scan itself; give the one before it", options->previous);
	}
	stats_init(&scan->stats);
	stats_init(&before->stats);
	if (options->previous) {
		page.previous = before;
		result = count(before, &previous, &options->limits, error);
	}
	if (result == 0)
		result = count(scan, files, &options->limits, error);
	if (result == 0 && options->previous)
		result = lay_side_by_side(&page, files, options->previous, &counts, error);
	if (result == 0)
		result = write_page(&page, path, error);
	stats_fini(&scan->stats);
	stats_fini(&before->stats);
	free(scan);
	return result;
}
