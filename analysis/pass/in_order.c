/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/pass/in_order.h"

#include <string.h>

static unsigned place_of(const struct in_order *o, uint64_t count)
{
	return (unsigned)(count % o->places);
}

/* With the lock. Is the piece that is to be taken next done? */
static bool can_take(const struct in_order *o)
{
	return !o->taking && o->count_taken < o->count_read && o->piece[place_of(o, o->count_taken)].done;
}

static bool can_read(const struct in_order *o)
{
	uint64_t on_way = o->count_read - o->count_taken;

	return !o->reading && !o->held && !o->all_read && on_way < o->places &&
	       (on_way == 0 || o->weight_now < o->weight_most);
}

/* The next three with the lock, which they leave for what takes its time. */
static void take(struct in_order *o)
{
	unsigned place = place_of(o, o->count_taken);
	bool more;

	o->taking = true;
	pthread_mutex_unlock(&o->lock);
	more = o->take(o->arg, place);
	pthread_mutex_lock(&o->lock);
	o->taking = o->held = false;
	o->weight_now -= o->piece[place].weight;
	o->count_taken++;
	o->stopped |= !more;
	pthread_cond_broadcast(&o->changed);
}

static void work(struct in_order *o, unsigned thread, unsigned place)
{
	pthread_mutex_unlock(&o->lock);
	o->work(o->arg, thread, place);
	pthread_mutex_lock(&o->lock);
	o->piece[place].done = true;
	pthread_cond_broadcast(&o->changed);
}

static void read_and_work(struct in_order *o, unsigned thread)
{
	unsigned place = place_of(o, o->count_read);
	uint64_t weight = 0;
	bool more;

	o->reading = true;
	pthread_mutex_unlock(&o->lock);
	more = o->read(o->arg, place, &weight);
	pthread_mutex_lock(&o->lock);
	o->reading = false;
	o->all_read |= !more;
	o->count_read += more;
	o->piece[place].weight = weight;
	o->piece[place].done = false;
	o->weight_now += more ? weight : 0;
	pthread_cond_broadcast(&o->changed);
	if (more)
		work(o, thread, place);
}

static void run_thread(struct in_order *o, unsigned thread)
{
	pthread_mutex_lock(&o->lock);
	while (!o->stopped) {
		if (can_take(o))
			take(o);
		else if (can_read(o))
			read_and_work(o, thread);
		else if (o->all_read && o->count_taken == o->count_read)
			break;
		else
			pthread_cond_wait(&o->changed, &o->lock);
	}
	pthread_mutex_unlock(&o->lock);
}

struct helper {
	struct in_order *in_order;
	unsigned thread;
	pthread_t id;
};

static void *run_helper(void *arg)
{
	struct helper *helper = arg;

	run_thread(helper->in_order, helper->thread);
	return NULL;
}

void in_order_run(struct in_order *o)
{
	struct helper helper[IN_ORDER_THREADS_MAX];
	unsigned started = 1;

	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->changed, NULL);
	o->count_read = o->count_taken = o->weight_now = 0;
	o->reading = o->taking = o->held = o->all_read = o->stopped = false;
	for (; started < o->threads; started++) {
		helper[started] = (struct helper){ .in_order = o, .thread = started };
		if (pthread_create(&helper[started].id, NULL, run_helper, &helper[started]) != 0)
			break; /* the work is the same with fewer */
	}
	run_thread(o, 0);
	while (started-- > 1)
		pthread_join(helper[started].id, NULL);
	pthread_cond_destroy(&o->changed);
	pthread_mutex_destroy(&o->lock);
}

bool in_order_wait_turn(struct in_order *o, unsigned place)
{
	bool stopped;

	pthread_mutex_lock(&o->lock);
	while (!o->stopped && (o->taking || place_of(o, o->count_taken) != place))
		pthread_cond_wait(&o->changed, &o->lock);
	stopped = o->stopped;
	pthread_mutex_unlock(&o->lock);
	return !stopped;
}

unsigned in_order_hold(struct in_order *o)
{
	unsigned count;

	pthread_mutex_lock(&o->lock);
	o->held = true;
	while (o->reading)
		pthread_cond_wait(&o->changed, &o->lock);
	count = (unsigned)(o->count_read - o->count_taken);
	pthread_mutex_unlock(&o->lock);
	return count;
}
