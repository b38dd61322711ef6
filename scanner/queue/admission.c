/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/queue/admission.h"

#include <stdlib.h>
#include <string.h>

#include "output/temporary_file.h"
#include "scanner/base/log.h"
#include "scanner/queue/admission_own.h"
#include "scanner/rules/address.h"
#include "scanner/rules/operator.h"

enum {
	LOOKS = 256,        /* lines that one call looks at, so that the lock is held briefly */
	MOVES = 64,         /* domains of one line that one look brings to the lines of servers */
	DISPATCHES = 256,   /* domains of the shared line that one call brings to their own */
	THRIFT_US = 500000, /* until one is looked at again that memory has no room to park */
	/* what a domain may need of a batch's text */
	TARGET_MAX = FEED_TARGET_MAX + EXTRA_MAX,
};

_Static_assert(TARGET_MAX <= sizeof(((struct feed_batch *)NULL)->text), "an empty batch takes any");

struct admission *admission_new(const struct admission_options *options)
{
	struct admission *admission = calloc(1, sizeof(*admission));

	if (!admission)
		return NULL;
	admission->options = *options;
	admission->free = ADMISSION_NOTHING;
	admission->shared.parked_first = ADMISSION_NOTHING;
	admission->store.plenty = ADMISSION_PLENTY;
	/* memory that is not used yet is none */
	admission->line = malloc(ADMISSION_LINES * sizeof(*admission->line));
	admission->bucket = malloc(ADMISSION_BUCKETS * sizeof(*admission->bucket));
	admission->heap = malloc(ADMISSION_LINES * sizeof(*admission->heap));
	memcpy(admission->key, &options->seed, sizeof(options->seed));
	if (!admission->line || !admission->bucket || !admission->heap ||
	    !octet_pool_init(&admission->store.pool, ADMISSION_BLOCKS) ||
	    pthread_mutex_init(&admission->lock, NULL) != 0) {
		octet_pool_fini(&admission->store.pool);
		free(admission->line);
		free(admission->bucket);
		free(admission->heap);
		free(admission);
		return NULL;
	}
	memset(admission->bucket, 0xff, ADMISSION_BUCKETS * sizeof(*admission->bucket)); /* ADMISSION_NOTHING */
	return admission;
}

void admission_free(struct admission *admission)
{
	if (!admission)
		return;
	extent_file_close(&admission->store.file);
	octet_pool_fini(&admission->store.pool);
	pthread_mutex_destroy(&admission->lock);
	free(admission->line);
	free(admission->bucket);
	free(admission->heap);
	free(admission);
}

static void tell_once(struct admission *admission, int failure)
{
	if (!admission->told)
		log_warning("temporary file: %s in %s; no more of the list is read than memory holds of domains that "
			    "wait for their name servers; TMPDIR names another folder",
			    strerror(failure), temporary_folder());
	admission->told = true;
}

void admission_open(struct admission *admission)
{
	int failure;

	pthread_mutex_lock(&admission->lock);
	failure = extent_file_open(&admission->store.file);
	if (failure != 0)
		tell_once(admission, failure);
	pthread_mutex_unlock(&admission->lock);
}

/* ---- putting ---- */

/* To the line of its operator. False: there is no room. */
static bool put_to_own(struct admission *admission, uint64_t operator_hash, const struct admission_entry *entry,
		       uint64_t now_us)
{
	struct admission_line *line = admission_line_find(admission, operator_hash);
	bool was_empty, is_put;

	if (!line)
		line = admission_line_new(admission, operator_hash);
	if (!line)
		return false;
	was_empty = spill_queue_is_empty(&line->queue);
	is_put = admission_line_put(admission, line, entry);
	if (is_put && was_empty && line->parked < ADMISSION_AHEAD)
		admission_line_due(admission, line, line->due_us < now_us ? line->due_us : now_us);
	if (line->waiting == 0)
		admission_line_free(admission, line);
	return is_put;
}

/* To the shared line; those that follow of its operator go there as well, so that they stay in order. */
static bool put_to_shared(struct admission *admission, uint64_t operator_hash, const struct admission_entry *entry)
{
	struct admission_line *line = admission_line_find(admission, operator_hash);

	if (!admission_line_put(admission, &admission->shared, entry))
		return false;
	if (line)
		line->shared++;
	return true;
}

