/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/rules/host_limit.h"

#include <pthread.h>
#include <stdlib.h>

#include "output/hash_table.h"
#include "scanner/rules/address.h"

struct host {
	struct obs_address address;
	unsigned taken;
	struct host_line line;
};

struct host_limit {
	pthread_mutex_t lock;
	unsigned per_host;
	struct hash_table hosts;
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
	for (size_t i = 0; i < limit->hosts.slots; i++)
		free(limit->hosts.slot[i].item);
	hash_table_fini(&limit->hosts);
	pthread_mutex_destroy(&limit->lock);
	free(limit);
}

static struct host *host_of(const struct host_limit *limit, const struct obs_address *address)
{
	struct host *host;

	for (size_t at = 0; (host = hash_table_next(&limit->hosts, address_hash(address), &at));)
		if (address_equal(&host->address, address))
			break;
	return host;
}

static struct host *host_new(struct host_limit *limit, const struct obs_address *address)
{
	struct host *host = hash_table_reserve(&limit->hosts, 1) ? calloc(1, sizeof(*host)) : NULL;

	if (!host)
		return NULL;
	host->address = *address;
	STAILQ_INIT(&host->line);
	hash_table_put(&limit->hosts, address_hash(address), host);
	return host;
}

enum host_turn host_limit_take(struct host_limit *limit, const struct obs_address *address, struct host_waiter *waiter)
{
	enum host_turn turn = HOST_WAITS;
	struct host *host;

	if (limit->per_host == 0)
		return HOST_TAKEN;
	pthread_mutex_lock(&limit->lock);
	host = host_of(limit, address);
	if (!host)
		host = host_new(limit, address);
	if (!host) {
		turn = HOST_NO_MEMORY;
	} else if (host->taken < limit->per_host) {
		host->taken++;
		turn = HOST_TAKEN;
	} else {
		STAILQ_INSERT_TAIL(&host->line, waiter, next);
	}
	pthread_mutex_unlock(&limit->lock);
	return turn;
}

void host_limit_give(struct host_limit *limit, const struct obs_address *address)
{
	struct host_waiter *waiter;
	struct host *host;

	if (limit->per_host == 0)
		return;
	pthread_mutex_lock(&limit->lock);
	host = host_of(limit, address);
	waiter = STAILQ_FIRST(&host->line);
	if (waiter) { /* the place changes hands */
		STAILQ_REMOVE_HEAD(&host->line, next);
		waiter->on_turn(waiter);
	} else if (--host->taken == 0) {
		hash_table_remove(&limit->hosts, address_hash(address), host);
		free(host);
	}
	pthread_mutex_unlock(&limit->lock);
}

bool host_limit_cancel(struct host_limit *limit, const struct obs_address *address, struct host_waiter *waiter)
{
	struct host_waiter *at = NULL;
	struct host *host;

	pthread_mutex_lock(&limit->lock);
	host = host_of(limit, address);
	if (host) {
		STAILQ_FOREACH (at, &host->line, next)
			if (at == waiter)
				break;
		if (at)
			STAILQ_REMOVE(&host->line, waiter, host_waiter, next);
	}
	pthread_mutex_unlock(&limit->lock);
	return at;
}
