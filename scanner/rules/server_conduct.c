/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/rules/server_conduct.h"

#include "scanner/rules/pace.h"

enum {
	MS = 1000,
	/* Windows that one may last for want of outcomes before what it counted is too old. */
	WINDOWS_MOST = 10,
	WORD_BITS = 64,
};

/* The bits of erred[1] that belong to the last SERVER_ERROR_OF. */
#define ERRED_HIGH ((UINT64_C(1) << (SERVER_ERROR_OF - WORD_BITS)) - 1)

double server_conduct_rate(const struct server_conduct *conduct, double full)
{
	double rate = conduct->rate > 0 ? (double)conduct->rate : full;

	if (conduct->limited_us > 0 && (rate <= 0 || rate > SERVER_ERROR_RATE))
		return SERVER_ERROR_RATE;
	return rate;
}

uint64_t server_conduct_wait(const struct server_conduct *conduct, uint64_t now_us)
{
	uint64_t left_us = conduct->until_us > now_us ? conduct->until_us - now_us : 0;

	if (conduct->state == SERVER_AWAKE)
		return 0;
	return conduct->state == SERVER_PROBED && left_us > SERVER_LOOK_MS * MS ? SERVER_LOOK_MS * MS : left_us;
}

void server_conduct_asked(struct server_conduct *conduct, uint64_t now_us)
{
	if (conduct->state == SERVER_AWAKE)
		return;
	conduct->state = SERVER_PROBED;
	conduct->until_us = now_us + UINT64_C(1) * SERVER_PROBE_MS * MS;
}

static void window_begin(struct server_conduct *conduct)
{
	conduct->outcomes = conduct->silent = conduct->slip = 0;
}

static void rest(struct server_conduct *conduct, uint64_t now_us, struct server_books_counts *counts)
{
	uint64_t rest_ms = SERVER_REST_MS;

	for (unsigned i = 0; i < conduct->rests && rest_ms < SERVER_REST_MOST_MS; i++)
		rest_ms *= 2;
	if (rest_ms > SERVER_REST_MOST_MS)
		rest_ms = SERVER_REST_MOST_MS;
	if (conduct->rests == 0)
		conduct->since_us = now_us;
	conduct->rests += conduct->rests < UINT8_MAX;
	conduct->state = SERVER_RESTS;
	conduct->until_us = now_us + rest_ms * MS;
	conduct->row = conduct->halvings = 0;
	window_begin(conduct);
	counts->rests++;
}

/* What goes on as it was then rests for longer the next time, in the end for longer than its domains have patience. */
static void awake(struct server_conduct *conduct)
{
	conduct->state = SERVER_AWAKE;
}

/* After so many halvings in a row: a limit would have let more through of fewer questions. This one truncates, by size,
 * type or always, and wants to be asked over TCP, as the resolver does; to ask it more slowly changes nothing, and it
 * would never rest for as long as its domains wait. @slips: the percentage in this window, 0 where there was silence.
 */
static bool is_its_way(const struct server_conduct *conduct, uint64_t slips)
{
	return slips * 100 >= UINT64_C(1) * conduct->slips * SERVER_SLIPS_STAY_PERCENT && conduct->slips > 0;
}

static void halve(struct server_conduct *conduct, double full, uint64_t slips, uint64_t now_us,
		  struct server_books_counts *counts)
{
	double rate = conduct->rate > 0 ? (double)conduct->rate : full;

	if (rate <= 0) /* what it was asked, where there is no limit */
		rate = conduct->outcomes * 1e6 / (double)(now_us - conduct->window_us);
	rate = rate / 2 > SERVER_RATE_FLOOR ? rate / 2 : SERVER_RATE_FLOOR;
	conduct->rate = (float)(full > 0 && rate > full ? full : rate);
	counts->halvings++;
	if (conduct->halvings == 0 || slips == 0)
		conduct->slips = (uint8_t)slips;
	if (++conduct->halvings < SERVER_HALVINGS)
		return;
	if (is_its_way(conduct, slips)) {
		conduct->truncates = true;
		conduct->rate = conduct->halvings = conduct->rests = 0;
	} else {
		rest(conduct, now_us, counts);
	}
}

static void rise(struct server_conduct *conduct, double full)
{
	conduct->halvings = conduct->rests = 0;
	conduct->rate *= 1 + SERVER_RISE_PERCENT / 100.0F;
	if (full > 0 && (double)conduct->rate >= full)
		conduct->rate = 0;
}

/* Where the window is over: what follows from it. */
static void judge_window(struct server_conduct *conduct, double full, uint64_t now_us,
			 struct server_books_counts *counts)
{
	/* clocks of threads may be a little apart */
	uint64_t outcomes = conduct->outcomes, age_us = now_us > conduct->window_us ? now_us - conduct->window_us : 0;
	bool is_enough = outcomes >= SERVER_BOOKS_WINDOW_LEAST, is_silent, slips;

