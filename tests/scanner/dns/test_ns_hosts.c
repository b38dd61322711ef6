/* SPDX-License-Identifier: BSD-2-Clause */
/* Which name servers' hosts are looked up, when, and how many of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <cmocka.h>

#include "parsers/domain.h"
#include "tests/scanner/dns/ns_hosts_rig.h"

enum { THREADS = 4 };

static void a_host_is_looked_up_at_its_second_sighting(void **state)
{
	(void)state;
	assert_int_equal(find("ns1.example.com", START), NS_HOST_UNSEEN);
	assert_int_equal(find("ns2.example.com", START), NS_HOST_UNSEEN);
	assert_int_equal(find("ns1.example.com", START), NS_HOST_WANTED);
	assert_int_equal(find("ns1.example.com", START), NS_HOST_COMING); /* one asker alone */
	assert_int_equal(wait_us, NS_HOSTS_AGAIN_MS * 1000);
	learn("ns1.example.com", "192.0.2.1", 300, START);
	assert_int_equal(find("ns1.example.com", START), NS_HOST_KNOWN);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.address[0].family, 4);
	assert_memory_equal(found.address[0].octet, "\300\0\2\1", 4);
	assert_int_equal(counts().seen, 2);
	assert_int_equal(counts().look_ups, 1);
	assert_int_equal(counts().found, 1);
}

/* @again: the domain was told to wait, and the host is forgotten by now, or was never put down. */
static void who_asks_again_is_no_sighting(void **state)
{
	(void)state;
	assert_int_equal(ns_hosts_find(hosts, SPAN_LITERAL("ns1.example.com"), true, START, &found, &wait_us),
			 NS_HOST_WANTED);
}

struct life {
	const char *name;
	uint32_t ttl_s;
	bool none;
	unsigned known_s; /* until it is looked up again */
};

static const struct life lives[] = {
	{ "its TTL", 3600, false, 3600 },
	{ "no less than a minute", 0, false, NS_HOSTS_TTL_LEAST_S },
	{ "no more than a day", UINT32_MAX, false, NS_HOSTS_TTL_MOST_S },
	{ "nothing for a while, whatever the SOA says", 86400, true, NS_HOSTS_NONE_S },
};

static void what_is_known_is_known_for_a_while(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lives); i++) {
		const struct life *life = &lives[i];
		enum ns_host_state is = life->none ? NS_HOST_NONE : NS_HOST_KNOWN;
		char name[NAME_MAX_OCTETS];
		uint64_t end_us = START + life->known_s * UINT64_C(1000000);

		numbered(name, (unsigned)i, "example");
		find(name, START);
		assert_int_equal(find(name, START), NS_HOST_WANTED);
		if (life->none)
			ns_hosts_learn(hosts, span_of(name), NULL, 0, life->ttl_s, START);
		else
			learn(name, "2001:db8::1", life->ttl_s, START);
		if (find(name, end_us - 1) != is)
			fail_msg("%s: it is over too early", life->name);
		if (find(name, end_us) != NS_HOST_WANTED)
			fail_msg("%s: it is not over", life->name);
	}
}

/* `NS .`, and a name that no question can hold: to wait for their look-up would be to wait for ever */
static void what_can_be_no_host_has_no_address(void **state)
{
	char longest[DOMAIN_NAME_MAX + 2];

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(find("", START), NS_HOST_NONE);
		assert_int_equal(find(longest, START), NS_HOST_NONE);
	}
}

static void two_addresses_of_each_family_are_kept(void **state)
{
	static const char *const texts[] = { "192.0.2.1",   "192.0.2.2",   "192.0.2.3",
					     "2001:db8::1", "2001:db8::2", "2001:db8::3" };
	struct obs_address address[COUNT_OF(texts)];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_true(address_parse(span_of(texts[i]), &address[i]));
	ns_hosts_learn(hosts, SPAN_LITERAL("ns.example"), address, COUNT_OF(address), 300, START);
	assert_int_equal(find("ns.example", START), NS_HOST_KNOWN);
	assert_int_equal(found.count, NS_HOSTS_ADDRESSES_MAX);
	assert_true(address_equal(&found.address[0], &address[0]));
	assert_true(address_equal(&found.address[1], &address[1]));
	assert_true(address_equal(&found.address[2], &address[3]));
	assert_true(address_equal(&found.address[3], &address[4]));
	ns_hosts_learn(hosts, SPAN_LITERAL("ns.example"), &address[5], 1, 300, START); /* instead of them */
	assert_int_equal(find("ns.example", START), NS_HOST_KNOWN);
	assert_int_equal(found.count, 1);
	assert_true(address_equal(&found.address[0], &address[5]));
}

static void a_look_up_not_heard_of_is_begun_again(void **state)
{
	uint64_t end_us = START + NS_HOSTS_LOOKING_S * UINT64_C(1000000);

	(void)state;
	find("ns.example", START);
	assert_int_equal(find("ns.example", START), NS_HOST_WANTED);
	assert_int_equal(find("ns.example", end_us - 1), NS_HOST_COMING);
	assert_int_equal(find("ns.example", end_us), NS_HOST_WANTED);
	assert_int_equal(find("ns.example", end_us), NS_HOST_COMING);
}

/* ---- threads ---- */

static atomic_uint wanted;

static void *ask(void *arg)
{
	struct ns_addresses addresses;
	char name[NAME_MAX_OCTETS];
	uint64_t ask_again_us;

	for (unsigned i = 0; i < 5000; i++) {
		struct span host = span_of(numbered(name, i, "example"));

		(void)arg;
		for (unsigned k = 0; k < 2; k++)
			if (ns_hosts_find(hosts, host, false, START, &addresses, &ask_again_us) == NS_HOST_WANTED) {
				struct obs_address address = { .family = 4, .octet = { 192, 0, 2, (uint8_t)i } };

				atomic_fetch_add(&wanted, 1);
				ns_hosts_learn(hosts, host, &address, 1, 300, START);
			}
		if (ns_hosts_find(hosts, host, false, START, &addresses, &ask_again_us) == NS_HOST_KNOWN)
			assert_int_equal(addresses.address[0].octet[3], (uint8_t)i);
	}
	return NULL;
}

static void threads_look_a_host_up_once(void **state)
{
	pthread_t thread[THREADS];

	(void)state;
	wanted = 0;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, ask, NULL), 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(wanted, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_host_is_looked_up_at_its_second_sighting, begin, end),
		cmocka_unit_test_setup_teardown(who_asks_again_is_no_sighting, begin, end),
		cmocka_unit_test_setup_teardown(what_is_known_is_known_for_a_while, begin, end),
		cmocka_unit_test_setup_teardown(what_can_be_no_host_has_no_address, begin, end),
		cmocka_unit_test_setup_teardown(two_addresses_of_each_family_are_kept, begin, end),
		cmocka_unit_test_setup_teardown(a_look_up_not_heard_of_is_begun_again, begin, end),
		cmocka_unit_test_setup_teardown(threads_look_a_host_up_once, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
