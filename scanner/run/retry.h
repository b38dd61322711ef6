/* scanner/run/retry.h - domains to be asked again at the end, kept in an unnamed temporary file so that their number
 * costs no memory. After a crash they are simply not in the scan file yet, and --resume surveys them.
 */
#ifndef STSURVEY_SCANNER_RUN_RETRY_H
#define STSURVEY_SCANNER_RUN_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/classify/judgement.h"
#include "scanner/feed/feed.h"

struct retry;

/* Is there hope that asking again later tells more? */
bool retry_is_worth_it(const struct observation *observation, const struct judgement *judgement);

struct retry *retry_new(void); /* NULL: no memory */
void retry_free(struct retry *retry);

/* Keep one. Any thread. 0, or -1 when the temporary file can't take it: then what is known is what is recorded. */
__attribute__((warn_unused_result)) int retry_put(struct retry *retry, uint64_t index, uint64_t rank, struct span name);

/* How many were kept. Any thread. */
uint64_t retry_count(struct retry *retry);

/* No more puts: from now on they are taken. */
void retry_rewind(struct retry *retry);

/* Fill @batch with the next ones; 0 targets at the end. Any thread. -1: the temporary file can't be read. */
__attribute__((warn_unused_result)) int retry_take(struct retry *retry, struct feed_batch *batch);

#endif
