/* SPDX-License-Identifier: BSD-2-Clause */
/* Workers that come, work, leave, die and sleep, while requests and answers are lost and time passes in every call; and
 * at every moment: what is in use, until each worker's own end of it, is never more than everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scanner/fleet/budget.h"
#include "scanner/fleet/ledger.h"
#include "tests/fake/fake_bus.h"

enum {
	ACTORS = 9,
	LANES = 5,
	STEP_MS = 200,
	POLL_MS = 1000,  /* a worker looks whether it must stop, and asks again for a share */
	EVENT_MS = 4000, /* something happens so often */
	DEPTH_MAX = 3,   /* of those who are faster than those who are faster */
	NONE = -1,
};

enum state { OFF, IDLE, WANTS, WORKS, STOPS };

struct actor {
	enum state state;
	struct ledger *ledger;
	char name[16], id[16];
	bool is_busy; /* in a call */
	uint64_t next_ms, renew_ms, end_ms, frozen_ms, wants_ms;
	uint32_t share; /* in use */
	int lane;
};

enum event { JOINS, LEAVES, DIES, SLEEPS, GOES_AWAY, EVENTS_CALM = SLEEPS, EVENTS_ALL = GOES_AWAY + 1 };

struct play {
	const char *name;
	double life_s;
	unsigned chunk_ms; /* one takes so long at most */
	unsigned events;   /* kinds of them */
	unsigned lost;     /* of 1,000 requests, and as many answers */
	bool has_lanes, has_damage;
	unsigned minutes;
	unsigned bears; /* so many may work at once; 0: any number */
};

static struct play play;
static struct actor actors[ACTORS];
static struct bus_bucket *book, *alive;
static uint64_t away_until_ms, longest_wait_ms, chunks;
static unsigned depth;
static bool is_calm; /* nothing happens any more, and everybody works */

static bool is_over(const struct actor *actor)
{
	return ledger_left_s(actor->ledger) < -(ledger_stop_s(actor->ledger) + (play.life_s < 10 ? 0.1 : 1));
}

/* What is in use by now: a scan that was told to stop has ended, one whose worker's word is over has been. */
static void check(void)
{
	uint64_t sum = 0;
	unsigned lanes = 0, at_work = 0;

	for (size_t i = 0; i < ACTORS; i++) {
		struct actor *actor = &actors[i];

		if ((actor->state == STOPS && fake_bus.now_ms >= actor->end_ms) ||
		    ((actor->state == WORKS || actor->state == STOPS) && is_over(actor))) {
			actor->share = 0;
			actor->lane = NONE;
		}
		if (actor->frozen_ms > fake_bus.now_ms)
			continue;
		sum += actor->share;
		at_work += actor->share > 0;
		if (actor->share > 0 && actor->lane != NONE) {
			if (lanes & 1u << actor->lane)
				fail_msg("%s: two on lane %d", play.name, actor->lane);
			lanes |= 1u << actor->lane;
		}
	}
	if (play.bears > 0 && at_work > play.bears)
		fail_msg("%s: %u at work", play.name, at_work);
	if (sum > LEDGER_WHOLE)
		fail_msg("%s: %llu in use after %llu s", play.name, (unsigned long long)sum,
			 (unsigned long long)fake_bus.now_ms / 1000);
}

static void stop(struct actor *actor)
{
	actor->state = STOPS;
	actor->end_ms = fake_bus.now_ms + fake_bus_random((uint64_t)(ledger_stop_s(actor->ledger) * 1000) + 1);
}

static void renew(struct actor *actor)
{
	struct job_word word = { .state = "playing", .chunk = -1 };
	struct error error;

	if (fake_bus.now_ms < actor->renew_ms)
		return;
	if (ledger_renew(actor->ledger, &word, &error) == BUS_OK)
		actor->renew_ms = fake_bus.now_ms + (uint64_t)(ledger_renew_s(actor->ledger) * 900);
}

/* A lane first, where there are any. */
static enum bus_result take(struct actor *actor, uint32_t *share)
{
	struct error error;
	enum bus_result result = BUS_OK;
	unsigned lane = (unsigned)fake_bus_random(LANES);

	if (play.has_lanes && actor->lane == NONE) {
		result = ledger_take_lane(actor->ledger, lane, &error);
		if (result == BUS_OK)
			actor->lane = (int)lane;
	}
	if (result == BUS_OK)
		result = ledger_take_share(actor->ledger, share, &error);
	if (result == BUS_MISSING || (result == BUS_EXISTS && ledger_left_s(actor->ledger) < 0))
		actor->lane = NONE;
	return result;
}

