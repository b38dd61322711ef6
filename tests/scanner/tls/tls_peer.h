/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scanner/tls/tls_peer.h - servers for tests: one listener on 127.0.0.1, a thread for each connection, any
 * misconduct.
 */
#ifndef STSURVEY_TESTS_SCANNER_TLS_TLS_PEER_H
#define STSURVEY_TESTS_SCANNER_TLS_TLS_PEER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

struct tls_peer;

struct tls_peer_plan {
	/* before TLS: NULL, or what to do with the bare connection instead of TLS */
	void (*bare)(struct tls_peer *peer, int fd);
	/* TLS */
	X509 *chain[4];             /* leaf first */
	EVP_PKEY *key;              /* of the leaf */
	int max_version;            /* 0: the newest */
	void (*tune)(SSL_CTX *ctx); /* NULL, or what else is to be set */
	/* once the request has come: NULL, or what to do instead of sending `answer` */
	void (*play)(struct tls_peer *peer, SSL *ssl);
	const char *answer;
	bool abrupt; /* close without close_notify */
};

struct tls_peer {
	struct tls_peer_plan plan;
	uint16_t port;
	atomic_uint accepted; /* connections so far */
	atomic_uint open;     /* connections at this moment */

	pthread_mutex_t lock;
	char request[2048]; /* the last one, under lock */
	int listener;
	SSL_CTX *ctx;
	pthread_t thread;
	atomic_bool stopping;
};

/* Start on @address (NULL: 127.0.0.1) and @port (0: the kernel chooses). */
void tls_peer_start(struct tls_peer *peer, const struct tls_peer_plan *plan, const char *address, uint16_t port);

/* Stop; returns when all its threads have ended. */
void tls_peer_stop(struct tls_peer *peer);

/* The last request it got, to be read when no other is under way. */
const char *tls_peer_request(struct tls_peer *peer);

/* Wait until the other side closes, at most 10 s or until the peer is stopped. */
void tls_peer_wait(struct tls_peer *peer, int fd);

/* End the connection with RST instead of FIN. */
void tls_peer_reset(int fd);

#endif
