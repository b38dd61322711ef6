/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "scanner/queue/slow_operators.h"

/* "a 3 100, b 1 7": name, seconds, most. */
static void expect(const struct slow_operators *slow, const char *due)
{
	char text[1024] = "";
	size_t n = 0;

	for (unsigned i = 0; i < slow->count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%.*s %llu %llu", i > 0 ? ", " : "",
				      (int)slow->of[i].n, slow->of[i].name, (unsigned long long)slow->of[i].seconds,
				      (unsigned long long)slow->of[i].most);
	assert_string_equal(text, due);
}

static void who_is_waited_for_longest_comes_first(void **state)
{
	struct slow_operators slow = { 0 };

	(void)state;
	slow_operators_note(&slow, (struct span){ NULL, 0 }, 0); /* nobody waits */
	expect(&slow, "");
	slow_operators_note(&slow, SPAN_LITERAL("a"), 7);
	slow_operators_note(&slow, SPAN_LITERAL("b"), 100);
	slow_operators_note(&slow, SPAN_LITERAL("b"), 90);
	slow_operators_note(&slow, SPAN_LITERAL("c"), 1);
	expect(&slow, "b 2 100, a 1 7, c 1 1");
	slow_operators_note(&slow, SPAN_LITERAL("c"), 2);
	slow_operators_note(&slow, SPAN_LITERAL("c"), 3);
	expect(&slow, "c 3 3, b 2 100, a 1 7");
}

/* Whoever is slow all along is not lost among many that were for a moment. */
static void of_more_the_slowest_are_kept(void **state)
{
	struct slow_operators slow = { 0 };

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		char name[DOMAIN_NAME_MAX + 1];
		int n = snprintf(name, sizeof(name), "%0*u", i % 2 > 0 ? DOMAIN_NAME_MAX : 4, i);

		slow_operators_note(&slow, (struct span){ name, (size_t)n }, 1);
		slow_operators_note(&slow, SPAN_LITERAL("slow"), i);
	}
	assert_int_equal(slow.count, SLOW_OPERATORS_MAX);
	assert_memory_equal(slow.of[0].name, "slow", 4);
	assert_true(slow.of[0].seconds == 1000 && slow.of[0].most == 999 && slow.of[1].seconds == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_waited_for_longest_comes_first),
		cmocka_unit_test(of_more_the_slowest_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
