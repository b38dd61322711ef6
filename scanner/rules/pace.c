/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/rules/pace.h"

#include <math.h>

/* In less than a second there is one, and what the rate yields in that time and in @late_s: fewer than whole + 1. */
void pace_keep_within(struct pace *pace, double rate, double late_s)
{
	double most = (rate < 1 ? 1 : floor(rate)) / (1 + late_s);

	pace->rate = rate < most ? rate : most;
	pace->burst_s = pace->rate > 0 ? late_s + 1 / pace->rate : 0;
}

void pace_begin_empty(struct pace *pace, uint64_t now_us)
{
	pace->due_us = (double)now_us + pace->burst_s * 1e6;
}

uint64_t pace_wait_many(const struct pace *pace, unsigned n, uint64_t now_us)
{
	double ahead_us, wait_us;

	if (pace->rate <= 0)
		return 0;
	ahead_us = pace->burst_s * 1e6 - n * 1e6 / pace->rate;
	wait_us = pace->due_us - (double)now_us - (ahead_us > 0 ? ahead_us : 0);
	return wait_us > 0 ? (uint64_t)ceil(wait_us) : 0;
}

uint64_t pace_reserve_many(struct pace *pace, unsigned n, uint64_t now_us)
{
	uint64_t wait_us = pace_wait_many(pace, n, now_us);

	if (pace->rate > 0)
		pace->due_us = (pace->due_us > (double)now_us ? pace->due_us : (double)now_us) + n * 1e6 / pace->rate;
	return wait_us;
}

uint64_t pace_wait(const struct pace *pace, uint64_t now_us)
{
	return pace_wait_many(pace, 1, now_us);
}

uint64_t pace_reserve(struct pace *pace, uint64_t now_us)
{
	return pace_reserve_many(pace, 1, now_us);
}

bool pace_take(struct pace *pace, uint64_t now_us)
{
	return pace_wait(pace, now_us) == 0 && pace_reserve(pace, now_us) == 0;
}

void pace_used(struct pace *pace, unsigned n, uint64_t now_us)
{
	double due_us = pace->rate > 0 ? (double)now_us + n * 1e6 / pace->rate : 0;

	if (pace->due_us < due_us)
		pace->due_us = due_us;
}
