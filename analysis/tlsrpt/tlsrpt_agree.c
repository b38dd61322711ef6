/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt_agree.h"

#include "analysis/senders/sender_judge.h"
#include "analysis/tlsrpt/tlsrpt_value.h"

/* What a sender of that kind is expected to report. */
enum kind { UNKNOWN, SUCCESS, NO_POLICY, FAILURE };

struct expected {
	enum kind kind;
	enum result_type result; /* of FAILURE */
	const char *why;         /* of UNKNOWN */
	const struct tlsrpt_seen_mx *mx;
};

/* Reporters that are known senders, by the first word of their names. */
static const struct {
	const char *begins, *profile;
} reporters[] = {
	{ "google", "gmail" },
	{ "microsoft", "exchange-online" },
	{ "mimecast", "mimecast" },
};

static size_t profile_of(struct span organization)
{
	for (size_t i = 0; i < COUNT_OF(reporters); i++) {
		if (!span_starts_with_nocase(organization, span_of(reporters[i].begins)))
			continue;
		for (size_t p = 0; p < SENDER_PROFILE_COUNT; p++)
			if (&sender_profiles[p] == sender_profile_find(span_of(reporters[i].profile)))
				return p;
	}
	return 0; /* the standard */
}

static struct expected unknown(const char *why)
{
	return (struct expected){ .kind = UNKNOWN, .why = why };
}

static struct expected failure(enum result_type result, const struct tlsrpt_seen_mx *mx)
{
	return (struct expected){ .kind = FAILURE, .result = result, .mx = mx };
}

/* ---- one MX ---- */

static struct expected expect_tlsa(const struct tlsrpt_seen_mx *mx)
{
	if (mx->dane_result != RESULT_NONE)
		return failure(mx->dane_result, mx);
	switch (mx->dane) {
	case DANE_STATE_VALID:
	case DANE_STATE_INSECURE_MX:
		return (struct expected){ .kind = SUCCESS, .mx = mx };
	case DANE_STATE_NONE:
	case DANE_STATE_INSECURE:
		return (struct expected){ .kind = NO_POLICY, .mx = mx };
	case DANE_STATE_NOT_ASKED:
		return unknown("not-probed");
	default:
		return unknown("scan-unknown");
	}
}

static struct expected expect_sts(const struct tlsrpt_seen_mx *mx)
{
	if (mx->result != RESULT_NONE && (mx->outside || mx->state == MX_FAILS))
		return failure(mx->result, mx);
	switch (mx->state) {
	case MX_USABLE:
		return (struct expected){ .kind = SUCCESS, .mx = mx };
	case MX_NOT_ASKED:
		return unknown("not-probed");
	default:
		return unknown("scan-unknown");
	}
}

/* Without a policy all that can fail is that TLS was not to be had. */
static struct expected expect_no_policy(const struct tlsrpt_seen_mx *mx)
{
	if (mx->state == MX_NOT_ASKED)
		return unknown("not-probed");
	if (mx->state == MX_FAILS && mx->result == RESULT_STARTTLS_NOT_SUPPORTED)
		return failure(mx->result, mx);
	return mx->state == MX_UNKNOWN ? unknown("scan-unknown") : (struct expected){ .kind = SUCCESS, .mx = mx };
}

static struct expected expect_of_mx(enum tlsrpt_type type, const struct tlsrpt_seen_mx *mx)
{
	return type == TLSRPT_TLSA ? expect_tlsa(mx) : type == TLSRPT_STS ? expect_sts(mx) : expect_no_policy(mx);
}

/* ---- the MX that is meant ---- */

/* Where none is named, any of them may be: one of which what was reported is expected, else the first of which
 * anything is. */
static struct expected expect_any(const struct tlsrpt_row *row, const struct tlsrpt_seen *seen)
{
	struct expected first = unknown("no-mx");

	for (size_t i = 0; i < seen->mx_count; i++) {
		struct expected one = expect_of_mx(row->type, &seen->mx[i]);

		if (row->failed ? one.kind == FAILURE && one.result == row->result : one.kind == SUCCESS)
			return one;
		if (i == 0 || first.kind == UNKNOWN || (row->failed && first.kind != FAILURE && one.kind == FAILURE))
			first = one.kind == UNKNOWN && i > 0 ? first : one;
	}
	return first;
}

