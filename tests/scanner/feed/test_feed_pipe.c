/* SPDX-License-Identifier: BSD-2-Clause */
/* A feed that reads a pipe: its writer is slow, or still there when the scan stops. */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "scanner/feed/feed.h"
#include "tests/scanner/feed/feed_rig.h"

enum { AWAIT_S = 3600 /* longer than a test may take */ };

/* A feed that reads a FIFO, and the FIFO's other end. */
static struct feed *open_fifo(const struct feed_options *options, char *path, size_t size, int *fd)
{
	static unsigned count;
	struct error error;
	struct feed *feed;

	snprintf(path, size, "/tmp/stsurvey-test-%d-%u.fifo", (int)getpid(), count++);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(feed_open(&feed, options, &error), 0); /* nobody writes yet */
	*fd = open(path, O_WRONLY);
	return feed;
}

/* A pipe that stays open: what came is handed out though the batch is not full, and stopping does not wait
 * for more. */
static void stopping_interrupts_a_blocked_read(void **state)
{
	struct feed_rig_bell bell = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };
	char path[64];
	struct feed_options options = {
		.path = path, .format = FEED_FORMAT_LIST, .shards = 1, .on_ready = feed_rig_on_ready, .arg = &bell
	};
	struct feed_batch *batch;
	struct feed *feed;
	int fd;

	(void)state;
	feed = open_fifo(&options, path, sizeof(path), &fd);
	assert_int_equal(write(fd, "a.test\nb.te", 11), 11);
	while (feed_take(feed, &batch) == FEED_WAIT)
		feed_rig_wait(&bell);
	assert_int_equal(batch->count, 1);
	feed_release(feed, batch);
	assert_int_equal(feed_take(feed, &batch), FEED_WAIT);
	assert_true(feed_fraction(feed) < 0);
	feed_stop(feed);
	assert_int_equal(feed_take(feed, &batch), FEED_END);
	feed_close(feed);
	close(fd);
	unlink(path);
}

struct slow_case {
	const char *what, *first, *rest; /* written after the first's names were handed out */
	const char *expected[2];
	unsigned ranks[2];
};

/* A list whose writer pauses. */
struct slow {
	char path[64];
	struct feed_rig_bell bell;
	struct feed_options options;
	struct feed *feed;
	int fd;
};

static void write_text(const struct slow *slow, const char *text)
{
	assert_int_equal(write(slow->fd, text, strlen(text)), strlen(text));
}

static void expect_one(struct slow *slow, const struct slow_case *c, unsigned i)
{
	struct feed_batch *batch;
	enum feed_result result;

	while ((result = feed_take(slow->feed, &batch)) == FEED_WAIT)
		feed_rig_wait(&slow->bell);
	assert_int_equal(result, FEED_BATCH_TAKEN);
	if (batch->count != 1 || !span_equal(batch->target[0].name, span_of(c->expected[i])) ||
	    batch->target[0].rank != c->ranks[i])
		fail_msg("%s: %u targets, the first %.*s", c->what, batch->count, (int)batch->target[0].name.n,
			 batch->target[0].name.p);
	feed_release(slow->feed, batch);
}

/* Who writes one name and waits for what comes of it sees it surveyed, in whatever format. */
static void a_writer_that_pauses_is_not_waited_for(void **state)
{
	static const struct slow_case cases[] = {
		{ "list", "a.test\n", "b.test\n", { "a.test", "b.test" }, { 0, 0 } },
		{ "less than tells a compression", "a.b\n", "c\n", { "a.b", "c" }, { 0, 0 } },
		{ "ranking", "# made today\n1,a.test\n2", ",b.test\n", { "a.test", "b.test" }, { 1, 2 } },
		{ "header", "rank,domain\n7,a.test\n", "8,b.test\n", { "a.test", "b.test" }, { 7, 8 } },
		{ "byte order mark",
		  "\xef\xbb\xbf"
		  "a.test\nb",
		  ".test\n",
		  { "a.test", "b.test" },
		  { 0, 0 } },
		/* more servers may follow: a domain waits for the next */
		{ "zone", "$ORIGIN t.\na NS b\nc NS d\ne", " NS f\n", { "a.t", "c.t" }, { 0, 0 } },
	};
	static struct slow slow[COUNT_OF(cases)];

	(void)state;
	/* all at once: each pause is waited out */
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		slow[i].bell = (struct feed_rig_bell){ PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };
		slow[i].options = (struct feed_options){
			.path = slow[i].path, .shards = 1, .on_ready = feed_rig_on_ready, .arg = &slow[i].bell
		};
		slow[i].feed = open_fifo(&slow[i].options, slow[i].path, sizeof(slow[i].path), &slow[i].fd);
		write_text(&slow[i], cases[i].first);
	}
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		expect_one(&slow[i], &cases[i], 0);
		write_text(&slow[i], cases[i].rest);
	}
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		expect_one(&slow[i], &cases[i], 1);
		close(slow[i].fd);
		unlink(slow[i].path);
		feed_close(slow[i].feed);
	}
}

