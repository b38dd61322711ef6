/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "scanner/dns/net_direct_own.h"

/* The addresses of one name server's host: A, and AAAA where there is a route. */
struct look_up {
	struct net_direct *direct;
	LIST_ENTRY(look_up) next;
	struct net_query query[2];
	unsigned open;
	bool stopped; /* by a fault of ours: nothing is learnt, and it is begun again later */
	uint32_t ttl_s;
	size_t count;
	struct obs_address address[NS_HOSTS_ADDRESSES_MAX];
	size_t name_n;
	char name[];
};

static void end(struct look_up *look_up)
{
	struct net_direct *direct = look_up->direct;

	if (!look_up->stopped)
		ns_hosts_learn(direct->options.hosts, (struct span){ look_up->name, look_up->name_n }, look_up->address,
			       look_up->count, look_up->ttl_s, direct_now_us(direct));
	LIST_REMOVE(look_up, next);
	free(look_up);
}

static void on_addresses(struct net_query *query, const struct dns_answer *answer)
{
	struct look_up *look_up = query->arg;
	uint8_t family = query->type == DNS_TYPE_A ? 4 : 6;
	size_t most = NS_HOSTS_ADDRESSES_MAX / 2; /* so that each family has its part */

	look_up->stopped |= query->fault != NET_OK;
	for (size_t i = 0; answer && query->status == DNS_NOERROR && i < answer->count && i < most; i++) {
		struct obs_address *address = &look_up->address[look_up->count++];

		address->family = family;
		memcpy(address->octet, answer->packet + answer->rdata[i].at, family == 4 ? 4 : 16);
		if (i == 0 && (look_up->ttl_s == 0 || answer->ttl < look_up->ttl_s))
			look_up->ttl_s = answer->ttl;
	}
	if (--look_up->open == 0)
		end(look_up);
}

void direct_look_up(struct net_direct *direct, struct span name)
{
	const struct domain_set *blocked = direct->options.domain_blocklist;
	bool is_blocked = blocked && domain_set_has(blocked, name);
	struct look_up *look_up = direct->stopping || is_blocked ? NULL : calloc(1, sizeof(*look_up) + name.n);
	struct net *resolver = direct->options.resolver;
	static const uint16_t type[] = { DNS_TYPE_A, DNS_TYPE_AAAA };
	unsigned first = direct->options.reach->no_ipv4 ? 1 : 0, last = direct->options.reach->no_ipv6 ? 0 : 1;

	if (is_blocked) /* who wants no question gets none, nor do his name servers */
		ns_hosts_learn(direct->options.hosts, name, NULL, 0, 0, direct_now_us(direct));
	if (!look_up)
		return; /* whoever waits for it asks again in NS_HOSTS_LOOKING_S */
	look_up->direct = direct;
	look_up->name_n = name.n;
	memcpy(look_up->name, name.p, name.n);
	LIST_INSERT_HEAD(&direct->look_ups, look_up, next);
	direct->counts.host_look_ups++;
	look_up->open = first <= last ? last - first + 1 : 1;
	for (unsigned i = first; i <= last; i++) {
		struct net_query *query = &look_up->query[i];

		*query = (struct net_query){ .on_answer = on_addresses, .arg = look_up, .type = type[i] };
		net_query_about(query, (struct span){ look_up->name, look_up->name_n });
	}
	/* the last answer frees it, perhaps before ask returns */
	for (unsigned i = first; i <= last; i++)
		resolver->ask(resolver, &look_up->query[i]);
	if (first > last) /* no route at all */
		end(look_up);
}
