/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/analysis/senders/probe.c - what senders make of inputs, as a filter for matrix.py.
 *
 * Reads requests (tests/parsers/probe.h) from stdin until its end; the first item is a profile's name. Writes one line
 * for each:
 *   r  two items a TXT record: the lengths of its strings, an octet each, and its octets    accept TAB id
 *   p  a policy                                                     accept TAB mode TAB max_age TAB line TAB <mx<mx…
 *   m  an MX and the patterns                                                               accept
 * accept is no, yes or unknown; ids and patterns are hexadecimal, `-` stands for an id that is not read.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/senders/sender_match.h"
#include "analysis/senders/sender_policy.h"
#include "analysis/senders/sender_record.h"
#include "tests/parsers/probe.h"

static const char *const answers[] = { [SENDER_NO] = "no", [SENDER_YES] = "yes", [SENDER_UNKNOWN] = "unknown" };

static void print_hex(struct span s, bool lowered)
{
	for (size_t i = 0; i < s.n; i++)
		printf("%02x", (unsigned char)(lowered ? ascii_lower(s.p[i]) : s.p[i]));
}

static void answer_record(const struct sender_profile *profile, const struct span *item, size_t count)
{
	struct span lengths[OBS_TXT_MAX], record[OBS_TXT_MAX];
	struct obs_txt txt = { .record = record, .split = lengths, .count = (uint32_t)(count / 2) };
	struct sender_record result;

	if (txt.count > OBS_TXT_MAX)
		exit(2);
	for (uint32_t i = 0; i < txt.count; i++) {
		lengths[i] = item[(size_t)i * 2];
		record[i] = item[(size_t)i * 2 + 1];
	}
	sender_record_read(profile, &txt, &result);
	printf("%s\t", answers[result.accept]);
	if (result.accept == SENDER_YES && result.has_id)
		print_hex((struct span){ result.id, result.id_length }, false);
	else
		putchar('-');
	putchar('\n');
}

/* Did an equal pattern stand on an earlier line? */
static bool stood_before(const struct sender_policy *policy, const struct sender_line *line)
{
	struct sender_line_walk walk;
	struct sender_line other;

	sender_line_start(policy->profile, policy->body, &walk);
	while (sender_policy_next_mx(&walk, &other) && other.number < line->number)
		if (span_equal_nocase(other.value, line->value))
			return true;
	return false;
}

static void answer_policy(const struct sender_profile *profile, struct span body)
{
	bool lowered = profile->mx_case == SENDER_MX_CASE_LOWERED,
	     dropped = profile->mx_again == SENDER_MX_AGAIN_DROPPED;
	struct sender_policy policy;
	struct sender_line_walk walk;
	struct sender_line line;

	sender_policy_read(profile, body, &policy);
	printf("%s\t%s\t%s%" PRIu64, answers[policy.accept], sts_mode_names[policy.mode],
	       policy.max_age.negative ? "-" : "", policy.max_age.value);
	if (policy.max_age.fraction > 0)
		printf(".%09.0f", policy.max_age.fraction * 1e9);
	printf("\t%u\t", policy.line);
	sender_line_start(profile, policy.body, &walk);
	while (policy.accept && sender_policy_next_mx(&walk, &line)) {
		if (dropped && stood_before(&policy, &line))
			continue;
		putchar('<');
		print_hex(line.value, lowered);
	}
	putchar('\n');
}

static void answer_match(const struct sender_profile *profile, const struct span *item, size_t count)
{
	enum sender_answer answer = SENDER_NO;

	for (size_t i = 1; i < count && answer != SENDER_YES; i++) {
		enum sender_answer match = sender_pattern_matches(profile, item[i], item[0]);

		answer = match == SENDER_NO ? answer : match;
	}
	printf("%s\n", answers[answer]);
}

static void answer(int kind, const struct span *item, size_t count)
{
	const struct sender_profile *profile = count > 0 ? sender_profile_find(item[0]) : NULL;

	if (count == 0)
		exit(2);
	if (!profile)
		printf("no such profile\n");
	else if (kind == 'r')
		answer_record(profile, item + 1, count - 1);
	else if (kind == 'p' && count == 2)
		answer_policy(profile, item[1]);
	else if (kind == 'm')
		answer_match(profile, item + 1, count - 1);
	else
		exit(2);
}

int main(void)
{
	return probe_run(answer);
}
