#include "scanner/rules/host_limit.h"

#include <pthread.h>
#include <stdlib.h>

#include "parsers/hash.h"
#include "scanner/rules/address.h"

/* Chains stay short: a window holds a few thousand connections at most. */
enum { HOST_BUCKETS = 4096 };

struct host {
	struct host *next;
	struct obs_address address;
	unsigned taken;
	struct host_waiter *first, **last; /* in line */
};

struct host_limit {
	pthread_mutex_t lock;
	unsigned per_host;
	struct host *bucket[HOST_BUCKETS];
};

struct host_limit *host_limit_new(unsigned per_host)
{
	struct host_limit *limit = calloc(1, sizeof(*limit));

	if (!limit)
		return NULL;
	if (pthread_mutex_init(&limit->lock, NULL) != 0) {
		free(limit);
		return NULL;
	}
	limit->per_host = per_host;
	return limit;
}

void host_limit_free(struct host_limit *limit)
{
	if (!limit)
		return;
	for (unsigned i = 0; i < HOST_BUCKETS; i++) {
		while (limit->bucket[i]) {
			struct host *host = limit->bucket[i];

			limit->bucket[i] = host->next;
			free(host);
		}
	}
	pthread_mutex_destroy(&limit->lock);
	free(limit);
}

/* Whoever chooses addresses to collide has to own them. */
static struct host **find(struct host_limit *limit, const struct obs_address *address)
{
	uint64_t hash = hash_octets(HASH_NOTHING, address->octet, address_octets(address));
	struct host **at = &limit->bucket[(hash ^ hash >> 32) % HOST_BUCKETS];

	while (*at && !address_equal(&(*at)->address, address))
		at = &(*at)->next;
	return at;
}

static enum host_turn take(struct host_limit *limit, struct host_waiter *waiter)
{
	struct host **at = find(limit, &waiter->address);
	struct host *host = *at;

	if (!host) {
		host = calloc(1, sizeof(*host));
		if (!host)
			return HOST_NO_MEMORY;
		host->address = waiter->address;
		host->last = &host->first;
		*at = host;
	}
	if (host->taken < limit->per_host) {
		host->taken++;
		return HOST_TAKEN;
	}
	waiter->next = NULL;
	*host->last = waiter;
	host->last = &waiter->next;
	return HOST_WAITS;
}

enum host_turn host_limit_take(struct host_limit *limit, struct host_waiter *waiter)
{
	enum host_turn turn;

	if (limit->per_host == 0)
		return HOST_TAKEN;
	pthread_mutex_lock(&limit->lock);
	turn = take(limit, waiter);
	pthread_mutex_unlock(&limit->lock);
	return turn;
}

void host_limit_give(struct host_limit *limit, const struct obs_address *address)
{
	struct host **at, *host;
	struct host_waiter *waiter;

	if (limit->per_host == 0)
		return;
	pthread_mutex_lock(&limit->lock);
	at = find(limit, address);
	host = *at;
	waiter = host->first;
	if (waiter) { /* the place changes hands */
		host->first = waiter->next;
		if (!host->first)
			host->last = &host->first;
		waiter->on_turn(waiter);
	} else if (--host->taken == 0) {
		*at = host->next;
		free(host);
	}
	pthread_mutex_unlock(&limit->lock);
}

bool host_limit_cancel(struct host_limit *limit, struct host_waiter *waiter)
{
	struct host *host;
	struct host_waiter **at;
	bool waiting = false;

	pthread_mutex_lock(&limit->lock);
	host = *find(limit, &waiter->address);
	for (at = host ? &host->first : NULL; at && *at && *at != waiter;)
		at = &(*at)->next;
	if (at && *at) {
		*at = waiter->next;
		if (!*at)
			host->last = at;
		waiting = true;
	}
	pthread_mutex_unlock(&limit->lock);
	return waiting;
}
