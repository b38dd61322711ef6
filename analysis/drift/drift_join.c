/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/drift/drift_join.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/drift/drift_row.h"

enum { NONE = 0 }; /* where an entry's number is meant, which counts from 1 */

/* A row of the old scan. */
struct entry {
	uint64_t place; /* in the octets of the partition */
	uint32_t octets;
	uint32_t later; /* the next of that name */
	uint32_t last;  /* of the first of a name: the last of that name … */
	uint32_t turn;  /* … and the one that is paired next */
};

_Static_assert(sizeof(struct entry) + 4 * sizeof(uint32_t) <= DRIFT_JOIN_ROW, "memory is counted by it");

/* The old scan's rows of one partition, by name. */
struct side {
	char *octets;
	struct entry *entry;
	uint32_t *slot;
	size_t slots; /* a power of two, over twice the rows */
};

struct worker {
	const struct drift_join *join;
	atomic_uint *next; /* the partition nobody has taken yet; beyond the last after a failure */
	void *state;
	int result;
	struct error error;
	pthread_t thread;
	bool started;
};

static void side_fini(struct side *side)
{
	free(side->octets);
	free(side->entry);
	free(side->slot);
	*side = (struct side){ 0 };
}

static int side_init(struct side *side, uint64_t rows, uint64_t octets, struct error *error)
{
	*side = (struct side){ .slots = 2 };
	while (side->slots < 2 * rows)
		side->slots *= 2;
	if (rows >= UINT32_MAX) /* no list has so many in one of its partitions */
		return error_set(error, "one name stands too often, or far too many domains are in one scan");
	side->octets = malloc(octets + 1);
	side->entry = malloc((rows + 1) * sizeof(*side->entry));
	side->slot = calloc(side->slots, sizeof(*side->slot));
	if (side->octets && side->entry && side->slot)
		return 0;
	side_fini(side);
	return error_set(error, "no memory to join the scans; --memory sets how much is used at once");
}

/* The slot of a name: its own, or the free one. The rows of a partition have the first octets of their hash in common,
 * the last are as good as random. */
static uint32_t *slot_of(const struct side *side, const char *row)
{
	uint64_t hash;

	memcpy(&hash, row + SIPHASH_LONG_OCTETS - sizeof(hash), sizeof(hash));
	for (size_t at = hash & (side->slots - 1);; at = (at + 1) & (side->slots - 1)) {
		uint32_t *slot = &side->slot[at];

		if (*slot == NONE || memcmp(side->octets + side->entry[*slot].place, row, SIPHASH_LONG_OCTETS) == 0)
			return slot;
	}
}

static void add(struct side *side, uint32_t number)
{
	struct entry *entry = &side->entry[number];
	uint32_t *slot = slot_of(side, side->octets + entry->place);

	entry->later = NONE;
	entry->last = entry->turn = number;
	if (*slot == NONE) {
		*slot = number;
		return;
	}
	side->entry[side->entry[*slot].last].later = number;
	side->entry[*slot].last = number;
}

static int load(struct side *side, const struct spill *spill, unsigned partition, struct error *error)
{
	struct spill_reader reader;
	uint64_t used = 0;
	uint32_t count = 0;
	struct span row;
	int got;

	if (side_init(side, spill_rows(spill, partition), spill_octets(spill, partition), error) < 0)
		return -1;
	spill_read_start(&reader, spill, partition);
	while ((got = spill_read_next(&reader, &row, error)) > 0) {
		memcpy(side->octets + used, row.p, row.n);
		side->entry[++count] = (struct entry){ .place = used, .octets = (uint32_t)row.n };
		add(side, count);
		used += row.n;
	}
	spill_read_end(&reader);
	return got;
}

static struct span octets_of(const struct side *side, uint32_t number)
{
	return (struct span){ side->octets + side->entry[number].place, side->entry[number].octets };
}

/* The next of the old rows with that name that has no pair yet; empty: there is none. */
static struct span take_pair(struct side *side, const char *row)
{
	uint32_t first = *slot_of(side, row), number;

	if (first == NONE || side->entry[first].turn == NONE)
		return (struct span){ NULL, 0 };
	number = side->entry[first].turn;
	side->entry[first].turn = side->entry[number].later;
	return octets_of(side, number);
}

/* What no row of the new scan took. */
static int rest(const struct worker *worker, struct side *side, struct error *error)
{
	for (size_t at = 0; at < side->slots; at++) {
		uint32_t first = side->slot[at];

		if (first == NONE)
			continue;
		for (uint32_t number = side->entry[first].turn; number != NONE; number = side->entry[number].later)
			if (worker->join->on_pair(worker->state, octets_of(side, number), (struct span){ NULL, 0 },
						  error) < 0)
				return -1;
	}
	return 0;
}

static int join_partition(const struct worker *worker, unsigned partition, struct error *error)
{
	const struct drift_join *join = worker->join;
	struct spill_reader reader;
	struct side side;
	struct span row;
	int got = load(&side, join->old, partition, error);

	if (got == 0) {
		spill_read_start(&reader, join->new, partition);
		while ((got = spill_read_next(&reader, &row, error)) > 0) {
			if (join->on_pair(worker->state, take_pair(&side, row.p), row, error) < 0) {
				got = -1;
				break;
			}
		}
		spill_read_end(&reader);
	}
	if (got == 0)
		got = rest(worker, &side, error);
	side_fini(&side);
	return got;
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	unsigned partitions = spill_partition_count(worker->join->old), partition;

	while ((partition = atomic_fetch_add(worker->next, 1)) < partitions && worker->result == 0)
		worker->result = join_partition(worker, partition, &worker->error);
	if (worker->result < 0)
		atomic_store(worker->next, partitions);
	return NULL;
}

/* So many that each has room for the largest partition, and one at least. */
static unsigned threads_of(const struct drift_join *join)
{
	unsigned partitions = spill_partition_count(join->old), threads = join->threads;
	uint64_t largest = 1;

	for (unsigned p = 0; p < partitions; p++) {
		uint64_t octets = spill_octets(join->old, p) + spill_rows(join->old, p) * DRIFT_JOIN_ROW;

		largest = octets > largest ? octets : largest;
	}
	if (threads > join->memory / largest)
		threads = (unsigned)(join->memory / largest);
	if (threads > DRIFT_JOIN_THREADS_MAX)
		threads = DRIFT_JOIN_THREADS_MAX;
	return threads > partitions ? partitions : threads > 1 ? threads : 1;
}

int drift_join(const struct drift_join *join, struct error *error)
{
	static struct worker none;
	struct worker worker[DRIFT_JOIN_THREADS_MAX];
	unsigned threads = threads_of(join), count = 0;
	atomic_uint next = 0;
	int result = 0;

	for (; count < threads && result == 0; count++) {
		worker[count] = none;
		worker[count].join = join;
		worker[count].next = &next;
		worker[count].state = join->begin(join->arg);
		if (!worker[count].state)
			result = error_set(error, "no memory");
	}
	/* the first is this thread; where another cannot be had, there are fewer */
	for (unsigned i = 1; i < count && result == 0; i++)
		worker[i].started = pthread_create(&worker[i].thread, NULL, work, &worker[i]) == 0;
	if (result == 0)
		work(&worker[0]);
	for (unsigned i = 0; i < count; i++) {
		if (worker[i].started)
			pthread_join(worker[i].thread, NULL);
		if (worker[i].result < 0 && result == 0) {
			*error = worker[i].error;
			result = -1;
		}
	}
	for (unsigned i = 0; i < count; i++)
		if (worker[i].state)
			join->end(join->arg, worker[i].state);
	return result;
}
