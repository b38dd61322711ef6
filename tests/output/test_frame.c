/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include <zstd.h>

#include "output/scan_file/frame.h"

enum { FRAMES = 4, FILE_MAX = 16384 };

/* A file in memory: FRAMES frames of growing content. */
struct memory_file {
	char octet[FILE_MAX];
	size_t n, at;
	size_t end[FRAMES]; /* of each frame */
	size_t step;        /* octets given at a time; 0: all */
	int error;          /* instead of the end */
};

static void build(struct memory_file *file)
{
	struct frame_press *press = frame_press_new();

	memset(file, 0, sizeof(*file));
	for (int i = 0; i < FRAMES; i++) {
		char content[300];
		struct span frame;

		for (size_t k = 0; k < sizeof(content); k++)
			content[k] = (char)(k * k * (size_t)(i + 3) >> 3);
		frame = frame_press(press, (struct span){ content, (size_t)(100 * i) });
		memcpy(file->octet + file->n, frame.p, frame.n);
		file->n += frame.n;
		file->end[i] = file->n;
	}
	frame_press_free(press);
}

static struct memory_file *open_file; /* by FD */

enum { FD = 1000 }; /* nobody's */

/* Where the linker sends read (--wrap). */
ssize_t __wrap_read(int fd, void *data, size_t n);
ssize_t __real_read(int fd, void *data, size_t n);

ssize_t __wrap_read(int fd, void *data, size_t n)
{
	struct memory_file *file = open_file;
	size_t left;

	if (fd != FD)
		return __real_read(fd, data, n);
	left = file->n - file->at;
	n = n < left ? n : left;
	if (file->step > 0 && n > file->step)
		n = file->step;
	if (n == 0 && file->error != 0) {
		errno = file->error;
		return -1;
	}
	memcpy(data, file->octet + file->at, n);
	file->at += n;
	return (ssize_t)n;
}

/* A walk over @file from its beginning. */
static struct frame_walk *walk_of(struct memory_file *file)
{
	open_file = file;
	file->at = 0;
	return frame_walk_new(FD);
}

/* Walk the file; the number of whole frames and how it ended. */
static int walk(struct memory_file *file, enum frame_result *end, long long *whole)
{
	struct frame_walk *w = walk_of(file);
	struct frame frame = { 0 };
	int frames = 0;

	while ((*end = frame_next(w, &frame)) == FRAME_WHOLE) {
		assert_int_equal(frame.content.n, 100 * frames);
		frames++;
	}
	*whole = frame.end;
	frame_walk_free(w);
	return frames;
}

static void frames_come_back_whatever_the_reads_give(void **state)
{
	static const size_t steps[] = { 0, 1, 2, 3, 7, 100 };
	static struct memory_file file;

	(void)state;
	build(&file);
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		enum frame_result end;
		long long whole;

		file.step = steps[i];
		assert_int_equal(walk(&file, &end, &whole), FRAMES);
		assert_int_equal(end, FRAME_END);
		assert_int_equal(whole, file.n);
	}
}

static void a_file_cut_anywhere_yields_its_whole_frames(void **state)
{
	static struct memory_file file;
	size_t n;

	(void)state;
	build(&file);
	n = file.n;
	for (file.n = 0; file.n <= n; file.n++) {
		enum frame_result end;
		long long whole;
		int frames = walk(&file, &end, &whole);
		size_t expected = frames > 0 ? file.end[frames - 1] : 0;

		assert_int_equal(whole, expected);
		assert_true(frames == FRAMES || file.n < file.end[frames]);
		assert_int_equal(end, file.n == expected ? FRAME_END : FRAME_TORN);
	}
}

