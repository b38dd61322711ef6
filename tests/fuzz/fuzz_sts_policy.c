/* SPDX-License-Identifier: BSD-2-Clause */
/* A policy body. */
#include "parsers/sts_policy.h"

#include "parsers/domain.h"
#include "tests/fuzz/fuzz.h"

enum { BOM_SIZE = 3 };

static void check_mx(const struct sts_policy *policy, struct span body)
{
	struct span mx;
	size_t count = 0, last = 0;

	for (size_t at = 0; sts_policy_next_mx(policy, &at, &mx); count++) {
		FUZZ_CHECK(at > last && fuzz_is_inside(mx, body));
		FUZZ_CHECK(mx.n >= 1 && mx.n <= 253 && span_find(mx, 0, ' ') == mx.n);
		FUZZ_CHECK(mx.p[0] == '*' || domain_matches(mx, mx)); /* what is kept can match */
		last = at;
	}
	FUZZ_CHECK(count == policy->mx_count);
}

static void check(const struct sts_policy *policy, struct span body)
{
	bool is_broken = finding_any(&policy->findings, SEVERITY_ERROR, COMPONENT_NONE);
	bool is_odd = finding_any(&policy->findings, SEVERITY_TOLERATED, COMPONENT_NONE);

	FUZZ_CHECK((policy->state == POLICY_INVALID) == is_broken);
	FUZZ_CHECK((policy->state == POLICY_TOLERATED) == (!is_broken && is_odd));
	FUZZ_CHECK((policy->state == POLICY_VALID) == (!is_broken && !is_odd));
	if (!is_broken) {
		FUZZ_CHECK(policy->has_version && policy->has_max_age && policy->mode != STS_MODE_UNSET);
		FUZZ_CHECK(policy->mx_count > 0 || policy->mode == STS_MODE_NONE);
	}
	FUZZ_CHECK(policy->max_age <= UINT64_C(9999999999));
	for (unsigned f = finding_next(&policy->findings, 0); f < FINDING_COUNT;
	     f = finding_next(&policy->findings, f + 1))
		FUZZ_CHECK(finding_table[f].number >= 601 && finding_table[f].number <= 623);
	check_mx(policy, body);
}

/* A mark in front makes a valid policy a tolerated one and changes nothing else. */
static void check_mark(const struct sts_policy *policy, struct span body)
{
	char *marked = malloc(body.n + BOM_SIZE);
	struct sts_policy other;

	FUZZ_CHECK(marked);
	memcpy(marked, "\xef\xbb\xbf", BOM_SIZE);
	if (body.n > 0)
		memcpy(marked + BOM_SIZE, body.p, body.n);
	sts_policy_parse((struct span){ marked, body.n + BOM_SIZE }, &other);
	if (policy->state == POLICY_VALID)
		FUZZ_CHECK(other.state == POLICY_TOLERATED);
	if (policy->state != POLICY_INVALID && !finding_has(&policy->findings, FINDING_POLICY_BOM)) {
		FUZZ_CHECK(other.state == POLICY_TOLERATED && finding_has(&other.findings, FINDING_POLICY_BOM));
		FUZZ_CHECK(other.mode == policy->mode && other.max_age == policy->max_age);
		FUZZ_CHECK(other.mx_count == policy->mx_count);
	}
	free(marked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span body = { (const char *)data, size };
	struct sts_policy policy;

	sts_policy_parse(body, &policy);
	check(&policy, body);
	check_mark(&policy, body);
	return 0;
}
