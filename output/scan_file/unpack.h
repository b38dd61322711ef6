/* SPDX-License-Identifier: BSD-2-Clause */
/* output/scan_file/unpack.h - reads untrusted msgpack octets.
 *
 * A cursor with a sticky error: the first octet that does not fit makes `failed` true and every later read give 0 or an
 * empty span, so that a decoder checks once at its end. No count is believed beyond the octets left, nothing recurses.
 * msgpack-c's own unpacker builds a tree of objects first, which is too slow here.
 */
#ifndef STSURVEY_OUTPUT_SCAN_FILE_UNPACK_H
#define STSURVEY_OUTPUT_SCAN_FILE_UNPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/span.h"

struct unpack {
	const uint8_t *p, *end;
	bool failed;
};

static inline void unpack_init(struct unpack *u, const void *data, size_t n)
{
	u->p = data;
	u->end = n > 0 ? u->p + n : u->p;
	u->failed = false;
}

static inline size_t unpack_left(const struct unpack *u)
{
	return (size_t)(u->end - u->p);
}

/* Always false, so that `return unpack_fail(u)` reads well. */
bool unpack_fail(struct unpack *u);

/* For the functions below: what is longer than its first octet says, or not whole. */
uint64_t unpack_uint_wide(struct unpack *u);
int64_t unpack_int_wide(struct unpack *u);
struct span unpack_text_wide(struct unpack *u);
uint32_t unpack_array_wide(struct unpack *u);

/* A whole number from 0. */
static inline uint64_t unpack_uint(struct unpack *u)
{
	if (u->p < u->end && *u->p < 0x80)
		return *u->p++;
	return unpack_uint_wide(u);
}

/* … of at most @max. */
static inline uint64_t unpack_uint_max(struct unpack *u, uint64_t max)
{
	uint64_t value = unpack_uint(u);

	return value <= max ? value : (uint64_t)unpack_fail(u);
}

/* Any number that fits int64_t. */
static inline int64_t unpack_int(struct unpack *u)
{
	if (u->p < u->end && *u->p < 0x80)
		return *u->p++;
	return unpack_int_wide(u);
}

/* str or bin; the span points into the input. */
static inline struct span unpack_text(struct unpack *u)
{
	if (u->p < u->end && (*u->p & 0xe0) == 0xa0) {
		size_t n = *u->p & 0x1f;

		if (n < unpack_left(u)) {
			struct span s = { (const char *)u->p + 1, n };

			u->p += n + 1;
			return s;
		}
	}
	return unpack_text_wide(u);
}

/* The number of elements that follow: never more than octets are left. */
static inline uint32_t unpack_array(struct unpack *u)
{
	if (u->p < u->end && (*u->p & 0xf0) == 0x90) {
		uint32_t n = *u->p & 0x0f;

		if (n < unpack_left(u)) {
			u->p++;
			return n;
		}
	}
	return unpack_array_wide(u);
}

/* … of at most @max. */
static inline uint32_t unpack_array_max(struct unpack *u, uint32_t max)
{
	uint32_t n = unpack_array(u);

	return n <= max ? n : (uint32_t)unpack_fail(u);
}

/* The number of pairs that follow. */
uint32_t unpack_map(struct unpack *u);

/* Is nil next? Then it is consumed. */
static inline bool unpack_nil(struct unpack *u)
{
	if (u->p < u->end && *u->p == 0xc0) {
		u->p++;
		return true;
	}
	return false;
}

/* Is a whole number from 0 next? Is a bin? Nothing is consumed. */
static inline bool unpack_is_uint(const struct unpack *u)
{
	return u->p < u->end && (*u->p < 0x80 || (*u->p >= 0xcc && *u->p <= 0xcf));
}

static inline bool unpack_is_bin(const struct unpack *u)
{
	return u->p < u->end && *u->p >= 0xc4 && *u->p <= 0xc6;
}

/* Pass over @n values with all that is in them. */
void unpack_skip(struct unpack *u, uint32_t n);

/* Fields of a positional array whose tail may be left out: @left counts the elements still there, an
 * absent one or nil is the default. True where there is a value to read. */
static inline bool unpack_field(struct unpack *u, uint32_t *left)
{
	if (*left == 0)
		return false;
	(*left)--;
	return !unpack_nil(u);
}

static inline uint64_t unpack_field_uint(struct unpack *u, uint32_t *left, uint64_t max)
{
	return unpack_field(u, left) ? unpack_uint_max(u, max) : 0;
}

static inline int64_t unpack_field_int(struct unpack *u, uint32_t *left)
{
	return unpack_field(u, left) ? unpack_int(u) : 0;
}

/* A number with a fraction, in 64 bits. */
double unpack_double(struct unpack *u);

/* p NULL where absent. */
static inline struct span unpack_field_text(struct unpack *u, uint32_t *left)
{
	return unpack_field(u, left) ? unpack_text(u) : (struct span){ NULL, 0 };
}

#endif
