#include "analysis/stats_tables.h"

#include "analysis/domain_csv.h"

static const enum component components[] = {
	COMPONENT_RECORD, COMPONENT_DNS, COMPONENT_TCP,   COMPONENT_TLS, COMPONENT_HTTP,
	COMPONENT_SYNTAX, COMPONENT_MX,  COMPONENT_MXTLS, COMPONENT_OK,  COMPONENT_UNKNOWN,
};

static const enum sts_mode modes[] = { STS_MODE_ENFORCE, STS_MODE_TESTING, STS_MODE_NONE };

/* domains,of,share and the end of the row. */
static void share_row(struct csv *csv, uint64_t domains, uint64_t of)
{
	csv_uint(csv, domains);
	csv_uint(csv, of);
	csv_share(csv, domains, of);
	csv_end(csv);
}

static void write_overview(struct csv *csv, const struct stats *stats)
{
	for (unsigned m = 0; m < METRIC_COUNT; m++) {
		csv_string(csv, stats_metric_name((enum stats_metric)m));
		share_row(csv, stats->metric[m], stats->metric[stats_metric_of((enum stats_metric)m)]);
	}
}

static void write_by_tld(struct csv *csv, const struct stats *stats)
{
	for (size_t i = 0; i < stats->tld.count; i++) {
		const struct tally_entry *entry = &stats->tld.entry[i];

		csv_text(csv, entry->word);
		for (unsigned c = 0; c < PART_COUNT; c++)
			csv_uint(csv, entry->counter[c]);
		csv_share(csv, entry->counter[PART_STS], entry->counter[PART_DOMAINS]);
		csv_end(csv);
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
		uint64_t bound[2];

		stats_rank_bounds(bin, &bound[0], &bound[1]);
		for (unsigned b = 0; b < 2; b++)
			csv_known(csv, bound[b] > 0, bound[b]);
		for (size_t c = 0; c < COUNT_OF(column); c++)
			csv_uint(csv, stats->rank[bin][column[c]]);
		csv_share(csv, stats->rank[bin][PART_STS], stats->rank[bin][PART_DOMAINS]);
		csv_end(csv);
	}
}

static void write_components(struct csv *csv, const struct stats *stats)
{
	uint64_t of = 0;

	for (size_t i = 0; i < COUNT_OF(components); i++)
		of += stats->component[components[i]];
	for (size_t i = 0; i < COUNT_OF(components); i++) {
		csv_string(csv, "all");
		csv_string(csv, component_name(components[i]));
		share_row(csv, stats->component[components[i]], of);
	}
}

static void write_findings(struct csv *csv, const struct stats *stats)
{
	for (unsigned f = 0; f < FINDING_COUNT; f++) {
		const struct finding_info *info = &finding_table[f];

		csv_string(csv, info->code);
		csv_string(csv, component_name(info->component));
		csv_string(csv, severity_name(info->severity));
		share_row(csv, stats->finding[f], stats->metric[METRIC_SCANNED]);
	}
}

static void write_stage(struct csv *csv, const struct stats *stats, enum stats_stage stage, enum component component)
{
	const uint64_t *reason = stats->reason[stage];
	uint64_t of = 0;

	for (unsigned r = 0; r < STATS_REASON_COUNT; r++)
		of += reason[r];
	csv_string(csv, stats_reason_name(STATS_REASON_OK));
	share_row(csv, reason[STATS_REASON_OK], of);
	for (unsigned f = 0; f < FINDING_COUNT; f++) {
		const struct finding_info *info = &finding_table[f];

		if (info->component != component ||
		    (info->severity != SEVERITY_ERROR && info->severity != SEVERITY_TOLERATED))
			continue;
		csv_string(csv, info->code);
		share_row(csv, reason[f], of);
	}
}

static void write_tls(struct csv *csv, const struct stats *stats)
{
	write_stage(csv, stats, STATS_STAGE_TLS, COMPONENT_TLS);
}

static void write_http(struct csv *csv, const struct stats *stats)
{
	write_stage(csv, stats, STATS_STAGE_HTTP, COMPONENT_HTTP);
}

static void write_syntax(struct csv *csv, const struct stats *stats)
{
	write_stage(csv, stats, STATS_STAGE_SYNTAX, COMPONENT_SYNTAX);
}

static void write_mode_max_age(struct csv *csv, const struct stats *stats)
{
	for (size_t m = 0; m < COUNT_OF(modes); m++) {
		for (unsigned b = 0; b < STATS_AGE_BUCKETS; b++) {
			csv_string(csv, sts_mode_name(modes[m]));
			csv_string(csv, stats_age_name(b));
			csv_uint(csv, stats->age[modes[m]][b]);
			csv_end(csv);
		}
	}
}

