/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/finding.h - what can be wrong with a domain, and how bad it is.
 *
 * datasets/findings.csv is the single source: enum, numbers, words, severities and
 * texts are generated from it. Numbers are stable for ever (they appear in tables);
 * the enum's own values are not and never leave the process.
 */
#ifndef STSURVEY_PARSERS_FINDING_H
#define STSURVEY_PARSERS_FINDING_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/span.h"

/* Generated: enum finding { FINDING_STS_RECORD_MULTIPLE, …, FINDING_COUNT }. */
#include "finding_enum.h"

/* The first thing that breaks on a sender's way; also a finding's home.
 * Order is the sender's way: a lower one is met first. */
enum component {
	COMPONENT_NONE, /* no STS record: null in JSON */
	COMPONENT_RECORD,
	COMPONENT_DNS,
	COMPONENT_TCP,
	COMPONENT_TLS,
	COMPONENT_HTTP,
	COMPONENT_SYNTAX,
	COMPONENT_MX,
	COMPONENT_MXTLS,
	COMPONENT_OK,
	COMPONENT_UNKNOWN,
	COMPONENT_DANE,   /* findings only, never a domain's component */
	COMPONENT_TLSRPT, /* findings only, never a domain's component */
	COMPONENT_COUNT
};

enum severity {
	SEVERITY_INFO,
	SEVERITY_WARNING,
	SEVERITY_TOLERATED,
	SEVERITY_ERROR,
	SEVERITY_TRANSIENT,
	SEVERITY_COUNT
};

struct finding_info {
	uint16_t number;  /* stable, e.g. 101 */
	const char *code; /* stable, e.g. "sts-record-multiple" */
	enum component component;
	enum severity severity;
	const char *meaning; /* one sentence */
	const char *rule;    /* RFC and section, or "-" */
	const char *fix;     /* what the domain's owner does about it */
};

/* Indexed by enum finding; in the order of their numbers. */
extern const struct finding_info finding_table[FINDING_COUNT];

extern const char *const component_names[COMPONENT_COUNT]; /* "" for NONE */
extern const char *const severity_names[SEVERITY_COUNT];

/* A set of findings, by value. */
enum { FINDING_SET_WORDS = (FINDING_COUNT + 63) / 64 };

struct finding_set {
	uint64_t word[FINDING_SET_WORDS];
};

static inline void finding_add(struct finding_set *set, enum finding finding)
{
	set->word[(unsigned)finding / 64] |= UINT64_C(1) << ((unsigned)finding % 64);
}

static inline bool finding_has(const struct finding_set *set, enum finding finding)
{
	return set->word[(unsigned)finding / 64] >> ((unsigned)finding % 64) & 1;
}

static inline void finding_join(struct finding_set *into, const struct finding_set *from)
{
	for (unsigned i = 0; i < FINDING_SET_WORDS; i++)
		into->word[i] |= from->word[i];
}

/* The next member at or after @from in the order of numbers, or FINDING_COUNT:
 *   for (f = finding_next(&set, 0); f < FINDING_COUNT; f = finding_next(&set, f + 1)) */
enum finding finding_next(const struct finding_set *set, unsigned from);

/* The first finding of this severity (in @component, or anywhere for COMPONENT_NONE), or FINDING_COUNT. */
enum finding finding_first(const struct finding_set *set, enum severity severity, enum component component);

static inline bool finding_any(const struct finding_set *set, enum severity severity, enum component component)
{
	return finding_first(set, severity, component) < FINDING_COUNT;
}

#endif
