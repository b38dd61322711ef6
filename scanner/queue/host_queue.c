/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/queue/host_queue.h"

#include <errno.h>
#include <string.h>

#include "output/temporary_file.h"
#include "parsers/siphash.h"
#include "scanner/base/log.h"

/* What stands of a host in the table: the rest of its hash, with these in place of its lowest bits. */
enum {
	HOST_THERE = 1, /* no slot in use is 0 */
	HOST_LOST = 2,  /* its name could not be kept */
	HOST_DONE = 4,  /* the file has its record */
	HOST_BITS = HOST_THERE | HOST_LOST | HOST_DONE,
};

void host_queue_init(struct host_queue *queue)
{
	*queue = (struct host_queue){ .lock = PTHREAD_MUTEX_INITIALIZER };
	hash_table_key(queue->key);
}

void host_queue_fini(struct host_queue *queue)
{
	hash_table_fini(&queue->known);
	name_file_close(&queue->waiting);
	name_file_close(&queue->deferred);
	pthread_mutex_destroy(&queue->lock);
}

static void tell_once(struct host_queue *queue, int failure)
{
	if (!queue->told)
		log_warning("mail servers to be probed: %s, in memory or the temporary file in %s; those that can't be "
			    "kept are not probed, and stay unknown; TMPDIR names another folder",
			    strerror(failure), temporary_folder());
	queue->told = true;
}

void host_queue_open(struct host_queue *queue)
{
	int failure = name_file_open(&queue->waiting);

	if (failure != 0)
		tell_once(queue, failure);
}

/* ---- which are known; under the lock ---- */

/* No two names that strangers choose meet on purpose; by chance, never in practice. */
struct host_hash {
	uint64_t part[2];
};

static struct host_hash hash_of(const struct host_queue *queue, struct span name)
{
	struct host_hash hash;

	siphash_long(queue->key, name, (uint8_t *)hash.part);
	return hash;
}

static uintptr_t rest_of(struct host_hash hash)
{
	return (uintptr_t)hash.part[1] & ~(uintptr_t)HOST_BITS;
}

/* Its item in the table; NULL: it is not known. */
static void **find(const struct host_queue *queue, struct host_hash hash)
{
	for (size_t at = 0; at < queue->known.reach; at++) {
		struct hash_slot *slot = hash_table_slot(&queue->known, hash.part[0], at);

		if (!slot->item)
			return NULL;
		if (slot->hash == hash.part[0] && ((uintptr_t)slot->item & ~(uintptr_t)HOST_BITS) == rest_of(hash))
			return &slot->item;
	}
	return NULL;
}

static bool has_mark(void *const *item, uintptr_t mark)
{
	return (uintptr_t)*item & mark;
}

static void change_mark(void **item, uintptr_t set, uintptr_t clear)
{
	*item = (void *)(((uintptr_t)*item & ~clear) | set);
}

/* False: no memory. */
static bool learn(struct host_queue *queue, struct host_hash hash, uintptr_t mark)
{
	if (!hash_table_reserve(&queue->known, 1))
		return false;
	hash_table_put(&queue->known, hash.part[0], (void *)(rest_of(hash) | HOST_THERE | mark));
	queue->seen++;
	return true;
}

static void add(struct host_queue *queue, struct span name)
{
	struct host_hash hash = hash_of(queue, name);
	void **item = find(queue, hash);
	int failure;

	if (item && !has_mark(item, HOST_LOST)) {
		queue->joined++;
		return;
	}
	failure = item || hash_table_reserve(&queue->known, 1) ? 0 : ENOMEM;
	if (failure == 0)
		failure = name_file_put(&queue->waiting, &(struct name_entry){ .name = name });
	if (failure != 0)
		tell_once(queue, failure);
	else
		queue->left++;
	if (!item) {
		queue->lost += failure != 0;
		(void)learn(queue, hash, failure ? HOST_LOST : 0); /* without room, it is lost unknown */
	} else if (failure == 0) {
		queue->lost--;
		change_mark(item, 0, HOST_LOST);
	}
}

void host_queue_add(struct host_queue *queue, struct span name)
{
	pthread_mutex_lock(&queue->lock);
	add(queue, name);
	pthread_mutex_unlock(&queue->lock);
}

void host_queue_add_domain(struct host_queue *queue, enum options_smtp smtp, const struct observation *observation,
			   const struct judgement *judgement)
{
	const struct obs_mx *mx = &observation->mx;

	if (mx->count == 0 || smtp == OPTIONS_SMTP_NONE ||
	    (smtp == OPTIONS_SMTP_STS && !judgement_has_record(judgement, TXT_STS)))
		return;
	pthread_mutex_lock(&queue->lock);
	for (uint32_t i = 0; i < mx->count; i++)
		if (mx->record[i].name.n > 0) /* else the root: a null MX (RFC 7505), or a slip */
			add(queue, mx->record[i].name);
	pthread_mutex_unlock(&queue->lock);
}

int host_queue_done(struct host_queue *queue, struct span name)
{
	struct host_hash hash = hash_of(queue, name);
	void **item;
	bool known;

	pthread_mutex_lock(&queue->lock);
	item = find(queue, hash);
	known = item || learn(queue, hash, HOST_DONE);
	if (item && !has_mark(item, HOST_DONE)) {
		*(has_mark(item, HOST_LOST) ? &queue->lost : &queue->left) -= 1;
		change_mark(item, HOST_DONE, HOST_LOST);
	}
	pthread_mutex_unlock(&queue->lock);
	return known ? 0 : -1;
}

/* ---- those to be looked at ---- */

/* One that is to be looked at; false: there is none. */
static bool take_of(struct host_queue *queue, struct name_file *file, _Atomic uint64_t *left, struct host_taken *taken)
{
	struct name_entry entry;

	while (file->count > 0) {
		void **item;

		if (!name_file_take(file, &entry, taken->text, sizeof(taken->text))) {
			error_set(&queue->error,
				  "temporary file: %llu mail servers in it can't be read; --resume probes them",
				  (unsigned long long)*left);
			*left = file->count = 0;
			return false;
		}
		item = find(queue, hash_of(queue, entry.name));
		if (item && has_mark(item, HOST_DONE))
			continue; /* it is not among those left */
		taken->name = entry.name;
		taken->passes = (uint8_t)entry.index;
		--*left;
		return true;
	}
	return false;
}

bool host_queue_take(struct host_queue *queue, bool second, struct host_taken *taken)
{
	bool is_there;

	pthread_mutex_lock(&queue->lock);
	is_there = take_of(queue, &queue->waiting, &queue->left, taken) ||
		   (second && take_of(queue, &queue->deferred, &queue->deferred_left, taken));
	pthread_mutex_unlock(&queue->lock);
	return is_there;
}

int host_queue_defer(struct host_queue *queue, struct span name, uint8_t passes)
{
	int failure;

	pthread_mutex_lock(&queue->lock);
	failure = name_file_put(&queue->deferred, &(struct name_entry){ .index = passes, .name = name });
	if (failure != 0)
		tell_once(queue, failure);
	else
		queue->deferred_left++;
	pthread_mutex_unlock(&queue->lock);
	return failure == 0 ? 0 : -1;
}

bool host_queue_is_empty(const struct host_queue *queue, bool second)
{
	return atomic_load(&queue->left) == 0 && (!second || atomic_load(&queue->deferred_left) == 0);
}
