/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/rules/congestion.h"

#define DOWN_TO 0.9 /* of what is being answered */
/* Parts of the scale, or of itself, that it rises by with each window. */
#define UP 20
#define UP_NEAR 50
#define UP_BEYOND 10
#define UP_START 4
#define HELPED 0.5          /* of the share of repeats: what lowering the rate leaves of it, where that helps */
#define HELPED_ANSWERED 2.0 /* times the share of answers, which is as good */
#define MUCH_LESS 0.5       /* of what was borne: what is lost then is not lost for the rate */
#define AT_ONCE 0.125       /* of what was borne, at least, is left by one decrease */
#define FORGOTTEN 0.8       /* of what was borne is left after each further window */
#define USUAL_FADES 0.999   /* of what was usual, with each window: a limit may have looked like the domains' loss */
#define UNLIMITED_ABOVE 2.0 /* times what is asked: a limit that limits nothing */

/* One that is to be judged. */
struct window {
	uint64_t packets, answered;
	double asked; /* a second */
};

void congestion_init(struct congestion *congestion, double most, double start, uint32_t timeout_ms)
{
	/* a time-out lasts an eighth longer than it is told, and counters are a second old */
	*congestion =
		(struct congestion){ .most = most, .rate = start, .settle_ms = timeout_ms + timeout_ms / 8 + 1000 };
}

