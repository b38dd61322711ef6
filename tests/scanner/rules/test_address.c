/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>

#include "scanner/rules/address.h"
#include "scanner/rules/cidr_set.h"
#include "scanner/rules/domain_set.h"

static struct obs_address parsed(const char *text)
{
	struct obs_address address;

	if (!address_parse(span_of(text), &address))
		fail_msg("'%s' is an address", text);
	return address;
}

static void text_goes_there_and_back(void **state)
{
	static const char *const same[] = { "192.0.2.1", "0.0.0.0",      "255.255.255.255", "::",
					    "::1",       "2001:db8::53", "fe80::1" };
	static const char *const bad[] = { "",
					   "1.2.3",
					   "1.2.3.4.5",
					   "256.1.1.1",
					   "01.2.3.4",
					   "1.2.3.4 ",
					   "[::1]",
					   "fe80::1%eth0",
					   "1::2::3",
					   "example.com",
					   "::1/128",
					   "1.2.3.4:53",
					   "1111:2222:3333:4444:5555:6666:7777:8888:9999:1111:2222" };
	char text[ADDRESS_TEXT_MAX];
	struct obs_address address;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(same); i++) {
		address = parsed(same[i]);
		address_text(&address, text);
		assert_string_equal(text, same[i]);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (address_parse(span_of(bad[i]), &address))
			fail_msg("'%s' is no address", bad[i]);
	assert_false(address_parse((struct span){ "1.2.3.4\0x", 9 }, &address));
}

static void endpoints_have_a_port_or_leave_it(void **state)
{
	static const struct {
		const char *text, *address;
		int port; /* -1: refused */
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1", 53 },
		{ "192.0.2.1:5300", "192.0.2.1", 5300 },
		{ "2001:db8::1", "2001:db8::1", 53 },
		{ "[2001:db8::1]", "2001:db8::1", 53 },
		{ "[2001:db8::1]:853", "2001:db8::1", 853 },
		{ "192.0.2.1:0", "", -1 },
		{ "192.0.2.1:65536", "", -1 },
		{ "192.0.2.1:", "", -1 },
		{ "[192.0.2.1]:53", "", -1 },
		{ "[::1", "", -1 },
		{ "[::1]53", "", -1 },
		{ ":53", "", -1 },
		{ "", "", -1 },
		{ "[", "", -1 },
		{ "192.0.2.1:+5", "", -1 },
	};
	char text[ADDRESS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct endpoint endpoint = { .port = 53 };
		bool taken = endpoint_parse(span_of(cases[i].text), &endpoint);

		if (taken != (cases[i].port >= 0))
			fail_msg("'%s'", cases[i].text);
		if (!taken)
			continue;
		address_text(&endpoint.address, text);
		assert_string_equal(text, cases[i].address);
		assert_int_equal(endpoint.port, cases[i].port);
	}
}

