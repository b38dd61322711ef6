/* SPDX-License-Identifier: BSD-2-Clause */
/* Millions of domains that wait: what of them is in memory, what in the file, and that each comes back as it went in.
 *
 * STSURVEY_LONG=1: ten million.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "scanner/base/log.h"
#include "scanner/queue/admission_own.h" /* the file's counts */
#include "tests/scanner/queue/admission_fakes.h"
#include "tests/scanner/queue/told.h"

static struct feed_batch batch;
static struct admission_start start[FEED_BATCH];
static struct span servers_of[FEED_BATCH];
static uint64_t wait_us;

static unsigned take(struct admission *admission, uint64_t now_us)
{
	return admission_take(admission, &batch, start, servers_of, FEED_BATCH, now_us, &wait_us);
}

/* A domain of which everything follows from its number: that of one of @operators, with two of its servers. */
struct made {
	struct feed_target target;
	struct span servers;
	char name[64];
	struct extra extra;
};

static void make(struct made *made, uint64_t number, unsigned operators)
{
	unsigned operator=(unsigned)(number % operators);
	char host[64];

	extra_begin(&made->extra, EXTRA_SERVERS);
	for (unsigned i = 0; i < 2; i++) {
		int n = snprintf(host, sizeof(host), "a%u.operator%u.example",
				 (unsigned)(number / operators / 5 * 2 + i) % 40, operator);

		extra_add(&made->extra, (struct span){ host, (size_t)n });
	}
	made->servers = extra_octets(&made->extra);
	made->target = (struct feed_target){
		.index = number, .rank = number % 3 ? 0 : number + 1, .name = { made->name, 0 }, .extra = made->servers
	};
	made->target.name.n = (size_t)snprintf(made->name, sizeof(made->name), "domain-of-the-list-%llu.example",
					       (unsigned long long)number);
}

static void assert_made(const struct feed_target *target, struct span servers, unsigned operators)
{
	static struct made made;

	make(&made, target->index, operators);
	assert_int_equal(target->rank, made.target.rank);
	assert_int_equal(target->input, INPUT_OK);
	assert_true(span_equal(target->name, made.target.name));
	assert_true(span_equal(target->extra, made.target.extra));
	assert_true(span_equal(servers, made.servers));
}

struct odd {
	struct feed_target target;
	struct span servers;
	struct extra label, server;
	char value[OBS_LINE_MAX];
};

/* As made, but as odd as a list can be: bad lines, numbers of all sizes, labels, hosts that are none, and many. */
static void make_odd(struct odd *odd, uint64_t number)
{
	memset(odd->value, 'a' + (int)(number % 26), sizeof(odd->value));
	odd->target = (struct feed_target){ .index = number * number * 977,
					    .rank = number % 5 ? number : UINT64_MAX - number,
					    .input = (enum input_status)(number % INPUT_STATUS_COUNT),
					    .name = { odd->value, number % (sizeof(odd->value) + 1) } };
	extra_begin(&odd->label, EXTRA_LABELS);
	for (uint64_t i = 0; i < number % 40; i++)
		extra_add(&odd->label, (struct span){ odd->value, number % 256 });
	extra_begin(&odd->server, EXTRA_SERVERS);
	for (uint64_t i = 0; i < (number % 7 ? 2 : 32); i++)
		extra_add(&odd->server,
			  number % 7 ? SPAN_LITERAL("a1.operator.example") : (struct span){ odd->value, number % 254 });
	extra_add(&odd->server, (struct span){ "a2.operator.example", number % 3 ? 19 : 0 });
	odd->servers = number % 11 ? extra_octets(&odd->server) : (struct span){ NULL, 0 };
	if (number % 4 < 2)
		odd->target.extra = number % 4 ? extra_octets(&odd->label) : odd->servers;
}

