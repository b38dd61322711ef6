/* SPDX-License-Identifier: BSD-2-Clause */
/* output/csv.h - RFC 4180 with LF: fields quoted where they must be, octets that are not UTF-8 read as
 * Latin-1, control characters (C0, DEL, C1) written as \x1b: a row is one line, whatever is in it.
 *
 * A spreadsheet must not take a stranger's text for a formula. So a text (never a number, a time or a word of ours,
 * none of which begins so) has an apostrophe in front where it begins with =, +, - or @ and goes on, also the
 * full-width ones, also behind white space or what is not visible; or with an apostrophe, so that taking one away from
 * every cell that begins with one gives the text back.
 *
 *   csv_string(&csv, "sts_record"); csv_uint(&csv, 12); csv_share(&csv, 12, 300); csv_end(&csv);
 */
#ifndef STSURVEY_OUTPUT_CSV_H
#define STSURVEY_OUTPUT_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "output/text.h"

enum {
	CSV_SHARE_DIGITS = 6, /* behind the point; one domain in a million shows */
	CSV_SHARES_MAX = 8,   /* of one row; more are written, but not remembered */
};

struct csv_share {
	uint64_t part, of;
};

struct csv {
	struct text *out;
	bool in_row; /* a field stands before this one */
	bool raw;    /* no apostrophes, whatever a spreadsheet makes of it */
	/* writes the fields that each row has behind its own; NULL: there are none */
	void (*on_end)(struct csv *csv);
	struct csv_share share[CSV_SHARES_MAX]; /* of this row, in the order they were written; of 0: no share */
	unsigned shares;
};

static inline void csv_init(struct csv *csv, struct text *out)
{
	*csv = (struct csv){ .out = out };
}

/* The header row, "domain,component,…" as it stands: names that need no quotes. */
void csv_header(struct csv *csv, const char *columns);

/* The same, to be gone on with: more names follow as fields, then csv_header_end. */
void csv_header_begin(struct csv *csv, const char *columns);
void csv_header_end(struct csv *csv);

/* One field each. */
void csv_text(struct csv *csv, struct span s);
void csv_string(struct csv *csv, const char *s);
void csv_uint(struct csv *csv, uint64_t value);
void csv_number(struct csv *csv, double value, int digits);  /* @digits behind the point */
void csv_time_ms(struct csv *csv, int64_t ms_since_1970);    /* empty for what no calendar has */
void csv_known(struct csv *csv, bool known, uint64_t value); /* empty unless @known */

/* @part / @of with CSV_SHARE_DIGITS digits; empty where @of is 0: no share of nothing. */
void csv_share(struct csv *csv, uint64_t part, uint64_t of);

/* The same of what is all there is of its kind, so that it could not have been another: @of / @of. */
void csv_share_certain(struct csv *csv, uint64_t of);

/* The row is done. */
void csv_end(struct csv *csv);

/* @part, @of and their share, and the row is done. */
void csv_share_row(struct csv *csv, uint64_t part, uint64_t of);

#endif
