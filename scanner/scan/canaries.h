/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/scan/canaries.h - is port 25 open to us, and does it stay so?
 *
 * Before the first probe all canaries are asked (scanner/live/vantage.h): where no family is open, the scan does not
 * begin. While hosts are probed one of them is asked each CANARY_INTERVAL_S, and at once when far more connections time
 * out than before; where it is not as it should be, all of them. While none is, no more hosts are begun. What each test
 * saw stands in the file: hosts that failed between one that was well and one that was not are unknown to whoever reads
 * it. The main thread.
 */
#ifndef STSURVEY_SCANNER_SCAN_CANARIES_H
#define STSURVEY_SCANNER_SCAN_CANARIES_H

#include "scanner/live/vantage.h"
#include "scanner/scan/scan.h"

enum {
	CANARY_INTERVAL_S = 120, /* one connection an hour to each of many; and so much is doubtful at most */
	CANARY_SHUT_S = 30,      /* the same while port 25 is shut: each asks all of them */
	CANARY_WINDOW = 1000,    /* connections after which their time-outs are compared with those before */
	CANARY_TIMES = 3,        /* so many times the share before is suspicious … */
	CANARY_LEAST_PERCENT = 1 /* … if it is above that many times this one */
};

/* Connections and time-outs until the last look. */
struct canary_window {
	uint64_t connects, timeouts;
};

/* So many by now. True: of those since the last look, suspiciously many timed out. */
bool canary_window_look(struct canary_window *window, uint64_t connects, uint64_t timeouts);

struct canaries {
	struct scan *scan;
	struct vantage *vantage; /* NULL: none are asked */
	bool is_open;            /* its network, on the scan's loop */
	bool testing, all;       /* one, or all of them, now */
	bool second_pass;        /* it has begun */
	bool unwritten;          /* what the last one saw, since the sink was busy */
	unsigned turn;
	double now_s, due_s; /* seconds of the scan */
	double shut_since_s; /* below 0: it is not */
	struct canary_window window;
	uint64_t tests, tests_shut, hosts_before;   /* the last: hosts recorded before the last test */
	enum vantage_state first[VANTAGE_FAMILIES]; /* the self-test's … */
	enum vantage_state last[VANTAGE_FAMILIES];  /* … and what was last known */
};

/* The self-test, where one is to be made; families that are not open are left out. NULL: port 25 is shut to us, or no
 * memory; with one line in @error. */
struct canaries *canaries_new(struct scan *scan, struct error *error);
void canaries_free(struct canaries *canaries); /* NULL is nothing to free */

/* While the scan runs, on @loop. -1 with one line in @error. */
__attribute__((warn_unused_result)) int canaries_open(struct canaries *canaries, uv_loop_t *loop, struct error *error);

/* Each second. @now_s: of the scan. For so many seconds port 25 has been shut; 0: it is not. */
double canaries_tick(struct canaries *canaries, double now_s);

/* Workers have ended: one more where hosts were probed since the last one, and what is unwritten. Runs @loop. */
void canaries_finish(struct canaries *canaries, uv_loop_t *loop);

/* Close handles, which the loop has to run for. */
void canaries_close(struct canaries *canaries);

#endif
