/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/feed/feed_decode.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST /* input is not written to */
#include <zlib.h>
#include <zstd.h>

#include "parsers/span.h"

enum {
	OUTPUT_SIZE = 128 * 1024, /* octets handed on at once: stays in the second-level cache */
	HEAD_SIZE = 4,            /* octets that tell every format below */
	GZIP_WINDOW = 15 + 16,    /* zlib: largest window, gzip wrapper only */
};

struct codec {
	const char *name;
	struct {
		uint8_t octet[HEAD_SIZE];
		uint8_t n;
	} magic;
	uint8_t loose; /* bits of the first octet that may be any */
	int (*push)(struct feed_decode *decode, const char *p, size_t n);
};

struct feed_decode {
	feed_on_octets *on_octets;
	void *arg;
	struct error *error;
	const struct codec *codec; /* NULL: not known yet */
	char head[HEAD_SIZE];
	size_t head_n;
	uint64_t taken; /* octets of the input */
	bool inside;    /* in the middle of a member or frame */
	z_stream gzip;
	ZSTD_DStream *zstd;
	char output[OUTPUT_SIZE];
};

static int damaged(struct feed_decode *decode, const char *what)
{
	return error_set(decode->error, "damaged %s stream at octet %llu (%s): fetch the file again",
			 decode->codec->name, (unsigned long long)decode->taken, what);
}

static int push_plain(struct feed_decode *decode, const char *p, size_t n)
{
	return decode->on_octets(decode->arg, p, n);
}

/* Behind a member stands another one, or the zeros some tools pad with. */
static int begin_member(struct feed_decode *decode)
{
	z_stream *gzip = &decode->gzip;

	while (gzip->avail_in > 0 && *gzip->next_in == 0 && decode->taken > 0) {
		gzip->next_in++;
		gzip->avail_in--;
		decode->taken++;
	}
	if (gzip->avail_in == 0)
		return 0;
	if (*gzip->next_in != 0x1f)
		return damaged(decode, "octets behind the end");
	decode->inside = true;
	inflateReset(gzip);
	return 0;
}

static int push_gzip(struct feed_decode *decode, const char *p, size_t n)
{
	z_stream *gzip = &decode->gzip;
	int result = 0, status = Z_OK;
	bool more = false; /* zlib filled the output and may hold more */

	gzip->next_in = (const Bytef *)p;
	gzip->avail_in = (uInt)n;
	while (result == 0 && (gzip->avail_in > 0 || more)) {
		size_t before = gzip->avail_in, made;

		if (!decode->inside) {
			result = begin_member(decode);
			if (result != 0 || !decode->inside)
				break;
			before = gzip->avail_in;
		}
		gzip->next_out = (Bytef *)decode->output;
		gzip->avail_out = OUTPUT_SIZE;
		status = inflate(gzip, Z_NO_FLUSH);
		decode->taken += before - gzip->avail_in;
		made = OUTPUT_SIZE - gzip->avail_out;
		more = gzip->avail_out == 0 && status == Z_OK;
		if (made > 0)
			result = decode->on_octets(decode->arg, decode->output, made);
		if (status == Z_STREAM_END)
			decode->inside = false;
		else if (status != Z_OK && status != Z_BUF_ERROR && result == 0)
			result = damaged(decode, gzip->msg ? gzip->msg : "zlib");
	}
	return result;
}

static int push_zstd(struct feed_decode *decode, const char *p, size_t n)
{
	ZSTD_inBuffer in = { p, n, 0 };
	bool more = false;
	int result = 0;

	while (result == 0 && (in.pos < in.size || more)) {
		ZSTD_outBuffer out = { decode->output, OUTPUT_SIZE, 0 };
		size_t before = in.pos, left = ZSTD_decompressStream(decode->zstd, &out, &in);

		decode->taken += in.pos - before;
		more = out.pos == out.size;
		if (out.pos > 0)
			result = decode->on_octets(decode->arg, decode->output, out.pos);
		if (ZSTD_isError(left)) {
			decode->inside = false; /* said here, not as a truncation at the end */
			return result != 0 ? result : damaged(decode, ZSTD_getErrorName(left));
		}
		decode->inside = left != 0;
		more = more && decode->inside;
	}
	return result;
}

/* What else a file may be, the reader looks for in what comes out: one may lie within the other. */
static const struct codec codecs[] = {
	{ "gzip", { { 0x1f, 0x8b }, 2 }, 0, push_gzip },
	{ "zstd", { { 0x28, 0xb5, 0x2f, 0xfd }, 4 }, 0, push_zstd },
	{ "zstd", { { 0x50, 0x2a, 0x4d, 0x18 }, 4 }, 0x0f, push_zstd }, /* a skippable frame, as pzstd begins with */
};

static const struct codec plain = { "plain", { { 0 }, 0 }, 0, push_plain };

/* Do the octets of the head, or as many as there are, begin as the codec's do? */
static bool agrees(const struct feed_decode *decode, const struct codec *codec)
{
	size_t n = decode->head_n < codec->magic.n ? decode->head_n : codec->magic.n;

	return n == 0 || ((((uint8_t)decode->head[0] ^ codec->magic.octet[0]) & ~codec->loose) == 0 &&
			  memcmp(decode->head + 1, codec->magic.octet + 1, n - 1) == 0);
}

/* Could more octets make the head one of the magic numbers? */
static bool may_become_one(const struct feed_decode *decode)
{
	for (size_t i = 0; i < COUNT_OF(codecs); i++)
		if (decode->head_n < codecs[i].magic.n && agrees(decode, &codecs[i]))
			return true;
	return false;
}

static int choose_codec(struct feed_decode *decode)
{
	decode->codec = &plain;
	for (size_t i = 0; i < COUNT_OF(codecs); i++)
		if (decode->head_n >= codecs[i].magic.n && agrees(decode, &codecs[i]))
			decode->codec = &codecs[i];
	return decode->codec->push(decode, decode->head, decode->head_n);
}

struct feed_decode *feed_decode_new(feed_on_octets *on_octets, void *arg, struct error *error)
{
	struct feed_decode *decode = calloc(1, sizeof(*decode));

	if (!decode)
		return NULL;
	decode->on_octets = on_octets;
	decode->arg = arg;
	decode->error = error;
	decode->zstd = ZSTD_createDStream();
	if (decode->zstd && inflateInit2(&decode->gzip, GZIP_WINDOW) == Z_OK)
		return decode;
	feed_decode_free(decode);
	return NULL;
}

void feed_decode_free(struct feed_decode *decode)
{
	if (!decode)
		return;
	inflateEnd(&decode->gzip); /* of one that was not begun, too */
	ZSTD_freeDStream(decode->zstd);
	free(decode);
}

int feed_decode_push(struct feed_decode *decode, const char *p, size_t n)
{
	int result;

	if (!decode->codec) {
		size_t part = HEAD_SIZE - decode->head_n < n ? HEAD_SIZE - decode->head_n : n;

		memcpy(decode->head + decode->head_n, p, part);
		decode->head_n += part;
		if (may_become_one(decode))
			return 0;
		result = choose_codec(decode);
		if (result != 0)
			return result;
		p += part;
		n -= part;
	}
	return n > 0 ? decode->codec->push(decode, p, n) : 0;
}

int feed_decode_end(struct feed_decode *decode)
{
	int result = decode->codec || decode->head_n == 0 ? 0 : choose_codec(decode);

	if (result != 0 || !decode->inside)
		return result;
	return error_set(decode->error,
			 "truncated %s stream at octet %llu: fetch the file again; nothing behind that was read",
			 decode->codec->name, (unsigned long long)decode->taken);
}
