/* SPDX-License-Identifier: BSD-2-Clause */
/* The live network of a loop: what it makes of the options and the checks before a scan, and what is left when a part
 * can't be opened.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "parsers/dns_answer.h"
#include "scanner/live/net_live.h"

#include "tests/fake/failing_malloc.h"

enum { SERVERS = 3, OWN_ALLOCATIONS = 100, STEP = 11, ALLOCATIONS_MAX = 20000 };

static struct error error;

/* One certificate of the system's bundle: loading all of it takes longer than these tests. */
static char ca_path[] = "/tmp/stsurvey-ca-XXXXXX";

static struct options usual(void)
{
	struct options options = { .server_count = SERVERS,
				   .timeout = 1,
				   .retries = 2,
				   .http_timeout = 10,
				   .http_concurrency = 10,
				   .per_host = 2,
				   .https_port = 443,
				   .ca_file = ca_path };

	for (unsigned i = 0; i < SERVERS; i++)
		options.server[i] = (struct endpoint){ { 4, { 127, 0, 0, 1 } }, (uint16_t)(5300 + i) };
	return options;
}

static const struct server_check good = {
	.answers = true, .useful = true, .probe_name = "org", .probe_type = DNS_TYPE_A, .probe_random = true
};
static const struct server_check listed = {
	.answers = true, .useful = true, .probe_name = "listed.example", .probe_type = DNS_TYPE_MX
};
static const struct server_check unwatched = { .answers = true, .useful = true };
static const struct server_check useless = { .answers = true };

static void open_all(struct net_live *live, struct net_live_shared *shared, uv_loop_t *loop,
		     const struct options *options, const struct server_check *check, unsigned loops)
{
	uv_loop_init(loop);
	assert_int_equal(net_live_shared_open(shared, options, check, loops, &error), 0);
	assert_int_equal(net_live_open(live, loop, shared, &error), 0);
}

/* As far as it was opened. No handle may be left. */
static void close_all(struct net_live *live, struct net_live_shared *shared, uv_loop_t *loop)
{
	net_live_close(live);
	uv_run(loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(loop), 0);
	net_live_free(live);
	net_live_shared_free(shared);
}

/* The checks of three servers; and of the first: what it is probed with, and whether it is down until it answers. */
static void a_useless_server_is_down_and_probed_with_what_another_answered(void **state)
{
	const struct {
		const struct server_check *check[SERVERS];
		const char *probe; /* "": it is not watched */
		bool down;
	} table[] = {
		{ { &good, &listed, &useless }, "org", false },
		{ { &listed, &good, &good }, "listed.example", false },
		{ { &useless, &good, &listed }, "org", true },
		{ { &useless, &useless, &listed }, "listed.example", true },
		{ { &useless, &unwatched, &listed }, "listed.example", true },
		{ { &useless, &unwatched, &useless }, "", false }, /* nothing is known that it should answer */
		{ { &unwatched, &good, &good }, "", false },       /* of use, but there is nothing to probe it with */
		{ { &useless, &useless, &useless }, "", false },
	};
	struct options options = usual();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct server_check check[SERVERS];
		struct net_live_shared shared;
		struct server_health *resolver;
		struct net_live live;
		uv_loop_t loop;

		for (unsigned k = 0; k < SERVERS; k++)
			check[k] = *table[i].check[k];
		open_all(&live, &shared, &loop, &options, check, 1);
		resolver = net_cares_health(live.dns);
		assert_int_equal(resolver->count, SERVERS);
		assert_true(span_equal(resolver->server[0].probe_name, span_of(table[i].probe)));
		assert_int_equal(resolver->server[0].state, table[i].down ? SERVER_DOWN : SERVER_UP);
		if (table[i].probe[0]) {
			bool org = strcmp(table[i].probe, "org") == 0;

			assert_int_equal(resolver->server[0].probe_type, org ? DNS_TYPE_A : DNS_TYPE_MX);
			assert_int_equal(resolver->server[0].probe_random, org);
		}
		close_all(&live, &shared, &loop);
	}
}

static void loops_share_the_rates(void **state)
{
	static const struct {
		double rate, resolver_rate;
		unsigned loops;
		double of_loop, of_server;
	} table[] = {
		{ 0, 0, 4, 0, 0 },
		{ 1000, 0, 1, 1000, 0 },
		{ 1000, 600, 4, 250, 150 },
		{ 1, 1, 8, 0.125, 0.125 },
	};
	static const struct server_check check[SERVERS];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct options options = usual();
		struct net_live_shared shared;
		struct net_live live;
		struct pace kept = { 0 };
		uv_loop_t loop;

		options.rate = table[i].rate;
		options.resolver_rate = table[i].resolver_rate;
		open_all(&live, &shared, &loop, &options, check, table[i].loops);
		assert_true(atomic_load(&shared.rate) == table[i].of_loop);
		pace_keep_within(&kept, table[i].of_server, SERVER_LATE_S);
		for (unsigned k = 0; k < SERVERS; k++)
			assert_true(net_cares_health(live.dns)->server[k].pace.rate == kept.rate);
		close_all(&live, &shared, &loop);
	}
}

