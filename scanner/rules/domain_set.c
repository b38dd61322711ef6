/* An open-addressing hash set of names. Names are hashed from their right end, so that one walk over a name
 * gives the hash of each of its ancestors on the way. */
#include "scanner/rules/domain_set.h"

#include <stdint.h>
#include <stdlib.h>

#include "scanner/base/lines.h"
#include "scanner/rules/idna.h"

enum { DOMAIN_SET_FIRST = 64 }; /* slots; a power of two */

static const uint64_t fnv_offset = 0xcbf29ce484222325u, FNV_PRIME = 0x100000001b3u;

struct domain_entry {
	uint64_t hash;
	char *name; /* lower case; NULL: free slot */
	size_t n;
};

struct domain_set {
	struct domain_entry *slot;
	size_t slots, count;
};

static uint64_t hash_octet(uint64_t hash, char c)
{
	return (hash ^ (uint8_t)ascii_lower(c)) * FNV_PRIME;
}

struct domain_set *domain_set_new(void)
{
	struct domain_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->slots = DOMAIN_SET_FIRST;
	set->slot = calloc(set->slots, sizeof(*set->slot));
	if (!set->slot) {
		free(set);
		return NULL;
	}
	return set;
}

void domain_set_free(struct domain_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->slots; i++)
		free(set->slot[i].name);
	free(set->slot);
	free(set);
}

/* The slot that holds the name, or the free one where it belongs. */
static struct domain_entry *find(const struct domain_set *set, uint64_t hash, struct span name)
{
	size_t mask = set->slots - 1, i = (size_t)(hash ^ hash >> 32) & mask;

	while (set->slot[i].name && (set->slot[i].hash != hash ||
				     !span_equal_nocase((struct span){ set->slot[i].name, set->slot[i].n }, name)))
		i = (i + 1) & mask;
	return &set->slot[i];
}

static int grow(struct domain_set *set)
{
	struct domain_set bigger = { calloc(2 * set->slots, sizeof(*set->slot)), 2 * set->slots, set->count };

	if (!bigger.slot)
		return -1;
	for (size_t i = 0; i < set->slots; i++)
		if (set->slot[i].name)
			*find(&bigger, set->slot[i].hash,
			      (struct span){ set->slot[i].name, set->slot[i].n }) = set->slot[i];
	free(set->slot);
	*set = bigger;
	return 0;
}

int domain_set_add(struct domain_set *set, struct span name)
{
	uint64_t hash = fnv_offset;
	struct domain_entry *entry;

	if (set->count >= set->slots / 2 && grow(set) != 0)
		return -1;
	for (size_t i = name.n; i > 0; i--)
		hash = hash_octet(hash, name.p[i - 1]);
	entry = find(set, hash, name);
	if (entry->name)
		return 0;
	entry->name = malloc(name.n + 1);
	if (!entry->name)
		return -1;
	memcpy(entry->name, name.p, name.n);
	entry->name[name.n] = '\0';
	entry->n = name.n;
	entry->hash = hash;
	set->count++;
	return 0;
}

static int add_line(void *arg, struct span line, struct error *error)
{
	char name[DOMAIN_NAME_MAX];
	size_t n;

	if (!idna_name(line, name, &n))
		return error_set(error, "'%.*s' is no domain name; write one name a line",
				 (int)(line.n < 64 ? line.n : 64), line.p);
	if (domain_set_add(arg, (struct span){ name, n }) != 0)
		return error_set(error, "out of memory");
	return 0;
}

int domain_set_load(struct domain_set *set, const char *path, struct error *error)
{
	return lines_read(path, add_line, set, error);
}

bool domain_set_has(const struct domain_set *set, struct span name)
{
	uint64_t hash = fnv_offset;

	for (size_t i = name.n; i > 0; i--) {
		hash = hash_octet(hash, name.p[i - 1]);
		if ((i == 1 || name.p[i - 2] == '.') && find(set, hash, span_skip(name, i - 1))->name)
			return true;
	}
	return false;
}
