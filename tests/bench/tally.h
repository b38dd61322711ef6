/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/tally.h - how often was each question asked?
 *
 * With room for every question of a run it tells one that came twice from two; it keeps 56 bits of each
 * question's hash, so among 30 million questions two are mistaken for one with a chance of less than one in a
 * hundred.
 */
#ifndef STSURVEY_BENCH_TALLY_H
#define STSURVEY_BENCH_TALLY_H

#include <stdint.h>
#include <stdio.h>

#include "tests/bench/answer.h"

struct tally {
	uint64_t asked[ANSWER_KIND_COUNT];    /* packets */
	uint64_t distinct[ANSWER_KIND_COUNT]; /* questions; with a table only */
	uint64_t again;                       /* packets whose question had come before */
	uint64_t answered, lost, failed, late, truncated, malformed, over_tcp;
	uint64_t *table; /* NULL: not kept */
	uint64_t mask;
	uint64_t kept;
};

/* @questions: how many will come at most, 0 to keep none apart. 0, or -1 for no memory. */
int tally_init(struct tally *tally, uint64_t questions);
void tally_fini(struct tally *tally);

void tally_question(struct tally *tally, const struct answer_question *question);

/* One `name=value` line for each count. */
void tally_print(const struct tally *tally, FILE *out);

#endif
