#include "analysis/classify/judgement.h"

static const char *const domain_status_names[DOMAIN_STATUS_COUNT] = {
	[DOMAIN_COMPLETE] = "complete",
	[DOMAIN_UNKNOWN] = "unknown",
	[DOMAIN_BLOCKLISTED] = "blocklisted",
	[DOMAIN_ILLEGAL_INPUT] = "illegal-input",
};

static const char *const verdict_names[VERDICT_COUNT] = {
	[VERDICT_NO_POLICY] = "no-policy",       [VERDICT_NONE] = "none",
	[VERDICT_TESTING_OK] = "testing-ok",     [VERDICT_TESTING_FAIL] = "testing-fail",
	[VERDICT_ENFORCE_OK] = "enforce-ok",     [VERDICT_ENFORCE_PARTIAL] = "enforce-partial",
	[VERDICT_ENFORCE_FAIL] = "enforce-fail", [VERDICT_UNKNOWN] = "unknown",
};

const char *domain_status_name(enum domain_status status)
{
	return domain_status_names[status];
}

const char *verdict_name(enum verdict verdict)
{
	return verdict_names[verdict];
}

const char *judgement_verdict_name(const struct judgement *judgement)
{
	bool asked = judgement->status != DOMAIN_BLOCKLISTED && judgement->status != DOMAIN_ILLEGAL_INPUT;

	return asked ? verdict_name(judgement->verdict) : "";
}
