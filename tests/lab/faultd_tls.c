/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/faultd_tls.c - HTTPS peers that break off, stall, lie and never end.
 *
 * The ClientHello is read raw, its SNI picks a line of faultd.conf: HOST BEHAVIOUR PEM ANSWER. TLS runs over memory
 * BIOs, so every octet of the server's flight and of the answer can be cut, dripped or followed by a reset exactly
 * where the behaviour says.
 */
#include "faultd.h"
#include "faultd_behaviour.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

enum {
	INPUT_MAX = 16384,    /* ClientHello or request; more is nobody's */
	OUTPUT_LOW = 65536,   /* an endless answer is refilled below this */
	ANSWER_MAX = 8 << 20, /* of an answer file */
	HOSTS_MAX = 1024,
	FILLERS = 4, /* our own connections that keep the backlog listener full */
};

struct host {
	char *name;
	const struct behaviour *behaviour;
	char *pem, *answer_file;
	char *answer;
	size_t answer_len;
	SSL_CTX *context;
};

struct buffer {
	char *data;
	size_t len, size, at; /* octets before `at` are gone */
};

struct peer {
	struct watch watch; /* first */
	const struct host *host;
	const struct behaviour *play;
	SSL *ssl;
	struct buffer out;   /* ciphertext, or raw octets */
	struct buffer plain; /* the answer still to be dripped or written */
	char input[INPUT_MAX];
	size_t input_len;
	size_t sent;        /* octets that left, for `keep` */
	uint64_t born, due; /* due: of the next dripped octet */
	bool started, ending, closed;
};

struct listener {
	struct watch watch;
	const char *kind;
};

static struct host hosts[HOSTS_MAX];
static size_t host_count;
static unsigned peer_count;

static void append(struct buffer *buffer, const char *data, size_t len)
{
	if (buffer->at == buffer->len)
		buffer->at = buffer->len = 0;
	if (buffer->len + len > buffer->size) {
		buffer->size = (buffer->len + len) * 2;
		buffer->data = realloc(buffer->data, buffer->size);
		if (!buffer->data)
			abort();
	}
	memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
}

/* ---- the hosts of faultd.conf ---- */

static void read_config(const char *path)
{
	char name[512], behaviour[64], pem[1024], answer[1024];
	FILE *file = path ? fopen(path, "r") : NULL;

	if (!file)
		return;
	while (host_count < HOSTS_MAX && fscanf(file, "%511s %63s %1023s %1023s", name, behaviour, pem, answer) == 4) {
		struct host *host = &hosts[host_count++];

		*host = (struct host){ .name = strdup(name),
				       .behaviour = behaviour_by_name(behaviour),
				       .pem = strdup(pem),
				       .answer_file = strdup(answer) };
		if (!host->behaviour) {
			fprintf(stderr, "faultd: %s: no behaviour %s\n", name, behaviour);
			exit(1);
		}
	}
	fclose(file);
}

/* The certificates and the answer are read when they are first asked for. */
static SSL_CTX *context_of(struct host *host)
{
	enum trick trick = host->behaviour->trick;
	FILE *file;

	if (host->context)
		return host->context;
	host->context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_security_level(host->context, 0);
	SSL_CTX_set_cipher_list(host->context, "ALL:@SECLEVEL=0");
	SSL_CTX_set_max_cert_list(host->context, 64 << 20);
	if (trick == OLD_TLS || trick == TLS_10_ONLY)
		SSL_CTX_set_min_proto_version(host->context, TLS1_VERSION);
	if (trick == OLD_TLS)
		SSL_CTX_set_max_proto_version(host->context, TLS1_1_VERSION);
	if (trick == TLS_10_ONLY)
		SSL_CTX_set_max_proto_version(host->context, TLS1_VERSION);
	if (trick == TLS_12 || trick == RENEGOTIATE)
		SSL_CTX_set_max_proto_version(host->context, TLS1_2_VERSION);
	if (SSL_CTX_use_certificate_chain_file(host->context, host->pem) != 1 ||
	    SSL_CTX_use_PrivateKey_file(host->context, host->pem, SSL_FILETYPE_PEM) != 1)
		ERR_print_errors_fp(stderr);
	file = fopen(host->answer_file, "r");
	host->answer = calloc(1, ANSWER_MAX);
	if (file && host->answer) {
		host->answer_len = fread(host->answer, 1, ANSWER_MAX, file);
		fclose(file);
	}
	return host->context;
}

