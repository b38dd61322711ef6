/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/queue/deferred.h"

#include <string.h>

#include "output/temporary_file.h"
#include "scanner/base/log.h"

void deferred_init(struct deferred *deferred)
{
	*deferred = (struct deferred){ .lock = PTHREAD_MUTEX_INITIALIZER };
}

void deferred_fini(struct deferred *deferred)
{
	name_file_close(&deferred->names);
	pthread_mutex_destroy(&deferred->lock);
}

static void tell_once(struct deferred *deferred, int failure)
{
	if (!deferred->told)
		log_warning("temporary file: %s in %s; domains that stay unknown are recorded so, and not asked again; "
			    "TMPDIR names another folder",
			    strerror(failure), temporary_folder());
	deferred->told = true;
}

void deferred_open(struct deferred *deferred)
{
	int failure = name_file_open(&deferred->names);

	if (failure != 0)
		tell_once(deferred, failure);
}

int deferred_put(struct deferred *deferred, const struct name_entry *entry)
{
	int failure;

	pthread_mutex_lock(&deferred->lock);
	failure = name_file_put(&deferred->names, entry);
	if (failure == 0) {
		deferred->count++;
	} else {
		deferred->failed++;
		tell_once(deferred, failure);
	}
	pthread_mutex_unlock(&deferred->lock);
	return failure == 0 ? 0 : -1;
}

void deferred_take(struct deferred *deferred, struct feed_batch *batch)
{
	struct name_entry entry;

	batch->count = batch->used = 0;
	pthread_mutex_lock(&deferred->lock);
	while (feed_batch_has_room(batch) && deferred->count > 0) {
		if (name_file_take(&deferred->names, &entry, batch->text + batch->used, FEED_TARGET_MAX)) {
			batch->target[batch->count++] = (struct feed_target){ .index = entry.index,
									      .rank = entry.rank,
									      .input = INPUT_OK,
									      .name = entry.name,
									      .extra = entry.extra,
									      .servers = entry.servers,
									      .why = entry.why };
			batch->used += (unsigned)(entry.name.n + entry.extra.n + entry.servers.n);
			deferred->count--;
			continue;
		}
		error_set(&deferred->error, "temporary file: %llu domains in it can't be read; --resume surveys them",
			  (unsigned long long)deferred->count);
		deferred->count = 0;
	}
	pthread_mutex_unlock(&deferred->lock);
}
