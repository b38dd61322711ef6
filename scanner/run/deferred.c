#include "scanner/run/deferred.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "scanner/base/log.h"

struct deferred {
	pthread_mutex_t lock;
	FILE *file; /* NULL until the first one */
	uint64_t count, refused;
	struct error error;
};

/* On file: this, then the name's octets. */
struct entry {
	uint64_t index, rank;
	uint64_t length;
};

struct deferred *deferred_new(void)
{
	struct deferred *deferred = calloc(1, sizeof(*deferred));

	if (deferred)
		pthread_mutex_init(&deferred->lock, NULL);
	return deferred;
}

void deferred_free(struct deferred *deferred)
{
	if (!deferred)
		return;
	if (deferred->file)
		fclose(deferred->file);
	pthread_mutex_destroy(&deferred->lock);
	free(deferred);
}

/* Flushed at once, a failed write is this one's and no earlier one's; deferred domains are few. */
static int append(struct deferred *deferred, const struct entry *entry, const char *name)
{
	int reason;
	long at;

	if (!deferred->file)
		deferred->file = tmpfile();
	if (!deferred->file)
		return -1;
	at = ftell(deferred->file);
	if (fwrite(entry, sizeof(*entry), 1, deferred->file) == 1 &&
	    fwrite(name, 1, entry->length, deferred->file) == entry->length && fflush(deferred->file) == 0)
		return 0;
	reason = errno;
	clearerr(deferred->file);
	if (at >= 0)
		fseek(deferred->file, at, SEEK_SET);
	errno = reason;
	return -1;
}

int deferred_put(struct deferred *deferred, uint64_t index, uint64_t rank, struct span name)
{
	struct entry entry = { index, rank, name.n };
	int result;

	pthread_mutex_lock(&deferred->lock);
	result = append(deferred, &entry, name.p);
	if (result == 0)
		deferred->count++;
	else if (deferred->refused++ == 0)
		log_warning("temporary file: %s; domains that stay unknown are recorded so, and not asked again",
			    strerror(errno));
	pthread_mutex_unlock(&deferred->lock);
	return result;
}

static uint64_t read_locked(struct deferred *deferred, const uint64_t *member)
{
	uint64_t value;

	pthread_mutex_lock(&deferred->lock);
	value = *member;
	pthread_mutex_unlock(&deferred->lock);
	return value;
}

uint64_t deferred_count(struct deferred *deferred)
{
	return read_locked(deferred, &deferred->count);
}

uint64_t deferred_refused(struct deferred *deferred)
{
	return read_locked(deferred, &deferred->refused);
}

void deferred_rewind(struct deferred *deferred)
{
	pthread_mutex_lock(&deferred->lock);
	if (deferred->file)
		rewind(deferred->file);
	pthread_mutex_unlock(&deferred->lock);
}

static int take_one(struct deferred *deferred, struct feed_target *target, char *text)
{
	struct entry entry;

	if (fread(&entry, sizeof(entry), 1, deferred->file) != 1 || entry.length > OBS_LINE_MAX ||
	    fread(text, 1, entry.length, deferred->file) != entry.length)
		return -1;
	*target = (struct feed_target){
		.index = entry.index, .rank = entry.rank, .input = INPUT_OK, .name = { text, entry.length }
	};
	deferred->count--;
	return 0;
}

/* Nothing behind what can't be read can be found. */
static void lose_rest(struct deferred *deferred)
{
	error_set(&deferred->error, "temporary file: %llu domains in it can't be read; --resume surveys them",
		  (unsigned long long)deferred->count);
	deferred->count = 0;
}

void deferred_take(struct deferred *deferred, struct feed_batch *batch)
{
	batch->count = 0;
	pthread_mutex_lock(&deferred->lock);
	while (batch->count < FEED_BATCH && deferred->count > 0) {
		if (take_one(deferred, &batch->target[batch->count], batch->text + batch->count * OBS_LINE_MAX) < 0)
			lose_rest(deferred);
		else
			batch->count++;
	}
	pthread_mutex_unlock(&deferred->lock);
}

void deferred_error(struct deferred *deferred, struct error *error)
{
	pthread_mutex_lock(&deferred->lock);
	*error = deferred->error;
	pthread_mutex_unlock(&deferred->lock);
}
