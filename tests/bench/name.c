/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/name.c */
#include "tests/bench/name.h"

#include <string.h>

/* A stem is consonants, vowels, consonants, vowels, consonants, vowels. No string of one table holds a letter
 * of the other, so a stem splits in one way only; what follows it never begins with a vowel. That keeps names
 * apart. */
static const char *const consonants[64] = {
	"b",  "c",  "d",  "f",  "g",  "h",  "j",  "k",  "l",  "m",  "n",  "p",  "r",  "s",  "t",  "v",
	"w",  "x",  "z",  "bl", "br", "ch", "ck", "cl", "cr", "dr", "fl", "fr", "gl", "gr", "kl", "kr",
	"ld", "ll", "lt", "mb", "mm", "mp", "nd", "ng", "nk", "nn", "nt", "ph", "pl", "pp", "pr", "rd",
	"rk", "rm", "rn", "rr", "rt", "sc", "sh", "sk", "sp", "ss", "st", "tr", "tt", "tz", "th", "sch",
};
static const char *const vowels[8] = { "a", "e", "i", "o", "u", "ea", "ie", "oo" };
static const char *const tails[32] = {
	"",   "",      "",           "",        "",       "",       "",      "",        "",      "",        "",
	"",   "n",     "s",          "r",       "x",      "shop",   "tech",  "group",   "media", "-online", "-shop",
	"24", "hotel", "consulting", "digital", "design", "clinic", "-gmbh", "systems", "law",   "365",
};
static const char *const endings[32] = {
	".com", ".com", ".com", ".com",  ".com", ".com", ".com", ".com",    ".com", ".com", ".com",
	".com", ".com", ".com", ".net",  ".net", ".org", ".org", ".de",     ".de",  ".de",  ".co.uk",
	".nl",  ".fr",  ".ru",  ".info", ".io",  ".eu",  ".it",  ".com.br", ".pl",  ".xyz",
};

/* A bijection on 27 bits: neighbours in the list share nothing. */
static uint32_t scatter(uint32_t i)
{
	const uint32_t mask = NAME_COUNT - 1;

	i &= mask;
	i = i * UINT32_C(0x9e3779b1) & mask;
	i ^= i >> 14;
	i = i * UINT32_C(0x85ebca6b) & mask;
	return i ^ i >> 13;
}

static char *put(char *at, const char *text)
{
	const size_t n = strlen(text);

	memcpy(at, text, n);
	return at + n;
}

size_t name_write(uint32_t i, char out[static NAME_MAX_OCTETS])
{
	uint32_t bits = scatter(i);
	const uint32_t more = bits * UINT32_C(0xc2b2ae35);
	char *at = out;

	for (int syllable = 0; syllable < 3; syllable++) {
		at = put(at, consonants[bits % 64]);
		bits /= 64;
		at = put(at, vowels[bits % 8]);
		bits /= 8;
	}
	at = put(at, tails[more >> 27]);
	at = put(at, endings[more >> 22 & 31]);
	*at = '\0';
	return (size_t)(at - out);
}
