/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/rules/congestion.h - the rate of questions, which comes down by itself where too many of them must be
 * repeated, and comes back. Pure bookkeeping: counters and time are the caller's.
 *
 * A resolver that is asked more than it can bear, or than it allows one client, loses questions; so does whatever it
 * passes them on to. Repeating them makes that worse. So, as TCP does (RFC 5681): in windows of CONGESTION_WINDOW_MIN
 * questions and a second at least, or of CONGESTION_WINDOW_MS and CONGESTION_WINDOW_LEAST, the share of those that are
 * repeats is looked at, for want of an answer or because it was REFUSED, as dnsmasq says that it has too many.
 *
 * It starts at CONGESTION_START where there is a limit that nobody has told; with each window it is a quarter more,
 * until the limit, or until it comes down for the first time.
 *
 * It comes down where more than CONGESTION_REPEATS_MOST are repeats in two windows in a row: to nine tenths of what is
 * being answered, in the best second of these windows, and at once not below an eighth of what was answered well of
 * late.
 *
 * It goes up with each window without: by a twentieth of twice what was answered when it last came down. If less than
 * that was asked then, by a twentieth of what was asked, and from half of it on only by a fiftieth: what is lost is
 * known seconds later, and must be little by then. Above it, by a tenth of itself.
 *
 * It is never above the limit that is given. What is lost before the rate changed shows up a time-out later: until
 * then nothing is judged. Nothing is judged either where nothing at all is answered: that is an outage, for
 * scanner/dns/server_health.h, and the rate stays.
 *
 * The loss may be the path's or the domains' own: a list has stretches of names whose servers are all dead. Lowering
 * the rate helps against a limit, which then answers a greater share, and not against these. So the rate is again what
 * it was where lowering it to less than half, or CONGESTION_IN_VAIN times in a row, has neither halved the share of
 * repeats nor doubled that of answers; such a share is then usual, which fades in minutes. So it is where nothing at
 * all is answered at the lower rate, or all is well at one that a limit would still have felt. And it does not come
 * down where much less is asked than was answered well before, as at a scan's end.
 */
#ifndef STSURVEY_SCANNER_RULES_CONGESTION_H
#define STSURVEY_SCANNER_RULES_CONGESTION_H

#include <stdbool.h>
#include <stdint.h>

enum {
	CONGESTION_WINDOW_MIN = 300,  /* questions: of 5 %, 15 are expected, and chance makes 30 of 15 hardly ever */
	CONGESTION_WINDOW_MS = 5000,  /* a window that lasts so long … */
	CONGESTION_WINDOW_LEAST = 50, /* … is judged by so many questions */
	CONGESTION_ANSWERS_MIN = 15,  /* in a window: of fewer, chance makes twice as many */
	CONGESTION_IN_VAIN = 2,       /* what is above a resolver's limit is gone after the first */
};

#define CONGESTION_REPEATS_MOST 0.05
#define CONGESTION_START 1000.0    /* a second: most bear so many, and a survey's first minute is short */
#define CONGESTION_RATE_LEAST 10.0 /* a second: less than one person's browser asks */

/* Of all servers and threads, since the start. */
struct congestion_counts {
	uint64_t packets;  /* questions sent, repeats included */
	uint64_t repeats;  /* of those, because no answer came, or REFUSED */
	uint64_t answered; /* by NOERROR or NXDOMAIN */
};

struct congestion {
	double most;          /* questions a second that are allowed, 0: no limit … */
	double rate;          /* … and those in force */
	double lowest;        /* the least it came down to; 0: it never did */
	uint64_t decreases;   /* times it came down */
	double share;         /* of repeats, in the last window that was judged */
	uint32_t settle_ms;   /* after it came down nothing is judged for so long */
	uint64_t judge_at_ms; /* not before */
	/* the window */
	struct congestion_counts since;
	uint64_t since_ms;
	double best; /* answers in a second, in this window and, where that was too much, in the one before */
	uint64_t last_answered; /* until the last call … */
	uint64_t last_ms;       /* … and when that was */
	/* how it went before */
	bool above;       /* the last window was too much */
	double scale;     /* questions a second that it rises by parts of … */
	bool is_near;     /* … which, somewhere in the upper half, are too many */
	double usual;     /* share of repeats that no lowering mends */
	double borne;     /* answers a second in the best window that was not too much, of late */
	unsigned lowered; /* times in a row that it came down without half of this share going … */
	bool is_bounded;  /* the last time, to AT_ONCE of what was borne, which is more than was answered */
	double from_share;
	double from_answered; /* share of the questions that were answered then … */
	double from_asked;    /* … questions a second … */
	double from_rate;     /* … and the rate it came down from */
};

enum congestion_change { CONGESTION_SAME, CONGESTION_DOWN, CONGESTION_UP };

/* @most: questions a second, 0: no limit; @start: of these, to begin with. @timeout_ms: after which a question is
 * repeated at the latest. */
void congestion_init(struct congestion *congestion, double most, double start, uint32_t timeout_ms);

/* To be called each second. @paused: no server answers, so that nothing is asked. Tells what became of the rate. */
enum congestion_change congestion_tick(struct congestion *congestion, const struct congestion_counts *counts,
				       bool paused, uint64_t now_ms);

/* Digits behind the point with which a rate is told. */
static inline int congestion_digits(double rate)
{
	return rate < 10 ? 1 : 0;
}

/* Is it below what is allowed, because it came down? */
bool congestion_is_lowered(const struct congestion *congestion);

/* The user wants more, or less: @factor times what is allowed and what is in force; where there is no limit, @unlimited
 * times the factor. Never less than @least. */
void congestion_scale(struct congestion *congestion, double factor, double unlimited, double least);

#endif
