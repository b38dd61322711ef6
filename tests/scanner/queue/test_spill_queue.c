/* SPDX-License-Identifier: BSD-2-Clause */
/* Queues of records, the middle of the long ones in a file. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "scanner/queue/spill_queue.h"

enum { QUEUES = 20, RECORD_MAX = 20000, BLOCKS = 1 << 16 };

static const struct spill_limit limit = { 15, 1000 };
static struct spill_store store;
static struct spill_queue queue[QUEUES];
static char text[RECORD_MAX];

static void begin(uint32_t blocks)
{
	memset(queue, 0, sizeof(queue));
	store = (struct spill_store){ .plenty = 2000 };
	assert_true(octet_pool_init(&store.pool, blocks));
}

static void end(void)
{
	extent_file_close(&store.file);
	octet_pool_fini(&store.pool);
}

/* Record @number of queue @q: its length and octets follow from both. */
static struct span record_of(unsigned q, unsigned number)
{
	static char record[RECORD_MAX];
	unsigned mixed = (number * 2654435761u) ^ (q * 40503u);
	size_t n = mixed % 997 == 0 ? mixed % RECORD_MAX : mixed % 97;

	memset(record, (int)(mixed >> 8), n);
	return (struct span){ record, n };
}

static void assert_front(unsigned q, unsigned number)
{
	struct span record;

	assert_int_equal(spill_queue_front(&store, &queue[q], text, sizeof(text), &record), SPILL_FRONT);
	assert_true(span_equal(record, record_of(q, number)));
	spill_queue_drop(&store, &queue[q]);
}

/* Against counters: queue q has the records first to last. */
static void records_come_back_in_order(void **state)
{
	static unsigned first[QUEUES], last[QUEUES];
	struct span record;
	unsigned refused = 0;

	(void)state;
	srandom(1);
	begin(BLOCKS);
	for (unsigned step = 0; step < 300000; step++) {
		unsigned q = (unsigned)random() % QUEUES;
		bool puts = (unsigned)random() % 100 < (step / 30000 % 2 ? 30 : 65);

		if (puts && spill_queue_put(&store, &queue[q], limit, record_of(q, last[q])))
			last[q]++;
		else if (puts)
			refused++;
		else if (first[q] < last[q])
			assert_front(q, first[q]++);
		else
			assert_int_equal(spill_queue_front(&store, &queue[q], text, sizeof(text), &record),
					 SPILL_EMPTY);
	}
	assert_true(store.file.written > 0 && refused > 0);
	for (unsigned q = 0; q < QUEUES; q++)
		while (first[q] < last[q])
			assert_front(q, first[q]++);
	assert_int_equal(store.file.used, 0);
	assert_int_equal(store.spilled, 0);
	assert_int_equal(store.pool.left, BLOCKS);
	assert_int_equal(store.file.read, store.file.written); /* once each */
	end();
}

/* A queue that is given up leaves nothing behind, in memory or in the file. */
static void what_is_given_up_is_free_again(void **state)
{
	(void)state;
	begin(BLOCKS);
	for (unsigned i = 0; i < 2000; i++)
		assert_true(spill_queue_put(&store, &queue[0], limit, record_of(0, i)));
	for (unsigned i = 0; i < 1000; i++)
		assert_front(0, i);
	assert_true(queue[0].extents > 1);
	spill_queue_clear(&store, &queue[0]);
	assert_true(spill_queue_is_empty(&queue[0]));
	assert_int_equal(store.file.used, 0);
	assert_int_equal(store.pool.left, BLOCKS);
	end();
}

/* Extents are used again: a queue that grows and shrinks needs no more file than it once held. */
static void the_file_grows_with_what_waits_alone(void **state)
{
	unsigned put = 0, taken = 0;

	(void)state;
	begin(BLOCKS);
	for (unsigned round = 0; round < 50; round++) {
		while (put - taken < 3000)
			if (spill_queue_put(&store, &queue[0], limit, record_of(0, put)))
				put++;
		while (put - taken > 500)
			assert_front(0, taken++);
	}
	assert_true(store.file.written > 20 * 3000 * 48);
	assert_true(lseek(store.file.fd, 0, SEEK_END) < 8 * 3000 * 48);
	end();
}

/* With little memory it is read in pieces, none of them twice. */
static void with_little_memory_extents_are_read_in_pieces(void **state)
{
	unsigned put = 0;

	(void)state;
	begin(400);
	while (put < 3000 && spill_queue_put(&store, &queue[0], (struct spill_limit){ 15, 40 }, record_of(0, put)))
		put++;
	assert_true(put > 1000);
	for (unsigned i = 0; i < put; i++)
		assert_front(0, i);
	assert_int_equal(store.file.read, store.file.written);
	assert_int_equal(store.pool.left, 400);
	end();
}

/* Where the disk is full, memory holds what it may; and nothing is lost. */
static void a_full_disk_refuses_what_memory_has_no_room_for(void **state)
{
	struct rlimit before, tight;
	unsigned put = 0, more = 0;

	(void)state;
	begin(2000);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	tight = before;
	tight.rlim_cur = 5 * EXTENT_FILE_OCTETS + 77;
	setrlimit(RLIMIT_FSIZE, &tight);
	while (spill_queue_put(&store, &queue[0], limit, record_of(0, put)))
		put++;
	assert_int_not_equal(store.failure, 0);
	assert_int_equal(queue[0].extents, 5);
	assert_int_equal(store.file.used, 6);
	setrlimit(RLIMIT_FSIZE, &before);
	for (; more < 100; more++)
		assert_front(0, more);
	while (put < 10000 && spill_queue_put(&store, &queue[0], limit, record_of(0, put)))
		put++;
	assert_int_equal(store.failure, 0);
	assert_int_equal(put, 10000);
	for (; more < put; more++)
		assert_front(0, more);
	assert_int_equal(store.pool.left, 2000);
	end();
}

static void a_torn_file_is_noticed(void **state)
{
	struct span record;
	unsigned i = 0;

	(void)state;
	begin(BLOCKS);
	for (unsigned k = 0; k < 2000; k++)
		assert_true(spill_queue_put(&store, &queue[0], limit, record_of(0, k)));
	assert_int_equal(ftruncate(store.file.fd, 3 * EXTENT_FILE_OCTETS - 1), 0);
	while (spill_queue_front(&store, &queue[0], text, sizeof(text), &record) == SPILL_FRONT)
		assert_front(0, i++);
	assert_true(i > 0 && i < 1000);
	assert_int_equal(spill_queue_front(&store, &queue[0], text, sizeof(text), &record), SPILL_BROKEN);
	spill_queue_clear(&store, &queue[0]);
	assert_int_equal(store.spilled, 0);
	assert_int_equal(store.pool.left, BLOCKS);
	assert_true(spill_queue_put(&store, &queue[0], limit, record_of(0, 0)));
	assert_front(0, 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_back_in_order),
		cmocka_unit_test(what_is_given_up_is_free_again),
		cmocka_unit_test(the_file_grows_with_what_waits_alone),
		cmocka_unit_test(with_little_memory_extents_are_read_in_pieces),
		cmocka_unit_test(a_full_disk_refuses_what_memory_has_no_room_for),
		cmocka_unit_test(a_torn_file_is_noticed),
	};

	return cmocka_run_group_tests_name("spill_queue", tests, NULL, NULL);
}
