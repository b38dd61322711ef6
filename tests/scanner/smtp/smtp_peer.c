/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/scanner/smtp/smtp_peer.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MS = 3, DRIP_MS = 10, LINE = 1100 };

struct talk {
	struct smtp_peer *peer;
	int fd;
	SSL *ssl; /* NULL: in the clear */
	bool over;
};

static void nap(unsigned ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = (long)ms * 1000000 }, NULL);
}

static void note(struct smtp_peer *peer, const char *what, const char *more)
{
	size_t n;

	pthread_mutex_lock(&peer->tls.lock);
	n = strlen(peer->heard);
	snprintf(peer->heard + n, sizeof(peer->heard) - n, "%s%s|", what, more);
	pthread_mutex_unlock(&peer->tls.lock);
}

static void say(struct talk *talk, const char *text, size_t n)
{
	if (talk->ssl)
		talk->over |= SSL_write(talk->ssl, text, (int)n) != (int)n;
	else
		talk->over |= send(talk->fd, text, n, MSG_NOSIGNAL) != (ssize_t)n;
}

/* A line without its end; false: it has gone. */
static bool hear(struct talk *talk, char line[static LINE])
{
	size_t n = 0;
	char c;

	while (n < LINE - 1) {
		ssize_t got = talk->ssl ? SSL_read(talk->ssl, &c, 1) : recv(talk->fd, &c, 1, 0);

		if (got != 1 || c == '\n')
			break;
		if (c != '\r')
			line[n++] = c;
	}
	line[n] = '\0';
	if (n > 0)
		note(talk->peer, line, "");
	else
		talk->over = true;
	return n > 0;
}

static void shake(struct talk *talk, int verify)
{
	const char *name;

	talk->ssl = SSL_new(talk->peer->ctx);
	SSL_set_fd(talk->ssl, talk->fd);
	SSL_set_verify(talk->ssl, verify, NULL);
	if (SSL_accept(talk->ssl) != 1) {
		talk->over = true;
		return;
	}
	name = SSL_get_servername(talk->ssl, TLSEXT_NAMETYPE_host_name);
	note(talk->peer, "T:", name ? name : "");
}

static void say_without_end(struct talk *talk, unsigned pause_ms)
{
	char text[1024];
	size_t n = pause_ms > 0 ? 1 : sizeof(text);

	memset(text, 'x', sizeof(text));
	memcpy(text, "220-", 4);
	say(talk, text, 4);
	while (!talk->over && !atomic_load(&talk->peer->tls.stopping)) {
		say(talk, text + 4, n < 5 ? n : n - 4);
		nap(pause_ms);
	}
}

static void wait_for_test(struct talk *talk)
{
	unsigned number = atomic_fetch_add(&talk->peer->arrived, 1) + 1;

	while (atomic_load(&talk->peer->passed) < number && !atomic_load(&talk->peer->tls.stopping))
		nap(1);
}

static void do_step(struct talk *talk, const char *step)
{
	static const char alert[] = "\x15\x03\x01\x00\x02\x02\x46";
	char line[LINE];

	switch (step[0]) {
	case '>':
		say(talk, step + 1, strlen(step + 1));
		break;
	case '<':
		if (hear(talk, line) && strncmp(line, step + 1, strlen(step + 1)) != 0)
			note(talk->peer, "instead of ", step + 1);
		break;
	case '~':
		nap(PAUSE_MS);
		break;
	case 'T':
		shake(talk, SSL_VERIFY_NONE);
		break;
	case 'C':
		shake(talk, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
		break;
	case 'H':
		recv(talk->fd, line, sizeof(line), 0);
		break;
	case 'A':
		say(talk, alert, 7);
		break;
	case 'R':
		tls_peer_reset(talk->fd);
		talk->over = true;
		break;
	case '.':
		talk->over = true;
		break;
	case 'W':
		tls_peer_wait(&talk->peer->tls, talk->fd);
		talk->over = true;
		break;
	case 'L':
		for (unsigned long i = strtoul(step + 1, NULL, 10); i > 0; i--)
			say(talk, "250-x\r\n", 7);
		break;
	case '0': /* NUL, which no text of a table can have within */
		say(talk, "", 1);
		break;
	case '!':
		wait_for_test(talk);
		break;
	default:
		say_without_end(talk, step[0] == 'D' ? DRIP_MS : 0);
	}
}

static void serve(struct tls_peer *tls, int fd)
{
	struct smtp_peer *peer = (struct smtp_peer *)tls;
	bool first = atomic_fetch_add(&peer->served, 1) == 0;
	const char *const *script = first || !peer->script[1] ? peer->script[0] : peer->script[1];
	struct talk talk = { .peer = peer, .fd = fd };
	char line[LINE];

	for (; *script && !talk.over; script++)
		do_step(&talk, *script);
	while (!talk.over)
		hear(&talk, line);
	if (talk.ssl && SSL_get_shutdown(talk.ssl) & SSL_RECEIVED_SHUTDOWN)
		note(peer, "bye", "");
	SSL_free(talk.ssl);
}

static void make_context(struct smtp_peer *peer)
{
	peer->ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_security_level(peer->ctx, 0);
	SSL_CTX_set_min_proto_version(peer->ctx, peer->version ? peer->version : TLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(peer->ctx, peer->version);
	SSL_CTX_set_cipher_list(peer->ctx, "ALL:@SECLEVEL=0");
	SSL_CTX_use_certificate(peer->ctx, peer->chain[0]);
	SSL_CTX_use_PrivateKey(peer->ctx, peer->key);
	for (int i = 1; i < 4 && peer->chain[i]; i++)
		SSL_CTX_add1_chain_cert(peer->ctx, peer->chain[i]);
	SSL_CTX_set_mode(peer->ctx, SSL_MODE_NO_AUTO_CHAIN);
}

void smtp_peer_start(struct smtp_peer *peer, const char *address, uint16_t port)
{
	if (peer->key)
		make_context(peer);
	tls_peer_start(&peer->tls, &(struct tls_peer_plan){ .bare = serve }, address, port);
}

void smtp_peer_stop(struct smtp_peer *peer)
{
	tls_peer_stop(&peer->tls);
	SSL_CTX_free(peer->ctx);
}

void smtp_peer_go(struct smtp_peer *peer)
{
	atomic_fetch_add(&peer->passed, 1);
}

const char *smtp_peer_heard(struct smtp_peer *peer)
{
	return peer->heard;
}
