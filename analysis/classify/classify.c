/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/classify/classify.h"

#include <stddef.h>

#include "analysis/classify/classify_dane.h"
#include "analysis/classify/classify_delivery.h"
#include "analysis/classify/classify_mx.h"
#include "analysis/classify/classify_mxtls.h"
#include "analysis/classify/classify_policy.h"

/* What the answer alone tells of the record; true: there are records to read. */
static bool judge_answer(const struct obs_txt *txt, enum finding unknown, enum record_state *state,
			 struct classification *result)
{
	*state = RECORD_NONE;
	if (txt->answer.cname_loop) {
		/* resolvers say SERVFAIL to a loop; asking again tells nothing new */
	} else if (txt->answer.status == DNS_SKIPPED) {
		*state = RECORD_NOT_ASKED;
	} else if (dns_status_is_transient(txt->answer.status)) {
		*state = RECORD_UNKNOWN;
		classification_add(result, unknown);
	}
	return txt->answer.status == DNS_NOERROR && txt->count + txt->omitted > 0;
}

/* The state of what was kept; but where records were left out that may be meant as one, only two that are there cannot
 * be undone by a third. */
static enum record_state whole_state(const struct obs_txt *txt, enum record_state kept, enum finding unknown,
				     struct classification *result)
{
	if (txt->omitted_meant == 0 || kept == RECORD_MULTIPLE)
		return kept;
	classification_add(result, unknown);
	return RECORD_UNKNOWN;
}

/* Two names with nothing in common are aliases of one: nobody delegated them, a DNS wildcard answers (RFC 4592). */
static bool is_wildcard_alias(const struct observation *observation)
{
	const struct obs_answer *sts = &observation->txt[TXT_STS].answer,
				*tlsrpt = &observation->txt[TXT_TLSRPT].answer;

	return sts->cname_count > 0 && tlsrpt->cname_count > 0 && span_equal_nocase(sts->cname[0], tlsrpt->cname[0]);
}

static void judge_sts_alias(const struct observation *observation, struct classification *result)
{
	const struct obs_answer *answer = &observation->txt[TXT_STS].answer;

	if (is_wildcard_alias(observation)) {
		classification_add(result, FINDING_STS_RECORD_WILDCARD_TXT);
		return;
	}
	if (answer->cname_count > 0)
		classification_add(result, FINDING_STS_RECORD_DELEGATED);
	if (answer->cname_loop || (answer->status == DNS_NXDOMAIN && answer->cname_count > 0))
		classification_add(result, FINDING_STS_RECORD_DANGLING_CNAME);
}

static void judge_sts(const struct observation *observation, struct classification *result)
{
	const struct obs_txt *txt = &observation->txt[TXT_STS];
	enum record_state *state = &result->judgement.record[TXT_STS];

	judge_sts_alias(observation, result);
	if (judge_answer(txt, FINDING_STS_RECORD_UNKNOWN, state, result)) {
		sts_record_parse(txt->record, txt->count, txt->omitted - txt->omitted_meant, &result->sts);
		*state = whole_state(txt, result->sts.state, FINDING_STS_RECORD_UNKNOWN, result);
		finding_join(&result->judgement.findings, &result->sts.findings);
	}
}

static void judge_tlsrpt(const struct observation *observation, struct classification *result)
{
	const struct obs_txt *txt = &observation->txt[TXT_TLSRPT];
	enum record_state *state = &result->judgement.record[TXT_TLSRPT], sts = result->judgement.record[TXT_STS];

	if (txt->answer.cname_count > 0 && !is_wildcard_alias(observation))
		classification_add(result, FINDING_TLSRPT_DELEGATED);
	if (judge_answer(txt, FINDING_TLSRPT_UNKNOWN, state, result)) {
		tlsrpt_record_parse(txt->record, txt->count, txt->omitted - txt->omitted_meant, &result->tlsrpt);
		*state = whole_state(txt, result->tlsrpt.state, FINDING_TLSRPT_UNKNOWN, result);
		finding_join(&result->judgement.findings, &result->tlsrpt.findings);
	}
	/* RFC 8461 6: failures are reported to those who ask for it. */
	if (sts == RECORD_VALID && *state == RECORD_NONE)
		classification_add(result, FINDING_TLSRPT_ABSENT_WITH_STS);
	if (sts == RECORD_NONE && *state == RECORD_VALID)
		classification_add(result, FINDING_TLSRPT_WITHOUT_STS);
}

static void conclude(struct classification *result, enum component component, enum verdict verdict)
{
	result->judgement.component = component;
	result->judgement.verdict = verdict;
}

/* What of the MX keeps to a policy. */
struct kept {
	unsigned count[MX_KEEPS_COUNT];
	enum component broken; /* where the first one that fails does */
};

static struct kept count_kept(const struct obs_mx *mx, const struct classification *result)
{
	bool mismatch = result->mx_compared && result->mx_matching < mx->count;
	struct kept kept = { .broken = mismatch ? COMPONENT_MX : COMPONENT_MXTLS };

