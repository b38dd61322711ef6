/* SPDX-License-Identifier: BSD-2-Clause */
/* How often servers, networks and operators may be asked: never more, whoever asks, and however many there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/scanner/rules/books_rig.h"

enum { THREADS = 4 };

/* ---- rates ---- */

struct rate_case {
	const char *name;
	double server_rate, operator_rate;
	const char *address[4];
	unsigned questions; /* at once */
	double sum;         /* a second, of all of them */
	double burst;       /* of all of them */
};

static const struct rate_case rate_cases[] = {
	{ "one address", 50, 0, { "192.0.2.1" }, 1, 50, 5 },
	{ "domains", 50, 0, { "192.0.2.1" }, 3, 50, 5 },
	{ "a domain is more than the burst", 7, 0, { "192.0.2.1" }, 3, 7, 3 },
	{ "less than one a second", 0.3, 0, { "192.0.2.1" }, 1, 0.3, 1 },
	{ "addresses", 50, 0, { "192.0.2.1", "192.0.2.2", "2001:db8::1" }, 1, 150, 15 },
	{ "an operator", 50, 100, { "192.0.2.1", "198.51.100.1", "203.0.113.1" }, 3, 100, 10 },
	{ "its addresses are slower", 10, 100, { "192.0.2.1" }, 1, 10, 1 },
	{ "an address by another name", 50, 0, { "192.0.2.1", "::ffff:192.0.2.1", "2002:c000:201::1" }, 1, 50, 5 },
};

static void nobody_gets_more_than_the_rate(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rate_cases); i++) {
		const struct rate_case *c = &rate_cases[i];
		struct server_books *books = books_of(c->server_rate, c->operator_rate);
		struct meter used = { 0 };
		bool paid = false;
		uint64_t now_us = SECOND, end_us = 41 * UINT64_C(1000000);

		for (unsigned k = 0; now_us < end_us; now_us += chance(2 * MS), k = c->address[k + 1] ? k + 1 : 0) {
			struct obs_address address = address_of(c->address[k]);

			if (take_both(books, &address, OPERATOR, &paid, c->questions, now_us) == 0)
				meter(&used, c->sum, c->questions, now_us);
		}
		/* doubles: one for what is rounded */
		if (used.highest > c->burst + 1 || used.used < c->sum * 40 * 0.97)
			fail_msg("%s: %u in 40 s, %g at once", c->name, used.used, used.highest);
		server_books_free(books);
	}
}

/* Each half a second long, as of small parts of a list: each has its burst of what the one before has left. */
static void scans_one_after_the_other_have_one_burst(void **state)
{
	struct obs_address address = address_of("192.0.2.1");
	struct meter used = { 0 };
	uint64_t now_us = SECOND;

	(void)state;
	for (unsigned n = 0; n < 20; n++) {
		struct server_books_options options = { .server_rate = 50, .operator_rate = 50, .begun_us = now_us };
		struct server_books *books = server_books_new(&options);
		uint64_t end_us = now_us + 500 * MS;
		bool paid = false;

		for (; now_us < end_us; now_us += chance(2 * MS))
			if (take_both(books, &address, OPERATOR, &paid, 1, now_us) == 0)
				meter(&used, 50, 1, now_us);
		server_books_free(books);
	}
	assert_true(used.highest <= 5 + 1);
	assert_in_range(used.used, 450, 505);
}

static void the_wait_is_worth_it(void **state)
{
	struct server_books *books = books_of(50, 0);
	struct obs_address address = address_of("192.0.2.1");
	uint64_t now_us = SECOND, wait_us;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		wait_us = server_books_take(books, &address, 3, now_us);
		if (wait_us > 0) {
			assert_true(server_books_take(books, &address, 3, now_us + wait_us - 2) > 0);
			now_us += wait_us;
			assert_int_equal(server_books_take(books, &address, 3, now_us), 0);
		}
	}
	server_books_free(books);
}

