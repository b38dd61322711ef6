/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/rules/host_limit.h - how many connections at once one address gets, from all threads together.
 *
 * Thousands of domains share one policy host; politeness is owed to the host, not to the domain. A connection asks for
 * a place at its address; without one it waits in line, first come, first served, and is told when its turn has come.
 */
#ifndef STSURVEY_SCANNER_RULES_HOST_LIMIT_H
#define STSURVEY_SCANNER_RULES_HOST_LIMIT_H

#include <stdbool.h>
#include <sys/queue.h>

#include "parsers/observation.h"

struct host_limit;

/* What may have to wait; the caller's memory, kept until on_turn was called or the wait cancelled. */
struct host_waiter {
	void (*on_turn)(struct host_waiter *waiter); /* on the thread that gave the place back, under this module's
						      * lock: note it, wake the owner's loop, and return */
	void *arg;
	STAILQ_ENTRY(host_waiter) next; /* host_limit's; from on_turn on the caller's, to note it with */
};

STAILQ_HEAD(host_line, host_waiter);

enum host_turn { HOST_TAKEN, HOST_WAITS, HOST_NO_MEMORY };

/* @per_host 0: no limit. NULL: no memory. */
struct host_limit *host_limit_new(unsigned per_host);
void host_limit_free(struct host_limit *limit);

/* Ask for a place at @address. HOST_TAKEN: it is there, on_turn will not be called. HOST_WAITS: on_turn will be. Any
 * thread. */
__attribute__((warn_unused_result)) enum host_turn
host_limit_take(struct host_limit *limit, const struct obs_address *address, struct host_waiter *waiter);

/* Give a place back; the first in line gets it. Any thread. */
void host_limit_give(struct host_limit *limit, const struct obs_address *address);

/* Leave the line at @address. False: too late, on_turn was called and the place is the waiter's to give back. Any
 * thread. */
bool host_limit_cancel(struct host_limit *limit, const struct obs_address *address, struct host_waiter *waiter);

#endif
