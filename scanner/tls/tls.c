/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/tls/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "scanner/base/counted_alloc.h"
#include "scanner/tls/certificate.h"
#include "scanner/tls/verify.h"

/* ---- OpenSSL's memory ---- */

static void *allocate(size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return counted_malloc(size);
}

static void *reallocate(void *block, size_t size, const char *file, int line)
{
	(void)file, (void)line;
	return counted_realloc(block, size);
}

static void release(void *block, const char *file, int line)
{
	(void)file, (void)line;
	free(block);
}

/* OpenSSL takes them before its first allocation alone: before main. */
__attribute__((constructor)) static void count_memory(void)
{
	if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1)
		abort(); /* what memory fails would be told as the other side's */
}

/* Where an SSL holds its watch: libcurl has the usual place, that of SSL_set_app_data. */
static int watch_slot = -1;

/* OpenSSL's own rules about what is secure; the same for every context. */
static int (*usual_security)(const SSL *ssl, const SSL_CTX *ctx, int what, int bits, int nid, void *key, void *arg);

/* What OpenSSL makes once, at its first use, is never made again where memory fails just then: so it is made now, by
 * the first message of a handshake with nobody. */
static bool warm_library(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = ctx ? SSL_new(ctx) : NULL;
	BIO *nobody = BIO_new(BIO_s_mem());
	unsigned before = counted_alloc_failures();
	bool good;

	if (watch_slot < 0)
		watch_slot = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	if (ctx)
		usual_security = SSL_CTX_get_security_callback(ctx);
	good = ssl && nobody && watch_slot >= 0 && SSL_get_ex_data_X509_STORE_CTX_idx() >= 0;
	if (good) {
		SSL_set_bio(ssl, nobody, nobody);
		SSL_connect(ssl);
	} else {
		BIO_free(nobody);
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	ERR_clear_error();
	return good && counted_alloc_failures() == before;
}

struct tls_store {
	X509_STORE *x509;
	EVP_MD *sha256; /* fetched once: a fetch by name costs as much as hashing a certificate */
};

/* ---- the store ---- */

static const char system_bundle[] = "/etc/ssl/certs/ca-certificates.crt"; /* of Debian's ca-certificates */

/* OpenSSL caches a certificate's extensions at first use, under a lock: use every anchor once, now. */
static size_t warm(X509_STORE *x509)
{
	STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(x509);
	size_t anchors = 0;

	for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
		X509 *anchor = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));

		if (anchor) {
			X509_check_purpose(anchor, -1, 0);
			anchors++;
		}
	}
	return anchors;
}

int tls_store_open(struct tls_store **store, const char *ca_file, struct error *error)
{
	const char *path = ca_file ? ca_file : system_bundle;
	struct tls_store *s = *store = calloc(1, sizeof(*s));
	unsigned before = counted_alloc_failures();

	if (s) {
		s->x509 = X509_STORE_new();
		s->sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	}
	if (!s || !s->x509 || !s->sha256 || !warm_library())
		error_set(error, "%s: no memory for the trust store", path);
	else if (!ca_file && access(path, R_OK) != 0)
		error_set(error, "no trust store found: install ca-certificates or give --ca-file");
	else if (access(path, R_OK) != 0)
		error_set(error, "%s: %s: --ca-file needs a readable PEM file", path, strerror(errno));
	else if ((X509_STORE_load_file(s->x509, path) != 1 || warm(s->x509) == 0) && counted_alloc_failures() == before)
		error_set(error, "%s: no certificates in PEM form, or a damaged one: give a bundle with --ca-file",
			  path);
	else if (counted_alloc_failures() != before) /* anchors may be missing */
		error_set(error, "%s: no memory for the trust store", path);
	else
		return 0;
	tls_store_free(s);
	*store = NULL;
	ERR_clear_error();
	return -1;
}

void tls_store_free(struct tls_store *store)
{
	if (!store)
		return;
	X509_STORE_free(store->x509);
	EVP_MD_free(store->sha256);
	free(store);
}

/* ---- the chain ---- */

