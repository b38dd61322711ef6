/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/parsers/expect.h - findings as text, so that tables and failures can be read. */
#ifndef STSURVEY_TESTS_PARSERS_EXPECT_H
#define STSURVEY_TESTS_PARSERS_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "parsers/finding.h"
#include "parsers/span.h"

enum { EXPECT_TEXT_MAX = 512 };

/* "103 106": the numbers in order, with spaces between. */
static inline const char *expect_text(const struct finding_set *set, char text[static EXPECT_TEXT_MAX])
{
	size_t n = 0;

	text[0] = '\0';
	for (unsigned f = finding_next(set, 0); f < FINDING_COUNT; f = finding_next(set, f + 1))
		n += (size_t)snprintf(text + n, EXPECT_TEXT_MAX - n, n ? " %u" : "%u", finding_table[f].number);
	return text;
}

/* Fails, naming the behaviour, unless @set holds exactly @numbers. */
static inline void expect_findings(const char *behaviour, const struct finding_set *set, const char *numbers)
{
	char text[EXPECT_TEXT_MAX];

	if (strcmp(expect_text(set, text), numbers) != 0)
		fail_msg("%s: findings \"%s\", not \"%s\"", behaviour, text, numbers);
}

static inline void expect_word(const char *behaviour, const char *word, const char *due)
{
	if (strcmp(word, due) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", behaviour, word, due);
}

static inline void expect_span(const char *behaviour, struct span got, const char *due)
{
	if (!span_equal(got, span_of(due)))
		fail_msg("%s: \"%.*s\", not \"%s\"", behaviour, (int)got.n, got.p ? got.p : "", due);
}

/* The bytes of @text in memory of exactly their size: a step beyond is seen by a sanitizer. */
static inline struct span expect_copy(const char *text, size_t n)
{
	char *p = malloc(n ? n : 1);

	assert_non_null(p);
	memcpy(p, text, n);
	return (struct span){ p, n };
}

static inline void expect_free(struct span copy)
{
	free((void *)(uintptr_t)copy.p);
}

#endif
