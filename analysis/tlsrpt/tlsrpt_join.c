/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt_join.h"

#include <stdlib.h>

#include "analysis/pass/put_aside.h"
#include "analysis/tlsrpt/tlsrpt_agree.h"
#include "analysis/tlsrpt/tlsrpt_count.h"
#include "analysis/tlsrpt/tlsrpt_tables.h"
#include "analysis/tlsrpt/tlsrpt_value.h"

enum { DAY = 86400 };

const char tlsrpt_join_columns[] = "organization,report_id,start,domain,policy_type,mx,result_type,sessions,joined_by,"
				   "scan_time,days_apart,policy,seen,profile,predicted,agreement,why";

/* A policy of a report, put aside: this, the texts, and a result for each MX and type. */
struct aside {
	uint64_t octets; /* of all of it */
	int64_t start, end;
	uint64_t succeeded, failed, results;
	struct tlsrpt_lines policy;
	uint32_t organization, id, domain, type_text; /* octets of texts */
	enum tlsrpt_type type;
	bool has_start;
};

struct aside_result {
	uint64_t sessions;
	uint32_t mx, type; /* octets of texts */
};

struct tlsrpt_join {
	struct tlsrpt_names names;
	struct put_aside file;
	struct tlsrpt_octets blob;
};

struct tlsrpt_join *tlsrpt_join_new(void)
{
	struct tlsrpt_join *join = calloc(1, sizeof(*join));

	if (!join)
		return NULL;
	tlsrpt_names_init(&join->names);
	put_aside_init(&join->file);
	return join;
}

void tlsrpt_join_free(struct tlsrpt_join *join)
{
	if (!join)
		return;
	tlsrpt_names_fini(&join->names);
	put_aside_fini(&join->file);
	free(join->blob.p);
	free(join);
}

/* ---- rows put aside ---- */

static bool put(struct tlsrpt_join *join, const void *p, size_t n)
{
	return tlsrpt_octets_put(&join->blob, (struct span){ p, n });
}

static bool put_results(struct tlsrpt_join *join, const struct tlsrpt_count *count)
{
	for (size_t i = 0; i < count->count; i++) {
		const struct tlsrpt_entry *entry = count->entry[i];
		struct aside_result result = { entry->sum[0], (uint32_t)entry->word[0].n, (uint32_t)entry->word[1].n };

		if (!put(join, &result, sizeof(result)) || !tlsrpt_octets_put(&join->blob, entry->word[0]) ||
		    !tlsrpt_octets_put(&join->blob, entry->word[1]))
			return false;
	}
	return true;
}

/* Failures of one policy by MX and result type, in their order. */
static bool count_results(const struct tlsrpt_report *report, const struct tlsrpt_policy *policy,
			  struct tlsrpt_count *count)
{
	struct tlsrpt_detail detail;

	for (uint32_t at = 0; tlsrpt_report_next_detail(report, policy, &at, &detail);) {
		struct tlsrpt_entry *entry = tlsrpt_count_at_most(
			count, TLSRPT_ROWS_MAX, detail.text[TLSRPT_RECEIVING_MX], detail.text[TLSRPT_RESULT_TYPE],
			(struct span){ "", 0 });

		if (!entry)
			return false;
		entry->sum[0] = tlsrpt_add(entry->sum[0], detail.sessions);
	}
	tlsrpt_count_sort(count);
	return true;
}

/* What is shown of a text; it stands in the file once a policy. */
static struct span shown(const struct tlsrpt_report *report, struct tlsrpt_piece piece)
{
	return tlsrpt_cut(tlsrpt_span(report, piece), TLSRPT_CELL_MAX);
}

static bool make_blob(struct tlsrpt_join *join, const struct tlsrpt_report *report, const struct tlsrpt_policy *policy,
		      const struct tlsrpt_count *count)
{
	struct span organization = shown(report, report->organization), id = shown(report, report->id);
	struct span domain = shown(report, policy->domain), type_text = shown(report, policy->type_text);
	struct aside aside;

	memset(&aside, 0, sizeof(aside)); /* what is between the members is written, too */
	aside.start = report->has_start ? report->start : report->end;
	aside.end = report->has_end ? report->end : aside.start;
	aside.has_start = report->has_start;
	aside.succeeded = policy->succeeded;
	aside.failed = policy->failed;
	aside.results = count->count;
	aside.policy = tlsrpt_lines_of(tlsrpt_span(report, policy->lines));
	aside.organization = (uint32_t)organization.n;
	aside.id = (uint32_t)id.n;
	aside.domain = (uint32_t)domain.n;
	aside.type_text = (uint32_t)type_text.n;
	aside.type = policy->type;
	join->blob.n = 0;
	if (!put(join, &aside, sizeof(aside)) || !tlsrpt_octets_put(&join->blob, organization) ||
	    !tlsrpt_octets_put(&join->blob, id) || !tlsrpt_octets_put(&join->blob, domain) ||
	    !tlsrpt_octets_put(&join->blob, type_text) || !put_results(join, count))
		return false;
	aside.octets = join->blob.n;
	memcpy(join->blob.p, &aside, sizeof(aside));
	return true;
}

