/* SPDX-License-Identifier: BSD-2-Clause */
/* More name servers' hosts than there is room for, or than anybody has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/scanner/dns/ns_hosts_rig.h"

/* NXNSAttack: a list's domains name very many hosts below one domain, each twice. */
static void hosts_below_a_victims_domain_are_ten_look_ups_a_second(void **state)
{
	enum { SECONDS = 20, MANY = 400000 };
	char name[NAME_MAX_OCTETS];
	unsigned in_second[SECONDS] = { 0 };

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		uint64_t now_us = START + i * (SECONDS * UINT64_C(1000000) / MANY);

		numbered(name, i, i % 2 ? "a.victim.co.uk" : "b.victim.co.uk");
		find(name, now_us);
		if (find(name, now_us) == NS_HOST_WANTED)
			in_second[(now_us - START) / SECOND]++;
		else
			assert_in_range(wait_us, 1, SECOND / NS_HOSTS_LOOK_UPS);
		if (i % 1000 == 0) { /* nobody else is held up */
			numbered(name, i, "co.uk");
			find(name, now_us);
			assert_int_equal(find(name, now_us), NS_HOST_WANTED);
		}
	}
	for (unsigned s = 0; s < SECONDS; s++)
		assert_in_range(in_second[s], NS_HOSTS_LOOK_UPS - 1, NS_HOSTS_LOOK_UPS);
}

static void the_least_used_hosts_make_room(void **state)
{
	char name[NAME_MAX_OCTETS];

	(void)state;
	for (unsigned i = 0; i < 3 * NS_HOSTS_MAX; i++) {
		learn(numbered(name, i, "example"), "192.0.2.1", 86400, START);
		if (i % 64 == 0)
			assert_int_equal(find("ns0.example", START), NS_HOST_KNOWN);
	}
	assert_int_equal(counts().hosts, NS_HOSTS_MAX);
	assert_int_equal(counts().evicted, 2 * NS_HOSTS_MAX);
	assert_int_equal(find(name, START), NS_HOST_KNOWN);
	assert_int_equal(find("ns1.example", START), NS_HOST_UNSEEN);
}

/* The filter takes few names for others, however many there are, and forgets rather than to be full. */
static void few_names_are_taken_for_others(void **state)
{
	char name[NAME_MAX_OCTETS];
	unsigned mistaken = 0, late = 0, i;

	(void)state;
	for (i = 0; i < NS_HOSTS_SEEN_MOST; i++) {
		bool is_mistaken = find(numbered(name, i, "example.net"), START) != NS_HOST_UNSEEN;

		mistaken += is_mistaken;
		late += is_mistaken && i >= NS_HOSTS_SEEN_MOST / 16 * 15;
	}
	assert_true(mistaken < NS_HOSTS_SEEN_MOST / 150);
	assert_true(late < NS_HOSTS_SEEN_MOST / 16 / 38);
	for (; counts().seen <= NS_HOSTS_SEEN_MOST; i++) /* until it is emptied, by one more than it takes */
		find(numbered(name, i, "example.net"), START);
	assert_int_equal(find("ns2.example.net", START), NS_HOST_UNSEEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hosts_below_a_victims_domain_are_ten_look_ups_a_second, begin, end),
		cmocka_unit_test_setup_teardown(the_least_used_hosts_make_room, begin, end),
		cmocka_unit_test_setup_teardown(few_names_are_taken_for_others, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
