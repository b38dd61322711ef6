/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tlsrpt/tlsrpt_count.h"

#include <stdlib.h>

#include "analysis/tlsrpt/tlsrpt_report.h"
#include "analysis/tlsrpt/tlsrpt_value.h"
#include "parsers/hash.h"

void tlsrpt_count_init(struct tlsrpt_count *count)
{
	*count = (struct tlsrpt_count){ .seed = hash_table_seed() };
}

void tlsrpt_count_fini(struct tlsrpt_count *count)
{
	for (size_t i = 0; i < count->count; i++)
		free(count->entry[i]);
	free(count->entry);
	hash_table_fini(&count->table);
}

static uint64_t hash_words(const struct tlsrpt_count *count, const struct span word[TLSRPT_WORDS])
{
	uint64_t hash = count->seed;

	for (unsigned w = 0; w < TLSRPT_WORDS; w++)
		hash = hash_octet(hash_octets(hash, word[w].p, word[w].n), UINT8_MAX + 1);
	return hash;
}

static bool has_words(const struct tlsrpt_entry *entry, const struct span word[TLSRPT_WORDS])
{
	for (unsigned w = 0; w < TLSRPT_WORDS; w++)
		if (!span_equal(entry->word[w], word[w]))
			return false;
	return true;
}

static struct tlsrpt_entry *entry_new(const struct span word[TLSRPT_WORDS])
{
	size_t n = 0;
	struct tlsrpt_entry *entry;
	char *p;

	for (unsigned w = 0; w < TLSRPT_WORDS; w++)
		n += word[w].n;
	entry = calloc(1, sizeof(*entry) + n);
	if (!entry)
		return NULL;
	entry->first = INT64_MAX;
	entry->last = INT64_MIN;
	p = (char *)(entry + 1);
	for (unsigned w = 0; w < TLSRPT_WORDS; w++) {
		if (word[w].n > 0)
			memcpy(p, word[w].p, word[w].n);
		entry->word[w] = (struct span){ p, word[w].n };
		p += word[w].n;
	}
	return entry;
}

static bool make_room(struct tlsrpt_count *count)
{
	size_t size = count->size > 0 ? 2 * count->size : 64;
	struct tlsrpt_entry **grown;

	if (!hash_table_reserve(&count->table, 1))
		return false;
	if (count->count < count->size)
		return true;
	grown = realloc(count->entry, size * sizeof(*grown));
	if (!grown)
		return false;
	count->entry = grown;
	count->size = size;
	return true;
}

static struct tlsrpt_entry *find(const struct tlsrpt_count *count, const struct span word[TLSRPT_WORDS], uint64_t hash)
{
	struct tlsrpt_entry *entry;

	for (size_t at = 0; (entry = hash_table_next(&count->table, hash, &at));)
		if (has_words(entry, word))
			return entry;
	return NULL;
}

struct tlsrpt_entry *tlsrpt_count_at(struct tlsrpt_count *count, struct span a, struct span b, struct span c)
{
	return tlsrpt_count_at_most(count, SIZE_MAX, a, b, c);
}

static struct span other(struct span word)
{
	return word.n > 0 ? SPAN_LITERAL("(other)") : word;
}

struct tlsrpt_entry *tlsrpt_count_at_most(struct tlsrpt_count *count, size_t most, struct span a, struct span b,
					  struct span c)
{
	const struct span word[TLSRPT_WORDS] = { tlsrpt_cut(a, TLSRPT_WORD_MAX), tlsrpt_cut(b, TLSRPT_WORD_MAX),
						 tlsrpt_cut(c, TLSRPT_WORD_MAX) };
	uint64_t hash = hash_words(count, word);
	struct tlsrpt_entry *entry = find(count, word, hash);

	if (entry)
		return entry;
	if (count->count >= most)
		return tlsrpt_count_at(count, other(a), other(b), other(c));
	entry = make_room(count) ? entry_new(word) : NULL;
	if (!entry)
		return NULL;
	hash_table_put(&count->table, hash, entry);
	count->entry[count->count++] = entry;
	return entry;
}

static int entry_order(const void *a, const void *b)
{
	const struct tlsrpt_entry *one = *(struct tlsrpt_entry *const *)a, *other = *(struct tlsrpt_entry *const *)b;

	for (unsigned w = 0; w < TLSRPT_WORDS; w++) {
		int order = span_compare(one->word[w], other->word[w]);

		if (order != 0)
			return order;
	}
	return 0;
}

void tlsrpt_count_sort(struct tlsrpt_count *count)
{
	if (count->count > 1)
		qsort(count->entry, count->count, sizeof(struct tlsrpt_entry *), entry_order);
}
