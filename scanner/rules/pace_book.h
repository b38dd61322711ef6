/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/rules/pace_book.h - a pace (scanner/rules/pace.h) for each of many, each known by a hash.
 *
 * Bounded: one that has earned all it took is as good as a new one, and makes room. Where none has, those that find no
 * room share one pace, so that nobody ever gets more than the rate, however many there are. One thread at a time.
 */
#ifndef STSURVEY_SCANNER_RULES_PACE_BOOK_H
#define STSURVEY_SCANNER_RULES_PACE_BOOK_H

#include <stdint.h>

#include "scanner/base/bounded_table.h"

struct pace_book {
	struct bounded_table paces;
	double crowd_us; /* due_us of those without a place */
};

void pace_book_init(struct pace_book *book, uint32_t most);
void pace_book_fini(struct pace_book *book);

/* Its due_us, of struct pace; valid until the next call. @hash: as the table's. */
double *pace_book_due(struct pace_book *book, uint64_t hash, uint64_t now_us);

#endif
