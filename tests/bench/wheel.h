/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/wheel.h - packets that wait for their time: a wheel of one slot a millisecond.
 *
 * Putting and taking cost the same however many wait. Memory grows to the most that ever waited, up to
 * WHEEL_WAITING_MAX.
 */
#ifndef STSURVEY_BENCH_WHEEL_H
#define STSURVEY_BENCH_WHEEL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/answer.h"

enum {
	WHEEL_SLOTS = 1 << 16,       /* milliseconds ahead that a packet can wait, less one */
	WHEEL_WAITING_MAX = 1 << 20, /* packets; 200k a second for five seconds */
};

struct wheel_packet {
	struct sockaddr_in to;
	struct in_addr from; /* the address it was asked at, where that is one of several */
	uint32_t next;
	uint16_t len;
	uint8_t octet[ANSWER_MAX];
};

struct wheel;

struct wheel *wheel_new(uint64_t now_ms); /* NULL: no memory */
void wheel_free(struct wheel *wheel);

/* A packet to fill, due at @due_ms (cut to what the wheel can hold); NULL when too many wait. */
struct wheel_packet *wheel_put(struct wheel *wheel, uint64_t due_ms);

/* A packet due at or before @now_ms, or NULL. It stays the caller's until wheel_release. */
struct wheel_packet *wheel_take(struct wheel *wheel, uint64_t now_ms);
void wheel_release(struct wheel *wheel, struct wheel_packet *packet);

bool wheel_is_empty(const struct wheel *wheel);

/* The most packets that ever waited at once. */
uint32_t wheel_most(const struct wheel *wheel);

#endif
