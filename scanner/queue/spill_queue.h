/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/queue/spill_queue.h - many queues of records, first in, first out, the middle of the long ones in a file.
 *
 * A queue is its head, which is read, in memory; whole extents of one file that all queues share; and its tail, which
 * is written, in memory. So a record is written once and read once, if it comes to the file at all. An extent begins
 * with the number of the next one. One thread at a time.
 */
#ifndef STSURVEY_SCANNER_QUEUE_SPILL_QUEUE_H
#define STSURVEY_SCANNER_QUEUE_SPILL_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/span.h"
#include "scanner/queue/extent_file.h"
#include "scanner/queue/octet_queue.h"

enum {
	SPILL_HEAD = 4,                               /* octets of an extent that are the number of the next */
	SPILL_TEXT = EXTENT_FILE_OCTETS - SPILL_HEAD, /* and of the queue */
	SPILL_PIECE = 1024 - SPILL_HEAD,              /* of it that are read at once where memory is short */
	SPILL_RECORD_MAX = UINT16_MAX,                /* octets */
};

struct spill_store {
	struct octet_pool pool;
	struct extent_file file;
	unsigned spilled; /* queues with extents */
	uint32_t plenty;  /* blocks of memory: as long as more are left, extents are read whole */
	int failure;      /* errno of the last write; 0: it went well */
};

/* All zero is an empty one. */
struct spill_queue {
	struct octet_queue head, tail;
	uint32_t extents;           /* in the file; 0: the next four mean nothing */
	uint32_t first, next, last; /* the first of them, the one behind it, and the one to be written next */
	uint32_t read;              /* octets of the first that were; 0: next is not known */
};

struct spill_limit {
	unsigned spilled; /* queues with extents beyond which this one may not become one */
	uint32_t kept;    /* blocks of memory that are left for those that are read */
};

/* False: neither memory nor the file has room for it just now. */
__attribute__((warn_unused_result)) bool spill_queue_put(struct spill_store *store, struct spill_queue *queue,
							 struct spill_limit limit, struct span record);

enum spill_front { SPILL_FRONT, SPILL_EMPTY, SPILL_NO_ROOM, SPILL_BROKEN };

/* Copy the first record to @text, which has room for @size octets. NO_ROOM: memory is short, later there may be some.
 * BROKEN: the file can't be read; what is behind that can't be found. */
__attribute__((warn_unused_result)) enum spill_front
spill_queue_front(struct spill_store *store, struct spill_queue *queue, char *text, size_t size, struct span *record);

/* Take away the first record, which spill_queue_front has shown. */
void spill_queue_drop(struct spill_store *store, struct spill_queue *queue);

static inline bool spill_queue_is_empty(const struct spill_queue *queue)
{
	return queue->head.n == 0 && queue->extents == 0 && queue->tail.n == 0;
}

/* Give back all it has. */
void spill_queue_clear(struct spill_store *store, struct spill_queue *queue);

#endif
