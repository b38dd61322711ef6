/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/rules/server_conduct.h - how one authoritative server behaved, and how often it may be asked for that: what
 * server_books keeps of each. Pure; the numbers and what they are for stand in server_books.h.
 */
#ifndef STSURVEY_SCANNER_RULES_SERVER_CONDUCT_H
#define STSURVEY_SCANNER_RULES_SERVER_CONDUCT_H

#include "scanner/rules/server_books.h"

enum server_rest {
	SERVER_AWAKE,
	SERVER_RESTS,  /* until until_us; then it is due for a probe */
	SERVER_PROBED, /* one question is on its way; until until_us, then another may */
};

/* All zeros: nothing is known of it. */
struct server_conduct {
	uint64_t erred[2];     /* of the last SERVER_ERROR_OF outcomes which were errors; the last is bit 0 of [0] */
	double error_due_us;   /* struct pace's, of errors */
	uint64_t window_us;    /* since when outcomes are counted; of the first of them */
	uint64_t limited_us;   /* held to the error budget until then at least; 0: it is not */
	uint64_t until_us;     /* of its state */
	uint64_t answered_us;  /* when its last answer came */
	uint64_t since_us;     /* of its first rest since a window without a reason */
	float rate;            /* what halving has left; 0: all of it */
	uint32_t outcomes;     /* in the window, … */
	uint32_t silent, slip; /* … and of those */
	uint8_t row;           /* time-outs in a row, of questions since whose sending nothing came */
	uint8_t halvings;      /* in a row */
	uint8_t rests;         /* since a window without a reason */
	uint8_t state;         /* enum server_rest */
	uint8_t slips;         /* percentage in the window of the first halving in a row; 0: one had silence */
	bool truncates;        /* however slowly it is asked: slips halve nothing, until a window has none */
};

/* Questions a second now, where the rate is @full; 0: no limit. */
double server_conduct_rate(const struct server_conduct *conduct, double full);

/* Microseconds until it may be asked, but for its rate; 0: now, where it rests as a probe. */
uint64_t server_conduct_wait(const struct server_conduct *conduct, uint64_t now_us);

/* A question was taken: the probe, where it rests. */
void server_conduct_asked(struct server_conduct *conduct, uint64_t now_us);

/* What a question came to. Counts what is "ever" of @counts. */
void server_conduct_outcome(struct server_conduct *conduct, enum server_outcome outcome, double full, uint64_t now_us,
			    struct server_books_counts *counts);

/* SERVER_SILENT, to a question sent at @sent_us: time-outs come late, in a row where the answers of the same time have
 * come before. Who has answered since then is not dead. */
void server_conduct_silent(struct server_conduct *conduct, double full, uint64_t sent_us, uint64_t now_us,
			   struct server_books_counts *counts);

/* Is it as good as one that nothing is known of? */
bool server_conduct_is_plain(const struct server_conduct *conduct, uint64_t now_us);

#endif
