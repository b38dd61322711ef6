/* SPDX-License-Identifier: BSD-2-Clause */
/* Content codings: streams that are right, in pieces of every size, and every kind that is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <zlib.h>

#include "scanner/https/http_coding.h"

enum { GZIP = 31, ZLIB = 15, BARE = -15 }; /* windowBits of zlib */

static const char policy[] = "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 1209600\n";

struct out {
	char text[512];
	size_t n, most;
};

static bool on_octets(void *arg, struct span octets)
{
	struct out *out = arg;

	if (out->n + octets.n > out->most)
		return false;
	memcpy(out->text + out->n, octets.p, octets.n);
	out->n += octets.n;
	return true;
}

static size_t coded(int wrapper, const char *text, char *into, size_t size)
{
	z_stream stream = { 0 };
	size_t n;

	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, wrapper, 8, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_in = (Bytef *)text;
	stream.avail_in = (uInt)strlen(text);
	stream.next_out = (Bytef *)into;
	stream.avail_out = (uInt)size;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	n = stream.total_out;
	deflateEnd(&stream);
	return n;
}

static enum http_coding_result push_all(struct arena *arena, enum http_coding_kind kind, struct span octets,
					size_t piece, struct out *out, bool *whole)
{
	struct http_coding *coding = http_coding_new(arena, kind);
	enum http_coding_result result = HTTP_CODING_GO_ON;

	assert_non_null(coding);
	for (size_t at = 0; at < octets.n && result == HTTP_CODING_GO_ON; at += piece) {
		size_t n = octets.n - at < piece ? octets.n - at : piece;

		result = http_coding_push(coding, (struct span){ octets.p + at, n }, on_octets, out);
	}
	*whole = http_coding_is_whole(coding);
	return result;
}

