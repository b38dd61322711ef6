/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/scan_file/kept.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "output/hash_table.h"
#include "parsers/hash.h"

/* 127 bits of each hash: 64 as the table's hash, 63 as its item, which is never NULL. */
struct kept {
	pthread_mutex_t lock;
	uint64_t seed; /* certificates can be made until their hashes begin alike */
	struct hash_table table;
};

struct kept *kept_new(void)
{
	struct kept *kept = calloc(1, sizeof(*kept));

	if (!kept)
		return NULL;
	pthread_mutex_init(&kept->lock, NULL);
	kept->seed = hash_table_seed();
	return kept;
}

void kept_free(struct kept *kept)
{
	if (!kept)
		return;
	hash_table_fini(&kept->table);
	pthread_mutex_destroy(&kept->lock);
	free(kept);
}

static uint64_t hash_of(const struct kept *kept, const uint8_t *sha256)
{
	uint64_t head;

	memcpy(&head, sha256, sizeof(head));
	return hash_mix(head, kept->seed);
}

static void *item_of(const uint8_t *sha256)
{
	uintptr_t item;

	memcpy(&item, sha256 + sizeof(uint64_t), sizeof(item));
	return (void *)(item | 1);
}

static bool has(const struct kept *kept, uint64_t hash, const void *wanted)
{
	const void *item;

	for (size_t at = 0; (item = hash_table_next(&kept->table, hash, &at));)
		if (item == wanted)
			return true;
	return false;
}

bool kept_add(struct kept *kept, const uint8_t sha256[static 32])
{
	uint64_t hash = hash_of(kept, sha256);
	bool is_new;

	pthread_mutex_lock(&kept->lock);
	is_new = !has(kept, hash, item_of(sha256));
	if (is_new && hash_table_reserve(&kept->table, 1))
		hash_table_put(&kept->table, hash, item_of(sha256));
	pthread_mutex_unlock(&kept->lock);
	return is_new;
}

void kept_remove(struct kept *kept, const uint8_t sha256[static 32])
{
	pthread_mutex_lock(&kept->lock);
	hash_table_remove(&kept->table, hash_of(kept, sha256), item_of(sha256));
	pthread_mutex_unlock(&kept->lock);
}

void kept_add_chain(struct kept *kept, const struct obs_tls *tls)
{
	for (size_t i = 0; i < tls->chain_count; i++)
		if (tls->chain[i].der.p)
			kept_add(kept, tls->chain[i].sha256);
}
