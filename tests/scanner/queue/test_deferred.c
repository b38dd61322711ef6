/* SPDX-License-Identifier: BSD-2-Clause */
/* Domains kept for the last pass in a temporary file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>
#include <cmocka.h>

#include "output/temporary_file.h"
#include "parsers/domain.h"
#include "scanner/base/log.h"
#include "scanner/queue/deferred.h"
#include "tests/scanner/queue/told.h"

enum { MANY = 20000 };

static struct feed_batch batch;
static struct error error;

static struct span name_of(uint64_t i, char text[static 64])
{
	return (struct span){ text,
			      (size_t)snprintf(text, 64, "%.*s%llu.example", (int)(i % 40),
					       "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqr", (unsigned long long)i) };
}

static void none_is_none(void **state)
{
	struct deferred deferred;

	(void)state;
	deferred_init(&deferred);
	assert_int_equal(deferred.count, 0);
	deferred_take(&deferred, &batch);
	assert_int_equal(batch.count, 0);
	deferred_fini(&deferred);
}

/* What the list says of a domain beside its name comes back with it, however long; a batch has as many as it has room
 * for. */
static void what_else_is_known_comes_back(void **state)
{
	static struct extra extra, other;
	char text[64], value[EXTRA_ITEM_MAX];
	struct deferred deferred;
	uint64_t taken = 0;

	(void)state;
	memset(value, 'x', sizeof(value));
	deferred_init(&deferred);
	for (uint64_t i = 0; i < MANY / 10; i++) {
		extra_begin(&extra, EXTRA_LABELS);
		for (uint64_t k = 0; k < i % 40; k++)
			extra_add(&extra, (struct span){ value, i % (sizeof(value) + 1) });
		assert_int_equal(
			deferred_put(&deferred, &(struct name_entry){ .index = i,
								      .name = name_of(i, text),
								      .extra = i % 3 == 0 ? (struct span){ NULL, 0 }
											  : extra_octets(&extra),
								      .servers = extra_first(extra_octets(&extra)),
								      .why = (uint8_t)(i % FALL_BACK_COUNT) }),
			0);
	}
	while (deferred.count > 0) {
		deferred_take(&deferred, &batch);
		assert_int_equal(deferred.error.text[0], 0);
		for (unsigned i = 0; i < batch.count; i++, taken++) {
			extra_begin(&other, EXTRA_LABELS);
			for (uint64_t k = 0; k < taken % 40; k++)
				extra_add(&other, (struct span){ value, taken % (sizeof(value) + 1) });
			assert_int_equal(batch.target[i].index, taken);
			assert_true(span_equal(batch.target[i].name, name_of(taken, text)));
			assert_true(taken % 3 == 0 ? batch.target[i].extra.n == 0
						   : span_equal(batch.target[i].extra, extra_octets(&other)));
			assert_true(span_equal(batch.target[i].servers, extra_first(extra_octets(&other))));
			assert_int_equal(batch.target[i].why, taken % FALL_BACK_COUNT);
		}
	}
	assert_int_equal(taken, MANY / 10);
	deferred_fini(&deferred);
}

static void many_come_back_in_order_and_once(void **state)
{
	struct deferred deferred;
	uint64_t taken = 0;
	char text[64];

	(void)state;
	deferred_init(&deferred);
	for (uint64_t i = 0; i < MANY; i++)
		assert_int_equal(
			deferred_put(&deferred,
				     &(struct name_entry){ .index = i * 3, .rank = i + 1, .name = name_of(i, text) }),
			0);
	assert_int_equal(deferred.count, MANY);
	for (;;) {
		deferred_take(&deferred, &batch);
		for (unsigned i = 0; i < batch.count; i++, taken++) {
			struct span name = name_of(taken, text);

			assert_int_equal(batch.target[i].index, taken * 3);
			assert_int_equal(batch.target[i].rank, taken + 1);
			assert_int_equal(batch.target[i].input, INPUT_OK);
			assert_true(span_equal(batch.target[i].name, name));
		}
		if (batch.count == 0)
			break;
		assert_true(batch.count == FEED_BATCH || taken == MANY);
	}
	assert_int_equal(taken, MANY);
	deferred_fini(&deferred);
}

static void the_longest_name_comes_back(void **state)
{
	struct deferred deferred;
	char text[DOMAIN_NAME_MAX];

	(void)state;
	deferred_init(&deferred);
	memset(text, 'a', sizeof(text));
	for (int i = 0; i < FEED_BATCH + 1; i++)
		assert_int_equal(
			deferred_put(&deferred, &(struct name_entry){ .index = 1,
								      .rank = 0,
								      .name = (struct span){ text, sizeof(text) } }),
			0);
	deferred_take(&deferred, &batch);
	assert_int_equal(batch.count, FEED_BATCH);
	for (unsigned i = 0; i < batch.count; i++)
		assert_true(span_equal(batch.target[i].name, (struct span){ text, sizeof(text) }));
	deferred_fini(&deferred);
}

