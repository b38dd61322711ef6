/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/tls/connect_errno.h - what a failed call on a socket says: something about them, or something about us?
 *
 * A refusal, silence and ICMP are findings about the other side. No descriptor, no port, no memory, or a link that went
 * down under us are faults, and never written down as a broken domain: the domain is begun again until they pass. What
 * this machine forbids (EPERM, from a firewall) may be meant for this one address and for ever, so it is no fault:
 * the domain stays unknown, and is asked again at the end of the scan.
 */
#ifndef STSURVEY_SCANNER_TLS_CONNECT_ERRNO_H
#define STSURVEY_SCANNER_TLS_CONNECT_ERRNO_H

#include <stdbool.h>

#include "parsers/observation.h"
#include "scanner/job/net.h"

struct connect_meaning {
	enum connect_status status; /* CONNECT_SKIPPED where it is not about the other side … */
	int fault;                  /* … but about us: enum net_fault, or NET_OK where waiting may be no remedy */
};

/* Which address families this machine has a route for. An address of a family that it never had a route for is
 * unreachable; where the route was there and is gone, our link is down. */
struct routes {
	bool ipv4, ipv6;
};

/* Ask the routing table; sends nothing. */
void routes_look(struct routes *routes);

/* @error: errno of socket() or connect(), or SO_ERROR. @before: the routes when the scan began. */
struct connect_meaning connect_errno_meaning(int error, const struct obs_address *address, const struct routes *before);

/* The same of send() or recv() once they had accepted; 0: of none, TLS or HTTP has failed by itself. CONNECT_RESET
 * where it is theirs: only an end of theirs is, for what has stood is not unreachable by anything they have set up. */
struct connect_meaning connected_errno_meaning(int error, const struct obs_address *address,
					       const struct routes *before);

#endif
