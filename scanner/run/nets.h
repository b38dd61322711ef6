/* scanner/run/nets.h - the world as jobs see it: name servers, the answers domains share, and policy hosts, set up from
 * the options. A loop has one struct nets; what is one for all loops of the program is in struct nets_shared.
 */
#ifndef STSURVEY_SCANNER_RUN_NETS_H
#define STSURVEY_SCANNER_RUN_NETS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "scanner/dns/answer_cache.h"
#include "scanner/rules/fetch_pace.h"
#include "scanner/rules/host_limit.h"
#include "scanner/job/net.h"
#include "scanner/dns/net_cares.h"
#include "scanner/https/net_curl.h"
#include "scanner/options/options.h"
#include "scanner/dns/preflight.h"
#include "scanner/https/tls.h"

struct nets_shared {
	const struct options *options;
	const struct server_check *check; /* one a name server, filled before the first nets_open */
	unsigned loops;                   /* that share rates and windows */
	_Atomic double rate;              /* packets a second of one loop, 0: no limit; may change while running */
	struct host_limit *hosts;
	struct fetch_pace *pace;
	struct tls_store *store;
	char user_agent[256];
};

/* 0, or -1 with one line in @error; to be freed either way. @options and @check outlive it. */
__attribute__((warn_unused_result)) int nets_shared_open(struct nets_shared *shared, const struct options *options,
							 const struct server_check *check, unsigned loops,
							 struct error *error);

/* After every nets of it was freed. All zero is nothing to free. */
void nets_shared_free(struct nets_shared *shared);

/* All zero before nets_open. */
struct nets {
	struct net net; /* first: what a job calls back with */
	uv_loop_t *loop;
	struct net_cares *dns;
	struct answer_cache *cache;
	struct net_curl *web; /* NULL once closed */
	uint64_t fetches;     /* begun */
};

/* 0, or -1 with one line in @error; to be closed and freed either way. @nets stays where it is. */
__attribute__((warn_unused_result)) int nets_open(struct nets *nets, uv_loop_t *loop, struct nets_shared *shared,
						  struct error *error);

/* End every question and fetch with NET_FAULT_SHUTDOWN, and those still to come. */
void nets_stop(struct nets *nets);

/* Stop, and close handles: run the loop until it has none, then nets_free. */
void nets_close(struct nets *nets);
void nets_free(struct nets *nets);

#endif
