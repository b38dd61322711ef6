/* SPDX-License-Identifier: BSD-2-Clause */
/* Plain, gzip and zstd streams: the first octet is the piece size, the rest the file. What comes out does not
 * depend on the pieces. */
#include "parsers/hash.h"
#include "scanner/feed/feed_decode.h"
#include "tests/fuzz/fuzz.h"

enum { OUTPUT_MAX = 4 * 1024 * 1024 }; /* octets; a bomb is cut short here as --max-domains would */

struct heard {
	uint64_t octets, hash;
	int result;
};

static int on_octets(void *arg, const char *p, size_t n)
{
	struct heard *heard = arg;

	FUZZ_CHECK(n > 0);
	heard->octets += n;
	heard->hash = hash_octets(heard->hash, p, n);
	return heard->octets > OUTPUT_MAX ? FEED_STOPPED : 0;
}

static struct heard decode_in_pieces(struct span rest, size_t piece)
{
	struct heard heard = { 0, HASH_NOTHING, 0 };
	struct error error = { "" };
	struct feed_decode *decode = feed_decode_new(on_octets, &heard, &error);

	FUZZ_CHECK(decode);
	while (rest.n > 0 && heard.result == 0) {
		size_t n = piece < rest.n ? piece : rest.n;

		heard.result = feed_decode_push(decode, rest.p, n);
		rest = span_skip(rest, n);
	}
	if (heard.result == 0)
		heard.result = feed_decode_end(decode);
	FUZZ_CHECK((heard.result == -1) == (error.text[0] != '\0'));
	feed_decode_free(decode);
	return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = { (const char *)data + 1, size - 1 };
	struct heard whole, pieces;

	if (size == 0)
		return 0;
	whole = decode_in_pieces(input, size);
	pieces = decode_in_pieces(input, (size_t)data[0] + 1);
	FUZZ_CHECK(whole.result == pieces.result);
	if (whole.result == 0) /* what a damaged stream still yields depends on where its octets were cut */
		FUZZ_CHECK(whole.octets == pieces.octets && whole.hash == pieces.hash);
	return 0;
}
