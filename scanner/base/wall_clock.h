/* scanner/base/wall_clock.h - what time it is. */
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

#endif