static void want(struct actor *actor)
{
	uint32_t share;

	if (actor->wants_ms == 0)
		actor->wants_ms = fake_bus.now_ms;
	if (take(actor, &share) != BUS_OK)
		return;
	if (fake_bus.now_ms - actor->wants_ms > longest_wait_ms)
		longest_wait_ms = fake_bus.now_ms - actor->wants_ms;
	actor->wants_ms = 0;
	actor->share = share;
	actor->state = WORKS;
	chunks++;
	actor->end_ms = fake_bus.now_ms + play.chunk_ms / 4 + fake_bus_random(play.chunk_ms * 3 / 4);
}

static void end_chunk(struct actor *actor)
{
	struct error error;

	actor->share = 0;
	actor->state = WANTS;
	if (!is_calm && fake_bus_random(4) == 0) {
		(void)ledger_give_share(actor->ledger, &error);
		(void)ledger_give_lane(actor->ledger, &error);
		actor->lane = NONE;
		actor->state = IDLE;
		actor->end_ms = fake_bus.now_ms + fake_bus_random(play.chunk_ms);
	} else if (play.has_lanes && fake_bus_random(2) == 0) {
		actor->lane = NONE; /* another one, which gives the present one back */
	}
}

static void act(struct actor *actor)
{
	actor->is_busy = true;
	actor->next_ms = fake_bus.now_ms + (play.life_s < 10 ? POLL_MS / 10 : POLL_MS);
	if (actor->state == WORKS && ledger_left_s(actor->ledger) < 0)
		stop(actor);
	else if (actor->state == WORKS && fake_bus.now_ms >= actor->end_ms)
		end_chunk(actor);
	else if (actor->state == STOPS && fake_bus.now_ms >= actor->end_ms)
		end_chunk(actor);
	else if (actor->state == IDLE && (is_calm || fake_bus.now_ms >= actor->end_ms))
		actor->state = WANTS;
	else if (actor->state == WANTS)
		want(actor);
	if (actor->state != OFF && actor->state != STOPS)
		renew(actor);
	actor->is_busy = false;
}

static bool is_due(const struct actor *actor)
{
	return actor->state != OFF && !actor->is_busy && fake_bus.now_ms >= actor->next_ms &&
	       fake_bus.now_ms >= actor->frozen_ms;
}

static void on_call(void *arg)
{
	struct actor *other = &actors[fake_bus_random(ACTORS)];

	(void)arg;
	if (fake_bus.now_ms >= away_until_ms)
		fake_bus.is_away = false;
	check();
	if (depth >= DEPTH_MAX || fake_bus_random(3) > 0 || !is_due(other))
		return;
	depth++;
	act(other);
	depth--;
}

/* ---- what happens ---- */

static void join(struct actor *actor)
{
	struct error error;

	actor->is_busy = true;
	snprintf(actor->name, sizeof(actor->name), "w%zu", (size_t)(actor - actors));
	if (fake_bus_random(4) == 0) /* its folder was lost */
		snprintf(actor->id, sizeof(actor->id), "id%u", (unsigned)fake_bus_random(1000));
	if (ledger_open(&actor->ledger, book, alive, actor->name, actor->id, play.life_s, &error) == BUS_OK) {
		ledger_bears(actor->ledger, play.bears);
		actor->state = WANTS;
		actor->renew_ms = 0;
		actor->wants_ms = 0;
	}
	actor->is_busy = false;
}

/* Nobody hears of it. */
static void vanish(struct actor *actor)
{
	struct fake_bus before = fake_bus;

	fake_bus.is_away = true;
	fake_bus.on_call = NULL;
	ledger_close(actor->ledger);
	fake_bus = before;
	actor->state = OFF;
	actor->share = 0;
	actor->lane = NONE;
}

static void leave(struct actor *actor)
{
	actor->share = 0;
	actor->lane = NONE;
	actor->state = OFF;
	actor->is_busy = true;
	ledger_close(actor->ledger);
	actor->is_busy = false;
}

/* Not more often than a life lasts: who misses a word for as long as it would have been renewed twice takes its worker
 * for dead. */