	if (age_us < UINT64_C(1) * SERVER_BOOKS_WINDOW_MS * MS)
		return;
	is_silent = conduct->silent * UINT64_C(100) > outcomes * SERVER_SILENT_PERCENT;
	slips = conduct->slip * UINT64_C(100) > outcomes * SERVER_SLIP_PERCENT;
	if (is_enough && (is_silent || (slips && !conduct->truncates)))
		halve(conduct, full, is_silent ? 0 : conduct->slip * UINT64_C(100) / outcomes, now_us, counts);
	else if (is_enough || conduct->silent + conduct->slip == 0)
		rise(conduct, full);
	else if (age_us < UINT64_C(1) * WINDOWS_MOST * SERVER_BOOKS_WINDOW_MS * MS)
		return; /* a reason perhaps, of too few */
	else
		conduct->rests = 0; /* so few that it may have been chance */
	if (is_enough && conduct->slip == 0)
		conduct->truncates = false;
	window_begin(conduct);
}

/* Errors have a budget of their own. */
static void judge_error(struct server_conduct *conduct, bool erred, uint64_t now_us, struct server_books_counts *counts)
{
	struct pace errors = { .rate = SERVER_ERROR_RATE, .burst_s = 1, .due_us = conduct->error_due_us };
	bool beyond = erred && !pace_take(&errors, now_us);
	unsigned among;

	conduct->error_due_us = errors.due_us;
	conduct->erred[1] = (conduct->erred[1] << 1 | conduct->erred[0] >> (WORD_BITS - 1)) & ERRED_HIGH;
	conduct->erred[0] = conduct->erred[0] << 1 | erred;
	among = (unsigned)(__builtin_popcountll(conduct->erred[0]) + __builtin_popcountll(conduct->erred[1]));
	if (beyond || among * 100 > SERVER_ERROR_PERCENT * SERVER_ERROR_OF) {
		counts->error_limits += conduct->limited_us == 0;
		conduct->limited_us = now_us + UINT64_C(1) * SERVER_BOOKS_WINDOW_MS * MS;
	} else if (now_us >= conduct->limited_us) {
		conduct->limited_us = 0;
	}
}

/* Of what was sent before it began to rest nothing is learnt. */
static bool decides_rest(struct server_conduct *conduct, enum server_outcome outcome, uint64_t now_us,
			 struct server_books_counts *counts)
{
	if (conduct->state != SERVER_PROBED)
		return conduct->state == SERVER_RESTS;
	if (outcome == SERVER_SILENT) {
		rest(conduct, now_us, counts);
		return true;
	}
	awake(conduct);
	return false;
}

static void take_outcome(struct server_conduct *conduct, enum server_outcome outcome, double full, uint64_t sent_us,
			 uint64_t now_us, struct server_books_counts *counts)
{
	if (outcome == SERVER_UNJUDGED) {
		if (conduct->state == SERVER_PROBED) { /* no answer to the probe: another */
			conduct->state = SERVER_RESTS;
			conduct->until_us = now_us;
		}
		return;
	}
	if (decides_rest(conduct, outcome, now_us, counts))
		return;
	if (conduct->outcomes == 0)
		conduct->window_us = now_us;
	conduct->outcomes++;
	conduct->silent += outcome == SERVER_SILENT;
	conduct->slip += outcome == SERVER_SLIPPED;
	if (outcome != SERVER_SILENT) {
		conduct->row = 0;
		conduct->answered_us = now_us;
	} else if (conduct->answered_us <= sent_us) {
		conduct->row++;
	}
	judge_error(conduct, outcome == SERVER_ERRED, now_us, counts);
	if (conduct->row >= SERVER_SILENT_ROW)
		rest(conduct, now_us, counts);
	else
		judge_window(conduct, full, now_us, counts);
}

void server_conduct_outcome(struct server_conduct *conduct, enum server_outcome outcome, double full, uint64_t now_us,
			    struct server_books_counts *counts)
{
	take_outcome(conduct, outcome, full, now_us, now_us, counts);
}

void server_conduct_silent(struct server_conduct *conduct, double full, uint64_t sent_us, uint64_t now_us,
			   struct server_books_counts *counts)
{
	take_outcome(conduct, SERVER_SILENT, full, sent_us, now_us, counts);
}

bool server_conduct_is_plain(const struct server_conduct *conduct, uint64_t now_us)
{
	uint64_t last_us = conduct->window_us;

	if (conduct->state == SERVER_AWAKE && conduct->rate <= 0 && conduct->limited_us == 0)
		return conduct->error_due_us <= (double)now_us;
	if (last_us < conduct->until_us)
		last_us = conduct->until_us;
	if (last_us < conduct->limited_us)
		last_us = conduct->limited_us;
	return now_us > last_us + UINT64_C(1) * SERVER_REST_MOST_MS * MS;
}
