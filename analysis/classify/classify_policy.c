/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/classify/classify_policy.h"

#include "analysis/classify/classify_challenge.h"
#include "analysis/classify/classify_tls.h"
#include "parsers/domain.h"

enum stage_result {
	STAGE_PASSED,
	STAGE_BROKEN,    /* a sender gets no further */
	STAGE_HIDDEN,    /* we could not find out whether it would */
	STAGE_FORBIDDEN, /* nor will we: the user's blocklist forbids it */
};

static enum stage_result broken(struct classification *result, enum finding finding)
{
	classification_add(result, finding);
	return STAGE_BROKEN;
}

/* ---- dns: has the policy host an address? ---- */

static bool is_absent(enum dns_status status)
{
	return status == DNS_NXDOMAIN || status == DNS_SKIPPED;
}

/* May the host have an address that might have been tried, but was not? */
static bool may_have_more(const struct obs_policy *policy)
{
	return dns_status_is_transient(policy->a.status) || dns_status_is_transient(policy->aaaa.status) ||
	       policy->address_untried > 0;
}

static enum stage_result unknown_address(struct classification *result)
{
	classification_add(result, FINDING_POLICY_DNS_UNKNOWN);
	return STAGE_HIDDEN;
}

static enum stage_result judge_missing_address(const struct obs_policy *policy, struct classification *result)
{
	const struct obs_answer *a = &policy->a, *aaaa = &policy->aaaa;
	bool chain = obs_policy_chain(policy)->cname_count > 0;

	if (a->cname_loop || aaaa->cname_loop) /* resolvers say SERVFAIL to a loop; the chain tells why */
		return broken(result, FINDING_POLICY_DNS_DANGLING_CNAME);
	if (may_have_more(policy))
		return unknown_address(result);
	if (a->status == DNS_SKIPPED && aaaa->status == DNS_SKIPPED)
		return STAGE_HIDDEN;
	/* One NXDOMAIN saves the other question (RFC 8020 2). */
	if (!is_absent(a->status) || !is_absent(aaaa->status))
		return broken(result, FINDING_POLICY_DNS_NODATA);
	return broken(result, chain ? FINDING_POLICY_DNS_DANGLING_CNAME : FINDING_POLICY_DNS_NXDOMAIN);
}

static enum stage_result judge_dns(const struct observation *observation, struct classification *result)
{
	const struct obs_policy *policy = &observation->policy;

	if (obs_policy_chain(policy)->cname_count > 0)
		classification_add(result, FINDING_POLICY_HOST_DELEGATED);
	if (policy->status == CONNECT_BLOCKLISTED && !policy->reserved)
		return STAGE_FORBIDDEN;
	if (policy->status == CONNECT_BLOCKLISTED && may_have_more(policy))
		return unknown_address(result);
	if (policy->status == CONNECT_BLOCKLISTED)
		return broken(result, FINDING_POLICY_ADDRESS_RESERVED);
	return policy->address_count > 0 ? STAGE_PASSED : judge_missing_address(policy, result);
}

/* ---- tcp: does anything answer on the port? ---- */

static enum stage_result judge_tcp(const struct observation *observation, struct classification *result)
{
	static const struct {
		enum connect_status status;
		enum finding finding;
	} table[] = {
		{ CONNECT_REFUSED, FINDING_POLICY_TCP_REFUSED },
		{ CONNECT_TIMEOUT, FINDING_POLICY_TCP_TIMEOUT },
		{ CONNECT_RESET, FINDING_POLICY_TCP_RESET },
		{ CONNECT_UNREACHABLE, FINDING_POLICY_TCP_UNREACHABLE },
	};
	const struct obs_policy *policy = &observation->policy;
	enum connect_status status = policy->status;

	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (table[i].status == status)
			return may_have_more(policy) ? unknown_address(result) : broken(result, table[i].finding);
	return status == CONNECT_SKIPPED ? STAGE_HIDDEN : STAGE_PASSED;
}

/* ---- tls: version, chain, dates, name ---- */

