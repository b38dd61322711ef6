#include "output/intern.h"

#include <stdlib.h>

/* Multiply and fold, eight octets a step: names are short and looked up once a record. */
static uint64_t hash_of(struct span s)
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
	return hash ^ hash >> 32;
}

void intern_init(struct intern *intern)
{
	*intern = (struct intern){ 0 };
}

void intern_fini(struct intern *intern)
{
	free(intern->run);
	free(intern->slot);
	*intern = (struct intern){ 0 };
}

long intern_find(const struct intern *intern, const char *base, struct span key)
{
	uint64_t hash;

	if (intern->count == 0)
		return -1;
	hash = hash_of(key);
	for (uint32_t i = 0; i < INTERN_PROBES_MAX; i++) {
		uint32_t number = intern->slot[(hash + i) & (intern->slots - 1)];
		const struct intern_run *run = &intern->run[number - 1];

		if (number == 0)
			return -1;
		if (run->hash == hash && span_equal(key, (struct span){ base + run->offset, run->n }))
			return (long)number - 1;
	}
	return -1;
}

static void place(struct intern *intern, uint32_t number)
{
	uint64_t hash = intern->run[number].hash;

	for (uint32_t i = 0; i < INTERN_PROBES_MAX; i++) {
		uint32_t *slot = &intern->slot[(hash + i) & (intern->slots - 1)];

		if (*slot == 0) {
			*slot = number + 1;
			return;
		}
	}
}

static void place_all(struct intern *intern)
{
	memset(intern->slot, 0, intern->slots * sizeof(*intern->slot));
	for (uint32_t i = 0; i < intern->count; i++)
		place(intern, i);
}

/* Room for one more run, with twice as many slots as runs. */
static bool grow(struct intern *intern)
{
	uint32_t size = intern->size > 0 ? 2 * intern->size : INTERN_FIRST / 2;
	struct intern_run *run;
	uint32_t *slot;

	if (intern->count < intern->size)
		return true;
	run = realloc(intern->run, size * sizeof(*run));
	if (!run)
		return false;
	intern->run = run;
	slot = malloc(2 * (size_t)size * sizeof(*slot));
	if (!slot)
		return false;
	free(intern->slot);
	intern->slot = slot;
	intern->slots = 2 * size;
	intern->size = size;
	place_all(intern);
	return true;
}

bool intern_add(struct intern *intern, const char *base, size_t offset, size_t n)
{
	if (!grow(intern))
		return false;
	intern->run[intern->count] = (struct intern_run){ .hash = hash_of((struct span){ base + offset, n }),
							  .offset = (uint32_t)offset,
							  .n = (uint32_t)n };
	place(intern, intern->count++);
	return true;
}

void intern_cut(struct intern *intern, uint32_t count)
{
	if (count == intern->count)
		return;
	intern->count = count;
	place_all(intern);
}
