/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/dns/ns_hosts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "output/hash_table.h"
#include "parsers/domain.h"
#include "parsers/siphash.h"
#include "scanner/base/bounded_table.h"
#include "scanner/rules/operator.h"
#include "scanner/rules/pace.h"
#include "scanner/rules/pace_book.h"

enum {
	SECOND_US = 1000000,
	EACH_FAMILY = NS_HOSTS_ADDRESSES_MAX / 2,
	SEEN_BITS = 4,        /* of a name, in the Bloom filter */
	PACES_MOST = 1 << 14, /* registrable domains; each has earned its look-up again after a tenth of a second */
	WORD_BITS = 64,
};

/* The parts of a 64-bit hash from which a name's bits are made (Kirsch, Mitzenmacher 2006: two hashes do). */
#define SEEN_MASK (UINT64_C(8) * NS_HOSTS_SEEN_OCTETS - 1)

struct host {
	struct bounded_entry known;
	uint32_t until_s; /* what is known of it, or that it is looked up */
	uint8_t state;    /* enum ns_host_state: KNOWN, NONE or COMING */
	uint8_t count4, count6;
	uint8_t address4[EACH_FAMILY][4];
	uint8_t address6[EACH_FAMILY][16];
};

struct ns_hosts {
	pthread_mutex_t lock;
	uint8_t key[SIPHASH_KEY_OCTETS];
	struct bounded_table hosts;
	struct pace_book look_ups; /* of registrable domains */
	uint64_t *seen;            /* the Bloom filter; memory that is not touched costs nothing */
	uint64_t seen_names;       /* in it */
	struct ns_hosts_counts counts;
};

static bool may_be_forgotten(const void *entry, uint64_t now_us)
{
	const struct host *host = entry;

	return host->state != NS_HOST_COMING || host->until_s <= now_us / SECOND_US;
}

struct ns_hosts *ns_hosts_new(void)
{
	struct ns_hosts *hosts = calloc(1, sizeof(*hosts));

	if (!hosts)
		return NULL;
	pthread_mutex_init(&hosts->lock, NULL); /* cannot fail */
	hash_table_key(hosts->key);
	hosts->hosts =
		(struct bounded_table){ .size = sizeof(struct host), .most = NS_HOSTS_MAX, .may_go = may_be_forgotten };
	pace_book_init(&hosts->look_ups, PACES_MOST);
	hosts->seen = calloc(1, NS_HOSTS_SEEN_OCTETS);
	if (hosts->seen)
		return hosts;
	ns_hosts_free(hosts);
	return NULL;
}

void ns_hosts_free(struct ns_hosts *hosts)
{
	if (!hosts)
		return;
	bounded_table_fini(&hosts->hosts);
	pace_book_fini(&hosts->look_ups);
	pthread_mutex_destroy(&hosts->lock);
	free(hosts->seen);
	free(hosts);
}

/* Was a name of @hash seen before? It is now. */
static bool see(struct ns_hosts *hosts, uint64_t hash)
{
	uint64_t step = hash >> 32 | 1;
	bool was_seen = true;

	if (hosts->seen_names >= NS_HOSTS_SEEN_MOST) {
		memset(hosts->seen, 0, NS_HOSTS_SEEN_OCTETS);
		hosts->seen_names = 0;
	}
	for (unsigned i = 0; i < SEEN_BITS; i++) {
		uint64_t bit = (hash + i * step) & SEEN_MASK;
		uint64_t *word = &hosts->seen[bit / WORD_BITS];

		was_seen &= *word >> bit % WORD_BITS & 1;
		*word |= UINT64_C(1) << bit % WORD_BITS;
	}
	hosts->seen_names += !was_seen;
	hosts->counts.seen += !was_seen;
	return was_seen;
}

/* Microseconds until a look-up of @name may begin; 0: it is taken. */
static uint64_t look_up_wait(struct ns_hosts *hosts, struct span name, uint64_t now_us)
{
	uint64_t hash = siphash(hosts->key, operator_of_host(name));
	double *due_us = pace_book_due(&hosts->look_ups, hash, now_us);
	struct pace pace = { .rate = NS_HOSTS_LOOK_UPS, .due_us = *due_us };
	uint64_t wait_us = pace_wait(&pace, now_us);

	if (wait_us == 0) {
		pace_reserve(&pace, now_us);
		*due_us = pace.due_us;
	}
	return wait_us;
}

static enum ns_host_state look_up(struct ns_hosts *hosts, struct host *host, struct span name, uint64_t hash,
				  uint64_t now_us, uint64_t *wait_us)
{
	*wait_us = look_up_wait(hosts, name, now_us);
	if (*wait_us > 0)
		return NS_HOST_COMING;
	if (!host)
		host = bounded_table_add(&hosts->hosts, hash, now_us);
	if (!host)
		return NS_HOST_UNSEEN;
	host->state = NS_HOST_COMING;
	host->until_s = (uint32_t)(now_us / SECOND_US + NS_HOSTS_LOOKING_S);
	hosts->counts.look_ups++;
	return NS_HOST_WANTED;
}

