/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt_tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analysis/tables/table.h"
#include "analysis/tlsrpt/tlsrpt_count.h"
#include "analysis/tlsrpt/tlsrpt_join.h"
#include "analysis/tlsrpt/tlsrpt_value.h"

enum {
	ONE_A_DAY_LEAST = 2, /* reports that make a habit */
};

enum table_number {
	TABLE_REPORTS,
	TABLE_FAILURES,
	TABLE_NOTES,
	TABLE_RESULT,
	TABLE_DOMAIN,
	TABLE_MX,
	TABLE_REPORTER,
	TABLE_DAY,
	TABLE_AGREEMENT, /* may be missing: the last */
	TABLE_COUNT
};

static const struct table_name names[TABLE_COUNT] = {
	[TABLE_REPORTS] = { "reports",
			    "organization,report_id,start,end,day,days,contact,domains,policies,policy_types,"
			    "successful,failed,details_failed,difference,notes,file" },
	[TABLE_FAILURES] = { "failures", "organization,report_id,day,domain,policy_type,result_type,mx,receiving_ip,"
					 "sending_ip,helo,sessions,reason,more_information" },
	[TABLE_NOTES] = { "notes", "file,report,field,note" },
	[TABLE_RESULT] = { "by_result", "result_type,policy_type,reports,details,sessions" },
	[TABLE_DOMAIN] = { "by_domain", "domain,policy_type,reports,successful,failed,details_failed,difference,"
					"sessions,share_failed" },
	[TABLE_MX] = { "by_mx", "mx,policy_type,result_type,reports,sessions" },
	[TABLE_REPORTER] = { "by_reporter", "organization,reports,duplicates,successful,failed,details_failed,"
					    "difference,first_day,last_day,one_a_day" },
	[TABLE_DAY] = { "by_day", "day,days,reports,successful,failed,details_failed,difference" },
	[TABLE_AGREEMENT] = { "agreement", tlsrpt_join_columns },
};

struct tlsrpt_tables {
	struct table table[TABLE_COUNT];
	size_t open; /* so many */
	struct tlsrpt_count result, domain, mx, reporter, day;
	uint64_t reports;            /* number of the one that is added */
	size_t most_result, most_mx; /* entries of these that it may come to */
	bool no_memory;
};

/* What an entry's sums are. */
enum { SUM_REPORTS, SUM_SUCCEEDED, SUM_FAILED, SUM_DETAILS_FAILED, SUM_DETAILS, SUM_DUPLICATES };

/* ---- files ---- */

int tlsrpt_tables_check(const char *directory, char **path, int count, struct error *error)
{
	const struct scan_files files = { .path = path, .count = count };

	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (table_check(&files, directory, names[i].name, error) < 0)
			return -1;
	return 0;
}

struct tlsrpt_tables *tlsrpt_tables_open(const char *directory, bool with_agreement, struct error *error)
{
	struct tlsrpt_tables *tables = calloc(1, sizeof(*tables));
	const size_t count = with_agreement ? TABLE_COUNT : TABLE_AGREEMENT;
	struct error ignored;

	if (!tables) {
		error_set(error, "no memory");
		return NULL;
	}
	tlsrpt_count_init(&tables->result);
	tlsrpt_count_init(&tables->domain);
	tlsrpt_count_init(&tables->mx);
	tlsrpt_count_init(&tables->reporter);
	tlsrpt_count_init(&tables->day);
	if (table_make_folder(directory, error) == 0 &&
	    tables_open(tables->table, names, count, directory, 0, error) == 0) {
		tables->open = count;
		return tables;
	}
	(void)!tlsrpt_tables_close(tables, false, &ignored);
	return NULL;
}

/* ---- cells ---- */

void tlsrpt_tables_text(struct csv *csv, struct span text)
{
	char cell[TLSRPT_CELL_MAX];

	if (text.n > TLSRPT_CELL_MAX)
		for (text.n = TLSRPT_CELL_MAX; text.n > 0 && ((unsigned char)text.p[text.n] & 0xc0) == 0x80;)
			text.n--; /* not within a character (RFC 3629 3) */
	for (size_t i = 0; i < text.n; i++)
		cell[i] = ascii_is_space(text.p[i]) ? ' ' : text.p[i];
	csv_text(csv, (struct span){ cell, text.n });
}

