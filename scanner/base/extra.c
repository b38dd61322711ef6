/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/base/extra.h"

enum { AT_KIND, AT_LEFT_OUT }; /* the latter has two octets */

void extra_begin(struct extra *extra, enum extra_kind kind)
{
	extra->n = EXTRA_HEAD;
	extra->items = 0;
	memset(extra->octet, 0, EXTRA_HEAD);
	extra->octet[AT_KIND] = (char)kind;
}

uint16_t extra_left_out(struct span octets)
{
	return (uint16_t)((uint8_t)octets.p[AT_LEFT_OUT] << 8 | (uint8_t)octets.p[AT_LEFT_OUT + 1]);
}

void extra_leave_out(struct extra *extra, uint16_t more)
{
	uint16_t left_out = extra_left_out(extra_octets(extra));

	left_out = more < UINT16_MAX - left_out ? (uint16_t)(left_out + more) : UINT16_MAX;
	extra->octet[AT_LEFT_OUT] = (char)(left_out >> 8);
	extra->octet[AT_LEFT_OUT + 1] = (char)left_out;
}

void extra_add(struct extra *extra, struct span item)
{
	if (item.n <= EXTRA_ITEM_MAX && extra->items < EXTRA_ITEMS_MAX) {
		extra->octet[extra->n++] = (char)item.n;
		if (item.n > 0)
			memcpy(extra->octet + extra->n, item.p, item.n);
		extra->n += item.n;
		extra->items++;
	} else {
		extra_leave_out(extra, 1);
	}
}

size_t extra_items(struct span octets, struct span item[], size_t max)
{
	struct span rest = octets.n > EXTRA_HEAD ? span_skip(octets, EXTRA_HEAD) : (struct span){ NULL, 0 };
	size_t count = 0;

	while (rest.n > 0 && count < max) {
		size_t n = (uint8_t)rest.p[0];

		item[count++] = (struct span){ rest.p + 1, n };
		rest = span_skip(rest, 1 + n);
	}
	return count;
}

struct span extra_first(struct span octets)
{
	struct span item;

	if (extra_items(octets, &item, 1) == 0)
		return (struct span){ NULL, 0 };
	return (struct span){ octets.p, (size_t)(item.p + item.n - octets.p) };
}
