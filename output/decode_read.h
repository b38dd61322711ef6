/* output/decode_read.h - the inside of a decoder, for the files that read with it. */
#ifndef STSURVEY_OUTPUT_DECODE_READ_H
#define STSURVEY_OUTPUT_DECODE_READ_H

#include <stdlib.h>

#include "output/decode.h"
#include "output/pool.h"
#include "output/schema.h"
#include "output/unpack.h"

enum { TABLE_FIRST = 64 }; /* entries */

/* What a frame numbers, in order of appearance. */
struct table {
	void *entry;
	uint32_t count, size;
};

struct decode {
	struct unpack u;
	struct span content;
	bool no_memory;
	struct {
		uint64_t index, end, rank_ahead;
	} before;
	struct table shape, mx, certificate, body;
	struct pool frame, record;
};

/* Memory for @count things of @size; NULL (and the cursor failed) when there is none, also for none asked. */
static inline void *take(struct decode *d, struct pool *pool, size_t count, size_t size)
{
	void *p;

	if (count == 0)
		return NULL;
	p = pool_alloc(pool, count * size);
	if (!p) {
		d->no_memory = true;
		unpack_fail(&d->u);
	}
	return p;
}

/* The next entry of a table; NULL (and the cursor failed) without memory. An entry takes an octet of the
 * frame at least, which bounds the table. */
static inline void *add(struct decode *d, struct table *table, size_t entry)
{
	if (table->count == table->size) {
		uint32_t size = table->size > 0 ? 2 * table->size : TABLE_FIRST;
		void *grown = size * entry <= DECODE_FRAME_CAP ? realloc(table->entry, size * entry) : NULL;

		if (!grown) {
			d->no_memory = true;
			unpack_fail(&d->u);
			return NULL;
		}
		table->entry = grown;
		table->size = size;
	}
	return (char *)table->entry + entry * table->count++;
}

/* The entry that the next number names; NULL (and the cursor failed) where there is none. */
static inline void *refer(struct decode *d, const struct table *table, size_t entry)
{
	uint64_t number = unpack_uint(&d->u);

	if (d->u.failed || number >= table->count) {
		unpack_fail(&d->u);
		return NULL;
	}
	return (char *)table->entry + entry * number;
}

/* A number on disk as an enum's value; what a newer minor has added becomes @other. */
static inline unsigned known(uint64_t value, unsigned count, unsigned other)
{
	return value < count ? (unsigned)value : other;
}

static inline uint64_t enum_field(struct decode *d, uint32_t *left)
{
	return unpack_field_uint(&d->u, left, UINT8_MAX);
}

/* An array of at most @max texts, from the record's or the frame's memory. */
static inline const struct span *texts(struct decode *d, struct pool *pool, uint32_t *left, uint32_t max, size_t *count)
{
	uint32_t n = unpack_field(&d->u, left) ? unpack_array_max(&d->u, max) : 0;
	struct span *text = take(d, pool, n, sizeof(*text));

	*count = 0;
	if (!text)
		return NULL;
	for (uint32_t i = 0; i < n; i++)
		text[i] = unpack_text(&d->u);
	*count = n;
	return text;
}

/* How it went: the two numbers that every answer has. */
static inline void read_asked(struct decode *d, uint32_t *left, struct obs_answer *answer)
{
	uint64_t flags = enum_field(d, left);

	answer->status = known(flags & ANSWER_STATUS_MASK, DNS_STATUS_COUNT, DNS_ERROR);
	answer->ad = flags & ANSWER_AD;
	answer->cname_loop = flags & ANSWER_CNAME_LOOP;
	answer->tries = (uint8_t)enum_field(d, left);
}

#endif