static struct certificate_keeper keeper_of(const struct tls_watch *watch)
{
	return (struct certificate_keeper){
		.arena = watch->arena, .sha256 = watch->store->sha256, .host = watch->host, .keep_der = watch->keep_der
	};
}

static void keep_chain(struct tls_watch *watch, const STACK_OF(X509) * sent)
{
	struct certificate_keeper keeper = keeper_of(watch);
	size_t count = sk_X509_num(sent) > 0 ? (size_t)sk_X509_num(sent) : 0;
	size_t max = count < OBS_CHAIN_MAX ? count : OBS_CHAIN_MAX;
	struct obs_certificate *chain = arena_alloc(watch->arena, max * sizeof(*chain) + 1);

	if (!chain) {
		watch->no_memory = true;
		return;
	}
	for (size_t i = 0; i < max; i++)
		certificate_keep(&keeper, sk_X509_value(sent, (int)i), i == 0, &chain[i]);
	watch->named = keeper.named;
	watch->no_memory |= keeper.no_memory;
	watch->tls->chain = chain;
	watch->tls->chain_count = max;
	watch->tls->chain_omitted = count - max;
}

static struct tls_watch *watch_of(const SSL *ssl)
{
	struct tls_watch *watch = SSL_get_ex_data(ssl, watch_slot);

	return watch ? watch : SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

/* Takes the place of libssl's own verification; called once, when the whole chain has arrived. */
static int on_chain(X509_STORE_CTX *ctx, void *arg)
{
	struct tls_watch *watch = watch_of(X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx()));
	struct verify_errors errors = { .arena = watch->arena };

	(void)arg;
	keep_chain(watch, X509_STORE_CTX_get0_untrusted(ctx));
	verify_all(ctx, &errors);
	watch->tls->error = errors.error;
	watch->tls->error_count = errors.count;
	watch->no_memory |= errors.no_memory;
	return 1;
}

/* ---- the handshake ---- */

_Static_assert(TLS_1_3 - TLS_1_0 == TLS1_3_VERSION - TLS1_VERSION, "the same order, without gaps");

static enum tls_version version_of(int wire)
{
	if (wire < SSL3_VERSION || wire > TLS1_3_VERSION)
		return TLS_NONE;
	return wire == SSL3_VERSION ? TLS_1_0 /* older than the oldest we tell apart */
				    : TLS_1_0 + (wire - TLS1_VERSION);
}

/* Whatever the peer still sends, nobody reads it: at its next read OpenSSL meets the end of the connection. */
static void cut_off(struct tls_watch *watch, SSL *ssl)
{
	BIO *end = BIO_new(BIO_s_null());

	watch->cut = true;
	if (!watch->done)
		watch->octets = watch->record_octets; /* those of the end are none */
	if (end)
		SSL_set0_rbio(ssl, end);
}

/* OpenSSL drops the version of a ServerHello it refuses; that version is the finding. */
static void on_message(int sent, int version, int type, const void *data, size_t n, SSL *ssl, void *arg)
{
	struct tls_watch *watch = watch_of(ssl);
	const uint8_t *octet = data;

	(void)version, (void)arg;
	if (sent)
		return;
	/* RFC 8446 5.1: type (1), version (2), length (2) */
	if (type == SSL3_RT_HEADER && n >= 5)
		watch->record_octets += n + (uint64_t)(octet[3] << 8 | octet[4]);
	watch->messages += type == SSL3_RT_HANDSHAKE;
	if (watch->record_octets > TLS_OCTETS_MAX || watch->messages > TLS_MESSAGES_MAX)
		cut_off(watch, ssl); /* tickets, key updates and hello requests are handled without any return to us */
	/* RFC 5246 7.4.1.3: type (1), length (3), server_version (2) */
	if (type == SSL3_RT_HANDSHAKE && n >= 6 && octet[0] == SSL3_MT_SERVER_HELLO && !watch->done)
		watch->tls->version = version_of(octet[4] << 8 | octet[5]);
}

/* OpenSSL sends this alert also to who speaks no TLS at all. */
static bool is_version_alert(const struct tls_watch *watch, int where, int value)
{
	bool older = watch->tls->version == TLS_1_0 || watch->tls->version == TLS_1_1;

	return (value & 0xff) == SSL_AD_PROTOCOL_VERSION &&
	       (where == SSL_CB_READ_ALERT || (where == SSL_CB_WRITE_ALERT && older));
}