static void a_network_has_ten_times_an_address(void **state)
{
	static const char *const networks[] = { "192.0.2.0", "2001:db8:1::" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(networks); i++) {
		struct server_books *books = books_of(50, 0);
		struct obs_address address = address_of(networks[i]);
		struct meter used = { 0 };
		size_t last = address_octets(&address) - 1;

		for (uint64_t now_us = SECOND; now_us < 21 * UINT64_C(1000000); now_us += MS / 2) {
			address.octet[last] = (uint8_t)chance(256);
			if (address.family == 6) /* any of a victim's /48 */
				address.octet[6] = (uint8_t)chance(256);
			if (server_books_take(books, &address, 1, now_us) == 0)
				meter(&used, 500, 1, now_us);
		}
		if (used.highest > 51 || used.used < 9900)
			fail_msg("%s: %u in 20 s, %g at once", networks[i], used.used, used.highest);
		server_books_free(books);
	}
}

static void what_is_charged_is_waited_for(void **state)
{
	struct server_books *books = books_of(50, 100);
	struct obs_address address = address_of("192.0.2.1");

	(void)state;
	server_books_charge(books, &address, OPERATOR, 50, SECOND);
	assert_in_range(server_books_take(books, &address, 1, SECOND), 920 * MS - 1, 920 * MS);
	assert_in_range(server_books_take_operator(books, OPERATOR, 1, SECOND), 410 * MS - 1, 410 * MS);
	server_books_charge(books, NULL, OPERATOR, 50, SECOND);
	assert_in_range(server_books_take(books, &address, 1, SECOND), 920 * MS - 1, 920 * MS);
	assert_in_range(server_books_take_operator(books, OPERATOR, 1, SECOND), 910 * MS - 1, 910 * MS);
	server_books_free(books);
}

static void what_is_charged_is_owed_until_it_is_earned(void **state)
{
	struct server_books *books = books_of(50, 0);
	struct obs_address address = address_of("192.0.2.1"), other = address_of("192.0.2.2");

	(void)state;
	assert_int_equal(server_books_owed(books, &address, SECOND), 0);
	server_books_charge(books, &address, 0, 300, SECOND);
	assert_in_range(server_books_owed(books, &address, SECOND), 299, 300);
	assert_in_range(server_books_owed(books, &address, 3 * SECOND), 199, 200);
	assert_int_equal(server_books_owed(books, &address, 8 * SECOND), 0);
	assert_int_equal(server_books_owed(books, &other, SECOND), 0);
	server_books_free(books);
}

static void what_is_returned_was_not_used(void **state)
{
	struct server_books *books = books_of(0, 100);
	uint64_t now_us = SECOND;

	(void)state;
	while (server_books_take_operator(books, OPERATOR, 3, now_us) == 0)
		continue;
	for (unsigned i = 0; i < 1000; i++) {
		server_books_return_operator(books, OPERATOR, 3, now_us);
		assert_int_equal(server_books_take_operator(books, OPERATOR, 3, now_us), 0);
		assert_true(server_books_take_operator(books, OPERATOR, 3, now_us) > 0);
	}
	server_books_free(books);
}

/* A crowd at one address of a network: in order, no faster than it, and nobody else is held up. */
static void reservations_are_used_in_the_order_of_asking(void **state)
{
	struct server_books *books = books_of(50, 0);
	struct obs_address crowded = address_of("192.0.2.1"), other = address_of("192.0.2.2");
	struct meter used = { 0 };
	uint64_t wait_us, last_us = 0;

	(void)state;
	for (unsigned i = 0; i < 400; i++) {
		wait_us = server_books_reserve(books, &crowded, 1, SECOND);
		assert_true(wait_us >= last_us);
		last_us = wait_us;
		meter(&used, 50, 1, SECOND + wait_us);
	}
	assert_in_range(last_us, 7900 * MS - 9, 7900 * MS); /* 395 behind the burst */
	assert_true(used.highest < 6);
	assert_true(server_books_take(books, &other, 1, SECOND) < SECOND); /* the network's 500 */
	server_books_free(books);
}

