/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/feed/feed_csv.h - rows of a ranked list: RFC 4180, but for the separator, which may be a comma, a tab or a
 * semicolon, and for what does not keep to it.
 */
#ifndef STSURVEY_SCANNER_FEED_FEED_CSV_H
#define STSURVEY_SCANNER_FEED_FEED_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/span.h"

#define FEED_RANK_MAX UINT64_C(999999999999999999) /* longer numbers are no ranks */

enum { FEED_CSV_NONE = -1 };

/* Where the domain stands: of the header, or FEED_CSV_NONE, and each row is looked at. */
struct feed_csv {
	char separator;
	int domain_column, rank_column;
	bool has_row_names; /* each row has a field more than the header, in front (R's write.table) */
};

/* One field of a row, stripped. */
struct feed_csv_field {
	struct span text;
	bool quoted; /* it was in quotes, and a quote in it is doubled */
};

/* The next field of a row. False: it has none left (@rest->p is NULL). */
bool feed_csv_next_field(struct span *rest, char separator, struct feed_csv_field *field);

/* The separators to be tried, in order. */
extern const char feed_csv_separators[];

/* Is the row a header with a column of domains? Then @csv says where; else it is left alone. */
bool feed_csv_read_header(struct feed_csv *csv, struct span row, char separator);

/* Nothing but separators, white space and empty quotations: what a spreadsheet leaves of an empty row. */
bool feed_csv_is_blank(struct span row);

/* Have @rows, whose header has been read, names in front that it has no title for? Then the domain stands in one
 * field further on, and none where it should. */
bool feed_csv_has_row_names(const struct feed_csv *csv, struct span header, struct span row);

/* A row without that name; left as it is where nothing would be left. */
struct span feed_csv_skip_row_name(struct span row, char separator);

/* Is a line without separators the header of a list? Words that are a top-level domain, too, are none. */
bool feed_csv_is_title(struct span line);

/* Is it the header of a table of DNS records? Those have names relative to a zone that they do not tell. */
bool feed_csv_is_record_table(struct span row, char separator);

/* "sep=;", with which spreadsheets begin: its separator, or 0. */
char feed_csv_named_separator(struct span line);

/* rank,domain or domain,rank, told by which one is a number. */
bool feed_csv_is_ranked(struct span row, char separator, struct span *domain, uint64_t *rank);

/* The row's domain, into which @row's text goes where it has none, and its rank, 0 where it has none. */
void feed_csv_pick(const struct feed_csv *csv, struct span row, struct span *domain, uint64_t *rank);

/* In which of a row's columns there is what only a domain looks like, counted over the rows of a sample. */
enum { FEED_CSV_COLUMNS_MAX = 32 }; /* those behind are not looked at */
struct feed_csv_sample {
	unsigned rows, numbers;               /* of these, with a number first */
	unsigned picked;                      /* rows in which feed_csv_pick finds one … */
	unsigned found[FEED_CSV_COLUMNS_MAX]; /* … and in which there is one here */
};
void feed_csv_look(const struct feed_csv *csv, struct span row, struct feed_csv_sample *sample);

/* Rows without a header: where what would be picked is nowhere a domain, and another column is one in all rows but a
 * header that nobody knows, take that. */
void feed_csv_choose(struct feed_csv *csv, const struct feed_csv_sample *sample);

/* How does the text end, as one row? */
enum feed_csv_end {
	FEED_CSV_WHOLE,
	FEED_CSV_OPEN,      /* inside a quotation: the next line belongs to it */
	FEED_CSV_MALFORMED, /* something stands between a quotation and the separator */
};
enum feed_csv_end feed_csv_end(struct span text, char separator);

#endif
