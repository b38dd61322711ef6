/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tlsrpt/tlsrpt_count.h - sums by one to three words, which strangers chose, for a table.
 *
 * Memory: some 150 octets and the words for each that differ from all before. Words are cut at TLSRPT_WORD_MAX.
 */
#ifndef STSURVEY_ANALYSIS_TLSRPT_TLSRPT_COUNT_H
#define STSURVEY_ANALYSIS_TLSRPT_TLSRPT_COUNT_H

#include <stdint.h>

#include "output/hash_table.h"
#include "parsers/span.h"

enum {
	TLSRPT_WORDS = 3,
	TLSRPT_SUMS = 8,
	TLSRPT_WORD_MAX = 256, /* octets: no name is longer, and a stranger's text costs no more */
};

struct tlsrpt_entry {
	struct span word[TLSRPT_WORDS];
	uint64_t sum[TLSRPT_SUMS];
	int64_t first, last; /* seconds: days it was reported; INT64_MAX and MIN: none */
	uint64_t report;     /* number of the last one that was counted here */
	bool flag;           /* the table's */
};

struct tlsrpt_count {
	struct hash_table table;
	struct tlsrpt_entry **entry;
	size_t count, size;
	uint64_t seed;
};

void tlsrpt_count_init(struct tlsrpt_count *count);
void tlsrpt_count_fini(struct tlsrpt_count *count);

/* The entry of these words, made with zeros where it is new; NULL: no memory. */
struct tlsrpt_entry *tlsrpt_count_at(struct tlsrpt_count *count, struct span a, struct span b, struct span c);

/* Likewise, but where there are @most already and it would be new, that of "(other)" in place of each word. */
struct tlsrpt_entry *tlsrpt_count_at_most(struct tlsrpt_count *count, size_t most, struct span a, struct span b,
					  struct span c);

/* In order of the words. */
void tlsrpt_count_sort(struct tlsrpt_count *count);

#endif