void tlsrpt_tables_time(struct csv *csv, bool known, int64_t seconds)
{
	if (known)
		csv_time_ms(csv, seconds * 1000);
	else
		csv_string(csv, "");
}

static struct span day_text(int64_t seconds, char text[static 32])
{
	struct tm tm;
	time_t time = (time_t)seconds;

	return (struct span){ text, gmtime_r(&time, &tm) ? strftime(text, 32, "%Y-%m-%d", &tm) : 0 };
}

void tlsrpt_tables_day(struct csv *csv, bool known, int64_t seconds)
{
	char text[32];

	csv_text(csv, known ? day_text(seconds, text) : (struct span){ "", 0 });
}

/* How many more sessions failed by the summary than by the details. */
static void difference(struct csv *csv, uint64_t failed, uint64_t details_failed)
{
	char text[32];

	if (failed >= details_failed)
		snprintf(text, sizeof(text), "%" PRIu64, failed - details_failed);
	else
		snprintf(text, sizeof(text), "-%" PRIu64, details_failed - failed);
	csv_number(csv, strtod(text, NULL), 0);
}

static struct span type_of(const struct tlsrpt_report *report, const struct tlsrpt_policy *policy)
{
	return tlsrpt_span(report, policy->type_text);
}

static struct span or_none(struct span text)
{
	return text.n > 0 ? text : SPAN_LITERAL("(none)");
}

/* ---- rows while reading ---- */

static void put_distinct_domains(struct csv *csv, const struct tlsrpt_report *report)
{
	char cell[TLSRPT_CELL_MAX];
	size_t n = 0;

	for (size_t i = 0; i < report->policy_count; i = tlsrpt_report_domain_end(report, i)) {
		struct span domain = tlsrpt_span(report, report->policy[i].domain);

		if (domain.n == 0 || n + domain.n + 1 > sizeof(cell))
			continue;
		if (n > 0)
			cell[n++] = ' ';
		memcpy(cell + n, domain.p, domain.n);
		n += domain.n;
	}
	tlsrpt_tables_text(csv, (struct span){ cell, n });
}

static void put_types(struct csv *csv, const struct tlsrpt_report *report)
{
	bool has[TLSRPT_TYPE_COUNT] = { false };
	char cell[64] = "";

	for (size_t i = 0; i < report->policy_count; i++)
		has[report->policy[i].type] = true;
	for (unsigned t = 0; t < TLSRPT_TYPE_COUNT; t++) {
		if (!has[t])
			continue;
		if (cell[0])
			strcat(cell, " ");
		strcat(cell, t == TLSRPT_TYPE_OTHER ? "other" : tlsrpt_type_names[t]);
	}
	csv_string(csv, cell);
}

static void report_row(struct csv *csv, const char *file, const struct tlsrpt_report *report,
		       const struct tlsrpt_sessions *sessions)
{
	unsigned days = tlsrpt_report_days(report);

	tlsrpt_tables_text(csv, tlsrpt_span(report, report->organization));
	tlsrpt_tables_text(csv, tlsrpt_span(report, report->id));
	tlsrpt_tables_time(csv, report->has_start, report->start);
	tlsrpt_tables_time(csv, report->has_end, report->end);
	tlsrpt_tables_day(csv, days > 0, report->start);
	csv_known(csv, days > 0, days);
	tlsrpt_tables_text(csv, tlsrpt_span(report, report->contact));
	put_distinct_domains(csv, report);
	csv_uint(csv, report->policy_count);
	put_types(csv, report);
	csv_uint(csv, sessions->succeeded);
	csv_uint(csv, sessions->failed);
	csv_uint(csv, sessions->details_failed);
	difference(csv, sessions->failed, sessions->details_failed);
	csv_uint(csv, report->note_count + report->notes_omitted);
	tlsrpt_tables_text(csv, span_of(file));
	csv_end(csv);
}

