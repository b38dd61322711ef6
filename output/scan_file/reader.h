/* SPDX-License-Identifier: BSD-2-Clause */
/* output/scan_file/reader.h - scan files back into observations, one at a time, in file order.
 *
 * Reads any minor version of the schema's major and skips trailing fields and kinds it does not
 * know. A torn tail (crash, full disk) ends the reading cleanly and is reported; damage before the tail is an
 * error, and so is more work than a file of its size may make.
 */
#ifndef STSURVEY_OUTPUT_SCAN_FILE_READER_H
#define STSURVEY_OUTPUT_SCAN_FILE_READER_H

#include <stdbool.h>

#include "output/bit_set.h"
#include "output/error.h"
#include "output/scan_file/frame_records.h"

enum {
	READER_NOTHING = -2, /* reader_open: the file ends before its header does */
	/* What a file may cost to read follows its size, not what its records refer to: a body or a set of MX stands
	   once in a frame, which compresses to next to nothing. In octets to be looked at, some 2 nanoseconds each. A
	   record with every list at its limit needs 3 million, and none of a scan takes less than some octets in the
	   file. */
	READER_WORK_FREE = 256 * 1024 * 1024,
	READER_WORK_PER_OCTET = 512 * 1024,
	/* Chunks of a bit_set, 64 octets each. A shard's index takes one, and, being as good as random, an octet. */
	READER_CHUNKS_FREE = 128 * 1024,
	READER_CHUNKS_PER_OCTET = 8,
};

struct reader;

/* @path, which lives as long as the reader; "-" is standard input. 0; -1, or READER_NOTHING for a file that is empty or
 * was cut within its first frame (--resume begins it anew), with one line for the user in @error. */
__attribute__((warn_unused_result)) int reader_open(struct reader **reader, const char *path, struct error *error);

/* The same of a file that is open, from its first octet on; @fd stays the caller's. @name is for messages. */
__attribute__((warn_unused_result)) int reader_open_descriptor(struct reader **reader, int fd, const char *name,
							       struct error *error);

/* Can the path be opened once more, and the same be read? */
bool reader_can_repeat(const struct reader *reader);

/* What is read but once (a pipe) as a temporary file: its descriptor, which becomes the caller's. Before the first
 * reader_next, and nothing more can be read with @reader. -1 with one line in @error. */
__attribute__((warn_unused_result)) int reader_copy(struct reader *reader, struct error *error);

/* Called from within reader_next, for what stands before the next domain; what they are given lives until they return.
 */

/* Each may be NULL. Before the first reader_next. */
void reader_watch(struct reader *reader, frame_on_host *on_host, frame_on_vantage *on_vantage, void *arg);

/* The next domain: 1 and @observation (valid until the next call), 0 at the end, -1 for damage (@error says
 * where). */
__attribute__((warn_unused_result)) int reader_next(struct reader *reader, struct observation *observation,
						    struct error *error);

/* ---- frame by frame, where threads read them (output/scan_file/frame_records.h) ----
 *
 * Instead of reader_next: frames are passed on in order, opened and read anywhere, and what was found is taken in the
 * same order. So every limit and error is what it is for one domain after the other. */

/* The next frame, compressed: its octets, valid until the next call, and the beginning of its facts. False: the reader
 * can pass no more; reader_finish tells why, once all before it are taken. One thread at a time. */
__attribute__((warn_unused_result)) bool reader_pass(struct reader *reader, struct span *octets,
						     struct frame_facts *facts);

/* Make @records ready for frames of this file. Any thread, also beside the others. False: no memory. */
__attribute__((warn_unused_result)) bool reader_prepare(const struct reader *reader, struct frame_records *records);

/* What was found in a frame, or in one part of it after the other. 0; -1 with one line in @error, and nothing more is
 * to be taken. One thread at a time, and it may be another than the one that passes. */
__attribute__((warn_unused_result)) int reader_take(struct reader *reader, struct frame_facts *facts,
						    struct error *error);

/* Frames that were passed and not taken, the last first, where the first of them cannot be opened: then reader_finish
 * says what it is. 0, or -1 with one line in @error. */
__attribute__((warn_unused_result)) int reader_put_back(struct reader *reader, struct span octets, struct error *error);

/* What stands behind the frames that were taken: 0, the end (reader_end, reader_judge); or -1 with one line in @error.
 */
__attribute__((warn_unused_result)) int reader_finish(struct reader *reader, struct error *error);

/* One number of how many is in the file of that header? A sample's records are as far apart as its share says. */
uint64_t reader_spread(const struct record_header *header);

/* Valid until reader_next or reader_finish is called. */
const struct record_header *reader_header(const struct reader *reader);

/* What was found, once reader_next or reader_finish returned 0. */
struct reader_end {
	const struct record_trailer *trailer; /* NULL: none (killed, or still being written) */
	unsigned long long frames;
	long long whole; /* octets of whole frames, a trailer frame left out: where --resume goes on */
	bool torn;       /* octets follow the last whole frame */
	unsigned long long records, blocklisted, illegal; /* of domains */
	struct direct_counts direct;                      /* likewise */
	unsigned long long hosts;                         /* records of MX hosts */
	unsigned long long duplicates;                    /* records whose index another had */
	uint64_t duplicate;                               /* the first such index */
	bool beyond;                                      /* an index is out of all proportion, and not looked at */
	bool joined; /* a header follows the first, or a record a trailer in a frame of its own */
};

const struct reader_end *reader_end(const struct reader *reader);

enum reader_state {
	READER_WHOLE, /* what a scan leaves at its end, complete or interrupted */
	READER_CUT,   /* the beginning of that: killed, still being written, or torn by a crash */
	READER_WRONG, /* what no scan leaves: parts are missing, or there twice */
};

/* Then: which is it? What is missing stands in @words, without the file's name. Every command asks here. */
__attribute__((warn_unused_result)) enum reader_state reader_judge(const struct reader *reader, struct error *words);

enum { READER_COMPLETE, READER_INCOMPLETE };

/* Then, for who uses what is there: READER_COMPLETE; READER_INCOMPLETE, and @words say why; -1 with one line in @error
 * for what no scan leaves, unless @partial makes do with it. */
__attribute__((warn_unused_result)) int reader_judge_to_use(const struct reader *reader, const char *path, bool partial,
							    struct error *words, struct error *error);

/* Then: the indexes, which become the caller's. */
struct bit_set reader_take_indexes(struct reader *reader);

void reader_close(struct reader *reader);

#endif
