/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/pass/in_order.h - pieces of work that one thread at a time reads, any thread does, and one thread at a time
 * takes, in the order they were read.
 *
 * So many pieces are on their way at once as there are places for them; a thread that is ahead goes on with the next
 * instead of waiting for the slow one before it. With one thread there is no other, and each piece is taken as soon as
 * it is done.
 */
#ifndef STSURVEY_ANALYSIS_PASS_IN_ORDER_H
#define STSURVEY_ANALYSIS_PASS_IN_ORDER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	IN_ORDER_THREADS_MAX = 1024,
	IN_ORDER_PLACES_MAX = 2 * IN_ORDER_THREADS_MAX,
};

struct in_order {
	unsigned threads;     /* 1 to IN_ORDER_THREADS_MAX; fewer will do where the system gives no more */
	unsigned places;      /* 1 to IN_ORDER_PLACES_MAX, not fewer than threads; pieces are known by their place */
	uint64_t weight_most; /* of all pieces together, but for one */
	void *arg;            /* for each: */
	/* Bring the next piece to @place, and its weight. False: there are no more. */
	bool (*read)(void *arg, unsigned place, uint64_t *weight);
	/* @thread: 0 (the caller's) to threads - 1. */
	void (*work)(void *arg, unsigned thread, unsigned place);
	/* False: that is enough, and nothing more is read or taken. */
	bool (*take)(void *arg, unsigned place);

	/* set by in_order_run */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t count_read, count_taken, weight_now;
	bool reading, taking, held, all_read, stopped;
	struct {
		uint64_t weight;
		bool done;
	} piece[IN_ORDER_PLACES_MAX];
};

/* Until all is taken, or @take had enough. The threads have ended then. */
void in_order_run(struct in_order *in_order);

/* From within @work: wait until all pieces before it are taken. True: its turn, until @work returns; false: nothing
 * more is to be done. */
__attribute__((warn_unused_result)) bool in_order_wait_turn(struct in_order *in_order, unsigned place);

/* From within @take: nothing is read any more until it returns. The number of pieces that were read and are not taken,
 * the first of them the one in hand; each has the place behind the one before it, the last place followed by 0. Others
 * may be at work on them. */
unsigned in_order_hold(struct in_order *in_order);

#endif
