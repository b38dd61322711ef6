/* SPDX-License-Identifier: BSD-2-Clause */
/* Which addresses may be contacted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scanner/rules/address.h"
#include "scanner/rules/contact.h"

static void verdict_weighs_both_sets(void **state)
{
	static const struct {
		const char *address, *allow, *block;
		enum contact_verdict verdict;
	} cases[] = {
		{ "8.8.8.8", NULL, NULL, CONTACT_ALLOWED },
		{ "127.0.0.1", NULL, NULL, CONTACT_RESERVED },
		{ "127.0.0.1", "127.0.0.0/8", NULL, CONTACT_ALLOWED },
		{ "127.0.0.1", "10.0.0.0/8", NULL, CONTACT_RESERVED },
		{ "127.0.0.1", "127.0.0.0/8", "127.0.0.1", CONTACT_BLOCKLISTED },
		{ "8.8.8.8", "127.0.0.0/8", "8.8.8.0/24", CONTACT_BLOCKLISTED },
		{ "::ffff:8.8.8.8", NULL, "8.8.8.0/24", CONTACT_BLOCKLISTED },
		{ "2002:808:808::1", NULL, "8.8.8.0/24", CONTACT_BLOCKLISTED },
		{ "64:ff9b::8.8.8.8", NULL, "8.8.8.0/24", CONTACT_BLOCKLISTED },
		{ "8.8.8.8", NULL, "::ffff:8.8.8.0/120", CONTACT_BLOCKLISTED },
		{ "8.8.9.8", NULL, "::ffff:8.8.8.0/120", CONTACT_ALLOWED },
		{ "8.8.8.8", NULL, "::ffff:808:808", CONTACT_BLOCKLISTED },
		{ "8.8.8.8", NULL, "::ffff:0:0/96", CONTACT_BLOCKLISTED },
		{ "2600::1", NULL, "::ffff:0:0/96", CONTACT_ALLOWED },
		{ "::ffff:8.8.8.8", NULL, "::ffff:8.8.8.0/120", CONTACT_BLOCKLISTED },
		{ "64:ff9b::8.8.8.8", NULL, "::ffff:8.8.8.0/120", CONTACT_BLOCKLISTED },
		{ "2002:808:808::1", NULL, "::ffff:8.8.8.0/120", CONTACT_BLOCKLISTED },
		{ "::ffff:8.8.8.8", NULL, "::/0", CONTACT_BLOCKLISTED },
		{ "8.8.8.8", NULL, "::/0", CONTACT_ALLOWED },
		{ "127.0.0.1", "::ffff:127.0.0.0/104", NULL, CONTACT_ALLOWED },
		{ "::ffff:127.0.0.1", "127.0.0.0/8", NULL, CONTACT_ALLOWED },
		{ "64:ff9b::127.0.0.1", "127.0.0.0/8", NULL, CONTACT_RESERVED },
		{ "2002:7f00:1::", "127.0.0.0/8", NULL, CONTACT_RESERVED },
		{ "fe80::1", "fe80::/10", NULL, CONTACT_ALLOWED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct cidr_set *allow = cases[i].allow ? cidr_set_new() : NULL;
		struct cidr_set *block = cases[i].block ? cidr_set_new() : NULL;
		struct obs_address address;

		assert_true(address_parse(span_of(cases[i].address), &address));
		if (allow)
			assert_int_equal(cidr_set_add(allow, span_of(cases[i].allow)), 0);
		if (block)
			assert_int_equal(cidr_set_add(block, span_of(cases[i].block)), 0);
		if (contact_check(&address, allow, block) != cases[i].verdict)
			fail_msg("case %zu: %s", i, cases[i].address);
		cidr_set_free(allow);
		cidr_set_free(block);
	}
}

/* Of IPv6 it is a huge network without what was meant. */
static void a_mapped_network_wider_than_ipv4_is_none(void **state)
{
	static const char *const wide[] = { "::ffff:8.8.8.0/24", "::ffff:8.8.8.0/95", "::ffff:0:0/0" };
	struct cidr_set *set = cidr_set_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wide); i++)
		assert_int_equal(cidr_set_add(set, span_of(wide[i])), -2);
	cidr_set_free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdict_weighs_both_sets),
		cmocka_unit_test(a_mapped_network_wider_than_ipv4_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
