/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/stats_tables.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/tables/host_tables.h"
#include "analysis/tables/manager_tables.h"
#include "analysis/words/sender_why_text.h"
#include "analysis/senders/sender_judge.h"
#include "analysis/tables/misconfigured.h"
#include "analysis/tables/table.h"

/* The tables that are written while reading. */
enum { TABLE_MISCONFIGURED, TABLE_SENDERS_DIFFER, TABLE_MX_HOSTS, TABLES_WHILE_READING };

static const struct table_name reading_tables[TABLES_WHILE_READING] = {
	[TABLE_MISCONFIGURED] = { "misconfigured", NULL }, /* once the labels are known */
	[TABLE_SENDERS_DIFFER] = { "senders_differ", "domain,profile,outcome,line" },
	[TABLE_MX_HOSTS] = { HOST_TABLE_HOSTS, HOST_TABLE_HOSTS_COLUMNS },
};

/* ---- from the counts ---- */

/* Two words, domains and the end of the row. */
static void pair_row(struct csv *csv, const char *first, struct span second, uint64_t domains)
{
	csv_string(csv, first);
	csv_text(csv, second);
	csv_uint(csv, domains);
	csv_end(csv);
}

/* All of what was scanned was scanned, and all of those with MX have MX: no sample could say otherwise (@is_certain).
 */
static void metric_share(struct csv *csv, const uint64_t metric[static METRIC_COUNT], enum stats_metric m,
			 bool is_certain)
{
	uint64_t part = metric[m], of = metric[stats_metrics[m].of];

	csv_uint(csv, part);
	csv_uint(csv, of);
	if (is_certain)
		csv_share_certain(csv, of);
	else
		csv_share(csv, part, of);
}

static void write_overview(struct csv *csv, const struct stats *stats)
{
	for (unsigned m = 0; m < METRIC_COUNT; m++) {
		csv_string(csv, stats_metrics[m].name);
		metric_share(csv, stats->metric, (enum stats_metric)m, m == METRIC_SCANNED);
		metric_share(csv, stats->metric_with_mx, (enum stats_metric)m,
			     m == METRIC_SCANNED || m == METRIC_WITH_MX);
		csv_end(csv);
	}
}

#define ADOPTION_COLUMNS "share_sts,share_tlsrpt,sts_with_mx,share_sts_with_mx,tlsrpt_with_mx,share_tlsrpt_with_mx"
#define PART_COLUMNS "domains,with_mx,sts,misconfigured,enforce,tlsrpt," ADOPTION_COLUMNS

/* What a part of the population has adopted, as a share of its domains and of those with MX; the row is done. */
static void adoption_row(struct csv *csv, const uint64_t counter[static PART_COUNT])
{
	csv_share(csv, counter[PART_STS], counter[PART_DOMAINS]);
	csv_share(csv, counter[PART_TLSRPT], counter[PART_DOMAINS]);
	csv_uint(csv, counter[PART_STS_WITH_MX]);
	csv_share(csv, counter[PART_STS_WITH_MX], counter[PART_WITH_MX]);
	csv_uint(csv, counter[PART_TLSRPT_WITH_MX]);
	csv_share(csv, counter[PART_TLSRPT_WITH_MX], counter[PART_WITH_MX]);
	csv_end(csv);
}

/* The counters of a part of the population, and its adoption. */
static void part_row(struct csv *csv, const uint64_t counter[static PART_COUNT])
{
	for (unsigned c = 0; c <= PART_TLSRPT; c++)
		csv_uint(csv, counter[c]);
	adoption_row(csv, counter);
}

static void write_by_tld(struct csv *csv, const struct stats *stats)
{
	for (size_t i = 0; i < stats->tld.count; i++) {
		const struct tally_entry *entry = &stats->tld.entry[i];

		csv_text(csv, entry->word);
		part_row(csv, entry->counter);
	}
}

static void write_by_label(struct csv *csv, const struct stats *stats)
{
	for (size_t l = 0; l < stats->headers->label_count; l++) {
		for (size_t i = 0; i < stats->label[l].count; i++) {
			const struct tally_entry *entry = &stats->label[l].entry[i];

			csv_text(csv, stats->headers->label[l]);
			csv_text(csv, entry->word);
			part_row(csv, entry->counter);
		}
	}
}

