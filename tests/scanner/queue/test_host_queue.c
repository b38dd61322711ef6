/* SPDX-License-Identifier: BSD-2-Clause */
/* The MX hosts of a scan: each is looked at once, and none is forgotten without a word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "scanner/base/log.h"
#include "scanner/queue/host_queue.h"

#include "tests/fake/failing_malloc.h"

enum { MANY = 3000, THREADS = 4, ALLOCATIONS_MAX = 50 };

static struct host_taken taken;

static struct span name_of(unsigned i, char text[static 64])
{
	return (struct span){ text, (size_t)snprintf(text, 64, "%.*s%u.example", (int)(i % 40),
						     "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqr", i) };
}

static void add(struct host_queue *queue, const char *name)
{
	host_queue_add(queue, span_of(name));
}

/* All there are, as "a b c"; a deferred one with its looks: "d+1". */
static const char *take_all(struct host_queue *queue, bool second)
{
	static char text[512];
	size_t n = 0;

	text[0] = '\0';
	while (host_queue_take(queue, second, &taken))
		n += (size_t)snprintf(text + n, sizeof(text) - n, taken.passes ? "%s%.*s+%u" : "%s%.*s", n ? " " : "",
				      (int)taken.name.n, taken.name.p, taken.passes);
	assert_true(host_queue_is_empty(queue, second));
	return text;
}

static void each_is_taken_once_in_the_order_of_naming(void **state)
{
	struct host_queue queue;
	char text[64];

	(void)state;
	host_queue_init(&queue);
	host_queue_open(&queue);
	assert_true(host_queue_is_empty(&queue, true));
	assert_false(host_queue_take(&queue, true, &taken));
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < MANY; i++)
			host_queue_add(&queue, name_of(i, text));
	assert_int_equal(queue.seen, MANY);
	assert_int_equal(queue.left, MANY);
	assert_int_equal(queue.joined, MANY);
	assert_false(host_queue_is_empty(&queue, false));
	for (unsigned i = 0; i < MANY; i++) {
		assert_true(host_queue_take(&queue, false, &taken));
		assert_true(span_equal(taken.name, name_of(i, text)));
		assert_int_equal(taken.passes, 0);
	}
	add(&queue, "0.example");
	assert_string_equal(take_all(&queue, true), "");
	add(&queue, "new.example");
	assert_string_equal(take_all(&queue, false), "new.example");
	assert_int_equal(queue.lost, 0);
	host_queue_fini(&queue);
}

static void deferred_ones_come_in_the_second_pass_behind_new_ones(void **state)
{
	struct host_queue queue;

	(void)state;
	host_queue_init(&queue);
	add(&queue, "a");
	add(&queue, "b");
	assert_string_equal(take_all(&queue, false), "a b");
	assert_int_equal(host_queue_defer(&queue, SPAN_LITERAL("b"), 1), 0);
	assert_int_equal(host_queue_defer(&queue, SPAN_LITERAL("a"), 1), 0);
	assert_true(host_queue_is_empty(&queue, false) && !host_queue_is_empty(&queue, true));
	assert_int_equal(queue.deferred_left, 2);
	add(&queue, "a");
	assert_string_equal(take_all(&queue, false), "");
	add(&queue, "c");
	assert_string_equal(take_all(&queue, true), "c b+1 a+1");
	assert_int_equal(queue.deferred_left, 0);
	host_queue_fini(&queue);
}

/* A domain stands in the file before its hosts, or, of one named before, behind. */
static void a_host_with_a_record_is_not_looked_at_again(void **state)
{
	struct host_queue queue;

	(void)state;
	host_queue_init(&queue);
	add(&queue, "a");
	add(&queue, "b");
	assert_int_equal(host_queue_done(&queue, SPAN_LITERAL("a")), 0);
	assert_int_equal(host_queue_done(&queue, SPAN_LITERAL("a")),
			 0); /* as a file has it whose hosts were asked twice */
	assert_int_equal(host_queue_done(&queue, SPAN_LITERAL("c")), 0);
	add(&queue, "c");
	assert_int_equal(queue.left, 1);
	assert_int_equal(queue.seen, 3);
	assert_string_equal(take_all(&queue, true), "b");
	assert_int_equal(host_queue_done(&queue, SPAN_LITERAL("d")), 0);
	add(&queue, "d");
	assert_string_equal(take_all(&queue, true), "");
	add(&queue, "e");
	assert_int_equal(host_queue_done(&queue, SPAN_LITERAL("e")), 0);
	assert_true(host_queue_is_empty(&queue, true));
	assert_string_equal(take_all(&queue, true), "");
	host_queue_fini(&queue);
}

