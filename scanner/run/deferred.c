#include "scanner/run/deferred.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct deferred {
	pthread_mutex_t lock;
	FILE *file; /* NULL until the first one */
	uint64_t count;
};

/* On file: this, then the name's octets. */
struct entry {
	uint64_t index, rank;
	uint64_t length;
};

bool deferred_is_worth_it(const struct observation *observation, const struct judgement *judgement)
{
	switch (observation->policy.status) {
	case CONNECT_TIMEOUT:
	case CONNECT_UNREACHABLE:
	case CONNECT_IO_TIMEOUT:
		return true;
	default:
		return judgement->status == DOMAIN_UNKNOWN || observation->policy.http.failure == HTTP_TIMEOUT;
	}
}

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

int deferred_put(struct deferred *deferred, uint64_t index, uint64_t rank, struct span name)
{
	struct entry entry = { index, rank, name.n };
	int result = -1;

	pthread_mutex_lock(&deferred->lock);
	if (!deferred->file)
		deferred->file = tmpfile();
	/* Flushed at once, a failed write is this one's and no earlier one's; deferred domains are few. */
	if (deferred->file) {
		long at = ftell(deferred->file);

		if (fwrite(&entry, sizeof(entry), 1, deferred->file) == 1 &&
		    fwrite(name.p, 1, name.n, deferred->file) == name.n && fflush(deferred->file) == 0) {
			deferred->count++;
			result = 0;
		} else if (at >= 0) {
			clearerr(deferred->file);
			fseek(deferred->file, at, SEEK_SET);
		}
	}
	pthread_mutex_unlock(&deferred->lock);
	return result;
}

uint64_t deferred_count(struct deferred *deferred)
{
	uint64_t count;

	pthread_mutex_lock(&deferred->lock);
	count = deferred->count;
	pthread_mutex_unlock(&deferred->lock);
	return count;
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

int deferred_take(struct deferred *deferred, struct feed_batch *batch)
{
	int result = 0;

	batch->count = 0;
	pthread_mutex_lock(&deferred->lock);
	while (result == 0 && batch->count < FEED_BATCH && deferred->count > 0) {
		result = take_one(deferred, &batch->target[batch->count], batch->text + batch->count * OBS_LINE_MAX);
		batch->count += result == 0;
	}
	if (result < 0)
		deferred->count = 0; /* nothing behind it can be found */
	pthread_mutex_unlock(&deferred->lock);
	return result;
}
