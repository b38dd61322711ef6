/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/options/shard_auto.h - which shard this task is of, as its scheduler tells it (--shard auto): a Slurm job
 * array or a Kubernetes Indexed Job. Where the variables might mean another number of shards than the survey has, it is
 * refused: a task that scans a wrong shard is seen by nobody before the merge.
 *
 *   auto            the array's tasks are the shards
 *   auto/N          the task's id is the shard's number, of N
 *   auto/N/FIRST    likewise, and the ids began with FIRST
 */
#ifndef STSURVEY_SCANNER_OPTIONS_SHARD_AUTO_H
#define STSURVEY_SCANNER_OPTIONS_SHARD_AUTO_H

#include <stdbool.h>
#include <stdint.h>

#include "output/error.h"
#include "parsers/span.h"

/* The value of an environment variable; NULL: it is not set. */
typedef const char *shard_variable(void *arg, const char *name);

struct shard_choice {
	uint32_t shards, shard;
};

/* Is it asked for, well written or not? */
bool shard_auto_is(struct span words);

/* 0 and *@choice, whose shard is less than its shards; -1 with why and what to give, without the option's name. */
__attribute__((warn_unused_result)) int shard_auto(struct span words, shard_variable *variable, void *arg,
						   struct shard_choice *choice, struct error *error);

#endif
