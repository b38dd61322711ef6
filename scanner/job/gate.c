/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/job/gate.h"

#include "scanner/job/net.h"

enum { GATE_CLOCK_MS = 10 }; /* what a turn may be late: half of FETCH_PACE_HOST's interval */

/* One clock for all threads. */
static uint64_t now_us(void)
{
	return uv_hrtime() / 1000;
}

static bool is_waiting(enum gate_state state)
{
	return state != GATE_OUT && state < GATE_OPEN;
}

/* The one place where a state is assigned: with it go the counts, and the line that @pass stands in. One that
 * enters goes to the end of the window's line, one that has been in before to its head. */
static void set_state(struct gate *gate, struct gate_pass *pass, enum gate_state state)
{
	bool first = state == GATE_WINDOW && pass->state != GATE_OUT;

	if (is_waiting(pass->state))
		TAILQ_REMOVE(&gate->line[pass->state], pass, link);
	if (is_waiting(state) && first)
		TAILQ_INSERT_HEAD(&gate->line[state], pass, link);
	else if (is_waiting(state))
		TAILQ_INSERT_TAIL(&gate->line[state], pass, link);
	gate->waiting = gate->waiting - is_waiting(pass->state) + is_waiting(state);
	gate->open = gate->open - (pass->state == GATE_OPEN) + (state == GATE_OPEN);
	gate->slow = gate->slow - (pass->state == GATE_SLOW) + (state == GATE_SLOW);
	pass->state = state;
}

static void give_place(struct gate *gate, struct gate_pass *pass)
{
	if (pass->has_place)
		host_limit_give(gate->options.hosts, &pass->address);
	pass->has_place = false;
	pass->due_us = 0;
}

static void put_out(struct gate *gate, struct gate_pass *pass)
{
	give_place(gate, pass);
	set_state(gate, pass, GATE_OUT);
}

static void refuse(struct gate *gate, struct gate_pass *pass, enum net_fault fault)
{
	put_out(gate, pass);
	pass->fault = (int8_t)fault;
	TAILQ_INSERT_TAIL(&gate->ready, pass, link);
}

/* False: @pass has none, and waits for one or was refused. */
static bool take_place(struct gate *gate, struct gate_pass *pass)
{
	enum host_turn turn;

	if (pass->has_place)
		return true;
	turn = host_limit_take(gate->options.hosts, &pass->address, &pass->waiter);
	pass->has_place = turn == HOST_TAKEN;
	if (turn == HOST_WAITS) /* its turn may have come by now, on another thread: on_wake sees to it */
		set_state(gate, pass, GATE_PLACE);
	else if (turn == HOST_NO_MEMORY)
		refuse(gate, pass, NET_FAULT_MEMORY);
	return pass->has_place;
}

static void on_clock(uv_timer_t *clock);

/* False: @pass waits for its turn. It asks once for each connection: the turn is kept while it waits for room. */
static bool take_turn(struct gate *gate, struct gate_pass *pass)
{
	uint64_t now, wait_us;

	if (!gate->options.pace || pass->due_us > 0)
		return true;
	now = now_us();
	wait_us = fetch_pace_reserve(gate->options.pace, &pass->address, pass->target, now);
	pass->due_us = now + wait_us;
	if (wait_us == 0)
		return true;
	set_state(gate, pass, GATE_PACE);
	if (!uv_is_active((uv_handle_t *)&gate->clock))
		uv_timer_start(&gate->clock, on_clock, GATE_CLOCK_MS, GATE_CLOCK_MS);
	return false;
}

/* Fill the window from the line, then call back those that got in or were refused, which may bring the next ones. */
static void serve(struct gate *gate)
{
	struct gate_pass *pass;

	while (gate->open < gate->options.window && (pass = TAILQ_FIRST(&gate->line[GATE_WINDOW]))) {
		if (!take_place(gate, pass) || !take_turn(gate, pass))
			continue;
		set_state(gate, pass, GATE_OPEN);
		TAILQ_INSERT_TAIL(&gate->ready, pass, link);
	}
	if (gate->calling_back)
		return;
	gate->calling_back = true;
	while ((pass = TAILQ_FIRST(&gate->ready))) {
		TAILQ_REMOVE(&gate->ready, pass, link);
		pass->on_go(pass, pass->fault);
	}
	gate->calling_back = false;
}

/* ---- what ends a wait from outside ---- */

/* On whichever thread gave the place back. */
static void on_turn(struct host_waiter *waiter)
{
	struct gate_pass *pass = waiter->arg;
	struct gate *gate = pass->gate;

	pthread_mutex_lock(&gate->lock);
	STAILQ_INSERT_HEAD(&gate->granted, waiter, next);
	pthread_mutex_unlock(&gate->lock);
	uv_async_send(&gate->wake);
}

