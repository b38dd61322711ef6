/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/queue/deferred.h - domains to be asked again at the end, kept in a temporary file
 * (scanner/queue/name_file.h). After a crash they are simply not in the scan file yet, and --resume surveys them.
 */
#ifndef STSURVEY_SCANNER_QUEUE_DEFERRED_H
#define STSURVEY_SCANNER_QUEUE_DEFERRED_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "output/error.h"
#include "scanner/feed/feed.h"
#include "scanner/queue/name_file.h"

struct deferred {
	pthread_mutex_t lock; /* over what follows; the counts may be read without it */
	struct name_file names;
	bool told;               /* what is wrong with it */
	_Atomic uint64_t count;  /* kept, and not yet taken */
	_Atomic uint64_t failed; /* could not be kept */
	struct error error;      /* why deferred_take came to an early end; "" as long as it did not */
};

void deferred_init(struct deferred *deferred);
void deferred_fini(struct deferred *deferred); /* all zero is nothing to free */

/* Make its file now, so that what is wrong with the folder is told before the scan; it goes on without. */
void deferred_open(struct deferred *deferred);

/* Keep one. Any thread. 0, or -1 when the temporary file can't take it: then what is known now is what is recorded. It
 * is counted, and the first failure is told in the log. */
__attribute__((warn_unused_result)) int deferred_put(struct deferred *deferred, const struct name_entry *entry);

/* Fill @batch with the next ones; 0 targets at the end, which comes early where the file can't be read. Any thread. */
void deferred_take(struct deferred *deferred, struct feed_batch *batch);

#endif
