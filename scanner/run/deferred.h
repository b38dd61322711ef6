/* scanner/run/deferred.h - domains to be asked again at the end, kept in an unnamed temporary file so that their number
 * costs no memory. After a crash they are simply not in the scan file yet, and --resume surveys them.
 */
#ifndef STSURVEY_SCANNER_RUN_DEFERRED_H
#define STSURVEY_SCANNER_RUN_DEFERRED_H

#include <stdbool.h>
#include <stdint.h>

#include "scanner/feed/feed.h"

struct deferred;

/* Is there hope that asking again later tells more? */
bool deferred_is_worth_it(const struct observation *observation, const struct judgement *judgement);

struct deferred *deferred_new(void); /* NULL: no memory */
void deferred_free(struct deferred *deferred);

/* Keep one. Any thread. 0, or -1 when the temporary file can't take it: then what is known is what is recorded. */
__attribute__((warn_unused_result)) int deferred_put(struct deferred *deferred, uint64_t index, uint64_t rank,
						     struct span name);

/* How many were kept. Any thread. */
uint64_t deferred_count(struct deferred *deferred);

/* No more puts: from now on they are taken. */
void deferred_rewind(struct deferred *deferred);

/* Fill @batch with the next ones; 0 targets at the end. Any thread. -1: the temporary file can't be read. */
__attribute__((warn_unused_result)) int deferred_take(struct deferred *deferred, struct feed_batch *batch);

#endif
