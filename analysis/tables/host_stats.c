/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/host_stats.h"

#include <time.h>

#include "analysis/classify/classify_host.h"
#include "analysis/classify/classify_tls.h"
#include "analysis/tables/counts.h"
#include "parsers/mail_host.h"

const struct host_stats_bucket host_stats_buckets[HOST_STATS_BUCKETS] = {
	{ 0, "expired" },  { 7, "0d-6d" },      { 14, "7d-13d" },     { 30, "14d-29d" },       { 60, "30d-59d" },
	{ 90, "60d-89d" }, { 180, "90d-179d" }, { 365, "180d-364d" }, { INT64_MAX, ">=365d" },
};

const char *const mx_extent_names[EXTENT_COUNT] = { [EXTENT_ALL] = "all", [EXTENT_SOME] = "some" };

const char *const expiry_role_names[EXPIRY_ROLE_COUNT] = {
	[EXPIRY_POLICY_HOST] = "policy-host",
	[EXPIRY_MX] = "mx",
};

const char *host_stats_reason_name(unsigned reason)
{
	return reason == MX_REASON_OK ? "ok" : reason == MX_REASON_UNKNOWN ? "unknown" : finding_table[reason].code;
}

void host_stats_init(struct host_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	tally_init(&stats->host, HOST_STATS_HOSTS_MAX);
	tally_init(&stats->first_break, HOST_STATS_DATES_MAX);
}

void host_stats_fini(struct host_stats *stats)
{
	tally_fini(&stats->host);
	tally_fini(&stats->first_break);
}

void host_stats_merge(struct host_stats *into, const struct host_stats *from)
{
	into->population += from->population;
	counts_add(into->reason, from->reason, sizeof(into->reason));
	counts_add(into->dane, from->dane, sizeof(into->dane));
	counts_add(into->delivery, from->delivery, sizeof(into->delivery));
	counts_add(into->interplay, from->interplay, sizeof(into->interplay));
	counts_add(into->expiry, from->expiry, sizeof(into->expiry));
	tally_merge(&into->host, &from->host);
	tally_merge(&into->first_break, &from->first_break);
}

const struct obs_certificate *host_stats_leaf(const struct obs_host *host)
{
	const struct obs_smtp *probe = classify_host_probe(host);

	return probe && probe->tls.chain_count > 0 ? &probe->tls.chain[0] : NULL;
}

unsigned host_stats_bucket(int64_t days)
{
	unsigned bucket = 0;

	while (days >= host_stats_buckets[bucket].below && bucket < HOST_STATS_BUCKETS - 1)
		bucket++;
	return bucket;
}

static struct host_expiry *expiry_at(struct host_stats *stats, enum expiry_role role,
				     const struct obs_certificate *leaf, int64_t time_ms)
{
	return &stats->expiry[role][host_stats_bucket(classify_tls_days_left(leaf, time_ms))];
}

/* ---- the MX of one domain ---- */

static enum sts_mode mode_of(const struct classification *result)
{
	return classification_usable(result) ? result->policy.mode : STS_MODE_UNSET;
}

static unsigned cell_of(const struct obs_mx *mx, const struct classification *result)
{
	size_t usable = 0, fails = 0, all = mx->count + mx->omitted; /* those beyond the limit are unknown */
	unsigned reason = MX_REASON_OK;
	enum mx_extent extent;

	for (size_t i = 0; i < mx->count; i++) {
		const struct mx_judgement *one = &result->mx[i];

		usable += one->state == MX_USABLE;
		fails += one->state == MX_FAILS;
		if (one->state == MX_FAILS && one->finding < reason)
			reason = one->finding;
	}
	if (fails == 0 && usable < all)
		reason = MX_REASON_UNKNOWN;
	if (fails > 0)
		extent = fails == all ? EXTENT_ALL : EXTENT_SOME;
	else
		extent = usable == 0 || usable == all ? EXTENT_ALL : EXTENT_SOME;
	return host_stats_cell_of(reason, mode_of(result), extent);
}

/* Is record @i the first of its name? */
static bool is_first(const struct obs_mx *mx, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (span_equal_nocase(mx->record[k].name, mx->record[i].name))
			return false;
	return true;
}

