/* SPDX-License-Identifier: BSD-2-Clause */
/* What a server's answers, errors, slips and silence make of its rate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parsers/span.h"
#include "scanner/rules/server_conduct.h"

enum { SECOND = 1000000, START = 7 * SECOND, PHASES = 4 };

/* So many seconds with so many outcomes each, evenly; of every hundred so many are of a kind. */
struct phase {
	unsigned seconds, each, silent, erred, slipped;
};

struct play {
	const char *name;
	double full;
	struct phase phase[PHASES];
	double rate; /* then */
	unsigned halvings, rests, limits;
	enum server_rest state;
};

static const struct play plays[] = {
	{ "nothing happened", 50, { { 0 } }, 50, 0, 0, 0, SERVER_AWAKE },
	{ "all is well", 50, { { 100, 50, 0, 0, 0 } }, 50, 0, 0, 0, SERVER_AWAKE },
	{ "a window with one of twenty silent", 50, { { 11, 40, 5, 0, 0 } }, 50, 0, 0, 0, SERVER_AWAKE },
	{ "with more", 50, { { 11, 40, 6, 0, 0 } }, 25, 1, 0, 0, SERVER_AWAKE },
	{ "one slip in a hundred: a large answer", 50, { { 11, 40, 0, 0, 1 } }, 50, 0, 0, 0, SERVER_AWAKE },
	{ "slips", 50, { { 11, 40, 0, 0, 2 } }, 25, 1, 0, 0, SERVER_AWAKE },
	{ "two windows", 50, { { 21, 40, 10, 0, 0 } }, 12.5, 2, 0, 0, SERVER_AWAKE },
	{ "three windows in a row", 50, { { 31, 40, 10, 0, 0 } }, 6.25, 3, 1, 0, SERVER_RESTS },
	{ "three of slips, of which a lower rate leaves few",
	  50,
	  { { 11, 40, 0, 0, 80 }, { 10, 40, 0, 0, 60 }, { 10, 40, 0, 0, 20 } },
	  6.25,
	  3,
	  1,
	  0,
	  SERVER_RESTS },
	{ "of slips that it leaves as they are: it truncates",
	  50,
	  { { 31, 40, 0, 0, 66 } },
	  50,
	  3,
	  0,
	  0,
	  SERVER_AWAKE },
	{ "all it says, for long", 50, { { 600, 40, 0, 0, 100 } }, 50, 3, 0, 0, SERVER_AWAKE },
	{ "of slips and silence", 50, { { 31, 40, 10, 0, 100 } }, 6.25, 3, 1, 0, SERVER_RESTS },
	{ "slips that had silence among them once",
	  50,
	  { { 11, 40, 0, 0, 66 }, { 10, 40, 10, 0, 66 }, { 10, 40, 0, 0, 66 } },
	  6.25,
	  3,
	  1,
	  0,
	  SERVER_RESTS },
	{ "one that truncates falls silent",
	  50,
	  { { 41, 40, 0, 0, 100 }, { 10, 40, 10, 0, 100 } },
	  25,
	  4,
	  0,
	  0,
	  SERVER_AWAKE },
	{ "or stops, and begins to slip",
	  50,
	  { { 31, 40, 0, 0, 100 }, { 20, 40, 0, 0, 0 }, { 10, 40, 0, 0, 50 } },
	  25,
	  4,
	  0,
	  0,
	  SERVER_AWAKE },
	{ "a clean one between them",
	  50,
	  { { 21, 40, 10, 0, 0 }, { 10, 40, 0, 0, 0 }, { 11, 40, 10, 0, 0 } },
	  6.875,
	  3,
	  0,
	  0,
	  SERVER_AWAKE },
	{ "it comes back by a tenth", 50, { { 11, 40, 6, 0, 0 }, { 20, 40, 0, 0, 0 } }, 30.25, 1, 0, 0, SERVER_AWAKE },
	{ "to all of it, no further", 50, { { 11, 40, 6, 0, 0 }, { 200, 40, 0, 0, 0 } }, 50, 1, 0, 0, SERVER_AWAKE },
	{ "not below the floor", 1.5, { { 21, 2, 50, 0, 0 } }, 1, 2, 0, 0, SERVER_AWAKE },
	{ "nor above a rate below it", 0.3, { { 11, 40, 10, 0, 0 } }, 0.3, 1, 0, 0, SERVER_AWAKE },
	{ "too few to tell are waited for", 50, { { 15, 1, 20, 0, 0 } }, 50, 0, 0, 0, SERVER_AWAKE },
	{ "until they are enough", 50, { { 22, 1, 20, 0, 0 } }, 25, 1, 0, 0, SERVER_AWAKE },
	{ "silence in a row", 50, { { 1, 19, 100, 0, 0 } }, 50, 0, 0, 0, SERVER_AWAKE },
	{ "without end", 50, { { 1, 20, 100, 0, 0 } }, 50, 0, 1, 0, SERVER_RESTS },
	{ "without a limit it is half of what was asked", 0, { { 11, 40, 10, 0, 0 } }, 20, 1, 0, 0, SERVER_AWAKE },
	{ "no limit", 0, { { 100, 1000, 0, 0, 0 } }, 0, 0, 0, 0, SERVER_AWAKE },
	{ "five errors a second", 50, { { 60, 50, 0, 10, 0 } }, 50, 0, 0, 0, SERVER_AWAKE },
	{ "more", 50, { { 60, 50, 0, 14, 0 } }, 5, 0, 0, 1, SERVER_AWAKE },
	{ "a fifth of the last hundred", 50, { { 60, 20, 0, 20, 0 } }, 50, 0, 0, 0, SERVER_AWAKE },
	{ "more than a fifth, however slowly", 50, { { 120, 5, 0, 22, 0 } }, 5, 0, 0, 1, SERVER_AWAKE },
	{ "errors without a limit", 0, { { 10, 50, 0, 50, 0 } }, 5, 0, 0, 1, SERVER_AWAKE },
	{ "a lower rate stays", 2, { { 100, 2, 0, 50, 0 } }, 2, 0, 0, 1, SERVER_AWAKE },
	{ "they end", 50, { { 10, 50, 0, 50, 0 }, { 25, 5, 0, 0, 0 } }, 50, 0, 0, 1, SERVER_AWAKE },
	{ "but not at once", 50, { { 10, 50, 0, 50, 0 }, { 9, 50, 0, 0, 0 } }, 5, 0, 0, 1, SERVER_AWAKE },
};

