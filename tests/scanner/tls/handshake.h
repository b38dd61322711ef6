/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/scanner/tls/handshake.h - both ends of a TLS connection within the test: no socket, no thread, no time. */
#ifndef STSURVEY_TESTS_SCANNER_TLS_HANDSHAKE_H
#define STSURVEY_TESTS_SCANNER_TLS_HANDSHAKE_H

#include <stdbool.h>

#include <openssl/ssl.h>

struct handshake_server {
	X509 *chain[4];             /* leaf first */
	EVP_PKEY *key;              /* of the leaf */
	int max_version;            /* 0: the newest */
	void (*tune)(SSL_CTX *ctx); /* NULL, or what else is to be set */
};

struct handshake {
	SSL_CTX *server_ctx;
	SSL *server, *client;
};

/* A server and a client of @client_ctx, joined; nothing is sent. Aborts where it cannot. */
void handshake_init(struct handshake *handshake, const struct handshake_server *server, SSL_CTX *client_ctx);
void handshake_fini(struct handshake *handshake);

/* Let each end do once what it can. True: both are complete. */
bool handshake_step(struct handshake *handshake);

/* Step until both are complete, or nothing moves any more. */
bool handshake_run(struct handshake *handshake);

#endif
