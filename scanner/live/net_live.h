/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/live/net_live.h - the network that jobs ask: name servers, the answers domains share, policy hosts and, with
 * --smtp, MX hosts, set up from the options. A loop has one struct net_live; what all loops of the program have
 * together is in struct net_live_shared.
 */
#ifndef STSURVEY_SCANNER_LIVE_NET_LIVE_H
#define STSURVEY_SCANNER_LIVE_NET_LIVE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "scanner/dns/answer_cache.h"
#include "scanner/rules/fetch_pace.h"
#include "scanner/rules/host_limit.h"
#include "scanner/job/job.h"
#include "scanner/dns/net_cares.h"
#include "scanner/dns/net_direct.h"
#include "scanner/https/net_curl.h"
#include "scanner/smtp/net_smtp.h"
#include "scanner/options/options.h"
#include "scanner/dns/preflight.h"
#include "scanner/tls/tls.h"

struct net_live_shared {
	const struct options *options;
	const struct server_check *check; /* one a name server, filled before the first net_live_open */
	unsigned loops;                   /* that share rates and windows */
	uint64_t earned_us;               /* what was asked before has been, by the rates, at that time (libuv's) */
	_Atomic double rate;              /* packets a second of one loop, 0: no limit; may change while running */
	struct host_limit *hosts;
	struct fetch_pace *pace;
	struct tls_store *store;
	char user_agent[256];
	/* MX hosts; port 25 is another service, so places and pace of its own. NULL: none are probed */
	struct host_limit *mail_hosts;
	struct fetch_pace *mail_pace;
	/* each domain's own name servers (--direct); books NULL: they are not asked */
	struct server_books *books;
	struct ns_hosts *ns_hosts;
	struct direct_reach reach;
	struct direct_audit audit;            /* its key is the caller's, before net_live_open, as is what follows */
	unsigned probes_at_once, probes_slow; /* of one loop: its window, and such as wait beside it */
	char ehlo[SMTP_EHLO_NAME_MAX + 1];    /* the name we greet with */
};

/* 0, or -1 with one line in @error; to be freed either way. @options and @check outlive it. */
__attribute__((warn_unused_result)) int net_live_shared_open(struct net_live_shared *shared,
							     const struct options *options,
							     const struct server_check *check, unsigned loops,
							     struct error *error);

/* After every net_live that uses it was freed. All zero is nothing to free. */
void net_live_shared_free(struct net_live_shared *shared);

/* All zero before net_live_open. */
struct net_live {
	struct net net; /* first: what a job calls back with */
	uv_loop_t *loop;
	struct net_cares *dns;
	struct net_direct *direct; /* NULL: without --direct */
	struct answer_cache *cache;
	struct net_curl *web;         /* NULL once closed */
	struct net_smtp *mail;        /* likewise, and where none are probed */
	struct host_limit *own_hosts; /* of canaries; NULL: places are shared */
	uint64_t fetches;             /* begun */
	uint64_t probes;              /* likewise */
};

/* 0, or -1 with one line in @error; to be closed and freed either way. @live stays where it is. */
__attribute__((warn_unused_result)) int net_live_open(struct net_live *live, uv_loop_t *loop,
						      struct net_live_shared *shared, struct error *error);

/* Likewise, but name servers and MX hosts alone, for canaries: each probe takes @timeout_s at the most, and places and
 * pace are not shared with the others, so that none waits. */
__attribute__((warn_unused_result)) int net_live_open_canary(struct net_live *live, uv_loop_t *loop,
							     struct net_live_shared *shared, double timeout_s,
							     struct error *error);

/* Connections to MX hosts now. */
unsigned net_live_probing(const struct net_live *live);

/* Does the AD bit of the name servers' answers count? Once they were checked; the same is asked all along. */
bool net_live_believes_ad(const struct net_live_shared *shared);

/* Where it does not, warn that DANE is not looked at, with the name server that is to blame and what to do. */
void net_live_warn_of_ad(const struct net_live_shared *shared);

/* For jobs that ask @live, one of @shared. */
struct job_context net_live_context(struct net_live *live, const struct net_live_shared *shared,
				    void (*done)(struct job *job), void *arg);

/* End every question and fetch with NET_FAULT_SHUTDOWN, and those still to come. */
void net_live_stop(struct net_live *live);

/* Stop, and close handles: run the loop until it has none, then net_live_free. */
void net_live_close(struct net_live *live);
void net_live_free(struct net_live *live);

#endif
