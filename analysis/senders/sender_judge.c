/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/senders/sender_judge.h"

#include "analysis/senders/sender_fetch.h"
#include "analysis/classify/classify_dane.h"
#include "analysis/senders/sender_match.h"

const char *const sender_outcome_names[SENDER_OUTCOME_COUNT] = {
	[SENDER_OUTCOME_NO_POLICY] = "no-policy", [SENDER_OUTCOME_NONE] = "none",
	[SENDER_OUTCOME_TESTING] = "testing",     [SENDER_OUTCOME_DELIVERS] = "delivers",
	[SENDER_OUTCOME_REFUSES] = "refuses",     [SENDER_OUTCOME_DEFERS] = "defers",
	[SENDER_OUTCOME_UNKNOWN] = "unknown",
};

/* One domain, one profile. */
struct judging {
	const struct sender_profile *profile;
	const struct observation *observation;
	const struct sender_mx *mx;
	const struct sender_fetch_facts *facts;
	struct sender_policy policy;
	struct sender_result *result;
};

static enum sender_outcome because(struct judging *judging, enum sender_outcome outcome, enum sender_cause cause,
				   unsigned number, struct span text)
{
	if (cause != SENDER_CAUSE_LINE || number > 0)
		judging->result->why = (struct sender_why){ cause, number, text };
	return outcome;
}

/* --- the record --- */

/* NONE where it is there and the policy is to be looked at. */
static enum sender_outcome judge_record(struct judging *judging)
{
	const struct obs_txt *txt = &judging->observation->txt[TXT_STS];
	const struct sender_profile *profile = judging->profile;
	static const enum sender_outcome on_failure[] = {
		[SENDER_RECORD_FAILURE_NO_POLICY] = SENDER_OUTCOME_NO_POLICY,
		[SENDER_RECORD_FAILURE_DEFERS] = SENDER_OUTCOME_DEFERS,
		[SENDER_RECORD_FAILURE_UNKNOWN] = SENDER_OUTCOME_UNKNOWN,
	};
	struct sender_record record;

	if (txt->answer.status == DNS_SKIPPED)
		return judging->observation->mx.answer.status == DNS_NXDOMAIN ? SENDER_OUTCOME_NO_POLICY
									      : SENDER_OUTCOME_UNKNOWN;
	if (txt->answer.status == DNS_SERVFAIL && !obs_answer_is_bogus(&txt->answer))
		return on_failure[profile->record_failure];
	if (dns_status_is_transient(txt->answer.status))
		return SENDER_OUTCOME_UNKNOWN;
	if (txt->count == 0)
		return SENDER_OUTCOME_NO_POLICY;
	sender_record_read(profile, txt, &record);
	if (record.accept == SENDER_YES)
		return SENDER_OUTCOME_NONE;
	return because(judging,
		       record.accept == SENDER_UNKNOWN || profile->undocumented ? SENDER_OUTCOME_UNKNOWN
										: SENDER_OUTCOME_NO_POLICY,
		       SENDER_CAUSE_RECORD, 0, record.text.p ? record.text : txt->record[0]);
}

/* --- the hosts --- */

/* Pairs of a pattern and an MX that are looked at for one profile: a domain has some of either, and a hostile one
 * 13,000 times 64. What is not found by then is unknown. */
enum { PAIRS_MAX = 65536 };

/* What the patterns say of one MX. */
struct match {
	enum sender_answer is;
	struct sender_why why; /* the line of the first that matches, else of the last of which it is unknown */
};

/* All of them in one walk over the policy. */
static void match_all(const struct sender_policy *policy, const struct obs_mx_record *mx, size_t count,
		      struct match *match)
{
	struct sender_line_walk walk;
	struct sender_line line;
	size_t open = count, pairs = 0;

	for (size_t i = 0; i < count; i++)
		match[i] = (struct match){ SENDER_NO, { SENDER_CAUSE_MX, 0, mx[i].name } };
	sender_line_start(policy->profile, policy->body, &walk);
	while (open > 0 && sender_policy_next_mx(&walk, &line) && (pairs += count) <= PAIRS_MAX) {
		for (size_t i = 0; i < count; i++) {
			enum sender_answer is = SENDER_NO;

			if (match[i].is != SENDER_YES)
				is = sender_pattern_matches(policy->profile, line.value, mx[i].name);
			if (is != SENDER_NO)
				match[i] = (struct match){ is, { SENDER_CAUSE_LINE, line.number, line.text } };
			open -= is == SENDER_YES;
		}
	}
	for (size_t i = 0; i < count && pairs > PAIRS_MAX; i++)
		match[i].is = match[i].is == SENDER_NO ? SENDER_UNKNOWN : match[i].is;
}

enum sender_answer sender_mx_refused(const struct sender_policy *policy, struct span mx)
{
	struct match match;