static void failure_row(struct csv *csv, const struct tlsrpt_report *report, const struct tlsrpt_policy *policy,
			const struct tlsrpt_detail *detail)
{
	static const enum tlsrpt_text texts[] = { TLSRPT_RESULT_TYPE, TLSRPT_RECEIVING_MX, TLSRPT_RECEIVING_IP,
						  TLSRPT_SENDING_IP, TLSRPT_RECEIVING_HELO };

	tlsrpt_tables_text(csv, tlsrpt_span(report, report->organization));
	tlsrpt_tables_text(csv, tlsrpt_span(report, report->id));
	tlsrpt_tables_day(csv, tlsrpt_report_days(report) > 0, report->start);
	tlsrpt_tables_text(csv, tlsrpt_span(report, policy->domain));
	tlsrpt_tables_text(csv, type_of(report, policy));
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		tlsrpt_tables_text(csv, detail->text[texts[i]]);
	csv_uint(csv, detail->sessions);
	tlsrpt_tables_text(csv, detail->text[TLSRPT_REASON]);
	tlsrpt_tables_text(csv, detail->text[TLSRPT_MORE_INFORMATION]);
	csv_end(csv);
}

bool tlsrpt_tables_note(struct tlsrpt_tables *tables, const char *file, struct span report, const char *field,
			const char *note)
{
	struct csv *csv = &tables->table[TABLE_NOTES].csv;

	tlsrpt_tables_text(csv, span_of(file));
	tlsrpt_tables_text(csv, report);
	tlsrpt_tables_text(csv, span_of(field));
	tlsrpt_tables_text(csv, span_of(note));
	csv_end(csv);
	return !text_failed(csv->out);
}

static void note_rows(struct tlsrpt_tables *tables, const char *file, const struct tlsrpt_report *report)
{
	struct span field, note;
	char more[64];

	for (size_t at = 0; tlsrpt_report_next_note(report, &at, &field, &note);)
		tlsrpt_tables_note(tables, file, tlsrpt_span(report, report->id), field.p, note.p);
	if (report->notes_omitted == 0)
		return;
	snprintf(more, sizeof(more), "more-notes: %" PRIu64, report->notes_omitted);
	tlsrpt_tables_note(tables, file, tlsrpt_span(report, report->id), "", more);
}

/* ---- sums ---- */

/* The report counts once in each entry it belongs to. */
static struct tlsrpt_entry *entry_of(struct tlsrpt_tables *tables, struct tlsrpt_count *count, size_t most,
				     struct span a, struct span b, struct span c)
{
	struct tlsrpt_entry *entry = tlsrpt_count_at_most(count, most, a, b, c);

	if (!entry) {
		tables->no_memory = true;
		return NULL;
	}
	if (entry->report != tables->reports)
		entry->sum[SUM_REPORTS]++;
	entry->report = tables->reports;
	return entry;
}

static void add_sessions(struct tlsrpt_entry *entry, const struct tlsrpt_sessions *sessions)
{
	if (!entry)
		return;
	entry->sum[SUM_SUCCEEDED] = tlsrpt_add(entry->sum[SUM_SUCCEEDED], sessions->succeeded);
	entry->sum[SUM_FAILED] = tlsrpt_add(entry->sum[SUM_FAILED], sessions->failed);
	entry->sum[SUM_DETAILS_FAILED] = tlsrpt_add(entry->sum[SUM_DETAILS_FAILED], sessions->details_failed);
}

static void add_detail(struct tlsrpt_tables *tables, const struct tlsrpt_report *report,
		       const struct tlsrpt_policy *policy, const struct tlsrpt_detail *detail)
{
	struct span type = type_of(report, policy), result = or_none(detail->text[TLSRPT_RESULT_TYPE]);
	struct span mx = or_none(detail->text[TLSRPT_RECEIVING_MX]);
	struct tlsrpt_entry *entry[] = {
		entry_of(tables, &tables->result, tables->most_result, result, type, (struct span){ "", 0 }),
		entry_of(tables, &tables->mx, tables->most_mx, mx, type, result),
	};

	for (size_t i = 0; i < COUNT_OF(entry); i++) {
		if (!entry[i])
			continue;
		entry[i]->sum[SUM_DETAILS]++;
		entry[i]->sum[SUM_FAILED] = tlsrpt_add(entry[i]->sum[SUM_FAILED], detail->sessions);
	}
}

