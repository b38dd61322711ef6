/* parsers/hash.h - FNV-1a in 64 bits: for tables, and to tell one list from another; not against an adversary.
 *
 * Shards and --resume's look at its input depend on the values: they never change. The low bits mix badly: a table
 * folds the high ones into them.
 */
#ifndef STSURVEY_PARSERS_HASH_H
#define STSURVEY_PARSERS_HASH_H

#include <stdint.h>

#include "parsers/span.h"

/* The hash of nothing, which the others go on from. */
#define HASH_NOTHING UINT64_C(0xcbf29ce484222325)

/* One octet more, or a number as if it were one. */
static inline uint64_t hash_octet(uint64_t hash, uint64_t octet)
{
	return (hash ^ octet) * UINT64_C(0x100000001b3);
}

static inline uint64_t hash_octets(uint64_t hash, const void *octets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = hash_octet(hash, ((const uint8_t *)octets)[i]);
	return hash;
}

static inline uint64_t hash_span(struct span s)
{
	return hash_octets(HASH_NOTHING, s.p, s.n);
}

/* The same for what differs in ASCII case alone. */
static inline uint64_t hash_span_nocase(struct span s)
{
	uint64_t hash = HASH_NOTHING;

	for (size_t i = 0; i < s.n; i++)
		hash = hash_octet(hash, (uint8_t)ascii_lower(s.p[i]));
	return hash;
}

#endif