static void judge_chain(const struct obs_tls *tls, struct classification *result)
{
	static const enum finding of_fault[CHAIN_FAULT_COUNT] = {
		[CHAIN_NOT_YET_VALID] = FINDING_POLICY_TLS_NOT_YET_VALID,
		[CHAIN_EXPIRED] = FINDING_POLICY_TLS_EXPIRED,
		[CHAIN_SELF_SIGNED] = FINDING_POLICY_TLS_SELF_SIGNED,
		[CHAIN_UNTRUSTED_ROOT] = FINDING_POLICY_TLS_UNTRUSTED_ROOT,
		[CHAIN_INCOMPLETE] = FINDING_POLICY_TLS_INCOMPLETE_CHAIN,
		[CHAIN_INVALID] = FINDING_POLICY_TLS_INVALID,
	};
	unsigned faults = classify_tls_chain(tls->error, tls->error_count);

	for (int f = 0; f < CHAIN_FAULT_COUNT; f++)
		if (chain_has_fault(faults, (enum chain_fault)f))
			classification_add(result, of_fault[f]);
}

/* False: the name may be among those that were left out. */
static bool judge_name(const struct observation *observation, struct classification *result)
{
	char text[sizeof(STS_POLICY_LABEL) + DOMAIN_NAME_MAX];
	struct span host = { NULL, 0 };

	if (observation->name.n <= DOMAIN_NAME_MAX)
		host = domain_join(SPAN_LITERAL(STS_POLICY_LABEL), observation->name, text);
	switch (classify_tls_name(observation->policy.tls.chain, host)) {
	case NAME_UNKNOWN:
		return false;
	case NAME_CN_ONLY:
		classification_add(result, FINDING_POLICY_TLS_CN_ONLY);
		break;
	case NAME_DIFFERS:
		classification_add(result, FINDING_POLICY_TLS_NAME_MISMATCH);
		break;
	default:
		break;
	}
	return true;
}

static void judge_expiry(const struct observation *observation, struct classification *result)
{
	if (classify_tls_ends_soon(observation->policy.tls.chain, observation->time_ms, CLASSIFY_EXPIRY_SOON))
		classification_add(result, FINDING_POLICY_TLS_EXPIRES_SOON);
}

static enum stage_result judge_tls(const struct observation *observation, struct classification *result)
{
	const struct finding_set *findings = &result->judgement.findings;
	const struct obs_tls *tls = &observation->policy.tls;
	bool old = tls_version_is_old(tls->version);
	bool name_is_known = true;
	enum finding error;

	if (tls->chain_count == 0) {
		old |= tls->alerted && tls->alert == TLS_ALERT_PROTOCOL_VERSION;
		classification_add(result, old            ? FINDING_POLICY_TLS_OLD_VERSION
					   : tls->alerted ? FINDING_POLICY_TLS_NO_CERTIFICATE
							  : FINDING_POLICY_TLS_HANDSHAKE);
	} else {
		judge_chain(tls, result);
		name_is_known = judge_name(observation, result);
		judge_expiry(observation, result);
		if (old)
			classification_add(result, FINDING_POLICY_TLS_OLD_VERSION);
		/* the certificate was good, but not what followed */
		if (observation->policy.status == CONNECT_HANDSHAKE_ERROR &&
		    !finding_any(findings, SEVERITY_ERROR, COMPONENT_TLS))
			classification_add(result, FINDING_POLICY_TLS_HANDSHAKE);
	}
	error = finding_first(findings, SEVERITY_ERROR, COMPONENT_TLS);
	if (error == FINDING_COUNT && !name_is_known)
		return STAGE_HIDDEN;
	if (error == FINDING_COUNT) {
		result->tls_verify = "ok";
		return STAGE_PASSED;
	}
	result->tls_verify = finding_table[error].code + sizeof("policy-tls-") - 1;
	return STAGE_BROKEN;
}

/* ---- http: status 200, a whole body, and no challenge instead of it ---- */

static enum finding finding_of_status(const struct obs_http *http)
{
	switch (http->status) {
	case 401:
	case 403:
	case 429:
	case 451:
		return FINDING_POLICY_HTTP_FORBIDDEN;
	case 404:
	case 410:
		return FINDING_POLICY_HTTP_NOT_FOUND;
	default:
		break;
	}
	switch (http->status / 100) {
	case 3:
		return FINDING_POLICY_HTTP_REDIRECT;
	case 5:
		return FINDING_POLICY_HTTP_SERVER_ERROR;
	default:
		return FINDING_POLICY_HTTP_STATUS;
	}
}