	match_all(policy, &(struct obs_mx_record){ .name = mx }, 1, &match);
	switch (match.is) {
	case SENDER_YES:
		return SENDER_NO;
	case SENDER_NO:
		return SENDER_YES;
	case SENDER_UNKNOWN:
		break;
	}
	return SENDER_UNKNOWN;
}

/* May the host have the mail by its certificate, as WebPKI has it? */
static enum sender_answer by_certificate(const struct sender_profile *profile, enum sender_host host)
{
	static const enum sender_answer of_host[] = { [SENDER_HOST_NOT_ASKED] = SENDER_YES,
						      [SENDER_HOST_USABLE] = SENDER_YES,
						      [SENDER_HOST_FAILS] = SENDER_NO,
						      [SENDER_HOST_UNKNOWN] = SENDER_UNKNOWN };

	if (host != SENDER_HOST_CN_ONLY)
		return of_host[host];
	return profile->mx_cn == SENDER_MX_CN_ACCEPTED  ? SENDER_YES
	       : profile->mx_cn == SENDER_MX_CN_REFUSED ? SENDER_NO
							: SENDER_UNKNOWN;
}

/* May the host have the mail? @named: by the policy's patterns. */
static enum sender_answer may_have(const struct sender_profile *profile, enum sender_answer named,
				   const struct sender_mx *mx)
{
	enum sender_answer certified = by_certificate(profile, mx->host);
	bool valid = dane_state_is_valid(mx->dane), fails = dane_state_fails(mx->dane);

	switch (profile->dane) {
	case SENDER_DANE_DANE_FIRST:
		if (valid || fails)
			return valid ? SENDER_YES : SENDER_NO;
		break;
	case SENDER_DANE_BOTH:
		certified = fails ? SENDER_NO : certified;
		break;
	case SENDER_DANE_NAMES_THEN_DANE:
		certified = valid ? SENDER_YES : fails ? SENDER_NO : certified;
		break;
	case SENDER_DANE_UNKNOWN:
		certified = (valid || fails) && (valid != (certified == SENDER_YES)) ? SENDER_UNKNOWN : certified;
		break;
	case SENDER_DANE_NONE:
	case SENDER_DANE_STS_REPLACES:
		break;
	}
	if (named == SENDER_NO || certified == SENDER_NO)
		return SENDER_NO;
	return named == SENDER_UNKNOWN || certified == SENDER_UNKNOWN ? SENDER_UNKNOWN : SENDER_YES;
}

static enum sender_outcome judge_mx(struct judging *judging)
{
	const struct sender_profile *profile = judging->profile;
	static const struct sender_mx nothing = { SENDER_HOST_NOT_ASKED, DANE_STATE_NOT_ASKED };
	const struct obs_mx *mx = &judging->observation->mx;
	bool limited = profile->mx_most != SENDER_NO_LIMIT && mx->count > (uint64_t)profile->mx_most;
	size_t count = limited ? (size_t)profile->mx_most : mx->count;
	bool unknown = mx->omitted > 0 && !limited;
	struct match match[OBS_MX_MAX];

	if (dns_status_is_transient(mx->answer.status) || mx->answer.status == DNS_SKIPPED)
		return SENDER_OUTCOME_UNKNOWN;
	if (!obs_mx_has_hosts(mx)) /* nothing that might not match */
		return SENDER_OUTCOME_DELIVERS;
	match_all(&judging->policy, mx->record, count, match);
	for (size_t i = 0; i < count; i++) {
		const struct sender_why *why = &match[i].why;
		enum sender_answer is = may_have(profile, match[i].is, judging->mx ? &judging->mx[i] : &nothing);

		if (is == SENDER_YES)
			return because(judging, SENDER_OUTCOME_DELIVERS, why->cause, why->number, why->text);
		unknown = unknown || is == SENDER_UNKNOWN;
		because(judging, SENDER_OUTCOME_REFUSES, SENDER_CAUSE_MX, 0, mx->record[i].name);
	}
	return unknown ? SENDER_OUTCOME_UNKNOWN : SENDER_OUTCOME_REFUSES;
}

/* --- all of it --- */

static uint64_t kept_for(const struct sender_profile *profile, const struct sender_number *max_age)
{
	uint64_t kept = max_age->negative ? 0 : max_age->value;

	if ((profile->cache_least != SENDER_NO_LIMIT && kept < (uint64_t)profile->cache_least) ||
	    (profile->cache_most != SENDER_NO_LIMIT && kept > (uint64_t)profile->cache_most))
		kept = (uint64_t)profile->cache_other;
	if (profile->cache_cap != SENDER_NO_LIMIT && kept > (uint64_t)profile->cache_cap)
		kept = (uint64_t)profile->cache_cap;
	return kept;
}

