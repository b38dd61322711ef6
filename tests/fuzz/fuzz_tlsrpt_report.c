/* SPDX-License-Identifier: BSD-2-Clause */
/* Octets as a report: JSON, plain or in gzip, fed whole and octet by octet. */
#include "analysis/tlsrpt/tlsrpt_part.h"

#include "tests/fuzz/fuzz.h"

struct seen {
	unsigned reports, bad;
	uint64_t sessions, notes;
};

static void check_policy(const struct tlsrpt_report *report, const struct tlsrpt_policy *policy)
{
	struct tlsrpt_detail detail;
	struct span text = { report->text.p, report->text.n };
	uint64_t sum = 0;
	uint32_t count = 0;

	FUZZ_CHECK(policy->succeeded <= TLSRPT_COUNT_MAX && policy->failed <= TLSRPT_COUNT_MAX);
	FUZZ_CHECK(policy->domain.n == 0 || fuzz_is_inside(tlsrpt_span(report, policy->domain), text));
	FUZZ_CHECK(policy->lines.n == 0 || fuzz_is_inside(tlsrpt_span(report, policy->lines), text));
	FUZZ_CHECK(policy->hosts.n == 0 || fuzz_is_inside(tlsrpt_span(report, policy->hosts), text));
	for (uint32_t at = 0; tlsrpt_report_next_detail(report, policy, &at, &detail); count++) {
		struct span all = { report->details.p, report->details.n };

		FUZZ_CHECK(at <= policy->details.n && detail.sessions <= TLSRPT_COUNT_MAX);
		FUZZ_CHECK(detail.result < RESULT_TYPE_COUNT);
		for (unsigned t = 0; t < TLSRPT_TEXT_COUNT; t++)
			FUZZ_CHECK(!detail.text[t].p || (detail.text[t].n > 0 && fuzz_is_inside(detail.text[t], all)));
		sum += detail.sessions;
	}
	FUZZ_CHECK(count == policy->detail_count && sum == policy->details_failed);
}

static void on_report(void *arg, struct tlsrpt_report *report)
{
	struct seen *seen = arg;
	struct tlsrpt_sessions sessions = tlsrpt_report_sessions(report);
	struct span field, note;
	uint64_t most = 0;
	unsigned notes = 0;

	for (size_t i = 0; i < report->policy_count; i++) {
		check_policy(report, &report->policy[i]);
		most += report->policy[i].succeeded + report->policy[i].failed;
	}
	FUZZ_CHECK(sessions.succeeded + sessions.failed <= most);
	for (size_t at = 0; tlsrpt_report_next_note(report, &at, &field, &note); notes++)
		FUZZ_CHECK(note.n > 0);
	FUZZ_CHECK(notes == report->note_count && notes <= TLSRPT_NOTES_MAX);
	seen->reports++;
	seen->notes += notes + report->notes_omitted;
	seen->sessions += sessions.succeeded + sessions.failed;
}

static void on_bad(void *arg, const char *why)
{
	struct seen *seen = arg;

	FUZZ_CHECK(why[0]);
	seen->bad++;
}

static struct seen read_in_pieces(struct span octets, size_t piece)
{
	static const struct tlsrpt_part_events events = { .on_report = on_report, .on_bad = on_bad };
	struct tlsrpt_hints hints = { .is_report = true };
	struct seen seen = { 0 };
	struct tlsrpt_part *part = tlsrpt_part_new(&events, &seen);
	struct tlsrpt_part_end end;

	FUZZ_CHECK(part && tlsrpt_part_begin(part, &hints) == 0);
	while (octets.n > 0) {
		size_t n = octets.n < piece ? octets.n : piece;

		if (!tlsrpt_part_feed(part, (struct span){ octets.p, n }))
			break;
		octets = span_skip(octets, n);
	}
	end = tlsrpt_part_end(part, NULL);
	tlsrpt_part_free(part);
	FUZZ_CHECK(end.reports == seen.reports && end.bad == seen.bad && end.reports + end.bad > 0);
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span octets = { (const char *)data, size };
	struct seen whole = read_in_pieces(octets, size > 0 ? size : 1), single = read_in_pieces(octets, 1);

	FUZZ_CHECK(whole.reports == single.reports && whole.bad == single.bad);
	FUZZ_CHECK(whole.sessions == single.sessions && whole.notes == single.notes);
	return 0;
}