static struct expected expect_mx(const struct tlsrpt_row *row, const struct tlsrpt_seen *seen)
{
	struct span name = row->mx;

	if (name.n == 0 || seen->is_host)
		return expect_any(row, seen);
	for (size_t i = 0; i < seen->mx_count; i++)
		if (span_equal(seen->mx[i].name, name))
			return expect_of_mx(row->type, &seen->mx[i]);
	return unknown("mx-not-seen");
}

/* ---- the policy ---- */

static bool is_of_policy(enum result_type result)
{
	return result == RESULT_STS_POLICY_FETCH_ERROR || result == RESULT_STS_POLICY_INVALID ||
	       result == RESULT_STS_WEBPKI_INVALID;
}

/* Does the sender find a policy of MTA-STS? FAILURE: one that it cannot use. */
static struct expected expect_policy(const struct tlsrpt_seen *seen, size_t profile)
{
	enum result_type result = result_of_component(seen->component);

	if (seen->record == RECORD_UNKNOWN || seen->component == COMPONENT_UNKNOWN)
		return unknown("scan-unknown");
	if (!seen->usable && result != RESULT_NONE)
		return failure(result, NULL);
	if (!seen->usable || seen->mode == STS_MODE_NONE ||
	    (profile > 0 && seen->outcome[profile] == SENDER_OUTCOME_NO_POLICY))
		return (struct expected){ .kind = NO_POLICY };
	return (struct expected){ .kind = SUCCESS };
}

static struct expected expect(const struct tlsrpt_row *row, const struct tlsrpt_seen *seen, size_t profile)
{
	struct expected policy = seen->is_host ? (struct expected){ .kind = SUCCESS } : expect_policy(seen, profile);

	switch (row->type) {
	case TLSRPT_STS:
		if (policy.kind != SUCCESS)
			return policy;
		return row->failed && is_of_policy(row->result) ? policy : expect_mx(row, seen);
	case TLSRPT_NO_POLICY:
		if (!seen->is_host && policy.kind == SUCCESS && !(row->failed && !is_of_policy(row->result)))
			return (struct expected){ .kind = SUCCESS, .why = "policy-here" };
		return is_of_policy(row->result) ? policy : expect_mx(row, seen);
	case TLSRPT_TLSA:
		return expect_mx(row, seen);
	default:
		return unknown("other-policy-type");
	}
}

/* ---- words ---- */

static const char *policy_word(const struct tlsrpt_row *row, const struct tlsrpt_seen *seen)
{
	struct tlsrpt_lines own = row->type == TLSRPT_TLSA ? seen->tlsa : seen->policy;

	if (row->type == TLSRPT_NO_POLICY)
		return seen->is_host                    ? ""
		       : seen->usable                   ? "differs"
		       : seen->record == RECORD_UNKNOWN ? "unknown"
							: "same";
	if (!row->policy.known)
		return "not-reported";
	if (row->type == TLSRPT_TLSA) /* of one of the hosts, or of all of them */
		for (size_t i = 0; i < seen->mx_count; i++)
			if (seen->mx[i].tlsa.known && seen->mx[i].tlsa.hash == row->policy.hash)
				return "same";
	if (!own.known)
		return row->type == TLSRPT_STS && !seen->usable && seen->component != COMPONENT_UNKNOWN ? "differs"
													: "unknown";
	return own.hash == row->policy.hash ? "same" : "differs";
}

static const char *predicted_word(const struct expected *expected)
{
	switch (expected->kind) {
	case SUCCESS:
		return "success";
	case NO_POLICY:
		return "no-policy-found";
	case FAILURE:
		return result_type_names[expected->result];
	default:
		return "unknown";
	}
}