static void put(struct ns_addresses *addresses, uint8_t family, const uint8_t *octet, size_t octets)
{
	struct obs_address *address = &addresses->address[addresses->count++];

	*address = (struct obs_address){ .family = family };
	memcpy(address->octet, octet, octets);
}

static void put_all(const struct host *host, struct ns_addresses *addresses)
{
	addresses->count = 0;
	for (unsigned i = 0; i < host->count4; i++)
		put(addresses, 4, host->address4[i], sizeof(host->address4[i]));
	for (unsigned i = 0; i < host->count6; i++)
		put(addresses, 6, host->address6[i], sizeof(host->address6[i]));
}

static bool is_known(const struct host *host, uint64_t now_us)
{
	return host && host->until_s > now_us / SECOND_US;
}

static enum ns_host_state tell(const struct host *host, struct ns_addresses *addresses)
{
	if (host->state == NS_HOST_KNOWN)
		put_all(host, addresses);
	return host->state;
}

enum ns_host_state ns_hosts_known(struct ns_hosts *hosts, struct span name, uint64_t now_us,
				  struct ns_addresses *addresses)
{
	enum ns_host_state state = NS_HOST_UNSEEN;
	const struct host *host;

	pthread_mutex_lock(&hosts->lock);
	host = bounded_table_find(&hosts->hosts, siphash(hosts->key, name));
	if (is_known(host, now_us))
		state = tell(host, addresses);
	pthread_mutex_unlock(&hosts->lock);
	return state;
}

enum ns_host_state ns_hosts_find(struct ns_hosts *hosts, struct span name, bool again, uint64_t now_us,
				 struct ns_addresses *addresses, uint64_t *wait_us)
{
	uint64_t hash = siphash(hosts->key, name);
	enum ns_host_state state;
	struct host *host;

	if (name.n == 0 || name.n > DOMAIN_NAME_MAX) /* the root, by which a zone says that it has no server; no name */
		return NS_HOST_NONE;
	pthread_mutex_lock(&hosts->lock);
	host = bounded_table_find(&hosts->hosts, hash);
	if (is_known(host, now_us)) {
		state = tell(host, addresses);
		*wait_us = NS_HOSTS_AGAIN_MS * UINT64_C(1000);
	} else if (!host && !see(hosts, hash) && !again) {
		state = NS_HOST_UNSEEN;
	} else {
		state = look_up(hosts, host, name, hash, now_us, wait_us);
	}
	pthread_mutex_unlock(&hosts->lock);
	return state;
}

static void keep(struct host *host, const struct obs_address *address)
{
	if (address->family == 4 && host->count4 < EACH_FAMILY)
		memcpy(host->address4[host->count4++], address->octet, sizeof(host->address4[0]));
	if (address->family == 6 && host->count6 < EACH_FAMILY)
		memcpy(host->address6[host->count6++], address->octet, sizeof(host->address6[0]));
}

void ns_hosts_learn(struct ns_hosts *hosts, struct span name, const struct obs_address *address, size_t count,
		    uint32_t ttl_s, uint64_t now_us)
{
	uint64_t hash = siphash(hosts->key, name);
	struct host *host;

	if (ttl_s < NS_HOSTS_TTL_LEAST_S)
		ttl_s = NS_HOSTS_TTL_LEAST_S;
	if (ttl_s > NS_HOSTS_TTL_MOST_S)
		ttl_s = NS_HOSTS_TTL_MOST_S;
	if (count == 0)
		ttl_s = NS_HOSTS_NONE_S;
	pthread_mutex_lock(&hosts->lock);
	host = bounded_table_find(&hosts->hosts, hash);
	if (!host)
		host = bounded_table_add(&hosts->hosts, hash, now_us);
	if (host) {
		host->count4 = host->count6 = 0;
		for (size_t i = 0; i < count; i++)
			keep(host, &address[i]);
		host->state = host->count4 + host->count6 > 0 ? NS_HOST_KNOWN : NS_HOST_NONE;
		host->until_s = (uint32_t)(now_us / SECOND_US + ttl_s);
	}
	hosts->counts.found += count > 0;
	pthread_mutex_unlock(&hosts->lock);
}

void ns_hosts_counts(struct ns_hosts *hosts, struct ns_hosts_counts *counts)
{
	pthread_mutex_lock(&hosts->lock);
	*counts = hosts->counts;
	counts->hosts = hosts->hosts.count;
	counts->evicted = hosts->hosts.evicted;
	pthread_mutex_unlock(&hosts->lock);
}
