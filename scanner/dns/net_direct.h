/* scanner/dns/net_direct.h - the direct way of a question: a domain's own name servers first, the resolver for all that
 * is out of the ordinary.
 *
 * Way of a question with a delegation: the address drawn → what counts (parsers/direct_answer.h) is the answer | one
 * try at an address of another name server → the answer | the resolver, which decides. TXT data is asked again through
 * the resolver, whose answer is kept, with AD. A negative answer chosen for the audit is put to the resolver as well;
 * where that has data, the server is asked once more. Silence of servers that rest by now ends the question with
 * NET_FAULT_RESTING: the domain waits for them, it does not go to the resolver, which would ask the same servers from
 * the same network. Whatever the resolver is asked takes a token of the operator's.
 *
 * It is no second resolver: no referral is followed, nothing is validated, no zone is kept. One for each worker, on its
 * loop's thread; books and hosts are everybody's.
 */
#ifndef STSURVEY_SCANNER_DNS_NET_DIRECT_H
#define STSURVEY_SCANNER_DNS_NET_DIRECT_H

#include "parsers/siphash.h"
#include "scanner/dns/direct_engine.h"
#include "scanner/dns/ns_hosts.h"
#include "scanner/job/net.h"
#include "scanner/rules/server_books.h"

/* Which negative direct answers are audited: by a hash of name and type under a key, so that nobody can choose which.
 */
struct direct_audit {
	uint8_t key[SIPHASH_KEY_OCTETS];
	double share;   /* of them; 0: none */
	uint64_t least; /* of the whole list at least so many, however large the share must be for that; 0: none */
	_Atomic uint64_t expected; /* negative answers of the whole list, as far as is known; 0: it is not */
	_Atomic uint64_t seen;     /* so far */
};

struct net_direct_options {
	struct direct_engine_options engine;
	struct server_books *books;
	struct ns_hosts *hosts;
	struct direct_audit *audit;
	const struct cidr_set *allow, *address_blocklist;
	struct net *resolver; /* its ask; outlives this */
};

struct net_direct_counts {
	uint64_t host_look_ups;
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

/* Look-ups under way. */
unsigned net_direct_looking_up(const struct net_direct *direct);

/* May addresses of the family be asked? */
bool net_direct_has_family(const struct net_direct *direct, uint8_t family);

/* Which address of those known of a host is asked: drawn among such as may be contacted, over a family that has a
 * route. False: none of them. *forbidden: one would have been, were it allowed. */
bool net_direct_draw(const struct net_direct *direct, const struct ns_addresses *addresses, struct obs_address *drawn,
		     bool *forbidden);

void net_direct_counts(const struct net_direct *direct, struct net_direct_counts *counts);

/* End every question with NET_FAULT_SHUTDOWN; before the resolver is stopped. */
void net_direct_stop(struct net_direct *direct);
void net_direct_close(struct net_direct *direct);
void net_direct_free(struct net_direct *direct);

#endif
