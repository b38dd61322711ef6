/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/fake_bus.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>

enum { ITEMS_MAX = 5000, START_MS = 1000000 };

struct item {
	char key[BUS_NAME_MAX];
	char *data; /* NULL: no such key */
	size_t n;
	uint64_t revision;
	int64_t time_ms;
};

struct bus_bucket {
	struct item item[ITEMS_MAX];
	size_t count;
	uint64_t revision;
	int64_t ttl_ms; /* 0: none */
	char *given;    /* what the last one who asked was given */
};

struct fake_bus fake_bus = { .now_ms = START_MS, .patience_ms = 2000, .random = 1 };

int __wrap_clock_gettime(clockid_t id, struct timespec *time);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);

int __wrap_clock_gettime(clockid_t id, struct timespec *time)
{
	(void)id;
	*time = (struct timespec){ .tv_sec = (time_t)(fake_bus.now_ms / 1000),
				   .tv_nsec = (long)(fake_bus.now_ms % 1000) * 1000000 };
	return 0;
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)left;
	fake_bus_advance((uint64_t)time->tv_sec * 1000 + (uint64_t)time->tv_nsec / 1000000 + 1);
	if (fake_bus.on_call)
		fake_bus.on_call(fake_bus.arg);
	return 0;
}

ssize_t __wrap_getrandom(void *out, size_t n, unsigned flags);

ssize_t __wrap_getrandom(void *out, size_t n, unsigned flags)
{
	(void)flags;
	for (size_t i = 0; i < n; i++)
		((unsigned char *)out)[i] = (unsigned char)fake_bus_random(256);
	return (ssize_t)n;
}

void fake_bus_advance(uint64_t ms)
{
	fake_bus.now_ms += ms;
}

/* splitmix64 */
uint64_t fake_bus_random(uint64_t below)
{
	uint64_t z = fake_bus.random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (z ^ z >> 31) % below;
}

struct bus_bucket *fake_bucket_new(double ttl_s)
{
	struct bus_bucket *bucket = calloc(1, sizeof(*bucket));

	assert(bucket);
	bucket->ttl_ms = (int64_t)(ttl_s * 1000);
	return bucket;
}

void fake_bucket_empty(struct bus_bucket *bucket)
{
	for (size_t i = 0; i < bucket->count; i++)
		free(bucket->item[i].data);
	bucket->count = 0;
}

void fake_bucket_free(struct bus_bucket *bucket)
{
	fake_bucket_empty(bucket);
	free(bucket->given);
	free(bucket);
}

static int64_t server_ms(void)
{
	return (int64_t)fake_bus.now_ms + fake_bus.server_ahead_ms;
}

/* The way to the server: does the request get there? */
static bool goes(struct error *error)
{
	fake_bus.calls++;
	if (fake_bus.delay_ms > 0)
		fake_bus_advance(fake_bus_random(fake_bus.delay_ms + 1));
	if (fake_bus.on_call)
		fake_bus.on_call(fake_bus.arg);
	if (!fake_bus.is_away && fake_bus_random(1000) >= fake_bus.lost_requests)
		return true;
	fake_bus_advance(fake_bus.patience_ms);
	error_set(error, "the server is away");
	return false;
}

/* The way back. */
static enum bus_result comes(enum bus_result result, struct error *error)
{
	if (fake_bus_random(1000) < fake_bus.lost_answers) {
		fake_bus_advance(fake_bus.patience_ms);
		error_set(error, "the server has not answered");
		return BUS_AWAY;
	}
	if (result != BUS_OK)
		error_set(error, "no");
	return result;
}

static bool is_there(const struct bus_bucket *bucket, const struct item *item)
{
	return item->data && (bucket->ttl_ms == 0 || server_ms() < item->time_ms + bucket->ttl_ms);
}

static struct item *find(struct bus_bucket *bucket, const char *key)
{
	for (size_t i = 0; i < bucket->count; i++)
		if (strcmp(bucket->item[i].key, key) == 0)
			return is_there(bucket, &bucket->item[i]) ? &bucket->item[i] : NULL;
	return NULL;
}

static void store(struct bus_bucket *bucket, const char *key, struct span data)
{
	struct item *item = bucket->item;

	while (item < bucket->item + bucket->count && strcmp(item->key, key) != 0)
		item++;
	if (item == bucket->item + bucket->count) {
		assert(bucket->count++ < ITEMS_MAX);
		*item = (struct item){ 0 };
		memccpy(item->key, key, '\0', sizeof(item->key) - 1);
	}
	free(item->data);
	item->data = malloc(data.n + 1);
	assert(item->data);
	if (data.n > 0)
		memcpy(item->data, data.p, data.n);
	item->n = data.n;
	item->revision = ++bucket->revision;
	item->time_ms = server_ms();
}

enum bus_result bus_get(struct bus_bucket *bucket, const char *key, struct bus_value *value, struct error *error)
{
	const struct item *item;

	if (!goes(error))
		return BUS_AWAY;
	item = find(bucket, key);
	if (!item)
		return comes(BUS_MISSING, error);
	free(bucket->given);
	bucket->given = malloc(item->n + 1);
	assert(bucket->given);
	memcpy(bucket->given, item->data, item->n);
	*value = (struct bus_value){ { bucket->given, item->n }, item->revision, item->time_ms };
	return comes(BUS_OK, error);
}

enum bus_result bus_create(struct bus_bucket *bucket, const char *key, struct span data, struct error *error)
{
	if (!goes(error))
		return BUS_AWAY;
	if (find(bucket, key))
		return comes(BUS_EXISTS, error);
	store(bucket, key, data);
	return comes(BUS_OK, error);
}

enum bus_result bus_update(struct bus_bucket *bucket, const char *key, struct span data, uint64_t *revision,
			   struct error *error)
{
	const struct item *item;

	if (!goes(error))
		return BUS_AWAY;
	fake_bus.updates++;
	item = find(bucket, key);
	if (!item || item->revision != *revision)
		return comes(BUS_EXISTS, error);
	store(bucket, key, data);
	*revision = bucket->revision;
	return comes(BUS_OK, error);
}

enum bus_result bus_put(struct bus_bucket *bucket, const char *key, struct span data, struct error *error)
{
	if (!goes(error))
		return BUS_AWAY;
	store(bucket, key, data);
	return comes(BUS_OK, error);
}

enum bus_result bus_remove(struct bus_bucket *bucket, const char *key, struct error *error)
{
	struct item *item;

	if (!goes(error))
		return BUS_AWAY;
	item = find(bucket, key);
	if (item) {
		free(item->data);
		item->data = NULL;
		bucket->revision++;
	}
	return comes(BUS_OK, error);
}

enum bus_result bus_keys(struct bus_bucket *bucket, const char *prefix, bus_on_key *on_key, void *arg,
			 struct error *error)
{
	if (!goes(error))
		return BUS_AWAY;
	for (size_t i = 0; i < bucket->count; i++)
		if (is_there(bucket, &bucket->item[i]) &&
		    span_starts_with(span_of(bucket->item[i].key), span_of(prefix)) &&
		    !on_key(arg, bucket->item[i].key))
			break;
	return comes(BUS_OK, error);
}
