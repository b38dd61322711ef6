/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/worker/source.h - where a worker's domains come from: the list or, in the second pass, those that were
 * deferred; with --direct those of them whose name servers' turn it is (scanner/queue/admission.h).
 *
 * With --direct a source moves targets from the list to the admission, asks the resolver who serves a domain where the
 * list does not tell (NS), and has the addresses looked up that the admission orders. One for each worker, on its
 * loop's thread.
 */
#ifndef STSURVEY_SCANNER_WORKER_SOURCE_H
#define STSURVEY_SCANNER_WORKER_SOURCE_H

#include "scanner/scan/scan.h"

struct source_direct;

struct source {
	struct scan *scan;
	struct feed_batch *batch;     /* of the list; NULL: none */
	unsigned next;                /* target of the batch */
	struct source_direct *direct; /* NULL: without --direct */
};

/* 0, or -1 with one line in @error; to be closed and freed either way. @live outlives it. */
__attribute__((warn_unused_result)) int source_open(struct source *source, struct scan *scan, struct net_live *live,
						    struct error *error);

/* The next target to begin; NULL: none now, *end: nor later in this phase. It stays the next until source_taken.
 * *delegation: whom its questions go to; NULL: to the resolver. @room: how many more domains may be in flight. Valid
 * until the next call. */
const struct feed_target *source_next(struct source *source, unsigned room, const struct net_delegation **delegation,
				      bool *end);
void source_taken(struct source *source);

/* A domain whose name servers rest begins to wait once more. False: there is no room for it just now. */
bool source_put_back(struct source *source, const struct job *job);

/* Of a domain that is deferred, what the second pass is to know of the first (--direct). */
void source_note_deferred(const struct job *job, struct name_entry *entry);

/* After the network was stopped and all questions have ended: close what the loop holds. */
void source_close(struct source *source);

/* What was taken of the list goes back. Any thread, once its loop has ended. */
void source_free(struct source *source);

#endif
