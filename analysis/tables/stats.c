/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/stats.h"

#include "analysis/classify/public_suffix.h"
#include "analysis/tables/counts.h"
#include "output/text.h"
#include "parsers/domain.h"
#include "parsers/mail_host.h"

const struct stats_metric_info stats_metrics[METRIC_COUNT] = {
	[METRIC_SCANNED] = { "scanned", METRIC_SCANNED },
	[METRIC_COMPLETE] = { "complete", METRIC_SCANNED },
	[METRIC_UNKNOWN] = { "unknown", METRIC_SCANNED },
	[METRIC_BLOCKLISTED] = { "blocklisted", METRIC_SCANNED },
	[METRIC_ILLEGAL_INPUT] = { "illegal_input", METRIC_SCANNED },
	[METRIC_NXDOMAIN] = { "nxdomain", METRIC_SCANNED },
	[METRIC_WITH_MX] = { "with_mx", METRIC_SCANNED },
	[METRIC_NULL_MX] = { "null_mx", METRIC_SCANNED },
	[METRIC_STS_RECORD] = { "sts_record", METRIC_SCANNED },
	[METRIC_STS_VALID_RECORD] = { "sts_valid_record", METRIC_STS_RECORD },
	[METRIC_POLICY_FETCHED] = { "policy_fetched", METRIC_STS_VALID_RECORD },
	[METRIC_POLICY_VALID] = { "policy_valid", METRIC_POLICY_FETCHED },
	[METRIC_POLICY_TOLERATED] = { "policy_tolerated", METRIC_POLICY_FETCHED },
	[METRIC_POLICY_USABLE] = { "policy_usable", METRIC_POLICY_FETCHED },
	[METRIC_MODE_ENFORCE] = { "mode_enforce", METRIC_POLICY_USABLE },
	[METRIC_MODE_TESTING] = { "mode_testing", METRIC_POLICY_USABLE },
	[METRIC_MODE_NONE] = { "mode_none", METRIC_POLICY_USABLE },
	[METRIC_MISCONFIGURED] = { "misconfigured", METRIC_STS_RECORD },
	[METRIC_DELIVERY_FAILURE] = { "delivery_failure", METRIC_STS_RECORD },
	[METRIC_DELIVERY_PARTIAL] = { "delivery_partial", METRIC_STS_RECORD },
	[METRIC_TLSRPT_RECORD] = { "tlsrpt_record", METRIC_SCANNED },
	[METRIC_TLSRPT_VALID] = { "tlsrpt_valid", METRIC_TLSRPT_RECORD },
	[METRIC_STS_AND_TLSRPT] = { "sts_and_tlsrpt", METRIC_STS_RECORD },
};

const struct stats_age stats_ages[STATS_AGE_BUCKETS] = {
	{ 86400, "<1d" },
	{ 604800, "1d-1w" },
	{ 1209600, "1w-2w" },
	{ 2592000, "2w-30d" },
	{ 15552000, "30d-180d" },
	{ 31536000, "180d-1y" },
	{ STS_MAX_AGE_LARGEST + 1, "1y" },
	{ UINT64_MAX, ">1y" },
};

const struct stats_rank stats_ranks[STATS_RANK_BINS] = {
	{ 0, 0 },
	{ 1, 1000 },
	{ 1001, 10000 },
	{ 10001, 100000 },
	{ 100001, 1000000 },
	{ 1000001, 10000000 },
	{ 10000001, 100000000 },
	{ 100000001, 1000000000 },
	{ 1000000001, 0 },
};

const char *stats_reason_name(unsigned reason)
{
	return reason == STATS_REASON_OK ? "ok" : finding_table[reason].code;
}

void stats_init(struct stats *stats)
{
	static const struct scan_headers none;

	memset(stats, 0, sizeof(*stats));
	stats->headers = &none;
	tally_init(&stats->tld, STATS_TLDS_MAX);
	tally_init(&stats->rua_host, STATS_PROVIDERS_MAX);
	for (size_t i = 0; i < OBS_LABEL_MAX; i++) {
		tally_init(&stats->label[i], STATS_LABEL_VALUES_MAX);
		stats->label[i].exact = true;
	}
	host_stats_init(&stats->hosts);
	manager_stats_init(&stats->managers);
}

void stats_set_headers(struct stats *stats, const struct scan_headers *headers)
{
	stats->headers = headers;
}

void stats_fini(struct stats *stats)
{
	tally_fini(&stats->tld);
	tally_fini(&stats->rua_host);
	for (size_t i = 0; i < OBS_LABEL_MAX; i++)
		tally_fini(&stats->label[i]);
	host_stats_fini(&stats->hosts);
	manager_stats_fini(&stats->managers);
}

/* ---- parts of it ---- */

