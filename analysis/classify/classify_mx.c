/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/classify/classify_mx.h"

#include "analysis/classify/classify_dane.h"
#include "analysis/classify/classify_mxtls.h"
#include "analysis/classify/public_suffix.h"
#include "parsers/domain.h"
#include "parsers/hash.h"

void classify_mx_facts(const struct observation *observation, struct classification *result)
{
	const struct obs_mx *mx = &observation->mx;

	if (mx->host) {
		classify_mxtls(observation, result);
		classify_dane(observation, result);
	}
	if (!dns_status_is_answer(mx->answer.status))
		return;
	if (!obs_mx_has_hosts(mx)) {
		if (judgement_has_record(&result->judgement, TXT_STS))
			classification_add(result, mx->count == 0 ? FINDING_MX_NONE : FINDING_MX_NULL);
		return;
	}
	for (size_t i = 0; i < mx->count && !mx->all_hosts; i++)
		if (!domain_is_mail_host(mx->record[i].name))
			classification_add(result, FINDING_MX_INVALID);
}

/* Which MX match, and how near the others came. */
struct comparison {
	const struct obs_mx *mx;
	uint64_t name[OBS_MX_MAX], parent[OBS_MX_MAX]; /* hashes: a policy of 64 KiB has 10,000 patterns */
	enum mx_kind kind[OBS_MX_MAX];
	struct public_suffix_cut cut[OBS_MX_MAX];
};

static void hash_names(struct comparison *c)
{
	for (size_t i = 0; i < c->mx->count; i++) {
		struct span name = c->mx->record[i].name;

		name.n -= span_ends_with(name, SPAN_LITERAL("."));
		c->name[i] = hash_span_nocase(name);
		c->parent[i] = hash_span_nocase(domain_parent(name));
	}
}

static void match_all(struct comparison *c, const struct sts_policy *policy, struct classification *result)
{
	struct span pattern;
	size_t at = 0;

	hash_names(c);
	while (sts_policy_next_mx(policy, &at, &pattern)) {
		bool used = false, wildcard = span_starts_with(pattern, SPAN_LITERAL("*."));
		const uint64_t *hashes = wildcard ? c->parent : c->name;
		uint64_t hash = hash_span_nocase(wildcard ? span_skip(pattern, 2) : pattern);

		for (size_t i = 0; i < c->mx->count; i++) {
			if (hashes[i] == hash && domain_matches(pattern, c->mx->record[i].name)) {
				c->kind[i] = MX_KIND_MATCH;
				used = true;
			}
		}
		if (!used && c->mx->omitted == 0)
			classification_add(result, FINDING_MX_PATTERN_UNUSED);
	}
}

static void find_kinds(struct comparison *c, const struct sts_policy *policy)
{
	struct span pattern;
	size_t at = 0;

	for (size_t i = 0; i < c->mx->count; i++)
		if (c->kind[i] != MX_KIND_MATCH)
			c->cut[i] = public_suffix_cut(c->mx->record[i].name);
	for (size_t n = 0; n < CLASSIFY_PATTERNS_KIND_MAX && sts_policy_next_mx(policy, &at, &pattern); n++) {
		bool wildcard = span_starts_with(pattern, SPAN_LITERAL("*."));
		struct public_suffix_cut cut = public_suffix_cut(wildcard ? span_skip(pattern, 2) : pattern);

		for (size_t i = 0; i < c->mx->count; i++) {
			enum mx_kind kind;

			if (c->kind[i] == MX_KIND_MATCH)
				continue;
			kind = mx_kind_of_pair(&cut, wildcard, &c->cut[i]);
			c->kind[i] = kind < c->kind[i] ? kind : c->kind[i];
		}
	}
}

static void add_kinds(const struct comparison *c, struct classification *result)
{
	static const enum finding of_kind[MX_KIND_COUNT] = {
		[MX_KIND_STS_LABEL] = FINDING_MX_MISMATCH_STS_LABEL, [MX_KIND_TLD] = FINDING_MX_MISMATCH_TLD,
		[MX_KIND_TYPO] = FINDING_MX_MISMATCH_TYPO,           [MX_KIND_LABEL] = FINDING_MX_MISMATCH_LABEL,
		[MX_KIND_DOMAIN] = FINDING_MX_MISMATCH_DOMAIN,
	};

	for (size_t i = 0; i < c->mx->count; i++) {
		if (c->kind[i] != MX_KIND_MATCH)
			classification_add(result, of_kind[c->kind[i]]);
		result->mx_kind = c->kind[i] > result->mx_kind ? c->kind[i] : result->mx_kind;
	}
}

void classify_mx_match(const struct obs_mx *mx, struct classification *result)
{
	struct comparison c;

	/* Mode none needs no patterns (RFC 8461 3.2): nothing to compare. */
	if (!obs_mx_has_hosts(mx) || result->policy.mx_count == 0)
		return;
	c.mx = mx;
	for (size_t i = 0; i < mx->count; i++)
		c.kind[i] = MX_KIND_DOMAIN;
	match_all(&c, &result->policy, result);
	for (size_t i = 0; i < mx->count; i++)
		result->mx_matching += c.kind[i] == MX_KIND_MATCH;
	if (mx->host)
		for (size_t i = 0; i < mx->count; i++)
			result->mx[i].outside = c.kind[i] != MX_KIND_MATCH;
	result->mx_compared = true;
	result->mx_kind = MX_KIND_MATCH;
	if (result->mx_matching == mx->count)
		return;
	classification_add(result, result->mx_matching == 0 && mx->omitted == 0 ? FINDING_MX_MISMATCH_ALL
										: FINDING_MX_MISMATCH_SOME);
	find_kinds(&c, &result->policy);
	add_kinds(&c, result);
}