static void a_torn_file_is_an_error_and_what_was_whole_is_taken(void **state)
{
	struct deferred deferred;
	int fd;

	(void)state;
	deferred_init(&deferred);
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(deferred_put(&deferred, &(struct name_entry){ .index = i,
									       .rank = 0,
									       .name = SPAN_LITERAL("example.com") }),
				 0);
	fd = deferred.names.fd;
	assert_true(fd > 0);
	assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_END) - 5), 0);
	deferred_take(&deferred, &batch);
	assert_int_equal(batch.count, 2);
	assert_int_equal(deferred.count, 0);
	assert_non_null(strstr(deferred.error.text, "1 domains"));
	deferred_take(&deferred, &batch);
	assert_int_equal(batch.count, 0);
	deferred_fini(&deferred);
}

static void a_full_disk_costs_that_domain_alone_and_is_told_once(void **state)
{
	char log[] = "/tmp/stsurvey-deferred-XXXXXX";
	struct deferred deferred;
	struct rlimit before, tight;
	unsigned kept = 0, refused = 0;

	(void)state;
	deferred_init(&deferred);
	signal(SIGXFSZ, SIG_IGN);
	close(mkstemp(log));
	assert_int_equal(log_open(log, LOG_LEVEL_INFO, &error), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	for (int i = 0; i < 100; i++) {
		tight = before;
		if (i >= 40 && i < 60)
			tight.rlim_cur = 40 * 31 + 7; /* in the middle of an entry */
		setrlimit(RLIMIT_FSIZE, &tight);
		*(deferred_put(&deferred, &(struct name_entry){ .index = (uint64_t)i,
								.rank = 0,
								.name = SPAN_LITERAL("example.com") }) == 0
			  ? &kept
			  : &refused) += 1;
		setrlimit(RLIMIT_FSIZE, &before);
	}
	assert_int_equal(kept, 80);
	assert_int_equal(refused, 20);
	assert_int_equal(deferred.count, 80);
	assert_int_equal(deferred.failed, 20);
	log_close();
	assert_int_equal(told(log, "[warning] temporary file: File too large in /tmp; "), 1);
	assert_int_equal(told(log, ""), 1);
	unlink(log);
	for (unsigned i = 0; i < 80;) {
		deferred_take(&deferred, &batch);
		assert_true(batch.count > 0);
		for (unsigned k = 0; k < batch.count; k++, i++)
			assert_int_equal(batch.target[k].index, i < 40 ? i : i + 20);
	}
	deferred_fini(&deferred);
}

static void its_file_is_where_tmpdir_says_and_has_no_name(void **state)
{
	char folder[] = "/tmp/stsurvey-deferred-XXXXXX", link[64], target[128] = "",
	     log[] = "/tmp/stsurvey-deferred-XXXXXX";
	struct deferred deferred;

	(void)state;
	close(mkstemp(log));
	assert_int_equal(log_open(log, LOG_LEVEL_INFO, &error), 0);
	assert_non_null(mkdtemp(folder));
	assert_int_equal(setenv("TMPDIR", folder, 1), 0);
	deferred_init(&deferred);
	deferred_open(&deferred);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", deferred.names.fd);
	assert_true(readlink(link, target, sizeof(target) - 1) > 0);
	assert_memory_equal(target, folder, strlen(folder));
	assert_int_equal(rmdir(folder), 0); /* empty, while the file is in use */
	assert_int_equal(
		deferred_put(&deferred,
			     &(struct name_entry){ .index = 1, .rank = 0, .name = SPAN_LITERAL("example.com") }),
		0);
	deferred_fini(&deferred);
	assert_int_equal(told(log, ""), 0);
	deferred_init(&deferred);
	deferred_open(&deferred);
	assert_int_equal(
		deferred_put(&deferred,
			     &(struct name_entry){ .index = 1, .rank = 0, .name = SPAN_LITERAL("example.com") }),
		-1);
	assert_int_equal(deferred.failed, 1);
	deferred_fini(&deferred);
	log_close();
	assert_int_equal(told(log, folder), 1);
	assert_int_equal(told(log, "[warning] temporary file: No such file or directory in /tmp/"), 1);
	assert_int_equal(setenv("TMPDIR", "", 1), 0);
	assert_string_equal(temporary_folder(), "/tmp");
	assert_int_equal(unsetenv("TMPDIR"), 0);
	assert_string_equal(temporary_folder(), "/tmp");
	unlink(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_is_none),
		cmocka_unit_test(many_come_back_in_order_and_once),
		cmocka_unit_test(what_else_is_known_comes_back),
		cmocka_unit_test(the_longest_name_comes_back),
		cmocka_unit_test(a_torn_file_is_an_error_and_what_was_whole_is_taken),
		cmocka_unit_test(a_full_disk_costs_that_domain_alone_and_is_told_once),
		cmocka_unit_test(its_file_is_where_tmpdir_says_and_has_no_name),
	};

	return cmocka_run_group_tests_name("deferred", tests, NULL, NULL);
}
