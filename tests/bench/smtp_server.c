/* SPDX-License-Identifier: BSD-2-Clause */
/* smtp_server - MX hosts on loopback for probes. At 127.0.0.1: greeting, EHLO, STARTTLS (ECDSA P-256, leaf and
 * intermediate, TLS 1.3), QUIT. At 127.0.0.2, on the same port: it accepts, and says nothing.
 *
 * Prints its port and the file with its root, and serves until its standard input closes. One thread, epoll: five
 * thousand connections may wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/scanner/tls/test_pki.h"

#define HOST "mx.example.test"

enum { EVENTS = 256, BACKLOG = 8192, LINE = 512 };

struct connection {
	int fd;
	SSL *ssl; /* NULL: in the clear */
	size_t n;
	char line[LINE];
};

static SSL_CTX *ctx;
static int poller;

static char *make_context(void)
{
	static const struct span host = SPAN_LITERAL(HOST);
	EVP_PKEY *ca_key = pki_key(), *key = pki_key();
	X509 *root = pki_certificate(&(struct pki_spec){ .common_name = "Root", .ca = true }, ca_key);
	X509 *middle = pki_certificate(
		&(struct pki_spec){ .common_name = "Middle", .ca = true, .issuer = root, .issuer_key = ca_key }, key);
	X509 *leaf = pki_certificate(
		&(struct pki_spec){
			.common_name = HOST, .san = &host, .san_count = 1, .issuer = middle, .issuer_key = key },
		key);

	ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(ctx, leaf);
	SSL_CTX_use_PrivateKey(ctx, key);
	SSL_CTX_add1_chain_cert(ctx, middle);
	SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return pki_file(root);
}

static void say(struct connection *c, const char *text)
{
	if (c->ssl)
		SSL_write(c->ssl, text, (int)strlen(text));
	else
		(void)!write(c->fd, text, strlen(text));
}

static void hang_up(struct connection *c)
{
	SSL_free(c->ssl);
	close(c->fd);
	free(c);
}

/* False: it has gone. */
static bool answer(struct connection *c)
{
	if (strncasecmp(c->line, "EHLO ", 5) == 0) {
		say(c, "250-" HOST "\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n"
		       "250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 DSN\r\n");
	} else if (strncasecmp(c->line, "STARTTLS", 8) == 0) {
		say(c, "220 2.0.0 Ready to start TLS\r\n");
		c->ssl = SSL_new(ctx);
		SSL_set_fd(c->ssl, c->fd);
		SSL_set_accept_state(c->ssl);
	} else if (strncasecmp(c->line, "QUIT", 4) == 0) {
		say(c, "221 2.0.0 Bye\r\n");
		if (c->ssl)
			SSL_shutdown(c->ssl);
		hang_up(c);
		return false;
	} else {
		say(c, "502 5.5.2 Command not recognized\r\n");
	}
	return true;
}

/* Octets that came; 0: none for now, -1: it has gone. */
static int take(struct connection *c, char *octets, int n)
{
	int got = c->ssl ? SSL_read(c->ssl, octets, n) : (int)read(c->fd, octets, (size_t)n);

	if (got > 0)
		return got;
	if (c->ssl ? SSL_get_error(c->ssl, got) == SSL_ERROR_WANT_READ : got < 0 && errno == EAGAIN)
		return 0;
	ERR_clear_error();
	hang_up(c);
	return -1;
}

static void serve(struct connection *c)
{
	int got;

	while ((got = take(c, c->line + c->n, (int)(LINE - 1 - c->n))) > 0) {
		char *end;

		c->n += (size_t)got;
		c->line[c->n] = '\0';
		end = strchr(c->line, '\n'); /* nothing is pipelined */
		if (!end && c->n < LINE - 1)
			continue;
		c->n = 0;
		if (!answer(c))
			return;
	}
}

static void accept_all(int listener, bool silent)
{
	int fd, on = 1;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct connection *c = calloc(1, sizeof(*c));

		if (!c)
			abort();
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		c->fd = fd;
		epoll_ctl(poller, EPOLL_CTL_ADD, fd, &(struct epoll_event){ .events = EPOLLIN, .data.ptr = c });
		if (!silent)
			say(c, "220 " HOST " ESMTP Postfix\r\n");
	}
}

/* @host: of 127.0.0.0/8. @port is what it is, or becomes it where it is 0. */
static int listen_on(unsigned host, in_port_t *port)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
				    .sin_port = *port,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host) };
	struct sockaddr_in *at = &here;
	socklen_t n = sizeof(*at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)at, n) != 0 || listen(fd, BACKLOG) != 0) {
		perror("smtp_server");
		exit(1);
	}
	getsockname(fd, (struct sockaddr *)at, &n);
	*port = at->sin_port;
	return fd;
}

int main(void)
{
	struct epoll_event event[EVENTS];
	struct rlimit files;
	char *ca_file = make_context();
	in_port_t port = 0;
	int talker = listen_on(1, &port), silent = listen_on(2, &port);

	signal(SIGPIPE, SIG_IGN);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	poller = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(poller, EPOLL_CTL_ADD, talker, &(struct epoll_event){ .events = EPOLLIN, .data.ptr = &talker });
	epoll_ctl(poller, EPOLL_CTL_ADD, silent, &(struct epoll_event){ .events = EPOLLIN, .data.ptr = &silent });
	epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &(struct epoll_event){ .events = EPOLLIN, .data.ptr = &poller });
	printf("%u %s\n", ntohs(port), ca_file);
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(poller, event, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			if (event[i].data.ptr == &talker || event[i].data.ptr == &silent) {
				accept_all(*(int *)event[i].data.ptr, event[i].data.ptr == &silent);
			} else if (event[i].data.ptr == &poller) {
				unlink(ca_file);
				return 0;
			} else {
				serve(event[i].data.ptr);
			}
		}
	}
}
