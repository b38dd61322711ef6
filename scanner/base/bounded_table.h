/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/base/bounded_table.h - so many small things and no more, each known by a hash; what has not been used for
 * long makes room for a new one (second chance, the "clock" algorithm).
 *
 * The hash is the thing's name: 63 bits under a key that no stranger knows (parsers/siphash.h; hash_mix for numbers),
 * so that two with one hash are as good as never met with, and nobody can choose them. Memory follows what there is,
 * not @most. One thread at a time.
 */
#ifndef STSURVEY_SCANNER_BASE_BOUNDED_TABLE_H
#define STSURVEY_SCANNER_BASE_BOUNDED_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	BOUNDED_TABLE_FIRST = 256, /* entries that the first one makes room for; doubled from there */
	/* Entries looked at for one that may make room, so that no call takes long. */
	BOUNDED_TABLE_LOOK = 64,
};

/* What each entry begins with. */
struct bounded_entry {
	uint64_t hash : 63;
	uint64_t used : 1; /* since it was last passed over */
};

struct bounded_table {
	size_t size;   /* octets of an entry */
	uint32_t most; /* entries; a power of two */
	/* May it be forgotten? NULL: any may. */
	bool (*may_go)(const void *entry, uint64_t now_us);

	/* the table's; zeros at first */
	uint8_t *entry;
	uint32_t *slot; /* place + 1 of an entry, twice as many as there is room for; 0: free */
	uint32_t count, capacity;
	uint32_t hand; /* the next to be looked at */
	uint64_t evicted;
};

void bounded_table_fini(struct bounded_table *table);

/* Valid until the next add. NULL: it is not there. */
void *bounded_table_find(struct bounded_table *table, uint64_t hash);

/* One that is not there yet, with zeros behind its hash. NULL: neither memory, nor one that may make room. Every
 * pointer to an entry ends. */
void *bounded_table_add(struct bounded_table *table, uint64_t hash, uint64_t now_us);

static inline void *bounded_table_at(const struct bounded_table *table, uint32_t place)
{
	return table->entry + place * table->size;
}

#endif
