/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/soak/policy_hosts.c - the soak's policy hosts: policy_hosts CA-FILE
 *
 * Listens on one free port of 127.0.0.1 and the addresses after it, writes its authority's certificate to CA-FILE,
 * prints the port and serves until standard input ends. Each name gets a certificate of its own, made when it is first
 * asked for.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "tests/scanner/tls/test_pki.h"
#include "tests/scanner/tls/tls_peer.h"
#include "tests/soak/hosts.h"

enum {
	ANSWER_MAX = 2048,
	REQUEST_MAX = 4096,
	DRIP_MS = 300,         /* between octets: an answer takes a minute */
	ENDLESS_MAX = 4 << 20, /* octets: 64 times what is read */
	PATIENCE_S = 20,       /* for the scanner to go away */
};

static struct {
	EVP_PKEY *key, *leaf_key;
	X509 *good, *rogue;
	SSL_CTX *context;
	pthread_mutex_t lock; /* certificates have serial numbers */
} authority = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct tls_peer peers[SOAK_HOSTS];

static const struct soak_host *host_of(const struct tls_peer *peer)
{
	return soak_host((unsigned)(peer - peers));
}

static X509 *make_certificate(enum soak_certificate kind, const char *name)
{
	const struct span other = SPAN_LITERAL("www.example.net"), asked = span_of(name);
	struct pki_spec spec = { .common_name = "policy host",
				 .san = kind == CERT_OTHER_NAME ? &other : &asked,
				 .san_count = 1,
				 .issuer = authority.good,
				 .issuer_key = authority.key };
	X509 *certificate;

	if (kind == CERT_EXPIRED) {
		spec.from_s = -90 * PKI_DAY;
		spec.until_s = -PKI_DAY;
	} else if (kind == CERT_SELF_SIGNED) {
		spec.issuer = NULL;
		spec.issuer_key = NULL;
	} else if (kind == CERT_UNTRUSTED) {
		spec.issuer = authority.rogue;
		spec.issuer_key = authority.leaf_key;
	}
	pthread_mutex_lock(&authority.lock);
	certificate = pki_certificate(&spec, authority.leaf_key);
	pthread_mutex_unlock(&authority.lock);
	return certificate;
}

/* OpenSSL's cert_cb: the name is known, a certificate is due. */
static int give_certificate(SSL *ssl, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	const struct tls_peer *peer = SSL_get_app_data(ssl);
	const struct soak_host *host = host_of(peer);
	X509 *certificate;
	int good;

	(void)arg;
	if (!name)
		return 0;
	certificate = make_certificate(host->certificate, name);
	good = SSL_use_certificate(ssl, certificate) == 1 && SSL_use_PrivateKey(ssl, authority.leaf_key) == 1;
	/* the root goes along, so that the chain is whole and only distrusted */
	if (good && host->certificate == CERT_UNTRUSTED)
		good = SSL_add1_chain_cert(ssl, authority.rogue) == 1;
	X509_free(certificate);
	return good;
}

static bool read_request(SSL *ssl)
{
	char request[REQUEST_MAX];
	size_t n = 0;

	while (n < sizeof(request) - 1) {
		const int got = SSL_read(ssl, request + n, (int)(sizeof(request) - 1 - n));

		if (got <= 0)
			return false;
		n += (size_t)got;
		request[n] = '\0';
		if (strstr(request, "\r\n\r\n"))
			return true;
	}
	return false;
}

/* 200 and a policy that fits the domain's MX. */
static int good_answer(const char *host, char out[static ANSWER_MAX])
{
	const char *name = strchr(host, '.') ? strchr(host, '.') + 1 : host;
	char patterns[ANSWER_MAX / 2], body[ANSWER_MAX];
	struct world_domain domain;

	world_look(&WORLD_SHARES_DEFAULT, world_hash(name, strlen(name)), &domain);
	soak_patterns(&domain, name, patterns, sizeof(patterns));
	snprintf(body, sizeof(body), "version: STSv1\nmode: enforce\n%smax_age: 1209600\n", patterns);
	return snprintf(out, ANSWER_MAX, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s",
			strlen(body), body);
}

