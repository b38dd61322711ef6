/* SPDX-License-Identifier: BSD-2-Clause */
/* Domains of --direct that wait: who goes when, and where to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "parsers/hash.h"
#include "tests/scanner/queue/admission_fakes.h"

static struct feed_batch batch;
static struct admission_start start[FEED_BATCH];
static struct span servers_of[FEED_BATCH];
static struct extra extra;

/* The list's words for name servers: those of @names, with a space between. */
static struct span servers(const char *names)
{
	struct span rest = span_of(names), part;

	extra_begin(&extra, EXTRA_SERVERS);
	while (rest.n > 0 && span_next_part(&rest, ' ', &part))
		extra_add(&extra, part);
	return rest.n == 0 && *names == 0 ? (struct span){ NULL, 0 } : extra_octets(&extra);
}

/* A domain with that number as its index, at these servers. */
static bool put(struct admission *admission, uint64_t index, const char *names, enum obs_fall_back why, uint64_t now_us)
{
	char name[64];
	struct span of = servers(names);
	struct feed_target target = { .index = index, .name = { name, 0 }, .extra = of };

	target.name.n = (size_t)snprintf(name, sizeof(name), "d%llu.example", (unsigned long long)index);
	return admission_put(admission, &target, of, why, now_us);
}

static uint64_t wait_us;

static unsigned take(struct admission *admission, unsigned most, uint64_t now_us)
{
	return admission_take(admission, &batch, start, servers_of, most, now_us, &wait_us);
}