static void write_mx_consistency(struct csv *csv, const struct stats *stats)
{
	for (unsigned k = 0; k < MX_KIND_COUNT; k++) {
		for (size_t m = 0; m < COUNT_OF(modes); m++) {
			csv_string(csv, mx_kind_name((enum mx_kind)k));
			csv_string(csv, sts_mode_name(modes[m]));
			csv_uint(csv, stats->mx_kind[k][modes[m]]);
			csv_end(csv);
		}
	}
}

static void tlsrpt_row(struct csv *csv, const char *kind, struct span value, uint64_t domains)
{
	csv_string(csv, kind);
	csv_text(csv, value);
	csv_uint(csv, domains);
	csv_end(csv);
}

static void write_tlsrpt(struct csv *csv, const struct stats *stats)
{
	for (unsigned s = 0; s < RECORD_STATE_COUNT; s++) {
		const char *name = s == RECORD_NOT_ASKED ? "not-asked" : record_state_name((enum record_state)s);

		tlsrpt_row(csv, "state", span_of(name), stats->tlsrpt_state[s]);
	}
	for (unsigned s = 0; s < SCHEME_COUNT; s++)
		tlsrpt_row(csv, "scheme", span_of(stats_scheme_name((enum stats_scheme)s)), stats->tlsrpt_scheme[s]);
	for (size_t i = 0; i < stats->rua_host.count; i++)
		tlsrpt_row(csv, "host", stats->rua_host.entry[i].word, stats->rua_host.entry[i].counter[0]);
}

static void write_providers(struct csv *csv, const struct stats *stats)
{
	const struct {
		const char *role;
		const struct tally *tally;
	} role[] = { { "policy-host", &stats->policy_host }, { "mx", &stats->mx } };

	for (size_t r = 0; r < COUNT_OF(role); r++) {
		for (size_t i = 0; i < role[r].tally->count; i++) {
			const struct tally_entry *entry = &role[r].tally->entry[i];

			csv_string(csv, role[r].role);
			csv_text(csv, entry->word);
			csv_uint(csv, entry->counter[PROVIDER_DOMAINS]);
			csv_uint(csv, entry->counter[PROVIDER_MISCONFIGURED]);
			csv_end(csv);
		}
	}
}

void stats_misconfigured_row(struct csv *csv, const struct observation *observation,
			     const struct classification *result)
{
	csv_text(csv, observation->name);
	csv_string(csv, component_name(result->judgement.component));
	domain_csv_findings(csv, &result->judgement.findings);
	csv_string(csv, verdict_name(result->judgement.verdict));
	csv_end(csv);
}

static const struct {
	const char *name, *columns;
	void (*write)(struct csv *csv, const struct stats *stats);
} tables[] = {
	{ "overview", "metric,domains,of,share", write_overview },
	{ "by_tld", "tld,domains,with_mx,sts,misconfigured,enforce,tlsrpt,share_sts", write_by_tld },
	{ "by_rank", "bin_start,bin_end,domains,with_mx,sts,tlsrpt,share_sts", write_by_rank },
	{ "components", "managed,component,domains,of,share", write_components },
	{ "findings", "code,component,severity,domains,of,share", write_findings },
	{ "tls", "reason,domains,of,share", write_tls },
	{ "http", "reason,domains,of,share", write_http },
	{ "syntax", "reason,domains,of,share", write_syntax },
	{ "mode_max_age", "mode,max_age_bucket,domains", write_mode_max_age },
	{ "mx_consistency", "kind,mode,domains", write_mx_consistency },
	{ "tlsrpt", "kind,value,domains", write_tlsrpt },
	{ "providers", "role,provider,domains,misconfigured", write_providers },
};

int stats_tables_write(struct stats *stats, const char *directory, struct error *error)
{
	tally_sort(&stats->tld, PART_DOMAINS);
	tally_sort(&stats->policy_host, PROVIDER_DOMAINS);
	tally_sort(&stats->mx, PROVIDER_DOMAINS);
	tally_sort(&stats->rua_host, 0);
	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		struct table table;

		if (table_open(&table, directory, tables[i].name, tables[i].columns, error) != 0)
			return -1;
		tables[i].write(&table.csv, stats);
		if (table_close(&table, true, error) != 0)
			return -1;
	}
	return 0;
}