/* The @k-th of a hundred, spread evenly. */
static bool is_of(unsigned share, unsigned k)
{
	return (k + 1) * share / 100 > k * share / 100;
}

static uint64_t play(const struct play *play, struct server_conduct *conduct, struct server_books_counts *counts)
{
	uint64_t now_us = START;
	unsigned k = 0;

	for (unsigned i = 0; i < PHASES; i++) {
		const struct phase *phase = &play->phase[i];

		for (unsigned n = 0; n < phase->seconds * phase->each; n++, k++) {
			enum server_outcome outcome = is_of(phase->silent, k)    ? SERVER_SILENT
						      : is_of(phase->erred, k)   ? SERVER_ERRED
						      : is_of(phase->slipped, k) ? SERVER_SLIPPED
										 : SERVER_ANSWERED;

			now_us += SECOND / phase->each;
			server_conduct_outcome(conduct, outcome, play->full, now_us, counts);
		}
	}
	return now_us;
}

static void what_it_does_makes_its_rate(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(plays); i++) {
		struct server_conduct conduct = { .state = SERVER_AWAKE };
		struct server_books_counts counts = { 0 };
		double rate;

		play(&plays[i], &conduct, &counts);
		rate = server_conduct_rate(&conduct, plays[i].full);
		if (rate < plays[i].rate * 0.99 || rate > plays[i].rate * 1.01)
			fail_msg("%s: %g a second, not %g", plays[i].name, rate, plays[i].rate);
		if (counts.halvings != plays[i].halvings || counts.rests != plays[i].rests ||
		    counts.error_limits != plays[i].limits || conduct.state != plays[i].state)
			fail_msg("%s: %u halvings, %u rests, %u limits, state %u", plays[i].name,
				 (unsigned)counts.halvings, (unsigned)counts.rests, (unsigned)counts.error_limits,
				 conduct.state);
	}
}