static void damage(void)
{
	static uint64_t next_ms;
	unsigned kind = (unsigned)fake_bus_random(60);

	if (next_ms > fake_bus.now_ms + (uint64_t)(play.life_s * 1000)) /* another play's */
		next_ms = 0;
	if (kind > 3 || fake_bus.now_ms < next_ms)
		return;
	next_ms = fake_bus.now_ms + (uint64_t)(play.life_s * 1000);
	switch (kind) {
	case 0:
		fake_bucket_empty(book);
		break;
	case 1:
		fake_bucket_empty(alive);
		break;
	case 2:
		fake_bus.server_ahead_ms += (int64_t)fake_bus_random(3600 * 1000);
		break;
	default:
		fake_bus.server_ahead_ms -= (int64_t)fake_bus_random(60 * 1000);
		break;
	}
}

static void happen(void)
{
	struct actor *actor = &actors[fake_bus_random(ACTORS)];
	enum event event = (enum event)fake_bus_random(play.events);

	if (play.has_damage)
		damage();
	if (event == GOES_AWAY && fake_bus_random(8) == 0) {
		fake_bus.is_away = true;
		away_until_ms = fake_bus.now_ms + fake_bus_random((uint64_t)(play.life_s * 2000));
	} else if (actor->state == OFF) {
		join(actor);
	} else if (event == LEAVES) {
		leave(actor);
	} else if (event == DIES) {
		vanish(actor);
	} else if (event == SLEEPS) { /* and what runs with it; when it wakes up it looks whether it must stop */
		actor->frozen_ms = fake_bus.now_ms + fake_bus_random((uint64_t)(play.life_s * 3000));
	}
}

static void pass(uint64_t ms, bool with_events)
{
	uint64_t end_ms = fake_bus.now_ms + ms, event_ms = fake_bus.now_ms;

	while (fake_bus.now_ms < end_ms) {
		fake_bus_advance(STEP_MS);
		if (fake_bus.now_ms >= away_until_ms)
			fake_bus.is_away = false;
		check();
		if (with_events && fake_bus.now_ms >= event_ms) {
			event_ms = fake_bus.now_ms + fake_bus_random(EVENT_MS);
			happen();
		}
		for (size_t i = 0; i < ACTORS; i++)
			if (is_due(&actors[i]))
				act(&actors[i]);
	}
}

/* ---- plays ---- */

static void begin(const struct play *it, uint64_t seed)
{
	struct error error;

	play = *it;
	fake_bus = (struct fake_bus){ .now_ms = 1000000,
				      .patience_ms = play.life_s < 10 ? 200 : 2000,
				      .delay_ms = 3,
				      .on_call = on_call,
				      .random = seed };
	book = fake_bucket_new(0);
	alive = fake_bucket_new(play.life_s);
	for (size_t i = 0; i < ACTORS; i++) {
		actors[i] = (struct actor){ .lane = NONE };
		snprintf(actors[i].id, sizeof(actors[i].id), "id%zu", i);
	}
	away_until_ms = longest_wait_ms = chunks = 0;
	depth = 0;
	is_calm = false;
	assert_int_equal(ledger_create(book, &error), BUS_OK);
	fake_bus.lost_requests = fake_bus.lost_answers = play.lost;
}

static void end(void)
{
	for (size_t i = 0; i < ACTORS; i++)
		if (actors[i].state != OFF)
			vanish(&actors[i]);
	fake_bucket_free(book);
	fake_bucket_free(alive);
}

static struct budget read_book(void)
{
	struct bus_value value;
	struct budget budget;
	struct error error;

	fake_bus.on_call = NULL;
	assert_int_equal(bus_get(book, "ledger", &value, &error), BUS_OK);
	if (budget_read(&budget, value.data, &error) < 0)
		fail_msg("%s", error.text);
	fake_bus.on_call = on_call;
	return budget;
}

static uint64_t sum_of_book(void)
{
	struct budget budget = read_book();
	uint64_t sum = 0;

	for (size_t i = 0; i < budget.count; i++)
		sum += budget.worker[i].share;
	budget_free(&budget);
	return sum;
}

/* The dead are struck, a book that was removed is open again, and then each has two chunks: all of them have the same,
 * and nothing is left. */
static void come_to_rest(void)
{
	struct budget budget;
	size_t running = 0;

	fake_bus.lost_requests = fake_bus.lost_answers = 0;
	away_until_ms = 0;
	is_calm = true;
	fake_bus.server_ahead_ms += 3600 * 1000; /* a clock put back makes words of the dead live on */
	for (size_t i = 0; i < ACTORS; i++)
		actors[i].frozen_ms = 0;
	pass((uint64_t)(play.life_s * 6000) + 3 * play.chunk_ms, false);
	for (size_t i = 0; i < ACTORS; i++)
		running += actors[i].state != OFF;
	if (running == 0) /* and so nobody to strike the others */
		return;
	budget = read_book();
	assert_string_equal(budget.closed, "");
	assert_int_equal(budget.count, running);
	for (size_t i = 0; i < budget.count; i++)
		if (budget.worker[i].share != LEDGER_WHOLE / running)
			fail_msg("%s: %s has %u of %zu", play.name, budget.worker[i].name, budget.worker[i].share,
				 running);
	budget_free(&budget);
}

