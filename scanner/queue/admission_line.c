/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "parsers/hash.h"
#include "scanner/queue/admission_own.h"

/* ---- which operator has which ---- */

static uint32_t *bucket_of(const struct admission *admission, uint64_t operator_hash)
{
	return &admission->bucket[hash_mix(operator_hash, admission->options.seed) % ADMISSION_BUCKETS];
}

struct admission_line *admission_line_find(const struct admission *admission, uint64_t operator_hash)
{
	uint32_t at = *bucket_of(admission, operator_hash);

	while (at != ADMISSION_NOTHING && admission->line[at].operator_hash != operator_hash)
		at = admission->line[at].chain;
	return at != ADMISSION_NOTHING ? &admission->line[at] : NULL;
}

/* ---- the heap ---- */

static bool is_before(const struct admission_line *a, const struct admission_line *b)
{
	return a->due_us != b->due_us ? a->due_us < b->due_us : a->turn < b->turn;
}

static void put_at(struct admission *admission, uint32_t place, uint32_t at)
{
	admission->heap[place] = at;
	admission->line[at].place = place;
}

/* The line @at belongs at @place, above it or below. */
static void settle(struct admission *admission, uint32_t place, uint32_t at)
{
	const struct admission_line *line = &admission->line[at];

	while (place > 0 && is_before(line, &admission->line[admission->heap[(place - 1) / 2]])) {
		put_at(admission, place, admission->heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	for (uint32_t below; (below = 2 * place + 1) < admission->lines; place = below) {
		if (below + 1 < admission->lines &&
		    is_before(&admission->line[admission->heap[below + 1]], &admission->line[admission->heap[below]]))
			below++;
		if (!is_before(&admission->line[admission->heap[below]], line))
			break;
		put_at(admission, place, admission->heap[below]);
	}
	put_at(admission, place, at);
}

struct admission_line *admission_line_first(const struct admission *admission)
{
	return admission->lines > 0 ? &admission->line[admission->heap[0]] : NULL;
}

void admission_line_due(struct admission *admission, struct admission_line *line, uint64_t due_us)
{
	line->due_us = due_us;
	line->turn = ++admission->turn;
	settle(admission, line->place, (uint32_t)(line - admission->line));
}

struct admission_line *admission_line_new(struct admission *admission, uint64_t operator_hash)
{
	uint32_t at = admission->free, *bucket = bucket_of(admission, operator_hash);
	struct admission_line *line;

	if (at != ADMISSION_NOTHING)
		admission->free = admission->line[at].chain;
	else if (admission->fresh < ADMISSION_LINES)
		at = admission->fresh++;
	else
		return NULL;
	line = &admission->line[at];
	*line = (struct admission_line){ .operator_hash = operator_hash,
					 .due_us = ADMISSION_NEVER,
					 .turn = ++admission->turn,
					 .parked_first = ADMISSION_NOTHING,
					 .chain = *bucket };
	*bucket = at;
	settle(admission, admission->lines++, at);
	return line;
}

void admission_line_free(struct admission *admission, struct admission_line *line)
{
	uint32_t at = (uint32_t)(line - admission->line), *link = bucket_of(admission, line->operator_hash);
	uint32_t last = admission->heap[--admission->lines];

	while (*link != at)
		link = &admission->line[*link].chain;
	*link = line->chain;
	if (last != at)
		settle(admission, line->place, last);
	line->chain = admission->free;
	admission->free = at;
}

/* ---- the queue ---- */

/* What those written before and read before were is of no use where none is left. */
static void forget_before(struct admission *admission, struct admission_line *line)
{
	octet_queue_drop(&admission->store.pool, &line->servers, line->servers.n);
	line->written = (struct admission_written){ 0 };
	line->index = 0;
}

bool admission_line_put(struct admission *admission, struct admission_line *line, const struct admission_entry *entry)
{
	struct admission_written written = line->written;
	char text[ADMISSION_ENTRY_MAX];
	struct span record = admission_entry_encode(&written, admission->key, entry, text);
	/* the shared one may always have extents, and fill one */
	struct spill_limit limit = line == &admission->shared
					   ? (struct spill_limit){ ADMISSION_SPILLED, ADMISSION_KEPT / 2 }
					   : (struct spill_limit){ ADMISSION_SPILLED - 1, ADMISSION_KEPT };

	if (!spill_queue_put(&admission->store, &line->queue, limit, record))
		return false;
	line->written = written;
	line->waiting++;
	return true;
}

enum spill_front admission_line_front(struct admission *admission, struct admission_line *line,
				      struct admission_entry *entry)
{
	struct octet_pool *pool = &admission->store.pool;
	struct span record, servers = { admission->servers, line->servers.n };
	enum spill_front front = spill_queue_front(&admission->store, &line->queue, admission->record,
						   sizeof(admission->record), &record);

	if (front != SPILL_FRONT)
		return front;
	octet_queue_peek(pool, &line->servers, 0, admission->servers, servers.n);
	if (!admission_entry_decode(record, line->index, servers, entry))
		return SPILL_BROKEN;
	/* those behind it may need what it has */
	return octet_queue_needs(&(struct octet_queue){ 0 }, entry->servers.n) <= pool->left ? SPILL_FRONT
											     : SPILL_NO_ROOM;
}

void admission_line_drop(struct admission *admission, struct admission_line *line, const struct admission_entry *entry)
{
	struct octet_pool *pool = &admission->store.pool;

	spill_queue_drop(&admission->store, &line->queue);
	line->index = entry->target.index;
	line->looked = false;
	if (spill_queue_is_empty(&line->queue)) {
		forget_before(admission, line);
		return;
	}
	if (entry->servers.p == admission->servers) /* the same as before */
		return;
	octet_queue_drop(pool, &line->servers, line->servers.n);
	if (!octet_queue_put(pool, &line->servers, entry->servers.p, entry->servers.n))
		admission_line_lose(admission, line); /* admission_line_front has seen to it that there is room */
}

void admission_line_lose(struct admission *admission, struct admission_line *line)
{
	uint32_t lost = line->waiting - line->parked;

	spill_queue_clear(&admission->store, &line->queue);
	forget_before(admission, line);
	line->waiting -= lost;
	admission->waiting -= lost;
	admission->lost += lost;
	error_set(&admission->error,
		  "temporary file: %llu domains that waited in it for their name servers can't be read; --resume "
		  "surveys them",
		  (unsigned long long)admission->lost);
	if (line == &admission->shared)
		for (uint32_t i = 0; i < admission->fresh; i++)
			admission->line[i].shared = 0;
}

/* ---- those parked ---- */

static char *parked_at(const struct admission *admission, uint32_t parked)
{
	return admission->store.pool.block[parked].octet;
}

struct admission_state admission_parked_state(const struct admission *admission, uint32_t parked)
{
	struct admission_state state; /* what a block holds is not aligned for it */

	memcpy(&state, parked_at(admission, parked), sizeof(state));
	return state;
}

void admission_parked_store(struct admission *admission, uint32_t parked, const struct admission_state *state)
{
	memcpy(parked_at(admission, parked), state, sizeof(*state));
}

static struct octet_queue octets_of(const struct admission *admission, uint32_t parked)
{
	return (struct octet_queue){ .first = parked, .n = admission_parked_state(admission, parked).octets };
}

bool admission_line_park(struct admission *admission, struct admission_line *line, const struct admission_entry *entry,
			 struct admission_state *state)
{
	struct octet_pool *pool = &admission->store.pool;
	char text[sizeof(*state) + ADMISSION_ENTRY_MAX];
	struct span record = admission_entry_encode(&(struct admission_written){ 0 }, admission->key, entry,
						    text + sizeof(*state));
	struct octet_queue octets = { 0 };
	size_t n = sizeof(*state) + record.n;

	if (octet_queue_needs(&octets, n) + octet_queue_needs(&octets, entry->servers.n) > pool->left ||
	    (line->parked > 0 && pool->left < ADMISSION_PLENTY))
		return false;
	state->octets = (uint16_t)n;
	state->next = ADMISSION_NOTHING;
	memcpy(text, state, sizeof(*state));
	if (!octet_queue_put(pool, &octets, text, n))
		return false;
	if (line->parked++ == 0) {
		line->parked_first = octets.first;
	} else {
		struct admission_state last = admission_parked_state(admission, line->parked_last);

		last.next = octets.first;
		admission_parked_store(admission, line->parked_last, &last);
	}
	line->parked_last = octets.first;
	admission_line_drop(admission, line, entry);
	return true;
}

bool admission_parked_entry(struct admission *admission, uint32_t parked, struct admission_entry *entry)
{
	struct octet_queue octets = octets_of(admission, parked);
	struct span record = { admission->record, octets.n - sizeof(struct admission_state) };

	octet_queue_peek(&admission->store.pool, &octets, sizeof(struct admission_state), admission->record, record.n);
	return admission_entry_decode(record, 0, (struct span){ NULL, 0 }, entry);
}

void admission_parked_free(struct admission *admission, struct admission_line *line, uint32_t before, uint32_t parked)
{
	struct admission_state state = admission_parked_state(admission, parked);
	struct octet_queue octets = octets_of(admission, parked);

	if (before == ADMISSION_NOTHING) {
		line->parked_first = state.next;
	} else {
		struct admission_state last = admission_parked_state(admission, before);

		last.next = state.next;
		admission_parked_store(admission, before, &last);
	}
	if (line->parked_last == parked)
		line->parked_last = before;
	line->parked--;
	octet_queue_drop(&admission->store.pool, &octets, octets.n);
}