bool admission_put(struct admission *admission, const struct feed_target *target, struct span servers,
		   enum obs_fall_back why, uint64_t now_us)
{
	const struct admission_entry entry = { *target, servers, why };
	uint64_t operator_hash = operator_of(servers);
	const struct admission_line *line;
	bool is_put;

	pthread_mutex_lock(&admission->lock);
	line = admission_line_find(admission, operator_hash);
	is_put = (!(line && line->shared > 0) && put_to_own(admission, operator_hash, &entry, now_us)) ||
		 put_to_shared(admission, operator_hash, &entry);
	if (is_put) {
		admission->waiting++;
		admission->put++;
	} else {
		admission->refused++;
	}
	if (admission->store.failure != 0)
		tell_once(admission, admission->store.failure);
	pthread_mutex_unlock(&admission->lock);
	return is_put;
}

/* From the shared line to their own, in order, as long as these have room. */
static void dispatch(struct admission *admission, uint64_t now_us)
{
	struct admission_line *shared = &admission->shared;

	for (int i = 0; i < DISPATCHES && shared->waiting > 0; i++) {
		struct admission_entry entry;
		enum spill_front front = admission_line_front(admission, shared, &entry);
		struct admission_line *line;
		uint64_t operator_hash;

		if (front == SPILL_BROKEN)
			admission_line_lose(admission, shared);
		if (front != SPILL_FRONT)
			return;
		operator_hash = operator_of(entry.servers);
		if (!put_to_own(admission, operator_hash, &entry, now_us))
			return;
		line = admission_line_find(admission, operator_hash); /* it was put there */
		line->shared -= line->shared > 0;
		admission_line_drop(admission, shared, &entry);
		shared->waiting--;
	}
}

/* ---- taking ---- */

struct taken {
	struct feed_batch *batch;
	struct admission_start *start;
	struct span *servers;
	uint64_t now_us;
};

static struct span copy(struct feed_batch *batch, struct span text)
{
	char *to = batch->text + batch->used;

	if (text.n > 0)
		memcpy(to, text.p, text.n);
	batch->used += (unsigned)text.n;
	return (struct span){ to, text.n };
}

/* The domain leaves. */
static void hand_out(struct admission *admission, struct admission_line *line, const struct admission_entry *entry,
		     struct taken *taken)
{
	struct feed_batch *batch = taken->batch;
	struct feed_target *target = &batch->target[batch->count];
	struct span *servers = &taken->servers[batch->count];

	*target = entry->target;
	target->name = copy(batch, entry->target.name);
	*servers = copy(batch, entry->servers);
	if (entry->target.extra.n > 0 && entry->target.extra.p == entry->servers.p)
		target->extra = *servers;
	else
		target->extra = copy(batch, entry->target.extra);
	batch->count++;
	line->waiting--;
	line->paid = false;
	admission->waiting--;
}

static void look_at_by(struct admission_line *line, uint64_t due_us)
{
	if (due_us < line->due_us)
		line->due_us = due_us;
}

/* What was taken for a domain that waits on, or has left, is nobody's loss. */
static void give_back(struct admission *admission, struct admission_line *line, uint64_t now_us)
{
	if (line->paid && line->paid_of != 0)
		server_books_return_operator(admission->options.books, line->paid_of, ADMISSION_QUESTIONS, now_us);
	line->paid = false;
}

/* Tokens for a domain of @operator: microseconds until there are some; 0: the line has them. It keeps those of one
 * operator: to look at domains of several in vain uses up nobody's. */
static uint64_t pay(struct admission *admission, struct admission_line *line, uint64_t operator_hash, uint64_t now_us)
{
	uint64_t wait_us = 0;

	if (line->paid && line->paid_of == operator_hash)
		return 0;
	give_back(admission, line, now_us);
	if (operator_hash != 0)
		wait_us = server_books_take_operator(admission->options.books, operator_hash, ADMISSION_QUESTIONS,
						     now_us);
	line->paid = wait_us == 0;
	line->paid_of = operator_hash;
	return wait_us;
}

