/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/rules/pace.h - so many a second on average, and so many at once. No clock inside: @now_us is microseconds of
 * any monotonic clock.
 *
 * This is the generic cell rate algorithm (ITU-T I.371): what is kept is the time when all that was taken will have
 * been earned. A pace whose time has passed is as good as a new one.
 */
#ifndef STSURVEY_SCANNER_RULES_PACE_H
#define STSURVEY_SCANNER_RULES_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
	double rate;    /* a second; 0: no limit; may change at any time */
	double burst_s; /* what so many seconds yield may be taken at once; one at least */
	double due_us;  /* when all that was taken will have been earned; 0 at first */
};

/* So that no second, wherever it begins, has more than @rate (than the whole number below, and than one), and yet
 * nothing is lost by who comes up to @late_s late for what is due: it may take that at once, and the rate is less by
 * it. Takes effect as another rate does. */
void pace_keep_within(struct pace *pace, double rate, double late_s);

/* Nothing of it is there yet: who follows another that had the same rate begins so. Once its rate is set, with
 * pace_keep_within. */
void pace_begin_empty(struct pace *pace, uint64_t now_us);

/* Microseconds until the next one may be taken; 0: now. */
uint64_t pace_wait(const struct pace *pace, uint64_t now_us);

/* Take one, if it may be taken now. */
bool pace_take(struct pace *pace, uint64_t now_us);

/* Take one in any case: microseconds until it may be used. */
uint64_t pace_reserve(struct pace *pace, uint64_t now_us);

/* The same for @n at once, which are used one after the other: they may be more than the burst. */
uint64_t pace_wait_many(const struct pace *pace, unsigned n, uint64_t now_us);
uint64_t pace_reserve_many(struct pace *pace, unsigned n, uint64_t now_us);

/* The last @n that were taken are used now: what would have been earned since then beyond the burst is not. Who takes
 * by a clock that is behind, and then does something else first, would else use them late and the next ones in time. */
void pace_used(struct pace *pace, unsigned n, uint64_t now_us);

#endif