/* Ranked bins up to the last that holds a domain, then the unranked, whose bounds are empty. */
static void write_by_rank(struct csv *csv, const struct stats *stats)
{
	static const enum stats_part column[] = { PART_DOMAINS, PART_WITH_MX, PART_STS, PART_TLSRPT };
	unsigned last = STATS_RANK_BINS - 1;

	while (last > 0 && stats->rank[last][PART_DOMAINS] == 0)
		last--;
	for (unsigned i = 1; i <= last + 1; i++) {
		unsigned bin = i <= last ? i : 0;

		csv_known(csv, stats_ranks[bin].start > 0, stats_ranks[bin].start);
		csv_known(csv, stats_ranks[bin].end > 0, stats_ranks[bin].end);
		for (size_t c = 0; c < COUNT_OF(column); c++)
			csv_uint(csv, stats->rank[bin][column[c]]);
		adoption_row(csv, stats->rank[bin]);
	}
}

static void write_findings(struct csv *csv, const struct stats *stats)
{
	for (unsigned f = 0; f < FINDING_COUNT; f++) {
		const struct finding_info *info = &finding_table[f];

		csv_string(csv, info->code);
		csv_string(csv, component_names[info->component]);
		csv_string(csv, severity_names[info->severity]);
		csv_share_row(csv, stats->finding[f], stats->metric[METRIC_SCANNED]);
	}
}

static void write_stage(struct csv *csv, const struct stats *stats, enum stats_stage stage)
{
	static const enum component of_stage[STATS_STAGE_COUNT] = { COMPONENT_TLS, COMPONENT_HTTP, COMPONENT_SYNTAX };
	const uint64_t *reason = stats->reason[stage];
	uint64_t of = 0;

	for (unsigned r = 0; r < STATS_REASON_COUNT; r++)
		of += reason[r];
	csv_string(csv, stats_reason_name(STATS_REASON_OK));
	csv_share_row(csv, reason[STATS_REASON_OK], of);
	for (unsigned f = 0; f < FINDING_COUNT; f++) {
		const struct finding_info *info = &finding_table[f];

		if (info->component != of_stage[stage] ||
		    (info->severity != SEVERITY_ERROR && info->severity != SEVERITY_TOLERATED))
			continue;
		csv_string(csv, info->code);
		csv_share_row(csv, reason[f], of);
	}
}

static void write_mode_max_age(struct csv *csv, const struct stats *stats)
{
	for (unsigned m = STS_MODE_ENFORCE; m <= STS_MODE_NONE; m++)
		for (unsigned b = 0; b < STATS_AGE_BUCKETS; b++)
			pair_row(csv, sts_mode_names[m], span_of(stats_ages[b].name), stats->age[m][b]);
}

static void write_mx_consistency(struct csv *csv, const struct stats *stats)
{
	for (unsigned k = 0; k < MX_KIND_COUNT; k++)
		for (unsigned m = STS_MODE_ENFORCE; m <= STS_MODE_NONE; m++)
			pair_row(csv, mx_kind_names[k], span_of(sts_mode_names[m]), stats->mx_kind[k][m]);
}

static void write_tlsrpt(struct csv *csv, const struct stats *stats)
{
	static const char *const schemes[SCHEME_COUNT] = { "mailto", "https", "both" };

	for (unsigned s = 0; s < RECORD_STATE_COUNT; s++)
		pair_row(csv, "state", span_of(table_word(record_state_names[s])), stats->tlsrpt_state[s]);
	for (unsigned s = 0; s < SCHEME_COUNT; s++)
		pair_row(csv, "scheme", span_of(schemes[s]), stats->tlsrpt_scheme[s]);
	for (size_t i = 0; i < stats->rua_host.count; i++)
		pair_row(csv, "host", stats->rua_host.entry[i].word, stats->rua_host.entry[i].counter[0]);
}

static void write_dnssec(struct csv *csv, const struct stats *stats)
{
	dnssec_stats_write(csv, &stats->dnssec);
}

static void write_direct(struct csv *csv, const struct stats *stats)
{
	direct_stats_write(csv, &stats->direct);
}

static void write_audit(struct csv *csv, const struct stats *stats)
{
	direct_stats_write_audit(csv, &stats->direct);
}

