/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/drift/drift_change.h - the same domain in two scans: what changed, in words. Pure.
 *
 * An unknown on either side is no change: each change needs what it speaks of to be known in both. Policies are
 * compared as parsed: mode, max_age and the set of patterns; the order of lines, their ends, unknown keys and case are
 * none.
 *
 *   policy-changed-id-same   another policy under the id that senders have cached (RFC 8461 3.1)
 *   id-changed-policy-same   another id, the same policy
 *   mx-changed-policy-same   another set of MX, the same policy
 *   outdated-policy          the policy in force today lists every MX of then, and not every one of now
 *   weakened                 enforce → testing or none, testing → none; or max_age not a quarter of what it was, in the
 *                            same mode (DRIFT_WEAKENED_AGE)
 *   removed-without-none     no record any more, while senders may still hold the policy: its mode was enforce or
 *                            testing, and between the two looks lies less than its max_age (RFC 8461 8.3)
 *   removed                  no record any more, and no more than that is known
 *   adopted                  a record where there was none
 *   tlsrpt-removed, tlsrpt-adopted   likewise of TLSRPT
 *   certificate-renewed-late another certificate of the policy host is taken, and the one before it had ended first
 *   broken, fixed            the component was ok and is none of ok and unknown; the reverse
 *   new, gone                in one of the scans alone
 *
 * Several of them may hold at once. In files they stand in this order.
 */
#ifndef STSURVEY_ANALYSIS_DRIFT_DRIFT_CHANGE_H
#define STSURVEY_ANALYSIS_DRIFT_DRIFT_CHANGE_H

#include "analysis/drift/drift_row.h"
#include "output/text.h"

enum drift_change {
	DRIFT_POLICY_CHANGED_ID_SAME,
	DRIFT_ID_CHANGED_POLICY_SAME,
	DRIFT_MX_CHANGED_POLICY_SAME,
	DRIFT_OUTDATED_POLICY,
	DRIFT_WEAKENED,
	DRIFT_REMOVED_WITHOUT_NONE,
	DRIFT_REMOVED,
	DRIFT_ADOPTED,
	DRIFT_TLSRPT_REMOVED,
	DRIFT_TLSRPT_ADOPTED,
	DRIFT_CERTIFICATE_RENEWED_LATE,
	DRIFT_BROKEN,
	DRIFT_FIXED,
	DRIFT_NEW,
	DRIFT_GONE,
	DRIFT_CHANGES
};

enum {
	DRIFT_WEAKENED_AGE = 4,   /* max_age divided by more than this; halving it is housekeeping */
	DRIFT_BACKDATED = 3600,   /* seconds by which authorities date a certificate before they issue it */
	DRIFT_CHANGE_TEXT = 2048, /* octets of old and new each: what is longer ends in an ellipsis */
};

/* The domain's two sides, one of which may be absent (head.word[DRIFT_STATUS] is DRIFT_ABSENT). */
struct drift_pair {
	struct drift_domain side[2]; /* old, new */
};

enum { DRIFT_BEFORE, DRIFT_AFTER }; /* sides */

/* A bit 1 << enum drift_change for each that holds. */
unsigned drift_changes_of(const struct drift_pair *pair);

/* What it was and what it is, as changes.csv has it; with NUL. */
void drift_change_show(const struct drift_pair *pair, enum drift_change change, unsigned side,
		       char text[static DRIFT_CHANGE_TEXT]);

/* Whose doing it may be: the provider that the record or the policy host is an alias into; empty where it is nobody's
 * but the domain's. */
struct span drift_change_via(const struct drift_pair *pair, enum drift_change change);

/* Do old and new say the same of every domain that one step of a provider changes? Else they are the domain's own. */
bool drift_change_is_shared(enum drift_change change);

extern const char *const drift_change_names[DRIFT_CHANGES];

#endif
