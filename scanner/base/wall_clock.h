/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/base/wall_clock.h - what time it is, and how much of it went by. */
#ifndef STSURVEY_SCANNER_BASE_WALL_CLOCK_H
#define STSURVEY_SCANNER_BASE_WALL_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since 1970, UTC; exact to a tick of the kernel, 4 ms at most, for a fifth of the price: each domain gets
 * its time. Any thread. */
static inline int64_t wall_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Milliseconds of the machine, to tell whether we stood still: unlike a loop's time it is never that of the turn's
 * beginning, and goes on while the machine is suspended. Any thread. */
static inline uint64_t machine_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now); /* cannot fail */
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

#endif
