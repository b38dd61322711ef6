/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/merge/merge_kept.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/hash.h"

/* In the file, before the octets of the certificate. */
struct stored {
	uint8_t sha256[32];
	uint32_t n;
};

void merge_kept_init(struct merge_kept *kept)
{
	*kept = (struct merge_kept){ .seed = hash_table_seed() };
	put_aside_init(&kept->file);
}

void merge_kept_fini(struct merge_kept *kept)
{
	merge_kept_release(kept);
	free(kept->given);
	hash_table_fini(&kept->table);
	put_aside_fini(&kept->file);
}

static uint64_t hash_of(const struct merge_kept *kept, const uint8_t *sha256)
{
	uint64_t head;

	memcpy(&head, sha256, sizeof(head));
	return hash_mix(head, kept->seed);
}

/* 1, *@stored and *@at where it is; 0; or -1. */
static int find(const struct merge_kept *kept, const uint8_t *sha256, struct stored *stored, size_t *at,
		struct error *error)
{
	uint64_t hash = hash_of(kept, sha256);
	const void *item;

	for (size_t step = 0; (item = hash_table_next(&kept->table, hash, &step));) {
		*at = hash_item_place(item);
		if (put_aside_read(&kept->file, *at, (char *)stored, sizeof(*stored), error) < 0)
			return -1;
		if (memcmp(stored->sha256, sha256, sizeof(stored->sha256)) == 0)
			return 1;
	}
	return 0;
}

static int put_aside(struct merge_kept *kept, const struct obs_certificate *certificate, struct error *error)
{
	struct stored stored;
	size_t at;
	int found = find(kept, certificate->sha256, &stored, &at, error);

	if (found != 0)
		return found > 0 ? 0 : -1;
	if (!hash_table_reserve(&kept->table, 1))
		return put_aside_no_memory(error);
	memset(&stored, 0, sizeof(stored));
	memcpy(stored.sha256, certificate->sha256, sizeof(stored.sha256));
	stored.n = (uint32_t)certificate->der.n;
	at = kept->file.end;
	if (put_aside_write(&kept->file, (struct span){ (const char *)&stored, sizeof(stored) }, error) < 0 ||
	    put_aside_write(&kept->file, certificate->der, error) < 0)
		return -1;
	hash_table_put(&kept->table, hash_of(kept, certificate->sha256), hash_item_of(at));
	return 0;
}

int merge_kept_take(struct merge_kept *kept, struct obs_tls *tls, struct obs_certificate chain[static OBS_CHAIN_MAX],
		    struct error *error)
{
	size_t count = tls->chain_count < OBS_CHAIN_MAX ? tls->chain_count : OBS_CHAIN_MAX;
	bool any = false;

	for (size_t i = 0; i < count; i++)
		any |= !!tls->chain[i].der.p;
	if (!any)
		return 0;
	memcpy(chain, tls->chain, count * sizeof(*chain));
	tls->chain = chain;
	for (size_t i = 0; i < count; i++) {
		if (chain[i].der.p && put_aside(kept, &chain[i], error) < 0)
			return -1;
		chain[i].der = (struct span){ NULL, 0 };
	}
	return 0;
}

/* Room to remember one more that was given away. */
static bool make_room(struct merge_kept *kept)
{
	size_t room = kept->given_room ? 2 * kept->given_room : 16;
	char **given;

	if (kept->given_count < kept->given_room)
		return true;
	given = realloc(kept->given, room * sizeof(*given));
	if (!given)
		return false;
	kept->given = given;
	kept->given_room = room;
	return true;
}

static int give(struct merge_kept *kept, struct obs_certificate *certificate, struct error *error)
{
	struct stored stored;
	char *octets;
	size_t at;
	int found = find(kept, certificate->sha256, &stored, &at, error);

	if (found <= 0)
		return found;
	octets = make_room(kept) ? malloc(stored.n > 0 ? stored.n : 1) : NULL;
	if (!octets)
		return put_aside_no_memory(error);
	kept->given[kept->given_count++] = octets;
	if (put_aside_read(&kept->file, at + sizeof(stored), octets, stored.n, error) < 0)
		return -1;
	certificate->der = (struct span){ octets, stored.n };
	hash_table_remove(&kept->table, hash_of(kept, certificate->sha256), hash_item_of(at));
	return 0;
}

int merge_kept_give(struct merge_kept *kept, struct obs_tls *tls, struct obs_certificate chain[static OBS_CHAIN_MAX],
		    struct error *error)
{
	size_t count = tls->chain_count < OBS_CHAIN_MAX ? tls->chain_count : OBS_CHAIN_MAX;

	if (kept->table.count == 0 || count == 0)
		return 0;
	memcpy(chain, tls->chain, count * sizeof(*chain));
	tls->chain = chain;
	for (size_t i = 0; i < count; i++)
		if (give(kept, &chain[i], error) < 0)
			return -1;
	return 0;
}

void merge_kept_release(struct merge_kept *kept)
{
	while (kept->given_count > 0)
		free(kept->given[--kept->given_count]);
}