static void drip(SSL *ssl, const char *answer, int n)
{
	for (int i = 0; i < n && i < PATIENCE_S * 1000 / DRIP_MS; i++) {
		if (SSL_write(ssl, answer + i, 1) != 1)
			return;
		usleep(DRIP_MS * 1000);
	}
}

static void endless(SSL *ssl)
{
	static const char start[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";
	static const char line[] = "x-filler: 0123456789012345678901234567890123456789012345678901234567890123456789\n";

	if (SSL_write(ssl, start, sizeof(start) - 1) <= 0)
		return;
	for (size_t sent = 0; sent < ENDLESS_MAX; sent += sizeof(line) - 1)
		if (SSL_write(ssl, line, sizeof(line) - 1) <= 0)
			return;
}

static void answer(struct tls_peer *peer, SSL *ssl, int fd)
{
	const struct soak_host *host = host_of(peer);
	char out[ANSWER_MAX];
	int n;

	if (host->answer)
		n = snprintf(out, sizeof(out), "%s", host->answer);
	else
		n = good_answer(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name), out);
	if (host->play == PLAY_SILENT_REQUEST)
		tls_peer_wait(peer, fd);
	else if (host->play == PLAY_DRIP)
		drip(ssl, out, n);
	else if (host->play == PLAY_ENDLESS)
		endless(ssl);
	else
		SSL_write(ssl, out, n);
}

static void serve(struct tls_peer *peer, int fd)
{
	SSL *ssl = SSL_new(authority.context);

	if (!ssl)
		return;
	SSL_set_app_data(ssl, peer);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1 && read_request(ssl)) {
		answer(peer, ssl, fd);
		SSL_shutdown(ssl);
	}
	SSL_free(ssl);
	ERR_clear_error();
}

static void play(struct tls_peer *peer, int fd)
{
	static const uint8_t unrecognized_name[] = { 0x15, 3, 3, 0, 2, 2, 0x70 };
	char hello[2048];

	switch (host_of(peer)->play) {
	case PLAY_RESET:
		tls_peer_reset(fd);
		break;
	case PLAY_SILENT:
		tls_peer_wait(peer, fd);
		break;
	case PLAY_ALERT:
		if (recv(fd, hello, sizeof(hello), 0) > 0)
			send(fd, unrecognized_name, sizeof(unrecognized_name), MSG_NOSIGNAL);
		break;
	default:
		serve(peer, fd);
	}
}

static bool prepare(const char *ca_file)
{
	struct pki_spec spec = { .common_name = "Soak Root", .ca = true };
	FILE *file = fopen(ca_file, "w");
	bool good;

	authority.key = pki_key();
	authority.leaf_key = pki_key();
	authority.good = pki_certificate(&spec, authority.key);
	spec.common_name = "Somebody's Root";
	authority.rogue = pki_certificate(&spec, authority.leaf_key);
	authority.context = SSL_CTX_new(TLS_server_method());
	good = file && authority.context && PEM_write_X509(file, authority.good) == 1;
	if (file && fclose(file) != 0)
		good = false;
	if (!good)
		return false;
	SSL_CTX_set_mode(authority.context, SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_session_cache_mode(authority.context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_cert_cb(authority.context, give_certificate, NULL);
	return true;
}

int main(int argc, char **argv)
{
	const struct tls_peer_plan plan = { .bare = play };
	uint16_t port = 0;
	char octet;

	if (argc != 2 || !prepare(argv[1])) {
		fprintf(stderr, "usage: policy_hosts CA-FILE\n");
		return 2;
	}
	for (unsigned i = 0; i < SOAK_HOSTS; i++) {
		char address[INET_ADDRSTRLEN];

		snprintf(address, sizeof(address), "127.0.0.%u", i + 1);
		if (soak_host(i)->play == PLAY_ABSENT)
			continue;
		tls_peer_start(&peers[i], &plan, address, port);
		port = peers[i].port;
	}
	printf("%u\n", port);
	fflush(stdout);
	while (read(STDIN_FILENO, &octet, 1) > 0)
		continue;
	return 0; /* the process ends, and with it whoever still waits */
}
