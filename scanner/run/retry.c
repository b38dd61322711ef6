#include "scanner/run/retry.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct retry {
	pthread_mutex_t lock;
	FILE *file; /* NULL until the first one */
	uint64_t count;
};

/* On file: this, then the name's octets. */
struct entry {
	uint64_t index, rank;
	uint64_t length;
};

bool retry_is_worth_it(const struct observation *observation, const struct judgement *judgement)
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

struct retry *retry_new(void)
{
	struct retry *retry = calloc(1, sizeof(*retry));

	if (retry)
		pthread_mutex_init(&retry->lock, NULL);
	return retry;
}

void retry_free(struct retry *retry)
{
	if (!retry)
		return;
	if (retry->file)
		fclose(retry->file);
	pthread_mutex_destroy(&retry->lock);
	free(retry);
}

int retry_put(struct retry *retry, uint64_t index, uint64_t rank, struct span name)
{
	struct entry entry = { index, rank, name.n };
	int result = -1;

	pthread_mutex_lock(&retry->lock);
	if (!retry->file)
		retry->file = tmpfile();
	/* Flushed at once, a failed write is this one's and no earlier one's; deferred domains are few. */
	if (retry->file) {
		long at = ftell(retry->file);

		if (fwrite(&entry, sizeof(entry), 1, retry->file) == 1 &&
		    fwrite(name.p, 1, name.n, retry->file) == name.n && fflush(retry->file) == 0) {
			retry->count++;
			result = 0;
		} else if (at >= 0) {
			clearerr(retry->file);
			fseek(retry->file, at, SEEK_SET);
		}
	}
	pthread_mutex_unlock(&retry->lock);
	return result;
}

uint64_t retry_count(struct retry *retry)
{
	uint64_t count;

	pthread_mutex_lock(&retry->lock);
	count = retry->count;
	pthread_mutex_unlock(&retry->lock);
	return count;
}

void retry_rewind(struct retry *retry)
{
	pthread_mutex_lock(&retry->lock);
	if (retry->file)
		rewind(retry->file);
	pthread_mutex_unlock(&retry->lock);
}

static int take_one(struct retry *retry, struct feed_target *target, char *text)
{
	struct entry entry;

	if (fread(&entry, sizeof(entry), 1, retry->file) != 1 || entry.length > OBS_LINE_MAX ||
	    fread(text, 1, entry.length, retry->file) != entry.length)
		return -1;
	*target = (struct feed_target){
		.index = entry.index, .rank = entry.rank, .input = INPUT_OK, .name = { text, entry.length }
	};
	retry->count--;
	return 0;
}

int retry_take(struct retry *retry, struct feed_batch *batch)
{
	int result = 0;

	batch->count = 0;
	pthread_mutex_lock(&retry->lock);
	while (result == 0 && batch->count < FEED_BATCH && retry->count > 0) {
		result = take_one(retry, &batch->target[batch->count], batch->text + batch->count * OBS_LINE_MAX);
		batch->count += result == 0;
	}
	if (result < 0)
		retry->count = 0; /* nothing behind it can be found */
	pthread_mutex_unlock(&retry->lock);
	return result;
}