/* What @names come to at once. */
static void a_domain_goes_where_its_servers_allow(void **state)
{
	static const struct {
		const char *names;
		enum obs_fall_back put_why;
		unsigned count; /* handed out */
		enum obs_fall_back why;
		unsigned address;
	} rows[] = {
		{ "a1.op.example", FALL_BACK_NONE, 1, FALL_BACK_NONE, 1 },
		{ "a1.op.example u2.op.example", FALL_BACK_NONE, 1, FALL_BACK_NONE, 1 },
		{ "u3.op.example n2.op.example a1.op.example x4.op.example", FALL_BACK_NONE, 1, FALL_BACK_NONE, 1 },
		{ "u1.op.example u2.op.example", FALL_BACK_NONE, 1, FALL_BACK_UNSEEN, 0 },
		{ "n1.op.example u2.op.example", FALL_BACK_NONE, 1, FALL_BACK_UNSEEN, 0 },
		{ "n1.op.example n2.op.example", FALL_BACK_NONE, 1, FALL_BACK_ADDRESSLESS, 0 },
		{ "n1.op.example x2.op.example", FALL_BACK_NONE, 1, FALL_BACK_FORBIDDEN, 0 },
		{ "w1.op.example", FALL_BACK_NONE, 0, FALL_BACK_NONE, 0 },
		{ "w1.op.example", FALL_BACK_SECOND_PASS, 1, FALL_BACK_SECOND_PASS, 0 },
		{ "a1.op.example", FALL_BACK_UNDELEGATED, 1, FALL_BACK_UNDELEGATED, 0 },
		{ "", FALL_BACK_SECOND_PASS, 1, FALL_BACK_SECOND_PASS, 0 },
		{ "", FALL_BACK_NONE, 1, FALL_BACK_UNDELEGATED, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (int again = 0; again < 8; again++) { /* whatever is drawn */
			struct admission *admission = fakes_admission(600);
			struct admission_counts counts;
			struct span item[13];

			fakes_reset();
			assert_true(put(admission, 5, rows[i].names, rows[i].put_why, 1000));
			assert_int_equal(take(admission, FEED_BATCH, 1000), rows[i].count);
			admission_counts(admission, &counts);
			assert_int_equal(counts.waiting, 1 - rows[i].count);
			assert_true(rows[i].count > 0 || (wait_us > 0 && wait_us < 1000000));
			admission_free(admission);
			if (rows[i].count == 0)
				continue;
			assert_int_equal(start[0].why, rows[i].why);
			assert_int_equal(start[0].address.family, rows[i].why == FALL_BACK_NONE ? 4 : 0);
			if (rows[i].address == 0)
				continue;
			assert_int_equal(fakes_number(&start[0].address), rows[i].address);
			assert_true(extra_items(servers_of[0], item, COUNT_OF(item)) > start[0].drawn);
			assert_int_equal(item[start[0].drawn].p[0], 'a');
		}
}

static void a_line_is_first_in_first_out(void **state)
{
	struct admission *admission = fakes_admission(600);

	(void)state;
	fakes_reset();
	for (uint64_t i = 0; i < 1000; i++)
		assert_true(
			put(admission, i, i % 7 ? "a1.op.example" : "a2.op.example a3.op.example", FALL_BACK_NONE, 0));
	for (uint64_t i = 0; i < 1000;)
		for (unsigned k = 0, count = take(admission, FEED_BATCH, 0); k < count; k++, i++)
			assert_int_equal(batch.target[k].index, i);
	assert_int_equal(take(admission, FEED_BATCH, 0), 0);
	assert_true(wait_us == UINT64_MAX);
	admission_free(admission);
}

/* A look-up is ordered once, by one of those that wait; they go when it is known. */
static void a_host_is_looked_up_once_and_its_domains_wait(void **state)
{
	struct admission *admission = fakes_admission(600);
	char name[DOMAIN_NAME_MAX];

	(void)state;
	fakes_reset();
	for (uint64_t i = 0; i < 100; i++)
		assert_true(put(admission, i, "w1.op.example", FALL_BACK_NONE, 0));
	assert_true(put(admission, 100, "a2.other.example", FALL_BACK_NONE, 0));
	assert_int_equal(take(admission, FEED_BATCH, 0), 1);
	assert_int_equal(batch.target[0].index, 100);
	assert_int_equal(admission_next_look_up(admission, name), strlen("w1.op.example"));
	assert_memory_equal(name, "w1.op.example", strlen("w1.op.example"));
	assert_int_equal(admission_next_look_up(admission, name), 0);
	assert_int_equal(fakes.again, 0);
	assert_int_equal(take(admission, FEED_BATCH, 1000000), 0);
	assert_int_equal(fakes.again, ADMISSION_AHEAD);
	assert_int_equal(admission_next_look_up(admission, name), 0);
	fakes.learned = true;
	for (uint64_t i = 0; i < 100;)
		for (unsigned k = 0, count = take(admission, FEED_BATCH, 10000000); k < count; k++, i++)
			assert_int_equal(batch.target[k].index, i);
	admission_free(admission);
}

/* A quarter of the list is at one operator that takes a domain a second: it delays nobody else. */
static void a_slow_operator_delays_nobody_else(void **state)
{
	struct admission *admission = fakes_admission(600);
	struct admission_counts counts;
	char names[64];
	unsigned slow = 0, others = 0;

	(void)state;
	fakes_reset();
	fakes_slow("slow.example", 333333);
	for (uint64_t i = 0; i < 4000; i++) {
		snprintf(names, sizeof(names), "a1.%s%llu.example", i % 4 ? "op" : "slow", (unsigned long long)i % 100);
		assert_true(put(admission, i, i % 4 ? names : "a2.slow.example", FALL_BACK_NONE, 0));
	}
	while (take(admission, FEED_BATCH, 0) > 0)
		for (unsigned k = 0; k < batch.count; k++)
			*(batch.target[k].index % 4 ? &others : &slow) += 1;
	assert_int_equal(others, 3000);
	assert_int_equal(slow, 1);
	assert_int_equal(wait_us, 999999);
	admission_counts(admission, &counts);
	assert_int_equal(counts.slowest_waiting, 999);
	assert_int_equal(counts.lines, 1);
	assert_true(span_equal(counts.slowest, SPAN_LITERAL("slow.example")));
	for (uint64_t now = 0; counts.waiting > 0; now += wait_us) {
		slow += take(admission, FEED_BATCH, now);
		admission_counts(admission, &counts);
	}
	assert_int_equal(slow, 1000);
	assert_true(fakes.operator_takes < 2 * 4000 + 3 * 1000);
	admission_free(admission);
}

/* One of an operator's servers rests: of its domains only so many are passed over as are looked at. */
static void a_resting_server_does_not_hold_up_its_operators_others(void **state)
{
	struct admission *admission = fakes_admission(600);
	struct admission_counts counts;
	unsigned gone = 0;

	(void)state;
	fakes_reset();
	fakes.rests_until[1] = 60000000;
	/* more than ADMISSION_AHEAD, so that they would fill the front of the line */
	for (uint64_t i = 0; i < 300; i++)
		assert_true(put(admission, i, i % 3 == 0 ? "a1.op.example" : "a2.op.example", FALL_BACK_NONE, 0));
	for (; take(admission, FEED_BATCH, 0) > 0; gone += batch.count)
		for (unsigned k = 0; k < batch.count; k++)
			assert_int_equal(fakes_number(&start[k].address), 2);
	assert_int_equal(gone, 200);
	admission_counts(admission, &counts); /* of those at the server's line it is told whose they are, too */
	assert_true(span_equal(counts.slowest, SPAN_LITERAL("op.example")));
	assert_int_equal(counts.slowest_waiting, 100);
	for (; take(admission, FEED_BATCH, 70000000) > 0; gone += batch.count)
		for (unsigned k = 0; k < batch.count; k++)
			assert_int_equal(fakes_number(&start[k].address), 1);
	assert_int_equal(gone, 300);
	admission_free(admission);
}

/* A domain with one more server does not wait for one that rests. */
static void another_server_is_drawn_where_one_rests(void **state)
{
	struct admission *admission = fakes_admission(600);

	(void)state;
	fakes_reset();
	fakes.rests_until[1] = 60000000;
	for (uint64_t i = 0; i < 50; i++)
		assert_true(put(admission, i, "a1.op.example a2.op.example", FALL_BACK_NONE, 0));
	assert_int_equal(take(admission, FEED_BATCH, 0), 50);
	for (unsigned k = 0; k < 50; k++)
		assert_int_equal(fakes_number(&start[k].address), 2);
	admission_free(admission);
}

/* The name server has two addresses, and the one drawn rests, as IPv6 does where there is no way to it. */
static void another_address_is_drawn_where_one_rests(void **state)
{
	struct admission *admission = fakes_admission(600);

	(void)state;
	fakes_reset();
	fakes.rests_until[1] = 60000000;
	for (uint64_t i = 0; i < 50; i++)
		assert_true(put(admission, i, "d1.op.example", FALL_BACK_NONE, 0));
	assert_int_equal(take(admission, FEED_BATCH, 0), 50);
	for (unsigned k = 0; k < 50; k++)
		assert_int_equal(fakes_number(&start[k].address), 2);
	admission_free(admission);
}

static void what_rests_for_longer_than_the_patience_goes_to_the_resolver(void **state)
{
	struct admission *admission = fakes_admission(600);
	uint64_t now = 0;

	(void)state;
	fakes_reset();
	fakes.rests_since[1] = 1000000;
	fakes.rests_since[2] = 5000000;
	fakes.rests_until[1] = fakes.rests_until[2] = UINT64_MAX / 2;
	for (uint64_t i = 0; i < 200; i++)
		assert_true(put(admission, i, "a1.op.example a2.op.example", FALL_BACK_NONE, 0));
	while (take(admission, FEED_BATCH, now) == 0)
		now += wait_us;
	assert_int_equal(now, 605000000);
	assert_true(fakes.takes < 2 * 32 * 300);
	for (unsigned k = 0; k < batch.count; k++) {
		assert_int_equal(start[k].why, FALL_BACK_PATIENCE);
		assert_int_equal(start[k].address.family, 0);
	}
	admission_free(admission);
}

static void lines_that_are_ready_take_turns(void **state)
{
	struct admission *admission = fakes_admission(600);
	char names[64];

	(void)state;
	fakes_reset();
	for (uint64_t i = 0; i < 1000; i++) {
		snprintf(names, sizeof(names), "a1.op%llu.example", (unsigned long long)i / 100);
		assert_true(put(admission, i, names, FALL_BACK_NONE, i));
	}
	for (uint64_t round = 0; round < 100; round++) {
		bool seen[10] = { false };

		assert_int_equal(take(admission, 10, 1000), 10);
		for (unsigned k = 0; k < 10; k++) {
			assert_false(seen[batch.target[k].index / 100]);
			seen[batch.target[k].index / 100] = true;
		}
	}
	admission_free(admission);
}

/* Where many wait for one address, none asks in vain: each has its place in the order of asking. */
static void a_crowd_at_one_address_costs_no_polling(void **state)
{
	enum { CROWD = 100000 };
	struct admission *admission = fakes_admission(600);
	uint64_t now = 0, gone = 0, put_so_far = 0, last = 0;
	char names[64];

	(void)state;
	fakes_reset();
	fakes.interval_us[1] = 20000;
	while (gone < CROWD) {
		for (; put_so_far < CROWD; put_so_far++) {
			snprintf(names, sizeof(names), "a1.op%llu.example", (unsigned long long)put_so_far);
			if (!put(admission, put_so_far, names, FALL_BACK_NONE, now))
				break;
		}
		while (take(admission, FEED_BATCH, now) > 0) {
			for (unsigned k = 0; k < batch.count; k++)
				assert_int_equal(fakes_number(&start[k].address), 1);
			gone += batch.count;
			assert_true(batch.count == 1 && (now == 0 || now >= last + 60000));
			last = now;
		}
		now += wait_us;
	}
	assert_int_equal(put_so_far, CROWD);
	assert_true(fakes.takes + fakes.reserves < 3 * CROWD);
	assert_true(last >= (uint64_t)(CROWD - 1) * 60000);
	admission_free(admission);
}

/* However many wait for one server that rests, looking at them costs little; and nobody else waits. */
static void a_crowd_at_a_resting_server_is_looked_at_seldom(void **state)
{
	enum { CROWD = 100000, OPERATORS = 20000 };
	struct admission *admission = fakes_admission(600);
	struct admission_counts counts;
	uint64_t now = 0, looks;
	unsigned others = 0, gone = 0;
	char names[64];

	(void)state;
	fakes_reset();
	fakes.rests_until[1] = 300000000;
	for (unsigned i = 0; i < CROWD + CROWD / 10; i++) {
		snprintf(names, sizeof(names), "a%d.op%u.example", i % 11 == 0 ? 2 : 1, i % OPERATORS);
		assert_true(put(admission, i, names, FALL_BACK_NONE, 0));
	}
	do
		for (unsigned k = 0, count = take(admission, FEED_BATCH, 0); k < count; k++, others++)
			assert_int_equal(fakes_number(&start[k].address), 2);
	while (wait_us == 0 || batch.count > 0);
	assert_int_equal(others, CROWD / 10);
	admission_counts(admission, &counts); /* whoever waits is told of, wherever */
	assert_int_equal(counts.slowest_waiting, CROWD);
	assert_true(span_equal(counts.slowest, SPAN_LITERAL("op1.example")));
	looks = fakes.finds;
	assert_true(looks < 2 * CROWD);
	for (; now < 299000000; now += wait_us)
		assert_int_equal(take(admission, FEED_BATCH, now), 0);
	assert_true(fakes.finds - looks < 300 * ADMISSION_AHEAD);
	for (; gone<CROWD; now += batch.count> 0 ? 0 : wait_us)
		gone += take(admission, FEED_BATCH, now);
	assert_true(now >= 300000000 && now < 303000000);
	admission_free(admission);
}

/* Domains that wait at servers which rest have it as their operator, as their first server's name says, and by turns
 * another: whoever looks at them in vain takes nothing from those that could go. */
static void who_waits_for_a_server_uses_nothing_of_its_operators(void **state)
{
	enum { DARK = 100, FIRST = 100, EACH = 32, SECONDS = 10, INTERVAL_US = 1000, US = 1000000 };
	struct admission *admission = fakes_admission(600);
	uint64_t gone = 0, number = 0, now = 0;
	char names[64];

	(void)state;
	fakes_reset();
	fakes_slow("busy.example", INTERVAL_US);
	fakes_slow("other.example", INTERVAL_US);
	for (unsigned dark = FIRST; dark < FIRST + DARK; dark++)
		for (unsigned i = 0; i < EACH; i++, number++) {
			snprintf(names, sizeof(names), "n1.%s.example a%u.dark.example", i % 2 ? "busy" : "other",
				 dark);
			assert_true(put(admission, number, names, FALL_BACK_NONE, 0));
		}
	for (; number < 10000; number++)
		assert_true(put(admission, number, "a1.busy.example", FALL_BACK_NONE, 0));
	for (; now<SECONDS *(uint64_t)US; now += wait_us> 0 ? wait_us : 1) {
		for (unsigned dark = FIRST; dark < FIRST + DARK; dark++)
			fakes.rests_until[dark] = now + 1; /* another's probe is on its way */
		for (; take(admission, FEED_BATCH, now) > 0; gone += batch.count)
			for (unsigned k = 0; k < batch.count; k++)
				assert_int_equal(fakes_number(&start[k].address), 1);
	}
	/* each of their lines may keep what one domain needs */
	assert_in_range(gone, SECONDS * US / INTERVAL_US / ADMISSION_QUESTIONS - 2 * DARK - 2,
			SECONDS * US / INTERVAL_US / ADMISSION_QUESTIONS + 2);
	admission_free(admission);
}

/* Of those that wait for one server whoever's operator has tokens goes. */
static void at_a_server_no_operator_waits_for_anothers_tokens(void **state)
{
	struct admission *admission = fakes_admission(600);
	unsigned gone = 0;

	(void)state;
	fakes_reset();
	fakes_slow("busy.example", 60000000);
	fakes.rests_until[1] = 5000000;
	for (uint64_t i = 0; i < ADMISSION_AHEAD; i++)
		assert_true(put(admission, i,
				i < 4 ? "n1.busy.example a1.dark.example" : "n1.free.example a1.dark.example",
				FALL_BACK_NONE, 0));
	for (uint64_t now = 0; now<20000000; now += wait_us> 0 ? wait_us : 1)
		gone += take(admission, FEED_BATCH, now);
	assert_int_equal(gone, ADMISSION_AHEAD - 3);
	admission_free(admission);
}

/* While one of its hosts is looked up, and that may take long, another that is known will do. */
static void a_host_that_is_known_is_not_waited_for(void **state)
{
	struct admission *admission = fakes_admission(600);
	char names[64];

	(void)state;
	fakes_reset();
	for (unsigned i = 0; i < 50; i++) {
		snprintf(names, sizeof(names), "w%u.victim.example w%u.victim.example a1.op.example", 2 * i, 2 * i + 1);
		assert_true(put(admission, i, names, FALL_BACK_NONE, 0));
	}
	assert_int_equal(take(admission, FEED_BATCH, 0), 50);
	for (unsigned k = 0; k < 50; k++) {
		assert_int_equal(fakes_number(&start[k].address), 1);
		assert_true(fakes.wanted[2 * k] + fakes.wanted[2 * k + 1] <= 1); /* one look-up of a domain */
	}
	admission_free(admission);
}

/* A zone may name many hosts below one domain, whose look-ups take hours: its operator's other domains go on. */
static void look_ups_without_end_hold_up_nobody(void **state)
{
	enum { STRANGE = 2000, OTHERS = 2000 };
	struct admission *admission = fakes_admission(600);
	char names[64], name[DOMAIN_NAME_MAX];
	unsigned gone = 0;
	uint64_t now = 0;

	(void)state;
	fakes_reset();
	for (uint64_t i = 0; i < STRANGE + OTHERS; i++) {
		snprintf(names, sizeof(names), "%c%u.big.example", i % 2 ? 'a' : 'w', (unsigned)i % 1000);
		assert_true(put(admission, i, names, FALL_BACK_NONE, 0));
	}
	for (; gone < OTHERS && now<100 * UINT64_C(1000000); now += wait_us> 0 ? wait_us : 1) {
		for (; take(admission, FEED_BATCH, now) > 0; gone += batch.count)
			for (unsigned k = 0; k < batch.count; k++)
				assert_int_equal(batch.target[k].index % 2, 1);
		while (admission_next_look_up(admission, name) > 0)
			continue;
	}
	assert_int_equal(gone, OTHERS);
	fakes.learned = true;
	for (; gone < OTHERS + STRANGE && now<200 * UINT64_C(1000000); now += wait_us> 0 ? wait_us : 1)
		gone += take(admission, FEED_BATCH, now);
	assert_int_equal(gone, OTHERS + STRANGE);
	admission_free(admission);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_domain_goes_where_its_servers_allow),
		cmocka_unit_test(a_line_is_first_in_first_out),
		cmocka_unit_test(a_host_is_looked_up_once_and_its_domains_wait),
		cmocka_unit_test(a_slow_operator_delays_nobody_else),
		cmocka_unit_test(a_resting_server_does_not_hold_up_its_operators_others),
		cmocka_unit_test(another_server_is_drawn_where_one_rests),
		cmocka_unit_test(another_address_is_drawn_where_one_rests),
		cmocka_unit_test(what_rests_for_longer_than_the_patience_goes_to_the_resolver),
		cmocka_unit_test(lines_that_are_ready_take_turns),
		cmocka_unit_test(a_crowd_at_one_address_costs_no_polling),
		cmocka_unit_test(a_host_that_is_known_is_not_waited_for),
		cmocka_unit_test(look_ups_without_end_hold_up_nobody),
		cmocka_unit_test(who_waits_for_a_server_uses_nothing_of_its_operators),
		cmocka_unit_test(at_a_server_no_operator_waits_for_anothers_tokens),
		cmocka_unit_test(a_crowd_at_a_resting_server_is_looked_at_seldom),
	};

	return cmocka_run_group_tests_name("admission", tests, NULL, NULL);
}
