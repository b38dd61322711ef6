/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/fake/stood_still.h - a machine that stands still now and then. Included once, by the test itself.
 *
 * Time goes on as ever; what is added is the time we stood still. For libraries, too.
 */
#ifndef STSURVEY_TESTS_FAKE_STOOD_STILL_H
#define STSURVEY_TESTS_FAKE_STOOD_STILL_H

#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_llong stood_still_ms;

int clock_gettime(clockid_t id, struct timespec *time)
{
	int status = (int)syscall(SYS_clock_gettime, id, time);

	if (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)
		time->tv_sec += atomic_load(&stood_still_ms) / 1000;
	return status;
}

#endif
