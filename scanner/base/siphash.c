#include "scanner/base/siphash.h"

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void rounds(uint64_t v[4], unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32) + v[3];
		v[2] += v[1];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

static void take(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	rounds(v, 2);
	v[0] ^= word;
}

static uint64_t folded(const uint64_t v[4])
{
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct siphash siphash(const uint64_t key[2], struct span text)
{
	uint64_t v[4] = { key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
			  key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573) };
	uint64_t last = (uint64_t)text.n << 56;
	struct siphash hash;
	size_t at = 0;

	for (; at + 8 <= text.n; at += 8) {
		uint64_t word = 0;

		for (unsigned i = 0; i < 8; i++)
			word |= (uint64_t)(uint8_t)text.p[at + i] << 8 * i;
		take(v, word);
	}
	for (unsigned i = 0; at + i < text.n; i++)
		last |= (uint64_t)(uint8_t)text.p[at + i] << 8 * i;
	take(v, last);
	v[2] ^= 0xee;
	rounds(v, 4);
	hash.part[0] = folded(v);
	v[1] ^= 0xdd;
	rounds(v, 4);
	hash.part[1] = folded(v);
	return hash;
}
