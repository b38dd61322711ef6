/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scanner/dns/net_direct_rig.h - the direct way of a question, between two name servers on 127.0.0.1 and
 * 127.0.0.2 and a resolver that exists in the test alone, all of which answer by a word:
 *
 *   data                   MX, or TXT; with AA of a server, with AD of the resolver
 *   absent, nx             NODATA and NXDOMAIN, with the zone's SOA
 *   refused, servfail, formerr   that code           silent      nothing
 *   no-aa                  as data, without AA       no-soa      nothing, and no SOA
 *   tc                     truncated and empty       alias       a CNAME
 *   foreign                another name's record     guess       a datagram with another id
 *
 * The domain is example.com, its servers are ns1 and ns2.example.net. Time is tests/fake/fake_clock.h's.
 */
#ifndef STSURVEY_TESTS_SCANNER_DNS_NET_DIRECT_RIG_H
#define STSURVEY_TESTS_SCANNER_DNS_NET_DIRECT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "scanner/base/extra.h"
#include "scanner/dns/net_direct.h"
#include "tests/fake/dns_peer.h"

enum { NET_DIRECT_SERVERS = 2, NET_DIRECT_TIMES = 3, NET_DIRECT_TIMEOUT_MS = 200, NET_DIRECT_OPERATOR = 77 };

struct net_direct_rig {
	struct net resolver; /* first: what it is called back with */
	uv_loop_t loop;
	uv_timer_t watchdog;
	struct dns_peer *peer[NET_DIRECT_SERVERS];
	struct server_books *books;
	struct ns_hosts *hosts;
	struct direct_audit audit;
	struct direct_reach reach;
	struct cidr_set *allow;
	struct net_direct *direct;
	struct arena arena; /* of all questions */

	/* the test's: words, by the time a server is asked; the last of them is said again */
	const char *server[NET_DIRECT_SERVERS][NET_DIRECT_TIMES];
	const char *says;        /* the resolver, to questions of the domain */
	const char *second_host; /* … and the address it knows of ns2; NULL: none */
	bool one_server;         /* the domain has ns1 alone */
	bool holds;              /* it answers at net_direct_rig_release */
	bool holds_hosts;        /* … look-ups */

	/* counted */
	unsigned asked[NET_DIRECT_SERVERS]; /* questions that came */
	unsigned resolver_asked, look_ups;
	bool decided, silent; /* as the resolver was asked last */
	STAILQ_HEAD(, net_query) held;
};

/* One question and what came of it. */
struct net_direct_asked {
	struct net_query query;
	struct net_delegation delegation;
	struct extra servers;
	unsigned answers; /* callbacks */
	unsigned records;
	bool ad;
};

/* No audit. Is the second server's address known? */
struct net_direct_rig *net_direct_rig_open(bool second_is_known);
void net_direct_rig_close(struct net_direct_rig *rig);

/* A question for @type, of the first server at first; to be asked by the test. */
void net_direct_rig_prepare(struct net_direct_rig *rig, struct net_direct_asked *asked, uint16_t type);

/* Prepare and ask. */
void net_direct_rig_begin(struct net_direct_rig *rig, struct net_direct_asked *asked, uint16_t type);

/* Until it has ended, once. */
void net_direct_rig_await(struct net_direct_rig *rig, const struct net_direct_asked *asked);

/* Begin and await. */
void net_direct_rig_ask(struct net_direct_rig *rig, struct net_direct_asked *asked, uint16_t type);

/* Let so much time pass. */
void net_direct_rig_pass(struct net_direct_rig *rig, unsigned ms);

/* The resolver answers what it has held; with a fault where @fault is one. */
void net_direct_rig_release(struct net_direct_rig *rig, int fault);

/* The books say that a server rests, from now on. */
void net_direct_rig_rest(struct net_direct_rig *rig, unsigned server);

/* Questions charged to the operator by now, with whom nothing else may have been done. */
unsigned net_direct_rig_charged(struct net_direct_rig *rig);

/* The same of a server. */
unsigned net_direct_rig_charged_to(struct net_direct_rig *rig, unsigned server);

#endif
