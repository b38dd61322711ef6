/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "scanner/fleet/budget.h"

#define HEAD "stsurvey-ledger 1 open\n"

static const char *text_of(const struct budget *budget, struct text *text)
{
	text->used = 0;
	budget_write(budget, text);
	text_char(text, '\0');
	return text->data;
}

static void a_book_is_read_as_it_was_written(void **state)
{
	static const char *const books[] = {
		HEAD,
		"stsurvey-ledger 1 closed 5f\nb 1 - 1 - 0\n",
		HEAD "a 1 1000000 - - 0\n",
		HEAD "a 1-ff 500000 - 0 0\nb 1-fe - 1 31 0\nc.x 1-fd - - - 0\nd=_- x - 2147483647 65535 0\n",
	};
	struct error error;
	struct text text;

	(void)state;
	text_open_memory(&text);
	for (size_t i = 0; i < COUNT_OF(books); i++) {
		struct budget budget;

		assert_int_equal(budget_read(&budget, span_of(books[i]), &error), 0);
		assert_string_equal(text_of(&budget, &text), books[i]);
		budget_free(&budget);
	}
	text_free(&text);
}

static void a_damaged_book_is_told_with_its_line_and_a_remedy(void **state)
{
	static const struct {
		const char *text, *line, *why;
	} cases[] = {
		{ "", "line 1", "end is missing" },
		{ "stsurvey-ledger 1 open", "line 1", "end is missing" },
		{ "stsurvey-ledger 2 open\n", "line 1", "first line" },
		{ "stsurvey-ledger 1 closed\n", "line 1", "first line" },
		{ "stsurvey-ledger 1 closed a b\n", "line 1", "first line" },
		{ "{}\n", "line 1", "first line" },
		{ HEAD "\n", "line 2", "not a worker" },
		{ HEAD "a 1 5 -\n", "line 2", "not a worker" },
		{ HEAD "a 1 5 - - 0 -\n", "line 2", "not a worker" },
		{ HEAD "a 1 5 - -\n", "line 2", "not a worker" },
		{ HEAD "a 1 5 - - -\n", "line 2", "no share" },
		{ HEAD "a 1 5 - - 1000000000\n", "line 2", "no share" },
		{ HEAD "a\tb 1 5 - - 0\n", "line 2", "no name" },
		{ HEAD "a\x01 1 5 - - 0\n", "line 2", "no name" },
		{ HEAD ".a 1 5 - - 0\n", "line 2", "no name" },
		{ HEAD "a..b 1 5 - - 0\n", "line 2", "no name" },
		{ HEAD "a 1_2 5 - - 0\n", "line 2", "no name" },
		{ HEAD "a 12345678901234567890123456789012345678901234567890 5 - - 0\n", "line 2", "no name" },
		{ HEAD "a 1 0 - - 0\n", "line 2", "no share" },
		{ HEAD "a 1 1000001 - - 0\n", "line 2", "no share" },
		{ HEAD "a 1 -5 - - 0\n", "line 2", "no share" },
		{ HEAD "a 1 - 0 - 0\n", "line 2", "no share" },
		{ HEAD "a 1 - 2147483648 - 0\n", "line 2", "no share" },
		{ HEAD "a 1 - - 65536 0\n", "line 2", "no share" },
		{ HEAD "a 1 5 5 - 0\n", "line 2", "turn to wait" },
		{ HEAD "a 1 600000 - - 0\nb 1 400001 - - 0\n", "line 3", "more than everything" },
		{ HEAD "b 1 5 - - 0\na 1 5 - - 0\n", "line 3", "order of names" },
		{ HEAD "a 1 5 - - 0\na 2 5 - - 0\n", "line 3", "order of names" },
		{ HEAD "a 1 - - 7 0\nb 1 - - 6 0\nc 1 - - 7 0\n", "line", "one lane" },
		{ HEAD "a 1 5 - - 0\nb 1 5 - -", "line 1", "end is missing" },
	};
	struct error error;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct budget budget;

		assert_int_equal(budget_read(&budget, span_of(cases[i].text), &error), -1);
		if (!strstr(error.text, cases[i].line) || !strstr(error.text, cases[i].why) ||
		    !strstr(error.text, "remove the key"))
			fail_msg("%s: %s", cases[i].text, error.text);
		assert_int_equal(budget.count, 0);
		assert_null(budget.worker);
	}
}

static void a_book_of_too_many_workers_is_refused(void **state)
{
	struct budget budget = { 0 };
	struct error error;
	struct text text;
	char name[JOB_WORKER_MAX];

	(void)state;
	text_open_memory(&text);
	for (unsigned i = 0; i < BUDGET_WORKERS_MAX; i++) {
		snprintf(name, sizeof(name), "worker-%u", i * 7919 % 10000);
		assert_non_null(budget_join(&budget, name, "1"));
	}
	assert_null(budget_join(&budget, "one-more", "1"));
	budget_write(&budget, &text);
	budget_free(&budget);
	assert_int_equal(budget_read(&budget, (struct span){ text.data, text.used }, &error), 0);
	assert_int_equal(budget.count, BUDGET_WORKERS_MAX);
	budget_free(&budget);
	text_literal(&text, "x 1 - - - 0\n");
	assert_int_equal(budget_read(&budget, (struct span){ text.data, text.used }, &error), -1);
	assert_non_null(strstr(error.text, "too many workers"));
	text_free(&text);
}

/* Each letter is a worker that stands between two chunks; a lower-case one gives its share back, 'x' and a letter: it
 * is struck. Then the book's shares by name. */
