/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/analysis/classify/expect.h - a table of facts and what is concluded from them. */
#ifndef STSURVEY_TESTS_ANALYSIS_CLASSIFY_EXPECT_H
#define STSURVEY_TESTS_ANALYSIS_CLASSIFY_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "analysis/classify/classify.h"
#include "tests/analysis/facts.h"

struct expectation {
	const char *name, *facts;
	const char *findings; /* numbers, ascending, a space between */
	const char *status, *component, *verdict;
};

static inline void list_numbers(const struct finding_set *set, char *text, size_t size)
{
	size_t n = 0;

	text[0] = '\0';
	for (unsigned f = finding_next(set, 0); f < FINDING_COUNT; f = finding_next(set, f + 1))
		n += (size_t)snprintf(text + n, size - n, "%s%u", n > 0 ? " " : "", finding_table[f].number);
}

/* Judge every case; @reached, where it is not NULL, gets all findings that were drawn. */
static inline void expect_all(const struct expectation *table, size_t count, struct finding_set *reached)
{
	static struct facts facts;
	static struct classification result;
	unsigned wrong = 0;

	for (size_t i = 0; i < count; i++) {
		const struct expectation *e = &table[i];
		const struct judgement *j = &result.judgement;
		char numbers[1024];

		memset(&result, 0xa5, sizeof(result)); /* what was judged before must not show */
		facts_make(&facts, e->facts);
		classify(&facts.observation, &result);
		list_numbers(&j->findings, numbers, sizeof(numbers));
		if (reached)
			finding_join(reached, &j->findings);
		if (strcmp(numbers, e->findings) == 0 && strcmp(domain_status_names[j->status], e->status) == 0 &&
		    strcmp(component_names[j->component], e->component) == 0 &&
		    strcmp(verdict_names[j->verdict], e->verdict) == 0)
			continue;
		print_error("%s: got [%s] %s %s %s, want [%s] %s %s %s\n", e->name, numbers,
			    domain_status_names[j->status], component_names[j->component], verdict_names[j->verdict],
			    e->findings, e->status, e->component, e->verdict);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* Are all findings of a component in the set? */
static inline void expect_reached(const struct finding_set *reached, enum component component)
{
	for (unsigned f = 0; f < FINDING_COUNT; f++)
		if (finding_table[f].component == component && !finding_has(reached, (enum finding)f))
			fail_msg("no case gives finding %u", finding_table[f].number);
}

#endif