static void words_are_told_apart(void **state)
{
	static const struct {
		const char *field;
		enum http_coding_kind kind;
	} rows[] = {
		{ "", HTTP_CODING_NONE },
		{ "Identity", HTTP_CODING_NONE },
		{ "gzip", HTTP_CODING_GZIP },
		{ " GZip ", HTTP_CODING_GZIP },
		{ "x-gzip", HTTP_CODING_GZIP },
		{ "deflate", HTTP_CODING_DEFLATE },
		{ "br", HTTP_CODING_UNKNOWN },
		{ "gzip, gzip", HTTP_CODING_UNKNOWN },
		{ "gzip-x", HTTP_CODING_UNKNOWN },
		{ "identity, gzip", HTTP_CODING_GZIP },
		{ "UTF-8", HTTP_CODING_NONE },
		{ "aws-chunked,gzip", HTTP_CODING_GZIP },
		{ "zstd", HTTP_CODING_UNKNOWN },
		{ "other", HTTP_CODING_UNKNOWN },
		{ ", deflate ,", HTTP_CODING_DEFLATE },
		{ "gzip, br", HTTP_CODING_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(http_coding_of(span_of(rows[i].field)), rows[i].kind);
	assert_int_equal(http_coding_of((struct span){ NULL, 0 }), HTTP_CODING_NONE);
}

static void a_stream_is_read_in_pieces_of_any_size(void **state)
{
	static const struct {
		int wrapper;
		enum http_coding_kind kind;
	} rows[] = {
		{ GZIP, HTTP_CODING_GZIP },    { ZLIB, HTTP_CODING_DEFLATE }, { ZLIB, HTTP_CODING_GZIP },
		{ GZIP, HTTP_CODING_DEFLATE }, { BARE, HTTP_CODING_DEFLATE }, /* what browsers take, too */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char stream[256];
		size_t n = coded(rows[i].wrapper, policy, stream, sizeof(stream));

		for (size_t piece = rows[i].wrapper == BARE ? 2 : 1; piece <= n; piece++) {
			struct out out = { .most = sizeof(out.text) };
			struct arena arena;
			bool whole;

			arena = (struct arena){ 0 };
			assert_int_equal(
				push_all(&arena, rows[i].kind, (struct span){ stream, n }, piece, &out, &whole),
				HTTP_CODING_GO_ON);
			assert_true(whole);
			assert_int_equal(out.n, sizeof(policy) - 1);
			assert_memory_equal(out.text, policy, out.n);
			arena_fini(&arena);
		}
	}
}

static void members_follow_each_other(void **state)
{
	struct out out = { .most = sizeof(out.text) };
	struct arena arena;
	char stream[256];
	size_t n = coded(GZIP, "version: ", stream, sizeof(stream));
	bool whole;

	(void)state;
	n += coded(GZIP, "STSv1", stream + n, sizeof(stream) - n);
	arena = (struct arena){ 0 };
	assert_int_equal(push_all(&arena, HTTP_CODING_GZIP, (struct span){ stream, n }, 7, &out, &whole),
			 HTTP_CODING_GO_ON);
	assert_true(whole);
	assert_int_equal(out.n, 14);
	assert_memory_equal(out.text, "version: STSv1", 14);
	arena_fini(&arena);
}

static void what_is_cut_is_not_whole(void **state)
{
	char stream[256];
	size_t n = coded(GZIP, policy, stream, sizeof(stream));

	(void)state;
	for (size_t cut = 1; cut < n; cut++) {
		struct out out = { .most = sizeof(out.text) };
		struct arena arena;
		bool whole;

		arena = (struct arena){ 0 };
		assert_int_equal(push_all(&arena, HTTP_CODING_GZIP, (struct span){ stream, cut }, cut, &out, &whole),
				 HTTP_CODING_GO_ON);
		assert_false(whole);
		arena_fini(&arena);
	}
}

static void what_is_broken_is_told(void **state)
{
	static const struct {
		const char *octets;
		enum http_coding_kind kind;
	} rows[] = {
		{ "version: STSv1", HTTP_CODING_GZIP },
		{ "\xff\xff\xff", HTTP_CODING_DEFLATE },
		{ "\x1f\x8b\x07\x01", HTTP_CODING_GZIP },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct out out = { .most = sizeof(out.text) };
		struct arena arena;
		bool whole;

		arena = (struct arena){ 0 };
		assert_int_equal(push_all(&arena, rows[i].kind, span_of(rows[i].octets), 64, &out, &whole),
				 HTTP_CODING_BROKEN);
		assert_int_equal(out.n, 0);
		arena_fini(&arena);
	}
}

static void a_reader_that_has_enough_stops_it(void **state)
{
	struct out out = { .most = 10 };
	struct arena arena;
	char stream[256];
	size_t n = coded(GZIP, policy, stream, sizeof(stream));
	bool whole;

	(void)state;
	arena = (struct arena){ 0 };
	assert_int_equal(push_all(&arena, HTTP_CODING_GZIP, (struct span){ stream, n }, n, &out, &whole),
			 HTTP_CODING_STOPPED);
	arena_fini(&arena);
}

static void no_memory_is_ours(void **state)
{
	struct out out = { .most = sizeof(out.text) };
	struct http_coding *coding;
	struct arena arena;
	char stream[8192], text[4000];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i * 7 % 26);
	text[sizeof(text) - 1] = '\0';
	n = coded(GZIP, text, stream, sizeof(stream));
	arena = (struct arena){ 0 };
	coding = http_coding_new(&arena, HTTP_CODING_GZIP);
	assert_non_null(coding);
	while (arena_alloc(&arena, ARENA_BLOCK))
		continue;
	/* zlib asks for its window when the first piece is out */
	assert_int_equal(http_coding_push(coding, (struct span){ stream, n / 2 }, on_octets, &out),
			 HTTP_CODING_NO_MEMORY);
	assert_null(http_coding_new(&arena, HTTP_CODING_GZIP));
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_told_apart),      cmocka_unit_test(a_stream_is_read_in_pieces_of_any_size),
		cmocka_unit_test(members_follow_each_other), cmocka_unit_test(what_is_cut_is_not_whole),
		cmocka_unit_test(what_is_broken_is_told),    cmocka_unit_test(a_reader_that_has_enough_stops_it),
		cmocka_unit_test(no_memory_is_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