/* Whatever the list says of a domain comes back, from memory and from the file. */
static void everything_comes_back_as_it_was(void **state)
{
	enum { MANY = 4000 };
	struct admission *admission = fakes_admission(600);
	static struct odd odd;
	static bool seen[MANY];
	unsigned taken = 0;

	(void)state;
	fakes_reset();
	for (uint64_t i = 0; i < MANY; i++) {
		make_odd(&odd, i);
		assert_true(admission_put(admission, &odd.target, odd.servers, FALL_BACK_SECOND_PASS, 0));
	}
	assert_true(admission->store.file.written > 0);
	while (take(admission, 0) > 0)
		for (unsigned k = 0; k < batch.count; k++, taken++) {
			uint64_t number = 0;

			while (number < MANY && number * number * 977 != batch.target[k].index)
				number++;
			assert_true(number < MANY && !seen[number]);
			seen[number] = true;
			make_odd(&odd, number);
			assert_true(batch.target[k].rank == odd.target.rank);
			assert_int_equal(batch.target[k].input, odd.target.input);
			assert_true(span_equal(batch.target[k].name, odd.target.name));
			assert_true(span_equal(batch.target[k].extra, odd.target.extra));
			assert_true(span_equal(servers_of[k], odd.servers));
			assert_int_equal(start[k].why, FALL_BACK_SECOND_PASS);
			assert_int_equal(start[k].address.family, 0);
		}
	assert_int_equal(taken, MANY);
	admission_free(admission);
}

/* What the process holds, in octets. */
static uint64_t resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long long total, pages;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%llu %llu", &total, &pages), 2);
	fclose(file);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* However many wait, memory is bounded; of each line they come in order; written once and read once. */
static void many_wait_in_little_memory(void **state)
{
	static const struct {
		unsigned operators;
		bool is_shared; /* more operators than have extents of their own, or lines: some pass through two */
	} rows[] = { { 1, false }, { 50, false }, { 1000, false }, { 3000, true }, { 80000, true } };
	const uint64_t many = getenv("STSURVEY_LONG") ? 10000000 : 150000;
	static uint64_t next[80000];
	static struct made made;

	(void)state;
	for (size_t row = 0; row < COUNT_OF(rows); row++) {
		uint64_t before = resident(), taken = 0, written, most = 0;
		unsigned operators = rows[row].operators;
		struct admission *admission = fakes_admission(600);
		struct admission_counts counts;
		struct error error;

		fakes_reset();
		memset(next, 0, sizeof(next));
		for (uint64_t i = 0; i < many; i++) {
			make(&made, i, operators);
			assert_true(admission_put(admission, &made.target, made.servers, FALL_BACK_SECOND_PASS, 0));
		}
		most = resident() - before;
		admission_counts(admission, &counts);
		assert_int_equal(counts.waiting, many);
		while (take(admission, 0) > 0) {
			for (unsigned k = 0; k < batch.count; k++, taken++) {
				uint64_t index = batch.target[k].index;

				assert_made(&batch.target[k], servers_of[k], operators);
				if (!rows[row].is_shared)
					assert_int_equal(index / operators, next[index % operators]++);
			}
			if (taken % 4096 == 0 && resident() - before > most)
				most = resident() - before;
		}
		assert_int_equal(taken, many);
		written = admission->store.file.written;
		print_message("%u operators: %llu octets of memory, %llu written, %llu read\n", operators,
			      (unsigned long long)most, (unsigned long long)written,
			      (unsigned long long)admission->store.file.read);
		assert_true(most < ADMISSION_OCTETS + (4 << 20)); /* and what the test itself has begun to use */
		assert_int_equal(admission->store.file.read, written);
		assert_true(written < (rows[row].is_shared ? 2 : 1) * many * 110);
		admission_counts(admission, &counts);
		assert_true(counts.waiting == 0 && counts.lines == 0 && counts.spilled == 0);
		assert_int_equal(admission->store.pool.left, ADMISSION_BLOCKS);
		admission_error(admission, &error);
		assert_string_equal(error.text, "");
		admission_free(admission);
	}
}

/* Puts until it is refused, from *@next on. */
static void put_all(struct admission *admission, uint64_t *next, uint64_t end, unsigned operators)
{
	static struct made made;

	for (; *next < end; ++*next) {
		make(&made, *next, operators);
		if (!admission_put(admission, &made.target, made.servers, FALL_BACK_SECOND_PASS, 0))
			return;
	}
}

/* No room in the file: the list is not read further, which is told once; what waits goes on, and so does the list as
 * soon as there is room. */
