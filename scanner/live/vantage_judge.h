/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/live/vantage_judge.h - what probes of well-known mail servers say about our own way to port 25. Pure.
 *
 * Port 25 is shut on most clouds and access lines: packets are dropped, or connections reset, or a proxy answers in
 * everybody's name and hides STARTTLS. Only a certificate tells whom one speaks to: a host is as it should be when a
 * sender could use it (analysis/classify/classify_host.h).
 */
#ifndef STSURVEY_SCANNER_LIVE_VANTAGE_JUDGE_H
#define STSURVEY_SCANNER_LIVE_VANTAGE_JUDGE_H

#include <stdbool.h>

#include "parsers/mail_host.h"

/* One host over one family. */
enum canary_result {
	CANARY_UNTESTED,    /* no address, or no answer about it; or a fault of ours */
	CANARY_NO_ROUTE,    /* this machine has no way to its address */
	CANARY_GOOD,        /* STARTTLS, and its certificate */
	CANARY_SILENT,      /* no connection, or no word over it */
	CANARY_TURNED_AWAY, /* it answers 4xx or 5xx: perhaps it does not like us */
	CANARY_OTHER,       /* somebody else answers: no STARTTLS, or another's certificate */
	CANARY_RESULT_COUNT
};

extern const char *const canary_result_names[CANARY_RESULT_COUNT]; /* "good", … */

/* @probe of one of @host's addresses; both as classify_host takes them. */
enum canary_result canary_judge(const struct obs_host *host, const struct obs_smtp *probe);

struct canary_seen {
	enum canary_result result;
	struct span greeting; /* its text; p NULL: none came */
};

/* One family, by all hosts that were tried. */
enum vantage_state vantage_judge(const struct canary_seen *seen, size_t count);

#endif
