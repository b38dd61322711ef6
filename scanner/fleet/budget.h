/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet/budget.h - the book of a job's limits: who may use which share of them, and who works on which lane.
 * Pure: no clock, no network.
 *
 * As text, so that `nats kv get` shows it: a first line, "stsurvey-ledger 1 open" or, with a number behind it,
 * "closed", and a line for each worker, by name:
 *
 *     NAME ID SHARE TURN LANE TIMES
 *
 * SHARE in millionths, TURN the place among those who wait for one, LANE a number, - for none; TIMES how often it was
 * given something, which tells those who miss it that it is back. A book is a stranger's: one whose shares are more
 * than everything, or that has two workers on a lane, is damaged and nobody acts on it.
 *
 * The rules. Everybody who has a share or waits for one is to have the same, the target. A share changes only between
 * two chunks of its worker: who has one takes the target then, or as much more than now as is free; so it never waits.
 * Who has none waits until it can have most of the target, rather than crawl for a whole chunk, in the order in which
 * they asked. So nobody starves: while somebody waits, nobody behind it is given anything, and when each who has a
 * share has been between two chunks once, none has more than an equal part with it counted, so one is free. Where a
 * limit bears so many workers and no more, the others wait until one of these needs its share no more.
 */
#ifndef STSURVEY_SCANNER_FLEET_BUDGET_H
#define STSURVEY_SCANNER_FLEET_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "output/error.h"
#include "output/text.h"
#include "scanner/fleet/job.h"

enum {
	BUDGET_WHOLE = 1000000,    /* all of every limit */
	BUDGET_WORKERS_MAX = 4096, /* with their names half of what a message may hold */
	BUDGET_ID_MAX = 49,        /* octets, NUL included */
	BUDGET_LEAST_PERCENT = 90, /* of the target: what a newcomer begins with at least */
	BUDGET_LANES_MAX = 65536,  /* no job has as many */
	BUDGET_NO_LANE = -1
};

struct budget_worker {
	char name[JOB_WORKER_MAX]; /* a key of a bucket: budget_is_name */
	char id[BUDGET_ID_MAX];    /* which process of that name: letters, digits, - */
	uint32_t share;            /* 0: none */
	uint64_t turn;             /* it waits for one, behind all with a smaller number; 0: it does not */
	int lane;
	uint32_t times; /* that it was given a share or a lane, modulo something */
};

struct budget {
	/* Nobody is given anything: a book was removed, and what others still use is not known. A number, another one
	 * each time; "": it is open. */
	char closed[BUDGET_ID_MAX];
	size_t most; /* so many may have a share at once; 0: any number. Not of the text: what the job's limits bear */
	struct budget_worker *worker; /* by name */
	size_t count, room;
};

void budget_free(struct budget *budget); /* all zero is an empty, open one */

/* 0, or -1 with one line in @error: no memory, or what is wrong with the text and what to do about it. */
__attribute__((warn_unused_result)) int budget_read(struct budget *budget, struct span text, struct error *error);
void budget_write(const struct budget *budget, struct text *out);

/* Letters, digits, - _ = and single dots within: what a key of a bucket may be. */
bool budget_is_name(struct span name);

/* Workers are valid until one joins or goes. */
struct budget_worker *budget_find(const struct budget *budget, const char *name); /* NULL: not there */
/* NULL: no memory, or BUDGET_WORKERS_MAX are there. */
__attribute__((warn_unused_result)) struct budget_worker *budget_join(struct budget *budget, const char *name,
								      const char *id);
void budget_remove(struct budget *budget, struct budget_worker *worker);

/* Between two chunks of @worker: its share for the next one; 0: it waits. A budget with @most is to have it set. */
uint32_t budget_take(struct budget *budget, struct budget_worker *worker);
/* Is there a share for @worker (NULL: for one that is not there), or will be when others have given in? Else as many as
 * may have one have it, or wait for it. */
bool budget_has_place(const struct budget *budget, const struct budget_worker *worker);
/* It neither has nor wants one. False: so it was. */
bool budget_give(struct budget_worker *worker);

/* False: somebody else's. */
__attribute__((warn_unused_result)) bool budget_take_lane(struct budget *budget, struct budget_worker *worker,
							  unsigned lane);

#endif
