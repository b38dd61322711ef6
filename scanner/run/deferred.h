/* scanner/run/deferred.h - domains to be asked again at the end, kept in an unnamed temporary file so that their number
 * costs no memory. After a crash they are simply not in the scan file yet, and --resume surveys them.
 */
#ifndef STSURVEY_SCANNER_RUN_DEFERRED_H
#define STSURVEY_SCANNER_RUN_DEFERRED_H

#include <stdint.h>

#include "output/error.h"
#include "scanner/feed/feed.h"

struct deferred;

struct deferred *deferred_new(void); /* NULL: no memory */
void deferred_free(struct deferred *deferred);

/* Keep one. Any thread. 0, or -1 when the temporary file can't take it: then what is known now is what is recorded. It
 * is counted, and the first one is told in the log. */
__attribute__((warn_unused_result)) int deferred_put(struct deferred *deferred, uint64_t index, uint64_t rank,
						     struct span name);

/* How many are kept; how many could not be. Any thread. */
uint64_t deferred_count(struct deferred *deferred);
uint64_t deferred_refused(struct deferred *deferred);

/* No more puts: from now on they are taken. */
void deferred_rewind(struct deferred *deferred);

/* Fill @batch with the next ones; 0 targets at the end, which comes early where the file can't be read. Any thread. */
void deferred_take(struct deferred *deferred, struct feed_batch *batch);

/* Why deferred_take came to an early end; "" as long as it did not. Any thread. */
void deferred_error(struct deferred *deferred, struct error *error);

#endif
