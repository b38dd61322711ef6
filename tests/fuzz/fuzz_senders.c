/* SPDX-License-Identifier: BSD-2-Clause */
/* The input as a policy, as the one TXT record and, in halves, as two, for every sender. */
#include "analysis/senders/sender_match.h"
#include "analysis/senders/sender_policy.h"
#include "analysis/senders/sender_record.h"
#include "tests/fuzz/fuzz.h"

static void read_policy(const struct sender_profile *profile, struct span body)
{
	struct sender_policy policy, again;
	struct sender_line_walk walk;
	struct sender_line line;
	size_t patterns = 0;

	sender_policy_read(profile, body, &policy);
	sender_policy_read(profile, body, &again);
	FUZZ_CHECK(policy.accept == again.accept && policy.mode == again.mode && policy.line == again.line);
	FUZZ_CHECK(policy.accept == (policy.mode != STS_MODE_UNSET));
	FUZZ_CHECK(policy.line == 0 || fuzz_is_inside(policy.line_text, body));
	sender_line_start(profile, policy.body, &walk);
	while (sender_policy_next_mx(&walk, &line)) {
		FUZZ_CHECK(fuzz_is_inside(line.value, body));
		sender_pattern_matches(profile, line.value, SPAN_LITERAL("mail.example.com"));
		sender_pattern_matches(profile, SPAN_LITERAL("*.example.com"), line.value);
		patterns++;
	}
	FUZZ_CHECK(!policy.accept || patterns == policy.mx_count);
}

static void read_records(const struct sender_profile *profile, const struct span *record, uint32_t count,
			 const struct span *split)
{
	struct obs_txt txt = { .record = record, .count = count, .split = split };
	struct sender_record result;

	sender_record_read(profile, &txt, &result);
	FUZZ_CHECK(result.id_length <= SENDER_ID_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span whole = { (const char *)data, size }, half[2];
	/* any octets may be lengths: a scan file is a stranger's */
	struct span lengths[2] = { { whole.p, size < 8 ? size : 8 }, { NULL, 0 } };

	half[0] = (struct span){ whole.p, size / 2 };
	half[1] = span_skip(whole, size / 2);
	for (size_t i = 0; i < SENDER_PROFILE_COUNT; i++) {
		read_policy(&sender_profiles[i], whole);
		read_records(&sender_profiles[i], &whole, 1, NULL);
		read_records(&sender_profiles[i], half, 2, lengths);
	}
	return 0;
}
