/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/attribution/sharing.h - how many domains share a name, and what that says of who manages what has it. In
 * bounded memory: rows are put aside on disk (analysis/pass/spill.h) while the domains are read, and looked at
 * afterwards, a partition at a time.
 *
 *   struct text rows;                                       on any thread, into its own text, for each domain:
 *   sharing_row(&rows, &row);
 *   sharing_take(sharing, octets, &error);                  on one thread: what such a text holds
 *   sharing_finish(sharing, &limits, &answers, &error);     behind the last domain
 *
 * Neither the order of the rows nor the number of partitions changes what comes out. Memory is bounded by the names of
 * one partition: with SHARING_PARTITIONS, a thousand million different ones need some 200 MiB, and rows are as many as
 * the disk holds.
 *
 * The thresholds are ours (docs/tables.md): nobody published any that could be looked up.
 */
#ifndef STSURVEY_ANALYSIS_ATTRIBUTION_SHARING_H
#define STSURVEY_ANALYSIS_ATTRIBUTION_SHARING_H

#include "analysis/attribution/attribution.h"
#include "output/error.h"
#include "output/text.h"

enum {
	SHARING_PARTITIONS = 1024,         /* see above */
	SHARING_MEMORY = 16 * 1024 * 1024, /* octets of all their buffers */
	SHARING_KEY_MAX = 512,             /* octets; a name and a hash fit */
	SHARING_THIRD_PARTY_AT = 50,       /* the defaults of the limits */
	SHARING_SELF_AT_MOST = 5,
	SHARING_SELF_MAX = 1000, /* the most that `self_at_most` may be: so many are remembered of each name */
};

/* What a row is there for; both may be. */
enum {
	SHARING_NAMED = 1,   /* its key is a name, by which domains are to be counted */
	SHARING_MANAGED = 2, /* its key is what domains share: who manages it? */
	SHARING_OWNED = 4,   /* on a platform: its owner does, if nobody else is seen to */
	SHARING_BROKEN = 8,  /* the domain is misconfigured */
};

/* One domain in one role. */
struct share {
	uint64_t administrator; /* one number where one administrator shows: sharing_administrator */
	uint32_t cell;          /* the caller's */
	uint8_t role;           /* enum attribution_role */
	uint8_t flags;          /* SHARING_… */
	struct span key;        /* ASCII case does not matter */
};

struct sharing_limits {
	unsigned third_party_at; /* domains that share a name, not of one administrator */
	unsigned self_at_most;   /* administrators that do */
};

struct sharing_answers {
	/* Of each row with SHARING_MANAGED. */
	void (*on_share)(void *arg, const struct share *share, enum managed managed);
	/* Of each key of rows with SHARING_NAMED, once: its domains, and those of them with SHARING_BROKEN. False: no
	 * memory. */
	bool (*on_name)(void *arg, enum attribution_role role, struct span name, uint64_t domains, uint64_t broken);
	void *arg;
};

struct sharing;

/* @partitions: SHARING_PARTITIONS, or another power of two, for tests. NULL: one line in @error. */
__attribute__((warn_unused_result)) struct sharing *sharing_new(unsigned partitions, struct error *error);
void sharing_free(struct sharing *sharing);

/* Append the row to @rows. A failure sticks to the text. */
void sharing_row(struct text *rows, const struct share *share);

/* Put aside what was appended: whole rows. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int sharing_take(struct sharing *sharing, struct span rows, struct error *error);

/* 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int sharing_finish(struct sharing *sharing, const struct sharing_limits *limits,
						       const struct sharing_answers *answers, struct error *error);

/* Domains with the same body, the same MX and the same host of reports are one administrator's. Where one of the three
 * is not known, a domain is its own. */
uint64_t sharing_administrator(const struct observation *observation, const struct classification *result);

#endif
