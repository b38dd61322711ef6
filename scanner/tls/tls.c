#include "scanner/tls/tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "parsers/domain.h"
#include "scanner/base/counted_alloc.h"

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

/* ---- facts of one certificate ---- */

static struct span asn1_span(const ASN1_STRING *string)
{
	return (struct span){ (const char *)ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string) };
}

static struct span keep_span(struct tls_watch *watch, struct span s)
{
	struct span copy = arena_copy(watch->arena, s);

	if (!copy.p) {
		watch->no_memory = true;
		copy.p = "";
	}
	return copy;
}

static struct span keep_text(struct tls_watch *watch, struct span s)
{
	if (s.n > TLS_TEXT_MAX)
		s.n = TLS_TEXT_MAX;
	return keep_span(watch, s);
}

/* The last CN is the most specific one (RFC 6125 6.4.4); evidence for a person, never compared. */
static struct span common_name(struct tls_watch *watch, const X509 *x509)
{
	const X509_NAME *subject = X509_get_subject_name(x509);
	struct span kept = SPAN_LITERAL("");
	unsigned char *utf8 = NULL;
	int at = -1, next, n;

	while ((next = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0)
		at = next;
	if (at < 0)
		return kept;
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	if (n >= 0)
		kept = keep_text(watch, (struct span){ (const char *)utf8, (size_t)n });
	OPENSSL_free(utf8);
	return kept;
}

static struct span issuer(struct tls_watch *watch, const X509 *x509)
{
	struct span kept = SPAN_LITERAL("");
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;

	if (!bio) {
		watch->no_memory = true;
		return kept;
	}
	/* RFC 2253 without its escaping of octets above 127: the file is UTF-8. */
	X509_NAME_print_ex(bio, X509_get_issuer_name(x509), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
	n = BIO_get_mem_data(bio, &text);
	if (n > 0)
		kept = keep_text(watch, (struct span){ text, (size_t)n });
	BIO_free(bio);
	return kept;
}

static int64_t unix_time(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/* Keep the dNSNames of @san as sent. Beyond the cap they are counted; a leaf's name that matches the host
 * takes the last place then, so that the evidence for the match is never what is dropped. */
static void keep_names(struct tls_watch *watch, const GENERAL_NAMES *san, bool leaf,
		       struct obs_certificate *certificate)
{
	int count = sk_GENERAL_NAME_num(san);
	size_t max = count < OBS_CERT_NAMES_MAX ? (size_t)(count > 0 ? count : 0) : OBS_CERT_NAMES_MAX;
	struct span *names = arena_alloc(watch->arena, max * sizeof(*names) + 1);
	size_t kept = 0;

	if (!names) {
		watch->no_memory = true;
		return;
	}
	for (int i = 0; i < count; i++) {
		const GENERAL_NAME *general = sk_GENERAL_NAME_value(san, i);
		struct span name;
		bool match;

		if (general->type != GEN_DNS)
			continue;
		name = asn1_span(general->d.dNSName);
		match = leaf && !watch->named && domain_matches(name, watch->host);
		watch->named |= match;
		if (kept < max)
			names[kept++] = keep_span(watch, name);
		else if (match)
			names[max - 1] = keep_span(watch, name);
		certificate->name_count++;
	}
	certificate->name_omitted = certificate->name_count - kept;
	certificate->name_count = kept;
	certificate->name = names;
}

static void keep_certificate(struct tls_watch *watch, const X509 *x509, bool leaf, struct obs_certificate *certificate)
{
	GENERAL_NAMES *san;

	X509_digest(x509, watch->store->sha256, certificate->sha256, NULL);
	certificate->common_name = common_name(watch, x509);
	certificate->issuer = issuer(watch, x509);
	certificate->not_before = unix_time(X509_get0_notBefore(x509));
	certificate->not_after = unix_time(X509_get0_notAfter(x509));
	san = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	if (san)
		keep_names(watch, san, leaf, certificate);
	GENERAL_NAMES_free(san);
}

/* ---- the chain ---- */

static void keep_chain(struct tls_watch *watch, const STACK_OF(X509) * sent)
{
	size_t count = sk_X509_num(sent) > 0 ? (size_t)sk_X509_num(sent) : 0;
	size_t max = count < OBS_CHAIN_MAX ? count : OBS_CHAIN_MAX;
	struct obs_certificate *chain = arena_alloc(watch->arena, max * sizeof(*chain) + 1);

	if (!chain) {
		watch->no_memory = true;
		return;
	}
	for (size_t i = 0; i < max; i++)
		keep_certificate(watch, sk_X509_value(sent, (int)i), i == 0, &chain[i]);
	watch->tls->chain = chain;
	watch->tls->chain_count = max;
	watch->tls->chain_omitted = count - max;
}

static void keep_error(struct tls_watch *watch, int code, int depth)
{
	struct obs_tls *tls = watch->tls;
	struct obs_verify_error *errors = (struct obs_verify_error *)tls->error; /* ours until the handshake ends */

	if (code == X509_V_ERR_OUT_OF_MEM) { /* about us, not about the chain */
		watch->no_memory = true;
		return;
	}
	for (size_t i = 0; i < tls->error_count; i++) {
		if (errors[i].code == code && errors[i].depth == depth)
			return;
	}
	if (!errors) {
		errors = arena_alloc(watch->arena, OBS_VERIFY_ERRORS_MAX * sizeof(*errors));
		watch->no_memory |= !errors;
		tls->error = errors;
	}
	if (!errors || tls->error_count == OBS_VERIFY_ERRORS_MAX)
		return;
	errors[tls->error_count++] = (struct obs_verify_error){
		.code = (uint16_t)code,
		.depth = (uint8_t)(depth < 0           ? 0
				   : depth > UINT8_MAX ? UINT8_MAX
						       : depth),
	};
}

/* OpenSSL asks after each failed check whether to go on: always. */
static int on_verify_error(int ok, X509_STORE_CTX *ctx)
{
	if (!ok)
		keep_error(X509_STORE_CTX_get_app_data(ctx), X509_STORE_CTX_get_error(ctx),
			   X509_STORE_CTX_get_error_depth(ctx));
	return 1;
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

	(void)arg;
	keep_chain(watch, X509_STORE_CTX_get0_untrusted(ctx));
	X509_STORE_CTX_set_app_data(ctx, watch);
	X509_STORE_CTX_set_verify_cb(ctx, on_verify_error);
	X509_STORE_CTX_set_depth(ctx, OBS_CHAIN_MAX); /* a chain of a hundred costs a hundred signatures */
	if (X509_verify_cert(ctx) != 1) {
		int code = X509_STORE_CTX_get_error(ctx);

		keep_error(watch, code == X509_V_OK ? X509_V_ERR_UNSPECIFIED : code,
			   X509_STORE_CTX_get_error_depth(ctx));
	}
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

static void on_info(const SSL *ssl, int where, int value)
{
	struct tls_watch *watch = watch_of(ssl);
	uint64_t octets;

	if (where == SSL_CB_READ_ALERT && (value & 0xff) == SSL_AD_CLOSE_NOTIFY)
		watch->closed = true;
	if (watch->done)
		return;
	octets = BIO_number_read(SSL_get_rbio(ssl));
	if (octets > watch->octets)
		watch->octets = octets;
	if (is_version_alert(watch, where, value))
		watch->version_refused = true;
	if (where == SSL_CB_HANDSHAKE_DONE) {
		watch->done = true;
		watch->tls->version = version_of(SSL_version(ssl));
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

SSL_CTX *tls_client_context(const struct tls_store *store, bool old)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx)
		return NULL;
	prepare(ctx, store);
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