/* A server's line has domains of whatever operator: one that lacks tokens holds up no other's. */
static uint64_t pay_for(struct admission *admission, struct admission_line *line, const struct admission_entry *entry,
			uint64_t now_us)
{
	return line->of_server ? pay(admission, line, operator_of(entry->servers), now_us) : 0;
}

/* A domain that would wait long does so in the line that has @key, of others that wait for the same: whatever is slow
 * or rests, those of its operator go on. The caller takes it out of @line. False: there is no room for it. */
static bool put_apart(struct admission *admission, struct admission_line *line, const struct admission_entry *entry,
		      uint64_t key, uint64_t now_us)
{
	struct admission_line *its = key != 0 ? admission_line_find(admission, key) : NULL;
	bool was_empty;

	if (!its && key != 0 && (its = admission_line_new(admission, key)))
		its->of_server = true;
	if (!its || !its->of_server)
		return false;
	was_empty = spill_queue_is_empty(&its->queue);
	if (!admission_line_put(admission, its, entry)) {
		if (its->waiting == 0)
			admission_line_free(admission, its);
		return false;
	}
	if (was_empty && its->parked < ADMISSION_AHEAD)
		admission_line_due(admission, its, its->due_us < now_us ? its->due_us : now_us);
	line->waiting--;
	return true;
}

/* One of those parked, whose time has come. */
static bool serve_parked(struct admission *admission, struct admission_line *line, struct taken *taken)
{
	struct admission_start *start = &taken->start[taken->batch->count];
	uint32_t before = ADMISSION_NOTHING, next;

	for (uint32_t parked = line->parked_first; parked != ADMISSION_NOTHING; parked = next) {
		struct admission_state state = admission_parked_state(admission, parked);
		struct admission_entry entry;
		uint64_t apart = 0;

		next = state.next;
		if (state.due_us <= taken->now_us && admission_parked_entry(admission, parked, &entry)) {
			uint64_t wait_us = pay_for(admission, line, &entry, taken->now_us);

			if (wait_us > 0) {
				state.due_us = taken->now_us + wait_us;
			} else if (admission_choice(admission, &entry, &state, taken->now_us, start,
						    line->of_server ? NULL : &apart)) {
				hand_out(admission, line, &entry, taken);
				admission_parked_free(admission, line, before, parked);
				return true;
			}
			if (put_apart(admission, line, &entry, apart, taken->now_us)) {
				admission_parked_free(admission, line, before, parked);
				continue;
			}
			admission_parked_store(admission, parked, &state);
		}
		look_at_by(line, state.due_us);
		before = parked;
	}
	return false;
}

/* The first of the queue, or one of those behind it; those before it are parked. */
static bool serve_queue(struct admission *admission, struct admission_line *line, struct taken *taken)
{
	struct admission_start *start = &taken->start[taken->batch->count];
	unsigned moves = 0;

	while (line->parked < ADMISSION_AHEAD) {
		struct admission_state state = { .looks = line->looked };
		uint64_t apart = 0;
		struct admission_entry entry;
		enum spill_front front = admission_line_front(admission, line, &entry);
		uint64_t wait_us;

		if (front == SPILL_BROKEN)
			admission_line_lose(admission, line);
		if (front == SPILL_NO_ROOM)
			look_at_by(line, taken->now_us + THRIFT_US);
		if (front != SPILL_FRONT)
			return false;
		wait_us = pay_for(admission, line, &entry, taken->now_us);
		if (wait_us > 0) {
			state.due_us = taken->now_us + wait_us;
		} else if (admission_choice(admission, &entry, &state, taken->now_us, start,
					    line->of_server ? NULL : &apart)) {
			hand_out(admission, line, &entry, taken);
			admission_line_drop(admission, line, &entry);
			return true;
		}
		if (put_apart(admission, line, &entry, apart, taken->now_us)) {
			admission_line_drop(admission, line, &entry);
			if (++moves < MOVES)
				continue;
			look_at_by(line, taken->now_us);
			return false;
		}
		if (!admission_line_park(admission, line, &entry, &state)) {
			line->looked = true;
			look_at_by(line, taken->now_us + THRIFT_US);
			return false;
		}
		look_at_by(line, state.due_us);
	}
	return false;
}

