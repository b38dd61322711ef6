/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/drift/drift_join.h - the rows of two scans, laid side by side by name: partition by partition, on several
 * threads, without sorting.
 *
 * A name that stands several times in a list is paired with its k-th like: the first of the old scan with the first of
 * the new one; what is over on one side is absent on the other.
 */
#ifndef STSURVEY_ANALYSIS_DRIFT_DRIFT_JOIN_H
#define STSURVEY_ANALYSIS_DRIFT_DRIFT_JOIN_H

#include "analysis/pass/spill.h"

enum {
	/* Octets that a row of the old scan takes while its partition is joined, besides its own: an entry, and two
	 * slots of a table that is at most half full. */
	DRIFT_JOIN_ROW = 40,
	DRIFT_JOIN_THREADS_MAX = 64,
};

struct drift_join {
	const struct spill *old, *new; /* rows begin with struct drift_head; as many partitions each */
	unsigned threads;
	size_t memory; /* octets for the partitions that are being joined; fewer threads where it takes more */
	/* A thread's own state; NULL: no memory. On the caller's thread, as is the next but one. */
	void *(*begin)(void *arg);
	/* A pair, on any thread; of one side an empty span where it is absent. 0, or -1 with one line in @error. */
	int (*on_pair)(void *state, struct span old, struct span new, struct error *error);
	void (*end)(void *arg, void *state);
	void *arg;
};

/* 0, or -1 with one line in @error: then nothing is known, but every state has ended. */
__attribute__((warn_unused_result)) int drift_join(const struct drift_join *join, struct error *error);

#endif
