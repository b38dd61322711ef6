/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/rules/domain_set.h"
#include "tests/scanner/feed/feed_rig.h"

static const uint8_t key[SIPHASH_KEY_OCTETS] = "a key of a test", other_key[SIPHASH_KEY_OCTETS] = "another key";

static struct feed_options sample_of(double share, const uint8_t *with)
{
	struct feed_options options = { .sample = share };

	memcpy(options.sample_key, with, sizeof(options.sample_key));
	return options;
}

/* Which of the big list's names are handed out. */
static uint64_t take(const char *list, size_t n, struct feed_options options, uint8_t taken[static FEED_RIG_LINES])
{
	struct feed_rig_output output = feed_rig_drain_octets(list, n, options);
	uint64_t targets = output.targets;
	unsigned long number;

	assert_int_equal(output.result, FEED_END);
	assert_int_equal(output.entries, FEED_RIG_LINES);
	memset(taken, 0, FEED_RIG_LINES);
	for (char *line = strtok(output.text, "\n"); line; line = strtok(NULL, "\n")) {
		assert_int_equal(sscanf(line, "%*u 0 0 d%lu.test", &number), 1);
		assert_int_equal(taken[number]++, 0);
	}
	free(output.text);
	return targets;
}

static void a_smaller_sample_lies_within_a_larger_one(void **state)
{
	static const double share[] = { 0.001, 0.01, 0.1, 0.5, 1 };
	static uint8_t taken[2][FEED_RIG_LINES];
	size_t n;
	char *list = feed_rig_big_list(&n);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(share); i++) {
		double expected = share[i] * FEED_RIG_LINES;
		uint64_t targets = take(list, n, sample_of(share[i], key), taken[i % 2]);

		/* four times the square root is more than chance allows once in ten thousand */
		assert_true((double)targets > expected - 4 * sqrt(expected) &&
			    (double)targets < expected + 4 * sqrt(expected));
		for (size_t k = 0; i > 0 && k < FEED_RIG_LINES; k++)
			assert_true(taken[i % 2][k] >= taken[(i + 1) % 2][k]);
	}
	for (size_t k = 0; k < FEED_RIG_LINES; k++)
		assert_int_equal(taken[(COUNT_OF(share) - 1) % 2][k], 1);
	free(list);
}

static void the_shards_of_a_sample_are_the_sample(void **state)
{
	enum { SHARDS = 4 };
	static uint8_t whole[FEED_RIG_LINES], part[FEED_RIG_LINES], sum[FEED_RIG_LINES];
	struct feed_options options = sample_of(0.1, key);
	size_t n;
	char *list = feed_rig_big_list(&n);
	uint64_t all = take(list, n, options, whole);

	(void)state;
	for (options.shards = SHARDS; options.shard < SHARDS; options.shard++) {
		uint64_t targets = take(list, n, options, part);

		assert_in_range(targets, all / SHARDS * 9 / 10, all / SHARDS * 11 / 10);
		for (size_t k = 0; k < FEED_RIG_LINES; k++)
			sum[k] += part[k];
	}
	assert_memory_equal(sum, whole, sizeof(whole));
	free(list);
}

static void neither_order_nor_seed_nor_writing_matters(void **state)
{
	static uint8_t whole[FEED_RIG_LINES], taken[FEED_RIG_LINES];
	struct feed_options options = sample_of(0.1, key);
	size_t n, m = 0;
	char *list = feed_rig_big_list(&n), *turned = malloc(2 * n);

	(void)state;
	take(list, n, options, whole);
	options.shuffle = true;
	take(list, n, options, taken);
	assert_memory_equal(taken, whole, sizeof(whole));
	for (int i = FEED_RIG_LINES; i-- > 0;)
		m += (size_t)snprintf(turned + m, 2 * n - m, "D%d.Test.\n", i);
	take(turned, m, sample_of(0.1, key), taken);
	assert_memory_equal(taken, whole, sizeof(whole));
	free(turned);
	free(list);
}

static void another_key_is_another_sample(void **state)
{
	static uint8_t one[FEED_RIG_LINES], other[FEED_RIG_LINES];
	size_t n;
	char *list = feed_rig_big_list(&n);
	uint64_t both = 0;

	(void)state;
	take(list, n, sample_of(0.1, key), one);
	take(list, n, sample_of(0.1, other_key), other);
	for (size_t k = 0; k < FEED_RIG_LINES; k++)
		both += one[k] & other[k];
	assert_in_range(both, 1, FEED_RIG_LINES / 100 * 2);
	free(list);
}

/* The published vectors tell what the hash of a name is; here, that this is what decides: half of 2^64 more or less. */
static void a_name_is_taken_where_its_hash_is_below_the_share(void **state)
{
	static const char *const names[] = { "example.com", "b.test", "xn--bcher-kva.example", "not a name" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		double place = (double)(siphash(key, span_of(names[i])) >> 11) * 0x1p-53; /* exact */
		double shares[] = { place, place + 0x1p-53 };
		char list[128]; /* with another name: without one it would be no list */
		size_t n = (size_t)snprintf(list, sizeof(list), "%s\nanother.test\n", names[i]);

		for (int above = 0; above < 2; above++) {
			struct feed_options options = sample_of(shares[above], key);
			struct feed_rig_output output;

			options.format = FEED_FORMAT_LIST;
			output = feed_rig_drain_octets(list, n, options);
			assert_int_equal(output.size > 0 && strncmp(output.text, "0 ", 2) == 0, above);
			assert_int_equal(output.entries, 2);
			free(output.text);
		}
	}
}

static void blocklisted_lines_have_their_part(void **state)
{
	struct domain_set *set = domain_set_new();
	struct feed_options options = sample_of(0.1, key);
	struct feed_rig_output plain, blocked;
	size_t n;
	char *list = feed_rig_big_list(&n);

	(void)state;
	assert_int_equal(domain_set_add(set, SPAN_LITERAL("test")), 0);
	plain = feed_rig_drain_octets(list, n, options);
	options.domain_blocklist = set;
	blocked = feed_rig_drain_octets(list, n, options);
	assert_int_equal(blocked.targets, plain.targets);
	free(plain.text);
	free(blocked.text);
	domain_set_free(set);
	free(list);
}

static void max_domains_counts_what_is_taken(void **state)
{
	struct feed_options options = sample_of(0.1, key);
	struct feed_rig_output output;
	size_t n;
	char *list = feed_rig_big_list(&n);

	(void)state;
	options.max_domains = 50;
	output = feed_rig_drain_octets(list, n, options);
	assert_int_equal(output.targets, 50);
	assert_true(output.entries > 50);
	free(output.text);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_smaller_sample_lies_within_a_larger_one),
		cmocka_unit_test(the_shards_of_a_sample_are_the_sample),
		cmocka_unit_test(neither_order_nor_seed_nor_writing_matters),
		cmocka_unit_test(another_key_is_another_sample),
		cmocka_unit_test(a_name_is_taken_where_its_hash_is_below_the_share),
		cmocka_unit_test(blocklisted_lines_have_their_part),
		cmocka_unit_test(max_domains_counts_what_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