/* Where the network is what is waited for, what an address may not use meanwhile it does not get all at once. */
static void nor_do_they_meet_behind_the_networks_turn(void **state)
{
	struct server_books *books = books_of(50, 0);
	struct obs_address address = address_of("192.0.2.1"), other;
	struct meter used = { 0 };

	(void)state;
	for (unsigned i = 2; i < 102; i++) {
		other = address;
		other.octet[3] = (uint8_t)i;
		server_books_charge(books, &other, 0, 50, SECOND); /* ten seconds of the network's */
	}
	for (unsigned i = 0; i < 200; i++)
		meter(&used, 50, 1, SECOND + server_books_reserve(books, &address, 1, SECOND));
	assert_true(used.highest < 6);
	server_books_free(books);
}

static void a_labs_addresses_cost_nothing(void **state)
{
	struct cidr_set *set = cidr_set_new();
	struct server_books_options options = { .server_rate = 1, .operator_rate = 1, .exempt = set };
	struct server_books_counts counts;
	struct obs_address address = address_of("127.0.0.1");
	struct server_books *books;
	uint64_t since_us;

	(void)state;
	assert_int_equal(cidr_set_add(set, SPAN_LITERAL("127.0.0.0/8")), 0);
	books = server_books_new(&options);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(server_books_take(books, &address, 3, SECOND), 0);
		assert_int_equal(server_books_reserve(books, &address, 3, SECOND), 0);
		server_books_charge(books, &address, OPERATOR, 3, SECOND);
		server_books_outcome(books, &address, SERVER_SILENT, SECOND);
	}
	assert_false(server_books_rests(books, &address, SECOND, &since_us));
	assert_int_equal(server_books_take_operator(books, OPERATOR, 1, SECOND), 0); /* nothing was taken of it */
	server_books_counts(books, &counts);
	assert_int_equal(counts.addresses, 0);
	server_books_free(books);
	cidr_set_free(set);
}

static void no_rate_is_no_limit(void **state)
{
	struct server_books *books = books_of(0, 0);
	struct obs_address address = address_of("192.0.2.1");
	uint64_t since_us;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		assert_int_equal(server_books_take_operator(books, OPERATOR, 3, SECOND), 0);
		assert_int_equal(server_books_take(books, &address, 3, SECOND), 0);
	}
	outcomes(books, &address, SERVER_SILENT, SERVER_SILENT_ROW, SECOND); /* but for who is silent */
	assert_true(server_books_rests(books, &address, SECOND, &since_us));
	server_books_free(books);
}

/* ---- rest ---- */

static void a_rest_is_ended_by_one_probe(void **state)
{
	struct server_books *books = books_of(50, 0);
	struct obs_address address = address_of("192.0.2.1");
	uint64_t now_us = SECOND, since_us = 0;
	struct server_books_counts counts;

	(void)state;
	assert_false(server_books_rests(books, &address, now_us, &since_us));
	server_books_take(books, &address, 1, now_us);
	outcomes(books, &address, SERVER_SILENT, SERVER_SILENT_ROW, now_us);
	assert_true(server_books_rests(books, &address, now_us, &since_us));
	assert_int_equal(since_us, SECOND);
	assert_int_equal(server_books_take(books, &address, 1, now_us), SERVER_REST_MS * MS);
	assert_int_equal(server_books_reserve(books, &address, 1, now_us), UINT64_MAX);
	now_us += SERVER_REST_MS * MS;
	assert_int_equal(server_books_reserve(books, &address, 1, now_us), UINT64_MAX);
	assert_int_equal(server_books_take(books, &address, 3, now_us), 0); /* whoever comes first */
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(server_books_take(books, &address, 3, now_us), SERVER_LOOK_MS * MS);
	server_books_outcome(books, &address, SERVER_SILENT, now_us + SECOND);
	assert_true(server_books_rests(books, &address, now_us, &since_us));
	assert_int_equal(since_us, SECOND); /* still, over both */
	server_books_counts(books, &counts);
	assert_int_equal(counts.resting, 1);
	assert_int_equal(counts.rests, 2);
	now_us += SECOND + 2 * SERVER_REST_MS * MS;
	assert_int_equal(server_books_take(books, &address, 3, now_us), 0);
	now_us += SERVER_PROBE_MS * MS;
	assert_int_equal(server_books_take(books, &address, 3, now_us), 0); /* the first was given up by its asker */
	server_books_outcome(books, &address, SERVER_ANSWERED, now_us);
	assert_false(server_books_rests(books, &address, now_us, &since_us));
	assert_int_equal(server_books_take(books, &address, 1, now_us + SECOND), 0);
	assert_int_equal(server_books_take(books, &address, 1, now_us + SECOND), 0);
	server_books_free(books);
}

