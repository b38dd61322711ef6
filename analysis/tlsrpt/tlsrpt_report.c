/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	ROOM_FIRST = 4096,
	ROOM_KEPT = 1 << 20, /* octets of memory that stay from one report to the next; few need more than ROOM_FIRST */
	FIELD_MAX = 160,
	NOTE_MAX = 160,
	DAY = 86400,
};

const char *const tlsrpt_type_names[TLSRPT_TYPE_COUNT] = {
	[TLSRPT_STS] = "sts",
	[TLSRPT_TLSA] = "tlsa",
	[TLSRPT_NO_POLICY] = "no-policy-found",
	[TLSRPT_TYPE_OTHER] = "",
};

/* ---- memory ---- */

bool tlsrpt_octets_room(struct tlsrpt_octets *octets, size_t n)
{
	size_t size = octets->size > 0 ? octets->size : ROOM_FIRST;
	char *grown;

	if (octets->size - octets->n >= n)
		return true;
	while (size - octets->n < n)
		size += size / 2;
	grown = realloc(octets->p, size);
	if (!grown)
		return false;
	octets->p = grown;
	octets->size = size;
	return true;
}

bool tlsrpt_octets_put(struct tlsrpt_octets *octets, struct span s)
{
	if (!tlsrpt_octets_room(octets, s.n))
		return false;
	if (s.n > 0)
		memcpy(octets->p + octets->n, s.p, s.n);
	octets->n += s.n;
	return true;
}

static void octets_clear(struct tlsrpt_octets *octets)
{
	if (octets->size > ROOM_KEPT) {
		free(octets->p);
		*octets = (struct tlsrpt_octets){ 0 };
	}
	octets->n = 0;
}

void tlsrpt_report_clear(struct tlsrpt_report *report)
{
	struct tlsrpt_report next = { .text = report->text,
				      .details = report->details,
				      .notes = report->notes,
				      .policy = report->policy,
				      .policy_size = report->policy_size };

	octets_clear(&next.text);
	octets_clear(&next.details);
	octets_clear(&next.notes);
	*report = next;
}

void tlsrpt_report_fini(struct tlsrpt_report *report)
{
	free(report->text.p);
	free(report->details.p);
	free(report->notes.p);
	free(report->policy);
}

bool tlsrpt_report_add_policy(struct tlsrpt_report *report)
{
	if (report->policy_count == report->policy_size) {
		size_t size = report->policy_size > 0 ? 2 * report->policy_size : 8;
		struct tlsrpt_policy *grown = realloc(report->policy, size * sizeof(*grown));

		if (!grown)
			return false;
		report->policy = grown;
		report->policy_size = size;
	}
	report->policy[report->policy_count++] =
		(struct tlsrpt_policy){ .type = TLSRPT_TYPE_OTHER, .details = { .at = (uint32_t)report->details.n } };
	return true;
}

/* ---- notes ---- */

void tlsrpt_report_note(struct tlsrpt_report *report, const char *field, const char *format, ...)
{
	char line[FIELD_MAX + NOTE_MAX];
	va_list arguments;
	size_t used;
	int n;

	if (report->note_count == TLSRPT_NOTES_MAX) {
		report->notes_omitted++;
		return;
	}
	n = snprintf(line, FIELD_MAX, "%s", field);
	used = n < FIELD_MAX ? (size_t)n + 1 : FIELD_MAX;
	va_start(arguments, format);
	n = vsnprintf(line + used, NOTE_MAX, format, arguments);
	va_end(arguments);
	used += n < NOTE_MAX ? (size_t)n + 1 : NOTE_MAX;
	if (tlsrpt_octets_put(&report->notes, (struct span){ line, used }))
		report->note_count++;
	else
		report->notes_omitted++;
}

static struct span next_text(const struct tlsrpt_octets *octets, size_t *at)
{
	struct span text = span_of(octets->p + *at);

	*at += text.n + 1;
	return text;
}

bool tlsrpt_report_next_note(const struct tlsrpt_report *report, size_t *at, struct span *field, struct span *note)
{
	if (*at == report->notes.n)
		return false;
	*field = next_text(&report->notes, at);
	*note = next_text(&report->notes, at);
	return true;
}

/* ---- details ---- */

/* Seven bits an octet, the least significant first; the high bit: one more follows. */
static size_t put_number(char *p, uint64_t value)
{
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		p[n++] = (char)(value | 0x80);
	p[n++] = (char)value;
	return n;
}

static uint64_t get_number(const char *p, uint32_t *at)
{
	uint64_t value = 0;
	unsigned char octet;
	unsigned shift = 0;

	do {
		octet = (unsigned char)p[(*at)++];
		value |= (uint64_t)(octet & 0x7f) << shift;
		shift += 7;
	} while (octet & 0x80);
	return value;
}