/* What stands behind the last whole frame after a crash: zeros, garbage, a frame with a wrong checksum. */
static void what_is_no_frame_at_the_end_is_torn(void **state)
{
	static struct memory_file file;
	enum frame_result end;
	long long whole;

	(void)state;
	build(&file);
	file.n += 500;
	assert_int_equal(walk(&file, &end, &whole), FRAMES);
	assert_int_equal(end, FRAME_TORN);
	for (size_t i = file.end[FRAMES - 1]; i < file.n; i++)
		file.octet[i] = (char)(i * 37 >> 2);
	memcpy(file.octet + file.end[FRAMES - 1] + 100, "\x28\xb5\x2f\xfd\x28\xb5\x2f\xfd", 8);
	assert_int_equal(walk(&file, &end, &whole), FRAMES);
	assert_int_equal(end, FRAME_TORN);
	assert_int_equal(whole, file.end[FRAMES - 1]);
	build(&file);
	file.octet[file.n - 1] ^= 1;
	assert_int_equal(walk(&file, &end, &whole), FRAMES - 1);
	assert_int_equal(end, FRAME_TORN);
	assert_int_equal(whole, file.end[FRAMES - 2]);
	/* What follows has the shape of a frame, but not its checksum: chance, not a frame. */
	file.octet[file.end[FRAMES - 3]] ^= 1;
	assert_int_equal(walk(&file, &end, &whole), FRAMES - 2);
	assert_int_equal(end, FRAME_TORN);
}

/* A frame of several blocks, whose first holds a whole frame among noise, as it came; then a machine lost power, and
 * zeros stand for all that follows. */
static void zeros_do_not_bring_out_what_looks_like_a_frame(void **state)
{
	enum { NOISE = 1000, CONTENT = 300 * 1024 };
	static struct memory_file file;
	struct frame_press *press = frame_press_new();
	char *content = calloc(1, CONTENT);
	uint32_t noise = 1;
	struct span frame;
	size_t n, start, inside, size;

	(void)state;
	build(&file);
	start = file.end[FRAMES - 1];
	n = start - file.end[FRAMES - 2];
	for (size_t i = 0; i < 2 * NOISE; i++) {
		noise = noise * 1664525 + 1013904223;
		content[i < NOISE ? i : n + i] = (char)(noise >> 24);
	}
	memcpy(content + NOISE, file.octet + file.end[FRAMES - 2], n);
	frame = frame_press(press, (struct span){ content, CONTENT });
	inside = (size_t)((const char *)memmem(frame.p, frame.n, content + NOISE, n) - frame.p) + n;
	assert_in_range(inside, n, frame.n);
	memcpy(file.octet + start, frame.p, inside);
	for (size = inside; size < frame.n + 1000; size++) {
		enum frame_result end;
		long long whole;

		file.n = start + size;
		assert_int_equal(walk(&file, &end, &whole), FRAMES);
		assert_int_equal(end, FRAME_TORN);
		assert_int_equal(whole, start);
	}
	free(content);
	frame_press_free(press);
}

static void damage_before_whole_frames_is_no_torn_tail(void **state)
{
	static struct memory_file file;

	(void)state;
	build(&file);
	file.n = file.end[2];
	/* Octet 4 describes the header; some of its bits may be either way without changing the content. */
	for (size_t at = file.end[0] + 5; at < file.end[1]; at++) {
		static const size_t steps[] = { 0, 1, 2, 3, 4, 5 };

		for (int i = 0; i < 6; i++) {
			enum frame_result end;
			long long whole;

			file.step = steps[i];
			file.octet[at] ^= 0x20;
			assert_int_equal(walk(&file, &end, &whole), 1);
			assert_int_equal(end, FRAME_DAMAGED);
			assert_int_equal(whole, file.end[0]);
			file.octet[at] ^= 0x20;
		}
	}
}

/* Each of them might be a frame, and is none: a look at all of them at once is a look at the rest of the file for each.
 */
static void a_file_full_of_frame_heads_is_damage(void **state)
{
	enum { HEADS = 1000 };
	static struct memory_file file;
	struct frame_walk *w;
	struct frame frame;

	(void)state;
	build(&file);
	file.n = file.end[0];
	/* a head without a size, a raw block that holds the next head and all behind it … */
	for (size_t i = 0; i < HEADS; i++) {
		uint32_t block = (uint32_t)(FILE_MAX - file.n - 9) << 3;

		memcpy(file.octet + file.n, "\x28\xb5\x2f\xfd\x00\x50", 6);
		memcpy(file.octet + file.n + 6, &block, 3);
		file.n += 9;
	}
	file.n = FILE_MAX; /* … which ends where the file does, without being the last */
	w = walk_of(&file);
	assert_int_equal(frame_next(w, &frame), FRAME_WHOLE);
	/* cut, by its own account, so that it is not searched */
	assert_int_equal(frame_next(w, &frame), FRAME_TORN);
	frame_walk_free(w);
	file.octet[file.end[0]] ^= 1;
	w = walk_of(&file);
	assert_int_equal(frame_next(w, &frame), FRAME_WHOLE);
	assert_int_equal(frame_next(w, &frame), FRAME_DAMAGED);
	frame_walk_free(w);
}

