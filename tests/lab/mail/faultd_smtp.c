/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/lab/mail/faultd_smtp.c - mail servers that break off, stall, lie and never end.
 *
 * Each has an address of its own, and its line of smtp.conf says what it plays:
 *
 *   ADDRESS[/PREFIX] NAME PLAY PEM[,PEM] DEFAULT-PEM
 *
 * PEM: what is shown to who says NAME in its ClientHello, two for one key of each kind; DEFAULT-PEM to everybody else,
 * `-` where there is none of its own. A line with a PREFIX makes the server listen on every address there is. Who came
 * is counted, for each address, in the counts file: ADDRESS CONNECTIONS QUITS MOST-AT-ONCE.
 */
#include "tests/lab/faultd.h"
#include "tests/lab/mail/smtp_counts.h"
#include "tests/lab/mail/smtp_play.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

enum {
	HOSTS_MAX = 1024,
	LARGE_PEM = 100 << 10,  /* octets */
	CLIENTS_MAX = 16384,    /* at once; more are reset */
	CLIENT_SECONDS = 120,   /* then a connection is reset, whatever it plays */
	LINE_MAX_LEN = 1024,    /* octets of a command; more are nobody's */
	LONG_LINE = 10 << 10,   /* octets of {long} */
	MANY_LINES = 100,       /* of {lines} */
	ENDLESS_MAX = 64 << 20, /* octets an endless answer really has */
	ENDLESS_LOW = 65536,    /* it is refilled below this */
};

struct host {
	uint32_t address, mask;
	char *name;
	const struct smtp_play *play;
	char *pem, *other_pem;
	SSL_CTX *context, *other;
	unsigned taken; /* connections, for `lives` */
};

struct text {
	char *data;
	size_t len, size, at; /* octets before `at` are gone */
};

struct client {
	struct watch watch; /* first */
	struct host *host;
	const struct smtp_play *play;
	struct smtp_count *count;
	SSL *ssl;
	struct text out; /* as it leaves */
	char line[LINE_MAX_LEN];
	size_t line_len, sent, flight;
	uint64_t born, due;
	enum moment ending; /* parts with all of `out` gone */
	bool to_tls, closed, leaving, quit;
};

static struct host hosts[HOSTS_MAX];
static size_t host_count;
static unsigned client_count;

static void append(struct text *text, const char *data, size_t len)
{
	if (len == 0)
		return;
	if (text->at == text->len)
		text->at = text->len = 0;
	if (text->len + len > text->size) {
		text->size = (text->len + len) * 2;
		text->data = realloc(text->data, text->size);
		if (!text->data)
			abort();
	}
	memcpy(text->data + text->len, data, len);
	text->len += len;
}

/* ---- the hosts of smtp.conf ---- */

static bool read_host(struct host *host, const char *line)
{
	char address[64], name[512], play[64], pem[1024], other[1024];
	char *slash;
	struct in_addr in;
	int bits = 32;

	if (sscanf(line, "%63s %511s %63s %1023s %1023s", address, name, play, pem, other) != 5)
		return false;
	slash = strchr(address, '/');
	if (slash) {
		*slash = '\0';
		bits = atoi(slash + 1);
	}
	if (inet_pton(AF_INET, address, &in) != 1)
		return false;
	*host = (struct host){ .address = ntohl(in.s_addr),
			       .mask = bits ? UINT32_MAX << (32 - bits) : 0,
			       .name = strdup(name),
			       .play = smtp_play_by_name(play),
			       .pem = strdup(pem),
			       .other_pem = strdup(other) };
	return host->play;
}

static void read_config(const char *path)
{
	char line[4096];
	FILE *file = fopen(path, "r");

	while (file && host_count < HOSTS_MAX && fgets(line, sizeof(line), file)) {
		if (!read_host(&hosts[host_count], line)) {
			fprintf(stderr, "faultd: %s: not understood: %s", path, line);
			exit(1);
		}
		host_count++;
	}
	if (file)
		fclose(file);
}

static struct host *host_of(uint32_t address)
{
	for (size_t i = 0; i < host_count; i++)
		if ((address & hosts[i].mask) == hosts[i].address)
			return &hosts[i];
	return NULL;
}

