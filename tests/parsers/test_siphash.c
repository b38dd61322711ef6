/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "parsers/siphash.h"

static void octets_as_text(const uint8_t *octets, size_t n, char *text)
{
	for (size_t i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", octets[i]);
}

/* The authors' vectors (vectors.h of their reference): key 00 01 … 0f, octets 00 01 … */
static void the_published_vectors_come_out(void **state)
{
	static const struct {
		size_t n;
		const char *hash, *long_hash;
	} rows[] = {
		{ 0, "310e0edd47db6f72", "a3817f04ba25a8e66df67214c7550293" },
		{ 1, "fd67dc93c539f874", "da87c1d86b99af44347659119b22fc45" },
		{ 2, "5a4fa9d909806c0d", "8177228da4a45dc7fca38bdef60affe4" },
		{ 3, "2d7efbd796666785", "9c70b60c5267a94e5f33b6b02985ed51" },
		{ 4, "b7877127e09427cf", "f88164c12d9c8faf7d0f6e7c7bcd5579" },
		{ 5, "8da699cd64557618", "1368875980776f8854527a07690e9627" },
		{ 6, "cee3fe586e46c9cb", "14eeca338b208613485ea0308fd7a15e" },
		{ 7, "37d1018bf50002ab", "a1f1ebbed8dbc153c0b84aa61ff08239" },
		{ 8, "6224939a79f5f593", "3b62a9ba6258f5610f83e264f31497b4" },
		{ 9, "b0e4a90bdf82009e", "264499060ad9baabc47f8b02bb6d71ed" },
		{ 15, "e545be4961ca29a1", "5493e99933b0a8117e08ec0f97cfc3d9" },
		{ 16, "db9bc2577fcc2a3f", "6ee2a4ca67b054bbfd3315bf85230577" },
		{ 17, "9447be2cf5e99a69", "473d06e8738db89854c066c47ae47740" },
		{ 31, "42c341d8fa92d832", "2939b0183223fafc1723de4f52c43d35" },
		{ 32, "ce7cf2722f512771", "7c3956ca5eeafc3e363e9d556546eb68" },
		{ 55, "9924a43cc1315724", "67f14984c7da791248e32bb5922583da" },
		{ 56, "bd838d3aafbf8db7", "1938f2cf72d54ee97e94166fa91d2a36" },
		{ 62, "575ff28e60381be5", "5853542321f567a005d547a4f04759bd" },
		{ 63, "724506eb4c328a95", "5150d1772f50834a503e069a973fbd7c" },
	};
	uint8_t key[SIPHASH_KEY_OCTETS], hash[SIPHASH_LONG_OCTETS];
	char octets[64], text[2 * SIPHASH_LONG_OCTETS + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (char)i;
	for (uint8_t i = 0; i < sizeof(key); i++)
		key[i] = i;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct span s = { octets, rows[i].n };
		const uint64_t number = siphash(key, s);

		for (size_t k = 0; k < sizeof(number); k++)
			hash[k] = (uint8_t)(number >> 8 * k);
		octets_as_text(hash, sizeof(number), text);
		assert_string_equal(text, rows[i].hash);
		siphash_long(key, s, hash);
		octets_as_text(hash, sizeof(hash), text);
		assert_string_equal(text, rows[i].long_hash);
	}
}

static void another_key_is_another_hash(void **state)
{
	const struct span name = SPAN_LITERAL("example.com");
	uint8_t key[SIPHASH_KEY_OCTETS] = { 0 };
	const uint64_t hash = siphash(key, name);

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++) {
		key[i] = 1;
		assert_true(siphash(key, name) != hash);
		key[i] = 0;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_vectors_come_out),
		cmocka_unit_test(another_key_is_another_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
