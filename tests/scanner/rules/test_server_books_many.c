/* SPDX-License-Identifier: BSD-2-Clause */
/* More servers, networks and operators than the books have room for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/scanner/rules/books_rig.h"

/* The @i-th address of as many networks as there are addresses. */
static struct obs_address far_address(unsigned i)
{
	struct obs_address address = { .family = 6, .octet = { 0x2a, 0, (uint8_t)(i >> 24), (uint8_t)(i >> 16) } };

	address.octet[4] = (uint8_t)(i >> 8);
	address.octet[5] = (uint8_t)i;
	return address;
}

static void what_is_not_asked_for_makes_room(void **state)
{
	struct server_books *books = books_of(50, 50);
	struct server_books_counts counts;
	struct obs_address address, kept = address_of("192.0.2.1"), resting = address_of("192.0.2.2");
	uint64_t now_us = SECOND, since_us;

	(void)state;
	assert_int_equal(server_books_take(books, &kept, 5, now_us), 0);
	outcomes(books, &resting, SERVER_SILENT, 1, now_us); /* nobody has asked: nothing is known */
	server_books_take(books, &resting, 1, now_us);
	outcomes(books, &resting, SERVER_SILENT, SERVER_SILENT_ROW, now_us);
	for (unsigned i = 0; i < 2 * SERVER_BOOKS_MAX; i++, now_us += 100) {
		address = far_address(i);
		assert_int_equal(server_books_take(books, &address, 1, now_us), 0);
		assert_int_equal(server_books_take_operator(books, i + 1, 1, now_us), 0);
	}
	server_books_counts(books, &counts);
	assert_int_equal(counts.addresses, SERVER_BOOKS_MAX);
	assert_int_equal(counts.evicted, SERVER_BOOKS_MAX + 2);
	assert_int_equal(counts.resting, 1);
	assert_true(server_books_rests(books, &resting, now_us, &since_us));
	server_books_free(books);
}

/* Whoever names more addresses than there is room for, all at once, gets no address asked more often than others. */
static void to_be_forgotten_is_no_way_to_get_more(void **state)
{
	struct server_books *books = books_of(50, 50);
	struct obs_address victim = address_of("192.0.2.1"), address;
	struct meter used = { 0 }, operator= { 0 };
	unsigned granted = 0;

	(void)state;
	for (unsigned i = 0; i < 2 * SERVER_BOOKS_MAX; i++) {
		uint64_t now_us = SECOND + i / 2; /* an eighth of a second in all: a burst is earned in a tenth */

		address = far_address(i);
		granted += server_books_take(books, &address, 5, now_us) == 0;
		server_books_take_operator(books, i + 1000, 5, now_us);
		if (i % 16 == 0 && server_books_take(books, &victim, 1, now_us) == 0)
			meter(&used, 50, 1, now_us);
		if (i % 16 == 1 && server_books_take_operator(books, OPERATOR, 1, now_us) == 0)
			meter(&operator, 50, 1, now_us);
	}
	if (used.highest > 6 || operator.highest> 6)
		fail_msg("%g and %g at once", used.highest, operator.highest);
	if (used.used < 8 || operator.used<8 || granted<SERVER_BOOKS_MAX || granted> 2 * SERVER_BOOKS_MAX)
		fail_msg("%u, %u, and %u of the others", used.used, operator.used, granted);
	server_books_free(books);
}

/* Each name of a name server may be another operator's, and all of them may have one address: a victim's. */
static void names_without_number_get_one_address_asked_no_more(void **state)
{
	struct server_books *books = books_of(50, 1000);
	struct obs_address victim = address_of("192.0.2.1");
	struct meter used = { 0 };

	(void)state;
	for (unsigned i = 0; i < 2 * SERVER_BOOKS_MAX; i++) {
		uint64_t now_us = SECOND + i * UINT64_C(40);
		bool paid = false;

		if (take_both(books, &victim, i + 1000, &paid, 3, now_us) == 0)
			meter(&used, 50, 3, now_us);
	}
	if (used.highest > 6 || used.used < 500)
		fail_msg("%u, %g at once", used.used, used.highest);
	server_books_free(books);
}

/* Nor is it where the victim is not asked meanwhile. */
static void what_owes_is_not_forgotten(void **state)
{
	struct server_books *books = books_of(50, 50);
	struct obs_address victim = address_of("192.0.2.1"), address;

	(void)state;
	assert_int_equal(server_books_take(books, &victim, 5, SECOND), 0);
	assert_int_equal(server_books_take_operator(books, OPERATOR, 5, SECOND), 0);
	for (unsigned i = 0; i < 2 * SERVER_BOOKS_MAX; i++) {
		address = far_address(i);
		server_books_take(books, &address, 5, SECOND);
		server_books_take_operator(books, i + 1000, 5, SECOND);
	}
	assert_in_range(server_books_take(books, &victim, 5, SECOND), 100 * MS - 1, 100 * MS);
	assert_in_range(server_books_take_operator(books, OPERATOR, 5, SECOND), 100 * MS - 1, 100 * MS);
	server_books_free(books);
}

/* Those without a place share a rate, and do not begin anew once they have one. */
static void who_finds_no_room_shares(void **state)
{
	struct server_books *books = books_of(50, 50);
	struct obs_address address, late = address_of("192.0.2.1");
	struct meter used = { 0 }, operator= { 0 };

	(void)state;
	for (unsigned i = 0; i < SERVER_BOOKS_MAX; i++) {
		address = far_address(i);
		server_books_charge(books, &address, i + 1000, 50, SECOND); /* nothing is forgotten for a second */
	}
	for (uint64_t now_us = SECOND; now_us < 4 * SECOND; now_us += MS) {
		if (server_books_take(books, &late, 1, now_us) == 0)
			meter(&used, 50, 1, now_us);
		if (server_books_take_operator(books, OPERATOR, 1, now_us) == 0)
			meter(&operator, 50, 1, now_us);
	}
	if (used.highest > 6 || used.used < 140 || operator.highest> 6 || operator.used<140)
		fail_msg("%u and %u in 3 s, %g and %g at once", used.used, operator.used,
			 used.highest, operator.highest);
	server_books_free(books);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_asked_for_makes_room),
		cmocka_unit_test(to_be_forgotten_is_no_way_to_get_more),
		cmocka_unit_test(names_without_number_get_one_address_asked_no_more),
		cmocka_unit_test(what_owes_is_not_forgotten),
		cmocka_unit_test(who_finds_no_room_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
