/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/fake/fake_clock.h - monotonic time that passes only where a loop waits, and then at once.
 *
 * Linked into a test, it takes the place of clock_gettime(2), epoll_wait(2) and epoll_pwait(2) for everything in the
 * process, so for libuv and c-ares. A loop that would wait for its next timer finds its time over, unless something is
 * readable: minutes pass in milliseconds, and a busy machine is late for nothing. What the loop waits for must be made
 * within the process, by peers on the same loop (tests/fake/dns_peer.h).
 */
#ifndef STSURVEY_TESTS_FAKE_FAKE_CLOCK_H
#define STSURVEY_TESTS_FAKE_FAKE_CLOCK_H

#include <stdint.h>

/* As if this thread had stood still for so long. */
void fake_clock_advance(uint64_t ms);

#endif