static void begin_window(struct congestion *congestion, const struct congestion_counts *counts, uint64_t now_ms)
{
	if (!congestion->above)
		congestion->best = 0;
	congestion->since = *counts;
	congestion->since_ms = now_ms;
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

/* It was of no use: the rate does not make the loss. */
static enum congestion_change give_back(struct congestion *congestion, uint64_t now_ms)
{
	congestion->rate = congestion->from_rate;
	if (congestion->most > 0 && (congestion->rate <= 0 || congestion->rate > congestion->most))
		congestion->rate = congestion->most; /* the user has set another meanwhile */
	congestion->lowered = 0;
	congestion->above = false;
	congestion->judge_at_ms = now_ms + congestion->settle_ms; /* first questions alone would look well */
	return CONGESTION_UP;
}

/* A resolver that answers no more than so many a second answers a greater share of less: of the domains' own loss as
 * much is answered as before. */
static bool has_helped(const struct congestion *congestion, const struct window *window)
{
	return congestion->share < congestion->from_share * HELPED ||
	       (window->answered >= CONGESTION_ANSWERS_MIN &&
		(double)window->answered / (double)window->packets > congestion->from_answered * HELPED_ANSWERED);
}

static enum congestion_change come_down(struct congestion *congestion, const struct window *window, uint64_t now_ms)
{
	double asked = window->asked, rate = DOWN_TO * smaller(congestion->best, asked);

	if (!congestion->above) { /* once may be chance, or how an outage begins */
		congestion->above = true;
		return CONGESTION_SAME;
	}
	if (congestion->lowered == 0 || has_helped(congestion, window)) {
		congestion->lowered = 0;
		congestion->from_share = congestion->share;
		congestion->from_answered = (double)window->answered / (double)window->packets;
		congestion->from_asked = asked;
		congestion->from_rate = congestion->rate;
	}
	if (congestion->lowered == CONGESTION_IN_VAIN ||
	    (congestion->lowered > 0 && asked < congestion->from_asked * MUCH_LESS)) {
		congestion->usual = congestion->share;
		return give_back(congestion, now_ms);
	}
	congestion->is_bounded = rate < congestion->borne * AT_ONCE;
	if (congestion->is_bounded)
		rate = congestion->borne * AT_ONCE;
	if (congestion->rate > 0)
		rate = smaller(rate, DOWN_TO * congestion->rate);
	if (rate < CONGESTION_RATE_LEAST)
		rate = CONGESTION_RATE_LEAST;
	if (congestion->rate > 0 && rate >= congestion->rate)
		return CONGESTION_SAME; /* as low as it gets */
	congestion->lowered++;
	congestion->rate = rate;
	congestion->scale = smaller(asked, 2 * congestion->best);
	congestion->is_near = congestion->scale == asked;
	if (congestion->decreases++ == 0 || rate < congestion->lowest)
		congestion->lowest = rate;
	congestion->above = false;
	congestion->judge_at_ms = now_ms + congestion->settle_ms;
	return CONGESTION_DOWN;
}

static enum congestion_change come_up(struct congestion *congestion, double asked, uint64_t now_ms)
{
	double step = congestion->scale / UP;

	if (congestion->best > congestion->borne)
		congestion->borne = congestion->best;
	congestion->usual = smaller(congestion->usual, congestion->share);
	/* a limit would have been felt at this rate, too; or all is well only because so much is usual */
	if (congestion->lowered > 0 &&
	    (congestion->is_bounded ||
	     (congestion->share > CONGESTION_REPEATS_MOST && congestion->share > congestion->from_share * HELPED)))
		return give_back(congestion, now_ms);
	congestion->above = false;
	congestion->lowered = 0;
	if (congestion->rate == congestion->most)
		return CONGESTION_SAME;
	if (congestion->decreases == 0)
		step = congestion->rate / UP_START;
	else if (congestion->rate > congestion->scale)
		step = congestion->rate / UP_BEYOND;
	else if (congestion->is_near && congestion->rate > congestion->scale / 2)
		step = congestion->scale / UP_NEAR;
	if (congestion->most <= 0 && congestion->rate > UNLIMITED_ABOVE * asked)
		congestion->rate = congestion->most;
	else
		congestion->rate += step;
	if (congestion->most > 0 && congestion->rate > congestion->most)
		congestion->rate = congestion->most;
	return CONGESTION_UP;
}

static void note_answers(struct congestion *congestion, uint64_t answered, uint64_t now_ms)
{
	double a_second = now_ms > congestion->last_ms ? (double)(answered - congestion->last_answered) * 1000 /
								 (double)(now_ms - congestion->last_ms)
						       : 0;

	if (a_second > congestion->best)
		congestion->best = a_second;
	congestion->last_answered = answered;
	congestion->last_ms = now_ms;
}

enum congestion_change congestion_tick(struct congestion *congestion, const struct congestion_counts *counts,
				       bool paused, uint64_t now_ms)
{
	struct window window = { .packets = counts->packets - congestion->since.packets,
				 .answered = counts->answered - congestion->since.answered };
	uint64_t ms = now_ms - congestion->since_ms;
	bool is_whole = ms > 0 && (window.packets >= CONGESTION_WINDOW_MIN ||
				   (ms >= CONGESTION_WINDOW_MS && window.packets >= CONGESTION_WINDOW_LEAST));
	enum congestion_change change = CONGESTION_SAME;

	note_answers(congestion, counts->answered, now_ms);
	if (!paused && is_whole && window.answered == 0 && congestion->lowered > 0) {
		if (now_ms >= congestion->judge_at_ms)
			change = give_back(congestion, now_ms); /* no limit is that low */
	} else if (paused || (is_whole && window.answered == 0)) {
		congestion->above = false;
		congestion->judge_at_ms = now_ms + congestion->settle_ms; /* what was lost is asked again first */
	}
	if (now_ms < congestion->judge_at_ms) {
		begin_window(congestion, counts, now_ms);
		return change;
	}
	if (!is_whole)
		return CONGESTION_SAME;
	window.asked = (double)window.packets * 1000 / (double)ms;
	congestion->share = (double)(counts->repeats - congestion->since.repeats) / (double)window.packets;
	congestion->borne *= FORGOTTEN;
	congestion->usual *= USUAL_FADES;
	if (congestion->share <= congestion->usual + CONGESTION_REPEATS_MOST)
		change = come_up(congestion, window.asked, now_ms);
	else if (congestion->lowered == 0 && window.asked < congestion->borne * MUCH_LESS)
		congestion->above = false;
	else
		change = come_down(congestion, &window, now_ms);
	begin_window(congestion, counts, now_ms);
	return change;
}

bool congestion_is_lowered(const struct congestion *congestion)
{
	return congestion->decreases > 0 && congestion->rate != congestion->most;
}

void congestion_scale(struct congestion *congestion, double factor, double unlimited, double least)
{
	bool was_lowered = congestion->rate != congestion->most;

	if (congestion->most <= 0)
		congestion->most = was_lowered ? congestion->rate : unlimited;
	congestion->most *= factor;
	if (congestion->most < least)
		congestion->most = least;
	congestion->rate = was_lowered ? smaller(congestion->rate * factor, congestion->most) : congestion->most;
	if (congestion->rate < least)
		congestion->rate = least;
}
