/* SPDX-License-Identifier: BSD-2-Clause */
/* smtp_loop PORT CA_FILE COUNT - the least that a probe of an MX host costs: a blocking loop over sockets and OpenSSL,
 * one after the other, with the dialogue and the facts of scanner/smtp and nothing of its code.
 *
 * One SSL_CTX; greeting, EHLO, STARTTLS, handshake with SNI, the chain verified with every error noted, QUIT. Of each
 * certificate: SHA-256 of it and of its key, names, issuer, dates, serial, key, signature. Of the handshake: version,
 * cipher, group.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "tests/bench/usage.h"

#define HOST "mx.example.test"

enum { CHAIN = 10, ERRORS = 16, TEXT = 128, REPLY = 2048 };

struct certificate {
	unsigned char sha256[32], spki_sha256[32];
	char common_name[TEXT], issuer[TEXT], name[TEXT], serial[32], key[TEXT], signature[TEXT];
	time_t not_before, not_after;
	int bits;
	bool self_issued;
};

struct facts {
	struct certificate chain[CHAIN];
	int chain_count, error[ERRORS], depth[ERRORS], error_count;
	bool named;
	int version;
	char cipher[TEXT], group[TEXT], greeting[REPLY], ehlo[REPLY], starttls[REPLY], quit[REPLY];
};

static EVP_MD *sha256;

static void copy(char *to, size_t size, const void *from, size_t n)
{
	n = n < size - 1 ? n : size - 1;
	memcpy(to, from, n);
	to[n] = '\0';
}

static time_t seconds_of(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) == 1 ? timegm(&tm) : 0;
}

static void keep_names(struct facts *facts, X509 *x509, struct certificate *kept, bool leaf)
{
	GENERAL_NAMES *san = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(san); i++) {
		const GENERAL_NAME *general = sk_GENERAL_NAME_value(san, i);

		if (general->type != GEN_DNS)
			continue;
		copy(kept->name, TEXT, ASN1_STRING_get0_data(general->d.dNSName),
		     (size_t)ASN1_STRING_length(general->d.dNSName));
		facts->named |= leaf && strcasecmp(kept->name, HOST) == 0;
	}
	GENERAL_NAMES_free(san);
}

static void keep_key(X509 *x509, struct certificate *kept)
{
	EVP_PKEY *key = X509_get0_pubkey(x509);
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
	size_t size;

	EVP_Digest(der, (size_t)n, kept->spki_sha256, NULL, sha256, NULL);
	OPENSSL_free(der);
	EVP_PKEY_get_group_name(key, kept->key, TEXT, &size);
	kept->bits = EVP_PKEY_get_bits(key);
}

static void keep(struct facts *facts, X509 *x509, struct certificate *kept, bool leaf)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;

	X509_digest(x509, sha256, kept->sha256, NULL);
	X509_NAME_get_text_by_NID(X509_get_subject_name(x509), NID_commonName, kept->common_name, TEXT);
	X509_NAME_print_ex(bio, X509_get_issuer_name(x509), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
	n = BIO_get_mem_data(bio, &text);
	copy(kept->issuer, TEXT, text, (size_t)n);
	BIO_free(bio);
	kept->not_before = seconds_of(X509_get0_notBefore(x509));
	kept->not_after = seconds_of(X509_get0_notAfter(x509));
	keep_names(facts, x509, kept, leaf);
	keep_key(x509, kept);
	copy(kept->serial, sizeof(kept->serial), ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
	copy(kept->signature, TEXT, OBJ_nid2sn(X509_get_signature_nid(x509)),
	     strlen(OBJ_nid2sn(X509_get_signature_nid(x509))));
	kept->self_issued = X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) == 0;
}

static int on_error(int ok, X509_STORE_CTX *ctx)
{
	struct facts *facts = X509_STORE_CTX_get_app_data(ctx);

	if (!ok && facts->error_count < ERRORS) {
		facts->error[facts->error_count] = X509_STORE_CTX_get_error(ctx);
		facts->depth[facts->error_count++] = X509_STORE_CTX_get_error_depth(ctx);
	}
	return 1;
}

static int on_chain(X509_STORE_CTX *ctx, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct facts *facts = SSL_get_app_data(ssl);
	STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(ctx);

	(void)arg;
	for (int i = 0; i < sk_X509_num(sent) && i < CHAIN; i++)
		keep(facts, sk_X509_value(sent, i), &facts->chain[facts->chain_count++], i == 0);
	X509_STORE_CTX_set_app_data(ctx, facts);
	X509_STORE_CTX_set_verify_cb(ctx, on_error);
	X509_verify_cert(ctx);
	return 1;
}

/* A whole reply; false: none. */
static bool hear(int fd, SSL *ssl, char reply[static REPLY])
{
	size_t n = 0;

	for (;;) {
		ssize_t got = ssl ? SSL_read(ssl, reply + n, (int)(REPLY - 1 - n)) : read(fd, reply + n, REPLY - 1 - n);
		const char *line = reply, *end;

		if (got <= 0)
			return false;
		n += (size_t)got;
		reply[n] = '\0';
		while ((end = strstr(line, "\r\n"))) {
			if (line[3] == ' ')
				return true;
			line = end + 2;
		}
	}
}

