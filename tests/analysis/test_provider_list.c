/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "analysis/tables/provider_list.h"

enum { NAMES = 1000, MOST = 10 };

/* Name n has n % 100 + 1 domains, every second of them is misconfigured. */
static void fill(struct provider_list *list, bool backwards)
{
	provider_list_init(list, MOST);
	for (unsigned i = 0; i < NAMES; i++) {
		unsigned n = backwards ? NAMES - 1 - i : i;
		char name[32];

		snprintf(name, sizeof(name), "name-%04u.example", n);
		assert_true(provider_list_add(list, span_of(name), n % 100 + 1, (n % 100 + 1) / 2));
	}
	provider_list_sort(list);
}

static void the_largest_are_kept_whatever_the_order(void **state)
{
	struct provider_list list, other;
	uint64_t domains = 0, misconfigured = 0;

	(void)state;
	fill(&list, false);
	fill(&other, true);
	assert_int_equal(list.count, MOST);
	assert_int_equal(other.count, MOST);
	for (size_t i = 0; i < MOST; i++) {
		char name[32];

		snprintf(name, sizeof(name), "name-%04u.example", (unsigned)i * 100 + 99);
		assert_true(span_equal(list.entry[i].name, span_of(name)));
		assert_true(span_equal(other.entry[i].name, span_of(name)));
		assert_int_equal(list.entry[i].domains, 100);
		domains += list.entry[i].domains;
		misconfigured += list.entry[i].misconfigured;
	}
	assert_int_equal(list.other_domains, other.other_domains);
	assert_int_equal(domains + list.other_domains, 10 * 5050);
	assert_int_equal(misconfigured + list.other_misconfigured, 10 * 2500);
	provider_list_fini(&list);
	provider_list_fini(&other);
}

static void a_name_that_comes_twice_is_one(void **state)
{
	struct provider_list list;

	(void)state;
	provider_list_init(&list, MOST);
	assert_true(provider_list_add(&list, SPAN_LITERAL("b"), 3, 1));
	assert_true(provider_list_add(&list, SPAN_LITERAL("a"), 4, 0));
	assert_true(provider_list_add(&list, SPAN_LITERAL("b"), 2, 2));
	assert_true(provider_list_add(&list, SPAN_LITERAL("none"), 0, 0));
	provider_list_sort(&list);
	assert_int_equal(list.count, 2);
	assert_true(span_equal(list.entry[0].name, SPAN_LITERAL("b")));
	assert_int_equal(list.entry[0].domains, 5);
	assert_int_equal(list.entry[0].misconfigured, 3);
	provider_list_fini(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_are_kept_whatever_the_order),
		cmocka_unit_test(a_name_that_comes_twice_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
