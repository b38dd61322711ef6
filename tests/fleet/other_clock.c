/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/fleet/other_clock.c - preloaded: the clock on the wall, as ours reads it, is CLOCK_OFF seconds ahead; libnats
 * keeps its deadlines by another. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
	static int (*real)(clockid_t, struct timespec *);
	const char *off = getenv("CLOCK_OFF");
	int result;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	result = real(clock, now);
	if (result == 0 && off && clock == CLOCK_REALTIME_COARSE)
		now->tv_sec += atol(off);
	return result;
}