static void merge_span(struct stats *into, const struct stats *from)
{
	if (from->last_ms == 0)
		return;
	if (into->last_ms == 0 || from->first_ms < into->first_ms)
		into->first_ms = from->first_ms;
	if (into->last_ms == 0 || from->last_ms > into->last_ms)
		into->last_ms = from->last_ms;
}

void stats_merge(struct stats *into, struct stats *from)
{
	const struct scan_headers *headers = from->headers;

	counts_add(into->metric, from->metric, sizeof(into->metric));
	counts_add(into->metric_with_mx, from->metric_with_mx, sizeof(into->metric_with_mx));
	into->delivered_with_mx += from->delivered_with_mx;
	counts_add(into->finding, from->finding, sizeof(into->finding));
	counts_add(into->component, from->component, sizeof(into->component));
	counts_add(into->verdict, from->verdict, sizeof(into->verdict));
	counts_add(into->reason, from->reason, sizeof(into->reason));
	counts_add(into->age, from->age, sizeof(into->age));
	counts_add(into->mx_kind, from->mx_kind, sizeof(into->mx_kind));
	counts_add(into->tlsrpt_state, from->tlsrpt_state, sizeof(into->tlsrpt_state));
	counts_add(into->tlsrpt_scheme, from->tlsrpt_scheme, sizeof(into->tlsrpt_scheme));
	counts_add(into->rank, from->rank, sizeof(into->rank));
	counts_add(into->sender, from->sender, sizeof(into->sender));
	tally_merge(&into->tld, &from->tld);
	tally_merge(&into->rua_host, &from->rua_host);
	for (size_t i = 0; i < OBS_LABEL_MAX; i++)
		tally_merge(&into->label[i], &from->label[i]);
	host_stats_merge(&into->hosts, &from->hosts);
	manager_stats_merge(&into->managers, &from->managers);
	dnssec_stats_merge(&into->dnssec, &from->dnssec);
	direct_stats_merge(&into->direct, &from->direct);
	merge_span(into, from);
	stats_fini(from);
	stats_init(from);
	from->headers = headers;
}

enum { TALLIES = 4 + OBS_LABEL_MAX };

static void list_tallies(const struct stats *stats, const struct tally *tally[static TALLIES])
{
	const struct tally *const one[] = { &stats->tld, &stats->rua_host, &stats->hosts.host,
					    &stats->hosts.first_break };

	for (size_t i = 0; i < COUNT_OF(one); i++)
		tally[i] = one[i];
	for (size_t i = 0; i < OBS_LABEL_MAX; i++)
		tally[COUNT_OF(one) + i] = &stats->label[i];
}

bool stats_is_large(const struct stats *stats)
{
	const struct tally *tally[TALLIES];
	size_t words = 0;

	list_tallies(stats, tally);
	for (size_t i = 0; i < TALLIES; i++)
		words += tally[i]->count;
	return words > STATS_THREAD_WORDS;
}

bool stats_failed(const struct stats *stats)
{
	const struct tally *tally[TALLIES];
	bool failed = false;

	list_tallies(stats, tally);
	for (size_t i = 0; i < TALLIES; i++)
		failed |= tally[i]->failed;
	return failed;
}

void stats_sort(struct stats *stats)
{
	tally_sort(&stats->tld);
	tally_sort(&stats->rua_host);
	for (size_t l = 0; l < stats->headers->label_count; l++)
		tally_sort(&stats->label[l]);
	tally_sort_words(&stats->hosts.first_break);
}

/* ---- what holds of a domain, counted at its end ---- */

_Static_assert((int)METRIC_COUNT <= 64, "a bit for each metric");

static void count(struct stats *stats, enum stats_metric metric, bool holds)
{
	stats->holds |= (uint64_t)holds << metric;
}

static void add_metrics(struct stats *stats, bool with_mx)
{
	for (uint64_t left = stats->holds; left > 0; left &= left - 1) {
		stats->metric[__builtin_ctzll(left)]++;
		stats->metric_with_mx[__builtin_ctzll(left)] += with_mx;
	}
}

/* ---- the parts of a population: TLDs, bins of ranks, labels ---- */

unsigned stats_parts_of(const struct observation *observation, const struct classification *result)
{
	bool with_mx = obs_mx_has_hosts(&observation->mx);
	bool sts = judgement_has_record(&result->judgement, TXT_STS);
	bool tlsrpt = judgement_has_record(&result->judgement, TXT_TLSRPT);
	bool enforce = classification_usable(result) && result->policy.mode == STS_MODE_ENFORCE;

	return 1U << PART_DOMAINS | (unsigned)with_mx << PART_WITH_MX | (unsigned)sts << PART_STS |
	       (unsigned)classification_misconfigured(result) << PART_MISCONFIGURED |
	       (unsigned)enforce << PART_ENFORCE | (unsigned)tlsrpt << PART_TLSRPT |
	       (unsigned)(sts && with_mx) << PART_STS_WITH_MX | (unsigned)(tlsrpt && with_mx) << PART_TLSRPT_WITH_MX;
}

