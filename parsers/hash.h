/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/hash.h - FNV-1a in 64 bits: for tables, and to tell one list from another; not against an adversary.
 *
 * Shards, and --resume where it compares its input, depend on the values: they must never change. The low bits are
 * badly mixed: a table folds the high ones into them.
 */
#ifndef STSURVEY_PARSERS_HASH_H
#define STSURVEY_PARSERS_HASH_H

#include <stdint.h>

#include "parsers/span.h"

/* The hash of no octets, which the others start from. */
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

/* A number's hash under a seed that no stranger knows: nobody can choose numbers that collide. */
static inline uint64_t hash_mix(uint64_t number, uint64_t seed)
{
	uint64_t hash = (number ^ seed) * UINT64_C(0x9e3779b97f4a7c15);

	return (hash ^ hash >> 32) * UINT64_C(0xd6e8feb86659fd93);
}

#endif
