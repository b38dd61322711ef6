/* SPDX-License-Identifier: BSD-2-Clause */
/* The rate of questions against a path that loses what is above its capacity, or a share of everything, or all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "parsers/span.h"
#include "scanner/rules/congestion.h"

enum {
	TIMEOUT_MS = 2000,
	LAG_S = 2,    /* a question that was lost is repeated so much later */
	PHASES = 3,   /* of a path's life */
	LATE_S = 60,  /* of a phase: when the rate has found its way */
	AGES_S = 600, /* a phase that long shows what it comes to */
};

struct phase {
	unsigned seconds;
	double capacity; /* questions a second, 0: no limit … */
	double loss;     /* … and the share lost of those */
	bool paused;     /* the scan knows that no server answers */
	double demand;   /* 0: that of the whole */
};

static const struct {
	const char *name;
	double most, demand; /* --rate; what would be asked without it */
	struct phase phase[PHASES];
	double least, greatest; /* of the rate at the end; 0 and 0: no limit */
	unsigned decreases;     /* at least; 0: none at all */
	bool quiet;             /* in the last phase, from LATE_S on, at most CONGESTION_REPEATS_MOST are repeats */
} table[] = {
	{ "a private Unbound", 0, 20000, { { AGES_S, 0, 0.001, false, 0 } }, 0, 0, 0, true },
	{ "some loss", 10000, 20000, { { AGES_S, 0, 0.04, false, 0 } }, 10000, 10000, 0, true },
	{ "a limit of 800", 10000, 20000, { { AGES_S, 800, 0, false, 0 } }, 600, 1000, 2, true },
	{ "of 800, and no --rate", 0, 20000, { { AGES_S, 800, 0, false, 0 } }, 600, 1000, 2, true },
	{ "of 50", 10000, 20000, { { AGES_S, 50, 0, false, 0 } }, 35, 80, 2, true },
	{ "above --rate", 700, 20000, { { AGES_S, 800, 0, false, 0 } }, 700, 700, 0, true },
	{ "just below --rate", 900, 20000, { { AGES_S, 800, 0, false, 0 } }, 700, 900, 1, true },
	{ "less than any rate", 10000, 20000, { { AGES_S, 4, 0, false, 0 } }, CONGESTION_RATE_LEAST, 30, 1, false },
	{ "a --rate below the least", 3, 20000, { { AGES_S, 1, 0, false, 0 } }, 3, 3, 0, false },
	{ "a limit that goes",
	  10000,
	  20000,
	  { { 120, 800, 0, false, 0 }, { AGES_S, 0, 0, false, 0 } },
	  10000,
	  10000,
	  1,
	  true },
	{ "and no --rate", 0, 20000, { { 120, 800, 0, false, 0 }, { AGES_S, 0, 0, false, 0 } }, 0, 0, 1, true },
	{ "a limit that comes",
	  5000,
	  9000,
	  { { 60, 0, 0, false, 0 }, { AGES_S, 700, 0, false, 0 } },
	  500,
	  900,
	  2,
	  true },
	{ "loss that no rate mends", 10000, 20000, { { 100, 0, 0.2, false, 0 } }, 10000, 10000, 2, false },
	{ "and above it a limit",
	  10000,
	  20000,
	  { { 100, 0, 0.2, false, 0 }, { AGES_S, 900, 0.1, false, 0 } },
	  400,
	  1300,
	  4,
	  false },
	{ "one bad second",
	  10000,
	  20000,
	  { { 20, 0, 0, false, 0 }, { 1, 2000, 0, false, 0 }, { 120, 0, 0, false, 0 } },
	  10000,
	  10000,
	  0,
	  true },
	{ "an outage",
	  10000,
	  20000,
	  { { 20, 0, 0, false, 0 }, { 60, 0, 1, false, 0 }, { 120, 0, 0, false, 0 } },
	  10000,
	  10000,
	  0,
	  true },
	{ "an outage that is known",
	  0,
	  20000,
	  { { 20, 0, 0, false, 0 }, { 60, 0, 1, true, 0 }, { 120, 0, 0, false, 0 } },
	  0,
	  0,
	  0,
	  true },
	{ "a scan's end", 0, 15000, { { 20, 0, 0, false, 0 }, { 8, 0, 0.7, false, 900 } }, 0, 0, 0, false },
	{ "a burst, then a limit",
	  10000,
	  20000,
	  { { 5, 10000, 0, false, 0 }, { AGES_S, 300, 0, false, 0 } },
	  200,
	  400,
	  2,
	  true },
	{ "and no --rate", 0, 10000, { { 5, 0, 0, false, 0 }, { AGES_S, 300, 0, false, 0 } }, 200, 400, 2, true },
	{ "a burst, then nearly nothing",
	  10000,
	  20000,
	  { { 30, 0, 0, false, 0 }, { AGES_S, 30, 0, false, 0 } },
	  20,
	  50,
	  2,
	  true },
	{ "few questions", 10000, 20, { { AGES_S, 5, 0, false, 0 } }, CONGESTION_RATE_LEAST, 20, 1, false },
};