void stats_add_parts(uint64_t part[static PART_COUNT], unsigned parts)
{
	for (; parts > 0; parts &= parts - 1)
		part[__builtin_ctz(parts)]++;
}

/* A line that is no name has no TLD. */
struct span stats_tld(const struct observation *observation)
{
	return observation->input == INPUT_ILLEGAL ? SPAN_LITERAL("(illegal-input)") : domain_tld(observation->name);
}

static void count_parts(struct stats *stats, const struct observation *observation, const struct classification *result)
{
	unsigned bin = observation->rank > 0, parts = stats_parts_of(observation, result);

	stats_add_parts(tally_at(&stats->tld, stats_tld(observation)), parts);
	while (stats_ranks[bin].end > 0 && observation->rank > stats_ranks[bin].end)
		bin++;
	stats_add_parts(stats->rank[bin], parts);
	for (size_t i = 0; i < stats->headers->label_count; i++)
		stats_add_parts(tally_at(&stats->label[i], scan_headers_value(stats->headers, observation, i)), parts);
}

/* ---- stages split by reason ---- */

static void add_stages(struct stats *stats, const struct classification *result)
{
	const struct finding_set *set = &result->judgement.findings;
	enum component component = result->judgement.component;
	bool fetched = result->judgement.policy != POLICY_UNJUDGED;
	bool answered = fetched || component == COMPONENT_HTTP;

	if (answered || component == COMPONENT_TLS)
		stats->reason[STATS_STAGE_TLS][finding_first(set, SEVERITY_ERROR, COMPONENT_TLS)]++;
	if (answered)
		stats->reason[STATS_STAGE_HTTP][finding_first(set, SEVERITY_ERROR, COMPONENT_HTTP)]++;
	if (fetched) {
		enum severity severity = result->judgement.policy == POLICY_TOLERATED ? SEVERITY_TOLERATED
										      : SEVERITY_ERROR;

		stats->reason[STATS_STAGE_SYNTAX][finding_first(set, severity, COMPONENT_SYNTAX)]++;
	}
}

/* ---- policies ---- */

static void add_policy(struct stats *stats, const struct classification *result)
{
	unsigned bucket = 0;

	count(stats, METRIC_POLICY_FETCHED, result->judgement.policy != POLICY_UNJUDGED);
	if (!classification_usable(result))
		return;
	count(stats, METRIC_POLICY_USABLE, true);
	count(stats, METRIC_POLICY_VALID, result->judgement.policy == POLICY_VALID);
	count(stats, METRIC_POLICY_TOLERATED, result->judgement.policy == POLICY_TOLERATED);
	if (result->policy.mode != STS_MODE_UNSET)
		count(stats, stats_metric_of_mode(result->policy.mode), true);
	while (bucket < STATS_AGE_BUCKETS - 1 && result->policy.max_age >= stats_ages[bucket].below)
		bucket++;
	stats->age[result->policy.mode][bucket]++;
	if (result->mx_compared)
		stats->mx_kind[result->mx_kind][result->policy.mode]++;
}

/* ---- reports ---- */

/* The registrable domain of @host; self where it is @domain's own. */
static struct span provider_of(struct span host, struct span domain)
{
	struct span self = SPAN_LITERAL(ATTRIBUTION_NAME_SELF), provider;

	if (span_equal_nocase(host, domain)) /* most hosts need no question */
		return self;
	provider = public_suffix_cut(host).registrable;
	if (!span_equal_nocase(domain, provider) && !domain_is_below(domain, provider))
		return provider;
	return span_equal_nocase(provider, public_suffix_cut(domain).registrable) ? self : provider;
}

static void add_tlsrpt(struct stats *stats, struct span name, const struct classification *result)
{
	const bool has_record = judgement_has_record(&result->judgement, TXT_TLSRPT);
	bool mailto = false, https = false;
	struct span text, host;
	struct uri uri;
	size_t at = 0, first = 0;

	count(stats, METRIC_TLSRPT_RECORD, has_record);
	count(stats, METRIC_STS_AND_TLSRPT, has_record && judgement_has_record(&result->judgement, TXT_STS));
	if (result->judgement.record[TXT_TLSRPT] != RECORD_VALID)
		return;
	count(stats, METRIC_TLSRPT_VALID, true);
	while (tlsrpt_next_rua(&result->tlsrpt, &at, &text, &uri)) {
		if (uri.scheme == URI_OTHER || !uri.has_goal)
			continue;
		mailto |= uri.scheme == URI_MAILTO;
		https |= uri.scheme == URI_HTTPS;
	}
	stats->tlsrpt_scheme[https ? (mailto ? SCHEME_BOTH : SCHEME_HTTPS) : SCHEME_MAILTO]++;
	if (tlsrpt_next_host(&result->tlsrpt, &first, &host))
		host = provider_of(host, name);
	else
		host = SPAN_LITERAL(ATTRIBUTION_NAME_NONE);
	tally_at(&stats->rua_host, host)[0]++;
}

