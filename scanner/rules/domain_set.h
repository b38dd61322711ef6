/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/rules/domain_set.h - domains and everything below them; grows while loading, read-only afterwards. */
#ifndef STSURVEY_SCANNER_RULES_DOMAIN_SET_H
#define STSURVEY_SCANNER_RULES_DOMAIN_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "output/error.h"
#include "parsers/span.h"

struct domain_set;
struct domain_set *domain_set_new(void);
void domain_set_free(struct domain_set *set);

/* Add a name in A-labels, any case, no trailing dot. 0; -1 no memory. */
int domain_set_add(struct domain_set *set, struct span name);

/* Add every line of a file: names, U-labels too, comments with #. 0, or -1 with one line for the user in
 * @error. */
int domain_set_load(struct domain_set *set, const char *path, struct error *error);
bool domain_set_has(const struct domain_set *set, struct span name); /* @name or an ancestor is listed */

#endif
