/* SPDX-License-Identifier: BSD-2-Clause */
#include "analysis/tables/provider_list.h"

#include <stdlib.h>

void provider_list_init(struct provider_list *list, size_t most)
{
	*list = (struct provider_list){ .most = most };
}

static void forget(struct provider_list *list, size_t from)
{
	for (size_t i = from; i < list->count; i++)
		free((char *)list->entry[i].name.p);
	list->count = from < list->count ? from : list->count;
}

void provider_list_fini(struct provider_list *list)
{
	forget(list, 0);
	free(list->entry);
	*list = (struct provider_list){ 0 };
}

static int compare_names(const void *a, const void *b)
{
	const struct provider_count *one = a, *other = b;

	return span_compare(one->name, other->name);
}

static int compare_counts(const void *a, const void *b)
{
	const struct provider_count *one = a, *other = b;

	if (one->domains != other->domains)
		return one->domains < other->domains ? 1 : -1;
	return compare_names(a, b);
}

/* Names that stand twice become one. */
static void join(struct provider_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct provider_count *entry = &list->entry[i];

		if (kept > 0 && compare_names(&list->entry[kept - 1], entry) == 0) {
			list->entry[kept - 1].domains += entry->domains;
			list->entry[kept - 1].misconfigured += entry->misconfigured;
			free((char *)entry->name.p);
		} else {
			list->entry[kept++] = *entry;
		}
	}
	list->count = kept;
}

void provider_list_sort(struct provider_list *list)
{
	if (list->count == 0)
		return;
	qsort(list->entry, list->count, sizeof(*list->entry), compare_names);
	join(list);
	qsort(list->entry, list->count, sizeof(*list->entry), compare_counts);
	for (size_t i = list->most; i < list->count; i++) {
		list->other_domains += list->entry[i].domains;
		list->other_misconfigured += list->entry[i].misconfigured;
	}
	forget(list, list->most);
}

/* What was left out once stays so: as many larger ones are there. */
static bool make_room(struct provider_list *list)
{
	size_t size = list->size > 0 ? 2 * list->size : 64;
	struct provider_count *entry;

	if (list->count == 2 * list->most)
		provider_list_sort(list);
	if (list->count < list->size)
		return true;
	entry = realloc(list->entry, size * sizeof(*entry));
	if (!entry)
		return false;
	list->entry = entry;
	list->size = size;
	return true;
}

bool provider_list_add(struct provider_list *list, struct span name, uint64_t domains, uint64_t misconfigured)
{
	char *copy;

	if (domains == 0)
		return true;
	if (!make_room(list) || !(copy = malloc(name.n + 1)))
		return false;
	memcpy(copy, name.p, name.n);
	list->entry[list->count++] = (struct provider_count){ { copy, name.n }, domains, misconfigured };
	return true;
}

uint64_t provider_list_largest(const struct provider_list *list, size_t n)
{
	uint64_t domains = 0;

	for (size_t i = 0; i < n && i < list->count; i++)
		domains += list->entry[i].domains;
	return domains;
}