/* ---- one domain ---- */

static void add_sts(struct stats *stats, const struct classification *result)
{
	count(stats, METRIC_STS_RECORD, true);
	count(stats, METRIC_STS_VALID_RECORD, result->judgement.record[TXT_STS] == RECORD_VALID);
	count(stats, METRIC_MISCONFIGURED, classification_misconfigured(result));
	count(stats, METRIC_DELIVERY_FAILURE, result->judgement.verdict == VERDICT_ENFORCE_FAIL);
	count(stats, METRIC_DELIVERY_PARTIAL, result->judgement.verdict == VERDICT_ENFORCE_PARTIAL);
	add_policy(stats, result);
	add_stages(stats, result);
}

static void add_span(struct stats *stats, int64_t first, uint32_t duration_ms)
{
	int64_t last;

	if (!text_is_date(first / 1000)) /* nobody's clock */
		return;
	last = first + duration_ms;
	if (stats->last_ms == 0 || first < stats->first_ms)
		stats->first_ms = first;
	if (stats->last_ms == 0 || last > stats->last_ms)
		stats->last_ms = last;
}

/* Mail servers are looked at beside the domain, and for longer. */
static void add_time(struct stats *stats, const struct observation *observation)
{
	add_span(stats, observation->time_ms, observation->duration_ms);
	for (size_t i = 0; observation->mx.host && i < observation->mx.count; i++)
		if (observation->mx.host[i])
			add_span(stats, observation->mx.host[i]->time_ms, observation->mx.host[i]->duration_ms);
}

void stats_add(struct stats *stats, const struct observation *observation, const struct classification *result)
{
	static const enum stats_metric of_status[DOMAIN_STATUS_COUNT] = {
		[DOMAIN_COMPLETE] = METRIC_COMPLETE,
		[DOMAIN_UNKNOWN] = METRIC_UNKNOWN,
		[DOMAIN_BLOCKLISTED] = METRIC_BLOCKLISTED,
		[DOMAIN_ILLEGAL_INPUT] = METRIC_ILLEGAL_INPUT,
	};
	const struct judgement *judgement = &result->judgement;
	bool with_mx = obs_mx_has_hosts(&observation->mx), sts = judgement_has_record(judgement, TXT_STS);

	stats->holds = 0;
	count(stats, METRIC_SCANNED, true);
	add_time(stats, observation);
	count(stats, of_status[judgement->status], true);
	count(stats, METRIC_NXDOMAIN, observation->mx.answer.status == DNS_NXDOMAIN);
	count(stats, METRIC_WITH_MX, with_mx);
	count(stats, METRIC_NULL_MX, obs_mx_is_null(&observation->mx));
	count_parts(stats, observation, result);
	for (unsigned f = finding_next(&judgement->findings, 0); f < FINDING_COUNT;
	     f = finding_next(&judgement->findings, f + 1))
		stats->finding[f]++;
	stats->tlsrpt_state[judgement->record[TXT_TLSRPT]]++;
	stats->component[judgement->component]++;
	if (judgement->component != COMPONENT_NONE)
		stats->verdict[judgement->verdict]++;
	if (sts)
		add_sts(stats, result);
	add_tlsrpt(stats, observation->name, result);
	/* else there is nothing for either; most domains are such */
	if (sts || observation->mx.host || observation->policy.tls.chain_count > 0) {
		host_stats_add(&stats->hosts, observation, result);
		manager_stats_add(&stats->managers, observation, result, host_stats_cell(observation, result),
				  stats->rows);
	}
	dnssec_stats_add(&stats->dnssec, observation, result);
	direct_stats_add(&stats->direct, observation);
	add_metrics(stats, with_mx);
	stats->delivered_with_mx += with_mx && (judgement->verdict == VERDICT_ENFORCE_OK ||
						judgement->verdict == VERDICT_ENFORCE_PARTIAL);
}

void stats_add_senders(struct stats *stats, const struct observation *observation, const struct classification *result,
		       struct sender_result sender[static SENDER_PROFILE_COUNT])
{
	struct sender_mx mx[OBS_MX_MAX];

	sender_judge_all(observation, sender_mx_known(observation, result, mx), sender);
	for (size_t i = 0; i < SENDER_PROFILE_COUNT; i++)
		stats->sender[i][sender[i].outcome]++;
}