/* Rows of one domain: each type it has, and all of them, of which the largest counts. */
static void add_domain(struct tlsrpt_tables *tables, const struct tlsrpt_report *report, size_t from, size_t to)
{
	struct span domain = or_none(tlsrpt_span(report, report->policy[from].domain));
	struct tlsrpt_sessions sessions = tlsrpt_report_largest(report, from, to, TLSRPT_TYPE_COUNT);

	add_sessions(entry_of(tables, &tables->domain, SIZE_MAX, domain, SPAN_LITERAL("all"), (struct span){ "", 0 }),
		     &sessions);
	for (size_t i = from; i < to; i++) {
		if (i > from && report->policy[i].type == report->policy[i - 1].type)
			continue;
		sessions = tlsrpt_report_largest(report, from, to, report->policy[i].type);
		add_sessions(entry_of(tables, &tables->domain, SIZE_MAX, domain,
				      or_none(type_of(report, &report->policy[i])), (struct span){ "", 0 }),
			     &sessions);
	}
}

static void add_day(struct tlsrpt_tables *tables, const struct tlsrpt_report *report,
		    const struct tlsrpt_sessions *sessions)
{
	unsigned days = tlsrpt_report_days(report);
	char day[32], length[16];
	int n;

	if (days == 0)
		return;
	n = snprintf(length, sizeof(length), "%u", days);
	add_sessions(entry_of(tables, &tables->day, SIZE_MAX, day_text(report->start, day),
			      (struct span){ length, (size_t)n }, (struct span){ "", 0 }),
		     sessions);
}

static struct tlsrpt_entry *reporter_of(struct tlsrpt_tables *tables, const struct tlsrpt_report *report)
{
	return tlsrpt_count_at(&tables->reporter, or_none(tlsrpt_span(report, report->organization)),
			       (struct span){ "", 0 }, (struct span){ "", 0 });
}

static void add_reporter(struct tlsrpt_tables *tables, const struct tlsrpt_report *report,
			 const struct tlsrpt_sessions *sessions)
{
	struct tlsrpt_entry *entry = reporter_of(tables, report);

	if (!entry) {
		tables->no_memory = true;
		return;
	}
	entry->sum[SUM_REPORTS]++;
	add_sessions(entry, sessions);
	entry->flag = entry->flag || sessions->succeeded != 1 || sessions->failed != 0; /* more than one a day */
	if (tlsrpt_report_days(report) > 0) {
		entry->first = report->start < entry->first ? report->start : entry->first;
		entry->last = report->start > entry->last ? report->start : entry->last;
	}
}

static void add_details(struct tlsrpt_tables *tables, const char *file, const struct tlsrpt_report *report)
{
	uint64_t count = 0;
	char more[64];

	tables->most_result = tables->result.count + TLSRPT_ROWS_MAX;
	tables->most_mx = tables->mx.count + TLSRPT_ROWS_MAX;
	for (size_t i = 0; i < report->policy_count; i++) {
		const struct tlsrpt_policy *policy = &report->policy[i];
		struct tlsrpt_detail detail;

		for (uint32_t at = 0; tlsrpt_report_next_detail(report, policy, &at, &detail);) {
			if (count++ < TLSRPT_FAILURES_MAX)
				failure_row(&tables->table[TABLE_FAILURES].csv, report, policy, &detail);
			add_detail(tables, report, policy, &detail);
		}
	}
	if (count <= TLSRPT_FAILURES_MAX)
		return;
	snprintf(more, sizeof(more), "more-failures: %" PRIu64, count - TLSRPT_FAILURES_MAX);
	tlsrpt_tables_note(tables, file, tlsrpt_span(report, report->id), "", more);
}

bool tlsrpt_tables_add(struct tlsrpt_tables *tables, const char *file, const struct tlsrpt_report *report)
{
	struct tlsrpt_sessions sessions = tlsrpt_report_sessions(report);

	tables->reports++;
	report_row(&tables->table[TABLE_REPORTS].csv, file, report, &sessions);
	note_rows(tables, file, report);
	add_details(tables, file, report);
	for (size_t from = 0, to; from < report->policy_count; from = to) {
		to = tlsrpt_report_domain_end(report, from);
		add_domain(tables, report, from, to);
	}
	add_reporter(tables, report, &sessions);
	add_day(tables, report, &sessions);
	return !tables->no_memory && !text_failed(&tables->table[TABLE_REPORTS].file.text) &&
	       !text_failed(&tables->table[TABLE_FAILURES].file.text);
}

bool tlsrpt_tables_duplicate(struct tlsrpt_tables *tables, const char *file, const struct tlsrpt_report *report,
			     const char *note)
{
	struct tlsrpt_entry *entry = reporter_of(tables, report);

	tables->no_memory = tables->no_memory || !entry;
	if (entry)
		entry->sum[SUM_DUPLICATES]++;
	return tlsrpt_tables_note(tables, file, tlsrpt_span(report, report->id), "", note) && entry;
}

