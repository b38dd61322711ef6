/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/dns/net_direct.h - the direct way of a question: a domain's own name servers first, the resolver for all that
 * is out of the ordinary.
 *
 * Way of a question with a delegation: the address drawn → what counts (parsers/direct_answer.h) is the answer | one
 * try at an address of another name server → the answer | the resolver, which decides. TXT data is asked again through
 * the resolver, whose answer is kept, with AD. A negative answer chosen for the audit is put to the resolver as well;
 * where that has data, the server is asked once more. Silence of servers that rest by now ends the question with
 * NET_FAULT_RESTING: the domain waits for them, it does not go to the resolver, which would ask the same servers from
 * the same network. Whatever the resolver is asked takes a token of the operator's, and of the address that was drawn.
 *
 * It is no second resolver: no referral is followed, nothing is validated, no zone is kept. One for each worker, on its
 * loop's thread; books and hosts are everybody's.
 */
#ifndef STSURVEY_SCANNER_DNS_NET_DIRECT_H
#define STSURVEY_SCANNER_DNS_NET_DIRECT_H

#include <stdatomic.h>

#include "parsers/siphash.h"
#include "scanner/dns/direct_engine.h"
#include "scanner/dns/ns_hosts.h"
#include "scanner/job/net.h"
#include "scanner/rules/domain_set.h"
#include "scanner/rules/server_books.h"

/* Of a domain's three questions so many have a negative answer, about: nine in ten have MX alone. */
#define DIRECT_NEGATIVE_OF_DOMAIN 2.0

/* Which negative direct answers are audited: by a hash of name and type under a key, so that nobody can choose which.
 */
struct direct_audit {
	uint8_t key[SIPHASH_KEY_OCTETS];
	double share;   /* of them; 0: none */
	uint64_t least; /* of the whole list at least so many, however large the share must be for that; 0: none */
	_Atomic uint64_t expected; /* negative answers of the whole list, as far as is known; 0: it is not */
	_Atomic uint64_t seen;     /* so far */
};

/* Which addresses may be asked; for all threads. */
struct direct_reach {
	const struct cidr_set *allow, *blocklist; /* as contact_check has them */
	bool no_ipv4, no_ipv6;                    /* this machine has no route for the family */
	uint64_t seed;
	_Atomic uint64_t drawn;
};

/* Which address of those known of a host is asked: drawn among such as may be. False: none. *forbidden: there is one of
 * a family we have that may not be contacted. Any thread. */
bool direct_reach_draw(struct direct_reach *reach, const struct ns_addresses *addresses, struct obs_address *drawn,
		       bool *forbidden);

struct net_direct_options {
	struct direct_engine_options engine;
	struct server_books *books;
	struct ns_hosts *hosts;
	struct direct_audit *audit;
	struct direct_reach *reach;
	const struct domain_set *domain_blocklist; /* no host of these is looked up, hence asked; NULL: none */
	struct net *resolver;                      /* its ask; outlives this */
};

struct net_direct_counts {
	uint64_t host_look_ups;
	uint64_t second_tries;
	struct direct_engine_counts engine;
};

struct net_direct;

/* 0, or a fault with one line in @error. */
__attribute__((warn_unused_result)) int net_direct_open(struct net_direct **direct,
							const struct net_direct_options *options, struct error *error);

/* As the `ask` of struct net. @query has a delegation. */
void net_direct_ask(struct net_direct *direct, struct net_query *query);

/* Look up the addresses of a name server's host, and tell the hosts: @name is copied. */
void net_direct_look_up(struct net_direct *direct, struct span name);

void net_direct_counts(const struct net_direct *direct, struct net_direct_counts *counts);

/* End every question that is not at the resolver with NET_FAULT_SHUTDOWN, and later ones at once; the resolver, to be
 * stopped afterwards, ends the others. */
void net_direct_stop(struct net_direct *direct);

/* Stop, and close what the loop holds: run it until it has nothing of this nor of the resolver, then net_direct_free.
 */
void net_direct_close(struct net_direct *direct);
void net_direct_free(struct net_direct *direct);

#endif