/* What was agreed on. TLS 1.2 without (EC)DHE, and DHE, have no group that has a name. */
static void keep_algorithms(struct tls_watch *watch, SSL *ssl)
{
	struct certificate_keeper keeper = keeper_of(watch);
	int nid = (int)SSL_get_negotiated_group(ssl);
	const char *group = nid > 0 ? SSL_group_to_name(ssl, nid) : NULL;

	watch->tls->cipher = certificate_keep_text(&keeper, span_of(SSL_get_cipher_name(ssl)));
	if (group)
		watch->tls->group = certificate_keep_text(&keeper, span_of(group));
	watch->no_memory |= keeper.no_memory;
}

static void on_info(const SSL *ssl, int where, int value)
{
	struct tls_watch *watch = watch_of(ssl);
	uint64_t octets;

	if (where == SSL_CB_READ_ALERT && (value & 0xff) == SSL_AD_CLOSE_NOTIFY)
		watch->closed = true;
	if (watch->done) {
		if (where == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL)
			watch->late_alert = (uint8_t)(value & 0xff);
		return;
	}
	octets = BIO_number_read(SSL_get_rbio(ssl));
	if (octets > watch->octets)
		watch->octets = octets;
	if (is_version_alert(watch, where, value))
		watch->version_refused = true;
	if (where == SSL_CB_HANDSHAKE_DONE) {
		watch->done = true;
		watch->tls->version = version_of(SSL_version(ssl));
		keep_algorithms(watch, (SSL *)ssl); /* of libssl's questions, some have not learnt const */
	} else if (where == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL) {
		watch->tls->alerted = true;
		watch->tls->alert = (uint8_t)(value & 0xff);
	}
}

/* OpenSSL's own rules, and one about what a handshake may cost. */
static int on_security(const SSL *ssl, const SSL_CTX *ctx, int what, int bits, int nid, void *key, void *arg)
{
	if (what == SSL_SECOP_TMP_DH && key && EVP_PKEY_get_bits(key) > TLS_DH_BITS_MAX)
		return 0;
	return usual_security(ssl, ctx, what, bits, nid, key, arg);
}

static void prepare(SSL_CTX *ctx, const struct tls_store *store)
{
	SSL_CTX_set_security_callback(ctx, on_security);
	SSL_CTX_set1_cert_store(ctx, store->x509);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, on_chain, NULL);
	SSL_CTX_set_max_cert_list(ctx, TLS_CHAIN_OCTETS_MAX);
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION); /* RFC 8461 7.2 */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_info_callback(ctx, on_info);
	SSL_CTX_set_msg_callback(ctx, on_message);
}

/* Debian's OpenSSL asks for 112 bits (level 2), senders that authenticate an MX for 80: Postfix says level 1 itself,
 * GnuTLS (Exim) and Go take RSA keys of 1024 bits, too. What level 1 refuses, such as SHA-1, they refuse. */
enum { AUTHENTICATED_LEVEL = 1 };

SSL_CTX *tls_client_context(const struct tls_store *store, bool old)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx || SSL_CTX_dane_enable(ctx) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	prepare(ctx, store);
	SSL_CTX_set_security_level(ctx, AUTHENTICATED_LEVEL);
	if (old) {
		SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
		SSL_CTX_set_security_level(ctx, 0); /* their hashes are MD5 and SHA-1, which level 1 refuses */
		SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT); /* many are older than RFC 5746, too */
	}
	return ctx;
}

int tls_watch_put(struct tls_watch *watch, SSL *ssl)
{
	return SSL_set_ex_data(ssl, watch_slot, watch) == 1 ? 0 : -1;
}

int tls_watch_start(struct tls_watch *watch, SSL_CTX *ctx)
{
	if (SSL_CTX_set_app_data(ctx, watch) != 1)
		return -1;
	prepare(ctx, watch->store);
	return 0;
}

const char *tls_library_version(void)
{
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}