int tlsrpt_join_add(struct tlsrpt_join *join, const struct tlsrpt_report *report, struct error *error)
{
	for (size_t i = 0; i < report->policy_count; i++) {
		const struct tlsrpt_policy *policy = &report->policy[i];
		struct tlsrpt_count count;
		bool done;

		tlsrpt_count_init(&count);
		done = tlsrpt_names_add(&join->names, tlsrpt_span(report, policy->domain)) &&
		       count_results(report, policy, &count) && make_blob(join, report, policy, &count);
		tlsrpt_count_fini(&count);
		if (!done)
			return error_set(error, "no memory");
		if (put_aside_write(&join->file, (struct span){ join->blob.p, join->blob.n }, error) < 0)
			return -1;
	}
	return 0;
}

/* ---- rows written ---- */

struct row_texts {
	struct span organization, id, type_text, result;
	bool has_start;
	uint64_t sessions;
};

/* By host and by domain, the likelier first. */
static const struct tlsrpt_seen *look_up(const struct tlsrpt_join *join, const struct tlsrpt_row *row)
{
	bool host_first = row->type == TLSRPT_TLSA;
	const struct tlsrpt_seen *seen = tlsrpt_names_seen(&join->names, row->domain, host_first, row->start, row->end);

	if (seen || row->type == TLSRPT_STS)
		return seen;
	return tlsrpt_names_seen(&join->names, row->domain, !host_first, row->start, row->end);
}

static void write_row(const struct tlsrpt_join *join, const struct tlsrpt_row *row, const struct row_texts *texts,
		      struct csv *csv)
{
	const struct tlsrpt_seen *seen = look_up(join, row);
	struct tlsrpt_agreement agreement = tlsrpt_agree(row, seen);

	tlsrpt_tables_text(csv, texts->organization);
	tlsrpt_tables_text(csv, texts->id);
	tlsrpt_tables_time(csv, texts->has_start, row->start);
	tlsrpt_tables_text(csv, row->domain);
	tlsrpt_tables_text(csv, texts->type_text);
	tlsrpt_tables_text(csv, row->mx);
	tlsrpt_tables_text(csv, texts->result);
	csv_uint(csv, texts->sessions);
	csv_string(csv, !seen ? "" : seen->is_host ? "host" : "domain");
	tlsrpt_tables_time(csv, !!seen, seen ? seen->time : 0);
	if (seen)
		csv_number(csv, (double)tlsrpt_seen_distance(seen->time, row->start, row->end) / DAY, 1);
	else
		csv_string(csv, "");
	csv_string(csv, agreement.policy);
	csv_string(csv, agreement.seen);
	csv_string(csv, agreement.profile);
	csv_string(csv, agreement.predicted);
	csv_string(csv, agreement.agreement);
	csv_string(csv, agreement.why);
	csv_end(csv);
}

static struct span take(const char **p, size_t n)
{
	struct span taken = { *p, n };

	*p += n;
	return taken;
}

static enum result_type result_of(struct span text)
{
	for (unsigned r = RESULT_NONE + 1; r < RESULT_TYPE_COUNT; r++)
		if (span_equal(text, span_of(result_type_names[r])))
			return (enum result_type)r;
	return RESULT_NONE;
}

/* What was put aside of one policy. */
static void write_rows(const struct tlsrpt_join *join, const char *p, struct csv *csv)
{
	struct row_texts texts = { .result = SPAN_LITERAL("success") };
	struct tlsrpt_row row = { .failed = false };
	struct aside aside;

	memcpy(&aside, p, sizeof(aside));
	p += sizeof(aside);
	texts.organization = row.organization = take(&p, aside.organization);
	texts.id = take(&p, aside.id);
	row.domain = take(&p, aside.domain);
	texts.type_text = take(&p, aside.type_text);
	texts.has_start = aside.has_start;
	texts.sessions = aside.succeeded;
	row.type = aside.type;
	row.policy = aside.policy;
	row.start = aside.start;
	row.end = aside.end;
	if (aside.succeeded > 0)
		write_row(join, &row, &texts, csv);
	row.failed = true;
	if (aside.results == 0 && aside.failed > 0) {
		texts.result = SPAN_LITERAL("(none)");
		texts.sessions = aside.failed;
		write_row(join, &row, &texts, csv);
	}
	for (uint64_t i = 0; i < aside.results; i++) {
		struct aside_result result;

		memcpy(&result, p, sizeof(result));
		p += sizeof(result);
		row.mx = take(&p, result.mx);
		texts.result = take(&p, result.type);
		texts.sessions = result.sessions;
		row.result = result_of(texts.result);
		if (texts.result.n == 0)
			texts.result = SPAN_LITERAL("(none)");
		write_row(join, &row, &texts, csv);
	}
}

static int write_all(struct tlsrpt_join *join, struct csv *csv, struct error *error)
{
	for (uint64_t at = 0; at < join->file.end;) {
		uint64_t n;

		if (put_aside_read(&join->file, at, (char *)&n, sizeof(n), error) < 0)
			return -1;
		join->blob.n = 0;
		if (!tlsrpt_octets_room(&join->blob, n))
			return error_set(error, "no memory");
		if (put_aside_read(&join->file, at, join->blob.p, n, error) < 0)
			return -1;
		write_rows(join, join->blob.p, csv);
		at += n;
	}
	return 0;
}

int tlsrpt_join_write(struct tlsrpt_join *join, char **scan, int scans, bool partial, struct csv *csv,
		      struct error *error)
{
	if (tlsrpt_names_look(&join->names, scan, scans, partial, error) < 0)
		return -1;
	return write_all(join, csv, error);
}