/* Who stops a compressed list early has not found a truncated one. */
static void stopping_is_no_failure(void **state)
{
	struct feed_rig_bell bell = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };
	char path[64];
	struct feed_options options = { .path = path, .shards = 1, .on_ready = feed_rig_on_ready, .arg = &bell };
	struct error error;
	struct feed_batch *batch;
	struct feed *feed;
	size_t n;
	char *list = feed_rig_big_list(&n);
	unsigned char *out = malloc(FEED_RIG_BIG);
	int fd;

	(void)state;
	assert_true(feed_rig_gzip(list, n, out, FEED_RIG_BIG) > 4096);
	feed = open_fifo(&options, path, sizeof(path), &fd);
	assert_int_equal(write(fd, out, 4096), 4096);
	while (feed_entries(feed) == 0)
		sched_yield();
	feed_stop(feed);
	feed_rig_wait(&bell); /* nobody asked for a batch, so this is the end */
	assert_int_equal(feed_take(feed, &batch), FEED_END);
	feed_error(feed, &error);
	assert_string_equal(error.text, "");
	feed_close(feed);
	close(fd);
	unlink(path);
	free(out);
	free(list);
}

/* Who may block asks for a batch and gets it, or the end, as soon as it is there. */
static void a_batch_is_awaited(void **state)
{
	char path[64];
	struct feed_options options = { .path = path, .format = FEED_FORMAT_LIST, .shards = 1 };
	struct feed_batch *batch = NULL;
	struct feed *feed;
	int fd;

	(void)state;
	feed = open_fifo(&options, path, sizeof(path), &fd);
	assert_int_equal(feed_await(feed, &batch, 0), FEED_WAIT);
	assert_int_equal(write(fd, "a.test\n", 7), 7);
	assert_int_equal(feed_await(feed, &batch, AWAIT_S), FEED_BATCH_TAKEN);
	assert_int_equal(batch->count, 1);
	feed_release(feed, batch);
	close(fd);
	assert_int_equal(feed_await(feed, &batch, AWAIT_S), FEED_END);
	feed_close(feed);
	unlink(path);
}

/* Batches for what comes from elsewhere: those that were given back first. */
static void a_spare_batch_is_one_that_was_released(void **state)
{
	struct feed_options options = { .path = "/dev/null", .format = FEED_FORMAT_LIST, .shards = 1 };
	struct feed_batch *one, *two;
	struct error error;
	struct feed *feed;

	(void)state;
	assert_int_equal(feed_open(&feed, &options, &error), 0);
	assert_int_equal(feed_await(feed, &one, AWAIT_S), FEED_FAILED); /* of nothing */
	one = feed_spare(feed);
	two = feed_spare(feed);
	assert_non_null(one);
	assert_non_null(two);
	assert_ptr_not_equal(one, two);
	feed_release(feed, one);
	assert_ptr_equal(feed_spare(feed), one);
	feed_release(feed, one);
	feed_release(feed, two);
	feed_close(feed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_is_awaited),
		cmocka_unit_test(a_spare_batch_is_one_that_was_released),
		cmocka_unit_test(stopping_interrupts_a_blocked_read),
		cmocka_unit_test(a_writer_that_pauses_is_not_waited_for),
		cmocka_unit_test(stopping_is_no_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