/* Is it the one host, by whatever number of records, that still keeps to the policy? */
static bool is_last_one(const struct obs_mx *mx, const struct classification *result, size_t i)
{
	for (size_t k = 0; k < mx->count; k++) {
		bool same = span_equal_nocase(mx->record[k].name, mx->record[i].name);

		if (mx_judgement_keeps(&result->mx[k]) != (same ? MX_KEEPS : MX_KEEPS_NOT))
			return false;
	}
	return mx->omitted == 0; /* another may */
}

static void add_hosts(struct host_stats *stats, const struct obs_mx *mx, const struct classification *result)
{
	enum sts_mode mode = mode_of(result);

	for (size_t i = 0; i < mx->count; i++) {
		uint64_t *counter;

		if (!mx->host[i] || !is_first(mx, i))
			continue;
		counter = tally_at(&stats->host, mx->record[i].name);
		counter[HOST_DOMAINS]++;
		counter[HOST_ENFORCE] += mode == STS_MODE_ENFORCE;
		counter[HOST_TESTING] += mode == STS_MODE_TESTING;
		counter[HOST_BREAKS] += mode == STS_MODE_ENFORCE && is_last_one(mx, result, i);
	}
}

/* Enforced mail stops when the last certificate of those MX that keep to the policy has ended. */
static void add_first_break(struct host_stats *stats, const struct obs_mx *mx, const struct classification *result)
{
	int64_t last_s = 0;
	struct tm day;
	char date[32]; /* "2026-11-27", or a year of more digits */
	time_t last;

	if (result->judgement.verdict != VERDICT_ENFORCE_OK && result->judgement.verdict != VERDICT_ENFORCE_PARTIAL)
		return;
	if (mx->omitted > 0) /* one of them may last longer */
		return;
	for (size_t i = 0; i < mx->count; i++) {
		const struct obs_certificate *leaf = mx_judgement_keeps(&result->mx[i]) == MX_KEEPS && mx->host[i]
							     ? host_stats_leaf(mx->host[i])
							     : NULL;

		if (leaf && leaf->not_after > last_s)
			last_s = leaf->not_after;
	}
	last = (time_t)last_s;
	if (last_s > 0 && gmtime_r(&last, &day) && strftime(date, sizeof(date), "%Y-%m-%d", &day) > 0)
		tally_at(&stats->first_break, span_of(date))[0]++;
}

/* ---- from outside ---- */

/* Was any of its MX looked at? */
static bool was_asked(const struct obs_mx *mx, const struct classification *result)
{
	for (size_t i = 0; mx->host && i < mx->count; i++)
		if (result->mx[i].state != MX_NOT_ASKED)
			return true;
	return false;
}

unsigned host_stats_cell(const struct observation *observation, const struct classification *result)
{
	return was_asked(&observation->mx, result) ? cell_of(&observation->mx, result) : HOST_STATS_CELLS;
}

void host_stats_add(struct host_stats *stats, const struct observation *observation,
		    const struct classification *result)
{
	const struct obs_policy *policy = &observation->policy;
	const struct obs_mx *mx = &observation->mx;

	if (policy->tls.chain_count > 0) {
		struct host_expiry *expiry = expiry_at(stats, EXPIRY_POLICY_HOST, &policy->tls.chain[0],
						       observation->time_ms);

		expiry->hosts++;
		expiry->domains++;
	}
	if (!was_asked(mx, result))
		return;
	stats->population++;
	stats->reason[cell_of(mx, result)]++;
	stats->dane[result->dane]++;
	stats->delivery[result->delivery]++;
	stats->interplay[result->judgement.verdict][result->dane]++;
	add_hosts(stats, mx, result);
	add_first_break(stats, mx, result);
}

void host_stats_add_host(struct host_stats *stats, const struct obs_host *host)
{
	const struct obs_certificate *leaf = host_stats_leaf(host);
	struct host_expiry *expiry;

	if (!leaf)
		return;
	expiry = expiry_at(stats, EXPIRY_MX, leaf, host->time_ms);
	expiry->hosts++;
	expiry->domains += tally_at(&stats->host, host->name)[HOST_DOMAINS];
}
