/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/feed/feed_zone.h - a DNS master file (RFC 1035 5) → the domains delegated in it: owners of NS records, with
 * the names of the servers in those that follow each other. A domain is handed on when the next one begins.
 *
 * What cannot be read as it was meant is an error with its line: names relative to no origin, a parenthesis or
 * quotation that is never closed, a record without a type, a transfer that failed.
 */
#ifndef STSURVEY_SCANNER_FEED_FEED_ZONE_H
#define STSURVEY_SCANNER_FEED_FEED_ZONE_H

#include "scanner/feed/feed_format.h"

enum {
	ZONE_MARK_MAX = 24,   /* octets of what dig writes where a transfer broke */
	ZONE_NAME_MAX = 1024, /* octets of a name as text, escapes included; longer ones are cut and no name any more */
};

struct zone_name {
	size_t n;
	char text[ZONE_NAME_MAX];
};

struct feed_zone {
	feed_on_entry *on_entry;
	void *arg;
	struct error *error;
	uint64_t line;
	uint64_t opened, quote_opened; /* the lines of the parenthesis and of the quotation that are open */
	unsigned depth;                /* open parentheses */
	unsigned quoted;               /* octets of the quotation so far */
	unsigned field;                /* tokens of this record so far; an omitted owner counts */
	unsigned said;                 /* octets of @comment */
	char comment[ZONE_MARK_MAX];   /* one that a line begins with, as far as it may be dig's word that it failed */
	bool at_start, in_comment, in_quotes, escaped, after_cr;
	bool has_token;   /* this record has one */
	bool skip;        /* the rest of this record tells nothing */
	bool is_origin;   /* the next token is $ORIGIN's */
	bool has_origin;  /* of $ORIGIN or the options */
	bool has_apex;    /* of a SOA or an origin below the root */
	bool has_owner;   /* a record was seen */
	bool is_relative; /* the owner was written without the last dot, and there was no origin */
	struct zone_name token, owner, origin, apex, last;
	struct zone_name held; /* an owner of NS that may be the apex of a SOA to come; empty: none */
	struct zone_name next; /* the domain that is handed on next, of which more servers may come; empty: none */
	struct extra held_servers, servers; /* of these two */
	struct extra *gather;               /* where those of this record go; NULL: nowhere */
	bool is_server;                     /* the next token is one */
};

/* @origin: of names without the last dot, "." for the root; NULL: $ORIGIN tells. Read here, not kept. */
void feed_zone_init(struct feed_zone *zone, const char *origin, feed_on_entry *on_entry, void *arg,
		    struct error *error);
__attribute__((warn_unused_result)) int feed_zone_push(struct feed_zone *zone, const char *p, size_t n);

/* @whole: as feed_reader_end has it. */
__attribute__((warn_unused_result)) int feed_zone_end(struct feed_zone *zone, bool whole);

/* Is this a line of a master file: a $directive, or owner, type and data? */
bool feed_zone_is_record(struct span line);

/* An answer as massdns writes it: a record without TTL and class, which no zone file begins with. */
bool feed_zone_is_answer(struct span line);

#endif
