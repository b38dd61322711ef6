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

/* Microseconds until the next one may be taken; 0: now. */
uint64_t pace_wait(const struct pace *pace, uint64_t now_us);

/* Take one, if it may be taken now. */
bool pace_take(struct pace *pace, uint64_t now_us);

/* Take one in any case: microseconds until it may be used. */
uint64_t pace_reserve(struct pace *pace, uint64_t now_us);

/* The same for @n at once, which are used one after the other: they may be more than the burst. */
uint64_t pace_wait_many(const struct pace *pace, unsigned n, uint64_t now_us);
uint64_t pace_reserve_many(struct pace *pace, unsigned n, uint64_t now_us);

#endif
