/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "scanner/fleet/ledger.h"
#include "tests/fake/fake_bus.h"

#define LIFE_S 60
enum { SECOND = 1000 };

static struct bus_bucket *book, *alive;
static struct error error;
static const struct job_word word = { .state = "scanning", .chunk = 7, .share = 5 };

static int begin(void **state)
{
	(void)state;
	fake_bus = (struct fake_bus){ .now_ms = 1000 * SECOND, .patience_ms = 5 * SECOND };
	book = fake_bucket_new(0);
	alive = fake_bucket_new(LIFE_S);
	return ledger_create(book, &error);
}

static int end(void **state)
{
	(void)state;
	fake_bucket_free(book);
	fake_bucket_free(alive);
	return 0;
}

static struct ledger *opened(const char *worker, const char *id)
{
	struct ledger *ledger;

	if (ledger_open(&ledger, book, alive, worker, id, LIFE_S, &error) != BUS_OK)
		fail_msg("%s", error.text);
	return ledger;
}

/* Nobody hears of it. */
static void vanish(struct ledger *ledger)
{
	fake_bus.is_away = true;
	ledger_close(ledger);
	fake_bus.is_away = false;
}

static uint32_t taken(struct ledger *ledger)
{
	uint32_t share;
	enum bus_result result = ledger_take_share(ledger, &share, &error);

	if (result != BUS_OK && result != BUS_EXISTS)
		fail_msg("%s", error.text);
	return share;
}

static bool is_in_book(const char *what)
{
	struct bus_value value;

	assert_int_equal(bus_get(book, "ledger", &value, &error), BUS_OK);
	return memmem(value.data.p, value.data.n, what, strlen(what));
}

/* Time passes, and those of @ledgers renew their words. */
static void pass(unsigned seconds, struct ledger **ledgers, size_t n)
{
	for (unsigned s = 0; s < seconds; s++) {
		fake_bus_advance(SECOND);
		for (size_t i = 0; s % 10 == 0 && i < n; i++)
			assert_int_equal(ledger_renew(ledgers[i], &word, &error), BUS_OK);
	}
}

static void a_share_is_everything_until_somebody_else_comes(void **state)
{
	struct ledger *a = opened("a", "1"), *b = opened("b", "2");

	(void)state;
	assert_int_equal(taken(a), LEDGER_WHOLE);
	assert_int_equal(taken(b), 0);
	assert_int_equal(taken(a), LEDGER_WHOLE / 2);
	assert_int_equal(taken(b), LEDGER_WHOLE / 2);
	assert_int_equal(ledger_give_share(a, &error), BUS_OK);
	assert_int_equal(taken(b), LEDGER_WHOLE);
	ledger_close(b);
	assert_int_equal(taken(a), LEDGER_WHOLE);
	ledger_close(a);
	assert_false(is_in_book("a 1"));
}

static void the_dead_keep_their_share_until_their_word_was_missed_for_a_life(void **state)
{
	struct ledger *a = opened("a", "1"), *b = opened("b", "2");

	(void)state;
	assert_int_equal(taken(a), LEDGER_WHOLE);
	vanish(a);
	pass(LIFE_S - 1, &b, 1);
	assert_int_equal(taken(b), 0);
	pass(LIFE_S - 1, &b, 1);
	assert_int_equal(taken(b), 0);
	pass(LIFE_S / 2, &b, 1);
	assert_int_equal(taken(b), LEDGER_WHOLE);
	ledger_close(b);
}

static void a_worker_that_begins_again_takes_the_place_that_it_left(void **state)
{
	struct ledger *a = opened("a", "1"), *again;

	(void)state;
	assert_int_equal(taken(a), LEDGER_WHOLE);
	assert_int_equal(ledger_take_lane(a, 3, &error), BUS_OK);
	vanish(a);
	again = opened("a", "1");
	assert_false(is_in_book("1000000"));
	assert_int_equal(ledger_take_lane(again, 3, &error), BUS_OK);
	assert_int_equal(taken(again), LEDGER_WHOLE);
	ledger_close(again);
}

