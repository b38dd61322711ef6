/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/run/scan_watch.h - a scan while it runs: signals, what is told each second, and what ends it before its time.
 * The main thread's loop.
 */
#ifndef STSURVEY_SCANNER_RUN_SCAN_WATCH_H
#define STSURVEY_SCANNER_RUN_SCAN_WATCH_H

#include <uv.h>

#include "scanner/progress/progress.h"
#include "scanner/scan/scan.h"

enum {
	SCAN_WATCH_SIGNALS = 5,
	/* What is in flight gets so long when a scan is told to stop; what is left then, --resume surveys. Docker and
	 * many batch systems kill 10 s after SIGTERM, and the file is to have its trailer by then. */
	SCAN_WATCH_DRAIN_S = 8,
};

struct scan_watch {
	/* the caller's; live as long as this */
	struct scan *scan;
	struct progress *progress;
	/* how it ended */
	int signal_seen;    /* the last one that stopped it; 0: none */
	struct error error; /* why the watch had to end it; "": it had not */
	/* its own */
	uv_loop_t loop;
	uv_async_t ended; /* sent by each worker when it has ended */
	uv_timer_t second;
	uv_signal_t signal[SCAN_WATCH_SIGNALS];
	double answered_s; /* when a name server last seemed to answer, seconds of the scan */
	bool outage_said;  /* of this outage */
	bool runtime_over;
	bool contact_missed; /* the user was told */
	bool doubt_seen;     /* their share among the first domains, that is */
	bool buffer_seen;    /* the name servers' sockets have room enough, or the user was told */
};

/* Listen to signals, those that came since early_signal_hold included. @watch, of which the caller's part is set,
 * stays where it is. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int scan_watch_open(struct scan_watch *watch, struct error *error);

/* Watch until every worker has ended. */
void scan_watch_run(struct scan_watch *watch);

void scan_watch_close(struct scan_watch *watch);

/* For how long no name server has answered, @now_s being seconds of the scan; to be asked each second. */
double scan_watch_outage_s(struct scan_watch *watch, double now_s);

#endif
