/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/pass/spill.h - rows put aside on disk in partitions, so that what belongs together can be looked at together
 * though all of it would need too much memory: first every row into the partition of its hash, then one partition after
 * the other.
 *
 *   spill = spill_new(spill_partitions(rows, 80, memory), sizeof(row), memory / 8, &error);
 *   spill_put(spill, hash, row, &error);                  for each row
 *   spill_read_start(&reader, spill, partition);          then, of each partition
 *   while ((got = spill_read_next(&reader, &row, &error)) > 0) …
 *   spill_read_end(&reader);
 *
 * All partitions are in one temporary file without a name (output/temporary_file.h), as runs of rows that were one
 * partition's buffer each: one descriptor however many there are, and nothing but sequential writing. What fits into
 * the buffers is never written. Rows are octets of this machine.
 */
#ifndef STSURVEY_ANALYSIS_PASS_SPILL_H
#define STSURVEY_ANALYSIS_PASS_SPILL_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/pass/put_aside.h"

enum {
	SPILL_PARTITIONS_MAX = 4096,
	SPILL_BUFFER_LEAST = 4096,       /* octets of one partition's buffer, and of most writes … */
	SPILL_BUFFER_MOST = 1024 * 1024, /* … and where more of it gains nothing */
};

struct spill;

/* The smallest power of two, at most SPILL_PARTITIONS_MAX, with which a partition of @rows evenly spread rows, that
 * take @each octets of memory, is within @memory octets. */
unsigned spill_partitions(uint64_t rows, size_t each, size_t memory);

/* @partitions: a power of two. @row: octets of every row; 0: they differ, and are kept with their length (at most
 * PUT_ASIDE_ROW_MAX). @memory: octets of all buffers together, where that leaves SPILL_BUFFER_LEAST for each. NULL: one
 * line in @error. */
__attribute__((warn_unused_result)) struct spill *spill_new(unsigned partitions, size_t row, size_t memory,
							    struct error *error);
void spill_free(struct spill *spill);

/* Add one row, to the partition that the upper bits of @hash choose. One thread at a time. 0, or -1 with one line in
 * @error, which names the folder that is full. */
__attribute__((warn_unused_result)) int spill_put(struct spill *spill, uint64_t hash, struct span row,
						  struct error *error);

unsigned spill_partition_count(const struct spill *spill);

/* Rows, and their octets, of a partition. */
uint64_t spill_rows(const struct spill *spill, unsigned partition);
uint64_t spill_octets(const struct spill *spill, unsigned partition);

/* One reading of one partition; several may go on at once, on any threads, while nothing is put. */
struct spill_reader {
	const struct spill *spill;
	unsigned partition;
	size_t run; /* the next one */
	char *data; /* the run that is being read */
	size_t size;
	struct span rest; /* of it */
};

void spill_read_start(struct spill_reader *reader, const struct spill *spill, unsigned partition);

/* The next row, in the order they were put: 1 and @row (valid until the next call), 0 at the end, -1 with one line in
 * @error. */
__attribute__((warn_unused_result)) int spill_read_next(struct spill_reader *reader, struct span *row,
							struct error *error);
void spill_read_end(struct spill_reader *reader);

#endif