static void families_take_turns_and_ipv6_begins(void **state)
{
	static const char *const given[] = { "192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8::2" };
	static const char *const due[] = { "2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "192.0.2.3" };
	struct obs_address address[COUNT_OF(given)], sorted[COUNT_OF(given)];
	char text[ADDRESS_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(given); i++)
		address[i] = parsed(given[i]);
	address_interleave(address, COUNT_OF(given), sorted);
	for (size_t i = 0; i < COUNT_OF(due); i++) {
		address_text(&sorted[i], text);
		assert_string_equal(text, due[i]);
	}
	address_interleave(NULL, 0, NULL); /* a host without any */
}

static void sockaddr_is_in_network_order(void **state)
{
	struct obs_address v4 = parsed("192.0.2.1"), v6 = parsed("2001:db8::1");
	struct sockaddr_storage out;

	(void)state;
	assert_int_equal(address_sockaddr(&v4, 443, &out), sizeof(struct sockaddr_in));
	assert_int_equal(((struct sockaddr_in *)&out)->sin_port, htons(443));
	assert_int_equal(((struct sockaddr_in *)&out)->sin_addr.s_addr, htonl(0xc0000201));
	assert_int_equal(address_sockaddr(&v6, 443, &out), sizeof(struct sockaddr_in6));
	assert_int_equal(((struct sockaddr_in6 *)&out)->sin6_addr.s6_addr[15], 1);
}

static void special_purpose_addresses_are_refused(void **state)
{
	static const struct {
		const char *address;
		bool global;
	} cases[] = {
		{ "8.8.8.8", true },
		{ "0.0.0.0", false },
		{ "0.255.255.255", false },
		{ "1.0.0.0", true },
		{ "10.0.0.0", false },
		{ "11.0.0.0", true },
		{ "9.255.255.255", true },
		{ "100.63.255.255", true },
		{ "100.64.0.0", false },
		{ "100.127.255.255", false },
		{ "100.128.0.0", true },
		{ "127.0.0.1", false },
		{ "128.0.0.0", true },
		{ "169.254.169.254", false },
		{ "169.255.0.0", true },
		{ "172.15.255.255", true },
		{ "172.16.0.0", false },
		{ "172.31.255.255", false },
		{ "172.32.0.0", true },
		{ "192.0.0.8", false },
		{ "192.0.0.9", true },
		{ "192.0.0.10", true },
		{ "192.0.0.11", false },
		{ "192.0.0.170", false },
		{ "192.0.1.0", true },
		{ "192.0.2.1", false },
		{ "192.31.196.1", true },
		{ "192.52.193.1", true },
		{ "192.88.99.1", false },
		{ "192.168.0.1", false },
		{ "192.175.48.1", true },
		{ "198.17.255.255", true },
		{ "198.18.0.0", false },
		{ "198.19.255.255", false },
		{ "198.20.0.0", true },
		{ "198.51.100.7", false },
		{ "203.0.113.7", false },
		{ "203.0.114.0", true },
		{ "223.255.255.255", true },
		{ "224.0.0.1", false },
		{ "239.255.255.255", false },
		{ "240.0.0.1", false },
		{ "255.255.255.255", false },
		{ "::", false },
		{ "::1", false },
		{ "::8.8.8.8", false },
		{ "::ffff:8.8.8.8", true },
		{ "::ffff:10.0.0.1", false },
		{ "::ffff:127.0.0.1", false },
		{ "64:ff9b::8.8.8.8", true },
		{ "64:ff9b::a00:1", false },
		{ "64:ff9b:1::808:808", false },
		{ "64:ff9b::1:808:808", false },
		{ "100::1", false },
		{ "100:0:0:1::1", false },
		{ "1fff::1", false },
		{ "2000::1", true },
		{ "2001::1", false },
		{ "2001:0:4136:e378:8000:63bf:3fff:fdd2", false },
		{ "2001:1::1", true },
		{ "2001:1::2", true },
		{ "2001:1::3", true },
		{ "2001:1::4", false },
		{ "2001:2::1", false },
		{ "2001:3::1", true },
		{ "2001:4:112::1", true },
		{ "2001:4:113::1", false },
		{ "2001:10::1", false },
		{ "2001:20::1", true },
		{ "2001:30::1", true },
		{ "2001:1ff:ffff::1", false },
		{ "2001:200::1", true },
		{ "2001:db8::1", false },
		{ "2001:db9::1", true },
		{ "2002:808:808::1", true },
		{ "2002:a00:1::1", false },
		{ "2002:7f00:1::", false },
		{ "2620:4f:8000::1", true },
		{ "3ffe::1", true },
		{ "3fff::1", false },
		{ "3fff:fff::1", false },
		{ "3fff:1000::1", true },
		{ "4000::1", false },
		{ "5f00::1", false },
		{ "fc00::1", false },
		{ "fd12::1", false },
		{ "fe80::1", false },
		{ "fec0::1", false },
		{ "ff02::1", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct obs_address address = parsed(cases[i].address);

		if (address_is_global(&address) != cases[i].global)
			fail_msg("%s", cases[i].address);
	}
}

static void network_sets_hold_what_was_added(void **state)
{
	static const char *const networks[] = { "10.1.0.0/16",      "10.1.2.0/24",   "192.0.2.7",
						"198.51.100.77/25", "2001:db8::/33", "2001:db8:f::1" };
	static const char *const bad[] = { "",         "10.0.0.0/33",  "2001:db8::/129", "10.0.0.0/",    "10.0.0.0/-1",
					   "10.0.0/8", "10.0.0.0/8/8", "example.com",    "10.0.0.0/1234" };
	static const struct {
		const char *address;
		bool in;
	} cases[] = {
		{ "10.1.255.255", true },      { "10.2.0.0", false },       { "10.0.255.255", false },
		{ "192.0.2.7", true },         { "192.0.2.6", false },      { "198.51.100.0", true },
		{ "198.51.100.127", true },    { "198.51.100.128", false }, { "2001:db8:7fff::1", true },
		{ "2001:db8:8000::1", false }, { "a01::", false },
	};
	struct cidr_set *set = cidr_set_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(networks); i++)
		assert_int_equal(cidr_set_add(set, span_of(networks[i])), 0);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (cidr_set_add(set, span_of(bad[i])) != -2)
			fail_msg("'%s' is no network", bad[i]);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct obs_address address = parsed(cases[i].address);

		if (cidr_set_has(set, &address) != cases[i].in)
			fail_msg("%s", cases[i].address);
	}
	cidr_set_free(set);
}

static void zero_length_covers_one_family(void **state)
{
	struct cidr_set *set = cidr_set_new();
	struct obs_address v4 = parsed("1.2.3.4"), v6 = parsed("2000::1");

	(void)state;
	assert_false(cidr_set_has(set, &v4));
	assert_int_equal(cidr_set_add(set, SPAN_LITERAL("0.0.0.0/0")), 0);
	assert_true(cidr_set_has(set, &v4));
	assert_false(cidr_set_has(set, &v6));
	assert_int_equal(cidr_set_add(set, SPAN_LITERAL("::/0")), 0);
	assert_true(cidr_set_has(set, &v6));
	cidr_set_free(set);
}