	if (result->mx_compared && mx->host) {
		for (size_t i = 0; i < mx->count; i++)
			kept.count[mx_judgement_keeps(&result->mx[i])]++;
	} else {
		kept.count[MX_KEEPS] = result->mx_matching;
		kept.count[MX_KEEPS_NOT] = mismatch ? mx->count - result->mx_matching : 0;
	}
	kept.count[MX_KEEPS_UNKNOWN] += mx->omitted > 0;
	return kept;
}

/* What a sender with this usable policy does (RFC 8461 5). What is unknown cannot undo that some fail and some do not.
 */
static void conclude_usable(const struct obs_mx *mx, struct classification *result)
{
	bool testing = result->policy.mode == STS_MODE_TESTING;
	struct kept kept = count_kept(mx, result);
	bool fails = kept.count[MX_KEEPS_NOT] > 0, unknown = kept.count[MX_KEEPS_UNKNOWN] > 0;

	if (result->policy.mode == STS_MODE_NONE)
		conclude(result, COMPONENT_OK, VERDICT_NONE);
	else if (dns_status_is_transient(mx->answer.status) || mx->answer.status == DNS_SKIPPED)
		conclude(result, COMPONENT_UNKNOWN, VERDICT_UNKNOWN);
	else if (!fails && unknown)
		conclude(result, COMPONENT_UNKNOWN, VERDICT_UNKNOWN);
	else if (!fails)
		conclude(result, COMPONENT_OK, testing ? VERDICT_TESTING_OK : VERDICT_ENFORCE_OK);
	else if (testing)
		conclude(result, kept.broken, VERDICT_TESTING_FAIL);
	else if (kept.count[MX_KEEPS] > 0)
		conclude(result, kept.broken, VERDICT_ENFORCE_PARTIAL);
	else
		conclude(result, kept.broken, unknown ? VERDICT_UNKNOWN : VERDICT_ENFORCE_FAIL);
	/* MX were left out, and they may decide; what is unknown of a host, classify_mxtls said */
	if (result->judgement.verdict == VERDICT_UNKNOWN && mx->omitted > 0)
		result->judgement.status = DOMAIN_UNKNOWN;
}

/* Rare; inlined, it would make every domain save registers for it. */
__attribute__((noinline)) static void judge_policy(const struct observation *observation, struct classification *result)
{
	enum component stage = classify_policy(observation, result);

	if (stage == COMPONENT_OK) {
		classify_mx_match(&observation->mx, result);
		conclude_usable(&observation->mx, result);
		return;
	}
	conclude(result, stage, stage == COMPONENT_UNKNOWN ? VERDICT_UNKNOWN : VERDICT_NO_POLICY);
}

/* A name that does not exist has nothing below it (RFC 8020 2). Otherwise we never learned whether it has. */
static void judge_not_asked(const struct obs_mx *mx, struct classification *result)
{
	bool absent = mx->answer.status == DNS_NXDOMAIN;

	conclude(result, COMPONENT_NONE, absent ? VERDICT_NO_POLICY : VERDICT_UNKNOWN);
	if (!absent)
		result->judgement.status = DOMAIN_UNKNOWN;
}

/* How far a sender gets on the way of MTA-STS. */
static void judge_way(const struct observation *observation, struct classification *result)
{
	switch (result->judgement.record[TXT_STS]) {
	case RECORD_VALID:
		judge_policy(observation, result);
		break;
	case RECORD_INVALID:
	case RECORD_MULTIPLE:
		conclude(result, COMPONENT_RECORD, VERDICT_NO_POLICY);
		break;
	case RECORD_UNKNOWN:
		conclude(result, COMPONENT_UNKNOWN, VERDICT_UNKNOWN);
		break;
	case RECORD_NOT_ASKED:
		judge_not_asked(&observation->mx, result);
		break;
	default:
		conclude(result, COMPONENT_NONE, VERDICT_NO_POLICY);
		break;
	}
}

static void judge_domain(const struct observation *observation, struct classification *result)
{
	struct judgement *judgement = &result->judgement;
	bool unknown = dns_status_is_transient(observation->mx.answer.status);

	if (unknown) {
		classification_add(result, FINDING_MX_UNKNOWN);
		classify_dane_mx_answer(&observation->mx, result);
	}
	judge_sts(observation, result);
	judge_tlsrpt(observation, result);
	classify_mx_facts(observation, result);
	for (int q = 0; q < TXT_QUESTIONS; q++)
		unknown = unknown || judgement->record[q] == RECORD_UNKNOWN;
	if (unknown)
		judgement->status = DOMAIN_UNKNOWN;
	judge_way(observation, result);
}

void classify(const struct observation *observation, struct classification *result)
{
	memset(result, 0, offsetof(struct classification, mx)); /* the rest costs more than judging most domains */
	result->tls_verify = "";
	if (observation->input != INPUT_OK) {
		result->judgement.status = observation->input == INPUT_BLOCKLISTED ? DOMAIN_BLOCKLISTED
										   : DOMAIN_ILLEGAL_INPUT;
		/* nobody asked, but a file may hold MX, and others that show them look here */
		if (observation->mx.host)
			memset(result->mx, 0, observation->mx.count * sizeof(*result->mx));
		return;
	}
	judge_domain(observation, result);
	if (observation->mx.host)
		classify_delivery(observation, result);
}
