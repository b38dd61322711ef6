/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/merge/merge_kept.h"

#include <stdlib.h>
#include <string.h>

enum { COMPARED = 4096 }; /* octets at a time */

#define DISPUTED UINT32_MAX /* octets of a certificate that two files show differently; none has so many */

/* In the file, before the octets of the certificate. */
struct stored {
	uint8_t sha256[32];
	uint32_t n;
};

void merge_kept_init(struct merge_kept *kept)
{
	*kept = (struct merge_kept){ .disputed = 0 };
	hash_table_key(kept->key);
	put_aside_init(&kept->file);
}

void merge_kept_fini(struct merge_kept *kept)
{
	merge_kept_release(kept);
	free(kept->given);
	hash_table_fini(&kept->table);
	put_aside_fini(&kept->file);
}

/* Of all of it: what a file says to be SHA-256 may begin alike in a million certificates. */
static uint64_t hash_of(const struct merge_kept *kept, const uint8_t *sha256)
{
	return siphash(kept->key, (struct span){ (const char *)sha256, 32 });
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

static int store(struct merge_kept *kept, const uint8_t *sha256, uint32_t n, struct span der, struct error *error)
{
	struct stored stored;
	size_t at = kept->file.end;

	if (!hash_table_reserve(&kept->table, 1))
		return put_aside_no_memory(error);
	memset(&stored, 0, sizeof(stored));
	memcpy(stored.sha256, sha256, sizeof(stored.sha256));
	stored.n = n;
	if (put_aside_write(&kept->file, (struct span){ (const char *)&stored, sizeof(stored) }, error) < 0 ||
	    put_aside_write(&kept->file, der, error) < 0)
		return -1;
	hash_table_put(&kept->table, hash_of(kept, sha256), hash_item_of(at));
	return 0;
}

/* Are these the octets at @at? 1, 0, or -1. */
static int is_stored(const struct merge_kept *kept, size_t at, struct span der, struct error *error)
{
	char there[COMPARED];

	while (der.n > 0) {
		size_t n = der.n < sizeof(there) ? der.n : sizeof(there);

		if (put_aside_read(&kept->file, at, there, n, error) < 0)
			return -1;
		if (memcmp(there, der.p, n) != 0)
			return 0;
		der = span_skip(der, n);
		at += n;
	}
	return 1;
}

/* Whose octets have that hash, if any, is not reckoned here: where two files differ neither is believed, or the one
 * would say what the other's domains showed. */
static int put_aside(struct merge_kept *kept, const struct obs_certificate *certificate, struct error *error)
{
	struct stored stored;
	size_t at;
	int found = find(kept, certificate->sha256, &stored, &at, error), same = 0;

	if (found < 0 || (found > 0 && stored.n == DISPUTED))
		return found < 0 ? -1 : 0;
	if (found == 0)
		return store(kept, certificate->sha256, (uint32_t)certificate->der.n, certificate->der, error);
	if (stored.n == certificate->der.n)
		same = is_stored(kept, at + sizeof(stored), certificate->der, error);
	if (same != 0)
		return same < 0 ? -1 : 0;
	kept->disputed++;
	hash_table_remove(&kept->table, hash_of(kept, certificate->sha256), hash_item_of(at));
	return store(kept, certificate->sha256, DISPUTED, (struct span){ NULL, 0 }, error);
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

	if (found <= 0 || stored.n == DISPUTED)
		return found < 0 ? -1 : 0;
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
