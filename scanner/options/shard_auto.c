/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/options/shard_auto.h"

#include <inttypes.h>

#define BY_HAND "give --shards N --shard I"
#define WITH_N "give --shard auto/N, N being the number of all shards, or auto/N/FIRST where their ids began with FIRST"
#define NUMBER_MOST UINT32_MAX /* of an id or a count: so that no sum or product of two wraps */

enum { VALUE_SHOWN = 40 }; /* octets of a variable's value */

/* Of Slurm's job arrays (sbatch(1), OUTPUT ENVIRONMENT VARIABLES). Of `--array=3,7` the count is 2 and the step 1, of
 * `--array=1-7:2` 4 and 2; a limit as in `0-7%2` shows nowhere. */
enum { AT_ID, AT_COUNT, AT_MIN, AT_MAX, AT_STEP, SLURM_VARIABLES };
static const char *const slurm[SLURM_VARIABLES] = { "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT",
						    "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX",
						    "SLURM_ARRAY_TASK_STEP" };
/* Of Kubernetes' Indexed Jobs: it sets the first, and a manifest must set the second. */
static const char job_index[] = "JOB_COMPLETION_INDEX", job_completions[] = "JOB_COMPLETIONS";

struct environment {
	shard_variable *variable;
	void *arg;
	struct error *error;
};

/* The words' parts. */
struct asked {
	uint64_t shards; /* 0: the scheduler is to tell */
	uint64_t first;
	bool has_first;
};

/* 1 and *@value; 0: it is not set; -1: it is no number. */
static int read_number(const struct environment *environment, const char *name, uint64_t *value)
{
	const char *text = environment->variable(environment->arg, name);

	if (!text)
		return 0;
	if (span_decimal(span_of(text), NUMBER_MOST, value))
		return 1;
	return error_set(environment->error, "%s is '%.*s', and no whole number from 0 to %" PRIu64 ": " BY_HAND, name,
			 VALUE_SHOWN, text, (uint64_t)NUMBER_MOST);
}

/* The numbers behind each slash. */
static bool read_words(struct span words, struct asked *asked)
{
	struct span rest = span_skip(words, strlen("auto")), number;
	size_t end;

	*asked = (struct asked){ 0 };
	if (rest.n == 0)
		return true;
	rest = span_skip(rest, 1);
	end = span_find(rest, 0, '/');
	number = (struct span){ rest.p, end };
	if (!span_decimal(number, NUMBER_MOST, &asked->shards) || asked->shards == 0)
		return false;
	asked->has_first = end < rest.n;
	return !asked->has_first || span_decimal(span_skip(rest, end + 1), NUMBER_MOST, &asked->first);
}

/* Tasks with the ids @min to @max, of which this one is @id: none may lie outside, or the others would scan shards that
 * are not theirs. */
static int choose(const struct environment *environment, const struct asked *asked, uint64_t id, uint64_t min,
		  uint64_t max, struct shard_choice *choice)
{
	if (min < asked->first || max - asked->first >= asked->shards)
		return error_set(environment->error,
				 "the ids of the tasks are %" PRIu64 " to %" PRIu64 ", those of %" PRIu64
				 " shards %" PRIu64 " to %" PRIu64 ": " WITH_N,
				 min, max, asked->shards, asked->first, asked->first + asked->shards - 1);
	*choice = (struct shard_choice){ (uint32_t)asked->shards, (uint32_t)(id - asked->first) };
	return 0;
}

