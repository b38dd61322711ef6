/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/senders/sender_fetch.h"

#include "analysis/classify/classify_policy.h"
#include "parsers/domain.h"
#include "parsers/sts_policy.h"

enum { STATUS_OK = 200 };

/* Is what breaks TLS that the name stands in the common name alone? */
static bool is_cn_only(const struct finding_set *findings)
{
	for (unsigned f = finding_next(findings, 0); f < FINDING_COUNT; f = finding_next(findings, f + 1))
		if (finding_table[f].component == COMPONENT_TLS && finding_table[f].severity == SEVERITY_ERROR &&
		    f != FINDING_POLICY_TLS_CN_ONLY)
			return false;
	return true;
}

struct sender_fetch_facts sender_fetch_look(const struct observation *observation)
{
	struct sender_fetch_facts facts;
	struct classification scratch;

	memset(&scratch, 0, offsetof(struct classification, mx)); /* which are not judged here */
	facts.stage = classify_policy(observation, &scratch);
	facts.cn_only = facts.stage == COMPONENT_TLS && is_cn_only(&scratch.judgement.findings);
	if (facts.stage == COMPONENT_HTTP || facts.stage == COMPONENT_SYNTAX)
		facts.stage = COMPONENT_OK;
	return facts;
}

static enum sender_answer answer(enum sender_answer is, struct sender_why *why, enum sender_cause cause,
				 unsigned number, struct span text)
{
	if (is != SENDER_YES)
		*why = (struct sender_why){ cause, number, text };
	return is;
}

static enum sender_answer judge_certificate(const struct sender_profile *profile, const struct observation *observation,
					    const struct sender_fetch_facts *facts, struct sender_why *why)
{
	static const enum sender_answer of_switch[] = { [SENDER_POLICY_CN_REFUSED] = SENDER_NO,
							[SENDER_POLICY_CN_ACCEPTED] = SENDER_YES,
							[SENDER_POLICY_CN_UNKNOWN] = SENDER_UNKNOWN };

	if (facts->stage == COMPONENT_UNKNOWN)
		return SENDER_UNKNOWN;
	if (facts->stage == COMPONENT_OK)
		return SENDER_YES;
	if (!facts->cn_only)
		return SENDER_NO;
	return answer(of_switch[profile->policy_cn], why, SENDER_CAUSE_CERTIFICATE, 0,
		      observation->policy.tls.chain[0].common_name);
}

/* An answer that did not come, or came late. */
static enum sender_answer judge_time(const struct sender_profile *profile, const struct obs_policy *policy,
				     struct sender_why *why)
{
	bool silent = policy->status == CONNECT_IO_TIMEOUT || policy->http.failure == HTTP_TIMEOUT;
	bool late = profile->time_limit_ms != SENDER_NO_LIMIT && policy->fetch_ms > profile->time_limit_ms;

	if (late)
		return answer(SENDER_NO, why, SENDER_CAUSE_TIME, policy->fetch_ms, (struct span){ NULL, 0 });
	if (silent) /* for us: whoever waits longer may have had it */
		return answer(SENDER_UNKNOWN, why, SENDER_CAUSE_TIME, policy->fetch_ms, (struct span){ NULL, 0 });
	return SENDER_YES;
}

static bool status_is_good(const struct sender_profile *profile, unsigned status)
{
	switch (profile->status) {
	case SENDER_STATUS_ANY:
		return true;
	case SENDER_STATUS_2XX:
		return status / 100 == STATUS_OK / 100;
	case SENDER_STATUS_200:
		break;
	}
	return status == STATUS_OK;
}

/* text/plain, before any parameter. */
static bool type_is_good(const struct sender_profile *profile, struct span field)
{
	struct span type = span_trim((struct span){ field.p, span_find(field, 0, ';') });

	switch (profile->media_type) {
	case SENDER_MEDIA_TYPE_IGNORED:
		return true;
	case SENDER_MEDIA_TYPE_TEXT_PLAIN:
		return span_equal_nocase(type, SPAN_LITERAL("text/plain"));
	case SENDER_MEDIA_TYPE_TEXT_PLAIN_EXACT:
		break;
	}
	return span_equal(type, SPAN_LITERAL("text/plain"));
}

