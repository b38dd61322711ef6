/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/dns/direct_own.h - what the files of the direct engine share: direct_engine.c (a question's way, time, life),
 * direct_peers.c (whom we ask at the moment), direct_sockets.c (opening, renewing, ids), direct_send.c and
 * direct_receive.c.
 *
 * Where a try is: waiting (in its peer's `waiting`), ready (in its peer's `open` and its family's `ready`: no id yet),
 * sent (in `open`, the engine's `due` and a socket's table).
 */
#ifndef STSURVEY_SCANNER_DNS_DIRECT_OWN_H
#define STSURVEY_SCANNER_DNS_DIRECT_OWN_H

#include <netinet/in.h>

#include "parsers/hash.h"
#include "scanner/dns/direct_engine.h"
#include "scanner/dns/udp_batch.h"
#include "scanner/job/net.h"

enum {
	DIRECT_IDS = 65536,
	DIRECT_FAMILIES = 2,
	DIRECT_PEER_HEADS = 1 << 14, /* lists of peers by hash; a large window asks so many at once */
	DIRECT_TICK_MS = 25,         /* so late a time-out may be noticed */
	/* Of a family's sockets so many take no new questions because they are to be renewed; the others do. Drained in
	 * two seconds each, all of them still have their turn within DIRECT_RENEW_MS. */
	DIRECT_DRAINING_MAX = 4,
	/* After a guess an address is asked nothing for so long: while somebody guesses there is nothing to be hit. */
	DIRECT_ALARM_MS = 1000,
	/* A family without a route or a socket is tried again after so long, and an answer so old shows that there is
	 * one, whatever the kernel says of a single address. */
	DIRECT_ROUTE_MS = 5000,
	DIRECT_RANDOM_OCTETS = 256,       /* from one getrandom(2), which gives so many at once or none */
	DIRECT_OPEN_MAX = DIRECT_IDS / 2, /* questions on one socket, so that an id is soon found */
	DIRECT_ID_DRAWS = 4,              /* for an id that was not used lately; then any that is free will do */
};

union direct_sockaddr {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

TAILQ_HEAD(direct_tries, direct_try);

/* An address with questions, or one where guesses came from. */
struct direct_peer {
	LIST_ENTRY(direct_peer) same_head;
	TAILQ_ENTRY(direct_peer) alarmed_beside;
	struct direct_tries open, waiting;
	uint64_t hash; /* under a seed of the engine's */
	union direct_sockaddr at;
	uint32_t alarm_ms; /* the last guess */
	uint8_t open_count;
	bool alarmed; /* is in the engine's list of these */
	bool held;    /* is not to be freed just now */
};

/* What an id of a socket is or was used for, in eight octets: 0 where it never was; the try that is open; or, the last
 * bit set, of a closed one when that was and whom it had asked. */
union direct_use {
	struct direct_try *try;
	uint64_t bits;
};
_Static_assert(sizeof(union direct_use) == sizeof(uint64_t), "a pointer has more octets, or fewer");

struct direct_socket {
	uv_poll_t poll;
	struct direct_engine *engine;
	union direct_use *use; /* DIRECT_IDS of them; the family's */
	int fd;                /* -1 once closed; its memory is freed by the loop */
	unsigned open;         /* questions on it */
	uint32_t opened_ms;
	uint32_t drops, dropped_ms; /* the kernel's count when we last looked; when it had grown last */
	bool has_dropped;
	bool draining;  /* takes no new questions */
	uint8_t family; /* index */
};

struct direct_family {
	struct direct_socket *socket[DIRECT_SOCKETS];
	union direct_use *use[DIRECT_SOCKETS]; /* of the socket there, one after the other */
	struct direct_tries ready;
	unsigned ready_count;
	bool is_open;
	bool blocked; /* the kernel took no more in this turn of the loop */
	/* until `down_until_ms` every question ends so */
	bool down;
	enum direct_end down_end;
	uint32_t down_until_ms;
	uint32_t answered_ms;
	bool has_answered;
};

/* One system call's worth of datagrams. */
struct direct_batch {
	struct direct_try *try[UDP_BATCH_SIZE];
	struct mmsghdr message[UDP_BATCH_SIZE];
	struct iovec part[UDP_BATCH_SIZE];
	uint8_t octets[UDP_BATCH_SIZE][DNS_QUERY_MAX];
};

struct direct_ring {
	struct mmsghdr message[UDP_BATCH_SIZE];
	struct iovec part[UDP_BATCH_SIZE];
	union direct_sockaddr from[UDP_BATCH_SIZE];
	uint8_t octets[UDP_BATCH_SIZE][UDP_DATAGRAM_MAX];
};

struct direct_engine {
	struct direct_engine_options options;
	struct direct_engine_counts counts;
	struct direct_family family[DIRECT_FAMILIES]; /* IPv4, IPv6 */
	struct direct_tries due;                      /* sent, in order of time: all wait the same */
	LIST_HEAD(, direct_peer) peers[DIRECT_PEER_HEADS];
	TAILQ_HEAD(, direct_peer) alarmed; /* in order of the last guess */
	uint64_t seed;
	uv_timer_t timer; /* wakes the loop while something is open */
	uv_prepare_t prepare;
	uv_check_t check;
	bool ticking, flushing, stopped;
	uint32_t ticked_ms;
	unsigned random_left; /* octets */
	uint8_t random[DIRECT_RANDOM_OCTETS];
	struct direct_batch out;
	struct direct_ring in;
};

/* ---- direct_engine.c ---- */

/* A datagram that came, or nothing. */
struct direct_packet {
	const uint8_t *octets;
	size_t n;
	bool cut;
};

/* End a try that is ready or sent. Its callback may do anything but free the engine. */
void direct_end(struct direct_engine *engine, struct direct_try *try, enum direct_end end,
		const struct direct_packet *packet);

/* Count a try that ends so. */
void direct_count(struct direct_engine *engine, enum direct_end end);

/* Of the loop; wraps around. */
static inline uint32_t direct_now(const struct direct_engine *engine)
{
	return (uint32_t)uv_now(engine->options.loop);
}

/* The same, but for the loop's being as late as a long callback has taken: when something was sent, or seen to be lost.
 */
static inline uint32_t direct_clock(void)
{
	return (uint32_t)(uv_hrtime() / 1000000);
}

/* Is @ms, a time of this kind, at or after @then? */
static inline bool direct_is_at(uint32_t ms, uint32_t then)
{
	return (int32_t)(ms - then) >= 0;
}

/* ---- direct_peers.c ---- */

/* Whom a try asks: as it is, or new. NULL: nobody, and *end says why; try->fault, too. */
struct direct_peer *direct_peers_of(struct direct_engine *engine, struct direct_try *try, enum direct_end *end);

/* Who is asked at @address; NULL: nobody. */
struct direct_peer *direct_peers_find(struct direct_engine *engine, const union direct_sockaddr *address);

/* Free it unless it is still needed. */
void direct_peers_release(struct direct_peer *peer);

/* What a peer's address and port are compared by. */
bool direct_peers_is_at(const struct direct_peer *peer, const union direct_sockaddr *address);

uint64_t direct_peers_hash(const struct direct_engine *engine, const union direct_sockaddr *address);

/* Somebody guesses at @peer's questions: end them all, those that wait as well. */
void direct_peers_alarm(struct direct_engine *engine, struct direct_peer *peer);

/* Forget alarms that are over. */
void direct_peers_tick(struct direct_engine *engine, uint32_t now_ms);
void direct_peers_forget_alarms(struct direct_engine *engine);

/* ---- direct_sockets.c ---- */

/* Octets that nobody foresees. */
void direct_sockets_random(struct direct_engine *engine, void *out, unsigned n);

/* Open a family's sockets. 0, or errno; then none is open. */
int direct_sockets_open(struct direct_engine *engine, unsigned family);
void direct_sockets_close(struct direct_engine *engine);

/* Wake the loop once it takes more. */
void direct_sockets_await_room(struct direct_socket *socket);

/* One at random of those that take questions, and its number; NULL: none has ids to spare. Which id of it: the one
 * that was drawn, or another where that is in use or was lately. */
struct direct_socket *direct_sockets_draw(struct direct_engine *engine, unsigned family, uint8_t *number);
uint16_t direct_sockets_free_id(struct direct_engine *engine, const struct direct_socket *socket, uint16_t drawn,
				uint32_t now_ms);

/* What becomes of the id of a question to @hash that ended. */
union direct_use direct_sockets_closed(uint64_t hash, uint32_t now_ms);

/* Is @use that of a question to @hash that ended lately? Of any, where there is none open. */
bool direct_sockets_closed_lately(union direct_use use, uint32_t now_ms);
bool direct_sockets_closed_to(union direct_use use, uint64_t hash, uint32_t now_ms);

/* Is it an open question's? */
static inline bool direct_use_is_open(union direct_use use)
{
	return use.bits != 0 && (use.bits & 1) == 0;
}

/* Ask the kernel what it dropped. */
void direct_sockets_count_drops(struct direct_engine *engine);

/* Renew what is old and drained, and begin to drain what is old. */
void direct_sockets_renew(struct direct_engine *engine, uint32_t now_ms);

/* ---- direct_send.c ---- */

/* Send what is ready: all, or whole batches alone. */
void direct_send(struct direct_engine *engine, bool all);

/* The kernel may take more. */
void direct_send_unblock(struct direct_engine *engine);

void direct_send_init(struct direct_batch *batch);

/* Until it is tried again, every question of the family ends so. */
void direct_send_down(struct direct_engine *engine, struct direct_family *family, enum direct_end end);
bool direct_send_is_down(const struct direct_engine *engine, const struct direct_family *family);

/* ---- direct_receive.c ---- */

void direct_receive_init(struct direct_ring *ring);

/* Take what has come. */
void direct_receive(struct direct_socket *socket);

#endif