static const struct play plays[] = {
	{ .name = "calm", .life_s = 60, .chunk_ms = 40000, .events = EVENTS_CALM, .minutes = 120 },
	{ .name = "losses", .life_s = 60, .chunk_ms = 40000, .events = EVENTS_ALL, .lost = 30, .minutes = 240 },
	{ .name = "damage",
	  .life_s = 60,
	  .chunk_ms = 90000,
	  .events = EVENTS_ALL,
	  .lost = 10,
	  .has_damage = true,
	  .minutes = 480 },
	{ .name = "a short life",
	  .life_s = 3,
	  .chunk_ms = 2000,
	  .events = EVENTS_ALL,
	  .lost = 30,
	  .has_damage = true,
	  .minutes = 60 },
	{ .name = "few may work",
	  .life_s = 60,
	  .chunk_ms = 40000,
	  .events = EVENTS_ALL,
	  .lost = 30,
	  .minutes = 120,
	  .bears = 2 },
	{ .name = "lanes", .life_s = 60, .chunk_ms = 40000, .events = EVENTS_CALM, .has_lanes = true, .minutes = 120 },
	{ .name = "lanes, losses",
	  .life_s = 60,
	  .chunk_ms = 40000,
	  .events = EVENTS_ALL,
	  .lost = 30,
	  .has_lanes = true,
	  .has_damage = true,
	  .minutes = 240 },
};

static void never_more_than_everything_is_in_use(void **state)
{
	const char *seed = getenv("STSURVEY_SEED");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(plays); i++) {
		begin(&plays[i], seed ? strtoull(seed, NULL, 10) : 8461 + i);
		pass(play.minutes * UINT64_C(60000), true);
		print_message("%s: %llu chunks, longest wait %llu s, %llu calls\n", play.name,
			      (unsigned long long)chunks, (unsigned long long)longest_wait_ms / 1000,
			      (unsigned long long)fake_bus.calls);
		assert_true(chunks > play.minutes);
		/* nobody starves: those before us, some dead, and each other worker's chunk */
		if (play.events == EVENTS_CALM && !play.has_lanes)
			assert_true(longest_wait_ms < 2 * play.chunk_ms + (uint64_t)(play.life_s * 5000));
		if (!play.has_lanes && play.bears == 0) /* else not all have some */
			come_to_rest();
		end();
	}
}

/* From rest, with 4 workers at work, one comes, leaves or dies: once each other has begun another chunk, no more than a
 * tenth is unused. */
static void one_chunk_after_a_change_no_more_than_a_tenth_is_unused(void **state)
{
	static const struct play quiet = { .name = "one change", .life_s = 60, .chunk_ms = 40000 };

	(void)state;
	for (enum event event = JOINS; event <= DIES; event++) {
		begin(&quiet, 1 + event);
		for (size_t i = 0; i < 4; i++)
			join(&actors[i]);
		come_to_rest();
		assert_int_equal(sum_of_book(), LEDGER_WHOLE);
		if (event == JOINS)
			join(&actors[4]);
		else if (event == LEAVES)
			leave(&actors[0]);
		else
			vanish(&actors[0]);
		if (event == DIES) /* its word ends, and is missed for a life */
			pass((uint64_t)(quiet.life_s * 1000 * 2.5), false);
		pass(quiet.chunk_ms + 2 * POLL_MS, false);
		assert_true(sum_of_book() >= LEDGER_WHOLE - LEDGER_WHOLE / 10);
		end();
	}
}

/* All find the book as it is and change it; each is let in, and nobody is given more than there is. */
static void many_may_come_at_once(void **state)
{
	static const struct play crowd = { .name = "a crowd", .life_s = 60, .chunk_ms = 40000 };

	(void)state;
	begin(&crowd, 7);
	for (size_t i = 0; i < ACTORS; i++)
		join(&actors[i]);
	come_to_rest();
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_more_than_everything_is_in_use),
		cmocka_unit_test(one_chunk_after_a_change_no_more_than_a_tenth_is_unused),
		cmocka_unit_test(many_may_come_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
