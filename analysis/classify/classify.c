#include "analysis/classify/classify.h"

#include "analysis/classify/classify_mx.h"
#include "analysis/classify/classify_policy.h"

/* Lookups end in one of these before any record is read. */
static enum record_state state_of_answer(const struct obs_answer *answer)
{
	if (answer->cname_loop) /* resolvers say SERVFAIL to a loop; asking again tells nothing new */
		return RECORD_NONE;
	if (answer->status == DNS_SKIPPED)
		return RECORD_NOT_ASKED;
	if (dns_status_is_transient(answer->status))
		return RECORD_UNKNOWN;
	return RECORD_NONE;
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
	const struct obs_answer *answer = &txt->answer;
	enum record_state state = state_of_answer(answer);

	judge_sts_alias(observation, result);
	if (state == RECORD_UNKNOWN)
		classification_add(result, FINDING_STS_RECORD_UNKNOWN);
	if (state == RECORD_NONE && answer->status == DNS_NOERROR && txt->count > 0) {
		sts_record_parse(txt->record, txt->count, &result->sts);
		state = result->sts.state;
		finding_join(&result->judgement.findings, &result->sts.findings);
	}
	result->judgement.record[TXT_STS] = state;
}

static void judge_tlsrpt(const struct observation *observation, struct classification *result)
{
	const struct obs_txt *txt = &observation->txt[TXT_TLSRPT];
	const struct obs_answer *answer = &txt->answer;
	enum record_state state = state_of_answer(answer);

	if (answer->cname_count > 0 && !is_wildcard_alias(observation))
		classification_add(result, FINDING_TLSRPT_DELEGATED);
	if (state == RECORD_UNKNOWN)
		classification_add(result, FINDING_TLSRPT_UNKNOWN);
	if (state == RECORD_NONE && answer->status == DNS_NOERROR && txt->count > 0) {
		tlsrpt_record_parse(txt->record, txt->count, &result->tlsrpt);
		state = result->tlsrpt.state;
		finding_join(&result->judgement.findings, &result->tlsrpt.findings);
	}
	result->judgement.record[TXT_TLSRPT] = state;
	/* RFC 8461 6: failures are reported to those who ask for it. */
	if (result->judgement.record[TXT_STS] == RECORD_VALID && state == RECORD_NONE)
		classification_add(result, FINDING_TLSRPT_ABSENT_WITH_STS);
	if (state == RECORD_VALID && result->judgement.record[TXT_STS] == RECORD_NONE)
		classification_add(result, FINDING_TLSRPT_WITHOUT_STS);
}

static void conclude(struct classification *result, enum component component, enum verdict verdict)
{
	result->judgement.component = component;
	result->judgement.verdict = verdict;
}

/* What a sender with this usable policy does (RFC 8461 5). */
static void conclude_usable(const struct obs_mx *mx, struct classification *result)
{
	bool all = !result->mx_compared || result->mx_kind == MX_KIND_MATCH;
	bool testing = result->policy.mode == STS_MODE_TESTING;

	if (result->policy.mode == STS_MODE_NONE)
		conclude(result, COMPONENT_OK, VERDICT_NONE);
	else if (dns_status_is_transient(mx->answer.status) || mx->answer.status == DNS_SKIPPED)
		conclude(result, COMPONENT_UNKNOWN, VERDICT_UNKNOWN);
	else if (all)
		conclude(result, COMPONENT_OK, testing ? VERDICT_TESTING_OK : VERDICT_ENFORCE_OK);
	else if (testing)
		conclude(result, COMPONENT_MX, VERDICT_TESTING_FAIL);
	else
		conclude(result, COMPONENT_MX,
			 result->mx_matching > 0 ? VERDICT_ENFORCE_PARTIAL : VERDICT_ENFORCE_FAIL);
}

static void judge_policy(const struct observation *observation, struct classification *result)
{
	enum component broken;

	switch (classify_policy(observation, result, &broken)) {
	case STAGE_PASSED:
		classify_mx_match(&observation->mx, result);
		conclude_usable(&observation->mx, result);
		break;
	case STAGE_BROKEN:
		conclude(result, broken, VERDICT_NO_POLICY);
		break;
	case STAGE_HIDDEN:
		conclude(result, COMPONENT_UNKNOWN, VERDICT_UNKNOWN);
		if (observation->policy.status != CONNECT_BLOCKLISTED)
			result->judgement.status = DOMAIN_UNKNOWN;
		break;
	}
}

/* A name that does not exist has nothing below it (RFC 8020 2). Otherwise we never learned whether it has. */
static void judge_not_asked(const struct obs_mx *mx, struct classification *result)
{
	bool absent = mx->answer.status == DNS_NXDOMAIN;

	conclude(result, COMPONENT_NONE, absent ? VERDICT_NO_POLICY : VERDICT_UNKNOWN);
	if (!absent)
		result->judgement.status = DOMAIN_UNKNOWN;
}

static void judge_domain(const struct observation *observation, struct classification *result)
{
	struct judgement *judgement = &result->judgement;
	bool mx_unknown = dns_status_is_transient(observation->mx.answer.status);

	if (mx_unknown)
		classification_add(result, FINDING_MX_UNKNOWN);
	judge_sts(observation, result);
	judge_tlsrpt(observation, result);
	classify_mx_facts(&observation->mx, result);
	if (mx_unknown || judgement->record[TXT_STS] == RECORD_UNKNOWN ||
	    judgement->record[TXT_TLSRPT] == RECORD_UNKNOWN)
		judgement->status = DOMAIN_UNKNOWN;
	switch (judgement->record[TXT_STS]) {
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

void classify(const struct observation *observation, struct classification *result)
{
	memset(result, 0, sizeof(*result));
	result->tls_verify = "";
	switch (observation->input) {
	case INPUT_OK:
		judge_domain(observation, result);
		break;
	case INPUT_BLOCKLISTED:
		result->judgement.status = DOMAIN_BLOCKLISTED;
		conclude(result, COMPONENT_NONE, VERDICT_UNKNOWN);
		break;
	default:
		result->judgement.status = DOMAIN_ILLEGAL_INPUT;
		conclude(result, COMPONENT_NONE, VERDICT_UNKNOWN);
		break;
	}
}
