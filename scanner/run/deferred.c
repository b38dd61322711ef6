#include "scanner/run/deferred.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "output/text.h"
#include "scanner/base/log.h"

/* On file: this, without what the name leaves of its room. */
struct entry {
	uint64_t index, rank;
	uint32_t length;
	char name[OBS_LINE_MAX];
};

enum { ENTRY_HEAD = offsetof(struct entry, name) }; /* octets before the name */

void deferred_init(struct deferred *deferred)
{
	*deferred = (struct deferred){ .lock = PTHREAD_MUTEX_INITIALIZER };
}

void deferred_fini(struct deferred *deferred)
{
	if (deferred->file > 0)
		close(deferred->file);
	pthread_mutex_destroy(&deferred->lock);
}

const char *deferred_folder(void)
{
	const char *folder = secure_getenv("TMPDIR");

	return folder && *folder ? folder : "/tmp";
}

/* 0 or errno. */
static int make_file(struct deferred *deferred)
{
	char *path;
	int fd, failure = 0;

	if (asprintf(&path, "%s/stsurvey-XXXXXX", deferred_folder()) < 0)
		return ENOMEM;
	fd = mkostemp(path, O_CLOEXEC); /* never a file that is there, nor through a symlink */
	if (fd < 0)
		failure = errno;
	else
		unlink(path); /* it ends with us */
	deferred->file = fd < 0 ? 0 : fd;
	free(path);
	return failure;
}

/* 0 or errno. What a failed write leaves is written over by the next one. */
static int append(struct deferred *deferred, const struct entry *entry)
{
	struct span octets = { (const char *)entry, ENTRY_HEAD + entry->length };
	int failure = deferred->file == 0 ? make_file(deferred) : 0;

	if (failure == 0 && lseek(deferred->file, deferred->end, SEEK_SET) < 0)
		failure = errno;
	if (failure == 0)
		failure = text_write_all(deferred->file, octets);
	if (failure == 0)
		deferred->end += (off_t)octets.n;
	return failure;
}

static void tell_once(struct deferred *deferred, int failure)
{
	if (!deferred->told)
		log_warning("temporary file: %s in %s; domains that stay unknown are recorded so, and not asked again; "
			    "TMPDIR names another folder",
			    strerror(failure), deferred_folder());
	deferred->told = true;
}

void deferred_open(struct deferred *deferred)
{
	int failure = make_file(deferred);

	if (failure != 0)
		tell_once(deferred, failure);
}

int deferred_put(struct deferred *deferred, uint64_t index, uint64_t rank, struct span name)
{
	struct entry entry = { .index = index, .rank = rank, .length = (uint32_t)name.n };
	int failure;

	memcpy(entry.name, name.p, name.n);
	pthread_mutex_lock(&deferred->lock);
	failure = append(deferred, &entry);
	if (failure == 0) {
		deferred->count++;
	} else {
		deferred->failed++;
		tell_once(deferred, failure);
	}
	pthread_mutex_unlock(&deferred->lock);
	return failure == 0 ? 0 : -1;
}

static bool take_one(struct deferred *deferred, struct feed_target *target, char *text)
{
	struct entry entry;
	ssize_t got = pread(deferred->file, &entry, ENTRY_HEAD + OBS_LINE_MAX, deferred->next);

	if (got < ENTRY_HEAD || got - ENTRY_HEAD < (ssize_t)entry.length)
		return false;
	memcpy(text, entry.name, entry.length);
	*target = (struct feed_target){
		.index = entry.index, .rank = entry.rank, .input = INPUT_OK, .name = { text, entry.length }
	};
	deferred->next += ENTRY_HEAD + (off_t)entry.length;
	deferred->count--;
	return true;
}

void deferred_take(struct deferred *deferred, struct feed_batch *batch)
{
	batch->count = 0;
	pthread_mutex_lock(&deferred->lock);
	while (batch->count < FEED_BATCH && deferred->count > 0) {
		if (take_one(deferred, &batch->target[batch->count], batch->text + batch->count * OBS_LINE_MAX)) {
			batch->count++;
			continue;
		}
		/* nothing behind what can't be read can be found */
		error_set(&deferred->error, "temporary file: %llu domains in it can't be read; --resume surveys them",
			  (unsigned long long)deferred->count);
		deferred->count = 0;
	}
	pthread_mutex_unlock(&deferred->lock);
}