struct csv *tlsrpt_tables_agreement(struct tlsrpt_tables *tables)
{
	return tables->open == TABLE_COUNT ? &tables->table[TABLE_AGREEMENT].csv : NULL;
}

/* ---- the sums as rows ---- */

static void sums(struct csv *csv, const struct tlsrpt_entry *entry)
{
	csv_uint(csv, entry->sum[SUM_SUCCEEDED]);
	csv_uint(csv, entry->sum[SUM_FAILED]);
	csv_uint(csv, entry->sum[SUM_DETAILS_FAILED]);
	difference(csv, entry->sum[SUM_FAILED], entry->sum[SUM_DETAILS_FAILED]);
}

static void result_row(struct csv *csv, const struct tlsrpt_entry *entry)
{
	csv_uint(csv, entry->sum[SUM_REPORTS]);
	csv_uint(csv, entry->sum[SUM_DETAILS]);
	csv_uint(csv, entry->sum[SUM_FAILED]);
}

static void domain_row(struct csv *csv, const struct tlsrpt_entry *entry)
{
	uint64_t all = tlsrpt_add(entry->sum[SUM_SUCCEEDED], entry->sum[SUM_FAILED]);

	csv_uint(csv, entry->sum[SUM_REPORTS]);
	sums(csv, entry);
	csv_uint(csv, all);
	csv_share(csv, entry->sum[SUM_FAILED], all);
}

static void mx_row(struct csv *csv, const struct tlsrpt_entry *entry)
{
	csv_uint(csv, entry->sum[SUM_REPORTS]);
	csv_uint(csv, entry->sum[SUM_FAILED]);
}

static void reporter_row(struct csv *csv, const struct tlsrpt_entry *entry)
{
	csv_uint(csv, entry->sum[SUM_REPORTS]);
	csv_uint(csv, entry->sum[SUM_DUPLICATES]);
	sums(csv, entry);
	tlsrpt_tables_day(csv, entry->first != INT64_MAX, entry->first);
	tlsrpt_tables_day(csv, entry->last != INT64_MIN, entry->last);
	csv_string(csv, entry->sum[SUM_REPORTS] >= ONE_A_DAY_LEAST && !entry->flag ? "yes" : "no");
}

static void day_row(struct csv *csv, const struct tlsrpt_entry *entry)
{
	csv_uint(csv, entry->sum[SUM_REPORTS]);
	sums(csv, entry);
}

static void write_sums(struct tlsrpt_tables *tables)
{
	const struct {
		enum table_number table;
		struct tlsrpt_count *count;
		unsigned words;
		void (*row)(struct csv *csv, const struct tlsrpt_entry *entry);
	} all[] = {
		{ TABLE_RESULT, &tables->result, 2, result_row },
		{ TABLE_DOMAIN, &tables->domain, 2, domain_row },
		{ TABLE_MX, &tables->mx, 3, mx_row },
		{ TABLE_REPORTER, &tables->reporter, 1, reporter_row },
		{ TABLE_DAY, &tables->day, 2, day_row },
	};

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct csv *csv = &tables->table[all[i].table].csv;

		tlsrpt_count_sort(all[i].count);
		for (size_t k = 0; k < all[i].count->count; k++) {
			for (unsigned w = 0; w < all[i].words; w++)
				tlsrpt_tables_text(csv, all[i].count->entry[k]->word[w]);
			all[i].row(csv, all[i].count->entry[k]);
			csv_end(csv);
		}
	}
}

int tlsrpt_tables_close(struct tlsrpt_tables *tables, bool keep, struct error *error)
{
	const bool whole = keep && !tables->no_memory;
	int result;

	if (whole)
		write_sums(tables);
	result = tables_close(tables->table, tables->open, whole, error);
	if (keep && !whole)
		result = error_set(error, "no memory");
	tlsrpt_count_fini(&tables->result);
	tlsrpt_count_fini(&tables->domain);
	tlsrpt_count_fini(&tables->mx);
	tlsrpt_count_fini(&tables->reporter);
	tlsrpt_count_fini(&tables->day);
	free(tables);
	return result;
}
