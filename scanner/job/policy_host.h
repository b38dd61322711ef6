/* scanner/job/policy_host.h - where a policy host leads, and where of that we may go.
 *
 * Pure: facts about mta-sts.<domain> and the user's rules in, addresses out. Whoever is on a blocklist is refused
 * here, at the last step before the fetch; net_curl looks at the address once more when it opens the socket.
 */
#ifndef STSURVEY_SCANNER_JOB_POLICY_HOST_H
#define STSURVEY_SCANNER_JOB_POLICY_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "parsers/observation.h"
#include "scanner/rules/address.h"
#include "scanner/rules/domain_set.h"

/* Where @answer's CNAME chain ends, if that is known and can be asked for: an alias for the address of one type is one
 * for all (RFC 1034 3.6.2). */
bool policy_host_end(const struct obs_answer *answer, struct span *name);

/* Does a link of either family's chain lie in @blocked? NULL: nothing does. */
bool policy_host_is_blocked(const struct obs_policy *policy, const struct domain_set *blocked);

/* Copy the addresses we may contact to @allowed, which has room for all of them, in the order they are tried; sets
 * @policy's `reserved`. Returns how many. Sets may be NULL. */
size_t policy_host_addresses(struct obs_policy *policy, const struct cidr_set *allow, const struct cidr_set *block,
			     struct obs_address *allowed);

#endif
