/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/feed/feed_format.h - octets of a list → its entries: plain lists, CSV rankings, zone files.
 *
 * A push reader like scanner/feed/feed_decode.h: it holds at most the sample that tells the format and one line.
 * It knows where entries begin and end and what is a comment; whether an entry is a domain name is for
 * others.
 */
#ifndef STSURVEY_SCANNER_FEED_FEED_FORMAT_H
#define STSURVEY_SCANNER_FEED_FEED_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "output/error.h"
#include "parsers/span.h"
#include "scanner/feed/feed.h"

enum {
	FEED_LINE_MAX = 4096,  /* octets of a line of a list, or a row of CSV; the longest U-label name has 1020 */
	FEED_SHOWN_MAX = 60,   /* octets of a line that messages repeat */
	FEED_SAMPLE_LINES = 8, /* neither blank nor comment, looked at to tell the format */
	FEED_SAMPLE_MAX = 64 * 1024, /* octets of them and the comments before them */
};

struct feed_entry {
	uint64_t gap;      /* entries of the list in front of it that are left out here (scanner/feed/feed_chunk.h) */
	uint64_t rank;     /* 0: none */
	bool illegal;      /* no name could stand there; otherwise not looked at */
	struct span text;  /* trimmed; of a line above FEED_LINE_MAX its beginning */
	struct span extra; /* what else the list tells of it (scanner/base/extra.h) */
};

/* 0 to go on, anything else to stop. @entry lives until it returns. */
typedef int feed_on_entry(void *arg, const struct feed_entry *entry);

struct feed_reader;

/* @origin: what relative names of a zone file are below, as feed_options has it. What is wrong with the input is
 * written to @error, which outlives the reader: line and remedy, not the file. NULL: no memory. To be freed with
 * free(3). */
struct feed_reader *feed_reader_new(enum feed_format format, const char *origin, feed_on_entry *on_entry, void *arg,
				    struct error *error);

/* Keep these columns: the list must be CSV, with a header row that names them. @name outlives the reader. Before the
 * first octet. */
void feed_reader_keep_labels(struct feed_reader *reader, const struct span *name, size_t count);

/* The name of one of them, as the list has it. Not before the first entry. */
struct span feed_reader_label(const struct feed_reader *reader, size_t i);

/* 0; what on_entry returned where not 0; or -1 with the error written. */
__attribute__((warn_unused_result)) int feed_reader_push(struct feed_reader *reader, const char *p, size_t n);

/* Does it hold back a whole line for want of others that tell the format? */
bool feed_reader_holds(const struct feed_reader *reader);

/* The writer pauses: let the whole lines held back tell the format, and hand them on. Returns as feed_reader_push. */
__attribute__((warn_unused_result)) int feed_reader_tell(struct feed_reader *reader);

/* Was it read as a zone file? Not before the format is known. */
bool feed_reader_is_zone(const struct feed_reader *reader);

/* No more octets will come. @whole: the last line may lack its LF; otherwise the input broke there and the
 * line is dropped. */
__attribute__((warn_unused_result)) int feed_reader_end(struct feed_reader *reader, bool whole);

#endif
