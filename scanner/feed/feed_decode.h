/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/feed/feed_decode.h - octets of a file → octets of the list inside: plain, gzip or zstd, told by their
 * first octets.
 *
 * A push decoder: it is given what was read and hands on what came out, in pieces, holding no more than a
 * window. Concatenated gzip members and zstd frames are one stream, as gzip(1) and zstd(1) have it.
 */
#ifndef STSURVEY_SCANNER_FEED_FEED_DECODE_H
#define STSURVEY_SCANNER_FEED_FEED_DECODE_H

#include <stddef.h>

#include "output/error.h"

/* 0 to go on; FEED_STOPPED to stop; -1 for an error of one's own. */
typedef int feed_on_octets(void *arg, const char *p, size_t n);

enum { FEED_STOPPED = 1 };

struct feed_decode;

/* What is wrong with the input is written to @error, which outlives the decoder: octet and remedy, not the file. NULL:
 * no memory. */
struct feed_decode *feed_decode_new(feed_on_octets *on_octets, void *arg, struct error *error);
void feed_decode_free(struct feed_decode *decode);

/* 0; what on_octets returned where not 0; or -1 with the error written. */
__attribute__((warn_unused_result)) int feed_decode_push(struct feed_decode *decode, const char *p, size_t n);

/* No more octets will come. As above; a truncated stream shows here. */
__attribute__((warn_unused_result)) int feed_decode_end(struct feed_decode *decode);

#endif
