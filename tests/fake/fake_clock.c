/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/fake_clock.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	START_S = 1000,   /* no time of a test's is 0 */
	GRACE_MS = 1,     /* what is sent on loopback is there at once, but where the kernel was busy */
	KERNEL_SIGSET = 8 /* octets */
};

static atomic_ullong now_ms = START_S * 1000;

void fake_clock_advance(uint64_t ms)
{
	atomic_fetch_add(&now_ms, ms);
}

int clock_gettime(clockid_t id, struct timespec *time)
{
	unsigned long long ms = atomic_load(&now_ms);

	if (id != CLOCK_MONOTONIC && id != CLOCK_MONOTONIC_COARSE && id != CLOCK_MONOTONIC_RAW)
		return (int)syscall(SYS_clock_gettime, id, time);
	*time = (struct timespec){ .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000 };
	return 0;
}

int epoll_pwait(int epoll, struct epoll_event *events, int most, int timeout_ms, const sigset_t *mask)
{
	int real_ms = timeout_ms < GRACE_MS ? timeout_ms : GRACE_MS; /* -1: for ever */
	int n = (int)syscall(SYS_epoll_pwait, epoll, events, most, real_ms, mask, KERNEL_SIGSET);

	if (n == 0 && timeout_ms > 0)
		fake_clock_advance((uint64_t)timeout_ms);
	return n;
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout_ms)
{
	return epoll_pwait(epoll, events, most, timeout_ms, NULL);
}