/* The array's tasks are all shards, in steps. */
static int choose_of_whole(const struct environment *environment, const uint64_t *value, struct shard_choice *choice)
{
	uint64_t min = value[AT_MIN], step = value[AT_STEP], count = value[AT_COUNT];

	if (min > 1 || step == 0 || count == 0 || value[AT_MAX] != min + step * (count - 1))
		return error_set(environment->error,
				 "the job array has %" PRIu64 " tasks from %" PRIu64 " to %" PRIu64
				 " in steps of %" PRIu64
				 ": that is no whole array from 0 or 1 on, and may be a part of one; " WITH_N,
				 count, min, value[AT_MAX], step);
	if (value[AT_ID] < min || value[AT_ID] > value[AT_MAX] || (value[AT_ID] - min) % step != 0)
		return error_set(environment->error, "%s is %" PRIu64 ", which is no task of the job array: " BY_HAND,
				 slurm[AT_ID], value[AT_ID]);
	*choice = (struct shard_choice){ (uint32_t)count, (uint32_t)((value[AT_ID] - min) / step) };
	return 0;
}

static int choose_slurm(const struct environment *environment, const struct asked *asked, struct shard_choice *choice)
{
	uint64_t value[SLURM_VARIABLES], id;
	int set[SLURM_VARIABLES];

	for (int i = 0; i < SLURM_VARIABLES; i++) {
		set[i] = read_number(environment, slurm[i], &value[i]);
		if (set[i] < 0)
			return -1;
		if (set[i] == 0 && asked->shards == 0)
			return error_set(environment->error,
					 "%s is not set: without it nobody knows which shards there are; " WITH_N,
					 slurm[i]);
	}
	if (asked->shards == 0)
		return choose_of_whole(environment, value, choice);
	id = value[AT_ID];
	if (set[AT_MIN] && set[AT_COUNT] && value[AT_MIN] == 1 && value[AT_COUNT] == asked->shards && !asked->has_first)
		return error_set(
			environment->error,
			"the ids of the tasks begin with 1, and shards with 0: give --shard auto, or auto/%" PRIu64
			"/1 where tasks may be run again alone",
			asked->shards);
	return choose(environment, asked, id, set[AT_MIN] && value[AT_MIN] < id ? value[AT_MIN] : id,
		      set[AT_MAX] && value[AT_MAX] > id ? value[AT_MAX] : id, choice);
}

static int choose_kubernetes(const struct environment *environment, const struct asked *asked,
			     struct shard_choice *choice)
{
	struct asked all = *asked;
	uint64_t index, completions;
	int set;

	if (read_number(environment, job_index, &index) < 0)
		return -1;
	set = read_number(environment, job_completions, &completions);
	if (set < 0)
		return -1;
	if (set == 0 && all.shards == 0)
		return error_set(environment->error,
				 "%s is set, and %s is not: Kubernetes does not set it, the manifest must (env: name: "
				 "%s, value: the Job's completions); or give --shard auto/N",
				 job_index, job_completions, job_completions);
	if (set > 0 && completions == 0)
		return error_set(environment->error,
				 "%s is 0, and no Job has as many shards: set it to the Job's completions",
				 job_completions);
	if (all.shards == 0)
		all.shards = completions;
	return choose(environment, &all, index, set ? 0 : index, set && completions > index ? completions - 1 : index,
		      choice);
}

bool shard_auto_is(struct span words)
{
	words.n = span_find(words, 0, '/');
	return span_equal(words, SPAN_LITERAL("auto"));
}

int shard_auto(struct span words, shard_variable *variable, void *arg, struct shard_choice *choice, struct error *error)
{
	const struct environment environment = { variable, arg, error };
	bool is_slurm = variable(arg, slurm[AT_ID]), is_kubernetes = variable(arg, job_index);
	struct asked asked;

	if (!read_words(words, &asked))
		return error_set(error, "must be the number of a shard, auto, auto/N or auto/N/FIRST");
	if (is_slurm && is_kubernetes)
		return error_set(error, "both %s and %s are set, and may tell different shards: " BY_HAND, slurm[AT_ID],
				 job_index);
	if (is_slurm)
		return choose_slurm(&environment, &asked, choice);
	if (is_kubernetes)
		return choose_kubernetes(&environment, &asked, choice);
	return error_set(error, "neither %s (a Slurm job array) nor %s (a Kubernetes Indexed Job) is set: " BY_HAND,
			 slurm[AT_ID], job_index);
}
