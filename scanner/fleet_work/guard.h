/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/fleet_work/guard.h - a process that ends a scan whose worker stands still: one that is stopped, or waits for
 * a disk, cannot see that its share of the rates has gone to others, and its scan would go on asking.
 */
#ifndef STSURVEY_SCANNER_FLEET_WORK_GUARD_H
#define STSURVEY_SCANNER_FLEET_WORK_GUARD_H

#include <stdbool.h>
#include <sys/types.h>

#include "output/error.h"

struct guard {
	pid_t pid;                /* 0: there is none */
	int tell;                 /* a pipe to it */
	_Atomic bool *has_struck; /* shared with it */
};

#define GUARD_NONE ((struct guard){ .tell = -1 })

/* Of the process group @group, which it ends with SIGTERM when its time is over, and with SIGKILL @stop_s later. 0, or
 * -1 with one line in @error. */
__attribute__((warn_unused_result)) int guard_begin(struct guard *guard, pid_t group, double stop_s,
						    struct error *error);

/* The group may go on for @left_s from now on, whatever was said before. Does not wait. */
void guard_allow(const struct guard *guard, double left_s);

/* The group has ended, or is ours to end. True: the guard had begun to end it, whatever the clock says by now. */
bool guard_end(struct guard *guard);

#endif
