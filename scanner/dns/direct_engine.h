/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/dns/direct_engine.h - questions over UDP to any number of authoritative servers: the sockets of --direct.
 *
 * One try of one question at one address; what is asked, when and how often is the owner's. DIRECT_SOCKETS unconnected
 * sockets of each family, one drawn at random for a batch of sendmmsg, an id drawn for each question, a socket closed
 * and opened again each DIRECT_RENEW_MS: who does not see our packets has 20 bits to guess (RFC 5452). Whoever we ask
 * knows the ports, so the first datagram from an address we ask that fits no question, neither open nor closed within
 * DIRECT_CLOSED_MS, ends all questions to that address with DIRECT_SPOOFED, and so do new ones until nobody has guessed
 * for a second: each question bears one guess. Late and doubled answers fit.
 *
 * No SO_REUSEPORT (answers reach another socket), no IP_RECVERR (an error pending stops each batch), no 0x20 (some say
 * NXDOMAIN to it), no cookies. At most DIRECT_AT_ONCE questions are open at one address, more wait in order. What the
 * kernel dropped (the number of SO_RXQ_OVFL) is counted: a question that ends without an answer while its socket lost
 * some ends with DIRECT_LOST, which says nothing of the server.
 *
 * The point of sending is the last gate: port @port alone, and no address that contact_check does not allow, nor
 * multicast or broadcast. One for each worker, on its loop's thread.
 */
#ifndef STSURVEY_SCANNER_DNS_DIRECT_ENGINE_H
#define STSURVEY_SCANNER_DNS_DIRECT_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uv.h>

#include "output/error.h"
#include "parsers/direct_answer.h"
#include "scanner/rules/address.h"
#include "scanner/rules/cidr_set.h"

enum {
	DIRECT_SOCKETS = 16,
	DIRECT_AT_ONCE = 50,     /* open questions at one address; yodns's limit, of one thread here */
	DIRECT_RENEW_MS = 10000, /* a socket is closed and opened again, once nothing is open on it */
	DIRECT_CLOSED_MS = 5000, /* an answer so late, or doubled, is no guess */
};

enum direct_end {
	/* a response from the address, port and socket, with the id and question that were sent; or with the id and no
	 * question at all, where its code is a failure */
	DIRECT_ANSWERED,
	DIRECT_TIMED_OUT,
	DIRECT_LOST,      /* no answer, and our socket dropped datagrams meanwhile */
	DIRECT_SPOOFED,   /* somebody guesses at what this address is asked; perhaps nothing was sent */
	DIRECT_FORBIDDEN, /* nothing was sent: the address may not be contacted */
	DIRECT_UNSENT,    /* nor here: this machine has no way to it, or forbids it; or its name is too long for one */
	DIRECT_FAULT,     /* nor here: try.fault, enum net_fault */
};

struct direct_try {
	/* the asker's; name lives until the callback */
	struct obs_address address;
	uint16_t type; /* enum dns_type */
	struct span name;
	/* Exactly once, perhaps before direct_engine_ask returns. @packet: of DIRECT_ANSWERED alone, during the
	 * callback; @cut: it had more octets than @n. */
	void (*on_end)(struct direct_try *try, enum direct_end end, const uint8_t *packet, size_t n, bool cut);
	void *arg;

	/* the answer */
	int8_t fault;     /* enum net_fault */
	bool was_sent;    /* a packet left for it */
	uint32_t sent_ms; /* when, of the loop; wraps around */

	/* the engine's */
	struct {
		TAILQ_ENTRY(direct_try) beside; /* of its server: open ones, or waiting ones */
		TAILQ_ENTRY(direct_try) due;
		struct direct_peer *peer;
		uint32_t due_ms;
		uint16_t id;
		uint8_t socket;
	} own;
};

struct direct_engine_options {
	uv_loop_t *loop;
	uint16_t port;                            /* 53; another in labs alone */
	uint32_t timeout_ms;                      /* from the packet to DIRECT_TIMED_OUT */
	const struct cidr_set *allow, *blocklist; /* as contact_check has them */
};

struct direct_engine_counts {
	uint64_t packets; /* sent */
	uint64_t answers; /* of DIRECT_ANSWERED */
	uint64_t timeouts;
	uint64_t late;    /* datagrams that fitted a closed question */
	uint64_t strange; /* from addresses not asked, or no DNS: passed over */
	uint64_t guesses; /* that fitted none: alarms */
	uint64_t spoofed; /* questions ended by an alarm */
	uint64_t dropped; /* by the kernel, our receive buffers being full */
};

struct direct_engine;

/* 0, or a fault with one line in @error; the loop has something to close then. A family this machine cannot open a
 * socket for is done without. */
__attribute__((warn_unused_result)) int
direct_engine_open(struct direct_engine **engine, const struct direct_engine_options *options, struct error *error);

void direct_engine_ask(struct direct_engine *engine, struct direct_try *try);

void direct_engine_counts(const struct direct_engine *engine, struct direct_engine_counts *counts);

/* End every try with DIRECT_FAULT and NET_FAULT_SHUTDOWN; later ones end the same way at once. */
void direct_engine_stop(struct direct_engine *engine);

/* Stop, and close what the loop holds: run it until it has nothing of this, then direct_engine_free. */
void direct_engine_close(struct direct_engine *engine);
void direct_engine_free(struct direct_engine *engine);

#endif
