/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/scan_file/intern.h"

#include <stdlib.h>

#include "parsers/span.h"

/* Multiply and fold, eight octets a step: names are short and looked up once a record. */
static uint64_t hash_run(struct span s)
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15); /* 2^64 / golden ratio */
	uint64_t hash = s.n * odd, word;

	while (s.n >= sizeof(word)) {
		memcpy(&word, s.p, sizeof(word));
		hash = (hash ^ word) * odd;
		hash ^= hash >> 29;
		s = span_skip(s, sizeof(word));
	}
	word = 0;
	if (s.n > 0)
		memcpy(&word, s.p, s.n);
	hash = (hash ^ word) * odd;
	return hash; /* the table folds it */
}

void intern_init(struct intern *intern)
{
	*intern = (struct intern){ .numbers.bound = INTERN_PROBES_MAX };
}

void intern_fini(struct intern *intern)
{
	hash_table_fini(&intern->numbers);
	free(intern->run);
	intern_init(intern);
}

/* Room for one more run. */
static bool make_run_room(struct intern *intern)
{
	uint32_t size = intern->size > 0 ? 2 * intern->size : INTERN_FIRST;
	struct intern_run *run;

	if (!hash_table_reserve(&intern->numbers, 1))
		return false;
	if (intern->count < intern->size)
		return true;
	run = realloc(intern->run, size * sizeof(*run));
	if (!run)
		return false;
	intern->run = run;
	intern->size = size;
	return true;
}

long intern_number(struct intern *intern, const char *base, size_t offset, size_t n, bool *is_new)
{
	const struct span key = { base + offset, n };
	uint64_t hash = hash_run(key);
	const void *item;

	*is_new = false;
	for (size_t at = 0; (item = hash_table_next(&intern->numbers, hash, &at));) {
		const struct intern_run *run = &intern->run[hash_item_place(item)];

		if (span_equal(key, (struct span){ base + run->offset, run->n }))
			return (long)hash_item_place(item);
	}
	if (!make_run_room(intern))
		return -1;
	*is_new = true;
	intern->run[intern->count] = (struct intern_run){ hash, (uint32_t)offset, (uint32_t)n };
	hash_table_put(&intern->numbers, hash, hash_item_of(intern->count));
	return intern->count++;
}

void intern_cut(struct intern *intern, uint32_t count)
{
	if (count == intern->count)
		return;
	intern->count = count;
	hash_table_clear(&intern->numbers);
	for (uint32_t i = 0; i < count; i++)
		hash_table_put(&intern->numbers, intern->run[i].hash, hash_item_of(i));
}
