/* SPDX-License-Identifier: BSD-2-Clause */
#include "parsers/siphash.h"

enum {
	WORD = 8,          /* octets a step takes */
	ROUNDS = 2,        /* of each word: the 2 of 2-4 */
	FINAL_ROUNDS = 4,  /* behind the last */
	MARK = 0xff,       /* what tells the end from a word, … */
	LONG_MARK = 0xee,  /* … in 128 bits this, … */
	SECOND_MARK = 0xdd /* … and this before the second half */
};

struct state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t turn(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void mix(struct state *s, int rounds)
{
	while (rounds-- > 0) {
		s->v0 += s->v1;
		s->v1 = turn(s->v1, 13) ^ s->v0;
		s->v0 = turn(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = turn(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = turn(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = turn(s->v1, 17) ^ s->v2;
		s->v2 = turn(s->v2, 32);
	}
}

/* @n octets, at most WORD, as a number, the least significant first. */
static inline uint64_t part_of(const void *octets, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)((const uint8_t *)octets)[i] << 8 * i;
	return word;
}

static inline uint64_t word_of(const void *octets)
{
	uint64_t word;

	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		return part_of(octets, WORD);
	memcpy(&word, octets, sizeof(word));
	return word;
}

static inline void take_word(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	mix(s, ROUNDS);
	s->v0 ^= word;
}

static struct state hash_all(const uint8_t *key, struct span octets, bool is_long)
{
	const uint64_t k0 = word_of(key), k1 = word_of(key + WORD);
	const uint64_t length = (uint64_t)octets.n << 56; /* its last octet stands behind the last octets */
	struct state s = { .v0 = k0 ^ UINT64_C(0x736f6d6570736575),
			   .v1 = k1 ^ UINT64_C(0x646f72616e646f6d) ^ (is_long ? LONG_MARK : 0),
			   .v2 = k0 ^ UINT64_C(0x6c7967656e657261),
			   .v3 = k1 ^ UINT64_C(0x7465646279746573) };

	for (; octets.n >= WORD; octets = span_skip(octets, WORD))
		take_word(&s, word_of(octets.p));
	take_word(&s, part_of(octets.p, octets.n) | length);
	s.v2 ^= is_long ? LONG_MARK : MARK;
	mix(&s, FINAL_ROUNDS);
	return s;
}

static inline uint64_t number_of(const struct state *s)
{
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t siphash(const uint8_t key[static SIPHASH_KEY_OCTETS], struct span octets)
{
	const struct state s = hash_all(key, octets, false);

	return number_of(&s);
}

void siphash_long(const uint8_t key[static SIPHASH_KEY_OCTETS], struct span octets,
		  uint8_t hash[static SIPHASH_LONG_OCTETS])
{
	struct state s = hash_all(key, octets, true);
	const uint64_t first = number_of(&s);

	s.v1 ^= SECOND_MARK;
	mix(&s, FINAL_ROUNDS);
	for (int i = 0; i < WORD; i++) {
		hash[i] = (uint8_t)(first >> 8 * i);
		hash[WORD + i] = (uint8_t)(number_of(&s) >> 8 * i);
	}
}
