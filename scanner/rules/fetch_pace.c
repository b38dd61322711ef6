/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/rules/fetch_pace.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "analysis/classify/public_suffix.h"
#include "output/hash_table.h"
#include "parsers/hash.h"
#include "scanner/rules/address.h"
#include "scanner/rules/pace.h"

struct paced {
	uint64_t key;
	double due_us; /* struct pace's */
	TAILQ_ENTRY(paced) use;
};

/* One kind of key: addresses, or providers. */
struct pace_table {
	double rate;
	struct hash_table by_key;
	TAILQ_HEAD(, paced) use; /* the longest unused first */
	size_t used;
	struct paced paced[FETCH_PACE_KEYS];
};

struct fetch_pace {
	pthread_mutex_t lock;
	struct pace_table host, provider;
	const struct cidr_set *exempt;
};

static bool table_init(struct pace_table *table, double rate)
{
	struct pace pace;

	pace_keep_within(&pace, rate, 0);
	table->rate = pace.rate;
	TAILQ_INIT(&table->use);
	return rate <= 0 || hash_table_reserve(&table->by_key, FETCH_PACE_KEYS);
}

struct fetch_pace *fetch_pace_new(double host_rate, double provider_rate, const struct cidr_set *exempt)
{
	struct fetch_pace *pace = calloc(1, sizeof(*pace));

	if (!pace)
		return NULL;
	pthread_mutex_init(&pace->lock, NULL); /* cannot fail */
	pace->exempt = exempt;
	if (table_init(&pace->host, host_rate) && table_init(&pace->provider, provider_rate))
		return pace;
	fetch_pace_free(pace);
	return NULL;
}

void fetch_pace_free(struct fetch_pace *pace)
{
	if (!pace)
		return;
	hash_table_fini(&pace->host.by_key);
	hash_table_fini(&pace->provider.by_key);
	pthread_mutex_destroy(&pace->lock);
	free(pace);
}

/* For a new key: one that is free, or the one unused longest. */
static struct paced *paced_new(struct pace_table *table, uint64_t key)
{
	struct paced *paced;

	if (table->used < FETCH_PACE_KEYS) {
		paced = &table->paced[table->used++];
	} else {
		paced = TAILQ_FIRST(&table->use);
		TAILQ_REMOVE(&table->use, paced, use);
		hash_table_remove(&table->by_key, paced->key, paced);
	}
	*paced = (struct paced){ .key = key };
	hash_table_put(&table->by_key, key, paced);
	return paced;
}

static uint64_t table_reserve(struct pace_table *table, uint64_t key, uint64_t now_us)
{
	struct pace pace = { .rate = table->rate };
	struct paced *paced;
	uint64_t wait_us;
	size_t at = 0;

	if (table->rate <= 0)
		return 0;
	paced = hash_table_next(&table->by_key, key, &at);
	if (paced)
		TAILQ_REMOVE(&table->use, paced, use);
	else
		paced = paced_new(table, key);
	TAILQ_INSERT_TAIL(&table->use, paced, use);
	pace.due_us = paced->due_us;
	wait_us = pace_reserve(&pace, now_us);
	paced->due_us = pace.due_us;
	return wait_us;
}

uint64_t fetch_pace_reserve(struct fetch_pace *pace, const struct obs_address *address, struct span target,
			    uint64_t now_us)
{
	uint64_t host_us, provider_us = 0;

	if (pace->exempt && cidr_set_has(pace->exempt, address))
		return 0;
	if (target.n > 0)
		target = public_suffix_cut(target).registrable;
	pthread_mutex_lock(&pace->lock);
	host_us = table_reserve(&pace->host, address_hash(address), now_us);
	if (target.n > 0)
		provider_us = table_reserve(&pace->provider, hash_span_nocase(target), now_us);
	pthread_mutex_unlock(&pace->lock);
	return host_us > provider_us ? host_us : provider_us;
}
