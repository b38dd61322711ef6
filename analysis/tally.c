#include "analysis/tally.h"

#include <stdlib.h>

#include "parsers/hash.h"

enum {
	FIRST_SLOTS = 256,      /* power of two */
	TEXT_BLOCK = 64 * 1024, /* octets of interned words allocated at once */
};

struct tally_block {
	struct tally_block *next;
	char text[TEXT_BLOCK];
};

void tally_init(struct tally *tally, size_t cap)
{
	*tally = (struct tally){ .cap = cap, .other = { .word = SPAN_LITERAL(TALLY_OTHER) } };
}

void tally_fini(struct tally *tally)
{
	while (tally->blocks) {
		struct tally_block *block = tally->blocks;

		tally->blocks = block->next;
		free(block);
	}
	free(tally->entry);
	free(tally->slot);
	*tally = (struct tally){ 0 };
}

/* Words are short and no adversary gains more than a slower table. */
static uint32_t hash_of(struct span word)
{
	uint64_t hash = hash_span_nocase(word);

	return (uint32_t)(hash ^ hash >> 32);
}

/* The slot of @word, or the free one where it belongs. */
static size_t find(const struct tally *tally, struct span word, uint32_t hash)
{
	size_t at = hash & (tally->slots - 1);

	while (tally->slot[at] != 0) {
		const struct tally_entry *entry = &tally->entry[tally->slot[at] - 1];

		if (entry->hash == hash && span_equal_nocase(entry->word, word))
			break;
		at = (at + 1) & (tally->slots - 1);
	}
	return at;
}

/* Half of the slots stay free. One more entry than counted: tally_sort's (other). */
static bool grow(struct tally *tally)
{
	size_t slots = tally->slots ? tally->slots * 2 : FIRST_SLOTS;
	struct tally_entry *entry = realloc(tally->entry, (slots / 2 + 1) * sizeof(*entry));
	uint32_t *slot;

	if (!entry)
		return false;
	tally->entry = entry;
	slot = calloc(slots, sizeof(*slot));
	if (!slot)
		return false;
	free(tally->slot);
	tally->slot = slot;
	tally->slots = slots;
	for (size_t i = 0; i < tally->count; i++)
		slot[find(tally, entry[i].word, entry[i].hash)] = (uint32_t)i + 1;
	return true;
}

static bool intern(struct tally *tally, struct span *word)
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
		copy[i] = ascii_lower(word->p[i]);
	tally->text += word->n;
	tally->text_left -= word->n;
	word->p = copy;
	return true;
}

uint64_t *tally_at(struct tally *tally, struct span word)
{
	uint32_t hash;
	size_t at;

	word.n = word.n < TALLY_WORD_MAX ? word.n : TALLY_WORD_MAX;
	hash = hash_of(word);
	if (tally->slots > 0) {
		at = find(tally, word, hash);
		if (tally->slot[at] != 0)
			return tally->entry[tally->slot[at] - 1].counter;
	}
	if (tally->count >= tally->cap)
		return tally->other.counter;
	if (tally->count + 1 > tally->slots / 2 && !grow(tally))
		return tally->other.counter;
	if (!intern(tally, &word))
		return tally->other.counter;
	at = find(tally, word, hash);
	tally->entry[tally->count] = (struct tally_entry){ .word = word, .hash = hash };
	tally->slot[at] = (uint32_t)++tally->count;
	return tally->entry[tally->count - 1].counter;
}

static int compare(const void *a, const void *b, void *by)
{
	const struct tally_entry *left = a, *right = b;
	unsigned counter = *(const unsigned *)by;
	size_t n = left->word.n < right->word.n ? left->word.n : right->word.n;
	int order;

	if (left->counter[counter] != right->counter[counter])
		return left->counter[counter] < right->counter[counter] ? 1 : -1;
	order = n > 0 ? memcmp(left->word.p, right->word.p, n) : 0;
	return order != 0 ? order : (left->word.n > right->word.n) - (left->word.n < right->word.n);
}

void tally_sort(struct tally *tally, unsigned by)
{
	bool left_out = false;

	if (tally->count > 0)
		qsort_r(tally->entry, tally->count, sizeof(*tally->entry), compare, &by);
	for (size_t i = 0; i < TALLY_COUNTERS_MAX; i++)
		left_out |= tally->other.counter[i] > 0;
	if (left_out && (tally->entry || grow(tally)))
		tally->entry[tally->count++] = tally->other;
}
