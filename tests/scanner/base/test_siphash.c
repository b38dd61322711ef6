/* Against the values of the reference implementation (vectors_sip128 of github.com/veorq/SipHash, also what
 * `openssl mac -macopt hexkey:000102…0f -macopt size:16 SipHash` says): key 00 01 02 …, text 00 01 02 ….
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scanner/base/siphash.h"

static void known_texts_have_the_known_values(void **state)
{
	static const struct {
		size_t n;
		uint64_t part[2]; /* little-endian */
	} table[] = {
		{ 0, { UINT64_C(0xe6a825ba047f81a3), UINT64_C(0x930255c71472f66d) } },
		{ 1, { UINT64_C(0x44af996bd8c187da), UINT64_C(0x45fc229b11597634) } },
		{ 15, { UINT64_C(0x11a8b03399e99354), UINT64_C(0xd9c3cf970fec087e) } },
		{ 16, { UINT64_C(0xbb54b067caa4e26e), UINT64_C(0x77052385bf1533fd) } },
		{ 21, { UINT64_C(0x215a52be5a498e56), UINT64_C(0x121d073ecd14228a) } },
	};
	const uint64_t key[2] = { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) };
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)i;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct siphash hash = siphash(key, (struct span){ text, table[i].n });

		if (hash.part[0] != table[i].part[0] || hash.part[1] != table[i].part[1])
			fail_msg("%zu octets: %llx %llx", table[i].n, (unsigned long long)hash.part[0],
				 (unsigned long long)hash.part[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(known_texts_have_the_known_values) };

	return cmocka_run_group_tests_name("siphash", tests, NULL, NULL);
}
