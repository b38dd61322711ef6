/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "output/scan_file/decode.h"
#include "output/scan_file/frame.h"
#include "output/scan_file/record.h"

/* gen_scan SCAN FACTS SEED 8 3 of that version wrote the files: every octet stays where it was. But for `challenged` of
 * the first, which is read and not written any more. Since 1.3 each frame has a host and a vantage, too. */
static const struct {
	const char *path;
	uint32_t challenged, frames, others; /* records with it; frames without; records that are no domains */
} older[] = {
	{ "tests/output/schema_1_1.msgpack.zst", 3, 6, 0 },
	{ "tests/output/schema_1_2.msgpack.zst", 0, 8, 0 },
	{ "tests/output/schema_1_4.msgpack.zst", 0, 8, 16 },
	{ "tests/output/schema_1_5.msgpack.zst", 0, 8, 16 },
};

/* A frame's records, read and written again. False: it is a frame of header or trailer, which have tests of their own;
 * the header's labels are taken. */
static bool write_again(struct decode *decode, struct span content, struct record_buffer *buffer, uint32_t *challenged,
			uint32_t *others)
{
	union decode_frame_record other;
	struct observation o;
	enum decode_result result;

	record_buffer_reset(buffer);
	decode_begin(decode, content);
	while ((result = decode_next(decode, &o, &other)) != DECODE_END) {
		switch (result) {
		case DECODE_DOMAIN:
			assert_int_equal(record_put_domain(buffer, &o), 0);
			*challenged += o.policy.http.challenged;
			break;
		case DECODE_HOST:
			assert_int_equal(record_put_host(buffer, &other.host), 0);
			++*others;
			break;
		case DECODE_VANTAGE:
			assert_int_equal(record_put_vantage(buffer, &other.vantage), 0);
			++*others;
			break;
		case DECODE_HEADER:
			assert_true(decode_set_labels(decode, other.header.label, other.header.label_count));
			return false;
		default:
			assert_int_equal(result, DECODE_TRAILER);
			return false;
		}
	}
	return true;
}

static void check_older(size_t row)
{
	int fd = open(older[row].path, O_RDONLY);
	struct frame_walk *walk = frame_walk_new(fd);
	struct record_buffer *buffer = record_buffer_new();
	struct decode *decode = decode_new();
	struct frame frame;
	uint32_t frames = 0, challenged = 0, others = 0;

	while (frame_next(walk, &frame) == FRAME_WHOLE) {
		uint32_t before = challenged;

		if (!write_again(decode, frame.content, buffer, &challenged, &others))
			continue;
		assert_int_equal(record_buffer_content(buffer).n, frame.content.n);
		assert_int_equal(memcmp(record_buffer_content(buffer).p, frame.content.p, frame.content.n) != 0,
				 challenged > before);
		frames += challenged == before;
	}
	assert_int_equal(challenged, older[row].challenged);
	assert_int_equal(frames, older[row].frames);
	assert_int_equal(others, older[row].others);
	frame_walk_free(walk);
	close(fd);
	decode_free(decode);
	record_buffer_free(buffer);
}

static void a_file_of_before_is_written_again_as_it_was(void **state)
{
	(void)state;
	for (size_t row = 0; row < COUNT_OF(older); row++)
		check_older(row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_before_is_written_again_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
