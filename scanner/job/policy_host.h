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

/* Which of its addresses may be contacted: bit i for address i. *@reserved: all are forbidden, as not global. Sets may
 * be NULL. */
uint32_t policy_host_allowed(const struct obs_policy *policy, const struct cidr_set *allow,
			     const struct cidr_set *block, bool *reserved);

#endif