static void write_sender_outcome(struct csv *csv, const struct stats *stats)
{
	for (size_t i = 0; i < SENDER_PROFILE_COUNT; i++) {
		for (unsigned o = 0; o < SENDER_OUTCOME_COUNT && sender_profiles[i].kind != SENDER_KIND_MATCHER; o++) {
			csv_string(csv, sender_profiles[i].name);
			csv_string(csv, sender_outcome_names[o]);
			csv_share_row(csv, stats->sender[i][o], stats->metric[METRIC_STS_RECORD]);
		}
	}
}

const struct stats_step stats_funnel[STATS_FUNNEL_STEPS] = {
	{ "list", METRIC_SCANNED },          { "mx", METRIC_WITH_MX },           { "record", METRIC_STS_RECORD },
	{ "policy", METRIC_POLICY_FETCHED }, { "usable", METRIC_POLICY_USABLE }, { "enforced", METRIC_MODE_ENFORCE },
	{ "delivered", METRIC_COUNT },
};

uint64_t stats_funnel_domains(const struct stats *stats, unsigned step)
{
	enum stats_metric metric = stats_funnel[step].metric;

	if (metric == METRIC_COUNT)
		return stats->delivered_with_mx;
	return metric == METRIC_SCANNED ? stats->metric[metric] : stats->metric_with_mx[metric];
}

static void write_funnel(struct csv *csv, const struct stats *stats)
{
	for (unsigned i = 0; i < STATS_FUNNEL_STEPS; i++) {
		csv_string(csv, stats_funnel[i].name);
		if (stats_funnel[i].metric != METRIC_SCANNED) {
			csv_share_row(csv, stats_funnel_domains(stats, i), stats->metric[METRIC_SCANNED]);
			continue;
		}
		csv_uint(csv, stats->metric[METRIC_SCANNED]);
		csv_uint(csv, stats->metric[METRIC_SCANNED]);
		csv_share_certain(csv, stats->metric[METRIC_SCANNED]);
		csv_end(csv);
	}
}

static const struct table_row {
	const char *name, *columns;
	void (*write)(struct csv *csv, const struct stats *stats); /* NULL: the reasons of a stage */
	enum stats_stage stage;
	bool is_audit; /* a sample of its own, whatever the scan is */
} tables[] = {
	{ .name = "overview",
	  .columns = "metric,domains,of,share,with_mx,of_with_mx,share_with_mx",
	  .write = write_overview },
	{ .name = "funnel", .columns = "step,domains,of,share", .write = write_funnel },
	{ .name = "by_tld", .columns = "tld," PART_COLUMNS, .write = write_by_tld },
	{ .name = "by_label", .columns = "label,value," PART_COLUMNS, .write = write_by_label },
	{ .name = "by_rank",
	  .columns = "bin_start,bin_end,domains,with_mx,sts,tlsrpt," ADOPTION_COLUMNS,
	  .write = write_by_rank },
	{ .name = "components", .columns = "managed,component,domains,of,share", .write = manager_tables_components },
	{ .name = "findings", .columns = "code,component,severity,domains,of,share", .write = write_findings },
	{ .name = "tls", .columns = "reason,domains,of,share", .stage = STATS_STAGE_TLS },
	{ .name = "http", .columns = "reason,domains,of,share", .stage = STATS_STAGE_HTTP },
	{ .name = "syntax", .columns = "reason,domains,of,share", .stage = STATS_STAGE_SYNTAX },
	{ .name = "mode_max_age", .columns = "mode,max_age_bucket,domains", .write = write_mode_max_age },
	{ .name = "mx_consistency", .columns = "kind,mode,domains", .write = write_mx_consistency },
	{ .name = "tlsrpt", .columns = "kind,value,domains", .write = write_tlsrpt },
	{ .name = "providers", .columns = "role,provider,domains,misconfigured", .write = manager_tables_providers },
	{ .name = "managed", .columns = "role,managed,domains,of,share", .write = manager_tables_managed },
	{ .name = "inconsistency", .columns = "run_by,kind,domains,of,share", .write = manager_tables_inconsistency },
	{ .name = "orphans", .columns = "provider,reason,domains,of,share", .write = manager_tables_orphans },
	{ .name = "concentration", .columns = "role,largest,domains,of,share", .write = manager_tables_concentration },
	{ .name = "mx_tls", .columns = HOST_TABLE_MX_TLS_COLUMNS, .write = manager_tables_mx_tls },
	{ .name = "dnssec", .columns = DNSSEC_TABLE_COLUMNS, .write = write_dnssec },
	{ .name = "direct", .columns = DIRECT_TABLE_COLUMNS, .write = write_direct },
	{ .name = "audit", .columns = AUDIT_TABLE_COLUMNS, .write = write_audit, .is_audit = true },
	{ .name = "sender_outcome", .columns = "profile,outcome,domains,of,share", .write = write_sender_outcome },
	{ .name = "dane", .columns = "state,domains,of,share", .write = host_tables_dane },
	{ .name = "delivery", .columns = "state,domains,of,share", .write = host_tables_delivery },
	{ .name = "interplay", .columns = "sts_verdict,dane_state,domains", .write = host_tables_interplay },
	{ .name = "expiry", .columns = "role,days_left_bucket,hosts,domains", .write = host_tables_expiry },
	{ .name = "first_break", .columns = "date,domains", .write = host_tables_first_break },
};