static void whose_hosts_are_looked_at(void **state)
{
	static const struct obs_mx_record two[] = { { 10, SPAN_LITERAL("a") }, { 20, SPAN_LITERAL("b") } };
	static const struct obs_mx_record null_mx[] = { { 0, SPAN_LITERAL("") } };
	static const struct obs_mx_record twice[] = { { 0, SPAN_LITERAL("") },
						      { 1, SPAN_LITERAL("a") },
						      { 2, SPAN_LITERAL("a") } };
	static const struct {
		enum options_smtp smtp;
		const struct obs_mx_record *mx;
		uint32_t count;
		enum record_state sts;
		const char *hosts;
	} table[] = {
		{ OPTIONS_SMTP_STS, two, 2, RECORD_VALID, "a b" },
		{ OPTIONS_SMTP_STS, two, 2, RECORD_INVALID, "a b" },
		{ OPTIONS_SMTP_STS, two, 2, RECORD_MULTIPLE, "a b" },
		{ OPTIONS_SMTP_STS, two, 2, RECORD_NONE, "" },
		{ OPTIONS_SMTP_STS, two, 2, RECORD_UNKNOWN, "" },
		{ OPTIONS_SMTP_ALL, two, 2, RECORD_NONE, "a b" },
		{ OPTIONS_SMTP_ALL, two, 2, RECORD_UNKNOWN, "a b" },
		{ OPTIONS_SMTP_NONE, two, 2, RECORD_VALID, "" },
		{ OPTIONS_SMTP_ALL, NULL, 0, RECORD_VALID, "" },
		{ OPTIONS_SMTP_ALL, null_mx, 1, RECORD_VALID, "" },
		{ OPTIONS_SMTP_STS, null_mx, 1, RECORD_VALID, "" },
		{ OPTIONS_SMTP_STS, twice, 3, RECORD_VALID, "a" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct observation observation = { .mx = { .record = table[i].mx, .count = table[i].count } };
		struct judgement judgement = { .record[TXT_STS] = table[i].sts };
		struct host_queue queue;
		const char *hosts;

		host_queue_init(&queue);
		host_queue_add_domain(&queue, table[i].smtp, &observation, &judgement);
		hosts = take_all(&queue, false);
		if (strcmp(hosts, table[i].hosts) != 0)
			fail_msg("row %zu: '%s'", i, hosts);
		host_queue_fini(&queue);
	}
}

static void the_longest_name_comes_back(void **state)
{
	char text[HOST_QUEUE_NAME_MAX + 1];
	struct host_queue queue;

	(void)state;
	memset(text, 'a', sizeof(text));
	host_queue_init(&queue);
	host_queue_add(&queue, (struct span){ text, HOST_QUEUE_NAME_MAX });
	host_queue_add(&queue, (struct span){ text, HOST_QUEUE_NAME_MAX + 1 });
	assert_true(host_queue_take(&queue, false, &taken));
	assert_true(span_equal(taken.name, (struct span){ text, HOST_QUEUE_NAME_MAX }));
	assert_false(host_queue_take(&queue, false, &taken));
	assert_int_equal(queue.lost, 1);
	host_queue_fini(&queue);
}

/* While nothing can be written, what is named is lost; named again afterwards, it is found. */
static void a_full_disk_loses_what_nobody_names_again(void **state)
{
	char log[] = "/tmp/stsurvey-hosts-XXXXXX", line[512], filling[960]; /* the log has room beside it */
	struct rlimit before, tight;
	struct host_queue queue;
	struct error error;
	FILE *file;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	close(mkstemp(log));
	assert_int_equal(log_open(log, LOG_LEVEL_INFO, &error), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	tight = before;
	tight.rlim_cur = sizeof(filling) + 60;
	memset(filling, 'f', sizeof(filling));
	host_queue_init(&queue);
	host_queue_add(&queue, (struct span){ filling, sizeof(filling) });
	add(&queue, "a");
	setrlimit(RLIMIT_FSIZE, &tight);
	for (int i = 0; i < 3; i++) {
		add(&queue, "b");
		add(&queue, "c");
	}
	assert_int_equal(queue.lost, 2);
	assert_int_equal(host_queue_done(&queue, SPAN_LITERAL("c")), 0);
	assert_int_equal(queue.lost, 1);
	add(&queue, "d");
	assert_int_equal(queue.lost, 2);
	setrlimit(RLIMIT_FSIZE, &before);
	log_close();
	add(&queue, "b");
	assert_int_equal(queue.lost, 1);
	assert_int_equal(queue.left, 3);
	assert_int_equal(queue.seen, 5);
	assert_true(host_queue_take(&queue, false, &taken));
	assert_string_equal(take_all(&queue, true), "a b");
	assert_non_null(file = fopen(log, "r"));
	assert_non_null(fgets(line, sizeof(line), file));
	assert_non_null(strstr(line, "[warning] mail servers to be probed: File too large, in memory or the temporary "
				     "file in /tmp; those"));
	assert_null(fgets(line, sizeof(line), file)); /* said once */
	fclose(file);
	unlink(log);
	host_queue_fini(&queue);
}

static void a_host_that_cannot_be_deferred_is_recorded_as_it_is(void **state)
{
	struct rlimit before, tight;
	struct host_queue queue;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	tight = before;
	tight.rlim_cur = 30;
	host_queue_init(&queue);
	setrlimit(RLIMIT_FSIZE, &tight);
	assert_int_equal(host_queue_defer(&queue, SPAN_LITERAL("a"), 1), 0);
	assert_int_equal(host_queue_defer(&queue, SPAN_LITERAL("b"), 1), -1);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_string_equal(take_all(&queue, true), "a+1");
	host_queue_fini(&queue);
}

static void a_torn_file_is_an_error(void **state)
{
	struct host_queue queue;

	(void)state;
	host_queue_init(&queue);
	add(&queue, "a.example");
	add(&queue, "b.example");
	assert_int_equal(ftruncate(queue.waiting.fd, queue.waiting.end - 1), 0);
	assert_string_equal(take_all(&queue, false), "a.example");
	assert_string_equal(queue.error.text,
			    "temporary file: 1 mail servers in it can't be read; --resume probes them");
	host_queue_fini(&queue);
}

/* Whichever allocation fails: a host is taken once, or counted as lost. */
static void no_memory_loses_no_host_without_a_word(void **state)
{
	bool again = true;
	char text[64];

	(void)state;
	for (long n = 0; again; n++) {
		struct host_queue queue;
		unsigned found = 0;

		assert_in_range(n, 0, ALLOCATIONS_MAX);
		host_queue_init(&queue);
		fail_at(n);
		for (unsigned i = 0; i < MANY; i++)
			host_queue_add(&queue, name_of(i, text));
		again = hit;
		fail_at(-1);
		while (host_queue_take(&queue, true, &taken))
			found++;
		assert_true(found + queue.lost == MANY && (again || queue.lost == 0));
		if (again)
			assert_in_range(queue.lost, 0, 1); /* the next one finds memory again */
		host_queue_fini(&queue);
	}
}

/* ---- threads ---- */

struct shared {
	struct host_queue queue;
	_Atomic unsigned taken[MANY];
	_Atomic unsigned adding;
};

static void *add_and_take(void *arg)
{
	struct shared *shared = arg;
	struct host_taken own;
	char text[64];

	for (unsigned i = 0; i < MANY; i++) {
		host_queue_add(&shared->queue, name_of(i, text));
		if (i % 3 == 0 && host_queue_take(&shared->queue, false, &own))
			shared->taken[atoi(own.name.p + strspn(own.name.p, "abcdefghijklmnopqrstuvwxyz"))]++;
	}
	shared->adding--;
	while (shared->adding > 0 || !host_queue_is_empty(&shared->queue, false))
		if (host_queue_take(&shared->queue, false, &own))
			shared->taken[atoi(own.name.p + strspn(own.name.p, "abcdefghijklmnopqrstuvwxyz"))]++;
	return NULL;
}

static void threads_share_the_hosts(void **state)
{
	static struct shared shared = { .adding = THREADS };
	pthread_t thread[THREADS];

	(void)state;
	host_queue_init(&shared.queue);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, add_and_take, &shared), 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(shared.taken[i], 1);
	assert_int_equal(shared.queue.joined, (THREADS - 1) * MANY);
	host_queue_fini(&shared.queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_taken_once_in_the_order_of_naming),
		cmocka_unit_test(deferred_ones_come_in_the_second_pass_behind_new_ones),
		cmocka_unit_test(a_host_with_a_record_is_not_looked_at_again),
		cmocka_unit_test(whose_hosts_are_looked_at),
		cmocka_unit_test(the_longest_name_comes_back),
		cmocka_unit_test(a_full_disk_loses_what_nobody_names_again),
		cmocka_unit_test(a_host_that_cannot_be_deferred_is_recorded_as_it_is),
		cmocka_unit_test(a_torn_file_is_an_error),
		cmocka_unit_test(no_memory_loses_no_host_without_a_word),
		cmocka_unit_test(threads_share_the_hosts),
	};

	return cmocka_run_group_tests_name("host_queue", tests, NULL, NULL);
}
