/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/queue/admission_entry.h"

/* The first octet. */
enum {
	HAS_RANK = 1,
	HAS_WHY = 2,
	HAS_SERVERS = 4,
	SAME_SERVERS = 8,      /* as the entry before: they are not here */
	EXTRA_IS_SERVERS = 16, /* it is not here */
	HAS_EXTRA = 32,
	INPUT_SHIFT = 6,
};

_Static_assert(INPUT_STATUS_COUNT <= 4, "two bits hold it");

/* ---- numbers: seven bits an octet, the lowest first ---- */

static char *put_number(char *at, uint64_t number)
{
	for (; number >= 0x80; number >>= 7)
		*at++ = (char)(number | 0x80);
	*at++ = (char)number;
	return at;
}

/* Differences, small ones of either sign as small numbers. */
static char *put_difference(char *at, uint64_t number, uint64_t before)
{
	uint64_t difference = number - before;

	return put_number(at, difference << 1 ^ -(difference >> 63));
}

static char *put_text(char *at, struct span text)
{
	at = put_number(at, text.n);
	if (text.n > 0)
		memcpy(at, text.p, text.n);
	return at + text.n;
}

static bool get_number(struct span *rest, uint64_t *number)
{
	*number = 0;
	for (unsigned shift = 0; rest->n > 0 && shift < 64; shift += 7) {
		uint64_t octet = (uint8_t)*rest->p;

		*rest = span_skip(*rest, 1);
		*number |= (octet & 0x7f) << shift;
		if (octet < 0x80)
			return true;
	}
	return false;
}

static bool get_difference(struct span *rest, uint64_t before, uint64_t *number)
{
	uint64_t coded;

	if (!get_number(rest, &coded))
		return false;
	*number = before + (coded >> 1 ^ -(coded & 1));
	return true;
}

static bool get_text(struct span *rest, size_t most, struct span *text)
{
	uint64_t n;

	if (!get_number(rest, &n) || n > rest->n || n > most)
		return false;
	*text = (struct span){ rest->p, (size_t)n };
	*rest = span_skip(*rest, (size_t)n);
	return true;
}

/* ---- entries ---- */

struct span admission_entry_encode(struct admission_written *before, const uint8_t key[static SIPHASH_KEY_OCTETS],
				   const struct admission_entry *entry, char text[static ADMISSION_ENTRY_MAX])
{
	const struct feed_target *target = &entry->target;
	uint64_t servers = entry->servers.n > 0 ? siphash(key, entry->servers) : 0;
	bool is_same = servers != 0 && servers == before->servers;
	unsigned mark = (unsigned)target->input << INPUT_SHIFT;
	char *at = text + 1;

	at = put_difference(at, target->index, before->index);
	if (target->rank != 0) { /* mostly the line's number, which the index is, too */
		mark |= HAS_RANK;
		at = put_difference(at, target->rank, target->index);
	}
	if (entry->why != FALL_BACK_NONE) {
		mark |= HAS_WHY;
		*at++ = (char)entry->why;
	}
	at = put_text(at, target->name);
	if (entry->servers.n > 0) {
		mark |= HAS_SERVERS | (is_same ? SAME_SERVERS : 0);
		if (!is_same)
			at = put_text(at, entry->servers);
	}
	if (target->extra.n > 0 && span_equal(target->extra, entry->servers)) {
		mark |= EXTRA_IS_SERVERS;
	} else if (target->extra.n > 0) {
		mark |= HAS_EXTRA;
		at = put_text(at, target->extra);
	}
	text[0] = (char)mark;
	*before = (struct admission_written){ target->index, servers };
	return (struct span){ text, (size_t)(at - text) };
}

bool admission_entry_decode(struct span record, uint64_t index, struct span servers, struct admission_entry *entry)
{
	unsigned mark = record.n > 0 ? (uint8_t)record.p[0] : 0;
	struct span rest = record.n > 0 ? span_skip(record, 1) : record;
	struct feed_target *target = &entry->target;

	*entry = (struct admission_entry){ .target.input = (enum input_status)(mark >> INPUT_SHIFT) };
	if (!get_difference(&rest, index, &target->index) ||
	    ((mark & HAS_RANK) && !get_difference(&rest, target->index, &target->rank)))
		return false;
	if (mark & HAS_WHY) {
		if (rest.n == 0)
			return false;
		entry->why = (enum obs_fall_back)(uint8_t)rest.p[0];
		rest = span_skip(rest, 1);
	}
	if (!get_text(&rest, OBS_LINE_MAX, &target->name))
		return false;
	if (mark & SAME_SERVERS)
		entry->servers = servers;
	else if ((mark & HAS_SERVERS) && !get_text(&rest, EXTRA_MAX, &entry->servers))
		return false;
	if (mark & EXTRA_IS_SERVERS)
		target->extra = entry->servers;
	else if ((mark & HAS_EXTRA) && !get_text(&rest, EXTRA_MAX, &target->extra))
		return false;
	return rest.n == 0 && target->input < INPUT_STATUS_COUNT && entry->why < FALL_BACK_COUNT;
}
