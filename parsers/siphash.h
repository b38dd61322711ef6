/* SPDX-License-Identifier: BSD-2-Clause */
/* parsers/siphash.h - SipHash-2-4 (Aumasson, Bernstein 2012): a hash under a key, for what strangers choose.
 *
 * Who does not know the key cannot choose octets that collide; who knows it gets the same numbers on every machine. In
 * 64 bits it takes a sample of names, in 128 it stands for a name. Samples depend on the values: they must never
 * change.
 */
#ifndef STSURVEY_PARSERS_SIPHASH_H
#define STSURVEY_PARSERS_SIPHASH_H

#include <stdint.h>

#include "parsers/span.h"

enum {
	SIPHASH_KEY_OCTETS = 16,
	SIPHASH_LONG_OCTETS = 16, /* of the hash in 128 bits */
};

/* The octets of the published vectors are this number, the least significant first. */
uint64_t siphash(const uint8_t key[static SIPHASH_KEY_OCTETS], struct span octets);

/* In 128 bits: another hash, not the first with more behind it. */
void siphash_long(const uint8_t key[static SIPHASH_KEY_OCTETS], struct span octets,
		  uint8_t hash[static SIPHASH_LONG_OCTETS]);

/* Is @name in the sample that takes @share (above 0, below 1) of all names? Of one key a smaller sample lies within a
 * larger one. */
static inline bool siphash_samples(const uint8_t key[static SIPHASH_KEY_OCTETS], double share, struct span name)
{
	return siphash(key, name) < (uint64_t)(share * 0x1p64);
}

#endif
