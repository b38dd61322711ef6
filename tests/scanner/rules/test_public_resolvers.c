/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "scanner/rules/address.h"
#include "scanner/rules/public_resolvers.h"

static void public_resolvers_are_known_by_their_addresses(void **state)
{
	static const struct {
		const char *address, *operator; /* NULL: none */
	} cases[] = {
		{ "8.8.8.8", "Google Public DNS" },
		{ "2001:4860:4860::8844", "Google Public DNS" },
		{ "1.1.1.1", "Cloudflare" },
		{ "1.0.0.3", "Cloudflare" },
		{ "2606:4700:4700::1001", "Cloudflare" },
		{ "9.9.9.11", "Quad9" },
		{ "2620:fe::fe", "Quad9" },
		{ "208.67.220.123", "Cisco OpenDNS" },
		{ "4.2.2.1", "Level 3 (Lumen)" },
		{ "4.2.2.8", NULL },
		{ "77.88.8.8", "Yandex DNS" },
		{ "2a02:6b8::feed:bad", "Yandex DNS" },
		{ "2a02:6b8::1", NULL }, /* Yandex, but no resolver for all */
		/* the same ones in other writing */
		{ "::ffff:8.8.4.4", "Google Public DNS" },
		{ "64:ff9b::9.9.9.9", "Quad9" },
		/* no one's */
		{ "8.8.5.8", NULL },
		{ "2606:4700:4701::1111", NULL },
		{ "127.0.0.53", NULL },
		{ "::1", NULL },
		{ "192.0.2.53", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct obs_address address;
		const char *known;

		assert_true(address_parse(span_of(cases[i].address), &address));
		known = public_resolver_operator(&address);
		if (!known || !cases[i].operator ? known != cases[i].operator : strcmp(known, cases[i].operator) != 0)
			fail_msg("%s: %s", cases[i].address, known ? known : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(public_resolvers_are_known_by_their_addresses) };

	return cmocka_run_group_tests_name("public_resolvers", tests, NULL, NULL);
}
