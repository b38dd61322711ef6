/* SPDX-License-Identifier: BSD-2-Clause */
/* A scan file as messages: put together at their offsets they are the file, none is larger than the server takes, and
 * each has its own id, the same whenever it is sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "output/scan_file/frame.h"
#include "output/temporary_file.h"
#include "scanner/fleet_work/publish.h"

enum {
	DENSE = 900 * 1024, /* octets of one frame that does not compress: a record may be as large */
	FRAMES_MOST = 8,
	PARTS_MOST = 4096,
	FILE_MOST = 4 * 1024 * 1024,
};

static struct error error;

static void put_frame(int fd, struct span content)
{
	struct frame_press *press = frame_press_new();
	struct span frame = frame_press(press, content);

	assert_non_null(frame.p);
	assert_int_equal(text_write_all(fd, frame), 0);
	frame_press_free(press);
}

static void put_trailer(int fd, uint64_t domains, uint64_t hosts)
{
	struct record_trailer trailer = { .domains = domains, .unknown = 3, .hosts = hosts, .hosts_unknown = 4 };
	struct record_buffer *buffer = record_buffer_new();

	assert_int_equal(record_put_trailer(buffer, &trailer), 0);
	put_frame(fd, record_buffer_content(buffer));
	record_buffer_free(buffer);
}

/* Frames of that many octets that do not compress, and a trailer. */
static int make_file(const size_t *frame, size_t count, bool has_trailer)
{
	static char dense[DENSE];
	int fd = temporary_file();
	uint64_t x = 88172645463325252;

	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof(dense); i++) { /* xorshift */
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		dense[i] = (char)x;
	}
	for (size_t i = 0; i < count; i++)
		put_frame(fd, (struct span){ dense, frame[i] });
	if (has_trailer)
		put_trailer(fd, 100, 7);
	return fd;
}

struct heap {
	char *data; /* put together */
	size_t size, most;
	unsigned parts;
	unsigned stop_at; /* 0: never */
	char id[PARTS_MOST][BUS_ID_MAX];
};

static int on_part(void *arg, const struct publish_part *part, struct error *why)
{
	struct heap *heap = arg;

	if (heap->stop_at && heap->parts + 1 == heap->stop_at)
		return error_set(why, "enough");
	assert_true(part->data.n > 0 && part->data.n <= heap->most);
	assert_true(part->offset + part->data.n <= FILE_MOST);
	assert_string_equal(part->subject, "stsurvey.week.result.12.0123456789abcdef");
	memcpy(heap->data + part->offset, part->data.p, part->data.n);
	if (part->offset + part->data.n > heap->size)
		heap->size = part->offset + part->data.n;
	assert_true(heap->parts < PARTS_MOST);
	for (unsigned i = 0; i < heap->parts; i++)
		assert_string_not_equal(heap->id[i], part->id);
	snprintf(heap->id[heap->parts++], BUS_ID_MAX, "%s", part->id);
	return 0;
}

static struct heap *new_heap(size_t most)
{
	struct heap *heap = calloc(1, sizeof(*heap));

	heap->data = malloc(FILE_MOST);
	heap->most = most;
	return heap;
}

static void free_heap(struct heap *heap)
{
	free(heap->data);
	free(heap);
}

static const struct {
	size_t most;
	size_t frame[FRAMES_MOST], frames;
	unsigned parts; /* the trailer's one included */
	const char *last_but_one;
} rows[] = {
	{ 1047552, { 100, 200, 300 }, 3, 4, "week/12/0123456789abcdef/2/0" },
	{ 1047552, { 100, DENSE }, 2, 3, "week/12/0123456789abcdef/1/0" },
	/* larger than a message: in parts */
	{ 512 * 1024, { DENSE, 100 }, 2, 4, "week/12/0123456789abcdef/1/0" },
	{ 512 * 1024, { 100, DENSE }, 2, 4, "week/12/0123456789abcdef/1/1" },
	{ 64 * 1024, { DENSE }, 1, 16, "week/12/0123456789abcdef/0/14" },
};

static void the_messages_are_the_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int fd = make_file(rows[i].frame, rows[i].frames, true);
		struct heap *heap = new_heap(rows[i].most);
		struct publish_facts facts;
		char *whole = malloc(FILE_MOST);

		assert_int_equal(publish_look(fd, "f", &facts, &error), 0);
		assert_int_equal(facts.domains, 100);
		assert_int_equal(facts.unknown, 3);
		snprintf(facts.sha256, sizeof(facts.sha256), "0123456789abcdef and what follows");
		assert_int_equal(publish_file(fd, "f", "week", 12, &facts, rows[i].most, on_part, heap, &error), 0);
		assert_int_equal(heap->size, facts.size);
		assert_int_equal(pread(fd, whole, FILE_MOST, 0), facts.size);
		assert_memory_equal(whole, heap->data, facts.size);
		assert_int_equal(heap->parts, rows[i].parts);
		assert_string_equal(heap->id[heap->parts - 2], rows[i].last_but_one);
		free(whole);
		free_heap(heap);
		close(fd);
	}
}

/* After a crash it begins anew, and the server knows what it has. */
static void sent_again_it_has_the_same_ids(void **state)
{
	int fd = make_file(rows[2].frame, rows[2].frames, true);
	struct heap *first = new_heap(rows[2].most), *again = new_heap(rows[2].most);
	struct publish_facts facts;

	(void)state;
	assert_int_equal(publish_look(fd, "f", &facts, &error), 0);
	snprintf(facts.sha256, sizeof(facts.sha256), "0123456789abcdef");
	first->stop_at = 3;
	assert_int_equal(publish_file(fd, "f", "week", 12, &facts, first->most, on_part, first, &error), -1);
	assert_string_equal(error.text, "enough");
	assert_int_equal(publish_file(fd, "f", "week", 12, &facts, first->most, on_part, again, &error), 0);
	for (unsigned i = 0; i < first->parts; i++)
		assert_string_equal(first->id[i], again->id[i]);
	free_heap(first);
	free_heap(again);
	close(fd);
}

static void mail_servers_count_where_there_are_no_domains(void **state)
{
	struct publish_facts facts;
	int fd = make_file(rows[0].frame, 1, false);

	(void)state;
	put_trailer(fd, 0, 7);
	assert_int_equal(publish_look(fd, "f", &facts, &error), 0);
	assert_int_equal(facts.domains, 7);
	assert_int_equal(facts.unknown, 4);
	close(fd);
}

static void what_is_no_whole_scan_file_is_told(void **state)
{
	struct publish_facts facts;
	int fd = make_file(rows[0].frame, 2, false);

	(void)state;
	assert_int_equal(publish_look(fd, "f", &facts, &error), -1);
	assert_string_equal(error.text, "f: is no whole scan file: its end is missing");
	put_trailer(fd, 1, 0);
	assert_int_equal(publish_look(fd, "f", &facts, &error), 0);
	assert_int_equal(ftruncate(fd, (off_t)facts.size - 1), 0);
	assert_int_equal(publish_look(fd, "f", &facts, &error), -1);
	assert_string_equal(error.text, "f: is no whole scan file");
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(publish_look(fd, "f", &facts, &error), -1);
	assert_string_equal(error.text, "f: is no whole scan file");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_messages_are_the_file),
		cmocka_unit_test(sent_again_it_has_the_same_ids),
		cmocka_unit_test(mail_servers_count_where_there_are_no_domains),
		cmocka_unit_test(what_is_no_whole_scan_file_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
