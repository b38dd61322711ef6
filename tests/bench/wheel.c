/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/wheel.c */
#include "tests/bench/wheel.h"

#include <stdlib.h>
#include <sys/mman.h>

/* Packets are known by their number plus one; 0 is none. */
struct wheel {
	uint32_t slot[WHEEL_SLOTS]; /* the packets of that millisecond, newest first */
	uint64_t at_ms;             /* every slot before this one is empty */
	uint32_t waiting;
	uint32_t spare; /* given back */
	uint32_t used;  /* of the pool, ever */
	struct wheel_packet *pool;
};

/* Mapped, not allocated: pages that were never touched cost nothing. */
struct wheel *wheel_new(uint64_t now_ms)
{
	struct wheel *wheel = calloc(1, sizeof(*wheel));

	if (!wheel)
		return NULL;
	wheel->at_ms = now_ms;
	wheel->pool = mmap(NULL, sizeof(*wheel->pool) * WHEEL_WAITING_MAX, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (wheel->pool != MAP_FAILED)
		return wheel;
	free(wheel);
	return NULL;
}

void wheel_free(struct wheel *wheel)
{
	if (!wheel)
		return;
	munmap(wheel->pool, sizeof(*wheel->pool) * WHEEL_WAITING_MAX);
	free(wheel);
}

struct wheel_packet *wheel_put(struct wheel *wheel, uint64_t due_ms)
{
	uint32_t number = wheel->spare;

	if (number != 0)
		wheel->spare = wheel->pool[number - 1].next;
	else if (wheel->used < WHEEL_WAITING_MAX)
		number = ++wheel->used;
	else
		return NULL;
	if (due_ms < wheel->at_ms)
		due_ms = wheel->at_ms;
	if (due_ms > wheel->at_ms + WHEEL_SLOTS - 1)
		due_ms = wheel->at_ms + WHEEL_SLOTS - 1;
	struct wheel_packet *packet = &wheel->pool[number - 1];

	packet->next = wheel->slot[due_ms % WHEEL_SLOTS];
	wheel->slot[due_ms % WHEEL_SLOTS] = number;
	wheel->waiting++;
	return packet;
}

struct wheel_packet *wheel_take(struct wheel *wheel, uint64_t now_ms)
{
	if (wheel->waiting == 0 && wheel->at_ms < now_ms)
		wheel->at_ms = now_ms;
	for (; wheel->at_ms <= now_ms; wheel->at_ms++) {
		const uint32_t number = wheel->slot[wheel->at_ms % WHEEL_SLOTS];

		if (number != 0) {
			wheel->slot[wheel->at_ms % WHEEL_SLOTS] = wheel->pool[number - 1].next;
			wheel->waiting--;
			return &wheel->pool[number - 1];
		}
		if (wheel->at_ms == now_ms)
			break;
	}
	return NULL;
}

void wheel_release(struct wheel *wheel, struct wheel_packet *packet)
{
	packet->next = wheel->spare;
	wheel->spare = (uint32_t)(packet - wheel->pool) + 1;
}

bool wheel_is_empty(const struct wheel *wheel)
{
	return wheel->waiting == 0;
}

/* The pool grows only while none is spare. */
uint32_t wheel_most(const struct wheel *wheel)
{
	return wheel->used;
}