static void a_read_error_is_neither_end_nor_damage(void **state)
{
	static struct memory_file file;
	enum frame_result end;
	long long whole;

	(void)state;
	build(&file);
	file.error = EIO;
	assert_int_equal(walk(&file, &end, &whole), FRAMES);
	assert_int_equal(end, FRAME_READ);
	file.n -= 3;
	assert_int_equal(walk(&file, &end, &whole), FRAMES - 1);
	assert_int_equal(end, FRAME_READ);
}

static void content_is_limited(void **state)
{
	size_t n = (size_t)FRAME_CONTENT_MAX + 1, packed;
	static struct memory_file file;
	char *zeros = calloc(1, n);
	char *room = malloc(ZSTD_compressBound(n));
	struct frame_walk *w;
	struct frame frame;

	(void)state;
	memset(&file, 0, sizeof(file));
	packed = ZSTD_compress(room, ZSTD_compressBound(n), zeros, n, 1);
	free(zeros);
	/* The claim stands in the header: nothing is expanded for it. */
	file.n = packed < FILE_MAX ? packed : FILE_MAX;
	memcpy(file.octet, room, file.n);
	free(room);
	assert_true(packed < FILE_MAX / 2);
	w = walk_of(&file);
	assert_int_equal(frame_next(w, &frame), FRAME_TOO_LARGE);
	frame_walk_free(w);
	/* Before frames of ours, it is damage. */
	file.n += ZSTD_compress(file.octet + file.n, FILE_MAX - file.n, "x", 1, 1);
	w = walk_of(&file);
	assert_int_equal(frame_next(w, &frame), FRAME_DAMAGED);
	frame_walk_free(w);
}

static void other_tools_frames_are_read(void **state)
{
	static struct memory_file file;
	ZSTD_CStream *stream = ZSTD_createCStream();
	ZSTD_outBuffer out = { file.octet, sizeof(file.octet), 0 };
	ZSTD_inBuffer in = { "some content", 12, 0 };
	struct frame_walk *w;
	struct frame frame;

	(void)state;
	memset(&file, 0, sizeof(file));
	/* A skippable frame, then one that does not tell its size. */
	memcpy(file.octet, "\x50\x2a\x4d\x18\x03\0\0\0xyz", 11);
	out.pos = 11;
	assert_int_equal(ZSTD_compressStream2(stream, &out, &in, ZSTD_e_flush), 0);
	assert_int_equal(ZSTD_compressStream2(stream, &out, &in, ZSTD_e_end), 0);
	file.n = out.pos;
	w = walk_of(&file);
	assert_int_equal(frame_next(w, &frame), FRAME_WHOLE);
	assert_int_equal(frame.content.n, 0);
	assert_int_equal(frame_next(w, &frame), FRAME_WHOLE);
	assert_int_equal(frame.content.n, 12);
	assert_int_equal(frame_next(w, &frame), FRAME_END);
	frame_walk_free(w);
	ZSTD_freeCStream(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_come_back_whatever_the_reads_give),
		cmocka_unit_test(a_file_cut_anywhere_yields_its_whole_frames),
		cmocka_unit_test(what_is_no_frame_at_the_end_is_torn),
		cmocka_unit_test(zeros_do_not_bring_out_what_looks_like_a_frame),
		cmocka_unit_test(damage_before_whole_frames_is_no_torn_tail),
		cmocka_unit_test(a_file_full_of_frame_heads_is_damage),
		cmocka_unit_test(a_read_error_is_neither_end_nor_damage),
		cmocka_unit_test(content_is_limited),
		cmocka_unit_test(other_tools_frames_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
