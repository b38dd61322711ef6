/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt_gzip.h"

#include <stdlib.h>

#include <zlib.h>

enum {
	ONLY_GZIP = 16 + MAX_WBITS, /* inflateInit2's way to say so */
	ROOM = 16 * 1024,
};

static const unsigned char magic[] = { 0x1f, 0x8b };

struct tlsrpt_gzip {
	z_stream stream;
	bool between; /* a member has ended: there may be another */
	bool ended;   /* what follows is none */
	unsigned char room[ROOM];
};

struct tlsrpt_gzip *tlsrpt_gzip_new(void)
{
	struct tlsrpt_gzip *gzip = calloc(1, sizeof(*gzip));

	if (gzip && inflateInit2(&gzip->stream, ONLY_GZIP) == Z_OK)
		return gzip;
	free(gzip);
	return NULL;
}

void tlsrpt_gzip_free(struct tlsrpt_gzip *gzip)
{
	if (!gzip)
		return;
	inflateEnd(&gzip->stream);
	free(gzip);
}

void tlsrpt_gzip_begin(struct tlsrpt_gzip *gzip)
{
	inflateReset2(&gzip->stream, ONLY_GZIP);
	gzip->between = gzip->ended = false;
}

static int fail(const struct tlsrpt_gzip *gzip, int result, struct error *error)
{
	if (result == Z_MEM_ERROR)
		return error_set(error, "no memory");
	return error_set(error, "damaged gzip: %s", gzip->stream.msg ? gzip->stream.msg : "malformed");
}

int tlsrpt_gzip_feed(struct tlsrpt_gzip *gzip, struct span octets, tlsrpt_gzip_on_octets *on_octets, void *arg,
		     struct error *error)
{
	z_stream *stream = &gzip->stream;

	stream->next_in = (unsigned char *)(uintptr_t)octets.p;
	stream->avail_in = (unsigned)octets.n;
	while (!gzip->ended && (stream->avail_in > 0 || stream->avail_out == 0)) {
		int result;

		if (gzip->between) { /* by its first octet: one that is cut behind it is damaged then */
			if (stream->avail_in == 0)
				break;
			gzip->ended = stream->next_in[0] != magic[0];
			if (gzip->ended)
				break;
			inflateReset2(stream, ONLY_GZIP);
			gzip->between = false;
		}
		stream->next_out = gzip->room;
		stream->avail_out = ROOM;
		result = inflate(stream, Z_NO_FLUSH);
		if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
			return fail(gzip, result, error);
		if (stream->avail_out < ROOM &&
		    on_octets(arg, (struct span){ (const char *)gzip->room, ROOM - stream->avail_out }, error) < 0)
			return -1;
		if (result == Z_STREAM_END) {
			gzip->between = true;
			stream->avail_out = 1; /* nothing waits */
		} else if (result == Z_BUF_ERROR) {
			break;
		}
	}
	return 0;
}

int tlsrpt_gzip_end(const struct tlsrpt_gzip *gzip, struct error *error)
{
	return gzip->between || gzip->ended ? 0 : error_set(error, "gzip that ends too early");
}
