/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/worker/source_direct.h - a worker's part of the admission (--direct): puts domains into it, asks who serves
 * them where the list does not tell, has addresses looked up, takes those that may begin.
 */
#ifndef STSURVEY_SCANNER_WORKER_SOURCE_DIRECT_H
#define STSURVEY_SCANNER_WORKER_SOURCE_DIRECT_H

#include "scanner/scan/scan.h"

enum { SOURCE_READ_MAX = 1024 }; /* targets of the list moved between two looks at the network */

struct source_direct;

/* NULL: no memory. */
struct source_direct *source_direct_new(struct scan *scan, struct net_live *live);

/* A target of the list, whose texts are copied. False: there is no room for it just now. */
bool source_direct_put(struct source_direct *direct, const struct feed_target *target, unsigned room);
bool source_direct_put_back(struct source_direct *direct, const struct job *job);

/* May a domain begin? Then they are taken. */
bool source_direct_is_ready(struct source_direct *direct);

/* As source_next; where nothing is ready the loop wakes when something may be. */
const struct feed_target *source_direct_next(struct source_direct *direct, const struct net_delegation **delegation);

/* The one that source_direct_next gave has begun. False: it gave none. */
bool source_direct_taken(struct source_direct *direct);

/* Does none wait, here or in the admission? */
bool source_direct_is_empty(const struct source_direct *direct);

void source_direct_close(struct source_direct *direct);
void source_direct_free(struct source_direct *direct);

#endif