static struct server_books_counts ever;

static void silent(struct server_conduct *conduct, unsigned n, uint64_t now_us)
{
	while (n-- > 0)
		server_conduct_outcome(conduct, SERVER_SILENT, 50, now_us, &ever);
}

static void a_rest_is_doubled_until_a_window_is_clean(void **state)
{
	static const unsigned rests_s[] = { 60, 120, 240, 480, 900, 900, 900 };
	struct server_conduct conduct = { .state = SERVER_AWAKE };
	uint64_t now_us = START;

	(void)state;
	silent(&conduct, SERVER_SILENT_ROW, now_us);
	for (size_t i = 0; i < COUNT_OF(rests_s); i++) {
		assert_int_equal(conduct.state, SERVER_RESTS);
		assert_int_equal(conduct.since_us, START);
		assert_int_equal(server_conduct_wait(&conduct, now_us), rests_s[i] * UINT64_C(1000000));
		silent(&conduct, SERVER_SILENT_ROW, now_us); /* sent before: nothing new */
		now_us += rests_s[i] * UINT64_C(1000000);
		assert_int_equal(server_conduct_wait(&conduct, now_us - 1), 1);
		assert_int_equal(server_conduct_wait(&conduct, now_us), 0);
		server_conduct_asked(&conduct, now_us);
		assert_int_equal(server_conduct_wait(&conduct, now_us), SERVER_LOOK_MS * 1000);
		silent(&conduct, 1, now_us);
	}
	now_us += 900 * UINT64_C(1000000);
	server_conduct_asked(&conduct, now_us);
	server_conduct_outcome(&conduct, SERVER_ERRED, 50, now_us, &ever); /* an error is an answer */
	assert_int_equal(conduct.state, SERVER_AWAKE);
	silent(&conduct, SERVER_SILENT_ROW, now_us); /* it goes on: one answer was not enough */
	assert_int_equal(conduct.since_us, START);
	assert_int_equal(server_conduct_wait(&conduct, now_us), 900 * UINT64_C(1000000));
	now_us += 900 * UINT64_C(1000000);
	server_conduct_asked(&conduct, now_us);
	server_conduct_outcome(&conduct, SERVER_ANSWERED, 50, now_us, &ever);
	now_us += UINT64_C(1) * SERVER_BOOKS_WINDOW_MS * 1000;
	server_conduct_outcome(&conduct, SERVER_ANSWERED, 50, now_us, &ever);
	silent(&conduct, SERVER_SILENT_ROW, now_us);
	assert_int_equal(conduct.since_us, now_us);
	assert_int_equal(server_conduct_wait(&conduct, now_us), 60 * UINT64_C(1000000)); /* from the beginning */
}

/* It drops what has an underscore, and answers all else, its probes among them: a rest of a minute each time would
 * never be longer than the patience of its domains. */
static void who_is_half_silent_for_ever_rests_for_longer_each_time(void **state)
{
	struct server_conduct conduct = { .state = SERVER_AWAKE };
	struct server_books_counts counts = { 0 };
	uint64_t now_us = START, wait_us = 0;
	unsigned minutes = 0;

	(void)state;
	for (unsigned k = 0; wait_us < 480 * UINT64_C(1000000) && k < 100000; k++) {
		now_us += SECOND / 4 + wait_us;
		if (wait_us > 0)
			server_conduct_asked(&conduct, now_us);
		server_conduct_outcome(&conduct, wait_us > 0 || k % 3 == 0 ? SERVER_ANSWERED : SERVER_SILENT, 50,
				       now_us, &counts);
		wait_us = server_conduct_wait(&conduct, now_us);
		minutes = (unsigned)((now_us - START) / 60000000);
	}
	assert_int_equal(wait_us, 480 * UINT64_C(1000000));
	assert_true(conduct.since_us < START + 60 * UINT64_C(1000000));
	assert_true(minutes < 15);
}

