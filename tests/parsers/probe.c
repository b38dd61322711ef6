/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/parsers/probe.c - the parsers as a filter, for drivers that are not C.
 *
 * Reads requests (probe.h) from stdin until its end. Writes one line for each:
 *   s  STS record set: items are TXT records      state TAB findings TAB id
 *   t  TLSRPT record set                          state TAB findings TAB rua,rua…
 *   p  policy: one item                           state TAB findings TAB mode TAB max_age TAB mx,mx…
 *   m  items are the host and its patterns        true | false
 * Findings are codes with commas between; values are hexadecimal, `-` stands for none.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/domain.h"
#include "parsers/sts_policy.h"
#include "parsers/sts_record.h"
#include "parsers/tlsrpt_record.h"
#include "tests/parsers/probe.h"

static void print_findings(const struct finding_set *set)
{
	const char *comma = "";

	for (unsigned f = finding_next(set, 0); f < FINDING_COUNT; f = finding_next(set, f + 1)) {
		printf("%s%s", comma, finding_table[f].code);
		comma = ",";
	}
}

static void print_hex(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		printf("%02x", (unsigned char)s.p[i]);
}

static void answer_sts(const struct span *item, size_t count)
{
	struct sts_record record;

	sts_record_parse(item, count, 0, &record);
	printf("%s\t", record_state_names[record.state]);
	print_findings(&record.findings);
	printf("\t");
	print_hex(record.id);
}

static void answer_tlsrpt(const struct span *item, size_t count)
{
	static const char *const scheme_name[] = { "mailto", "https", "other" };
	struct tlsrpt_record record;
	struct span text;
	struct uri uri;

	tlsrpt_record_parse(item, count, 0, &record);
	printf("%s\t", record_state_names[record.state]);
	print_findings(&record.findings);
	printf("\t");
	for (size_t at = 0; tlsrpt_next_rua(&record, &at, &text, &uri);) {
		printf("%s:", scheme_name[uri.scheme]);
		print_hex(text);
		printf(",");
	}
}

static void answer_policy(struct span body)
{
	struct sts_policy policy;
	struct span mx;

	sts_policy_parse(body, &policy);
	printf("%s\t", policy_state_names[policy.state]);
	print_findings(&policy.findings);
	printf("\t%s\t", policy.mode == STS_MODE_UNSET ? "-" : sts_mode_names[policy.mode]);
	if (policy.has_max_age)
		printf("%llu\t", (unsigned long long)policy.max_age);
	else
		printf("-\t");
	for (size_t at = 0; sts_policy_next_mx(&policy, &at, &mx);) {
		print_hex(mx);
		printf(",");
	}
}

static void answer_match(const struct span *item, size_t count)
{
	bool matches = false;

	for (size_t i = 1; i < count; i++)
		matches |= domain_matches(item[i], item[0]);
	printf("%s", matches ? "true" : "false");
}

static void answer(int kind, const struct span *item, size_t count)
{
	if (kind == 's')
		answer_sts(item, count);
	else if (kind == 't')
		answer_tlsrpt(item, count);
	else if (kind == 'p' && count == 1)
		answer_policy(item[0]);
	else if (kind == 'm' && count > 0)
		answer_match(item, count);
	else
		exit(2);
	printf("\n");
}

int main(void)
{
	return probe_run(answer);
}
