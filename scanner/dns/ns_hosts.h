/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/dns/ns_hosts.h - addresses of name servers' hosts, known for as long as their TTL says, for all threads.
 *
 * A pair of name servers that one domain alone has costs more questions than it saves, so a host is looked up when it
 * is seen for the second time: a Bloom filter remembers the first. Bounded: NS_HOSTS_MAX hosts, second chance
 * (scanner/base/bounded_table.h); a host that is not found is known as such for NS_HOSTS_NONE_S. At most
 * NS_HOSTS_LOOK_UPS look-ups a second begin for the hosts of one registrable domain, or a zone file that names a
 * million hosts below a victim's domain would make us ask for them all (NXNSAttack). The caller looks up. No clock
 * inside. Any thread.
 */
#ifndef STSURVEY_SCANNER_DNS_NS_HOSTS_H
#define STSURVEY_SCANNER_DNS_NS_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parsers/observation.h"
#include "parsers/span.h"

enum {
	NS_HOSTS_MAX = 1 << 18,         /* 16 MiB with their names' hashes; names are not kept */
	NS_HOSTS_SEEN_OCTETS = 4 << 20, /* of the Bloom filter, … */
	NS_HOSTS_SEEN_MOST = 4 << 20, /* … and names in it: of the last, one in 40 is taken for another, and so looked
				       * up at once; then it is emptied */
	NS_HOSTS_ADDRESSES_MAX = 4,   /* of one host that are kept: two of each family */
	NS_HOSTS_LOOK_UPS = 10,       /* a second, below one registrable domain */
	NS_HOSTS_TTL_LEAST_S = 60,    /* kept for so long at least: a survey asks thousands of domains meanwhile */
	NS_HOSTS_TTL_MOST_S = 86400,
	NS_HOSTS_NONE_S = 300,   /* NXDOMAIN, NODATA or failure */
	NS_HOSTS_LOOKING_S = 60, /* a look-up that is not heard of any more is begun again */
	NS_HOSTS_AGAIN_MS = 50,  /* whether one has come to its end is worth asking so often */
};

enum ns_host_state {
	NS_HOST_UNSEEN, /* for the first time; it is seen now. Or there is no memory for another */
	NS_HOST_WANTED, /* the caller shall look it up now, and tell ns_hosts_learn: others are told COMING meanwhile */
	NS_HOST_COMING, /* it is being looked up, or below the limit's turn: ask again in *wait_us */
	NS_HOST_KNOWN,
	NS_HOST_NONE, /* it has no address, or can't have one: the root, and what is longer than a name */
};

struct ns_addresses {
	unsigned count;
	struct obs_address address[NS_HOSTS_ADDRESSES_MAX];
};

struct ns_hosts;

/* NULL: no memory. */
struct ns_hosts *ns_hosts_new(void);
void ns_hosts_free(struct ns_hosts *hosts);

/* @name: lower case, no trailing dot. @again: of a domain that asked before, and was told COMING: a host forgotten
 * since is not UNSEEN. *addresses: of KNOWN; *wait_us: of COMING. */
enum ns_host_state ns_hosts_find(struct ns_hosts *hosts, struct span name, bool again, uint64_t now_us,
				 struct ns_addresses *addresses, uint64_t *wait_us);

/* What is known of it: KNOWN, NONE, COMING, or UNSEEN where nothing is. This is no sighting, and asks for no look-up.
 */
enum ns_host_state ns_hosts_known(struct ns_hosts *hosts, struct span name, uint64_t now_us,
				  struct ns_addresses *addresses);

/* What a look-up came to; @count 0: no address. Addresses beyond NS_HOSTS_ADDRESSES_MAX are passed over. */
void ns_hosts_learn(struct ns_hosts *hosts, struct span name, const struct obs_address *address, size_t count,
		    uint32_t ttl_s, uint64_t now_us);

struct ns_hosts_counts {
	uint64_t hosts;    /* known now, found or not */
	uint64_t seen;     /* names met with for the first time */
	uint64_t look_ups; /* begun, … */
	uint64_t found;    /* … and with an address */
	uint64_t evicted;
};
void ns_hosts_counts(struct ns_hosts *hosts, struct ns_hosts_counts *counts);

#endif
