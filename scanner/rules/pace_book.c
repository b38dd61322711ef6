/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/rules/pace_book.h"

#include <stdbool.h>

struct paced {
	struct bounded_entry known;
	double due_us;
};

static bool is_full_again(const void *entry, uint64_t now_us)
{
	return ((const struct paced *)entry)->due_us <= (double)now_us;
}

void pace_book_init(struct pace_book *book, uint32_t most)
{
	*book = (struct pace_book){ .paces = { .size = sizeof(struct paced), .most = most, .may_go = is_full_again } };
}

void pace_book_fini(struct pace_book *book)
{
	bounded_table_fini(&book->paces);
}

double *pace_book_due(struct pace_book *book, uint64_t hash, uint64_t now_us)
{
	struct paced *paced = bounded_table_find(&book->paces, hash);

	if (paced)
		return &paced->due_us;
	paced = bounded_table_add(&book->paces, hash, now_us);
	if (!paced)
		return &book->crowd_us;
	paced->due_us = book->crowd_us; /* it may be one of those that took from it */
	return &paced->due_us;
}
