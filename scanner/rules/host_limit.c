#include "scanner/rules/host_limit.h"

#include <pthread.h>
#include <stdlib.h>

#include "scanner/rules/address.h"

/* Chains stay short: a window holds a few thousand connections at most. */
enum { HOST_BUCKETS = 4096 };

struct host {
	struct host *next;
	struct obs_address address;
	unsigned taken;
	struct host_line line;
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

/* FNV-1a. Whoever chooses addresses to collide has to own them. */
static struct host **find(struct host_limit *limit, const struct obs_address *address)
{
	uint32_t hash = 2166136261u;
	struct host **at;

	for (size_t i = 0; i < address_octets(address); i++)
		hash = (hash ^ address->octet[i]) * 16777619u;
	at = &limit->bucket[(hash ^ hash >> 16) % HOST_BUCKETS];
	while (*at && !address_equal(&(*at)->address, address))
		at = &(*at)->next;
	return at;
}

static enum host_turn take(struct host_limit *limit, const struct obs_address *address, struct host_waiter *waiter)
{
	struct host **at = find(limit, address);
	struct host *host = *at;

	if (!host) {
		host = calloc(1, sizeof(*host));
		if (!host)
			return HOST_NO_MEMORY;
		host->address = *address;
		STAILQ_INIT(&host->line);
		*at = host;
	}
	if (host->taken < limit->per_host) {
		host->taken++;
		return HOST_TAKEN;
	}
	STAILQ_INSERT_TAIL(&host->line, waiter, next);
	return HOST_WAITS;
}

enum host_turn host_limit_take(struct host_limit *limit, const struct obs_address *address, struct host_waiter *waiter)
{
	enum host_turn turn;

	if (limit->per_host == 0)
		return HOST_TAKEN;
	pthread_mutex_lock(&limit->lock);
	turn = take(limit, address, waiter);
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
	waiter = STAILQ_FIRST(&host->line);
	if (waiter) { /* the place changes hands */
		STAILQ_REMOVE_HEAD(&host->line, next);
		waiter->on_turn(waiter);
	} else if (--host->taken == 0) {
		*at = host->next;
		free(host);
	}
	pthread_mutex_unlock(&limit->lock);
}

bool host_limit_cancel(struct host_limit *limit, const struct obs_address *address, struct host_waiter *waiter)
{
	struct host_waiter *at;
	struct host *host;

	pthread_mutex_lock(&limit->lock);
	host = *find(limit, address);
	at = host ? STAILQ_FIRST(&host->line) : NULL;
	while (at && at != waiter)
		at = STAILQ_NEXT(at, next);
	if (at)
		STAILQ_REMOVE(&host->line, waiter, host_waiter, next);
	pthread_mutex_unlock(&limit->lock);
	return at;
}
