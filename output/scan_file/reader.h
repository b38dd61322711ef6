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
#include "output/scan_file/record.h"

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

/* Count what a record makes the caller do beyond looking at it, in octets that are looked at. 0; -1 with one line in
 * @error where it is more than a file of that size may. */
__attribute__((warn_unused_result)) int reader_add_work(struct reader *reader, uint64_t work, struct error *error);

/* Called from within reader_next, for what stands before the next domain; what they are given lives until they return.
 */
typedef void reader_on_host(void *arg, const struct obs_host *host);
typedef void reader_on_vantage(void *arg, const struct obs_vantage *vantage);

/* Each may be NULL. Before the first reader_next. */
void reader_watch(struct reader *reader, reader_on_host *on_host, reader_on_vantage *on_vantage, void *arg);

/* The next domain: 1 and @observation (valid until the next call), 0 at the end, -1 for damage (@error says
 * where). */
__attribute__((warn_unused_result)) int reader_next(struct reader *reader, struct observation *observation,
						    struct error *error);

/* Valid until reader_next is called. */
const struct record_header *reader_header(const struct reader *reader);

/* What was found, once reader_next returned 0. */
struct reader_end {
	const struct record_trailer *trailer; /* NULL: none (killed, or still being written) */
	unsigned long long frames;
	long long whole; /* octets of whole frames, a trailer frame left out: where --resume goes on */
	bool torn;       /* octets follow the last whole frame */
	unsigned long long records, blocklisted, illegal; /* of domains */
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

/* Then: the indexes, which become the caller's. */
struct bit_set reader_take_indexes(struct reader *reader);

void reader_close(struct reader *reader);

#endif
