/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/tally.h - counters by word: TLDs, providers, hosts.
 *
 * Every word has the same number of counters. Memory is bounded: words beyond the cap are counted together under
 * TALLY_OTHER, so sums stay right. Which words those are depends on the words alone, not on their order: those with the
 * largest hashes. So tallies of parts can be added up, whatever the parts were.
 */
#ifndef STSURVEY_ANALYSIS_TABLES_TALLY_H
#define STSURVEY_ANALYSIS_TABLES_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "output/hash_table.h"
#include "parsers/span.h"

#define TALLY_OTHER "(other)"

enum {
	TALLY_WORD_MAX = 255, /* octets of a word that are kept; a DNS name fits */
	TALLY_COUNTERS_MAX = 8,
};

struct tally_entry {
	struct span word;
	uint64_t counter[TALLY_COUNTERS_MAX];
};

struct tally {
	struct tally_entry *entry; /* in the order of arrival */
	size_t count, size, cap;   /* … up to twice the cap, until they are sorted */
	size_t recent;             /* the place asked for last: most lists are one TLD's, or have one that is half */
	uint64_t last;             /* words with a larger hash are others */
	bool failed;               /* words are among the others for want of memory */
	bool exact;                /* words that differ in case are two, and shown as they are; set behind tally_init */
	struct hash_table places;  /* of words in entry */
	char *text;                /* the block words are being copied to */
	size_t text_left;
	struct tally_block *blocks;
	struct tally_entry other; /* of words beyond the cap */
};

/* @cap: words kept apart. Allocates nothing yet. */
void tally_init(struct tally *tally, size_t cap);
void tally_fini(struct tally *tally);

/* The counters of @word, ASCII case ignored unless the tally is exact; never NULL. Valid until the next call. */
uint64_t *tally_at(struct tally *tally, struct span word);

/* Add what @from has counted. */
void tally_merge(struct tally *into, const struct tally *from);

/* Order the entries: the largest first counter first, then by word. tally_at must not be called any more. A last entry
 * TALLY_OTHER is added where words were left out. */
void tally_sort(struct tally *tally);

/* The same, by word alone. */
void tally_sort_words(struct tally *tally);

#endif
