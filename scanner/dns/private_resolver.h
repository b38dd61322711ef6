/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/dns/private_resolver.h - an Unbound of the scan's own, on a loopback port.
 *
 * Started from datasets/unbound-survey.conf (compiled in), changed where the machine and the scan ask for it.
 * Configuration and log are memory files, and the kernel kills the child when the thread that started it ends
 * (prctl(2), PR_SET_PDEATHSIG): however we end, nothing is left behind. Started as root it runs as the user `unbound`.
 */
#ifndef STSURVEY_SCANNER_DNS_PRIVATE_RESOLVER_H
#define STSURVEY_SCANNER_DNS_PRIVATE_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>

#include "output/error.h"
#include "scanner/rules/address.h"

struct private_resolver;

/* Start it and wait until it answers. @extra: a file whose lines follow ours, or NULL; trust anchors in it
 * replace the root's. @server is where it listens. 0, or -1 with one line in @error. To be called on a thread that
 * stays until the stop. */
__attribute__((warn_unused_result)) int private_resolver_start(struct private_resolver **resolver, const char *extra,
							       unsigned threads, unsigned concurrency,
							       struct endpoint *server, struct error *error);

/* Has it ended by itself? Then why is in @error, and it stays ended. */
bool private_resolver_has_ended(struct private_resolver *resolver, struct error *error);

/* End it and wait for that. NULL: nothing to do. */
void private_resolver_stop(struct private_resolver *resolver);

#endif