static void two_workers_of_one_name_are_told(void **state)
{
	struct ledger *a = opened("a", "1"), *b;

	(void)state;
	assert_int_equal(ledger_open(&b, book, alive, "a", "2", LIFE_S, &error), BUS_EXISTS);
	assert_null(b);
	assert_non_null(strstr(error.text, "--worker"));
	/* the first is not touched */
	assert_int_equal(taken(a), LEDGER_WHOLE);
	assert_true(ledger_left_s(a) > 0);
	vanish(a);
	fake_bus_advance((LIFE_S + 1) * SECOND);
	b = opened("a", "2");
	assert_int_equal(taken(b), LEDGER_WHOLE);
	ledger_close(b);
}

static void a_copy_of_a_folder_ends_the_one_who_was_there(void **state)
{
	struct ledger *a = opened("a", "1"), *copy;

	(void)state;
	assert_int_equal(taken(a), LEDGER_WHOLE);
	copy = opened("a", "1");
	assert_int_equal(ledger_renew(a, &word, &error), BUS_REFUSED);
	assert_non_null(strstr(error.text, "copy of our folder"));
	assert_true(ledger_left_s(a) < 0);
	ledger_close(a);
	assert_int_equal(taken(copy), LEDGER_WHOLE);
	assert_int_equal(ledger_renew(copy, &word, &error), BUS_OK);
	ledger_close(copy);
}

static void names_that_are_no_keys_are_refused(void **state)
{
	static const struct {
		const char *worker, *id;
	} cases[] = {
		{ "", "1" },
		{ "a b", "1" },
		{ "a*", "1" },
		{ ".a", "1" },
		{ "a.", "1" },
		{ "a..b", "1" },
		{ "\xc3\xa4", "1" },
		{ "a\n", "1" },
		{ "a", "" },
		{ "a", "1-2" },
		{ "a", "1 2" },
		{ "a", "0123456789012345678901234567890123456789" },
		{ "a23456789012345678901234567890123456789012345678901234567890123456789012345678901234", "1" },
	};
	struct ledger *ledger;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(ledger_open(&ledger, book, alive, cases[i].worker, cases[i].id, LIFE_S, &error),
				 BUS_REFUSED);
}

