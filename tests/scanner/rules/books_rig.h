/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scanner/rules/books_rig.h - what the tests of server_books.h share. */
#ifndef STSURVEY_TESTS_SCANNER_RULES_BOOKS_RIG_H
#define STSURVEY_TESTS_SCANNER_RULES_BOOKS_RIG_H

#include "parsers/hash.h"
#include "scanner/rules/address.h"
#include "scanner/rules/server_books.h"

enum { MS = 1000, SECOND = 1000000, OPERATOR = 77 };

static inline struct obs_address address_of(const char *text)
{
	struct obs_address address;

	assert_true(address_parse(span_of(text), &address));
	return address;
}

static inline struct server_books *books_of(double server_rate, double operator_rate)
{
	struct server_books_options options = { .server_rate = server_rate, .operator_rate = operator_rate };
	struct server_books *books = server_books_new(&options);

	assert_non_null(books);
	return books;
}

static inline void outcomes(struct server_books *books, const struct obs_address *address, enum server_outcome outcome,
			    unsigned n, uint64_t now_us)
{
	while (n-- > 0)
		server_books_outcome(books, address, outcome, now_us);
}

/* As a line of domains does: what was had of the operator is kept until the address has some, too. */
static inline uint64_t take_both(struct server_books *books, const struct obs_address *address, uint64_t operator,
				 bool * paid, unsigned n, uint64_t now_us)
{
	uint64_t wait_us = *paid ? 0 : server_books_take_operator(books, operator, n, now_us);

	*paid = wait_us == 0;
	if (wait_us == 0)
		wait_us = server_books_take(books, address, n, now_us);
	*paid &= wait_us > 0;
	return wait_us;
}

/* More than a rate in no window of time, however long: what was used is a level that the rate brings down. */
struct meter {
	double level;
	uint64_t last_us;
	double highest;
	unsigned used;
};

static inline void meter(struct meter *meter, double rate, unsigned n, uint64_t now_us)
{
	double earned = rate * (double)(now_us - meter->last_us) / SECOND;

	meter->level = (meter->level > earned ? meter->level - earned : 0) + n;
	meter->last_us = now_us;
	meter->used += n;
	if (meter->level > meter->highest)
		meter->highest = meter->level;
}

/* Numbers as if by chance, the same each time. */
static inline unsigned chance(unsigned below)
{
	static uint64_t number;

	return (unsigned)(hash_mix(++number, 1) >> 33) % below;
}

#endif