static bool ask(int fd, const char *command, char reply[static REPLY])
{
	return write(fd, command, strlen(command)) > 0 && hear(fd, NULL, reply);
}

static bool secure(int fd, SSL_CTX *ctx, struct facts *facts)
{
	SSL *ssl = SSL_new(ctx);
	bool good;

	SSL_set_fd(ssl, fd);
	SSL_set_app_data(ssl, facts);
	SSL_set_tlsext_host_name(ssl, HOST);
	good = SSL_connect(ssl) == 1;
	if (good) {
		const char *cipher = SSL_get_cipher_name(ssl);
		const char *group = SSL_group_to_name(ssl, (int)SSL_get_negotiated_group(ssl));

		facts->version = SSL_version(ssl);
		copy(facts->cipher, TEXT, cipher, strlen(cipher));
		copy(facts->group, TEXT, group ? group : "", group ? strlen(group) : 0);
		good = SSL_write(ssl, "QUIT\r\n", 6) == 6 && hear(fd, ssl, facts->quit);
	}
	SSL_free(ssl);
	return good;
}

static bool probe(SSL_CTX *ctx, const struct sockaddr_in *to, struct facts *facts)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good;
	int on = 1;

	memset(facts, 0, sizeof(*facts));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* or QUIT waits for what goes before it */
	good = connect(fd, (const struct sockaddr *)to, sizeof(*to)) == 0 && hear(fd, NULL, facts->greeting) &&
	       ask(fd, "EHLO bench.example.test\r\n", facts->ehlo) && strstr(facts->ehlo, "STARTTLS") &&
	       ask(fd, "STARTTLS\r\n", facts->starttls) && secure(fd, ctx, facts);
	close(fd);
	return good && facts->named && facts->error_count == 0 && facts->chain_count == 2;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	unsigned long count = argc > 3 ? strtoul(argv[3], NULL, 10) : 0, good = 0;
	struct facts *facts = calloc(1, sizeof(*facts));
	double start;

	if (count == 0 || !facts || SSL_CTX_load_verify_file(ctx, argv[2]) != 1) {
		fprintf(stderr, "usage: smtp_loop PORT CA_FILE COUNT\n");
		return 1;
	}
	to.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, on_chain, NULL);
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	start = usage_cpu_s();
	for (unsigned long i = 0; i < count; i++)
		good += probe(ctx, &to, facts);
	printf("good=%lu\ncpu_ms=%.3f\n", good, (usage_cpu_s() - start) * 1e3 / (double)count);
	return good == count ? 0 : 1;
}
