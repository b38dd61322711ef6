/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scanner/smtp/smtp_peer.h - SMTP servers for tests: each connection is served by a script, so that any
 * misconduct is a line of a table. They stand on tls_peer.h: one listener, a thread for each connection.
 */
#ifndef STSURVEY_TESTS_SCANNER_SMTP_SMTP_PEER_H
#define STSURVEY_TESTS_SCANNER_SMTP_SMTP_PEER_H

#include "tests/scanner/tls/tls_peer.h"

enum { SMTP_PEER_HEARD = 1024 };

/* What a connection is served with, step by step; the first octet says what is done:
 *
 *     >TEXT  say it          <TEXT  hear a line, which begins so        ~     pause, so that two texts are two segments
 *     H      hear what is no line: a ClientHello                       0     say NUL
 *     T      shake hands for TLS; what follows is said and heard in it  A     send a fatal alert, protocol_version
 *     C      the same, but want a certificate of the client's
 *     .      hang up         R      reset                               W     hear no more, and wait to be left
 *     D      say an octet of a line each 10 ms, until left              F     say one line without end
 *     L150   say so many lines "250-x"                                  !     wait for the test: smtp_peer_go
 *
 * Behind the last step it hears what comes until it is left. */
typedef const char *const smtp_script[16];

struct smtp_peer {
	struct tls_peer tls; /* first: smtp_peer.c finds the rest by it */
	/* the caller's; zero at first */
	const char *const *script[2]; /* of the first connection, and of all others (NULL: the same) */
	X509 *chain[4];
	EVP_PKEY *key;
	int version; /* of TLS, the only one; 0: 1.2 and 1.3 */
	/* the peer's */
	SSL_CTX *ctx;
	atomic_uint served;          /* connections */
	atomic_uint arrived, passed; /* connections that have come to a "!", and that may go on */
	char heard[SMTP_PEER_HEARD]; /* each line of each connection, with | behind; T:name| for a handshake, bye| for
					its end */
};

void smtp_peer_start(struct smtp_peer *peer, const char *address, uint16_t port);
void smtp_peer_stop(struct smtp_peer *peer);

/* Let one connection that has come to its "!" go on. */
void smtp_peer_go(struct smtp_peer *peer);

/* Whole once the peer has stopped. */
const char *smtp_peer_heard(struct smtp_peer *peer);

#endif