static SSL_CTX *make_context(const char *pems, enum tls_trick trick)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	char *copy = strdup(pems), *rest = copy, *pem;

	SSL_CTX_set_security_level(context, 0);
	SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
	SSL_CTX_set_max_cert_list(context, 64 << 20);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	if (trick == UP_TO_TLS_11 || trick == ONLY_TLS_10)
		SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
	if (trick == UP_TO_TLS_11)
		SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
	if (trick == ONLY_TLS_10)
		SSL_CTX_set_max_proto_version(context, TLS1_VERSION);
	if (trick == UP_TO_TLS_12)
		SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
	while ((pem = strsep(&rest, ",")))
		if (SSL_CTX_use_certificate_chain_file(context, pem) != 1 ||
		    SSL_CTX_use_PrivateKey_file(context, pem, SSL_FILETYPE_PEM) != 1)
			ERR_print_errors_fp(stderr);
	free(copy);
	return context;
}

static int on_name(SSL *ssl, int *alert, void *arg)
{
	struct host *host = arg;
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	(void)alert;
	if (!name || strcasecmp(name, host->name) != 0)
		return SSL_TLSEXT_ERR_OK;
	if (!host->other)
		host->other = make_context(host->pem, host->play->trick);
	SSL_set_SSL_CTX(ssl, host->other);
	return SSL_TLSEXT_ERR_OK;
}

/* The certificates are read when they are first asked for, large ones at once: all others would wait for them. */
static SSL_CTX *context_of(struct host *host)
{
	bool has_other = strcmp(host->other_pem, "-") != 0;

	if (host->context)
		return host->context;
	host->context = make_context(has_other ? host->other_pem : host->pem, host->play->trick);
	if (has_other) {
		SSL_CTX_set_tlsext_servername_callback(host->context, on_name);
		SSL_CTX_set_tlsext_servername_arg(host->context, host);
	}
	return host->context;
}

/* ---- one client ---- */

static void client_free(struct watch *watch)
{
	struct client *client = (struct client *)watch;

	if (!client->quit)
		smtp_count_gone(client->count);
	SSL_free(client->ssl);
	free(client->out.data);
	free(client);
	client_count--;
}

static void part(struct client *client)
{
	if (faultd_now() - client->born < client->play->lag_ms)
		return; /* a tick asks again */
	if (client->play->parting == RESET)
		faultd_drop(&client->watch, true);
	if (client->play->parting != HANG_UP || client->closed)
		return;
	shutdown(client->watch.fd, SHUT_WR); /* unread input would turn a close into a reset */
	client->closed = true;
}

static void take_ciphertext(struct client *client)
{
	char data[16384];
	int n;

	while (client->ssl && (n = BIO_read(SSL_get_wbio(client->ssl), data, sizeof(data))) > 0) {
		size_t len = (size_t)n;

		if (client->play->at == IN_FLIGHT) {
			size_t left = client->play->keep - client->flight;

			len = len < left ? len : left;
			client->flight += len;
			if (client->flight == client->play->keep)
				client->ending = IN_FLIGHT;
		}
		append(&client->out, data, len);
	}
}

static void leave(struct client *client, const char *data, size_t len)
{
	if (!client->ssl) {
		append(&client->out, data, len);
		return;
	}
	if (len && SSL_write(client->ssl, data, (int)len) > 0)
		take_ciphertext(client);
}

static void refill(struct client *client)
{
	const char *repeat = client->play->repeat;
	size_t len = strlen(repeat);

	if (client->sent > ENDLESS_MAX) {
		faultd_drop(&client->watch, true);
		return;
	}
	while (client->out.len - client->out.at < ENDLESS_LOW)
		append(&client->out, repeat, len);
}

/* Send what may go now. */
static void flush_out(struct client *client)
{
	struct text *out = &client->out;
	unsigned piece = client->ssl && client->play->briefly ? 0 : client->play->piece;
	ssize_t n;

	if (client->ending && client->play->repeat)
		refill(client);
	while (!client->watch.dead && !client->closed && out->at < out->len) {
		size_t len = out->len - out->at;

		if (piece && faultd_now() < client->due)
			break;
		if (piece && len > piece)
			len = piece;
		n = send(client->watch.fd, out->data + out->at, len, MSG_NOSIGNAL);
		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			faultd_rewatch(&client->watch, EPOLLIN | EPOLLOUT);
			return;
		}
		if (n < 0) {
			faultd_drop(&client->watch, true);
			return;
		}
		out->at += (size_t)n;
		client->sent += (size_t)n;
		client->due = faultd_now() + client->play->drip_ms;
	}
	if (client->watch.dead || out->at < out->len)
		return;
	if (client->ending && client->play->repeat) {
		faultd_rewatch(&client->watch, EPOLLIN | EPOLLOUT);
		return;
	}
	faultd_rewatch(&client->watch, EPOLLIN);
	if (client->ending) {
		part(client);
	} else if (client->leaving && !client->closed) {
		shutdown(client->watch.fd, SHUT_WR);
		client->closed = true;
	}
}