static double sample_of(const struct stats *stats, const struct table_row *row)
{
	double sample = stats->headers->sample;

	return row->is_audit ? direct_stats_audited(&stats->direct, sample) : sample;
}

static void write_rows(struct csv *csv, const struct stats *stats, const struct table_row *row)
{
	if (row->write)
		row->write(csv, stats);
	else
		write_stage(csv, stats, row->stage);
}

bool stats_tables_put(const struct stats *stats, const char *name, struct text *out)
{
	struct table table;

	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		if (strcmp(tables[i].name, name) != 0)
			continue;
		table_begin(&table, out, tables[i].columns, sample_of(stats, &tables[i]));
		write_rows(&table.csv, stats, &tables[i]);
		return true;
	}
	return false;
}

int stats_tables_write(struct stats *stats, const char *directory, struct error *error)
{
	stats_sort(stats);
	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		struct table table;

		if (table_open(&table, directory, tables[i].name, tables[i].columns, sample_of(stats, &tables[i]),
			       error) != 0)
			return -1;
		write_rows(&table.csv, stats, &tables[i]);
		if (table_close(&table, true, error) != 0)
			return -1;
	}
	return 0;
}

/* ---- from scan files ---- */

struct pass {
	struct stats stats;
	struct label_columns labels; /* of misconfigured.csv */
	struct sharing *sharing;
	struct error error; /* why rows could not be put aside; "": they could */
	struct table table[TABLES_WHILE_READING];
	struct notify *notify; /* NULL: nobody is told */
};

/* What one thread counts. */
struct part {
	const struct pass *pass;
	struct stats stats;
};

/* The outputs of a pass: the tables that are written domain by domain, what domains share, the rows of `notify`. */
enum { OUTPUT_SHARED = TABLE_MX_HOSTS, OUTPUT_NOTIFY, DOMAIN_OUTPUTS };

static void *begin_part(void *arg)
{
	const struct pass *pass = arg;
	struct part *part = malloc(sizeof(*part));

	if (!part)
		return NULL;
	part->pass = pass;
	stats_init(&part->stats);
	stats_set_headers(&part->stats, pass->stats.headers);
	return part;
}

/* A row for each sender that parts from the standard. */
static void write_senders(struct part *part, struct text *out, const struct observation *observation,
			  const struct classification *result)
{
	struct sender_result sender[SENDER_PROFILE_COUNT];
	struct csv csv;

	csv_init(&csv, out);
	stats_add_senders(&part->stats, observation, result, sender);
	for (size_t i = 0; i < SENDER_PROFILE_COUNT; i++) {
		char why[SENDER_WHY_MAX];

		if (!sender[i].parts)
			continue;
		sender_why_text(&sender[i].why, why);
		csv_text(&csv, observation->name);
		csv_string(&csv, sender_profiles[i].name);
		csv_string(&csv, sender_outcome_names[sender[i].outcome]);
		csv_text(&csv, span_of(why));
		csv_end(&csv);
	}
}

static void write_misconfigured(const struct part *part, struct text *out, const struct observation *observation,
				const struct classification *result)
{
	struct csv csv;

	csv_init(&csv, out);
	misconfigured_row(&csv, &part->pass->labels, observation, result);
}

static int on_headers(void *arg, const struct scan_headers *headers, struct error *error)
{
	struct pass *pass = arg;

	stats_set_headers(&pass->stats, headers);
	misconfigured_header(&pass->table[TABLE_MISCONFIGURED].csv, &pass->labels, headers);
	return pass->notify ? notify_set_headers(pass->notify, headers, error) : 0;
}