/* A second of the path at a time. */
struct path {
	struct congestion_counts counts;
	double lost[LAG_S];
	unsigned second;
};

static void live_a_second(struct path *path, const struct phase *phase, double asked)
{
	double reached = asked * (1 - phase->loss), repeats = path->lost[path->second % LAG_S];
	double answered = phase->capacity > 0 && reached > phase->capacity ? phase->capacity : reached;

	path->counts.packets += (uint64_t)asked;
	path->counts.answered += (uint64_t)answered;
	path->counts.repeats += (uint64_t)(repeats < asked ? repeats : asked);
	path->lost[path->second % LAG_S] = asked - answered;
	path->second++;
}

static void the_rate_is_what_the_path_bears(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct congestion congestion;
		struct path path = { 0 };
		struct congestion_counts late = { 0 };
		double share;

		congestion_init(&congestion, table[i].most, table[i].most, TIMEOUT_MS);
		for (unsigned k = 0; k < PHASES; k++) {
			const struct phase *phase = &table[i].phase[k];

			for (unsigned s = 0; s < phase->seconds; s++) {
				double rate = congestion.rate;
				double demand = phase->demand > 0 ? phase->demand : table[i].demand;
				double asked = rate > 0 && rate < demand ? rate : demand;

				if (s == LATE_S)
					late = path.counts;
				live_a_second(&path, phase, phase->paused ? 0 : asked);
				congestion_tick(&congestion, &path.counts, phase->paused, 1000ULL * path.second);
				assert_true(table[i].most <= 0 ||
					    (congestion.rate > 0 && congestion.rate <= table[i].most));
			}
		}
		share = (double)(path.counts.repeats - late.repeats) / (double)(path.counts.packets - late.packets);
		if (congestion.rate < table[i].least || congestion.rate > table[i].greatest)
			fail_msg("%s: the rate came to %g", table[i].name, congestion.rate);
		if (table[i].decreases ? congestion.decreases < table[i].decreases : congestion.decreases > 0)
			fail_msg("%s: came down %u times", table[i].name, (unsigned)congestion.decreases);
		if (table[i].quiet && share > CONGESTION_REPEATS_MOST)
			fail_msg("%s: %.1f %% are repeats", table[i].name, share * 100);
		assert_int_equal(congestion.decreases > 0, congestion.lowest > 0);
	}
}

enum {
	ASKED_MOST = 20000, /* a second, by a scan without a limit */
	IN_FLIGHT = 4000,
	TRIES = 4,
	ASKED_OF_LIVE = 8, /* questions about a name that lives; one about another */
	DEAD_FROM_S = 60,
	DEAD_UNTIL_S = 300,
	ENDS_S = 360,
	BACK_S = 15, /* time-out, two windows at the lower rate, and some */
};

/* A scan of names of which some servers never answer; all else is answered at once. */
struct names {
	double dead;              /* share of those to come */
	double in_flight, done;   /* dead names; names of both kinds */
	double due[LAG_S][TRIES]; /* those to be asked again, by tries made; all made: to be given up … */
	double waiting[TRIES];    /* … and for which the rate had no room */
	double packets, repeats, answered;
};

static void ask_for_a_second(struct names *names, unsigned second, double rate)
{
	double *due = names->due[second % LAG_S];
	double room = rate > 0 && rate < ASKED_MOST ? rate : ASKED_MOST;
	double questions = names->dead + (1 - names->dead) * ASKED_OF_LIVE, begun;

	names->in_flight -= due[0];
	names->done += due[0];
	due[0] = 0;
	for (unsigned k = 1; k < TRIES; k++) {
		names->waiting[k] += due[k];
		due[k] = 0;
	}
	for (unsigned k = 1; k < TRIES; k++) {
		double sent = names->waiting[k] < room ? names->waiting[k] : room;

		room -= sent;
		names->waiting[k] -= sent;
		due[(k + 1) % TRIES] += sent;
		names->packets += sent;
		names->repeats += sent;
	}
	begun = room / questions;
	if (begun * names->dead > IN_FLIGHT - names->in_flight)
		begun = (IN_FLIGHT - names->in_flight) / names->dead;
	names->in_flight += begun * names->dead;
	due[1] += begun * names->dead;
	names->done += begun * (1 - names->dead);
	names->packets += begun * questions;
	names->answered += begun * (1 - names->dead) * ASKED_OF_LIVE;
}

