/* SPDX-License-Identifier: BSD-2-Clause */
/* analysis/tables/provider_list.h - names with their domains, of which there may be any number: the largest are kept.
 *
 * What is left does not depend on the order in which the names came, as long as each comes once.
 */
#ifndef STSURVEY_ANALYSIS_TABLES_PROVIDER_LIST_H
#define STSURVEY_ANALYSIS_TABLES_PROVIDER_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parsers/span.h"

enum { PROVIDER_LIST_MAX = 65536 }; /* names of one role; twice as many, some 10 MiB, while it is made */

struct provider_count {
	struct span name; /* owned by the list */
	uint64_t domains, misconfigured;
};

struct provider_list {
	struct provider_count *entry;
	size_t count, size, most;
	uint64_t other_domains, other_misconfigured; /* of names that were left out */
};

/* @most: names that are kept. Allocates nothing yet. */
void provider_list_init(struct provider_list *list, size_t most);
void provider_list_fini(struct provider_list *list);

/* False: no memory. */
__attribute__((warn_unused_result)) bool provider_list_add(struct provider_list *list, struct span name,
							   uint64_t domains, uint64_t misconfigured);

/* Behind the last name: the largest first, then by name; a name that came twice is one. */
void provider_list_sort(struct provider_list *list);

/* The domains of the @n largest of a list that is sorted. */
uint64_t provider_list_largest(const struct provider_list *list, size_t n);

#endif