/* @speech with its {words} filled in. */
static void say(struct client *client, struct speech speech)
{
	struct text filled = { 0 };
	const char *end = speech.data + speech.len;

	for (const char *at = speech.data; at < end; at++) {
		if (strncmp(at, "{h}", 3) == 0) {
			append(&filled, client->host->name, strlen(client->host->name));
			at += 2;
		} else if (strncmp(at, "{long}", 6) == 0) {
			for (int i = 0; i < LONG_LINE; i++)
				append(&filled, "x", 1);
			at += 5;
		} else if (strncmp(at, "{lines}", 7) == 0) {
			for (int i = 0; i < MANY_LINES; i++)
				append(&filled, "250-X-FILLER\r\n", 14);
			at += 6;
		} else {
			append(&filled, at, 1);
		}
	}
	leave(client, filled.data, filled.len);
	free(filled.data);
}

/* At @moment: say @speech, or what a good server says, and see whether it all ends here. */
static void speak(struct client *client, enum moment moment, struct speech speech, const char *good)
{
	bool ends = client->play->at == moment;

	if (ends)
		client->ending = moment;
	if (!(ends && client->play->wordless))
		say(client, speech.data ? speech : (struct speech){ good, strlen(good) });
	flush_out(client);
}

static void start_tls(struct client *client)
{
	client->to_tls = false;
	client->ssl = SSL_new(context_of(client->host));
	SSL_set_bio(client->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_accept_state(client->ssl);
}

static void on_command(struct client *client, const char *line)
{
	const struct smtp_play *play = client->play;

	if (strncasecmp(line, "EHLO", 4) == 0 && client->ssl) {
		speak(client, NOWHERE, (struct speech){ 0 }, "250-{h}\r\n250 8BITMIME\r\n");
	} else if (strncasecmp(line, "EHLO", 4) == 0) {
		speak(client, AT_EHLO, play->ehlo, "250-{h}\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n");
	} else if (strncasecmp(line, "HELO", 4) == 0) {
		speak(client, NOWHERE, play->helo, "250 {h}\r\n");
	} else if (strncasecmp(line, "STARTTLS", 8) == 0 && !client->ssl) {
		client->to_tls = !play->starttls.data || *play->starttls.data == '2';
		speak(client, AT_STARTTLS, play->starttls, "220 2.0.0 go ahead\r\n");
	} else if (strncasecmp(line, "QUIT", 4) == 0) {
		if (!client->quit) { /* it may be gone, and here again, before we see that it is gone */
			client->quit = true;
			smtp_count_quit(client->count);
			smtp_count_gone(client->count);
		}
		client->leaving = play->at != AT_QUIT;
		speak(client, AT_QUIT, play->quit, "221 2.0.0 bye\r\n");
	} else {
		if (strncasecmp(line, "MAIL", 4) == 0 || strncasecmp(line, "RCPT", 4) == 0)
			faultd_tripped("MAIL or RCPT to a mail server");
		speak(client, NOWHERE, (struct speech){ 0 }, "502 5.5.2 not here\r\n");
	}
}

/* Commands in the clear or through TLS. */
static void on_octets(struct client *client, const char *data, size_t len)
{
	for (size_t i = 0; i < len && !client->watch.dead && !client->ending && !client->to_tls; i++) {
		if (data[i] == '\n') {
			client->line[client->line_len] = '\0';
			client->line_len = 0;
			on_command(client, client->line);
		} else if (client->line_len + 1 < sizeof(client->line)) {
			client->line[client->line_len++] = data[i];
		}
	}
}

static void advance_tls(struct client *client)
{
	char data[LINE_MAX_LEN];
	int n;

	if (!SSL_is_init_finished(client->ssl)) {
		n = SSL_do_handshake(client->ssl);
		take_ciphertext(client);
		flush_out(client);
		if (client->watch.dead || client->closed || client->ending)
			return;
		if (n <= 0 && SSL_get_error(client->ssl, n) != SSL_ERROR_WANT_READ) {
			ERR_clear_error();
			shutdown(client->watch.fd, SHUT_WR);
			client->closed = true;
			return;
		}
		if (n <= 0)
			return;
		if (client->play->at == AT_HANDSHAKE) {
			client->ending = AT_HANDSHAKE;
			flush_out(client);
			return;
		}
	}
	while (!client->watch.dead && (n = SSL_read(client->ssl, data, sizeof(data))) > 0)
		on_octets(client, data, (size_t)n);
	ERR_clear_error();
	if (!client->watch.dead) {
		take_ciphertext(client);
		flush_out(client);
	}
}

static void on_input(struct client *client, const char *data, size_t len)
{
	if (client->to_tls && client->play->at == AT_HELLO) {
		client->ending = AT_HELLO;
		append(&client->out, client->play->alert.data ? client->play->alert.data : "", client->play->alert.len);
		flush_out(client);
		return;
	}
	if (client->to_tls)
		start_tls(client);
	if (client->ssl) {
		BIO_write(SSL_get_rbio(client->ssl), data, (int)len);
		advance_tls(client);
		return;
	}
	on_octets(client, data, len);
}

static void on_client(struct watch *watch, uint32_t events)
{
	struct client *client = (struct client *)watch;
	char data[16384];
	ssize_t n;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
		n = recv(watch->fd, data, sizeof(data), 0);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			faultd_drop(watch, false);
			return;
		}
		if (n > 0 && !client->ending && !client->closed)
			on_input(client, data, (size_t)n);
	}
	if (!watch->dead && (events & EPOLLOUT))
		flush_out(client);
}

