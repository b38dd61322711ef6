/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/fake/fake_bus.h - the buckets of scanner/bus/bus.h, in the process, and the time in which they live.
 *
 * Linked into a test before scanner_fleet. Time passes where a bucket is asked or somebody sleeps, and by
 * fake_bus_advance; it stands in for clock_gettime(2),
 * nanosleep(2) and getrandom(2) with -Wl,--wrap. The server's clock is another.
 * Requests and answers are lost as a test wants; whoever asks may find that others were faster (on_call).
 */
#ifndef STSURVEY_TESTS_FAKE_FAKE_BUS_H
#define STSURVEY_TESTS_FAKE_FAKE_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "scanner/bus/bus.h"

struct fake_bus {
	uint64_t now_ms;
	int64_t server_ahead_ms; /* of our clock */
	bool is_away;            /* nothing gets there */
	unsigned lost_requests;  /* of 1,000: they do not get there; their askers wait for patience_ms */
	unsigned lost_answers;   /* of 1,000: it is done, and nobody hears of it; neither do they */
	unsigned patience_ms;
	unsigned delay_ms;          /* of each request, at most */
	void (*on_call)(void *arg); /* on the way to the server; NULL: nothing happens there */
	void *arg;
	uint64_t random; /* a seed */
	uint64_t calls, updates;
};

extern struct fake_bus fake_bus;

void fake_bus_advance(uint64_t ms);
uint64_t fake_bus_random(uint64_t below);

struct bus_bucket *fake_bucket_new(double ttl_s);
void fake_bucket_free(struct bus_bucket *bucket);
void fake_bucket_empty(struct bus_bucket *bucket);

#endif
