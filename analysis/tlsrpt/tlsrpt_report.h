/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt_report.h - a report (RFC 8460 4.4), made of events of JSON: what was meant, in one form.
 *
 * Names and words are folded to lower case and without the trailing dot, dates are UTC, addresses canonical. What had
 * to be mended, guessed or left out is a note. A report has few octets for each of its JSON, whatever that holds: a
 * failure detail is packed, and read back by tlsrpt_report_next_detail.
 */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_REPORT_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_REPORT_H

#include <stdint.h>

#include "analysis/classify/mx_judgement.h"
#include "parsers/span.h"

enum {
	TLSRPT_POLICIES_MAX = 16384, /* of a report: 2 MiB of memory; real ones have two */
	TLSRPT_NOTES_MAX = 100,      /* kept of a report; the rest is counted */
};

/* Sessions of one row, at most: above it a number is a slip or a jest. All mail of the world is 4e11 a day. */
#define TLSRPT_COUNT_MAX UINT64_C(1000000000000)

enum tlsrpt_type { TLSRPT_STS, TLSRPT_TLSA, TLSRPT_NO_POLICY, TLSRPT_TYPE_OTHER, TLSRPT_TYPE_COUNT };

extern const char *const tlsrpt_type_names[TLSRPT_TYPE_COUNT]; /* "" for OTHER */

/* Of a failure detail. All texts, p NULL where there is none. */
enum tlsrpt_text {
	TLSRPT_RESULT_TYPE,
	TLSRPT_SENDING_IP,
	TLSRPT_RECEIVING_MX,
	TLSRPT_RECEIVING_HELO,
	TLSRPT_RECEIVING_IP,
	TLSRPT_MORE_INFORMATION,
	TLSRPT_REASON,
	TLSRPT_TEXT_COUNT
};

struct tlsrpt_detail {
	struct span text[TLSRPT_TEXT_COUNT];
	enum result_type result; /* NONE: none of RFC 8460 4.3 */
	uint64_t sessions;
};

/* Octets in a report's own memory. */
struct tlsrpt_piece {
	uint32_t at, n;
};

struct tlsrpt_policy {
	enum tlsrpt_type type;
	struct tlsrpt_piece type_text;
	struct tlsrpt_piece domain;
	struct tlsrpt_piece lines;  /* of the policy, each with a line end */
	struct tlsrpt_piece hosts;  /* patterns of MX, likewise */
	uint64_t succeeded, failed; /* sessions: the summary's */
	uint64_t details_failed;    /* likewise, of the details */
	struct tlsrpt_piece details;
	uint32_t detail_count;
};

struct tlsrpt_octets {
	char *p;
	size_t n, size;
};

struct tlsrpt_report {
	struct tlsrpt_piece organization, contact, id;
	int64_t start, end; /* seconds since 1970, UTC */
	bool has_start, has_end;
	struct tlsrpt_policy *policy; /* once it is whole in order of domain, then type */
	size_t policy_count, policy_size;
	struct tlsrpt_octets text, details;
	/* notes: field and words, each with a NUL behind */
	struct tlsrpt_octets notes;
	unsigned note_count;
	uint64_t notes_omitted;
};

static inline struct span tlsrpt_span(const struct tlsrpt_report *report, struct tlsrpt_piece piece)
{
	return (struct span){ report->text.p + piece.at, piece.n };
}

/* Whole days from start to end, at least 1; 0 where one of them is missing or the end comes first. */
unsigned tlsrpt_report_days(const struct tlsrpt_report *report);

/* Walk the details of a policy: *@at starts at 0. False at the end. */
bool tlsrpt_report_next_detail(const struct tlsrpt_report *report, const struct tlsrpt_policy *policy, uint32_t *at,
			       struct tlsrpt_detail *detail);

/* Walk the notes: *@at starts at 0. */
bool tlsrpt_report_next_note(const struct tlsrpt_report *report, size_t *at, struct span *field, struct span *note);

/* The sessions of one report, of which no two policies may be added: Microsoft's sts and tlsa rows are the same ones.
 * A domain has those of its largest row; so does an MX host, which is the domain of a tlsa row where the reporter does
 * it so (Postfix), and what hosts have together is what domains have together, again. */
struct tlsrpt_sessions {
	uint64_t succeeded, failed, details_failed;
};

/* Of the whole report. */
struct tlsrpt_sessions tlsrpt_report_sessions(const struct tlsrpt_report *report);

/* The largest row of a domain, whose rows are policy[from] to policy[to - 1]; of one type where it is not COUNT. */
struct tlsrpt_sessions tlsrpt_report_largest(const struct tlsrpt_report *report, size_t from, size_t to,
					     enum tlsrpt_type type);

/* Behind the last row of the domain that policy[from] has. */
size_t tlsrpt_report_domain_end(const struct tlsrpt_report *report, size_t from);

/* Counts of strangers: one that no number can hold stays at the largest. */
static inline uint64_t tlsrpt_add(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

static inline bool tlsrpt_sessions_less(const struct tlsrpt_sessions *a, const struct tlsrpt_sessions *b)
{
	uint64_t all_a = tlsrpt_add(a->succeeded, a->failed), all_b = tlsrpt_add(b->succeeded, b->failed);

	return all_a != all_b ? all_a < all_b : a->failed < b->failed;
}

/* Nothing in it, its memory kept for the next; more than a little of it is given back. */
void tlsrpt_report_clear(struct tlsrpt_report *report);
void tlsrpt_report_fini(struct tlsrpt_report *report);

/* The policies into their order. */
void tlsrpt_report_sort(struct tlsrpt_report *report);

/* Room for @n octets behind the others; false: no memory. */
bool tlsrpt_octets_room(struct tlsrpt_octets *octets, size_t n);
bool tlsrpt_octets_put(struct tlsrpt_octets *octets, struct span s);

/* A policy behind the others, of which nothing is known; false: no memory. */
bool tlsrpt_report_add_policy(struct tlsrpt_report *report);

/* A detail behind the others; false: no memory. */
bool tlsrpt_report_put_detail(struct tlsrpt_report *report, const struct tlsrpt_detail *detail);

/* One note; @format makes the words, which a person may be shown. */
__attribute__((format(printf, 3, 4))) void tlsrpt_report_note(struct tlsrpt_report *report, const char *field,
							      const char *format, ...);

/* What is odd about its dates. */
void tlsrpt_report_note_dates(struct tlsrpt_report *report);

#endif
