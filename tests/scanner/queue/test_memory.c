/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory runs out at every single allocation while a list is read, or domains are kept for later: nothing
 * leaks, and what is read is the list or an error, never another list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "scanner/base/arena.h"
#include "scanner/feed/feed.h"
#include "scanner/base/thread_alloc.h"
#include "scanner/queue/deferred.h"

enum { ALLOCATIONS_MAX = 500 };

#define FAILING_MALLOC_ANY_THREAD /* the feed has one of its own */
#include "tests/fake/failing_malloc.h"

static const char list[] = "1,example.com\n2,b\xc3\xbc"
			   "cher.example\n3,not a name\n4,example.org\n";
static const char *const names[] = { "example.com", "xn--bcher-kva.example", "not a name", "example.org" };

static void on_ready(void *arg)
{
	assert_int_equal(write(*(int *)arg, "", 1), 1);
}

/* Read it all; how many came, or -1 for an error that is said. */
static int read_list(const char *path, bool shuffle)
{
	struct error error = { "" };
	struct feed_batch *batch;
	enum feed_result result;
	struct feed *feed;
	int ready[2], count = 0;
	bool seen[4] = { false };
	char octet;

	assert_int_equal(pipe(ready), 0);
	if (feed_open(&feed,
		      &(struct feed_options){ .path = path,
					      .shards = 1,
					      .shuffle = shuffle,
					      .seed = 7,
					      .on_ready = on_ready,
					      .arg = &ready[1] },
		      &error) < 0) {
		close(ready[0]);
		close(ready[1]);
		assert_string_not_equal(error.text, "");
		return -1;
	}
	while ((result = feed_take(feed, &batch)) == FEED_BATCH_TAKEN || result == FEED_WAIT) {
		if (result == FEED_WAIT) {
			assert_int_equal(read(ready[0], &octet, 1), 1);
			continue;
		}
		for (unsigned i = 0; i < batch->count; i++, count++) {
			uint64_t index = batch->target[i].index;

			assert_in_range(index, 0, 3);
			assert_false(seen[index]);
			seen[index] = true;
			assert_true(span_equal(batch->target[i].name, span_of(names[index])));
			assert_int_equal(batch->target[i].rank, index + 1);
			assert_int_equal(batch->target[i].input, index == 2 ? INPUT_ILLEGAL : INPUT_OK);
		}
		feed_release(feed, batch);
	}
	if (result == FEED_FAILED) {
		feed_error(feed, &error);
		assert_string_not_equal(error.text, "");
		count = -1;
	}
	feed_close(feed);
	close(ready[0]);
	close(ready[1]);
	return count;
}

static void a_list_is_read_whole_or_said_not_to_be(void **state)
{
	char path[] = "/tmp/stsurvey-feed-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, list, sizeof(list) - 1), sizeof(list) - 1);
	close(fd);
	for (int shuffle = 0; shuffle < 2; shuffle++) {
		long n = 0;
		int count;

		do {
			fail_at(n++);
			count = read_list(path, shuffle);
			atomic_store(&left, -1);
			if (!atomic_load(&hit) || count >= 0)
				assert_int_equal(count, 4);
		} while (atomic_load(&hit) && n < ALLOCATIONS_MAX);
		assert_false(atomic_load(&hit));
		assert_true(n > 3);
	}
	unlink(path);
}

static void domains_are_kept_for_later_or_said_not_to_be(void **state)
{
	static struct feed_batch batch;
	long n = 0;

	(void)state;
	do {
		struct deferred deferred;
		unsigned kept = 0;

		fail_at(n++);
		deferred_init(&deferred);
		for (uint64_t i = 0; i < 10; i++)
			kept += deferred_put(&deferred,
					     &(struct name_entry){
						     .index = i, .rank = 0, .name = SPAN_LITERAL("example.com") }) == 0;
		deferred_take(&deferred, &batch);
		assert_int_equal(batch.count, kept);
		atomic_store(&left, -1);
		deferred_fini(&deferred);
	} while (atomic_load(&hit) && n < ALLOCATIONS_MAX);
	assert_false(atomic_load(&hit));
}

/* A domain that is begun again must have its name. */
static void a_reserved_name_has_room_whatever_fails(void **state)
{
	static const size_t sizes[] = { 0, 1, ARENA_FIRST_BLOCK, ARENA_FIRST_BLOCK + 1, 1000 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct arena arena;

		thread_alloc_trim();
		arena = (struct arena){ 0 };
		fail_at(0);
		assert_false(arena_reserve(&arena, sizes[i]));
		fail_at(-1);
		assert_non_null(arena_text(&arena, 1)); /* a slot that was used before, for a short name */
		assert_true(arena_reserve(&arena, sizes[i]));
		for (int begun = 0; begun < 3; begun++) {
			arena_reset(&arena);
			fail_at(0);
			assert_non_null(arena_text(&arena, sizes[i]));
			fail_at(-1);
			assert_non_null(arena_alloc(&arena, 2 * ARENA_BLOCK));
		}
		arena_fini(&arena);
	}
	thread_alloc_trim();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_read_whole_or_said_not_to_be),
		cmocka_unit_test(domains_are_kept_for_later_or_said_not_to_be),
		cmocka_unit_test(a_reserved_name_has_room_whatever_fails),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