/* Hand one of its domains out, if one may go. */
static void serve(struct admission *admission, struct admission_line *line, struct taken *taken)
{
	uint64_t wait_us = line->of_server ? 0 : pay(admission, line, line->operator_hash, taken->now_us);

	line->due_us = wait_us > 0 ? taken->now_us + wait_us : ADMISSION_NEVER;
	if (wait_us == 0 && (serve_parked(admission, line, taken) || serve_queue(admission, line, taken)))
		line->due_us = taken->now_us;
	if (line->waiting == 0) { /* those of its operator in the shared line need it, but others may need it more */
		give_back(admission, line, taken->now_us);
		admission_line_free(admission, line);
	} else {
		admission_line_due(admission, line, line->due_us);
	}
}

unsigned admission_take(struct admission *admission, struct feed_batch *batch, struct admission_start start[FEED_BATCH],
			struct span servers[FEED_BATCH], unsigned most, uint64_t now_us, uint64_t *wait_us)
{
	struct taken taken = { batch, start, servers, now_us };
	struct admission_line *line;

	batch->count = batch->used = 0;
	pthread_mutex_lock(&admission->lock);
	dispatch(admission, now_us);
	for (int i = 0; i < LOOKS && batch->count < most && batch->count < FEED_BATCH &&
			sizeof(batch->text) - batch->used >= TARGET_MAX;
	     i++) {
		line = admission_line_first(admission);
		if (!line || line->due_us > now_us)
			break;
		serve(admission, line, &taken);
	}
	line = admission_line_first(admission);
	*wait_us = line ? line->due_us : ADMISSION_NEVER;
	if (*wait_us != ADMISSION_NEVER)
		*wait_us -= *wait_us < now_us ? *wait_us : now_us;
	pthread_mutex_unlock(&admission->lock);
	return batch->count;
}

size_t admission_next_look_up(struct admission *admission, char name[static DOMAIN_NAME_MAX])
{
	struct octet_pool *pool = &admission->store.pool;
	uint8_t length = 0;

	pthread_mutex_lock(&admission->lock);
	if (admission->orders.n > 0) {
		octet_queue_peek(pool, &admission->orders, 0, &length, 1);
		octet_queue_peek(pool, &admission->orders, 1, name, length);
		octet_queue_drop(pool, &admission->orders, 1 + (size_t)length);
	}
	pthread_mutex_unlock(&admission->lock);
	return length;
}

uint64_t admission_waiting(struct admission *admission)
{
	uint64_t waiting;

	pthread_mutex_lock(&admission->lock);
	waiting = admission->waiting;
	pthread_mutex_unlock(&admission->lock);
	return waiting;
}

void admission_error(struct admission *admission, struct error *error)
{
	pthread_mutex_lock(&admission->lock);
	*error = admission->error;
	pthread_mutex_unlock(&admission->lock);
}

/* The name of the operator whose line is longest; of a server's line that of the one who is first in it. */
static void find_slowest(struct admission *admission, struct admission_counts *counts)
{
	struct admission_line *slowest = NULL;
	struct admission_entry entry;
	struct span name = { NULL, 0 };

	for (uint32_t i = 0; i < admission->lines; i++) {
		struct admission_line *line = &admission->line[admission->heap[i]];

		if (line->operator_hash != 0 && (!slowest || line->waiting > slowest->waiting))
			slowest = line;
	}
	if (!slowest)
		return;
	if (slowest->parked > 0 ? admission_parked_entry(admission, slowest->parked_first, &entry)
				: admission_line_front(admission, slowest, &entry) == SPILL_FRONT)
		name = operator_name(entry.servers);
	if (!name.p || name.n > sizeof(admission->slowest))
		return;
	memcpy(admission->slowest, name.p, name.n);
	counts->slowest = (struct span){ admission->slowest, name.n };
	counts->slowest_waiting = slowest->waiting;
}

void admission_counts(struct admission *admission, struct admission_counts *counts)
{
	pthread_mutex_lock(&admission->lock);
	*counts = (struct admission_counts){ .waiting = admission->waiting,
					     .lines = admission->lines,
					     .spilled = (uint64_t)admission->store.file.used * EXTENT_FILE_OCTETS,
					     .put = admission->put,
					     .refused = admission->refused };
	find_slowest(admission, counts);
	pthread_mutex_unlock(&admission->lock);
}