static void a_full_disk_stops_the_list_and_loses_nothing(void **state)
{
	enum { OPERATORS = 100 };
	const uint64_t many = 400000;
	char log[] = "/tmp/stsurvey-admission-XXXXXX";
	struct admission *admission = fakes_admission(600);
	struct admission_counts counts;
	struct rlimit before, tight;
	uint64_t next = 0, taken = 0, full;
	struct error error;

	(void)state;
	fakes_reset();
	signal(SIGXFSZ, SIG_IGN);
	close(mkstemp(log));
	assert_int_equal(log_open(log, LOG_LEVEL_INFO, &error), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	tight = before;
	tight.rlim_cur = 200 * EXTENT_FILE_OCTETS + 1;
	setrlimit(RLIMIT_FSIZE, &tight);
	put_all(admission, &next, many, OPERATORS);
	full = next;
	assert_true(full > 100000 && full < many);
	admission_counts(admission, &counts);
	assert_true(counts.refused > 0);
	assert_int_equal(counts.waiting, full);
	while (taken < full / 2) {
		assert_true(take(admission, 0) > 0);
		taken += batch.count;
	}
	put_all(admission, &next, many, OPERATORS);
	assert_true(next > full);
	setrlimit(RLIMIT_FSIZE, &before);
	log_close();
	assert_int_equal(told(log, "[warning] temporary file: File too large in /tmp; no more of the list is read"), 1);
	assert_int_equal(told(log, ""), 1);
	unlink(log);
	while (taken < many) {
		put_all(admission, &next, many, OPERATORS);
		assert_true(take(admission, 0) > 0);
		for (unsigned k = 0; k < batch.count; k++, taken++)
			assert_made(&batch.target[k], servers_of[k], OPERATORS);
	}
	assert_int_equal(take(admission, 0), 0);
	assert_true(wait_us == UINT64_MAX);
	admission_free(admission);
}

/* A folder that is not there: told at once, and memory holds what it may. */
static void without_a_file_memory_holds_what_it_may(void **state)
{
	char log[] = "/tmp/stsurvey-admission-XXXXXX";
	struct admission *admission = fakes_admission(600);
	struct error error;
	uint64_t next = 0, taken = 0;

	(void)state;
	fakes_reset();
	close(mkstemp(log));
	assert_int_equal(log_open(log, LOG_LEVEL_INFO, &error), 0);
	assert_int_equal(setenv("TMPDIR", "/nowhere", 1), 0);
	admission_open(admission);
	assert_int_equal(told(log, "[warning] temporary file: No such file or directory in /nowhere; "), 1);
	put_all(admission, &next, UINT64_MAX, 1);
	assert_true(next > 50000);
	assert_int_equal(unsetenv("TMPDIR"), 0);
	log_close();
	assert_int_equal(told(log, ""), 1);
	unlink(log);
	for (; take(admission, 0) > 0; taken += batch.count)
		for (unsigned k = 0; k < batch.count; k++)
			assert_int_equal(batch.target[k].index, taken + k);
	assert_int_equal(taken, next);
	admission_free(admission);
}

/* What can't be read is told, with how many: those in memory come out, and all that is put from then on. */
static void a_torn_file_is_an_error_and_the_rest_goes_on(void **state)
{
	enum { OPERATORS = 20, MANY = 40000 };
	struct admission *admission = fakes_admission(600);
	struct admission_counts counts;
	char expected[64];
	uint64_t next = 0, taken = 0;
	struct error error;

	(void)state;
	fakes_reset();
	put_all(admission, &next, MANY, OPERATORS);
	assert_int_equal(ftruncate(admission->store.file.fd, 100 * EXTENT_FILE_OCTETS + 5), 0);
	for (; take(admission, 0) > 0; taken += batch.count)
		for (unsigned k = 0; k < batch.count; k++)
			assert_made(&batch.target[k], servers_of[k], OPERATORS);
	assert_true(taken > MANY / 10 && taken < MANY);
	admission_error(admission, &error);
	snprintf(expected, sizeof(expected), "temporary file: %llu domains", (unsigned long long)(MANY - taken));
	assert_memory_equal(error.text, expected, strlen(expected));
	assert_non_null(strstr(error.text, "--resume"));
	admission_counts(admission, &counts);
	assert_true(counts.waiting == 0 && counts.lines == 0);
	put_all(admission, &next, MANY + MANY, OPERATORS);
	for (taken = 0; take(admission, 0) > 0; taken += batch.count)
		for (unsigned k = 0; k < batch.count; k++)
			assert_made(&batch.target[k], servers_of[k], OPERATORS);
	assert_int_equal(taken, MANY);
	admission_free(admission);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_comes_back_as_it_was),
		cmocka_unit_test(many_wait_in_little_memory),
		cmocka_unit_test(a_full_disk_stops_the_list_and_loses_nothing),
		cmocka_unit_test(without_a_file_memory_holds_what_it_may),
		cmocka_unit_test(a_torn_file_is_an_error_and_the_rest_goes_on),
	};

	return cmocka_run_group_tests_name("admission_spill", tests, NULL, NULL);
}