/* The value of the parameter charset; p NULL: there is none. */
static struct span charset_of(struct span field)
{
	struct span rest = field, part, name = SPAN_LITERAL("charset=");

	while (span_next_part(&rest, ';', &part)) {
		if (!span_starts_with_nocase(part, name))
			continue;
		part = span_skip(part, name.n);
		if (part.n >= 2 && part.p[0] == '"' && part.p[part.n - 1] == '"')
			part = (struct span){ part.p + 1, part.n - 2 };
		return part;
	}
	return (struct span){ NULL, 0 };
}

/* Where the charset is obeyed: ASCII without one; what others than UTF-8 make of the octets is not modelled. */
static enum sender_answer judge_charset(const struct sender_profile *profile, const struct obs_http *http,
					struct sender_why *why)
{
	struct span charset = charset_of(http->content_type);

	if (profile->charset != SENDER_CHARSET_OBEYED || span_is_ascii(http->body) ||
	    span_equal_nocase(charset, SPAN_LITERAL("utf-8")) || span_equal_nocase(charset, SPAN_LITERAL("utf8")))
		return SENDER_YES;
	return answer(!charset.p || span_equal_nocase(charset, SPAN_LITERAL("us-ascii")) ? SENDER_NO : SENDER_UNKNOWN,
		      why, SENDER_CAUSE_CONTENT_TYPE, 0, http->content_type);
}

/* Of a body that we do not have all of. */
static enum sender_answer judge_size(const struct sender_profile *profile, const struct obs_http *http,
				     struct sender_why *why)
{
	bool limited = profile->body_limit != SENDER_NO_LIMIT;
	unsigned size = http->size < UINT32_MAX ? (unsigned)http->size : UINT32_MAX;

	if (http->failure == HTTP_PROTOCOL)
		return SENDER_NO;
	if (limited && profile->body_over == SENDER_BODY_OVER_REFUSED && http->size > (uint64_t)profile->body_limit)
		return answer(SENDER_NO, why, SENDER_CAUSE_BODY, size, (struct span){ NULL, 0 });
	if (http->size <= http->body.n && http->failure == HTTP_COMPLETE)
		return SENDER_YES;
	if (limited && (uint64_t)profile->body_limit <= http->body.n)
		return SENDER_YES; /* it is cut there anyway */
	if (sts_policy_is_html(http->body))
		return answer(SENDER_NO, why, SENDER_CAUSE_STATUS, http->status, (struct span){ NULL, 0 });
	return answer(SENDER_UNKNOWN, why, SENDER_CAUSE_BODY, size, (struct span){ NULL, 0 });
}

enum sender_answer sender_fetch(const struct sender_profile *profile, const struct observation *observation,
				const struct sender_fetch_facts *facts, struct sender_why *why)
{
	const struct obs_policy *policy = &observation->policy;
	const struct obs_http *http = &policy->http;
	enum sender_answer is = judge_certificate(profile, observation, facts, why);

	if (is == SENDER_YES)
		is = judge_time(profile, policy, why);
	if (is != SENDER_YES)
		return is;
	if (http->status == 0)
		return SENDER_NO;
	if (!status_is_good(profile, http->status))
		return answer(SENDER_NO, why, SENDER_CAUSE_STATUS, http->status, (struct span){ NULL, 0 });
	if (!type_is_good(profile, http->content_type))
		return answer(profile->undocumented ? SENDER_UNKNOWN : SENDER_NO, why, SENDER_CAUSE_CONTENT_TYPE, 0,
			      http->content_type);
	is = judge_size(profile, http, why);
	return is == SENDER_YES ? judge_charset(profile, http, why) : is;
}
