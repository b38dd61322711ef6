/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/job/policy_fetch.h - a domain's policy: where its host is, and what it serves (RFC 8461 3.3).
 *
 * A child of the domain's job, begun where there is one usable STS record: looks up mta-sts.<domain>, asks the rules
 * which of its addresses may be contacted, and has the policy fetched.
 */
#ifndef STSURVEY_SCANNER_JOB_POLICY_FETCH_H
#define STSURVEY_SCANNER_JOB_POLICY_FETCH_H

#include "scanner/job/answers.h"
#include "scanner/job/job.h"

enum policy_fetch_state {
	POLICY_ASK_A,    /* it begins here: IPv4 first, for the host's CNAME chain */
	POLICY_ASK_AAAA, /* IPv6, at the chain's end: one question for all domains that delegate to one host */
	POLICY_CHASE,    /* both are answered; if the resolver failed for good: a CNAME loop? */
	POLICY_CONNECT,  /* the host is known: its addresses that may be contacted are tried */
};

struct policy_fetch {
	struct task task; /* first */
	struct job *job;
	struct span host;
	struct obs_policy facts; /* whole once the task has ended */
	struct address_list addresses;
	struct net_query query;
	struct net_fetch fetch;
};

/* Begin, as a child of @job. NULL: no memory, which is noted. */
struct policy_fetch *policy_fetch_start(struct job *job);

#endif
