/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/worker/window.h - how many jobs a worker may have at once. It only counts: no clock, no jobs.
 *
 * It begins small and grows by one for each job that is finished, as TCP starts slowly. A fault of ours (memory,
 * sockets) says that there were too many. The user of the window then pauses; faults during one pause have one cause,
 * and halve the window once. From then on it grows slowly. It is never below 1, nor above the most it was given.
 */
#ifndef STSURVEY_SCANNER_WORKER_WINDOW_H
#define STSURVEY_SCANNER_WORKER_WINDOW_H

#include <stdbool.h>

enum {
	WINDOW_START = 256,       /* jobs at once to begin with */
	WINDOW_REGROW_AFTER = 16, /* jobs finished for each one it grows by after a fault of ours */
	WINDOW_PAUSE_MS = 500,    /* before jobs that met a fault of ours are begun again */
	WINDOW_FAULTS_MAX = 8,    /* of one job's own; then it is recorded as what it is: not found out */
};

struct window {
	unsigned most;
	unsigned allowed;  /* at once, now: 1 … most */
	unsigned finished; /* since it last changed */
	bool shrunk;       /* by a fault of ours, ever */
	bool pausing;      /* after one, until window_resume */
};

/* @most: at least 1. */
void window_init(struct window *window, unsigned most);

/* A job is finished. */
void window_finished(struct window *window);

/* A fault of ours ended a job. True: fewer are allowed from now on. */
bool window_fault(struct window *window);

/* The pause is over: the next fault counts again. */
void window_resume(struct window *window);

#endif