/* The policy is none for this profile. */
static enum sender_outcome refuse(struct judging *judging)
{
	const struct sender_policy *policy = &judging->policy;
	enum sender_outcome outcome = judging->profile->undocumented ? SENDER_OUTCOME_UNKNOWN
								     : SENDER_OUTCOME_NO_POLICY;

	if (policy->too_large)
		return because(judging, outcome, SENDER_CAUSE_BODY, (unsigned)policy->body.n, (struct span){ NULL, 0 });
	if (policy->missing)
		return because(judging, outcome, SENDER_CAUSE_MISSING, 0, span_of(policy->missing));
	return because(judging, outcome, SENDER_CAUSE_LINE, policy->line, policy->line_text);
}

static enum sender_outcome judge(struct judging *judging)
{
	const struct sender_profile *profile = judging->profile;
	const struct obs_http *http = &judging->observation->policy.http;
	struct sender_policy *policy = &judging->policy;
	struct sender_result *result = judging->result;
	enum sender_outcome outcome = judge_record(judging);
	enum sender_answer fetched;

	if (outcome != SENDER_OUTCOME_NONE)
		return outcome;
	fetched = sender_fetch(profile, judging->observation, judging->facts, &result->why);
	if (fetched != SENDER_YES)
		return fetched == SENDER_NO ? SENDER_OUTCOME_NO_POLICY : SENDER_OUTCOME_UNKNOWN;
	sender_policy_read(profile, http->body, policy);
	if (!policy->accept)
		return refuse(judging);
	result->max_age = policy->max_age;
	result->kept_s = kept_for(profile, &policy->max_age);
	result->enforced = policy->mode == STS_MODE_ENFORCE;
	if (result->enforced)
		return judge_mx(judging);
	return because(judging, policy->mode == STS_MODE_NONE ? SENDER_OUTCOME_NONE : SENDER_OUTCOME_TESTING,
		       SENDER_CAUSE_LINE, policy->mode_line, policy->mode_text);
}

/* What of the input made @result part from @standard: its own reason where it has no policy, or has one as the standard
 * has; else what the standard has against it. */
static void compare(const struct sender_result *standard, struct sender_result *result)
{
	bool own = result->outcome == SENDER_OUTCOME_NO_POLICY || result->outcome == SENDER_OUTCOME_DEFERS ||
		   (standard->outcome != SENDER_OUTCOME_NO_POLICY && result->outcome != SENDER_OUTCOME_REFUSES);

	result->parts = result->outcome != standard->outcome && result->outcome != SENDER_OUTCOME_UNKNOWN &&
			standard->outcome != SENDER_OUTCOME_UNKNOWN;
	if (result->outcome == standard->outcome)
		result->why = (struct sender_why){ 0 };
	else if ((!own && standard->why.cause != SENDER_CAUSE_NOTHING) || result->why.cause == SENDER_CAUSE_NOTHING)
		result->why = standard->why;
}

const struct sender_mx *sender_mx_known(const struct observation *observation,
					const struct classification *classification,
					struct sender_mx mx[static OBS_MX_MAX])
{
	static const enum sender_host of_state[MX_STATE_COUNT] = { [MX_NOT_ASKED] = SENDER_HOST_NOT_ASKED,
								   [MX_USABLE] = SENDER_HOST_USABLE,
								   [MX_FAILS] = SENDER_HOST_FAILS,
								   [MX_UNKNOWN] = SENDER_HOST_UNKNOWN };

	if (!observation->mx.host)
		return NULL;
	for (uint32_t i = 0; i < observation->mx.count; i++) {
		const struct mx_judgement *judged = &classification->mx[i];

		mx[i] = (struct sender_mx){ of_state[judged->state], judged->dane };
		if (judged->state == MX_FAILS && judged->finding == FINDING_MXTLS_CN_ONLY)
			mx[i].host = SENDER_HOST_CN_ONLY;
	}
	return mx;
}

void sender_judge_all(const struct observation *observation, const struct sender_mx *mx,
		      struct sender_result result[static SENDER_PROFILE_COUNT])
{
	struct sender_fetch_facts facts = sender_fetch_look(observation);

	for (size_t i = 0; i < SENDER_PROFILE_COUNT; i++) {
		struct judging judging = { .profile = &sender_profiles[i],
					   .observation = observation,
					   .mx = mx,
					   .facts = &facts,
					   .result = &result[i] };

		result[i] = (struct sender_result){ .profile = &sender_profiles[i] };
		result[i].outcome = sender_profiles[i].kind == SENDER_KIND_MATCHER ? SENDER_OUTCOME_UNKNOWN
										   : judge(&judging);
	}
	for (size_t i = 1; i < SENDER_PROFILE_COUNT; i++)
		compare(&result[0], &result[i]);
}