static struct host *host_by_name(const char *name, size_t len)
{
	for (size_t i = 0; i < host_count; i++)
		if (strlen(hosts[i].name) == len && strncasecmp(hosts[i].name, name, len) == 0)
			return &hosts[i];
	return NULL;
}

/* ---- one peer ---- */

static void peer_free(struct watch *watch)
{
	struct peer *peer = (struct peer *)watch;

	SSL_free(peer->ssl);
	free(peer->out.data);
	free(peer->plain.data);
	free(peer);
	peer_count--;
}

static void finish(struct peer *peer)
{
	if (peer->play->end == KEEP)
		return;
	if (peer->play->end == CLOSE || peer->play->end == SHUTDOWN) {
		shutdown(peer->watch.fd, SHUT_WR); /* unread input would turn a close into a reset */
		peer->closed = true;
		return;
	}
	faultd_drop(&peer->watch, true);
}

static size_t flight_limit(const struct peer *peer)
{
	return peer->play->when == IN_FLIGHT ? peer->play->keep : SIZE_MAX;
}

/* Send what may go now. */
static void flush_out(struct peer *peer)
{
	struct buffer *out = &peer->out;
	bool drips = peer->play->when == IN_FLIGHT && peer->play->drip_ms;

	while (out->at < out->len && !peer->closed) {
		size_t len = out->len - out->at, limit = flight_limit(peer) - peer->sent;
		ssize_t n;

		if (drips)
			len = 1;
		if (len > limit)
			len = limit;
		if (len == 0) {
			finish(peer);
			return;
		}
		n = send(peer->watch.fd, out->data + out->at, len, MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			faultd_rewatch(&peer->watch, EPOLLIN | EPOLLOUT);
			return;
		}
		if (n < 0) {
			faultd_drop(&peer->watch, true);
			return;
		}
		out->at += (size_t)n;
		peer->sent += (size_t)n;
		if (drips)
			return;
	}
	faultd_rewatch(&peer->watch, EPOLLIN);
}

static void take_ciphertext(struct peer *peer)
{
	char data[16384];
	int n;

	while (peer->ssl && (n = BIO_read(SSL_get_wbio(peer->ssl), data, sizeof(data))) > 0)
		append(&peer->out, data, (size_t)n);
}

static bool write_plain(struct peer *peer, const char *data, size_t len)
{
	if (!peer->ssl) {
		append(&peer->out, data, len);
		return true;
	}
	if (len && SSL_write(peer->ssl, data, (int)len) <= 0)
		return false;
	take_ciphertext(peer);
	return true;
}

/* The end of what is played, once everything before it has left. */
static void end_play(struct peer *peer)
{
	if (peer->ending) {
		if (peer->out.at == peer->out.len)
			finish(peer);
		return;
	}
	peer->ending = true;
	if (peer->play->end == SHUTDOWN && peer->ssl) {
		SSL_shutdown(peer->ssl);
		take_ciphertext(peer);
	}
	flush_out(peer);
	if (!peer->watch.dead && peer->out.at == peer->out.len)
		finish(peer);
}

static void refill(struct peer *peer)
{
	const char *repeat = peer->play->repeat;
	char block[8192];
	size_t len = strlen(repeat), used = 0;

	while (used + len <= sizeof(block)) {
		memcpy(block + used, repeat, len);
		used += len;
	}
	while (peer->out.len - peer->out.at < OUTPUT_LOW)
		if (!write_plain(peer, block, used))
			return;
	if (peer->sent > FAULTD_SENT_MAX)
		faultd_drop(&peer->watch, true);
}

