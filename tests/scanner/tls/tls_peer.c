/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scanner/tls/tls_peer.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
	struct tls_peer *peer;
	int fd;
};

static void must(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	abort();
}

void tls_peer_wait(struct tls_peer *peer, int fd)
{
	char junk[4096];

	for (int i = 0; i < 200 && !atomic_load(&peer->stopping); i++) {
		struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

		if (poll(&poll_fd, 1, 50) > 0 && recv(fd, junk, sizeof(junk), 0) <= 0)
			return;
	}
}

void tls_peer_reset(int fd)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

const char *tls_peer_request(struct tls_peer *peer)
{
	pthread_mutex_lock(&peer->lock);
	pthread_mutex_unlock(&peer->lock);
	return peer->request;
}

static void read_request(struct tls_peer *peer, SSL *ssl)
{
	char request[sizeof(peer->request)];
	size_t n = 0;

	while (n < sizeof(request) - 1) {
		int got = SSL_read(ssl, request + n, (int)(sizeof(request) - 1 - n));

		if (got <= 0)
			break;
		n += (size_t)got;
		request[n] = '\0';
		if (strstr(request, "\r\n\r\n"))
			break;
	}
	request[n] = '\0';
	pthread_mutex_lock(&peer->lock);
	memcpy(peer->request, request, n + 1);
	pthread_mutex_unlock(&peer->lock);
}

static void serve(struct tls_peer *peer, int fd)
{
	const struct tls_peer_plan *plan = &peer->plan;
	SSL *ssl = SSL_new(peer->ctx);

	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) != 1)
		goto out;
	read_request(peer, ssl); /* unread octets would turn the close into a reset */
	if (plan->play)
		plan->play(peer, ssl);
	else
		SSL_write(ssl, plan->answer, (int)strlen(plan->answer));
	if (!plan->abrupt)
		SSL_shutdown(ssl);
out:
	SSL_free(ssl);
}

static void *serve_connection(void *arg)
{
	struct connection *connection = arg;
	struct tls_peer *peer = connection->peer;
	int fd = connection->fd;

	free(connection);
	if (peer->plan.bare)
		peer->plan.bare(peer, fd);
	else
		serve(peer, fd);
	close(fd);
	atomic_fetch_sub(&peer->open, 1);
	return NULL;
}

static void *accept_all(void *arg)
{
	struct tls_peer *peer = arg;

	while (!atomic_load(&peer->stopping)) {
		struct pollfd poll_fd = { .fd = peer->listener, .events = POLLIN };
		struct timeval patience = { .tv_sec = 10 };
		struct connection *connection;
		pthread_t thread;
		int fd, on = 1;

		if (poll(&poll_fd, 1, 20) <= 0)
			continue;
		fd = accept(peer->listener, NULL, NULL);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		atomic_fetch_add(&peer->accepted, 1);
		atomic_fetch_add(&peer->open, 1);
		connection = malloc(sizeof(*connection));
		must(connection, "malloc");
		*connection = (struct connection){ peer, fd };
		must(pthread_create(&thread, NULL, serve_connection, connection) == 0, "pthread_create");
		pthread_detach(thread);
	}
	return NULL;
}

static void make_context(struct tls_peer *peer)
{
	const struct tls_peer_plan *plan = &peer->plan;

	peer->ctx = SSL_CTX_new(TLS_server_method());
	must(peer->ctx, "SSL_CTX_new");
	if (plan->max_version) {
		SSL_CTX_set_min_proto_version(peer->ctx, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(peer->ctx, plan->max_version);
		SSL_CTX_set_cipher_list(peer->ctx, "ALL:@SECLEVEL=0");
	}
	if (plan->tune)
		plan->tune(peer->ctx);
	if (!plan->chain[0])
		return;
	SSL_CTX_set_security_level(peer->ctx, 0);
	SSL_CTX_use_certificate(peer->ctx, plan->chain[0]);
	must(SSL_CTX_use_PrivateKey(peer->ctx, plan->key) == 1, "SSL_CTX_use_PrivateKey");
	for (int i = 1; i < 4 && plan->chain[i]; i++)
		SSL_CTX_add1_chain_cert(peer->ctx, plan->chain[i]);
	SSL_CTX_set_mode(peer->ctx, SSL_MODE_NO_AUTO_CHAIN);
}

void tls_peer_start(struct tls_peer *peer, const struct tls_peer_plan *plan, const char *address, uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	socklen_t n = sizeof(at);
	int on = 1;

	memset(peer, 0, sizeof(*peer));
	peer->plan = *plan;
	pthread_mutex_init(&peer->lock, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (!plan->bare)
		make_context(peer);
	inet_pton(AF_INET, address ? address : "127.0.0.1", &at.sin_addr);
	peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(peer->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	must(bind(peer->listener, (struct sockaddr *)&at, n) == 0, "bind");
	must(listen(peer->listener, 512) == 0, "listen");
	getsockname(peer->listener, (struct sockaddr *)&at, &n);
	peer->port = ntohs(at.sin_port);
	must(pthread_create(&peer->thread, NULL, accept_all, peer) == 0, "pthread_create");
}

void tls_peer_stop(struct tls_peer *peer)
{
	atomic_store(&peer->stopping, true);
	pthread_join(peer->thread, NULL);
	close(peer->listener);
	for (int i = 0; i < 2000 && atomic_load(&peer->open) > 0; i++)
		usleep(5000);
	SSL_CTX_free(peer->ctx);
	pthread_mutex_destroy(&peer->lock);
}
