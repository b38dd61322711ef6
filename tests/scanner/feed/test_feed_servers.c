/* SPDX-License-Identifier: BSD-2-Clause */
/* The name servers that a zone file delegates a domain to: they stay with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/scanner/feed/feed_rig.h"

static const struct {
	const char *what, *zone, *expected;
} rows[] = {
	{ "one and several", "$ORIGIN test.\na NS ns1.example.\na NS NS2.Example.\nb NS ns.b\n",
	  "0 0 0 a.test {ns1.example|ns2.example}\n1 0 0 b.test {ns.b.test}\n" },
	{ "omitted owner, other records between",
	  "$ORIGIN test.\na 3600 IN NS ns1.example.\n IN NS ns2.example.\n A 192.0.2.1\n"
	  "a DS 1 2 3 ab\na NS ns3.example.\nb NS @\n",
	  "0 0 0 a.test {ns1.example|ns2.example|ns3.example}\n1 0 0 b.test {test}\n" },
	{ "parentheses, comments, escapes",
	  "$ORIGIN test.\na NS (\n ns1.example. ; x\n )\nb NS n\\115.example. ; NS c\n",
	  "0 0 0 a.test {ns1.example}\n1 0 0 b.test {ns.example}\n" },
	{ "the zone's own are nobody's", "$ORIGIN test.\n@ SOA a. b. 1 2 3 4 5\n@ NS ns.test.\na NS ns.example.\n",
	  "0 0 0 a.test {ns.example}\n" },
	{ "an apex that shows late",
	  "test. NS ns.test.\na.test. NS ns.example.\ntest. SOA a. b. 1 2 3 4 5\nb.test. NS ns.example.\n",
	  "0 0 0 a.test {ns.example}\n1 0 0 b.test {ns.example}\n" },
	{ "a first owner that is no apex",
	  "a.test. NS ns1.example.\na.test. NS ns2.example.\nb.test. NS ns3.example.\n",
	  "0 0 0 a.test {ns1.example|ns2.example}\n1 0 0 b.test {ns3.example}\n" },
	{ "data in hexadecimal is left out", "$ORIGIN test.\na TYPE2 \\# 3 016100\na NS ns.example.\n",
	  "0 0 0 a.test {ns.example}+1\n" },
	{ "a name in quotes is left out", "$ORIGIN test.\na NS \"ns1.example.\"\na NS ns.example.\n",
	  "0 0 0 a.test {ns.example}+1\n" },
	{ "no data", "$ORIGIN test.\na NS\nb NS ns.example.\n", "0 0 0 a.test {}\n1 0 0 b.test {ns.example}\n" },
	{ "no last dots", "a.test NS ns.example\n", "0 0 0 a.test {ns.example}\n" },
};

static void servers_stay_with_their_domain(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct feed_options options = { .format = FEED_FORMAT_ZONE };
		struct feed_rig_output output;

		options.origin = strstr(rows[i].what, "dots") ? "." : NULL;
		output = feed_rig_drain_octets(rows[i].zone, strlen(rows[i].zone), options);
		if (output.result != FEED_END || strcmp(output.text, rows[i].expected) != 0)
			fail_msg("%s: %s got\n%s", rows[i].what, output.error.text, output.text);
		free(output.text);
	}
}

static void only_so_many_are_kept(void **state)
{
	static char zone[100000], expected[100000];
	size_t n = (size_t)snprintf(zone, sizeof(zone), "$ORIGIN test.\n"), m = 0;
	struct feed_rig_output output;

	(void)state;
	m += (size_t)snprintf(expected + m, sizeof(expected) - m, "0 0 0 a.test ");
	for (int i = 0; i < 1000; i++) {
		n += (size_t)snprintf(zone + n, sizeof(zone) - n, "a NS ns%d.example.\n", i);
		if (i < OBS_NS_MAX)
			m += (size_t)snprintf(expected + m, sizeof(expected) - m, "%cns%d.example", i > 0 ? '|' : '{',
					      i);
	}
	n += (size_t)snprintf(zone + n, sizeof(zone) - n, "a NS %0300d.example.\nb NS ns\n", 0);
	snprintf(expected + m, sizeof(expected) - m, "}+%d\n1 0 0 b.test {ns.test}\n", 1001 - OBS_NS_MAX);
	output = feed_rig_drain_octets(zone, n, (struct feed_options){ .format = FEED_FORMAT_ZONE });
	assert_string_equal(output.text, expected);
	free(output.text);
}

/* A zone that a slow writer sends: a domain waits for the one behind it, so that it has all of its servers. */
static void order_and_shards_change_nothing(void **state)
{
	static char zone[4 * 1024 * 1024];
	size_t n = (size_t)snprintf(zone, sizeof(zone), "$ORIGIN test.\n");
	struct feed_options options = { .format = FEED_FORMAT_ZONE, .shuffle = true, .shards = 2 };
	unsigned long domains = 0, seen = 0;

	(void)state;
	for (; n < sizeof(zone) - 100; domains++)
		n += (size_t)snprintf(zone + n, sizeof(zone) - n, "d%lu NS a%lu\nd%lu NS b%lu.example.\n", domains,
				      domains, domains, domains);
	for (options.shard = 0; options.shard < options.shards; options.shard++) {
		struct feed_rig_output output = feed_rig_drain_octets(zone, n, options);

		assert_int_equal(output.result, FEED_END);
		for (char *line = strtok(output.text, "\n"); line; line = strtok(NULL, "\n"), seen++) {
			unsigned long index, number, a, b;

			assert_int_equal(
				sscanf(line, "%lu 0 0 d%lu.test {a%lu.test|b%lu.example}", &index, &number, &a, &b), 4);
			assert_true(index == number && a == number && b == number);
		}
		free(output.text);
	}
	assert_int_equal(seen, domains);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers_stay_with_their_domain),
		cmocka_unit_test(only_so_many_are_kept),
		cmocka_unit_test(order_and_shards_change_nothing),
	};

	feed_rig_shows_servers = true;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
