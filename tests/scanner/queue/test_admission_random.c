/* SPDX-License-Identifier: BSD-2-Clause */
/* Domains of all kinds, put and taken at random, against what must hold of whatever admission does: each comes out once
 * and as it went in, none overtakes more of its line than may be passed over, no bucket yields more than it has,
 * nothing that rests is asked, and nothing waits for ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <cmocka.h>

#include "parsers/hash.h"
#include "tests/scanner/queue/admission_fakes.h"

enum { DOMAINS = 10000, OPERATORS = 12, SERVERS = 4, ADDRESSES = OPERATORS * SERVERS, QUESTIONS = ADMISSION_QUESTIONS };

/* What was put, by number. */
static struct domain {
	unsigned operator;
	enum obs_fall_back why;
	bool is_out;
	struct extra servers;
} domain[DOMAINS];

static uint64_t seed;

static unsigned roll(unsigned sides)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % sides;
}

static struct span name_of(unsigned number, char text[static 64])
{
	return (struct span){ text, (size_t)snprintf(text, 64, "d%u.example", number) };
}

static bool put(struct admission *admission, unsigned number, uint64_t now_us)
{
	static const char kinds[] = "aaaaaawwunx";
	struct domain *put = &domain[number];
	char text[64], host[64];
	struct feed_target target = { .index = number, .rank = number % 2 * number, .name = name_of(number, text) };

	*put = (struct domain){ .operator= roll(roll(3) ? OPERATORS : 2),
				.why = roll(20) ? FALL_BACK_NONE : FALL_BACK_SECOND_PASS };
	extra_begin(&put->servers, EXTRA_SERVERS);
	for (unsigned i = 0, count = 1 + roll(3); i < count; i++) {
		int n = snprintf(host, sizeof(host), "%c%u.op%u.example", kinds[roll(sizeof(kinds) - 1)],
				 put->operator* SERVERS + roll(SERVERS), put->operator);

		extra_add(&put->servers, (struct span){ host, (size_t)n });
	}
	if (roll(2))
		target.extra = extra_octets(&put->servers);
	return admission_put(admission, &target, extra_octets(&put->servers), put->why, now_us);
}

static uint64_t gone[ADDRESSES], gone_of[OPERATORS];

static void check(const struct feed_target *target, struct span servers, const struct admission_start *start,
		  uint64_t now_us)
{
	struct domain *out = &domain[target->index];
	char text[64];
	struct span item[EXTRA_SERVERS_ASKED];
	const struct fake_operator *operator= & fakes.operator[out->operator];

	assert_true(target->index < DOMAINS && !out->is_out);
	assert_true(span_equal(target->name, name_of((unsigned)target->index, text)));
	assert_int_equal(target->rank, target->index % 2 * target->index);
	assert_true(span_equal(servers, extra_octets(&out->servers)));
	assert_true(target->extra.n == 0 || span_equal(target->extra, servers));
	out->is_out = true;
	/* a bucket without a burst: the n-th goes when n - 1 have been paid for */
	assert_true(now_us >= gone_of[out->operator]++ * QUESTIONS * operator->interval_us);
	if (start->address.family != 0) {
		unsigned address = fakes_number(&start->address);

		assert_int_equal(start->why, FALL_BACK_NONE);
		assert_int_equal(out->why, FALL_BACK_NONE);
		assert_true(start->drawn < extra_items(servers, item, COUNT_OF(item)));
		assert_int_equal(strtoul(item[start->drawn].p + 1, NULL, 10), address);
		assert_true(fakes.rests_until[address] <= now_us);
		assert_true(now_us >= gone[address]++ * QUESTIONS * fakes.interval_us[address]);
	} else if (out->why != FALL_BACK_NONE) {
		assert_int_equal(start->why, out->why);
	} else {
		assert_true(start->why >= FALL_BACK_UNSEEN && start->why <= FALL_BACK_PATIENCE);
	}
}