static void who_cannot_renew_its_word_stops_before_it_ends(void **state)
{
	static const struct {
		double life_s, renew_s, stop_s, left_s;
	} cases[] = { { 60, 15, 13, 45 }, { 3600, 900, 13, 3585 }, { 3, 0.75, 0.75, 1.75 }, { 1, 0.25, 0.25, 0.584 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct ledger *ledger;

		assert_int_equal(ledger_open(&ledger, book, alive, "a", "1", cases[i].life_s, &error), BUS_OK);
		assert_float_equal(ledger_renew_s(ledger), cases[i].renew_s, 0.001);
		assert_float_equal(ledger_stop_s(ledger), cases[i].stop_s, 0.001);
		assert_float_equal(ledger_left_s(ledger), cases[i].left_s, 0.001);
		/* a renewal or two may fail */
		assert_true(ledger_left_s(ledger) > 2 * ledger_renew_s(ledger));
		fake_bus_advance((uint64_t)(cases[i].left_s * SECOND) + 1);
		assert_true(ledger_left_s(ledger) < 0);
		ledger_close(ledger);
	}
}

/* The server's answer comes after the word before had ended: by then it was another's, perhaps. */
static void a_word_renewed_too_late_does_not_give_the_share_back(void **state)
{
	struct ledger *a = opened("a", "1");

	(void)state;
	assert_int_equal(taken(a), LEDGER_WHOLE);
	fake_bus_advance((LIFE_S - 1) * SECOND);
	assert_int_equal(ledger_renew(a, &word, &error), BUS_OK);
	assert_true(ledger_left_s(a) < 0);
	assert_int_equal(ledger_renew(a, &word, &error), BUS_OK);
	assert_true(ledger_left_s(a) < 0);
	/* but a new one does */
	assert_int_equal(taken(a), LEDGER_WHOLE);
	assert_true(ledger_left_s(a) > 0);
	/* nor is anything lost by who has nothing */
	assert_int_equal(ledger_give_share(a, &error), BUS_OK);
	fake_bus_advance(10 * LIFE_S * SECOND);
	assert_true(ledger_left_s(a) < 0);
	assert_int_equal(ledger_renew(a, &word, &error), BUS_OK);
	assert_true(ledger_left_s(a) > 0);
	ledger_close(a);
}

static void a_lost_answer_is_found_out(void **state)
{
	struct ledger *a = opened("a", "1"), *b = opened("b", "2");
	uint32_t share;

	(void)state;
	assert_int_equal(taken(a), LEDGER_WHOLE);
	fake_bus.lost_answers = 1000;
	assert_int_equal(ledger_give_share(a, &error), BUS_AWAY);
	assert_int_equal(ledger_take_share(b, &share, &error), BUS_AWAY);
	assert_int_equal(share, 0);
	fake_bus.lost_answers = 0;
	assert_int_equal(ledger_give_share(a, &error), BUS_OK);
	assert_int_equal(taken(b), LEDGER_WHOLE);
	ledger_close(a);
	ledger_close(b);
}

static void a_damaged_book_gives_nothing_to_anybody(void **state)
{
	static const char *const books[] = { "", "x", "stsurvey-ledger 1 open\na 1 600000 - - 1\nb 2 600000 - - 1\n" };
	struct ledger *a = opened("a", "1");
	uint32_t share;

	(void)state;
	assert_int_equal(taken(a), LEDGER_WHOLE);
	for (size_t i = 0; i < COUNT_OF(books); i++) {
		assert_int_equal(bus_put(book, "ledger", span_of(books[i]), &error), BUS_OK);
		assert_int_equal(ledger_take_share(a, &share, &error), BUS_REFUSED);
		assert_non_null(strstr(error.text, "remove the key"));
		assert_int_equal(ledger_take_lane(a, 0, &error), BUS_REFUSED);
		assert_int_equal(ledger_renew(a, &word, &error), BUS_REFUSED);
	}
	ledger_close(a);
}

/* A new one would not know what those use who had shares of the old one: each of them sees it and stops, and by the end
 * of a life all have. */
static void a_book_that_was_removed_is_closed_for_a_life(void **state)
{
	struct ledger *a = opened("a", "1"), *b = opened("b", "2"), *both[] = { a, b };

	(void)state;
	assert_int_equal(taken(a), LEDGER_WHOLE);
	assert_true(ledger_left_s(a) > 0);
	assert_int_equal(bus_remove(book, "ledger", &error), BUS_OK);
	assert_int_equal(taken(b), 0);
	assert_true(is_in_book("closed"));
	assert_int_equal(ledger_renew(a, &word, &error), BUS_OK);
	assert_true(ledger_left_s(a) < 0);
	pass(LIFE_S - 1, both, 2);
	assert_true(ledger_left_s(a) < -10); /* and had no more time, though it renews its word */
	assert_int_equal(ledger_take_lane(b, 1, &error), BUS_EXISTS);
	assert_int_equal(taken(b), 0);
	pass(2, both, 2);
	assert_int_equal(ledger_take_lane(b, 1, &error), BUS_OK);
	assert_int_equal(taken(b), LEDGER_WHOLE);
	assert_true(ledger_left_s(a) < 0);
	assert_int_equal(taken(a), 0);
	ledger_close(a);
	ledger_close(b);
}

/* Whoever saw the first one closed and then nothing waits for the second one anew. */
static void a_book_that_was_removed_again_is_closed_for_another_life(void **state)
{
	struct ledger *a = opened("a", "1"), *b = opened("b", "2");

	(void)state;
	assert_int_equal(bus_remove(book, "ledger", &error), BUS_OK);
	assert_int_equal(taken(b), 0);
	pass(LIFE_S + 2, &a, 1);
	assert_int_equal(taken(a), LEDGER_WHOLE);
	assert_int_equal(bus_remove(book, "ledger", &error), BUS_OK);
	assert_int_equal(taken(b), 0);
	pass(LIFE_S - 1, &b, 1);
	assert_int_equal(taken(b), 0);
	pass(2, &b, 1);
	assert_int_equal(taken(b), LEDGER_WHOLE);
	ledger_close(a);
	ledger_close(b);
}

/* By the server's clock everybody is dead. */
static void a_server_whose_clock_is_put_forward_strikes_nobody_who_lives(void **state)
{
	struct ledger *a = opened("a", "1"), *b = opened("b", "2"), *both[] = { a, b };

	(void)state;
	assert_int_equal(taken(a), LEDGER_WHOLE);
	assert_int_equal(taken(b), 0);
	fake_bus.server_ahead_ms = 3600 * SECOND;
	for (int i = 0; i < 44; i++) { /* a's own time is not over yet */
		fake_bus_advance(SECOND);
		assert_int_equal(taken(b), 0);
	}
	pass(1, both, 2);
	assert_true(ledger_left_s(a) > 0);
	pass(3 * LIFE_S, both, 2);
	assert_int_equal(taken(b), 0);
	assert_true(ledger_left_s(a) > 0);
	ledger_close(a);
	ledger_close(b);
}

/* Who did not look in between does not know who lived. */
static void who_looks_twice_has_not_missed_a_word_for_all_the_time(void **state)
{
	struct ledger *a = opened("a", "1"), *b = opened("b", "2");

	(void)state;
	assert_int_equal(taken(b), LEDGER_WHOLE);
	fake_bus.server_ahead_ms = 3600 * SECOND;
	assert_int_equal(taken(a), 0);
	pass(41, &b, 1);
	fake_bus_advance(LIFE_S / 3 * SECOND);
	fake_bus.server_ahead_ms += 3600 * SECOND;
	assert_int_equal(taken(a), 0);
	assert_true(ledger_left_s(b) > 0);
	ledger_close(a);
	ledger_close(b);
}

/* When it is looked for next its word is gone again, as all words are. */
static void who_came_back_has_not_been_missed_all_the_time(void **state)
{
	struct ledger *a = opened("a", "1"), *b = opened("b", "2");

	(void)state;
	assert_int_equal(taken(a), LEDGER_WHOLE);
	fake_bus_advance((LIFE_S + 1) * SECOND);
	assert_int_equal(taken(b), 0);
	pass(LIFE_S - 3, &b, 1);
	assert_int_equal(taken(a), LEDGER_WHOLE / 2);
	fake_bus.server_ahead_ms = 3600 * SECOND;
	fake_bus_advance(8 * SECOND);
	assert_int_equal(taken(b), LEDGER_WHOLE / 2); /* not everything */
	assert_true(ledger_left_s(a) > 0);
	ledger_close(a);
	ledger_close(b);
}

static void a_lane_has_one_worker_and_goes_with_it(void **state)
{
	struct ledger *a = opened("a", "1"), *b = opened("b", "2");
	uint32_t share;

	(void)state;
	assert_int_equal(ledger_take_lane(a, 31, &error), BUS_OK);
	assert_int_equal(ledger_take_lane(b, 31, &error), BUS_EXISTS);
	assert_int_equal(ledger_take_lane(b, 30, &error), BUS_OK);
	assert_int_equal(ledger_take_lane(b, 31, &error), BUS_EXISTS);
	assert_int_equal(ledger_take_lane(a, 30, &error), BUS_OK); /* what b had is given back */
	assert_int_equal(ledger_take_lane(b, 31, &error), BUS_OK);
	assert_int_equal(ledger_give_lane(b, &error), BUS_OK);
	assert_int_equal(ledger_take_lane(a, 31, &error), BUS_OK);
	/* struck meanwhile */
	fake_bus_advance(2 * LIFE_S * SECOND);
	assert_int_equal(taken(b), LEDGER_WHOLE);
	pass(LIFE_S + 2, &b, 1);
	assert_int_equal(ledger_take_lane(b, 31, &error), BUS_OK);
	assert_true(ledger_left_s(a) < 0);
	assert_int_equal(ledger_take_share(a, &share, &error), BUS_MISSING);
	assert_int_equal(ledger_take_lane(a, 30, &error), BUS_OK);
	assert_int_equal(taken(a), 0);
	assert_int_equal(taken(b), LEDGER_WHOLE / 2);
	assert_int_equal(taken(a), LEDGER_WHOLE / 2);
	ledger_close(a);
	ledger_close(b);
}

static void who_waits_writes_the_book_once(void **state)
{
	struct ledger *a = opened("a", "1"), *b = opened("b", "2");
	uint64_t updates;

	(void)state;
	assert_int_equal(taken(a), LEDGER_WHOLE);
	assert_int_equal(taken(b), 0);
	updates = fake_bus.updates;
	for (int i = 0; i < 10; i++)
		assert_int_equal(taken(b), 0);
	assert_int_equal(fake_bus.updates, updates);
	ledger_close(a);
	ledger_close(b);
}

struct seen {
	char text[512];
	size_t count;
};

static void on_worker(void *arg, const struct ledger_worker *worker)
{
	struct seen *seen = arg;
	size_t used = strlen(seen->text);

	snprintf(seen->text + used, sizeof(seen->text) - used, "%s %u %d %s; ", worker->name, worker->share,
		 worker->lane, worker->lives ? "lives" : "is dead");
	seen->count++;
}

static void workers_are_told_with_what_they_have(void **state)
{
	struct ledger *a = opened("a", "1"), *b = opened("b", "2"), *c = opened("c", "3");
	struct seen seen = { 0 };

	(void)state;
	assert_int_equal(taken(b), LEDGER_WHOLE);
	assert_int_equal(ledger_take_lane(c, 3, &error), BUS_OK);
	vanish(b);
	fake_bus_advance((LIFE_S - 1) * SECOND);
	assert_int_equal(ledger_renew(a, &word, &error), BUS_OK);
	assert_int_equal(ledger_renew(c, &word, &error), BUS_OK);
	fake_bus_advance(2 * SECOND);
	assert_int_equal(ledger_workers(book, alive, on_worker, &seen, &error), BUS_OK);
	assert_string_equal(seen.text, "a 0 -1 lives; c 0 3 lives; b 1000000 -1 is dead; ");
	ledger_close(a);
	ledger_close(c);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_share_is_everything_until_somebody_else_comes),
		TEST(the_dead_keep_their_share_until_their_word_was_missed_for_a_life),
		TEST(a_worker_that_begins_again_takes_the_place_that_it_left),
		TEST(two_workers_of_one_name_are_told),
		TEST(a_copy_of_a_folder_ends_the_one_who_was_there),
		TEST(names_that_are_no_keys_are_refused),
		TEST(who_cannot_renew_its_word_stops_before_it_ends),
		TEST(a_word_renewed_too_late_does_not_give_the_share_back),
		TEST(a_lost_answer_is_found_out),
		TEST(a_damaged_book_gives_nothing_to_anybody),
		TEST(a_book_that_was_removed_is_closed_for_a_life),
		TEST(a_server_whose_clock_is_put_forward_strikes_nobody_who_lives),
		TEST(a_book_that_was_removed_again_is_closed_for_another_life),
		TEST(who_looks_twice_has_not_missed_a_word_for_all_the_time),
		TEST(who_came_back_has_not_been_missed_all_the_time),
		TEST(a_lane_has_one_worker_and_goes_with_it),
		TEST(who_waits_writes_the_book_once),
		TEST(workers_are_told_with_what_they_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
