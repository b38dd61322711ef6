/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/feed/feed_chunk.h - a part of a list as one machine of several is given it (--input-format chunk): what the
 * list told of each entry, to the octet, so that a scan of the parts finds what one scan of the list does.
 *
 * CSV (RFC 4180) with a header row, and a row for each entry, each with its line end:
 *
 *   offset,rank,domain                           of a list
 *   offset,rank,domain,registrar,country         of one with columns that are kept (--label)
 *   offset,rank,domain,ns                        of a zone file
 *   7,,example.test,ns1.example ns2.example +3
 *
 * offset: the entry's number, counted from the part's first (--first-index); each is above the one before it, and those
 * that are left out belong to other parts. rank: empty where there is none. domain: a name, or what stood in the list
 * where one should; more octets than a name has are none. ns: the names of its servers in lower case with one space
 * between, and how many more the list had; \s is a space in a name, \\ a backslash, \+ a plus that begins a name, \. a
 * name that is a dot, and a dot alone the root. There are no comments: each row is an entry.
 */
#ifndef STSURVEY_SCANNER_FEED_FEED_CHUNK_H
#define STSURVEY_SCANNER_FEED_FEED_CHUNK_H

#include "output/text.h"
#include "scanner/feed/feed_format.h"
#include "scanner/feed/feed_label.h"

enum {
	CHUNK_COLUMNS = 3, /* that each has */
	CHUNK_COLUMNS_MAX = CHUNK_COLUMNS + OBS_LABEL_MAX,
	/* octets of a row without its quotes: each octet of a name server may be escaped, and nothing else is longer */
	CHUNK_ROW_MAX = 32 * 1024,
};

_Static_assert((int)CHUNK_ROW_MAX > (int)(OBS_LINE_MAX + 2 * EXTRA_MAX + 64), "a row of ours has room");

/* ---- written ---- */

/* The header row: the columns that are kept with each entry, in the list's words, or that of the name servers, where
 * targets have them (EXTRA_SERVERS). */
void feed_chunk_put_header(struct text *out, const struct span *label, size_t label_count, bool has_servers);

/* The row of @target, which is @offset entries behind the part's first. */
void feed_chunk_put(struct text *out, uint64_t offset, const struct feed_target *target);

/* ---- read ---- */

enum chunk_state {
	CHUNK_FIELD_BEGINS,
	CHUNK_PLAIN,
	CHUNK_QUOTED,
	CHUNK_QUOTE_ENDED, /* or the first of two, which are one in the field */
	CHUNK_CR,          /* LF must follow */
};

struct feed_chunk {
	feed_on_entry *on_entry;
	void *arg;
	struct feed_labels *labels; /* that are kept; the reader's */
	struct error *error;
	uint64_t line, row_line; /* where we are, and where the row began */
	uint64_t next;           /* the least offset that may follow */
	enum chunk_state state;
	unsigned columns; /* of the header; 0: it is awaited */
	bool has_servers;
	unsigned fields; /* of the row, that have ended */
	size_t end[CHUNK_COLUMNS_MAX];
	size_t n; /* octets of the row so far */
	char row[CHUNK_ROW_MAX];
	struct extra servers;
};

/* @labels, @on_entry, @arg and @error outlive it. */
void feed_chunk_init(struct feed_chunk *chunk, struct feed_labels *labels, feed_on_entry *on_entry, void *arg,
		     struct error *error);

/* As feed_reader_push. Whatever is not as above is an error with its line: a chunk is written by a program. */
__attribute__((warn_unused_result)) int feed_chunk_push(struct feed_chunk *chunk, const char *p, size_t n);

/* @whole: as feed_reader_end has it. */
__attribute__((warn_unused_result)) int feed_chunk_end(struct feed_chunk *chunk, bool whole);

#endif