static void dead_names_do_not_stop_a_scan(void **state)
{
	static const double alive[] = { 0, 0.02, 0.1, 0.33, 0.5 };
	static const double limits[] = { 0, 10000, 2000, 1000, 300 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(alive) * COUNT_OF(limits); i++) {
		double limit = limits[i % COUNT_OF(limits)], live = alive[i / COUNT_OF(limits)];
		struct names names = { 0 }, unhindered = { 0 };
		struct congestion congestion;
		unsigned slow = 0;

		congestion_init(&congestion, limit, limit > CONGESTION_START ? CONGESTION_START : limit, TIMEOUT_MS);
		for (unsigned s = 1; s <= ENDS_S; s++) {
			if (s == DEAD_FROM_S) {
				names.dead = unhindered.dead = 1 - live;
				names.done = unhindered.done = 0;
			}
			if (s == DEAD_UNTIL_S) {
				names.dead = unhindered.dead = 0;
				if (names.done < unhindered.done / 3)
					fail_msg("%g live, limit %g: %g names are done instead of %g", live, limit,
						 names.done, unhindered.done);
			}
			ask_for_a_second(&names, s, congestion.rate);
			ask_for_a_second(&unhindered, s, limit);
			congestion_tick(&congestion,
					&(struct congestion_counts){ (uint64_t)names.packets, (uint64_t)names.repeats,
								     (uint64_t)names.answered },
					false, 1000ULL * s);
			slow = s > DEAD_FROM_S && congestion_is_lowered(&congestion) &&
					       congestion.rate < (limit > 0 ? limit : ASKED_MOST) / 4
				       ? slow + 1
				       : 0;
			if (slow > BACK_S)
				fail_msg("%g live, limit %g: %g a second for %u s", live, limit, congestion.rate, slow);
		}
		assert_float_equal(congestion.rate, limit, 1e-9);
	}
}

static void it_starts_slowly(void **state)
{
	static const struct {
		double most, capacity;
		double after[3]; /* the rate after so many seconds: 1, 2, 60 */
		bool comes_down;
	} cases[] = {
		{ 10000, 0, { 1250, 1562.5, 10000 }, false },
		{ 1100, 0, { 1100, 1100, 1100 }, false },
		{ 10000, 2500, { 1250, 1562.5, 0 }, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct phase phase = { 60, cases[i].capacity, 0, false, 0 };
		struct congestion congestion;
		struct congestion_counts half = { 0 };
		struct path path = { 0 };

		congestion_init(&congestion, cases[i].most, CONGESTION_START, TIMEOUT_MS);
		for (unsigned s = 1; s <= phase.seconds; s++) {
			live_a_second(&path, &phase, congestion.rate);
			congestion_tick(&congestion, &path.counts, false, 1000ULL * s);
			if (s <= 2)
				assert_float_equal(congestion.rate, cases[i].after[s - 1], 1e-9);
			if (s == phase.seconds / 2)
				half = path.counts;
		}
		assert_int_equal(congestion_is_lowered(&congestion), cases[i].comes_down);
		assert_true(cases[i].comes_down || congestion.rate == cases[i].after[2]);
		assert_true((double)(path.counts.repeats - half.repeats) <=
			    CONGESTION_REPEATS_MOST * (double)(path.counts.packets - half.packets));
	}
}

static void the_user_may_change_it_meanwhile(void **state)
{
	static const struct {
		double most, rate, factor; /* before; the limit is @most, congestion has it at @rate */
		double most_after, rate_after;
	} cases[] = {
		{ 1000, 1000, 0.8, 800, 800 }, { 1000, 1000, 1.25, 1250, 1250 }, { 1000, 100, 1.25, 1250, 125 },
		{ 1000, 100, 0.8, 800, 80 },   { 0, 0, 0.8, 80000, 80000 },      { 0, 500, 1.25, 625, 625 },
		{ 0, 500, 0.8, 400, 400 },     { 0.11, 0.11, 0.8, 0.1, 0.1 },    { 1000, 0.11, 0.8, 800, 0.1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct congestion congestion;

		congestion_init(&congestion, cases[i].most, cases[i].most, TIMEOUT_MS);
		congestion.rate = cases[i].rate;
		congestion_scale(&congestion, cases[i].factor, 100000, 0.1);
		assert_float_equal(congestion.most, cases[i].most_after, 1e-9);
		assert_float_equal(congestion.rate, cases[i].rate_after, 1e-9);
	}
}

static void what_is_given_back_is_what_the_user_allows(void **state)
{
	struct congestion_counts counts = { 0 };
	struct congestion congestion;

	(void)state;
	congestion_init(&congestion, 0, 0, TIMEOUT_MS);
	for (unsigned s = 1; s <= 60; s++) {
		counts.packets += 1000;
		counts.repeats += 500;
		counts.answered += s < 20 ? 500 : 0;
		if (congestion_tick(&congestion, &counts, false, 1000ULL * s) == CONGESTION_DOWN &&
		    congestion.most <= 0)
			congestion_scale(&congestion, 0.8, 80000, 0.1);
	}
	assert_true(congestion.most > 0 && congestion.rate == congestion.most);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rate_is_what_the_path_bears),
		cmocka_unit_test(dead_names_do_not_stop_a_scan),
		cmocka_unit_test(it_starts_slowly),
		cmocka_unit_test(the_user_may_change_it_meanwhile),
		cmocka_unit_test(what_is_given_back_is_what_the_user_allows),
	};

	return cmocka_run_group_tests_name("congestion", tests, NULL, NULL);
}
