/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/analysis/senders/probe.c - what senders make of inputs, as a filter for matrix.py.
 *
 * Reads requests from stdin until its end: one octet of kind, the number of items (32 bit, big-endian), and each item
 * with its length (32 bit, big-endian) in front; the first item is a profile's name. Writes one line for each:
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

enum { ITEMS_MAX = 4096, ITEM_MAX = 16 << 20 }; /* a driver's mistake shall not look like a profile's */

static const char *const answers[] = { [SENDER_NO] = "no", [SENDER_YES] = "yes", [SENDER_UNKNOWN] = "unknown" };

static uint32_t read32(void)
{
	uint8_t octet[4];

	if (fread(octet, sizeof(octet), 1, stdin) != 1)
		exit(2);
	return (uint32_t)octet[0] << 24 | (uint32_t)octet[1] << 16 | (uint32_t)octet[2] << 8 | octet[3];
}

/* Each item in memory of exactly its size, so that a sanitizer sees a step beyond it. */
static size_t read_items(struct span *item)
{
	uint32_t count = read32();

	if (count == 0 || count > ITEMS_MAX)
		exit(2);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t size = read32();
		char *p = size > ITEM_MAX ? NULL : malloc(size);

		if ((!p && size > 0) || (size > 0 && fread(p, size, 1, stdin) != 1))
			exit(2);
		item[i] = (struct span){ p, size };
	}
	return count;
}

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

int main(void)
{
	static struct span item[ITEMS_MAX];
	int kind;

	while ((kind = getchar()) != EOF) {
		size_t count = read_items(item);
		const struct sender_profile *profile = sender_profile_find(item[0]);

		if (!profile)
			printf("no such profile\n");
		else if (kind == 'r')
			answer_record(profile, item + 1, count - 1);
		else if (kind == 'p' && count == 2)
			answer_policy(profile, item[1]);
		else if (kind == 'm')
			answer_match(profile, item + 1, count - 1);
		else
			return 2;
		for (size_t i = 0; i < count; i++)
			free((char *)item[i].p);
	}
	return 0;
}