/* The comma behind the media type at @at of @field, or its end; one within quotes is none (RFC 9110 5.6.4). */
static size_t end_of_type(struct span field, size_t at)
{
	bool quoted = false;

	for (; at < field.n && (quoted || field.p[at] != ','); at++) {
		if (quoted && field.p[at] == '\\')
			at++;
		else if (field.p[at] == '"')
			quoted = !quoted;
	}
	return at < field.n ? at : field.n;
}

/* Parameters are ignored (RFC 8461 3.2). Of several types (two fields make a list), senders take one or the other. */
static bool is_text_plain(struct span field)
{
	if (!field.p)
		return false;
	for (size_t at = 0, end; at <= field.n; at = end + 1) {
		struct span type = { field.p + at, end_of_type(field, at) - at };

		end = at + type.n;
		type.n = span_find(type, 0, ';');
		if (!span_equal_nocase(span_trim(type), SPAN_LITERAL("text/plain")))
			return false;
	}
	return true;
}

/* Other words are no codings where the body was had, or that would have failed (508). */
static bool is_compressed(struct span field)
{
	struct span coding;

	while (span_next_part(&field, ',', &coding))
		if (span_equal_nocase(coding, SPAN_LITERAL("gzip")) ||
		    span_equal_nocase(coding, SPAN_LITERAL("x-gzip")) ||
		    span_equal_nocase(coding, SPAN_LITERAL("deflate")))
			return true;
	return false;
}

static enum stage_result judge_http(const struct observation *observation, struct classification *result)
{
	static const enum finding of_failure[HTTP_FAILURE_COUNT] = {
		[HTTP_TIMEOUT] = FINDING_POLICY_HTTP_TIMEOUT,
		[HTTP_TOO_LARGE] = FINDING_POLICY_HTTP_TOO_LARGE,
		[HTTP_PROTOCOL] = FINDING_POLICY_HTTP_PROTOCOL,
	};
	const struct obs_policy *policy = &observation->policy;
	const struct obs_http *http = &policy->http;

	if (policy->status == CONNECT_IO_TIMEOUT)
		return broken(result, FINDING_POLICY_HTTP_TIMEOUT);
	if (policy->status == CONNECT_PROTOCOL_ERROR)
		return broken(result, FINDING_POLICY_HTTP_PROTOCOL);
	if (classify_challenge(http)) /* under any status */
		return broken(result, FINDING_POLICY_HTTP_FORBIDDEN);
	if (http->status != 0 && http->status != 200) /* a broken body does not matter any more */
		return broken(result, finding_of_status(http));
	if (http->failure != HTTP_COMPLETE)
		return broken(result, of_failure[http->failure]);
	return http->status == 0 ? broken(result, FINDING_POLICY_HTTP_PROTOCOL) : STAGE_PASSED;
}

/* ---- syntax ---- */

static enum stage_result judge_syntax(const struct observation *observation, struct classification *result)
{
	const struct obs_http *http = &observation->policy.http;

	if (!is_text_plain(http->content_type))
		classification_add(result, FINDING_POLICY_CONTENT_TYPE);
	if (is_compressed(http->content_encoding))
		classification_add(result, FINDING_POLICY_CONTENT_ENCODING);
	sts_policy_parse(http->body, &result->policy);
	result->judgement.policy = result->policy.state;
	finding_join(&result->judgement.findings, &result->policy.findings);
	return classification_usable(result) ? STAGE_PASSED : STAGE_BROKEN;
}

enum component classify_policy(const struct observation *observation, struct classification *result)
{
	static const struct {
		enum component component;
		enum stage_result (*judge)(const struct observation *observation, struct classification *result);
	} stage[] = {
		{ COMPONENT_DNS, judge_dns },   { COMPONENT_TCP, judge_tcp },       { COMPONENT_TLS, judge_tls },
		{ COMPONENT_HTTP, judge_http }, { COMPONENT_SYNTAX, judge_syntax },
	};

	for (size_t i = 0; i < COUNT_OF(stage); i++) {
		enum stage_result passed = stage[i].judge(observation, result);

		if (passed == STAGE_BROKEN)
			return stage[i].component;
		if (passed == STAGE_HIDDEN)
			result->judgement.status = DOMAIN_UNKNOWN;
		if (passed != STAGE_PASSED)
			return COMPONENT_UNKNOWN;
	}
	return COMPONENT_OK;
}
