/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/pass/spill.h"

#include <stdlib.h>
#include <string.h>

/* Rows of one partition that stand together in the file. */
struct run {
	uint64_t offset;
	size_t octets;
};

struct partition {
	struct run *run;
	size_t runs, room;
	char *buffer; /* what is not yet written; NULL: nothing was put */
	size_t used;
	uint64_t rows, octets;
};

struct spill {
	unsigned count; /* of partitions: a power of two … */
	unsigned shift; /* … and where in a hash their number stands */
	size_t row;     /* 0: each has its length in front */
	size_t size;    /* of a buffer */
	struct put_aside file;
	struct partition *partition;
};

unsigned spill_partitions(uint64_t rows, size_t each, size_t memory)
{
	unsigned count = 1;

	while (count < SPILL_PARTITIONS_MAX && rows / count * each > memory)
		count *= 2;
	return count;
}

struct spill *spill_new(unsigned partitions, size_t row, size_t memory, struct error *error)
{
	struct spill *spill = calloc(1, sizeof(*spill));

	if (!spill || !(spill->partition = calloc(partitions, sizeof(*spill->partition)))) {
		free(spill);
		error_set(error, "no memory");
		return NULL;
	}
	spill->count = partitions;
	spill->shift = 64 - (unsigned)__builtin_ctz(partitions);
	spill->row = row;
	spill->size = memory / partitions;
	spill->size = spill->size < SPILL_BUFFER_LEAST  ? SPILL_BUFFER_LEAST
		      : spill->size > SPILL_BUFFER_MOST ? SPILL_BUFFER_MOST
							: spill->size;
	put_aside_init(&spill->file);
	return spill;
}

void spill_free(struct spill *spill)
{
	if (!spill)
		return;
	for (unsigned p = 0; p < spill->count; p++) {
		free(spill->partition[p].run);
		free(spill->partition[p].buffer);
	}
	put_aside_fini(&spill->file);
	free(spill->partition);
	free(spill);
}

/* At the end of the file, as a run of the partition. */
static int write_run(struct spill *spill, struct partition *partition, struct span octets, struct error *error)
{
	if (partition->runs == partition->room) {
		size_t room = partition->room ? partition->room * 2 : 8;
		struct run *run = realloc(partition->run, room * sizeof(*run));

		if (!run)
			return put_aside_no_memory(error);
		partition->run = run;
		partition->room = room;
	}
	partition->run[partition->runs] = (struct run){ spill->file.end, octets.n };
	if (put_aside_write(&spill->file, octets, error) < 0)
		return -1;
	partition->runs++;
	return 0;
}

static int empty_buffer(struct spill *spill, struct partition *partition, struct error *error)
{
	if (partition->used > 0 &&
	    write_run(spill, partition, (struct span){ partition->buffer, partition->used }, error) < 0)
		return -1;
	partition->used = 0;
	return 0;
}

/* A row that no buffer holds is a run of its own. */
static int put_large(struct spill *spill, struct partition *partition, const uint32_t *length, struct span row,
		     struct error *error)
{
	size_t n = (length ? sizeof(*length) : 0) + row.n;
	char *octets = malloc(n);
	int result;

	if (!octets)
		return put_aside_no_memory(error);
	if (length)
		memcpy(octets, length, sizeof(*length));
	memcpy(octets + n - row.n, row.p, row.n);
	result = empty_buffer(spill, partition, error);
	if (result == 0)
		result = write_run(spill, partition, (struct span){ octets, n }, error);
	free(octets);
	return result;
}

int spill_put(struct spill *spill, uint64_t hash, struct span row, struct error *error)
{
	/* a shift by all 64 bits is undefined: of one partition there is no bit to look at */
	struct partition *partition = &spill->partition[spill->count > 1 ? hash >> spill->shift : 0];
	uint32_t length = (uint32_t)row.n;
	size_t n = row.n + (spill->row ? 0 : sizeof(length));

	if (row.n > PUT_ASIDE_ROW_MAX || (spill->row && row.n != spill->row))
		return error_set(error, "a row of %zu octets cannot be put aside", row.n);
	if (!partition->buffer && !(partition->buffer = malloc(spill->size)))
		return put_aside_no_memory(error);
	if (n > spill->size) {
		if (put_large(spill, partition, spill->row ? NULL : &length, row, error) < 0)
			return -1;
	} else {
		if (spill->size - partition->used < n && empty_buffer(spill, partition, error) < 0)
			return -1;
		if (!spill->row)
			memcpy(partition->buffer + partition->used, &length, sizeof(length));
		if (row.n > 0)
			memcpy(partition->buffer + partition->used + n - row.n, row.p, row.n);
		partition->used += n;
	}
	partition->rows++;
	partition->octets += row.n;
	return 0;
}

unsigned spill_partition_count(const struct spill *spill)
{
	return spill->count;
}

uint64_t spill_rows(const struct spill *spill, unsigned partition)
{
	return spill->partition[partition].rows;
}

uint64_t spill_octets(const struct spill *spill, unsigned partition)
{
	return spill->partition[partition].octets;
}

/* ---- reading ---- */

void spill_read_start(struct spill_reader *reader, const struct spill *spill, unsigned partition)
{
	*reader = (struct spill_reader){ .spill = spill, .partition = partition };
}

void spill_read_end(struct spill_reader *reader)
{
	free(reader->data);
	*reader = (struct spill_reader){ 0 };
}

static int read_octets(struct spill_reader *reader, const struct run *run, struct error *error)
{
	if (reader->size < run->octets) {
		free(reader->data);
		reader->size = 0;
		reader->data = malloc(run->octets);
		if (!reader->data)
			return put_aside_no_memory(error);
		reader->size = run->octets;
	}
	if (put_aside_read(&reader->spill->file, run->offset, reader->data, run->octets, error) < 0)
		return -1;
	reader->rest = (struct span){ reader->data, run->octets };
	return 1;
}

/* 1, 0 at the end, -1. The buffer's rows are the last. */
static int next_run(struct spill_reader *reader, struct error *error)
{
	const struct partition *partition = &reader->spill->partition[reader->partition];
	size_t run = reader->run++;

	if (run < partition->runs)
		return read_octets(reader, &partition->run[run], error);
	if (run > partition->runs || partition->used == 0)
		return 0;
	reader->rest = (struct span){ partition->buffer, partition->used };
	return 1;
}

int spill_read_next(struct spill_reader *reader, struct span *row, struct error *error)
{
	uint32_t length = (uint32_t)reader->spill->row;

	if (reader->rest.n == 0) {
		int got = next_run(reader, error);

		if (got <= 0)
			return got;
	}
	if (!reader->spill->row) {
		memcpy(&length, reader->rest.p, sizeof(length));
		reader->rest = span_skip(reader->rest, sizeof(length));
	}
	*row = (struct span){ reader->rest.p, length };
	reader->rest = span_skip(reader->rest, length);
	return 1;
}
