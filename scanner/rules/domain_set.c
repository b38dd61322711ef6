/* SPDX-License-Identifier: BSD-2-Clause */
/* A hash table of names. They are hashed from their right end, so that one walk over a name gives the hash of each of
 * its ancestors on the way. */
#include "scanner/rules/domain_set.h"

#include <stdint.h>
#include <stdlib.h>

#include "output/hash_table.h"
#include "parsers/hash.h"
#include "scanner/base/line_file.h"
#include "scanner/rules/idna.h"

struct domain_set {
	struct hash_table names; /* strings */
};

struct domain_set *domain_set_new(void)
{
	return calloc(1, sizeof(struct domain_set));
}

void domain_set_free(struct domain_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->names.slots; i++)
		free(set->names.slot[i].item);
	hash_table_fini(&set->names);
	free(set);
}

static uint64_t hash_left(uint64_t hash, char c)
{
	return hash_octet(hash, (uint8_t)ascii_lower(c));
}

static bool has_name(const struct domain_set *set, uint64_t hash, struct span name)
{
	const char *known;

	for (size_t at = 0; (known = hash_table_next(&set->names, hash, &at));)
		if (span_equal_nocase(span_of(known), name))
			return true;
	return false;
}

int domain_set_add(struct domain_set *set, struct span name)
{
	uint64_t hash = HASH_NOTHING;
	char *copy;

	for (size_t i = name.n; i > 0; i--)
		hash = hash_left(hash, name.p[i - 1]);
	if (has_name(set, hash, name))
		return 0;
	copy = hash_table_reserve(&set->names, 1) ? strndup(name.p, name.n) : NULL;
	if (!copy)
		return -1;
	hash_table_put(&set->names, hash, copy);
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
	return line_file_read(path, add_line, set, error);
}

bool domain_set_has(const struct domain_set *set, struct span name)
{
	uint64_t hash = HASH_NOTHING;

	for (size_t i = name.n; i > 0; i--) {
		hash = hash_left(hash, name.p[i - 1]);
		if ((i == 1 || name.p[i - 2] == '.') && has_name(set, hash, span_skip(name, i - 1)))
			return true;
	}
	return false;
}