/* A reference that is too slow for use: every network compared with every address. */
static void many_networks_agree_with_a_plain_list(void **state)
{
	enum { networks = 3000, ADDRESSES = 3000 };
	static uint32_t net[networks];
	static unsigned length[networks];
	struct cidr_set *set = cidr_set_new();
	uint32_t x = 12345;

	(void)state;
	for (int i = 0; i < networks; i++) {
		char text[32];

		x = x * 1664525 + 1013904223;
		length[i] = 12 + x % 21;
		net[i] = x * 2654435761u & ~(length[i] == 32 ? 0 : UINT32_MAX >> length[i]);
		snprintf(text, sizeof(text), "%u.%u.%u.%u/%u", net[i] >> 24, net[i] >> 16 & 255, net[i] >> 8 & 255,
			 net[i] & 255, length[i]);
		assert_int_equal(cidr_set_add(set, span_of(text)), 0);
	}
	for (int a = 0; a < ADDRESSES; a++) {
		struct obs_address address = { .family = 4 };
		uint32_t wanted;
		bool in = false;

		x = x * 1664525 + 1013904223;
		wanted = a % 2 ? x * 2654435761u : net[a % networks] + x % 512;
		for (int i = 0; i < networks && !in; i++)
			in = ((wanted ^ net[i]) & ~(length[i] == 32 ? 0 : UINT32_MAX >> length[i])) == 0;
		wanted = htonl(wanted);
		memcpy(address.octet, &wanted, 4);
		assert_int_equal(cidr_set_has(set, &address), in);
	}
	cidr_set_free(set);
}

static void domain_sets_know_ancestors(void **state)
{
	static const struct {
		const char *name;
		bool in;
	} cases[] = {
		{ "example.com", true },
		{ "www.example.com", true },
		{ "a.b.EXAMPLE.com", true },
		{ "badexample.com", false },
		{ "com", false },
		{ "example.com.evil.net", false },
		{ "xn--bcher-kva.example", true },
		{ "x.xn--bcher-kva.example", true },
		{ "example", false },
		{ "net-17.test", true },
		{ "net-1000.test", false },
		{ "", false },
	};
	struct domain_set *set = domain_set_new();
	char path[] = "/tmp/stsurvey-test-XXXXXX", name[32];
	struct error error;
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	(void)state;
	fputs("\xef\xbb\xbf# opted out\n\nExample.COM.   # by mail\r\nb\xc3\xbc"
	      "cher.example\n",
	      file);
	fclose(file);
	if (domain_set_load(set, path, &error) != 0)
		fail_msg("%s", error.text);
	for (int i = 0; i < 1000; i++) { /* grows more than once */
		snprintf(name, sizeof(name), "net-%d.test", i);
		assert_int_equal(domain_set_add(set, span_of(name)), 0);
	}
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (domain_set_has(set, span_of(cases[i].name)) != cases[i].in)
			fail_msg("'%s'", cases[i].name);
	domain_set_free(set);
	unlink(path);
}

static void bad_lines_are_named_by_file_and_line(void **state)
{
	char path[] = "/tmp/stsurvey-test-XXXXXX", expected[256];
	struct error error;
	FILE *file = fdopen(mkstemp(path), "w");
	struct domain_set *domains = domain_set_new();
	struct cidr_set *networks = cidr_set_new();

	(void)state;
	fputs("# comment\n10.0.0.0/8 # private\n\nnot a network\n", file);
	fclose(file);
	assert_int_equal(cidr_set_load(networks, path, &error), -1);
	snprintf(expected, sizeof(expected), "%s:4: 'not a network' is no network", path);
	assert_memory_equal(error.text, expected, strlen(expected));
	assert_int_equal(domain_set_load(domains, path, &error), -1);
	snprintf(expected, sizeof(expected), "%s:2: '10.0.0.0/8' is no domain name", path);
	assert_memory_equal(error.text, expected, strlen(expected));
	unlink(path);
	assert_int_equal(cidr_set_load(networks, path, &error), -1);
	snprintf(expected, sizeof(expected), "%s: No such file or directory", path);
	assert_string_equal(error.text, expected);
	assert_int_equal(cidr_set_load(networks, "/tmp", &error), -1);
	assert_string_equal(error.text, "/tmp: Is a directory");
	cidr_set_free(networks);
	domain_set_free(domains);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_goes_there_and_back),
		cmocka_unit_test(endpoints_have_a_port_or_leave_it),
		cmocka_unit_test(families_take_turns_and_ipv6_begins),
		cmocka_unit_test(sockaddr_is_in_network_order),
		cmocka_unit_test(special_purpose_addresses_are_refused),
		cmocka_unit_test(network_sets_hold_what_was_added),
		cmocka_unit_test(zero_length_covers_one_family),
		cmocka_unit_test(many_networks_agree_with_a_plain_list),
		cmocka_unit_test(domain_sets_know_ancestors),
		cmocka_unit_test(bad_lines_are_named_by_file_and_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