static bool on_domain(void *state, struct text *output, const struct observation *observation,
		      const struct classification *result)
{
	struct part *part = state;

	part->stats.rows = &output[OUTPUT_SHARED];
	stats_add(&part->stats, observation, result);
	if (judgement_has_record(&result->judgement, TXT_STS))
		write_senders(part, &output[TABLE_SENDERS_DIFFER], observation, result);
	if (classification_misconfigured(result))
		write_misconfigured(part, &output[TABLE_MISCONFIGURED], observation, result);
	if (part->pass->notify)
		notify_row(part->pass->notify, &output[OUTPUT_NOTIFY], observation, result);
	return true;
}

static bool on_output(void *arg, unsigned output, struct span octets)
{
	struct pass *pass = arg;
	struct text *out;

	if (output == OUTPUT_SHARED)
		return sharing_take(pass->sharing, octets, &pass->error) == 0;
	if (output == OUTPUT_NOTIFY)
		return notify_take(pass->notify, octets, &pass->error) == 0;
	out = pass->table[output].csv.out;
	text_put(out, octets);
	return !text_failed(out);
}

static void relieve_part(void *arg, void *state)
{
	struct pass *pass = arg;
	struct part *part = state;

	if (stats_is_large(&part->stats))
		stats_merge(&pass->stats, &part->stats);
}

static void end_part(void *arg, void *state)
{
	struct pass *pass = arg;
	struct part *part = state;

	stats_merge(&pass->stats, &part->stats);
	stats_fini(&part->stats);
	free(part);
}

static const struct scan_files_work reading = {
	.outputs = DOMAIN_OUTPUTS,
	.begin = begin_part,
	.on_domain = on_domain,
	.on_output = on_output,
	.relieve = relieve_part,
	.end = end_part,
};

static bool on_host(void *arg, const struct obs_host *host)
{
	struct pass *pass = arg;
	struct csv *csv = &pass->table[TABLE_MX_HOSTS].csv;

	host_stats_add_host(&pass->stats.hosts, host);
	host_tables_host_row(csv, &pass->stats.hosts, host);
	return !text_failed(csv->out);
}

static int check_paths(const struct scan_files *files, const char *directory, struct error *error)
{
	int result = 0;

	for (size_t i = 0; i < TABLES_WHILE_READING && result == 0; i++)
		result = table_check(files, directory, reading_tables[i].name, error);
	for (size_t i = 0; i < COUNT_OF(tables) && result == 0; i++)
		result = table_check(files, directory, tables[i].name, error);
	return result;
}

static int count_and_write(struct pass *pass, struct scan_files *files, const char *directory,
			   const struct sharing_limits *limits, struct error *error)
{
	bool done;

	if (scan_files_check_distinct(files, error) < 0 || check_paths(files, directory, error) < 0 ||
	    table_make_folder(directory, error) < 0 ||
	    tables_open(pass->table, reading_tables, TABLES_WHILE_READING, directory, 0, error) < 0)
		return -1;
	files->on_headers = on_headers;
	files->on_host = on_host;
	done = scan_files_work(files, &reading, pass, error) == 0 && scan_files_check_domains(files, error) == 0;
	if (done && stats_failed(&pass->stats)) {
		error_set(error, "no memory for the words of the tables");
		done = false;
	}
	if (done && pass->error.text[0]) {
		*error = pass->error;
		done = false;
	}
	done = done && manager_stats_finish(&pass->stats.managers, pass->sharing, limits, error) == 0;
	if (tables_close(pass->table, TABLES_WHILE_READING, done, error) < 0)
		return -1;
	return done ? stats_tables_write(&pass->stats, directory, error) : -1;
}

int stats_tables_make(struct scan_files *files, const char *directory, const struct sharing_limits *limits,
		      struct notify *notify, struct error *error)
{
	struct pass pass; /* some 200 KiB */
	int result = -1;

	stats_init(&pass.stats);
	pass.error.text[0] = '\0';
	pass.notify = notify;
	pass.sharing = sharing_new(SHARING_PARTITIONS, error);
	if (pass.sharing)
		result = count_and_write(&pass, files, directory, limits, error);
	sharing_free(pass.sharing);
	stats_fini(&pass.stats);
	return result;
}
