/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/name.h - made-up domain names for benchmarks.
 *
 * Name i is the same on every machine, no two of the first NAME_COUNT are alike, and length, letters and
 * endings are much like those of a zone file, so that they compress and hash as real ones do.
 */
#ifndef STSURVEY_BENCH_NAME_H
#define STSURVEY_BENCH_NAME_H

#include <stddef.h>
#include <stdint.h>

enum {
	NAME_MAX_OCTETS = 48, /* of a made-up name, with NUL */
	NAME_COUNT = 1 << 27, /* further names repeat */
};

/* Write name @i with a NUL; returns its length. */
size_t name_write(uint32_t i, char out[static NAME_MAX_OCTETS]);

#endif
