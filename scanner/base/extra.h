/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/base/extra.h - what a list tells of a domain beside its name and rank, as octets that travel with it: from
 * the feed through the window, the temporary file of those that are asked again, and into its record. They are the
 * values of the list's columns (--label), or the name servers that a zone file delegates it to; most lists tell
 * nothing, and cost nothing.
 */
#ifndef STSURVEY_SCANNER_BASE_EXTRA_H
#define STSURVEY_SCANNER_BASE_EXTRA_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/observation.h"

enum extra_kind { EXTRA_LABELS = 1, EXTRA_SERVERS = 2 };

enum {
	EXTRA_ITEM_MAX = 255, /* octets: a label's, and more than a name has; each has one of length in front */
	EXTRA_ITEMS_MAX = OBS_NS_MAX > OBS_LABEL_MAX ? OBS_NS_MAX : OBS_LABEL_MAX,
	EXTRA_HEAD = 3, /* octets: kind, and how many were left out */
	EXTRA_MAX = EXTRA_HEAD + EXTRA_ITEMS_MAX * (1 + EXTRA_ITEM_MAX),
	EXTRA_FIRST_MAX = EXTRA_HEAD + 1 + EXTRA_ITEM_MAX, /* of one item */
	/* Of a domain's name servers so many are asked (--direct), as BIND does since NXNSAttack: no zone makes us look
	 * up more. */
	EXTRA_SERVERS_ASKED = 13,
};

_Static_assert((int)EXTRA_SERVERS_ASKED <= (int)EXTRA_ITEMS_MAX, "they travel so");

_Static_assert((int)OBS_LABEL_OCTETS_MAX <= (int)EXTRA_ITEM_MAX, "a label is an item");

struct extra {
	size_t n; /* octets; 0: nothing */
	unsigned items;
	char octet[EXTRA_MAX];
};

void extra_begin(struct extra *extra, enum extra_kind kind);

/* One more. What is too long, or one too many, is counted as left out. */
void extra_add(struct extra *extra, struct span item);

/* So many more there were. */
void extra_leave_out(struct extra *extra, uint16_t more);

static inline struct span extra_octets(const struct extra *extra)
{
	return (struct span){ extra->octet, extra->n };
}

static inline bool extra_is(struct span octets, enum extra_kind kind)
{
	return octets.n >= EXTRA_HEAD && (uint8_t)octets.p[0] == kind;
}

/* The items of @octets, in their order, at most @max: how many. They point into @octets. */
size_t extra_items(struct span octets, struct span item[], size_t max);

/* @octets without all items but the first, which tells the operator (scanner/rules/operator.h): a part of @octets. */
struct span extra_first(struct span octets);

/* How many more there were. */
uint16_t extra_left_out(struct span octets);

#endif