/* All is insecure to one that does not validate: it must not pass for a fact about the domains. */
static void the_ad_bit_counts_where_every_server_validates_and_none_could_be_somebody_else(void **state)
{
	static const struct server_check validating = { .answers = true, .useful = true, .validates = true };
	static const struct server_check forwarding = { .answers = true, .useful = true, .unvalidated = true };
	static const struct {
		const struct server_check *check; /* of the last */
		bool elsewhere, trusted, believed, lab;
	} table[] = {
		{ &validating, false, false, true, false },
		{ &validating, true, false, false, false },
		{ &validating, true, true, true, false },
		{ &forwarding, false, false, false, false },
		{ &forwarding, false, true, false, false },
		{ &useless, false, false, true, false }, /* nothing is known against it */
		{ &forwarding, true, false, false, false },
		{ &forwarding, false, false, true, true }, /* what a lab has signed is its own affair */
	};
	struct cidr_set *lab = cidr_set_new();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct server_check check[SERVERS] = { validating, validating, *table[i].check };
		struct options options = usual();
		struct net_live_shared shared = { .options = &options, .check = check };

		if (table[i].elsewhere)
			options.server[SERVERS - 1] = (struct endpoint){ { 4, { 192, 0, 2, 1 } }, 53 };
		options.trust_ad = table[i].trusted;
		options.allow_reserved = table[i].lab ? lab : NULL;
		assert_int_equal(net_live_believes_ad(&shared), table[i].believed);
	}
	cidr_set_free(lab);
}

static void the_user_agent_says_whom_to_ask(void **state)
{
	static const struct server_check check[SERVERS];
	struct options options = usual();
	struct net_live_shared shared;

	(void)state;
	assert_int_equal(net_live_shared_open(&shared, &options, check, 1, &error), 0);
	assert_string_equal(shared.user_agent, "stsurvey/" STSURVEY_VERSION);
	net_live_shared_free(&shared);
	options.contact = "https://example.org/survey";
	assert_int_equal(net_live_shared_open(&shared, &options, check, 1, &error), 0);
	assert_string_equal(shared.user_agent, "stsurvey/" STSURVEY_VERSION " (https://example.org/survey)");
	net_live_shared_free(&shared);
}

static void a_store_that_cannot_be_read_is_said(void **state)
{
	static const struct server_check check[SERVERS];
	struct options options = usual();
	struct net_live_shared shared = { 0 };

	(void)state;
	options.ca_file = "/nonexistent/ca.pem";
	assert_int_equal(net_live_shared_open(&shared, &options, check, 1, &error), -1);
	assert_non_null(strstr(error.text, options.ca_file));
	net_live_shared_free(&shared);
}

/* Whichever part fails, it is said, and what was opened before is closed. */
static void memory_that_runs_out_leaves_nothing_behind(void **state)
{
	static const struct server_check check[SERVERS];
	struct options options = usual();
	long n = 0;

	(void)state;
	do {
		struct net_live_shared shared = { 0 };
		struct net_live live = { 0 };
		uv_loop_t loop;
		bool failed;

		uv_loop_init(&loop);
		error.text[0] = '\0';
		fail_at(n);
		n += n < OWN_ALLOCATIONS ? 1 : STEP; /* of OpenSSL's thousands some */
		failed = net_live_shared_open(&shared, &options, check, 1, &error) < 0 ||
			 net_live_open(&live, &loop, &shared, &error) < 0;
		left = -1;
		assert_int_equal(failed, error.text[0] != '\0');
		assert_true(failed || !hit);
		close_all(&live, &shared, &loop);
	} while (hit && n < ALLOCATIONS_MAX);
	assert_false(hit);
	assert_true(n > 5);
}

static int write_certificate(void **state)
{
	FILE *bundle = fopen("/etc/ssl/certs/ca-certificates.crt", "r"), *file = fdopen(mkstemp(ca_path), "w");
	char line[256];

	(void)state;
	while (bundle && file && fgets(line, sizeof(line), bundle) && fputs(line, file) >= 0)
		if (strncmp(line, "-----END", 8) == 0)
			break;
	return bundle && file && fclose(bundle) == 0 && fclose(file) == 0 ? 0 : -1;
}

static int remove_certificate(void **state)
{
	(void)state;
	return unlink(ca_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_useless_server_is_down_and_probed_with_what_another_answered),
		cmocka_unit_test(loops_share_the_rates),
		cmocka_unit_test(the_ad_bit_counts_where_every_server_validates_and_none_could_be_somebody_else),
		cmocka_unit_test(the_user_agent_says_whom_to_ask),
		cmocka_unit_test(a_store_that_cannot_be_read_is_said),
		cmocka_unit_test(memory_that_runs_out_leaves_nothing_behind),
	};

	return cmocka_run_group_tests_name("net_live", tests, write_certificate, remove_certificate);
}
