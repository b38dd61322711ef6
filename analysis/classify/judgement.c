/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/classify/judgement.h"

const char *const domain_status_names[DOMAIN_STATUS_COUNT] = {
	[DOMAIN_COMPLETE] = "complete",
	[DOMAIN_UNKNOWN] = "unknown",
	[DOMAIN_BLOCKLISTED] = "blocklisted",
	[DOMAIN_ILLEGAL_INPUT] = "illegal-input",
};

const char *const verdict_names[VERDICT_COUNT] = {
	[VERDICT_NOT_ASKED] = "",
	[VERDICT_NO_POLICY] = "no-policy",
	[VERDICT_NONE] = "none",
	[VERDICT_TESTING_OK] = "testing-ok",
	[VERDICT_TESTING_FAIL] = "testing-fail",
	[VERDICT_ENFORCE_OK] = "enforce-ok",
	[VERDICT_ENFORCE_FAIL] = "enforce-fail",
	[VERDICT_ENFORCE_PARTIAL] = "enforce-partial",
	[VERDICT_UNKNOWN] = "unknown",
};
