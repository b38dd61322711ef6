/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/dns/net_cares.h - DNS questions over c-ares on libuv: the only adapter that names c-ares.
 *
 * c-ares matches answers to questions and keeps each packet's time-out. What is decided is decided here: which server,
 * when to repeat, what a failure means. A channel of c-ares serves one server and makes one try; it is replaced after
 * CHANNEL_RENEW_AFTER questions, for fresh source ports.
 *
 * A rate is never exceeded in any second, as the packets leave this machine, and nothing of it is there at the
 * beginning: who goes on where another ended, with the same rate, keeps to it as well.
 *
 * Way of a question: net_cares_ask → (rate limit) → try → answer | repeat after the RTO on another server, the earlier
 * try staying open | time-out. TC is asked again over TCP. A question that fails while its server is in doubt
 * (scanner/dns/server_health.h) is parked, and asked again when that is decided.
 */
#ifndef STSURVEY_SCANNER_DNS_NET_CARES_H
#define STSURVEY_SCANNER_DNS_NET_CARES_H

#include <stdatomic.h>

#include <uv.h>

#include "output/error.h"
#include "scanner/job/net.h"
#include "scanner/dns/server_health.h"

struct net_cares_options {
	uv_loop_t *loop;
	const struct endpoint *server;
	unsigned server_count;
	uint32_t timeout_ms;        /* one try */
	unsigned tries_max;         /* 1 + retries … */
	uint32_t tries_ms;          /* … of which none begins later than so long after the first */
	const _Atomic double *rate; /* packets a second of this adapter, 0: no limit; may change while running */
	double resolver_rate;       /* of these to one server, 0: no limit */
	uint64_t earned_us;         /* by the loop's clock: until then it has been asked for already */
};

struct net_cares_counts {
	uint64_t packets;                        /* questions sent, repeats and TCP included */
	uint64_t repeats;                        /* of these, because no answer came, or REFUSED */
	uint64_t silent_packets, silent_repeats; /* of these, of questions whose name servers were silent before */
	uint64_t tcp;
	uint64_t parked; /* times one of them began to wait for a server to come back */
	uint64_t icmp;   /* errors of the kernel on our sockets */
};

struct net_cares;

/* 0, or a fault with one line in @error. */
__attribute__((warn_unused_result)) int net_cares_open(struct net_cares **net, const struct net_cares_options *options,
						       struct error *error);

/* The `ask` of struct net: on the loop's thread, and the one callback may come before this returns (a name that no
 * packet holds, a fault of ours, after net_cares_stop). */
void net_cares_ask(struct net_cares *net, struct net_query *query);

/* The same, as one try at one server, whatever its state; for probes and the checks before a scan. */
void net_cares_ask_server(struct net_cares *net, struct net_query *query, unsigned server, bool tcp);

/* Its servers' state; probe_name, probe_type and probe_random may be set before the first question. */
struct server_health *net_cares_health(struct net_cares *net);

void net_cares_counts(const struct net_cares *net, struct net_cares_counts *counts);

/* Octets the kernel grants a UDP socket for waiting answers; 0 before the first socket. */
size_t net_cares_receive_buffer(const struct net_cares *net);

/* End every question with NET_FAULT_SHUTDOWN; later ones end the same way at once. */
void net_cares_stop(struct net_cares *net);

/* Stop, and close what the loop holds: run it until it has nothing of this, then net_cares_free. */
void net_cares_close(struct net_cares *net);
void net_cares_free(struct net_cares *net);

/* Of c-ares, as it runs. */
const char *net_cares_library_version(void);

#endif