/* ---- threads ---- */

struct shared {
	struct server_books *books;
	atomic_uint_fast64_t clock_us;
	struct obs_address address;
	atomic_uint granted;
	atomic_uint *per_ms; /* questions granted in each millisecond */
	unsigned ms;
};

static void *ask(void *arg)
{
	struct shared *shared = arg;
	struct server_books_counts counts;
	struct obs_address other = shared->address;
	uint64_t now_us, since_us;

	while ((now_us = atomic_fetch_add(&shared->clock_us, 50)) < (uint64_t)shared->ms * MS) {
		if (server_books_take(shared->books, &shared->address, 1, now_us) == 0)
			atomic_fetch_add(&shared->per_ms[now_us / MS], 1);
		server_books_outcome(shared->books, &shared->address, SERVER_ANSWERED, now_us);
		other.octet[2] = (uint8_t)(now_us / 50);
		other.octet[1] = (uint8_t)(now_us / 50 >> 8);
		server_books_reserve(shared->books, &other, 1, now_us);
		server_books_rests(shared->books, &other, now_us, &since_us);
		if (now_us % SECOND < 50)
			server_books_counts(shared->books, &counts);
	}
	return NULL;
}

static void threads_share_a_rate(void **state)
{
	enum { RUN_MS = 5000 };
	static atomic_uint per_ms[RUN_MS];
	struct shared shared = {
		.books = books_of(100, 0), .address = address_of("192.0.2.1"), .per_ms = per_ms, .ms = RUN_MS
	};
	pthread_t thread[THREADS];
	struct meter used = { 0 };

	(void)state;
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, ask, &shared), 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	for (unsigned ms = 0; ms < RUN_MS; ms++)
		meter(&used, 100, per_ms[ms], ms * UINT64_C(1000));
	/* how far the threads' clocks are apart is the machine's matter: the sum is not */
	assert_in_range(used.used, 450, 510);
	server_books_free(shared.books);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_gets_more_than_the_rate),
		cmocka_unit_test(scans_one_after_the_other_have_one_burst),
		cmocka_unit_test(the_wait_is_worth_it),
		cmocka_unit_test(a_network_has_ten_times_an_address),
		cmocka_unit_test(what_is_charged_is_waited_for),
		cmocka_unit_test(what_is_charged_is_owed_until_it_is_earned),
		cmocka_unit_test(what_is_returned_was_not_used),
		cmocka_unit_test(reservations_are_used_in_the_order_of_asking),
		cmocka_unit_test(nor_do_they_meet_behind_the_networks_turn),
		cmocka_unit_test(a_labs_addresses_cost_nothing),
		cmocka_unit_test(no_rate_is_no_limit),
		cmocka_unit_test(a_rest_is_ended_by_one_probe),
		cmocka_unit_test(threads_share_a_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
