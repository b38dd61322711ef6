/* scanner/feed/feed_decode.h - octets of a file → octets of the list inside: plain, gzip or zstd, told by their
 * first octets.
 *
 * A push decoder: it is given what was read and hands on what came out, in pieces, holding no more than a
 * window. Concatenated gzip members and zstd frames are one stream, as gzip(1) and zstd(1) have it.
 */
#ifndef STSURVEY_SCANNER_FEED_FEED_DECODE_H
#define STSURVEY_SCANNER_FEED_FEED_DECODE_H

#include <stddef.h>

/* 0 to go on; FEED_STOPPED to stop; -1 for an error of one's own. */
typedef int feed_on_octets(void *arg, const char *p, size_t n);

enum { FEED_STOPPED = 1, FEED_DECODE_ERROR_MAX = 160 };

struct feed_decode;

/* NULL: no memory. */
struct feed_decode *feed_decode_new(feed_on_octets *on_octets, void *arg);
void feed_decode_free(struct feed_decode *decode);

/* 0; what on_octets returned where not 0; or -1 and feed_decode_error says what is wrong with the input. */
__attribute__((warn_unused_result)) int feed_decode_push(struct feed_decode *decode, const char *p, size_t n);

/* No more octets will come. As above; a truncated stream shows here. */
__attribute__((warn_unused_result)) int feed_decode_end(struct feed_decode *decode);

/* "" where the error was not the decoder's. Names the octet and the remedy, not the file. */
const char *feed_decode_error(const struct feed_decode *decode);

#endif