/* Which texts there are, a bit each; the result, where the first text is there; the sessions; the texts. */
bool tlsrpt_report_put_detail(struct tlsrpt_report *report, const struct tlsrpt_detail *detail)
{
	struct tlsrpt_octets *octets = &report->details;
	size_t most = 2 + 10;
	unsigned mask = 0;

	for (unsigned t = 0; t < TLSRPT_TEXT_COUNT; t++) {
		most += 10 + detail->text[t].n;
		mask |= (detail->text[t].p ? 1u << t : 0);
	}
	mask |= (unsigned)(detail->sessions > 0) << TLSRPT_TEXT_COUNT;
	if (!tlsrpt_octets_room(octets, most))
		return false;
	octets->p[octets->n++] = (char)mask;
	if (detail->text[TLSRPT_RESULT_TYPE].p)
		octets->p[octets->n++] = (char)detail->result;
	if (detail->sessions > 0)
		octets->n += put_number(octets->p + octets->n, detail->sessions);
	for (unsigned t = 0; t < TLSRPT_TEXT_COUNT; t++) {
		struct span text = detail->text[t];

		if (!text.p)
			continue;
		octets->n += put_number(octets->p + octets->n, text.n);
		memcpy(octets->p + octets->n, text.p, text.n);
		octets->n += text.n;
	}
	return true;
}

bool tlsrpt_report_next_detail(const struct tlsrpt_report *report, const struct tlsrpt_policy *policy, uint32_t *at,
			       struct tlsrpt_detail *detail)
{
	const char *p = report->details.p;
	uint32_t place = policy->details.at + *at;
	unsigned mask;

	if (*at == policy->details.n)
		return false;
	memset(detail, 0, sizeof(*detail));
	mask = (unsigned char)p[place++];
	if (mask & 1u << TLSRPT_RESULT_TYPE)
		detail->result = (enum result_type)p[place++];
	if (mask & 1u << TLSRPT_TEXT_COUNT)
		detail->sessions = get_number(p, &place);
	for (unsigned t = 0; t < TLSRPT_TEXT_COUNT; t++) {
		if (!(mask & 1u << t))
			continue;
		detail->text[t].n = get_number(p, &place);
		detail->text[t].p = p + place;
		place += (uint32_t)detail->text[t].n;
	}
	*at = place - policy->details.at;
	return true;
}

/* ---- what they come to ---- */

unsigned tlsrpt_report_days(const struct tlsrpt_report *report)
{
	int64_t days;

	if (!report->has_start || !report->has_end || report->end < report->start)
		return 0;
	days = (report->end - report->start + DAY / 2) / DAY; /* 23:59:59 ends a day as the next midnight does */
	return days < 1 ? 1 : (unsigned)days;
}

void tlsrpt_report_note_dates(struct tlsrpt_report *report)
{
	unsigned days = tlsrpt_report_days(report);

	if (!report->has_start)
		tlsrpt_report_note(report, "date-range.start-datetime", "no-date");
	if (!report->has_end)
		tlsrpt_report_note(report, "date-range.end-datetime", "no-date");
	if (report->has_start && report->has_end && report->end < report->start)
		tlsrpt_report_note(report, "date-range", "end-before-start");
	if (days > 1)
		tlsrpt_report_note(report, "date-range", "range-of-%u-days", days);
}

static int policy_order(const void *a, const void *b, void *arg)
{
	const struct tlsrpt_report *report = arg;
	const struct tlsrpt_policy *one = a, *other = b;
	int order = span_compare(tlsrpt_span(report, one->domain), tlsrpt_span(report, other->domain));

	if (order == 0)
		order = (one->type > other->type) - (one->type < other->type);
	return order != 0 ? order : (one->details.at > other->details.at) - (one->details.at < other->details.at);
}

void tlsrpt_report_sort(struct tlsrpt_report *report)
{
	if (report->policy_count > 1)
		qsort_r(report->policy, report->policy_count, sizeof(*report->policy), policy_order, report);
}

size_t tlsrpt_report_domain_end(const struct tlsrpt_report *report, size_t from)
{
	size_t to = from + 1;

	while (to < report->policy_count && span_equal(tlsrpt_span(report, report->policy[from].domain),
						       tlsrpt_span(report, report->policy[to].domain)))
		to++;
	return to;
}

struct tlsrpt_sessions tlsrpt_report_largest(const struct tlsrpt_report *report, size_t from, size_t to,
					     enum tlsrpt_type type)
{
	struct tlsrpt_sessions largest = { 0 };
	bool found = false;

	for (size_t i = from; i < to; i++) {
		const struct tlsrpt_policy *policy = &report->policy[i];
		struct tlsrpt_sessions row = { policy->succeeded, policy->failed, policy->details_failed };

		if ((type != TLSRPT_TYPE_COUNT && policy->type != type) ||
		    (found && !tlsrpt_sessions_less(&largest, &row)))
			continue;
		largest = row;
		found = true;
	}
	return largest;
}

static void add(struct tlsrpt_sessions *sum, struct tlsrpt_sessions more)
{
	sum->succeeded = tlsrpt_add(sum->succeeded, more.succeeded);
	sum->failed = tlsrpt_add(sum->failed, more.failed);
	sum->details_failed = tlsrpt_add(sum->details_failed, more.details_failed);
}

struct tlsrpt_sessions tlsrpt_report_sessions(const struct tlsrpt_report *report)
{
	struct tlsrpt_sessions domains = { 0 }, hosts = { 0 };

	for (size_t from = 0, to; from < report->policy_count; from = to) {
		bool has_other = false;

		to = tlsrpt_report_domain_end(report, from);
		for (size_t i = from; i < to; i++)
			has_other = has_other || report->policy[i].type != TLSRPT_TLSA;
		if (has_other)
			add(&domains, tlsrpt_report_largest(report, from, to, TLSRPT_TYPE_COUNT));
		add(&hosts, tlsrpt_report_largest(report, from, to, TLSRPT_TLSA));
	}
	return tlsrpt_sessions_less(&domains, &hosts) ? hosts : domains;
}
