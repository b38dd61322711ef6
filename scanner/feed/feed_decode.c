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
	HEAD_SIZE = 6,            /* octets that tell every format below */
	GZIP_WINDOW = 15 + 16,    /* zlib: largest window, gzip wrapper only */
};

struct codec {
	const char *name;
	struct {
		uint8_t octet[HEAD_SIZE];
		uint8_t n;
	} magic;
	int (*start)(struct feed_decode *decode);
	int (*push)(struct feed_decode *decode, const char *p, size_t n);
	const char *remedy; /* where there is no push */
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
	bool has_gzip;
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
	decode->taken += n;
	return decode->on_octets(decode->arg, p, n);
}

static int start_gzip(struct feed_decode *decode)
{
	decode->has_gzip = inflateInit2(&decode->gzip, GZIP_WINDOW) == Z_OK;
	return decode->has_gzip ? 0 : damaged(decode, "out of memory");
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

static int start_zstd(struct feed_decode *decode)
{
	decode->zstd = ZSTD_createDStream();
	return decode->zstd ? 0 : damaged(decode, "out of memory");
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
			decode->inside = false; /* told here, not as a truncation at the end */
			return result != 0 ? result : damaged(decode, ZSTD_getErrorName(left));
		}
		decode->inside = left != 0;
		more = more && decode->inside;
	}
	return result;
}

static const struct codec codecs[] = {
	{ "gzip", { { 0x1f, 0x8b }, 2 }, start_gzip, push_gzip, NULL },
	{ "zstd", { { 0x28, 0xb5, 0x2f, 0xfd }, 4 }, start_zstd, push_zstd, NULL },
	{ "compressed with xz",
	  { { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6 },
	  NULL,
	  NULL,
	  "xz -dc FILE | stsurvey scan -f - ..." },
	{ "compressed with bzip2", { { 'B', 'Z', 'h' }, 3 }, NULL, NULL, "bzip2 -dc FILE | stsurvey scan -f - ..." },
	{ "compressed with zip", { { 'P', 'K', 3, 4 }, 4 }, NULL, NULL, "unzip -p FILE | stsurvey scan -f - ..." },
	/* no octet of a byte order mark of UTF-16 is one of UTF-8 */
	{ "in UTF-16", { { 0xff, 0xfe }, 2 }, NULL, NULL, "iconv -f UTF-16 -t UTF-8 FILE | stsurvey scan -f - ..." },
	{ "in UTF-16", { { 0xfe, 0xff }, 2 }, NULL, NULL, "iconv -f UTF-16 -t UTF-8 FILE | stsurvey scan -f - ..." },
};

static const struct codec plain = { "plain", { { 0 }, 0 }, NULL, push_plain, NULL };

/* Could more octets make the head one of the magic numbers? */
static bool may_become_one(const struct feed_decode *decode)
{
	for (size_t i = 0; i < COUNT_OF(codecs); i++)
		if (decode->head_n < codecs[i].magic.n &&
		    memcmp(decode->head, codecs[i].magic.octet, decode->head_n) == 0)
			return true;
	return false;
}

static int choose_codec(struct feed_decode *decode)
{
	decode->codec = &plain;
	for (size_t i = 0; i < COUNT_OF(codecs); i++)
		if (decode->head_n >= codecs[i].magic.n &&
		    memcmp(decode->head, codecs[i].magic.octet, codecs[i].magic.n) == 0)
			decode->codec = &codecs[i];
	if (!decode->codec->push)
		return error_set(decode->error, "is %s: %s", decode->codec->name, decode->codec->remedy);
	if (decode->codec->start && decode->codec->start(decode) != 0)
		return -1;
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
	return decode;
}

void feed_decode_free(struct feed_decode *decode)
{
	if (!decode)
		return;
	if (decode->has_gzip)
		inflateEnd(&decode->gzip);
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
			 "truncated %s stream at octet %llu: fetch the file again; what could be read was surveyed",
			 decode->codec->name, (unsigned long long)decode->taken);
}
