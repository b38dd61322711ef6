/* output/pool.h - memory of one frame or one record while reading: handed out in order, reused all at once.
 *
 * Chunks are kept between resets, so that reading a file settles without allocation. The cap turns a hostile
 * file into an error instead of growth.
 */
#ifndef STSURVEY_OUTPUT_POOL_H
#define STSURVEY_OUTPUT_POOL_H

#include <stddef.h>

enum { POOL_CHUNK = 64 * 1024 }; /* octets of a chunk, or what one request needs */

struct pool_chunk;

struct pool {
	struct pool_chunk *first, *now;
	size_t used;  /* octets of the chunk in use */
	size_t total; /* octets handed out since the reset */
	size_t cap;
};

void pool_init(struct pool *pool, size_t cap);
void pool_fini(struct pool *pool);
void pool_reset(struct pool *pool);

/* Octets aligned for any type, not zeroed; NULL when the cap or memory is reached. @size 0 yields an address
 * too. */
__attribute__((warn_unused_result)) void *pool_alloc(struct pool *pool, size_t size);

#endif