/* Everything of the answer that is due. */
static void play_on(struct peer *peer)
{
	struct buffer *plain = &peer->plain;
	bool drips = peer->play->when >= ON_HANDSHAKE && peer->play->drip_ms;

	if (!peer->started || peer->closed)
		return;
	while (plain->at < plain->len) {
		size_t len = plain->len - plain->at;

		if (drips && faultd_now() < peer->due)
			break;
		if (drips || peer->play->trick == TINY_RECORDS)
			len = 1;
		if (peer->play->trick == KEY_UPDATES && len > 8)
			len = 8;
		if (peer->play->trick == KEY_UPDATES)
			SSL_key_update(peer->ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
		if (len > 16384)
			len = 16384;
		if (!write_plain(peer, plain->data + plain->at, len))
			break;
		plain->at += len;
		peer->due = faultd_now() + peer->play->drip_ms;
	}
	if (peer->play->repeat && plain->at == plain->len)
		refill(peer);
	flush_out(peer);
	if (!peer->watch.dead && plain->at == plain->len && !peer->play->repeat)
		end_play(peer);
}

/* The moment the behaviour is about has come. */
static void start_play(struct peer *peer)
{
	const struct behaviour *play = peer->play;
	size_t len = peer->host && !play->no_answer ? peer->host->answer_len : 0;

	if (peer->started)
		return;
	peer->started = true;
	if (play->trick == RENEGOTIATE) {
		SSL_renegotiate(peer->ssl);
		SSL_do_handshake(peer->ssl);
	}
	if (play->send_len)
		append(&peer->plain, play->send, play->send_len);
	if (play->keep && len > play->keep)
		len = play->keep;
	if (len && play->when >= ON_HANDSHAKE)
		append(&peer->plain, peer->host->answer, len);
	if (play->drip_ms && play->send_len) { /* what stands in front is not dripped */
		write_plain(peer, peer->plain.data, play->send_len);
		peer->plain.at = play->send_len;
	}
	play_on(peer);
}

/* The SNI of the ClientHello in @data: 0 and *name when complete, 1 when more is needed, -1 when it is none. */
static int client_hello_name(const uint8_t *data, size_t len, const char **name, size_t *name_len)
{
	size_t at = 5 + 4 + 2 + 32, end;

	*name = "";
	*name_len = 0;
	if (len < 5)
		return 1;
	if (data[0] != 0x16)
		return -1;
	end = 5 + ((size_t)data[3] << 8 | data[4]);
	if (len < end)
		return len < INPUT_MAX ? 1 : -1;
	if (at + 1 > end)
		return -1;
	at += 1 + data[at]; /* session id */
	if (at + 2 > end)
		return -1;
	at += 2 + ((size_t)data[at] << 8 | data[at + 1]); /* cipher suites */
	if (at + 1 > end)
		return -1;
	at += 1 + data[at]; /* compression methods */
	at += 2;            /* extensions' length */
	while (at + 4 <= end) {
		size_t type = (size_t)data[at] << 8 | data[at + 1], size = (size_t)data[at + 2] << 8 | data[at + 3];

		at += 4;
		if (at + size > end)
			return -1;
		if (type == 0 && size > 5) {
			*name = (const char *)data + at + 5;
			*name_len = size - 5;
			return 0;
		}
		at += size;
	}
	return 0;
}

static bool begin_tls(struct peer *peer, struct host *host)
{
	peer->ssl = SSL_new(context_of(host));
	if (!peer->ssl)
		return false;
	SSL_set_bio(peer->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_accept_state(peer->ssl);
	SSL_set_mode(peer->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	BIO_write(SSL_get_rbio(peer->ssl), peer->input, (int)peer->input_len);
	peer->input_len = 0;
	return true;
}

/* Raw input before it is known who is meant. */
static void on_hello(struct peer *peer)
{
	const char *name;
	size_t name_len;
	int got = client_hello_name((const uint8_t *)peer->input, peer->input_len, &name, &name_len);
	struct host *host;

	if (got > 0)
		return;
	host = got == 0 ? host_by_name(name, name_len) : NULL;
	peer->host = host;
	peer->play = host ? host->behaviour : &behaviour_unknown;
	if (peer->play->when == ON_HELLO) {
		start_play(peer);
		return;
	}
	if (!begin_tls(peer, host))
		faultd_drop(&peer->watch, true);
}

static void advance_tls(struct peer *peer)
{
	int n;

	if (!SSL_is_init_finished(peer->ssl)) {
		n = SSL_do_handshake(peer->ssl);
		take_ciphertext(peer);
		flush_out(peer);
		if (peer->watch.dead || peer->closed)
			return;
		if (n <= 0 && SSL_get_error(peer->ssl, n) != SSL_ERROR_WANT_READ) {
			ERR_clear_error();
			shutdown(peer->watch.fd, SHUT_WR);
			peer->closed = true;
			return;
		}
		if (n <= 0)
			return;
		if (peer->play->when == ON_HANDSHAKE) {
			start_play(peer);
			return;
		}
	}
	while ((n = SSL_read(peer->ssl, peer->input + peer->input_len, (int)(INPUT_MAX - peer->input_len - 1))) > 0) {
		peer->input_len += (size_t)n;
		peer->input[peer->input_len] = '\0';
		if (strstr(peer->input, "\r\n\r\n"))
			start_play(peer);
		if (peer->watch.dead || peer->input_len >= INPUT_MAX - 1)
			return;
	}
	ERR_clear_error();
	take_ciphertext(peer);
	flush_out(peer);
}

static void on_peer(struct watch *watch, uint32_t events)
{
	struct peer *peer = (struct peer *)watch;
	char data[INPUT_MAX];
	ssize_t n;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		size_t room = peer->ssl || peer->play ? sizeof(data) : INPUT_MAX - peer->input_len;

		n = recv(watch->fd, data, room, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			faultd_drop(watch, false);
			return;
		}
		if (n > 0 && peer->ssl) {
			BIO_write(SSL_get_rbio(peer->ssl), data, (int)n);
		} else if (n > 0 && !peer->play) {
			memcpy(peer->input + peer->input_len, data, (size_t)n);
			peer->input_len += (size_t)n;
			on_hello(peer);
		}
		if (!watch->dead && peer->ssl && !peer->closed)
			advance_tls(peer);
	}
	if (!watch->dead && peer->play && (events & EPOLLOUT)) {
		flush_out(peer);
		if (!watch->dead)
			play_on(peer);
	}
}

static void on_peer_tick(struct watch *watch, uint64_t now)
{
	struct peer *peer = (struct peer *)watch;

	if (now - peer->born > FAULTD_PEER_SECONDS * UINT64_C(1000)) {
		faultd_drop(watch, true);
		return;
	}
	if (!peer->play || peer->closed)
		return;
	if (peer->play->when == IN_FLIGHT && peer->play->drip_ms && now >= peer->due) {
		peer->due = now + peer->play->drip_ms;
		flush_out(peer);
	} else if (peer->started) {
		play_on(peer);
	}
}

static void on_accept(struct watch *watch, uint32_t events)
{
	struct listener *listener = (struct listener *)watch;
	int fd;

	(void)events;
	while ((fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct peer *peer = peer_count < FAULTD_PEERS_MAX && strcmp(listener->kind, "fault") == 0
					    ? calloc(1, sizeof(*peer))
					    : NULL;

		if (strcmp(listener->kind, "tripwire") == 0)
			faultd_tripped("HTTPS connection to a blocklisted address");
		if (!peer) {
			if (strcmp(listener->kind, "accept-close") != 0)
				setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 },
					   sizeof(struct linger));
			close(fd);
			continue;
		}
		peer_count++;
		peer->born = faultd_now();
		peer->watch =
			(struct watch){ .fd = fd, .on_event = on_peer, .on_tick = on_peer_tick, .free = peer_free };
		if (!faultd_watch(&peer->watch, EPOLLIN)) {
			close(fd);
			peer_free(&peer->watch);
		}
	}
}

static void listen_on(const char *address, uint16_t port, const char *kind)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener)
		abort();
	listener->kind = kind;
	listener->watch = (struct watch){ .fd = faultd_bind(address, port, 4096), .on_event = on_accept };
	if (!faultd_watch(&listener->watch, EPOLLIN))
		abort();
}

/* A listener nobody accepts from, its queue filled by ourselves: further SYNs are dropped by the kernel. */
static void listen_full(const char *address, uint16_t port)
{
	int listener = faultd_bind(address, port, 0);
	struct sockaddr_in to;
	socklen_t len = sizeof(to);

	getsockname(listener, (struct sockaddr *)&to, &len);
	for (int i = 0; i < FILLERS; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		if (fd >= 0)
			(void)connect(fd, (struct sockaddr *)&to, sizeof(to)); /* kept open for good */
	}
}

void faultd_tls_start(const char *config, uint16_t port)
{
	read_config(config);
	listen_on("127.80.1.1", port, "fault");
	listen_on("127.80.1.2", port, "accept-reset");
	listen_on("127.80.1.3", port, "accept-close");
	listen_full("127.80.1.4", port);
	listen_on("127.80.1.5", port, "tripwire");
}