static const char *seen_word(const struct tlsrpt_row *row, const struct tlsrpt_seen *seen,
			     const struct expected *expected)
{
	if (expected->mx && expected->mx->state != MX_NOT_ASKED)
		return row->type == TLSRPT_TLSA ? dane_state_names[expected->mx->dane]
						: mx_state_names[expected->mx->state];
	return seen->is_host ? "" : verdict_names[seen->verdict];
}

/* ---- why they differ ---- */

/* Does a new certificate, or key, put an end to it? */
static bool is_of_certificate(enum result_type result)
{
	switch (result) {
	case RESULT_CERTIFICATE_EXPIRED:
	case RESULT_CERTIFICATE_HOST_MISMATCH:
	case RESULT_CERTIFICATE_NOT_TRUSTED:
	case RESULT_VALIDATION_FAILURE:
	case RESULT_TLSA_INVALID:
		return true;
	default:
		return false;
	}
}

/* A certificate tells by its dates what happened between the report and the scan. */
static const char *certificate_word(const struct tlsrpt_row *row, const struct tlsrpt_seen *seen,
				    const struct expected *expected)
{
	const struct tlsrpt_seen_mx *mx = expected->mx;

	if (!mx || mx->not_after == 0)
		return NULL;
	if (row->failed && is_of_certificate(row->result) && seen->time >= row->end && mx->not_before >= row->start)
		return "certificate-renewed-since";
	if (row->failed && row->result == RESULT_CERTIFICATE_EXPIRED && mx->not_after <= row->end &&
	    seen->time < row->start)
		return "certificate-expired-since";
	if (!row->failed && expected->result == RESULT_CERTIFICATE_EXPIRED && mx->not_after > row->start)
		return "certificate-expired-since";
	return NULL;
}

static const char *why_word(const struct tlsrpt_row *row, const struct tlsrpt_seen *seen,
			    const struct expected *expected, const char *policy)
{
	const char *certificate = certificate_word(row, seen, expected);

	if (certificate)
		return certificate;
	if (expected->why)
		return expected->why;
	if (strcmp(policy, "differs") == 0)
		return "policy-differs";
	if (expected->kind == NO_POLICY)
		return "no-policy-here";
	if (!row->failed)
		return "scan-fails-success-reported";
	return expected->kind == SUCCESS ? "scan-ok-failures-reported" : "other-result";
}

/* RFC 8460 4.3: the general one, which reporters give that do not look closer. */
static bool is_less_specific(const struct tlsrpt_row *row, const struct expected *expected)
{
	return row->failed && expected->kind == FAILURE && !is_of_policy(expected->result) &&
	       !is_of_policy(row->result) &&
	       (row->result == RESULT_VALIDATION_FAILURE || expected->result == RESULT_VALIDATION_FAILURE);
}

static bool agrees(const struct tlsrpt_row *row, const struct expected *expected)
{
	if (row->type == TLSRPT_NO_POLICY && expected->kind == SUCCESS && expected->why)
		return false;
	if (!row->failed)
		return expected->kind == SUCCESS || (row->type == TLSRPT_NO_POLICY && expected->kind == NO_POLICY);
	return expected->kind == FAILURE && expected->result == row->result && row->result != RESULT_NONE;
}

struct tlsrpt_agreement tlsrpt_agree(const struct tlsrpt_row *row, const struct tlsrpt_seen *seen)
{
	size_t profile = profile_of(row->organization);
	struct tlsrpt_agreement agreement = { "", "", sender_profiles[profile].name, "unknown", "unknown", "" };
	struct expected expected;

	if (!seen) {
		agreement.why = "not-in-scan";
		return agreement;
	}
	expected = expect(row, seen, profile);
	agreement.policy = policy_word(row, seen);
	agreement.predicted = predicted_word(&expected);
	agreement.seen = seen_word(row, seen, &expected);
	if (expected.kind == UNKNOWN) {
		agreement.why = expected.why;
	} else if (agrees(row, &expected)) {
		agreement.agreement = "agrees";
	} else if (is_less_specific(row, &expected)) {
		agreement.agreement = "agrees";
		agreement.why = "less-specific";
	} else {
		agreement.agreement = "differs";
		agreement.why = why_word(row, seen, &expected, agreement.policy);
	}
	return agreement;
}
