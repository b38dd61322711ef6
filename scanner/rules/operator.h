/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/rules/operator.h - who runs a domain's name servers, as far as their names tell: the registrable domain of
 * the first one. */
#ifndef STSURVEY_SCANNER_RULES_OPERATOR_H
#define STSURVEY_SCANNER_RULES_OPERATOR_H

#include <stdint.h>

#include "parsers/span.h"

/* The registrable domain of the first of @servers (scanner/base/extra.h, EXTRA_SERVERS); p NULL: there is none. Part of
 * @servers. */
struct span operator_name(struct span servers);

/* The same of one server's name: its registrable domain. */
struct span operator_of_host(struct span host);

/* Its hash, by which it is known to everybody; 0: there is none. */
uint64_t operator_of(struct span servers);

#endif