/* Those whose place has come go to the head of the line; the latest first, so that they stand in their order. */
static void on_wake(uv_async_t *wake)
{
	struct host_line granted = STAILQ_HEAD_INITIALIZER(granted);
	struct gate *gate = wake->data;
	struct host_waiter *waiter;

	pthread_mutex_lock(&gate->lock);
	STAILQ_CONCAT(&granted, &gate->granted);
	pthread_mutex_unlock(&gate->lock);
	while ((waiter = STAILQ_FIRST(&granted))) {
		struct gate_pass *pass = waiter->arg;

		STAILQ_REMOVE_HEAD(&granted, next);
		pass->has_place = true;
		set_state(gate, pass, GATE_WINDOW);
	}
	serve(gate);
}

/* Those whose turn has come go to the head of the line; the last one first, so that they stand in their order. */
static void on_clock(uv_timer_t *clock)
{
	struct gate *gate = clock->data;
	struct gate_pass *pass, *before;
	uint64_t now = now_us();

	for (pass = TAILQ_LAST(&gate->line[GATE_PACE], gate_line); pass; pass = before) {
		before = TAILQ_PREV(pass, gate_line, link);
		if (pass->due_us <= now)
			set_state(gate, pass, GATE_WINDOW);
	}
	if (TAILQ_EMPTY(&gate->line[GATE_PACE]))
		uv_timer_stop(clock);
	serve(gate);
}

/* ---- the whole ---- */

int gate_open(struct gate *gate, const struct gate_options *options)
{
	*gate = (struct gate){ .options = *options };
	for (unsigned state = 0; state < COUNT_OF(gate->line); state++)
		TAILQ_INIT(&gate->line[state]);
	TAILQ_INIT(&gate->ready);
	STAILQ_INIT(&gate->granted);
	if (pthread_mutex_init(&gate->lock, NULL) != 0)
		return -1;
	if (uv_async_init(options->loop, &gate->wake, on_wake) != 0) {
		pthread_mutex_destroy(&gate->lock);
		return -1;
	}
	uv_timer_init(options->loop, &gate->clock); /* cannot fail */
	gate->wake.data = gate->clock.data = gate;
	return 0;
}

static void enter(struct gate *gate, struct gate_pass *pass)
{
	if (gate->stopping)
		refuse(gate, pass, NET_FAULT_SHUTDOWN);
	else
		set_state(gate, pass, GATE_WINDOW);
	serve(gate);
}

void gate_enter(struct gate *gate, struct gate_pass *pass)
{
	pass->gate = gate;
	pass->fault = NET_OK;
	pass->waiter = (struct host_waiter){ .on_turn = on_turn, .arg = pass };
	enter(gate, pass);
}

void gate_enter_again(struct gate *gate, struct gate_pass *pass, const struct obs_address *next)
{
	give_place(gate, pass);
	pass->address = *next;
	enter(gate, pass);
}

void gate_leave(struct gate *gate, struct gate_pass *pass)
{
	put_out(gate, pass);
	serve(gate);
}

void gate_give_room(struct gate *gate, struct gate_pass *pass)
{
	set_state(gate, pass, GATE_SLOW);
	serve(gate);
}

void gate_stop(struct gate *gate)
{
	struct gate_pass *pass;

	gate->stopping = true;
	for (pass = TAILQ_FIRST(&gate->ready); pass; pass = TAILQ_NEXT(pass, link)) {
		put_out(gate, pass);
		pass->fault = NET_FAULT_SHUTDOWN;
	}
	for (enum gate_state state = GATE_WINDOW; state < GATE_OPEN; state++) {
		while ((pass = TAILQ_FIRST(&gate->line[state]))) {
			if (state == GATE_PLACE &&
			    !host_limit_cancel(gate->options.hosts, &pass->address, &pass->waiter))
				pass->has_place = true; /* too late: it stands in `granted` */
			refuse(gate, pass, NET_FAULT_SHUTDOWN);
		}
	}
	pthread_mutex_lock(&gate->lock);
	STAILQ_INIT(&gate->granted);
	pthread_mutex_unlock(&gate->lock);
	uv_timer_stop(&gate->clock);
	serve(gate);
}

static void on_clock_closed(uv_handle_t *clock)
{
	struct gate *gate = clock->data;

	pthread_mutex_destroy(&gate->lock);
	gate->on_closed(gate->arg);
}

static void on_wake_closed(uv_handle_t *wake)
{
	struct gate *gate = wake->data;

	uv_close((uv_handle_t *)&gate->clock, on_clock_closed);
}

void gate_close(struct gate *gate, void (*on_closed)(void *arg), void *arg)
{
	gate_stop(gate);
	gate->on_closed = on_closed;
	gate->arg = arg;
	uv_close((uv_handle_t *)&gate->wake, on_wake_closed);
}