static void a_late_answer_ends_no_rest(void **state)
{
	struct server_conduct conduct = { .state = SERVER_AWAKE };

	(void)state;
	silent(&conduct, SERVER_SILENT_ROW, START);
	server_conduct_outcome(&conduct, SERVER_ANSWERED, 50, START + SECOND, &ever);
	assert_int_equal(conduct.state, SERVER_RESTS);
	assert_int_equal(server_conduct_wait(&conduct, START + SECOND), 59 * SECOND);
}

static void a_probe_that_came_to_nothing_is_sent_again(void **state)
{
	struct server_conduct conduct = { .state = SERVER_AWAKE };
	uint64_t now_us = START + SERVER_REST_MS * UINT64_C(1000);

	(void)state;
	silent(&conduct, SERVER_SILENT_ROW, START);
	server_conduct_asked(&conduct, now_us);
	server_conduct_outcome(&conduct, SERVER_UNJUDGED, 50, now_us, &ever);
	assert_int_equal(server_conduct_wait(&conduct, now_us), 0);
	server_conduct_asked(&conduct, now_us);
	assert_int_equal(server_conduct_wait(&conduct, now_us + SERVER_PROBE_MS * UINT64_C(1000) - 1), 1);
	assert_int_equal(server_conduct_wait(&conduct, now_us + SERVER_PROBE_MS * UINT64_C(1000)), 0);
	assert_int_equal(conduct.rests, 1);
}

static void what_is_slower_than_others_is_plain_after_a_while(void **state)
{
	struct server_books_counts counts = { 0 };
	uint64_t while_us = SERVER_REST_MOST_MS * UINT64_C(1000);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(plays); i++) {
		struct server_conduct conduct = { .state = SERVER_AWAKE };
		uint64_t now_us = play(&plays[i], &conduct, &counts);
		bool is_plain = plays[i].state == SERVER_AWAKE &&
				server_conduct_rate(&conduct, plays[i].full) >= plays[i].full &&
				conduct.limited_us == 0 && conduct.rate <= 0;

		now_us += SECOND; /* errors owed */
		if (server_conduct_is_plain(&conduct, now_us) != is_plain)
			fail_msg("%s: it is not %d", plays[i].name, is_plain);
		if (!server_conduct_is_plain(&conduct, now_us + 2 * while_us))
			fail_msg("%s: it matters for ever", plays[i].name);
	}
}

/* Time-outs of names that it drops come late, and in a row. */
static void who_answered_since_is_not_dead(void **state)
{
	struct server_conduct conduct = { 0 };

	(void)state;
	server_conduct_outcome(&conduct, SERVER_ANSWERED, 50, START + SECOND, &ever);
	for (int k = 0; k < 2 * SERVER_SILENT_ROW; k++)
		server_conduct_silent(&conduct, 50, START, START + 2 * SECOND, &ever);
	assert_int_equal(conduct.state, SERVER_AWAKE);
	for (int k = 0; k < SERVER_SILENT_ROW; k++)
		server_conduct_silent(&conduct, 50, START + SECOND, START + 3 * SECOND, &ever);
	assert_int_equal(conduct.state, SERVER_RESTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_does_makes_its_rate),
		cmocka_unit_test(a_rest_is_doubled_until_a_window_is_clean),
		cmocka_unit_test(who_is_half_silent_for_ever_rests_for_longer_each_time),
		cmocka_unit_test(a_late_answer_ends_no_rest),
		cmocka_unit_test(a_probe_that_came_to_nothing_is_sent_again),
		cmocka_unit_test(who_answered_since_is_not_dead),
		cmocka_unit_test(what_is_slower_than_others_is_plain_after_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
