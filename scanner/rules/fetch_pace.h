/* scanner/rules/fetch_pace.h - how many connections a second a policy host gets, and whoever runs many of them, from
 * all threads together.
 *
 * Two buckets stand before each connection: one of its address, and one of the registrable domain that the host's CNAME
 * chain ends in, since a provider with ten thousand customers has more addresses than one but is one all the same.
 * Whoever has to wait is served in the order of asking. Any thread; no clock inside.
 */
#ifndef STSURVEY_SCANNER_RULES_FETCH_PACE_H
#define STSURVEY_SCANNER_RULES_FETCH_PACE_H

#include <stdint.h>

#include "scanner/rules/address.h"

enum {
	FETCH_PACE_HOST =
		50, /* connections a second to one address: 0.1 s of one core of a small server, at 2 ms a handshake */
	FETCH_PACE_PROVIDER = 200, /* to one provider: less than the browsers on one page that its customers show */
};

/* Of a second's connections, so many may come at once. */
#define FETCH_PACE_BURST_S 0.2

struct fetch_pace;

/* Rates a second, 0: no limit. Addresses in @exempt (NULL: none) are not limited. NULL: no memory. */
struct fetch_pace *fetch_pace_new(double host_rate, double provider_rate, const struct cidr_set *exempt);
void fetch_pace_free(struct fetch_pace *pace);

/* Reserve a connection to @address for a host whose CNAME chain ends in @target (empty: it has none): microseconds from
 * @now_us, on one clock for all threads, until it may begin. */
uint64_t fetch_pace_reserve(struct fetch_pace *pace, const struct obs_address *address, struct span target,
			    uint64_t now_us);

#endif
