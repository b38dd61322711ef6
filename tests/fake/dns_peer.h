/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/fake/dns_peer.h - a name server on loopback, UDP and TCP, on the test's own loop: what it answers is
 * the test's.
 *
 * Every question is handed to the test, which replies as often, as late and as wrongly as it likes.
 */
#ifndef STSURVEY_TESTS_FAKE_DNS_PEER_H
#define STSURVEY_TESTS_FAKE_DNS_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "scanner/rules/address.h"
#include "tests/fake/dns_build.h"

enum { DNS_PEER_PORTS = 65536 };

struct dns_peer_connection;

struct dns_peer_question {
	uint16_t id, type;
	char name[256];
	bool edns, unchecked; /* … and with CD */
	/* where it came from */
	struct sockaddr_in from;
	struct dns_peer_connection *connection; /* NULL: UDP */
};

struct dns_peer {
	uv_loop_t *loop;
	uv_udp_t udp;
	uv_tcp_t tcp;
	bool has_tcp;
	uint16_t port;
	const char *at; /* where on loopback; NULL: 127.0.0.1 */
	void (*on_question)(struct dns_peer *peer, const struct dns_peer_question *question);
	void *arg;
	/* counted */
	unsigned questions, over_tcp, plain; /* in all; of those */
	unsigned ports;                      /* source ports seen */
	uint8_t port_seen[DNS_PEER_PORTS / 8];
	struct dns_build build; /* for the answer being made */
	uint8_t received[65536];
};

/* Listen at peer->at. Large: not for the stack. False where no port is to be had. */
bool dns_peer_open(struct dns_peer *peer, uv_loop_t *loop, bool tcp);

/* As it was before dns_peer_close, once the loop has run; or one more on another address, whose loop, port and `at` are
 * set. UDP alone. False: the port is taken. */
bool dns_peer_open_again(struct dns_peer *peer);

/* Silence, also towards the kernel: whoever asks afterwards meets a refusal. Handles close with the loop. */
void dns_peer_close(struct dns_peer *peer);
void dns_peer_server(const struct dns_peer *peer, struct endpoint *server);

/* Begin peer->build as an answer to @question, with flags (rcode, TC, …) beside QR, RD and RA. */
void dns_peer_begin(struct dns_peer *peer, const struct dns_peer_question *question, unsigned flags);

/* Send peer->build to where @question came from. */
void dns_peer_send(struct dns_peer *peer, const struct dns_peer_question *question);

/* The usual answer: one address, with an OPT record where the question had one. */
void dns_peer_answer(struct dns_peer *peer, const struct dns_peer_question *question);

/* Only the code. */
void dns_peer_refuse(struct dns_peer *peer, const struct dns_peer_question *question, unsigned rcode);

/* The usual answer, @ms later. */
void dns_peer_answer_later(struct dns_peer *peer, const struct dns_peer_question *question, unsigned ms);

/* Close the TCP connection the question came over. */
void dns_peer_hang_up(const struct dns_peer_question *question);

#endif
