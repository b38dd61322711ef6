/* scanner/feed/feed_zone.h - a DNS master file (RFC 1035 5) → the domains delegated in it: owners of NS records.
 */
#ifndef STSURVEY_SCANNER_FEED_FEED_ZONE_H
#define STSURVEY_SCANNER_FEED_FEED_ZONE_H

#include "scanner/feed/feed_format.h"

enum {
	ZONE_NAME_MAX = 1024
}; /* octets of a name as text, escapes included; longer ones are cut and no name any more */

struct zone_name {
	size_t n;
	char text[ZONE_NAME_MAX];
};

struct feed_zone {
	feed_on_entry *on_entry;
	void *arg;
	struct error *error;
	uint64_t line;
	unsigned depth; /* open parentheses */
	unsigned field; /* tokens of this record so far; an omitted owner counts */
	bool at_start, in_comment, in_quotes, escaped;
	bool skip;      /* the rest of this record tells nothing */
	bool is_origin; /* the next token is $ORIGIN's */
	bool has_apex, has_origin;
	struct zone_name token, owner, origin, apex, last;
};

void feed_zone_init(struct feed_zone *zone, feed_on_entry *on_entry, void *arg, struct error *error);
__attribute__((warn_unused_result)) int feed_zone_push(struct feed_zone *zone, const char *p, size_t n);
__attribute__((warn_unused_result)) int feed_zone_end(struct feed_zone *zone);

/* Is this a line of a master file: a $directive, or owner, type and data? */
bool feed_zone_is_record(struct span line);

#endif
