/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/queue/spill_queue.h"

#include <errno.h>
#include <string.h>

enum { LENGTH = 2 }; /* octets in front of a record */

/* Nothing is between the two, and nothing left of the head. */
static void take_over_tail(struct spill_queue *queue)
{
	queue->head = queue->tail;
	queue->tail = (struct octet_queue){ 0 };
}

/* ---- the tail ---- */

/* The first octets of the tail become an extent. 0 or errno, and the tail is as it was. */
static int write_extent(struct spill_store *store, struct spill_queue *queue)
{
	char octets[EXTENT_FILE_OCTETS];
	uint32_t extent = queue->extents > 0 ? queue->last : extent_file_take(&store->file);
	uint32_t next = extent == EXTENT_FILE_NONE ? extent : extent_file_take(&store->file);
	int failure = ENOMEM;

	if (next != EXTENT_FILE_NONE) {
		memcpy(octets, &next, SPILL_HEAD);
		octet_queue_peek(&store->pool, &queue->tail, 0, octets + SPILL_HEAD, SPILL_TEXT);
		failure = extent_file_write(&store->file, extent, octets);
	}
	if (failure != 0) {
		if (next != EXTENT_FILE_NONE)
			extent_file_give(&store->file, next);
		if (queue->extents == 0 && extent != EXTENT_FILE_NONE)
			extent_file_give(&store->file, extent);
		return failure;
	}
	octet_queue_drop(&store->pool, &queue->tail, SPILL_TEXT);
	if (queue->extents++ == 0) {
		store->spilled++;
		queue->first = extent;
		queue->read = 0;
	}
	queue->last = next;
	return 0;
}

bool spill_queue_put(struct spill_store *store, struct spill_queue *queue, struct spill_limit limit, struct span record)
{
	const uint16_t length = (uint16_t)record.n;
	bool may_spill = queue->extents > 0 || store->spilled < limit.spilled;

	if (queue->extents == 0 && queue->head.n == 0)
		take_over_tail(queue);
	while (queue->tail.n >= SPILL_TEXT) {
		if (!may_spill)
			return false;
		store->failure = write_extent(store, queue);
		if (store->failure != 0)
			break; /* what memory holds, it may */
	}
	if (octet_queue_needs(&queue->tail, LENGTH + record.n) + limit.kept > store->pool.left)
		return false;
	return octet_queue_put(&store->pool, &queue->tail, &length, LENGTH) &&
	       octet_queue_put(&store->pool, &queue->tail, record.p, record.n);
}

/* ---- the head ---- */

static void give_first(struct spill_store *store, struct spill_queue *queue)
{
	extent_file_give(&store->file, queue->first);
	queue->first = queue->next;
	queue->read = 0;
	if (--queue->extents > 0)
		return;
	extent_file_give(&store->file, queue->last);
	store->spilled--;
}

/* More of the file to the head: a whole extent where there is plenty of memory. */
static enum spill_front read_piece(struct spill_store *store, struct spill_queue *queue)
{
	char octets[EXTENT_FILE_OCTETS];
	size_t text = store->pool.left > store->plenty ? SPILL_TEXT : SPILL_PIECE;
	size_t head = queue->read == 0 ? SPILL_HEAD : 0, left = SPILL_TEXT - queue->read;

	text = text < left ? text : left;
	if (octet_queue_needs(&queue->head, text) > store->pool.left)
		return SPILL_NO_ROOM;
	if (extent_file_read(&store->file, queue->first, queue->read + SPILL_HEAD - head, octets, head + text) != 0)
		return SPILL_BROKEN;
	if (head > 0)
		memcpy(&queue->next, octets, SPILL_HEAD);
	if (!octet_queue_put(&store->pool, &queue->head, octets + head, text))
		return SPILL_NO_ROOM; /* it was seen to that there is */
	queue->read += (uint32_t)text;
	if (queue->read == SPILL_TEXT)
		give_first(store, queue);
	return SPILL_FRONT;
}

/* The tail's first octets to the head, which has the beginning of a record that goes on there. */
static enum spill_front read_tail(struct spill_store *store, struct spill_queue *queue)
{
	char octets[OCTET_BLOCK];
	size_t n = queue->tail.n < sizeof(octets) ? queue->tail.n : sizeof(octets);

	if (queue->head.n == 0) {
		take_over_tail(queue);
		return SPILL_FRONT;
	}
	octet_queue_peek(&store->pool, &queue->tail, 0, octets, n);
	if (!octet_queue_put(&store->pool, &queue->head, octets, n))
		return SPILL_NO_ROOM;
	octet_queue_drop(&store->pool, &queue->tail, n);
	return SPILL_FRONT;
}

enum spill_front spill_queue_front(struct spill_store *store, struct spill_queue *queue, char *text, size_t size,
				   struct span *record)
{
	for (;;) {
		enum spill_front more;
		uint16_t length;

		if (queue->head.n >= LENGTH) {
			octet_queue_peek(&store->pool, &queue->head, 0, &length, LENGTH);
			if (length > size)
				return SPILL_BROKEN;
			if (queue->head.n >= LENGTH + (size_t)length) {
				octet_queue_peek(&store->pool, &queue->head, LENGTH, text, length);
				*record = (struct span){ text, length };
				return SPILL_FRONT;
			}
		}
		if (spill_queue_is_empty(queue))
			return SPILL_EMPTY;
		if (queue->extents > 0)
			more = read_piece(store, queue);
		else
			more = queue->tail.n > 0 ? read_tail(store, queue) : SPILL_BROKEN;
		if (more != SPILL_FRONT)
			return more;
	}
}

void spill_queue_drop(struct spill_store *store, struct spill_queue *queue)
{
	uint16_t length;

	octet_queue_peek(&store->pool, &queue->head, 0, &length, LENGTH);
	octet_queue_drop(&store->pool, &queue->head, LENGTH + (size_t)length);
}

void spill_queue_clear(struct spill_store *store, struct spill_queue *queue)
{
	octet_queue_drop(&store->pool, &queue->head, queue->head.n);
	octet_queue_drop(&store->pool, &queue->tail, queue->tail.n);
	while (queue->extents > 0) {
		bool is_known = queue->read > 0;

		if (!is_known && extent_file_read(&store->file, queue->first, 0, (char *)&queue->next, SPILL_HEAD) != 0)
			break; /* those behind can't be found: they stay in use */
		give_first(store, queue);
	}
	if (queue->extents > 0) {
		extent_file_give(&store->file, queue->last);
		store->spilled--;
	}
	*queue = (struct spill_queue){ 0 };
}
