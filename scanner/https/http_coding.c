/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/https/http_coding.h"

#include <zlib.h>

enum {
	PIECE = 4096,         /* octets handed on at once */
	EITHER_WRAPPER = 47,  /* zlib: the largest window, gzip or zlib as its first octets say */
	WITHOUT_WRAPPER = -15 /* what some call deflate: RFC 1951 alone */
};

struct http_coding {
	z_stream stream;
	struct arena *arena;
	enum http_coding_kind kind;
	bool no_memory;
	bool begun;   /* an octet has come in */
	bool ended;   /* a gzip member has; another may follow (RFC 1952 2.2) */
	bool is_bare; /* the stream has no wrapper */
};

enum http_coding_kind http_coding_of(struct span field)
{
	static const struct {
		struct span name;
		enum http_coding_kind kind;
	} names[] = {
		{ SPAN_LITERAL(""), HTTP_CODING_NONE },
		{ SPAN_LITERAL("identity"), HTTP_CODING_NONE },
		{ SPAN_LITERAL("gzip"), HTTP_CODING_GZIP },
		{ SPAN_LITERAL("x-gzip"), HTTP_CODING_GZIP },
		{ SPAN_LITERAL("deflate"), HTTP_CODING_DEFLATE },
		/* no codings, but seen there; senders' libraries pass over them */
		{ SPAN_LITERAL("utf-8"), HTTP_CODING_NONE },
		{ SPAN_LITERAL("utf8"), HTTP_CODING_NONE },
		{ SPAN_LITERAL("iso-8859-1"), HTTP_CODING_NONE },
		{ SPAN_LITERAL("us-ascii"), HTTP_CODING_NONE },
		{ SPAN_LITERAL("ascii"), HTTP_CODING_NONE },
		{ SPAN_LITERAL("7bit"), HTTP_CODING_NONE },
		{ SPAN_LITERAL("8bit"), HTTP_CODING_NONE },
		{ SPAN_LITERAL("binary"), HTTP_CODING_NONE },
		{ SPAN_LITERAL("none"), HTTP_CODING_NONE },
		{ SPAN_LITERAL("aws-chunked"), HTTP_CODING_NONE },
		{ SPAN_LITERAL("chunked"), HTTP_CODING_NONE },
	};
	enum http_coding_kind kind = HTTP_CODING_NONE;
	struct span member;

	while (span_next_part(&field, ',', &member)) {
		size_t i = 0;

		while (i < COUNT_OF(names) && !span_equal_nocase(member, names[i].name))
			i++;
		if (i == COUNT_OF(names) || (names[i].kind != HTTP_CODING_NONE && kind != HTTP_CODING_NONE))
			return HTTP_CODING_UNKNOWN;
		if (names[i].kind != HTTP_CODING_NONE)
			kind = names[i].kind;
	}
	return kind;
}

static voidpf allocate(voidpf arg, uInt count, uInt size)
{
	struct http_coding *coding = arg;
	void *p = arena_alloc(coding->arena, (size_t)count * size);

	coding->no_memory |= !p;
	return p;
}

static void release(voidpf arg, voidpf p)
{
	(void)arg, (void)p; /* the arena's, with all the rest */
}

struct http_coding *http_coding_new(struct arena *arena, enum http_coding_kind kind)
{
	struct http_coding *coding = arena_alloc(arena, sizeof(*coding));

	if (!coding)
		return NULL;
	coding->arena = arena;
	coding->kind = kind;
	coding->stream = (z_stream){ .zalloc = allocate, .zfree = release, .opaque = coding };
	return inflateInit2(&coding->stream, EITHER_WRAPPER) == Z_OK ? coding : NULL;
}

/* Is it deflate without the wrapper that RFC 9110 8.4.1.2 wants? Its first octets say so. */
static bool try_bare(struct http_coding *coding, struct span coded)
{
	z_stream *stream = &coding->stream;

	if (coding->kind != HTTP_CODING_DEFLATE || coding->is_bare || coding->begun)
		return false;
	coding->is_bare = true;
	stream->next_in = (Bytef *)coded.p;
	stream->avail_in = (uInt)coded.n;
	return inflateReset2(stream, WITHOUT_WRAPPER) == Z_OK;
}

enum http_coding_result http_coding_push(struct http_coding *coding, struct span coded,
					 bool (*on_octets)(void *arg, struct span octets), void *arg)
{
	z_stream *stream = &coding->stream;
	Bytef piece[PIECE];
	int result = Z_OK;

	stream->next_in = (Bytef *)coded.p;
	stream->avail_in = (uInt)coded.n;
	while (stream->avail_in > 0 || stream->avail_out == 0) {
		if (coding->ended && inflateReset(stream) != Z_OK)
			return HTTP_CODING_BROKEN;
		coding->ended = false;
		stream->next_out = piece;
		stream->avail_out = PIECE;
		result = inflate(stream, Z_NO_FLUSH);
		if (coding->no_memory || result == Z_MEM_ERROR)
			return HTTP_CODING_NO_MEMORY;
		if (result == Z_DATA_ERROR && stream->avail_out == PIECE && try_bare(coding, coded))
			continue;
		if (PIECE > stream->avail_out &&
		    !on_octets(arg, (struct span){ (const char *)piece, PIECE - stream->avail_out }))
			return HTTP_CODING_STOPPED;
		if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
			return HTTP_CODING_BROKEN;
		coding->ended = result == Z_STREAM_END;
		if (result == Z_BUF_ERROR || (coding->ended && stream->avail_in == 0))
			break;
	}
	coding->begun = true;
	return HTTP_CODING_GO_ON;
}

bool http_coding_is_whole(const struct http_coding *coding)
{
	return coding->ended || !coding->begun;
}

const char *http_coding_library_version(void)
{
	return zlibVersion();
}