static void run(uint64_t of)
{
	static struct feed_batch batch;
	static struct admission_start start[FEED_BATCH];
	static struct span servers[FEED_BATCH];
	struct admission *admission = fakes_admission(60);
	struct admission_counts counts;
	unsigned put_so_far = 0, out = 0;
	uint64_t now = 1, wait_us;
	char name[DOMAIN_NAME_MAX];

	seed = of;
	fakes_reset();
	memset(gone, 0, sizeof(gone));
	memset(gone_of, 0, sizeof(gone_of));
	for (unsigned i = 0; i < OPERATORS; i++) {
		char operator[64];

		snprintf(operator, sizeof(operator), "op%u.example", i);
		fakes_slow(operator, roll(3) ? roll(2000) : 0);
	}
	for (unsigned i = 0; i < ADDRESSES; i++)
		fakes.interval_us[i] = roll(3) ? roll(20000) : 0;
	while (out < DOMAINS) {
		unsigned address = roll(ADDRESSES), count;

		if (roll(10) == 0) {
			fakes.rests_since[address] = now;
			fakes.rests_until[address] = now + (roll(5) ? roll(2000000) : roll(90000000));
		}
		if (roll(50) == 0) {
			fakes.learned = roll(3) > 0;
			memset(fakes.wanted, 0, sizeof(fakes.wanted));
		}
		for (unsigned i = roll(200); i > 0 && put_so_far < DOMAINS; i--)
			put_so_far += put(admission, put_so_far, now);
		while (admission_next_look_up(admission, name) > 0)
			assert_true(name[0] == 'w');
		count = admission_take(admission, &batch, start, servers, roll(FEED_BATCH + 1), now, &wait_us);
		for (unsigned k = 0; k < count; k++)
			check(&batch.target[k], servers[k], &start[k], now);
		out += count;
		admission_counts(admission, &counts);
		assert_int_equal(counts.waiting, put_so_far - out);
		assert_true(counts.waiting == 0 || wait_us < UINT64_C(900000000));
		now += count > 0 || wait_us == UINT64_MAX ? roll(1000) : roll(10) ? wait_us : roll(100000);
	}
	assert_int_equal(admission_take(admission, &batch, start, servers, 1, now, &wait_us), 0);
	assert_true(wait_us == UINT64_MAX);
	assert_int_equal(counts.put, DOMAINS);
	admission_free(admission);
}

static void whatever_is_put_comes_out_as_it_may(void **state)
{
	unsigned long first = getenv("STSURVEY_SEED") ? strtoul(getenv("STSURVEY_SEED"), NULL, 10) : 1;

	(void)state;
	for (unsigned long of = first; of < first + 4; of++)
		run(of);
}

/* ---- threads ---- */

enum { THREADS = 4, EACH = 5000 };

static struct admission *shared;
static _Atomic unsigned taken_by_all;
static _Atomic unsigned char taken_once[THREADS * EACH];

static void *put_and_take(void *arg)
{
	unsigned first = *(const unsigned *)arg * EACH;
	struct feed_batch *batch = malloc(sizeof(*batch));
	struct admission_start start[FEED_BATCH];
	struct span servers[FEED_BATCH];
	struct admission_counts counts;
	char name[DOMAIN_NAME_MAX], text[64];
	uint64_t wait_us;
	struct extra extra;

	extra_begin(&extra, EXTRA_SERVERS);
	extra_add(&extra, SPAN_LITERAL("w1.op1.example"));
	for (unsigned i = 0, turn = 0; i < EACH || atomic_load(&taken_by_all) < THREADS * EACH; turn++) {
		const struct feed_target target = { .index = first + i, .name = name_of(first + i, text) };
		unsigned count = 0;

		if (i < EACH && admission_put(shared, &target, extra_octets(&extra),
					      i % 3 ? FALL_BACK_NONE : FALL_BACK_SECOND_PASS, turn))
			i++;
		if (turn % 40 == 0 || i == EACH)
			count = admission_take(shared, batch, start, servers, 50, turn, &wait_us);
		for (unsigned k = 0; k < count; k++)
			taken_once[batch->target[k].index]++;
		taken_by_all += count;
		(void)admission_next_look_up(shared, name);
		if (turn % 100 == 0)
			admission_counts(shared, &counts);
	}
	free(batch);
	return NULL;
}

static void threads_put_and_take_at_once(void **state)
{
	pthread_t thread[THREADS];
	unsigned number[THREADS];

	(void)state;
	fakes_reset();
	fakes.learned = true;
	shared = fakes_admission(60);
	for (unsigned i = 0; i < THREADS; i++) {
		number[i] = i;
		assert_int_equal(pthread_create(&thread[i], NULL, put_and_take, &number[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	for (unsigned i = 0; i < THREADS * EACH; i++)
		assert_int_equal(taken_once[i], 1);
	admission_free(shared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_is_put_comes_out_as_it_may),
		cmocka_unit_test(threads_put_and_take_at_once),
	};

	return cmocka_run_group_tests_name("admission_random", tests, NULL, NULL);
}