static void on_client_tick(struct watch *watch, uint64_t now)
{
	struct client *client = (struct client *)watch;

	if (now - client->born > CLIENT_SECONDS * UINT64_C(1000))
		faultd_drop(watch, true);
	else if ((client->play->piece && client->out.at < client->out.len) || (client->ending && client->play->lag_ms))
		flush_out(client);
}

static void refuse(int fd)
{
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 }, sizeof(struct linger));
	close(fd);
}

static void welcome(int fd, struct host *host, struct smtp_count *count)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client) {
		refuse(fd);
		return;
	}
	client_count++;
	smtp_count_open(count);
	client->host = host;
	client->play = host->play;
	client->count = count;
	client->born = faultd_now();
	client->watch =
		(struct watch){ .fd = fd, .on_event = on_client, .on_tick = on_client_tick, .free = client_free };
	if (!faultd_watch(&client->watch, EPOLLIN)) {
		close(fd);
		client_free(&client->watch);
		return;
	}
	speak(client, AT_GREETING, client->play->greeting, "220 {h} ESMTP\r\n");
}

static void on_accept(struct watch *watch, uint32_t events)
{
	struct sockaddr_in to;
	socklen_t len = sizeof(to);
	int fd;

	(void)events;
	while ((fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		uint32_t address;
		struct host *host;
		struct smtp_count *count;

		getsockname(fd, (struct sockaddr *)&to, &len);
		address = ntohl(to.sin_addr.s_addr);
		host = host_of(address);
		count = smtp_count(address);
		if (host)
			host->taken++;
		if (!host || client_count >= CLIENTS_MAX || (host->play->lives && host->taken > host->play->lives))
			refuse(fd);
		else
			welcome(fd, host, count);
	}
}

static void on_listener_tick(struct watch *watch, uint64_t now)
{
	(void)watch;
	smtp_counts_write(now);
}

static void listen_on(const char *address, uint16_t port, bool writes)
{
	struct watch *listener = calloc(1, sizeof(*listener));

	if (!listener)
		abort();
	*listener = (struct watch){ .fd = faultd_bind(address, port, 4096), .on_event = on_accept };
	if (writes)
		listener->on_tick = on_listener_tick;
	if (!faultd_watch(listener, EPOLLIN))
		abort();
}

void faultd_smtp_start(const char *config, uint16_t port, const char *counts_to)
{
	char text[INET_ADDRSTRLEN];
	bool everywhere = false;

	struct stat info;

	smtp_counts_start(counts_to);
	read_config(config);
	for (size_t i = 0; i < host_count; i++)
		if (stat(hosts[i].pem, &info) == 0 && info.st_size > LARGE_PEM)
			context_of(&hosts[i]);
	for (size_t i = 0; i < host_count; i++)
		everywhere = everywhere || hosts[i].mask != UINT32_MAX;
	for (size_t i = 0; i < host_count && !everywhere; i++) {
		inet_ntop(AF_INET, &(struct in_addr){ htonl(hosts[i].address) }, text, sizeof(text));
		listen_on(text, port, i == 0);
	}
	if (everywhere)
		listen_on("0.0.0.0", port, true);
}
