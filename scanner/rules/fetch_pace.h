/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/rules/fetch_pace.h - how many connections a second a policy host gets, and a provider that runs many of them,
 * from all threads together.
 *
 * Two paces stand before each connection: that of its address, and that of the registrable domain in which the host's
 * CNAME chain ends, since a provider with ten thousand customers has more addresses than one but is one all the same.
 * Connections that have to wait are served in the order of asking. Any thread; no clock inside.
 *
 * One may begin, and the next when that is earned: no second has more turns than the rate (the whole number below). So
 * it adds nothing that each scan of a list in parts begins anew.
 *
 * FETCH_PACE_KEYS of each kind are remembered, and the one asked for longest ago makes room for a new one. A forgotten
 * one begins again, so nobody gets more than the rate unless all of the others are asked for before its next turn. Two
 * with the same hash share a pace, which is only ever too polite.
 */
#ifndef STSURVEY_SCANNER_RULES_FETCH_PACE_H
#define STSURVEY_SCANNER_RULES_FETCH_PACE_H

#include <stdint.h>

#include "parsers/span.h"
#include "scanner/rules/cidr_set.h"

enum {
	/* Connections a second to one address: 0.1 s of one core of a small server, at 2 ms a handshake. */
	FETCH_PACE_HOST = 50,
	FETCH_PACE_PROVIDER = 200, /* to one provider: less than the browsers on one page that its customers show */
	FETCH_PACE_KEYS = 16384,   /* 1 MiB for each kind; more hosts than any scan keeps busy at once */
};

struct fetch_pace;

/* Rates a second, 0: no limit. Addresses in @exempt (NULL: none) are not limited. NULL: no memory. */
struct fetch_pace *fetch_pace_new(double host_rate, double provider_rate, const struct cidr_set *exempt);
void fetch_pace_free(struct fetch_pace *pace);

/* Reserve a connection to @address for a host whose CNAME chain ends in @target (empty: it has none): microseconds from
 * @now_us, on one clock for all threads, until it may begin. */
uint64_t fetch_pace_reserve(struct fetch_pace *pace, const struct obs_address *address, struct span target,
			    uint64_t now_us);

#endif
