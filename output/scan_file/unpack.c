/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/scan_file/unpack.h"

#include <string.h>

/* First octets, from the msgpack specification. */
enum {
	FIXMAP = 0x80,
	FIXARRAY = 0x90,
	FIXSTR = 0xa0,
	NIL = 0xc0,
	UINT8 = 0xcc,
	UINT64 = 0xcf,
	INT8 = 0xd0,
	INT64 = 0xd3,
	STR8 = 0xd9,
	STR32 = 0xdb,
	BIN8 = 0xc4,
	BIN32 = 0xc6,
	FLOAT64 = 0xcb,
	ARRAY16 = 0xdc,
	MAP16 = 0xde,
	NEGATIVE_FIXINT = 0xe0,
};

/* What follows the first octets 0xc0…0xdf: a length or count of so many octets, then so many
 * octets of payload (-1: as the length says), or as many values as the count says, or twice as many. */
static const struct {
	signed char head, payload;
	unsigned char values; /* per counted element */
} shape[32] = {
	[0x00] = { 0, 0, 0 },                                                /* nil */
	[0x01] = { -1, 0, 0 },                                               /* never used */
	[0x02] = { 0, 0, 0 },  [0x03] = { 0, 0, 0 },                         /* false, true */
	[0x04] = { 1, -1, 0 }, [0x05] = { 2, -1, 0 }, [0x06] = { 4, -1, 0 }, /* bin */
	[0x07] = { 1, 1, 0 },  [0x08] = { 2, 1, 0 },  [0x09] = { 4, 1, 0 },  /* ext: a type octet, then the
										length */
	[0x0a] = { 0, 4, 0 },  [0x0b] = { 0, 8, 0 },                         /* float */
	[0x0c] = { 0, 1, 0 },  [0x0d] = { 0, 2, 0 },  [0x0e] = { 0, 4, 0 },  [0x0f] = { 0, 8, 0 }, /* uint */
	[0x10] = { 0, 1, 0 },  [0x11] = { 0, 2, 0 },  [0x12] = { 0, 4, 0 },  [0x13] = { 0, 8, 0 }, /* int */
	[0x14] = { 0, 2, 0 },  [0x15] = { 0, 3, 0 },  [0x16] = { 0, 5, 0 },  [0x17] = { 0, 9, 0 },
	[0x18] = { 0, 17, 0 },                                               /* fixext */
	[0x19] = { 1, -1, 0 }, [0x1a] = { 2, -1, 0 }, [0x1b] = { 4, -1, 0 }, /* str */
	[0x1c] = { 2, 0, 1 },  [0x1d] = { 4, 0, 1 },                         /* array */
	[0x1e] = { 2, 0, 2 },  [0x1f] = { 4, 0, 2 },                         /* map */
};

bool unpack_fail(struct unpack *u)
{
	u->p = u->end;
	u->failed = true;
	return false;
}

/* @n octets, big-endian; consumed. */
static uint64_t number(struct unpack *u, size_t n)
{
	uint64_t value = 0;

	if (unpack_left(u) < n)
		return (uint64_t)unpack_fail(u);
	for (size_t i = 0; i < n; i++)
		value = value << 8 | *u->p++;
	return value;
}

/* The first octet, consumed; NIL after the end, which no caller takes. */
static uint8_t first(struct unpack *u)
{
	if (u->p < u->end)
		return *u->p++;
	unpack_fail(u);
	return NIL;
}

uint64_t unpack_uint_wide(struct unpack *u)
{
	uint8_t c = first(u);

	return c >= UINT8 && c <= UINT64 ? number(u, (size_t)1 << (c - UINT8)) : (uint64_t)unpack_fail(u);
}

int64_t unpack_int_wide(struct unpack *u)
{
	uint8_t c = first(u);
	uint64_t value;
	size_t n;

	if (c >= NEGATIVE_FIXINT)
		return (int64_t)c - 256;
	if (c >= UINT8 && c <= UINT64) {
		value = number(u, (size_t)1 << (c - UINT8));
		return value <= INT64_MAX ? (int64_t)value : (int64_t)unpack_fail(u);
	}
	if (c < INT8 || c > INT64)
		return (int64_t)unpack_fail(u);
	n = (size_t)1 << (c - INT8);
	value = number(u, n);
	/* Carry the sign of the narrow number into the wide one. */
	if (n < 8 && value >> (8 * n - 1))
		value |= ~UINT64_C(0) << (8 * n);
	return (int64_t)value;
}

double unpack_double(struct unpack *u)
{
	uint8_t c = first(u);
	uint64_t bits = c == FLOAT64 ? number(u, sizeof(bits)) : (uint64_t)unpack_fail(u);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

struct span unpack_text_wide(struct unpack *u)
{
	uint8_t c = first(u);
	struct span s = { NULL, 0 };
	size_t n;

	if (c >= STR8 && c <= STR32)
		n = (size_t)number(u, (size_t)1 << (c - STR8));
	else if (c >= BIN8 && c <= BIN32)
		n = (size_t)number(u, (size_t)1 << (c - BIN8));
	else
		n = SIZE_MAX;
	if (u->failed || n > unpack_left(u)) {
		unpack_fail(u);
		return s;
	}
	s = (struct span){ (const char *)u->p, n };
	u->p += n;
	return s;
}

/* How many elements follow, of @values each: @fix holds it in its lower half, @wide is followed by two octets that hold
 * it, @wide + 1 by four. */
static uint32_t elements(struct unpack *u, uint8_t fix, uint8_t wide, size_t values)
{
	uint8_t c = first(u);
	uint64_t n = UINT64_MAX;

	if ((c & 0xf0) == fix)
		n = c & 0x0f;
	else if (c == wide || c == wide + 1)
		n = number(u, c == wide ? 2 : 4);
	return n <= unpack_left(u) / values ? (uint32_t)n : (uint32_t)unpack_fail(u);
}

uint32_t unpack_array_wide(struct unpack *u)
{
	return elements(u, FIXARRAY, ARRAY16, 1);
}

uint32_t unpack_map(struct unpack *u)
{
	return elements(u, FIXMAP, MAP16, 2);
}

static uint64_t skip_octets(struct unpack *u, uint64_t n)
{
	if (n > unpack_left(u))
		return (uint64_t)unpack_fail(u);
	u->p += n;
	return 0;
}

/* Pass over one value's own octets; returns the number of values inside it, which follow. */
static uint64_t skip_one(struct unpack *u)
{
	uint8_t c = first(u);
	uint64_t count;

	if (c < FIXMAP || c >= NEGATIVE_FIXINT)
		return 0;
	if (c < FIXSTR)
		return (c & 0x0f) * (uint64_t)(c < FIXARRAY ? 2 : 1);
	if (c < NIL)
		return skip_octets(u, c & 0x1f);
	if (shape[c - NIL].head < 0)
		return (uint64_t)unpack_fail(u);
	count = number(u, (size_t)shape[c - NIL].head);
	if (shape[c - NIL].values > 0)
		return count * shape[c - NIL].values;
	/* The length as read, plus an ext's type octet; or what the type alone says. */
	return skip_octets(u, shape[c - NIL].payload < 0 ? count : count + (uint64_t)shape[c - NIL].payload);
}

void unpack_skip(struct unpack *u, uint32_t n)
{
	/* Counting instead of recursing: depth costs nothing, and each value takes an octet at least. */
	for (uint64_t pending = n; pending > 0 && !u->failed; pending--)
		pending += skip_one(u);
}
