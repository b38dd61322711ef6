/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scanner/tls/handshake.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>

enum { STEPS_MAX = 100 }; /* the largest chain goes through the pair's 17 KB in a dozen */

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "handshake: %s failed\n", what);
	abort();
}

static SSL_CTX *server_context(const struct handshake_server *server)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	must(ctx, "SSL_CTX_new");
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(ctx, server->max_version);
	must(SSL_CTX_use_certificate(ctx, server->chain[0]) == 1, "SSL_CTX_use_certificate");
	must(SSL_CTX_use_PrivateKey(ctx, server->key) == 1, "SSL_CTX_use_PrivateKey");
	for (int i = 1; i < 4 && server->chain[i]; i++)
		SSL_CTX_add1_chain_cert(ctx, server->chain[i]);
	SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
	if (server->tune)
		server->tune(ctx);
	return ctx;
}

void handshake_init(struct handshake *handshake, const struct handshake_server *server, SSL_CTX *client_ctx)
{
	BIO *server_end, *client_end;

	handshake->server_ctx = server_context(server);
	handshake->server = SSL_new(handshake->server_ctx);
	handshake->client = SSL_new(client_ctx);
	must(handshake->server && handshake->client, "SSL_new");
	must(BIO_new_bio_pair(&server_end, 0, &client_end, 0) == 1, "BIO_new_bio_pair");
	SSL_set_bio(handshake->server, server_end, server_end);
	SSL_set_bio(handshake->client, client_end, client_end);
	SSL_set_accept_state(handshake->server);
	SSL_set_connect_state(handshake->client);
}

void handshake_fini(struct handshake *handshake)
{
	SSL_free(handshake->client);
	SSL_free(handshake->server);
	SSL_CTX_free(handshake->server_ctx);
	ERR_clear_error();
}

bool handshake_step(struct handshake *handshake)
{
	int client = SSL_do_handshake(handshake->client);
	int server = SSL_do_handshake(handshake->server);

	ERR_clear_error();
	return client == 1 && server == 1;
}

bool handshake_run(struct handshake *handshake)
{
	for (int i = 0; i < STEPS_MAX; i++)
		if (handshake_step(handshake))
			return true;
	return false;
}
