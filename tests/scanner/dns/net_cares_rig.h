/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scanner/dns/net_cares_rig.h - a loop, a net_cares, and name servers of the test's own on loopback.
 *
 * The first label of a name says how the server behaves towards it:
 *
 *   ok                     answers                         nx, refused, servfail, formerr    always that code
 *   silent                 never answers                   lost, once-servfail               not the first time
 *   late                   a quarter of a second later     twice                             two times
 *   tc, tc-servfail        truncated over UDP              tc-hangup, tc-silent              and nothing over TCP
 *   bare-refused           that code, a header alone       bare-formerr                      the same, with EDNS alone
 *   tc-one                 hangs up after each answer      tc-once-dead, tc-once-silent      nothing the first time
 *   bogus                  SERVFAIL, but answers with CD   bogus-tc                          that over TCP alone
 *   stall                  answers, and then this thread stands still for STALL_MS
 *   wrong-id, wrong-question, short, reused                something else comes before the right answer
 *
 * Time is that of tests/fake/fake_clock.h.
 */
#ifndef STSURVEY_TESTS_SCANNER_DNS_NET_CARES_RIG_H
#define STSURVEY_TESTS_SCANNER_DNS_NET_CARES_RIG_H

#include <stdatomic.h>

#include "scanner/dns/net_cares.h"
#include "tests/fake/dns_peer.h"

enum {
	PEERS_MAX = 2,
	SHORT_MS = 300, /* of one try: soon over */
	SLOW_MS = 1200, /* longer than all repeats together */
	LONG_MS = 2000,
	STALL_MS = 500, /* beyond every repeat of a server known to be fast */
	TRIES = 3,
	WATCHDOG_MS = 60000, /* a test that takes so long hangs */
	SERVFAIL = 2,
	FORMERR = 1,
	NXDOMAIN = 3,
	REFUSED = 5,
};

struct asked {
	struct net_query query;
	char name[80];
	struct rig *rig;
	unsigned answers; /* callbacks: 1 when all is well */
	unsigned addresses;
};

struct rig {
	uv_loop_t loop;
	uv_timer_t watchdog;
	struct net_cares *net;
	struct dns_peer *peer[PEERS_MAX];
	_Atomic double rate;
	unsigned open; /* questions without callback */
	/* what the peer does beside what names say */
	bool silent, failing, no_edns, no_tcp;
	unsigned seen; /* questions of the kind at hand */
	struct dns_peer_question old;
	char probed[256]; /* the last name with a random label; "": none */
};

/* For rigs opened from now on: after the first try of a question, none begins later than this. */
extern uint32_t rig_tries_ms;

/* Servers on 127.0.0.1; of two the second has closed its port. */
struct rig *rig_open(unsigned peers, bool tcp, uint32_t timeout_ms);

/* Stops; nothing may be open. */
void rig_close(struct rig *rig);

/* Ask for the address of NAME.example, or of NAMEn.example for a @number above 0. */
void rig_begin(struct rig *rig, struct asked *asked, const char *name, unsigned number);

/* The callback rig_begin uses. */
void rig_on_answer(struct net_query *query, const struct dns_answer *answer);

/* The same with CD. */
void rig_begin_unchecked(struct rig *rig, struct asked *asked, const char *name);

/* Run until no question is open. */
void rig_run(struct rig *rig);

/* Let what is on its way arrive. */
void rig_linger(struct rig *rig, uint64_t ms);

/* Ask one and wait; rig->seen counts the questions the server saw of it. */
struct asked rig_ask(struct rig *rig, const char *name);

/* The same, with a failure that is known beforehand. */
struct asked rig_ask_decided(struct rig *rig, const char *name);

/* … of a domain whose name servers were silent before. */
struct asked rig_ask_silent(struct rig *rig, const char *name);

/* NAME1 … NAMEn; freed by rig_end_many, which looks whether each had exactly one callback, with this. */
struct asked *rig_begin_many(struct rig *rig, const char *name, unsigned count);
void rig_end_many(struct asked *many, unsigned count, enum dns_status status, int fault);

struct net_cares_counts rig_counts(const struct rig *rig);
struct name_server *rig_server(const struct rig *rig);

#endif
