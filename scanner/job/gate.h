/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/job/gate.h - where a connection waits until it may be made.
 *
 * One gate stands on one loop, before one kind of connection. A request that wants to connect enters with a pass, which
 * waits for room in the window, then for a place at its address (scanner/rules/host_limit.h), then for its turn in the
 * pace of that address and of its provider (scanner/rules/fetch_pace.h). Places and pace are shared by all threads; the
 * window is the gate's own. Only open passes take room in it: one that waits for a place or its turn lets others by,
 * and needs room once more when it has got it. A connection that lasts may give its room back before it is over: it
 * keeps its place, so that its address sees no other.
 *
 * Order: first come, first served. Before them go a pass whose place or turn has come, and one that enters again for
 * the next address of the same request.
 *
 * Every call is made on the loop's thread. on_go may be called before gate_enter, gate_enter_again, gate_leave,
 * gate_give_room or gate_stop returns, for any pass, or later from the loop. It may call all of them itself; whatever
 * gets in by that is called back after it has returned.
 */
#ifndef STSURVEY_SCANNER_JOB_GATE_H
#define STSURVEY_SCANNER_JOB_GATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uv.h>

#include "parsers/observation.h"
#include "parsers/span.h"
#include "scanner/rules/fetch_pace.h"
#include "scanner/rules/host_limit.h"

/* What a pass waits for. gate.c assigns it, in one function. */
enum gate_state {
	GATE_OUT,    /* nothing: it is not in, or has left */
	GATE_WINDOW, /* room in the window; it may have its place and its turn already */
	GATE_PLACE,  /* a place at its address, which a connection of this or another thread has to give back */
	GATE_PACE,   /* its turn; it has a place */
	GATE_OPEN,   /* the end of its connection: it may connect, or has */
	GATE_SLOW,   /* the same, without room in the window: gate_give_room */
};

struct gate;

/* Embedded in the request, all zero at first. There can be as many as domains in flight: keep it small. */
struct gate_pass {
	/* the caller's: set before gate_enter, kept until the pass has left */
	struct span target; /* its provider, for the pace: the host, or the end of its CNAME chain; empty: none */
	/* Exactly once each time it enters. @fault NET_OK: it may connect now; gate_leave or gate_enter_again has to
	 * follow. Else a fault of ours (enum net_fault: memory, shutdown) ended the wait, and the pass is out. */
	void (*on_go)(struct gate_pass *pass, int fault);
	void *arg;
	struct obs_address address; /* where it wants to connect to */

	/* the gate's */
	enum gate_state state : 8;
	int8_t fault; /* to call back with */
	bool has_place;
	uint64_t due_us; /* its turn in the pace; 0: it has asked for none */
	struct gate *gate;
	TAILQ_ENTRY(gate_pass) link; /* in the line of its state, or among those to call back */
	struct host_waiter waiter;
};

TAILQ_HEAD(gate_line, gate_pass);

struct gate_options {
	uv_loop_t *loop;
	struct host_limit *hosts; /* shared: connections at once to one address */
	struct fetch_pace *pace;  /* shared: connections a second; NULL: no limit */
	unsigned window;          /* open passes, at least 1 */
};

struct gate {
	/* to be read */
	unsigned open;    /* passes with room: connections, that is */
	unsigned slow;    /* passes without: connections, too */
	unsigned waiting; /* passes, for whatever it is */
	bool stopping;

	/* its own */
	struct gate_options options;
	struct gate_line line[GATE_OPEN]; /* of those that wait, by state */
	struct gate_line ready;           /* open or refused, and not called back yet */
	bool calling_back;
	uv_timer_t clock; /* runs while a pass waits for its turn */
	uv_async_t wake;  /* `granted` has something */
	pthread_mutex_t lock;
	struct host_line granted; /* under the lock: whose place has come, the latest first */
	void (*on_closed)(void *arg);
	void *arg;
};

/* What the options point to outlives the gate, which stays where it is and allocates nothing. 0, or -1: no descriptor
 * or memory, and nothing to undo. */
__attribute__((warn_unused_result)) int gate_open(struct gate *gate, const struct gate_options *options);

/* Let @pass, which is out, wait for its connection at the end of the line. */
void gate_enter(struct gate *gate, struct gate_pass *pass);

/* The connection of @pass, which is open or slow, is over, and the same request tries @next: its place and its room are
 * given back, and it stands first in line. */
void gate_enter_again(struct gate *gate, struct gate_pass *pass, const struct obs_address *next);

/* The connection of @pass, which is open or slow, is over or was none: its place and its room are given to the next. */
void gate_leave(struct gate *gate, struct gate_pass *pass);

/* The connection of @pass, which is open, goes on beside the window, so that another gets in. How many may do so
 * (`slow`) is the caller's to bound. */
void gate_give_room(struct gate *gate, struct gate_pass *pass);

/* Call back each pass that waits, and each that enters from now on, with NET_FAULT_SHUTDOWN. Open ones have to leave.
 */
void gate_stop(struct gate *gate);

/* Stop, and close what the loop holds; @on_closed is called from the loop, when the memory may go. No pass is open, and
 * this is not the inside of an on_go. */
void gate_close(struct gate *gate, void (*on_closed)(void *arg), void *arg);

#endif
