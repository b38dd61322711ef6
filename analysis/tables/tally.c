/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/tally.h"

#include <stdlib.h>

#include "analysis/tables/counts.h"
#include "parsers/hash.h"

enum {
	FIRST_WORDS = 128,
	TEXT_BLOCK = 64 * 1024, /* octets of interned words allocated at once */
};

struct tally_block {
	struct tally_block *next;
	char text[TEXT_BLOCK];
};

void tally_init(struct tally *tally, size_t cap)
{
	*tally = (struct tally){ .cap = cap, .last = UINT64_MAX, .other = { .word = SPAN_LITERAL(TALLY_OTHER) } };
}

void tally_fini(struct tally *tally)
{
	while (tally->blocks) {
		struct tally_block *block = tally->blocks;

		tally->blocks = block->next;
		free(block);
	}
	free(tally->entry);
	hash_table_fini(&tally->places);
	*tally = (struct tally){ 0 };
}

/* Room for one more word, and behind it for tally_sort's (other). */
static bool make_word_room(struct tally *tally)
{
	size_t size = tally->size > 0 ? 2 * tally->size : FIRST_WORDS;
	struct tally_entry *entry;

	if (!hash_table_reserve(&tally->places, 1))
		return false;
	if (tally->count < tally->size)
		return true;
	entry = realloc(tally->entry, (size + 1) * sizeof(*entry));
	if (!entry)
		return false;
	tally->entry = entry;
	tally->size = size;
	return true;
}

static bool copy_word(struct tally *tally, struct span *word)
{
	char *copy;

	if (tally->text_left < word->n) {
		struct tally_block *block = malloc(sizeof(*block));

		if (!block)
			return false;
		block->next = tally->blocks;
		tally->blocks = block;
		tally->text = block->text;
		tally->text_left = TEXT_BLOCK;
	}
	copy = tally->text;
	for (size_t i = 0; i < word->n; i++)
		copy[i] = tally->exact ? word->p[i] : ascii_lower(word->p[i]);
	tally->text += word->n;
	tally->text_left -= word->n;
	word->p = copy;
	return true;
}

/* Words are short, and all that an attacker could gain is a slower table, or a place among the others. */
static uint64_t hash_of(const struct tally *tally, struct span word)
{
	return hash_mix(tally->exact ? hash_span(word) : hash_span_nocase(word), 0);
}

static int compare_hashes(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* Keep as many words as the cap allows. Whatever comes later, a word that goes now would never have come back: its hash
 * is larger than those of as many others. */
static bool prune(struct tally *tally)
{
	uint64_t *hash = malloc(tally->count * sizeof(*hash));
	struct tally kept;

	if (!hash)
		return false;
	for (size_t i = 0; i < tally->count; i++)
		hash[i] = hash_of(tally, tally->entry[i].word);
	qsort(hash, tally->count, sizeof(*hash), compare_hashes);
	tally_init(&kept, tally->cap);
	kept.exact = tally->exact;
	kept.last = hash[tally->cap] - (hash[tally->cap] > 0);
	free(hash);
	tally_merge(&kept, tally);
	tally_fini(tally);
	*tally = kept;
	return true;
}

static uint64_t *no_memory(struct tally *tally)
{
	tally->failed = true;
	return tally->other.counter;
}

uint64_t *tally_at(struct tally *tally, struct span word)
{
	uint64_t hash;
	void *item;

	word.n = word.n < TALLY_WORD_MAX ? word.n : TALLY_WORD_MAX;
	if (tally->recent < tally->count && span_equal(tally->entry[tally->recent].word, word))
		return tally->entry[tally->recent].counter;
	hash = hash_of(tally, word);
	for (size_t at = 0; (item = hash_table_next(&tally->places, hash, &at));) {
		struct tally_entry *entry = &tally->entry[hash_item_place(item)];

		if (span_equal(entry->word, word) || (!tally->exact && span_equal_nocase(entry->word, word))) {
			tally->recent = hash_item_place(item);
			return entry->counter;
		}
	}
	if (tally->count >= 2 * tally->cap && hash <= tally->last && !prune(tally))
		return no_memory(tally);
	if (hash > tally->last)
		return tally->other.counter;
	if (!make_word_room(tally) || !copy_word(tally, &word))
		return no_memory(tally);
	hash_table_put(&tally->places, hash, hash_item_of(tally->count));
	tally->entry[tally->count] = (struct tally_entry){ .word = word };
	return tally->entry[tally->count++].counter;
}

void tally_merge(struct tally *into, const struct tally *from)
{
	for (size_t i = 0; i < from->count; i++)
		counts_add(tally_at(into, from->entry[i].word), from->entry[i].counter, sizeof(into->other.counter));
	counts_add(into->other.counter, from->other.counter, sizeof(into->other.counter));
	into->failed |= from->failed;
}

static int compare_words(const void *a, const void *b)
{
	const struct tally_entry *left = a, *right = b;

	return span_compare(left->word, right->word);
}

static int compare(const void *a, const void *b)
{
	const struct tally_entry *left = a, *right = b;

	if (left->counter[0] != right->counter[0])
		return left->counter[0] < right->counter[0] ? 1 : -1;
	return compare_words(a, b);
}

static void sort(struct tally *tally, int (*order)(const void *a, const void *b))
{
	bool left_out = false;

	if (tally->count > tally->cap && !prune(tally))
		tally->failed = true;
	if (tally->count > 0)
		qsort(tally->entry, tally->count, sizeof(*tally->entry), order);
	for (size_t i = 0; i < TALLY_COUNTERS_MAX; i++)
		left_out |= tally->other.counter[i] > 0;
	if (left_out && (tally->entry || make_word_room(tally)))
		tally->entry[tally->count++] = tally->other;
}

void tally_sort(struct tally *tally)
{
	sort(tally, compare);
}

void tally_sort_words(struct tally *tally)
{
	sort(tally, compare_words);
}
