/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/rules/cidr_set.h - a set of networks; grows while loading, read-only (and so thread-safe) afterwards.
 *
 * An IPv4-mapped address (::ffff:192.0.2.1) is the IPv4 address, on the wire and here: as a line and as what is looked
 * up.
 */
#ifndef STSURVEY_SCANNER_RULES_CIDR_SET_H
#define STSURVEY_SCANNER_RULES_CIDR_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "output/error.h"
#include "parsers/observation.h"
#include "parsers/span.h"

struct cidr_set;
struct cidr_set *cidr_set_new(void);
void cidr_set_free(struct cidr_set *set);

/* Add "net/len" or a bare address. 0; -1 no memory; -2 not a network. */
int cidr_set_add(struct cidr_set *set, struct span text);

/* Add every line of a file (comments with #). 0, or -1 with one line for the user in @error (file, line,
 * remedy). */
int cidr_set_load(struct cidr_set *set, const char *path, struct error *error);
bool cidr_set_has(const struct cidr_set *set, const struct obs_address *address);

#endif
