/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "scanner/base/thread_alloc.h"
#include "scanner/dns/direct_own.h"
#include "scanner/rules/contact.h"

/* ---- who may be asked ---- */

/* What no list of allowed networks makes a name server's address: one packet to it is for many, or for nobody. */
static bool is_unicast(const struct obs_address *address)
{
	static const struct {
		uint8_t family, bits, prefix[16];
	} rows[] = {
		{ 4, 8, { 0 } },                   /* RFC 1122 3.2.1.3: this host; Linux sends it to itself */
		{ 4, 4, { 224 } },                 /* RFC 5771: multicast */
		{ 4, 32, { 255, 255, 255, 255 } }, /* RFC 919 7: limited broadcast */
		{ 6, 128, { 0 } },                 /* RFC 4291 2.5.2: unspecified */
		{ 6, 8, { 0xff } },                /* RFC 4291 2.7: multicast */
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (address_is_within(address, rows[i].family, rows[i].prefix, rows[i].bits))
			return false;
	return address->family == 4 || address->family == 6;
}

static bool may_be_asked(const struct direct_engine *engine, const struct obs_address *address)
{
	return is_unicast(address) &&
	       contact_check(address, engine->options.allow, engine->options.blocklist) == CONTACT_ALLOWED;
}

/* ---- the table ---- */

uint64_t direct_peers_hash(const struct direct_engine *engine, const union direct_sockaddr *address)
{
	uint64_t half[2];

	if (address->any.sa_family == AF_INET)
		return hash_mix(address->v4.sin_addr.s_addr, engine->seed);
	memcpy(half, &address->v6.sin6_addr, sizeof(half));
	return hash_mix(half[0] ^ hash_mix(half[1], engine->seed), engine->seed);
}

bool direct_peers_is_at(const struct direct_peer *peer, const union direct_sockaddr *address)
{
	if (peer->at.any.sa_family == AF_INET)
		return peer->at.v4.sin_addr.s_addr == address->v4.sin_addr.s_addr &&
		       peer->at.v4.sin_port == address->v4.sin_port;
	return memcmp(&peer->at.v6.sin6_addr, &address->v6.sin6_addr, sizeof(address->v6.sin6_addr)) == 0 &&
	       peer->at.v6.sin6_port == address->v6.sin6_port;
}

static struct direct_peer *find(struct direct_engine *engine, const union direct_sockaddr *address, uint64_t hash)
{
	struct direct_peer *peer;

	LIST_FOREACH(peer, &engine->peers[hash % DIRECT_PEER_HEADS], same_head)
	if (peer->hash == hash && peer->at.any.sa_family == address->any.sa_family && direct_peers_is_at(peer, address))
		return peer;
	return NULL;
}

struct direct_peer *direct_peers_find(struct direct_engine *engine, const union direct_sockaddr *address)
{
	return find(engine, address, direct_peers_hash(engine, address));
}

static struct direct_peer *new_peer(struct direct_engine *engine, const union direct_sockaddr *address, uint64_t hash)
{
	struct direct_peer *peer = thread_alloc_new(sizeof(*peer));

	if (!peer)
		return NULL;
	*peer = (struct direct_peer){ .hash = hash, .at = *address };
	TAILQ_INIT(&peer->open);
	TAILQ_INIT(&peer->waiting);
	LIST_INSERT_HEAD(&engine->peers[hash % DIRECT_PEER_HEADS], peer, same_head);
	return peer;
}

struct direct_peer *direct_peers_of(struct direct_engine *engine, struct direct_try *try, enum direct_end *end)
{
	struct obs_address inside;
	const struct obs_address *address = address_unmap(&try->address, &inside) ? &inside : &try->address;
	union direct_sockaddr at = { 0 };
	struct direct_peer *peer;
	uint64_t hash;

	if (address->family == 4) {
		at.v4.sin_family = AF_INET;
		at.v4.sin_port = htons(engine->options.port);
		memcpy(&at.v4.sin_addr, address->octet, 4);
	} else {
		at.v6.sin6_family = AF_INET6;
		at.v6.sin6_port = htons(engine->options.port);
		memcpy(&at.v6.sin6_addr, address->octet, 16);
	}
	hash = direct_peers_hash(engine, &at);
	peer = find(engine, &at, hash);
	if (peer)
		return peer; /* may be asked: it is, and the lists do not change */
	if (!may_be_asked(engine, address)) {
		*end = DIRECT_FORBIDDEN;
		return NULL;
	}
	peer = new_peer(engine, &at, hash);
	if (!peer) {
		*end = DIRECT_FAULT;
		try->fault = NET_FAULT_MEMORY;
	}
	return peer;
}

void direct_peers_release(struct direct_peer *peer)
{
	if (!TAILQ_EMPTY(&peer->open) || !TAILQ_EMPTY(&peer->waiting) || peer->alarmed || peer->held)
		return;
	LIST_REMOVE(peer, same_head);
	thread_alloc_free(peer);
}

/* ---- alarms ---- */

static void end_all(struct direct_engine *engine, struct direct_peer *peer)
{
	struct direct_try *try;

	peer->held = true; /* also where a callback stops everything */
	while ((try = TAILQ_FIRST(&peer->waiting))) {
		TAILQ_REMOVE(&peer->waiting, try, own.beside);
		direct_count(engine, DIRECT_SPOOFED);
		try->on_end(try, DIRECT_SPOOFED, NULL, 0, false);
	}
	while ((try = TAILQ_FIRST(&peer->open)))
		direct_end(engine, try, DIRECT_SPOOFED, NULL);
	peer->held = false;
	direct_peers_release(peer);
}

void direct_peers_alarm(struct direct_engine *engine, struct direct_peer *peer)
{
	engine->counts.guesses++;
	if (peer->alarmed)
		TAILQ_REMOVE(&engine->alarmed, peer, alarmed_beside);
	peer->alarmed = true;
	peer->alarm_ms = direct_now(engine);
	TAILQ_INSERT_TAIL(&engine->alarmed, peer, alarmed_beside);
	end_all(engine, peer);
}

static void forget(struct direct_engine *engine, struct direct_peer *peer)
{
	TAILQ_REMOVE(&engine->alarmed, peer, alarmed_beside);
	peer->alarmed = false;
	direct_peers_release(peer);
}

void direct_peers_tick(struct direct_engine *engine, uint32_t now_ms)
{
	struct direct_peer *peer;

	while ((peer = TAILQ_FIRST(&engine->alarmed)) && direct_is_at(now_ms, peer->alarm_ms + DIRECT_ALARM_MS))
		forget(engine, peer);
}

void direct_peers_forget_alarms(struct direct_engine *engine)
{
	struct direct_peer *peer;

	while ((peer = TAILQ_FIRST(&engine->alarmed)))
		forget(engine, peer);
}
