/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scanner/dns/ns_hosts_rig.h - what the tests of ns_hosts.h share. */
#ifndef STSURVEY_TESTS_SCANNER_DNS_NS_HOSTS_RIG_H
#define STSURVEY_TESTS_SCANNER_DNS_NS_HOSTS_RIG_H

#include <stdio.h>

#include "scanner/dns/ns_hosts.h"
#include "scanner/rules/address.h"

enum { SECOND = 1000000, START = 5 * SECOND, NAME_MAX_OCTETS = 64 };

static struct ns_hosts *hosts;
static struct ns_addresses found;
static uint64_t wait_us;

static inline int begin(void **state)
{
	(void)state;
	hosts = ns_hosts_new();
	return hosts ? 0 : -1;
}

static inline int end(void **state)
{
	(void)state;
	ns_hosts_free(hosts);
	return 0;
}

static inline enum ns_host_state find(const char *name, uint64_t now_us)
{
	return ns_hosts_find(hosts, span_of(name), false, now_us, &found, &wait_us);
}

static inline void learn(const char *name, const char *address, uint32_t ttl_s, uint64_t now_us)
{
	struct obs_address known;

	assert_true(address_parse(span_of(address), &known));
	ns_hosts_learn(hosts, span_of(name), &known, 1, ttl_s, now_us);
}

static inline const char *numbered(char name[static NAME_MAX_OCTETS], unsigned i, const char *zone)
{
	snprintf(name, NAME_MAX_OCTETS, "ns%u.%s", i, zone);
	return name;
}

static inline struct ns_hosts_counts counts(void)
{
	struct ns_hosts_counts now;

	ns_hosts_counts(hosts, &now);
	return now;
}

#endif