static void shares_come_to_be_equal_between_two_chunks(void **state)
{
	static const struct {
		const char *play, *shares;
		size_t most;  /* that the limits bear; 0: any number */
		bool is_full; /* nobody else had better begin */
	} cases[] = {
		{ .play = "A", .shares = "A1000000 " },
		{ .play = "AB", .shares = "A1000000 B0 " },
		{ .play = "ABA", .shares = "A500000 B0 " },
		{ .play = "ABAB", .shares = "A500000 B500000 " },
		/* a newcomer waits for most of its part */
		{ .play = "ABABCC", .shares = "A500000 B500000 C0 " },
		{ .play = "ABABCACC", .shares = "A333333 B500000 C0 " },
		{ .play = "ABABCABC", .shares = "A333333 B333333 C333333 " },
		/* who gave its share back wants none */
		{ .play = "ABABaB", .shares = "A0 B1000000 " },
		{ .play = "ABABa", .shares = "A0 B500000 " },
		{ .play = "ABABaBAA", .shares = "A0 B1000000 " },
		/* the dead */
		{ .play = "ABABxAB", .shares = "B1000000 " },
		/* in the order of asking: C is before D, who asks when C's part is free */
		{ .play = "ABABCDABDD", .shares = "A250000 B250000 C0 D250000 " },
		{ .play = "ABABCDADD", .shares = "A250000 B500000 C0 D0 " },
		{ .play = "ABABCDACDD", .shares = "A250000 B500000 C250000 D0 " },
		/* who waits and leaves lets the next come */
		{ .play = "ABABCDAcDD", .shares = "A250000 B500000 C0 D0 " },
		{ .play = "ABABCDABcDD", .shares = "A250000 B250000 C0 D333333 " },
		/* who has one never waits, however little is free */
		{ .play = "ABABCDABCDefA", .shares = "A250000 B250000 C250000 D250000 " },
		/* no more than the limits bear, and those have as much as that */
		{ .play = "A", .shares = "A1000000 ", .most = 2 },
		{ .play = "AB", .shares = "A1000000 B0 ", .most = 2, .is_full = true },
		{ .play = "ABA", .shares = "A500000 B0 ", .most = 2, .is_full = true },
		{ .play = "ABABCABC", .shares = "A500000 B500000 C0 ", .most = 2, .is_full = true },
		{ .play = "ABABCABCaC", .shares = "A0 B500000 C500000 ", .most = 2, .is_full = true },
		{ .play = "ABABCxAC", .shares = "B500000 C500000 ", .most = 2, .is_full = true },
		{ .play = "ABABCDaDC", .shares = "A0 B500000 C500000 D0 ", .most = 2, .is_full = true },
		{ .play = "ABABCcab", .shares = "A0 B0 C0 ", .most = 2 },
		{ .play = "ABA", .shares = "A1000000 B0 ", .most = 1, .is_full = true },
		{ .play = "ABaB", .shares = "A0 B1000000 ", .most = 1, .is_full = true },
		{ .play = "ABABCAC", .shares = "A333333 B500000 C0 ", .most = 3, .is_full = true },
		{ .play = "ABABCABC", .shares = "A333333 B333333 C333333 ", .most = 3, .is_full = true },
	};
	struct text text;

	(void)state;
	text_open_memory(&text);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct budget budget = { .most = cases[i].most };

		for (const char *p = cases[i].play; *p; p++) {
			char name[] = { *p == 'x' ? *++p : (char)(*p & ~0x20), '\0' };
			struct budget_worker *worker = budget_find(&budget, name);

			if (p > cases[i].play && p[-1] == 'x')
				budget_remove(&budget, worker);
			else if (*p >= 'a' && worker)
				budget_give(worker);
			else if (*p < 'a')
				(void)budget_take(&budget, worker ? worker : budget_join(&budget, name, "1"));
		}
		text.used = 0;
		for (size_t w = 0; w < budget.count; w++)
			text_printf(&text, "%s%u ", budget.worker[w].name, budget.worker[w].share);
		text_char(&text, '\0');
		if (strcmp(text.data, cases[i].shares) != 0)
			fail_msg("%s: %s, not %s", cases[i].play, text.data, cases[i].shares);
		assert_true(budget_has_place(&budget, NULL) == !cases[i].is_full);
		budget_free(&budget);
	}
	text_free(&text);
}

static void a_lane_has_one_worker(void **state)
{
	struct budget budget = { 0 };

	(void)state;
	assert_non_null(budget_join(&budget, "a", "1"));
	assert_non_null(budget_join(&budget, "b", "1"));
	assert_true(budget_take_lane(&budget, budget_find(&budget, "a"), 3));
	assert_false(budget_take_lane(&budget, budget_find(&budget, "b"), 3));
	assert_true(budget_take_lane(&budget, budget_find(&budget, "a"), 3));
	assert_true(budget_take_lane(&budget, budget_find(&budget, "b"), 0));
	assert_true(budget_take_lane(&budget, budget_find(&budget, "a"), 4));
	assert_true(budget_take_lane(&budget, budget_find(&budget, "b"), 3));
	assert_false(budget_give(budget_find(&budget, "a")));
	budget_free(&budget);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_book_is_read_as_it_was_written),
		cmocka_unit_test(a_damaged_book_is_told_with_its_line_and_a_remedy),
		cmocka_unit_test(a_book_of_too_many_workers_is_refused),
		cmocka_unit_test(shares_come_to_be_equal_between_two_chunks),
		cmocka_unit_test(a_lane_has_one_worker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
