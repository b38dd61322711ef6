/* SPDX-License-Identifier: BSD-2-Clause */
/* What a watched handshake tells, where many share one SSL_CTX as probes of MX hosts do, and what it may cost. The
 * judging of chains and names: tests/scanner/https/test_net_curl_tls.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "scanner/tls/certificate.h"
#include "scanner/tls/tls.h"
#include "tests/scanner/tls/handshake.h"
#include "tests/scanner/tls/test_pki.h"

#define ONE "mx1.example.test"
#define TWO "mx2.example.test"

static EVP_PKEY *ca_key, *key, *rsa;
static X509 *root, *middle, *leaf_one, *leaf_two, *leaf_rsa, *leaf_large;
static struct tls_store *store;
static SSL_CTX *context, *old_context;

static X509 *leaf_of(const char *name, EVP_PKEY *its_key, size_t padding)
{
	struct span san = span_of(name);

	return pki_certificate(&(struct pki_spec){ .common_name = name,
						   .san = &san,
						   .san_count = 1,
						   .issuer = middle,
						   .issuer_key = key,
						   .padding = padding },
			       its_key);
}

static int set_up(void **state)
{

	(void)state;
	ca_key = pki_key();
	key = pki_key();
	rsa = EVP_RSA_gen(2048);
	root = pki_certificate(&(struct pki_spec){ .common_name = "Test Root", .ca = true }, ca_key);
	middle = pki_certificate(
		&(struct pki_spec){ .common_name = "Middle", .ca = true, .issuer = root, .issuer_key = ca_key }, key);
	leaf_one = leaf_of(ONE, key, 0);
	leaf_two = leaf_of(TWO, key, 0);
	leaf_rsa = leaf_of(ONE, rsa, 0);
	leaf_large = leaf_of(ONE, key, TLS_CHAIN_OCTETS_MAX);
	store = pki_store(root);
	context = tls_client_context(store, false);
	old_context = tls_client_context(store, true);
	assert_true(context && old_context);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	SSL_CTX_free(context);
	SSL_CTX_free(old_context);
	tls_store_free(store);
	X509_free(root);
	X509_free(middle);
	X509_free(leaf_one);
	X509_free(leaf_two);
	X509_free(leaf_rsa);
	X509_free(leaf_large);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(key);
	EVP_PKEY_free(rsa);
	return 0;
}

/* A handshake, its watch, and what it found. */
struct look {
	struct handshake handshake;
	struct tls_watch watch;
	struct arena arena;
	struct obs_tls tls;
};

static void look_init(struct look *look, const struct handshake_server *server, SSL_CTX *ctx, const char *host)
{
	*look = (struct look){ 0 };
	look->watch =
		(struct tls_watch){ .store = store, .host = span_of(host), .arena = &look->arena, .tls = &look->tls };
	handshake_init(&look->handshake, server, ctx);
	assert_int_equal(tls_watch_put(&look->watch, look->handshake.client), 0);
}

static void look_fini(struct look *look)
{
	handshake_fini(&look->handshake);
	arena_fini(&look->arena);
}

static void handshakes_of_one_context_are_kept_apart(void **state)
{
	const struct handshake_server one = { .chain = { leaf_one, middle }, .key = key };
	const struct handshake_server two = { .chain = { leaf_two }, .key = key, .max_version = TLS1_2_VERSION };
	struct look a, b;
	bool a_done = false, b_done = false;

	(void)state;
	look_init(&a, &one, context, ONE);
	look_init(&b, &two, context, TWO);
	for (int i = 0; i < 20 && !(a_done && b_done); i++) {
		a_done = handshake_step(&a.handshake);
		b_done = handshake_step(&b.handshake);
	}
	assert_true(a_done && b_done);
	assert_true(tls_watch_verified(&a.watch));
	assert_int_equal(a.tls.version, TLS_1_3);
	assert_int_equal(a.tls.chain_count, 2);
	assert_true(span_equal(a.tls.chain[0].common_name, span_of(ONE)));
	assert_true(b.watch.named && !tls_watch_verified(&b.watch));
	assert_int_equal(b.tls.version, TLS_1_2);
	assert_int_equal(b.tls.chain_count, 1);
	assert_true(span_equal(b.tls.chain[0].common_name, span_of(TWO)));
	assert_int_equal(b.tls.error[0].code, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
	look_fini(&a);
	look_fini(&b);
}

/* ---- facts ---- */

static EVP_PKEY *pss_key(void)
{
	EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *made = NULL;

	assert_int_equal(EVP_PKEY_keygen_init(make), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(make, 1024), 1);
	assert_int_equal(EVP_PKEY_keygen(make, &made), 1);
	EVP_PKEY_CTX_free(make);
	return made;
}

static EVP_PKEY *rsa_again(void)
{
	EVP_PKEY_up_ref(rsa);
	return rsa;
}

static void keys_have_their_names_and_sizes(void **state)
{
	const struct {
		EVP_PKEY *key;
		const char *type;
		unsigned bits;
	} cases[] = {
		{ EVP_EC_gen("P-256"), "EC:prime256v1", 256 },
		{ EVP_EC_gen("P-384"), "EC:secp384r1", 384 },
		{ rsa_again(), "RSA", 2048 },
		{ EVP_RSA_gen(1024), "RSA", 1024 },
		{ pss_key(), "RSA-PSS", 1024 },
		{ EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "ED25519", 256 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		X509 *x509 = leaf_of(ONE, cases[i].key, 0);
		struct arena arena = { 0 };
		struct certificate_keeper keeper = { .arena = &arena, .sha256 = EVP_sha256(), .host = span_of(ONE) };
		struct obs_certificate got = { 0 };
		unsigned char *spki = NULL, want[32];
		int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &spki);

		certificate_keep(&keeper, x509, true, &got);
		assert_true(keeper.named && !keeper.no_memory && got.spki_known && !got.self_issued);
		if (!span_equal(got.key_type, span_of(cases[i].type)) || got.key_bits != cases[i].bits)
			fail_msg("%s: %.*s, %u bits", cases[i].type, (int)got.key_type.n, got.key_type.p, got.key_bits);
		assert_true(span_equal(got.signature, SPAN_LITERAL("ecdsa-with-SHA256")));
		EVP_Digest(spki, (size_t)n, want, NULL, EVP_sha256(), NULL);
		assert_memory_equal(got.spki_sha256, want, sizeof(want));
		assert_null(got.der.p);
		OPENSSL_free(spki);
		arena_fini(&arena);
		X509_free(x509);
		EVP_PKEY_free(cases[i].key);
	}
}

/* @x509 with each @from of its DER made @to; as long. */
static X509 *altered(X509 *x509, struct span from, struct span to)
{
	unsigned char *der = NULL;
	const unsigned char *p;
	size_t n = (size_t)i2d_X509(x509, &der);

	for (size_t i = 0; i + from.n <= n; i++)
		if (memcmp(der + i, from.p, from.n) == 0)
			memcpy(der + i, to.p, to.n);
	p = der;
	x509 = d2i_X509(NULL, &p, (long)n);
	OPENSSL_free(der);
	assert_non_null(x509);
	return x509;
}

/* OpenSSL knows neither: what is left are the numbers. */
static void unknown_algorithms_keep_their_numbers(void **state)
{
	/* 1.2.840.113549.1.1.1 rsaEncryption, 1.2.840.10045.4.3.2 ecdsa-with-SHA256 */
	static const struct span rsa_oid = SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01");
	static const struct span no_key = SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x7f");
	static const struct span sign_oid = SPAN_LITERAL("\x2a\x86\x48\xce\x3d\x04\x03\x02");
	static const struct span no_sign = SPAN_LITERAL("\x2a\x86\x48\xce\x3d\x04\x03\x7f");
	X509 *half = altered(leaf_rsa, rsa_oid, no_key), *x509 = altered(half, sign_oid, no_sign);
	struct arena arena = { 0 };
	struct certificate_keeper keeper = { .arena = &arena, .sha256 = EVP_sha256() };
	struct obs_certificate got = { 0 };

	(void)state;
	certificate_keep(&keeper, x509, true, &got);
	assert_true(got.spki_known && !keeper.no_memory);
	assert_true(span_equal(got.key_type, SPAN_LITERAL("1.2.840.113549.1.1.127")));
	assert_int_equal(got.key_bits, 0);
	assert_true(span_equal(got.signature, SPAN_LITERAL("1.2.840.10045.4.3.127")));
	arena_fini(&arena);
	X509_free(half);
	X509_free(x509);
}

static void a_certificate_is_kept_whole_up_to_its_limit(void **state)
{
	const struct {
		X509 *x509;
		bool kept;
	} cases[] = { { leaf_one, true }, { root, true }, { leaf_large, false } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena arena = { 0 };
		struct certificate_keeper keeper = { .arena = &arena, .sha256 = EVP_sha256(), .keep_der = true };
		struct obs_certificate got = { 0 };
		unsigned char *der = NULL;
		int n = i2d_X509(cases[i].x509, &der);

		certificate_keep(&keeper, cases[i].x509, true, &got);
		assert_int_equal(got.der.n > 0, cases[i].kept);
		if (cases[i].kept)
			assert_true(span_equal(got.der, (struct span){ (const char *)der, (size_t)n }));
		assert_int_equal(got.self_issued, cases[i].x509 == root);
		assert_false(keeper.no_memory);
		OPENSSL_free(der);
		arena_fini(&arena);
	}
}

/* RFC 5280 4.1.2.2: 20 octets at most, and no more than a promise. */
static void a_serial_number_has_its_limit(void **state)
{
	static const struct {
		size_t octets, kept;
	} cases[] = { { 1, 1 }, { 20, 20 }, { OBS_SERIAL_MAX, OBS_SERIAL_MAX }, { 5000, OBS_SERIAL_MAX } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		X509 *x509 = leaf_of(ONE, key, 0);
		struct arena arena = { 0 };
		struct certificate_keeper keeper = { .arena = &arena, .sha256 = EVP_sha256() };
		struct obs_certificate got = { 0 };
		char octets[5000];

		memset(octets, 0x5a, sizeof(octets));
		ASN1_STRING_set(X509_get_serialNumber(x509), octets, (int)cases[i].octets);
		certificate_keep(&keeper, x509, true, &got);
		assert_true(span_equal(got.serial, (struct span){ octets, cases[i].kept }));
		arena_fini(&arena);
		X509_free(x509);
	}
}

static void only_p384(SSL_CTX *ctx)
{
	assert_int_equal(SSL_CTX_set1_groups_list(ctx, "P-384"), 1);
}

static void only_rsa_exchange(SSL_CTX *ctx)
{
	assert_int_equal(SSL_CTX_set_cipher_list(ctx, "AES128-GCM-SHA256:@SECLEVEL=0"), 1);
}

static void only_ecdhe(SSL_CTX *ctx)
{
	assert_int_equal(SSL_CTX_set_cipher_list(ctx, "ECDHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0"), 1);
}

static void what_was_agreed_on_is_kept(void **state)
{
	static const struct {
		void (*tune)(SSL_CTX *ctx);
		int max_version;
		const char *cipher, *group;
	} cases[] = {
		{ NULL, 0, "TLS_AES_256_GCM_SHA384", "x25519" },
		{ only_p384, 0, "TLS_AES_256_GCM_SHA384", "secp384r1" },
		{ only_ecdhe, TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384", "x25519" },
		{ only_rsa_exchange, TLS1_2_VERSION, "AES128-GCM-SHA256", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct handshake_server server = { .chain = { leaf_rsa, middle },
							 .key = rsa,
							 .max_version = cases[i].max_version,
							 .tune = cases[i].tune };
		struct look look;

		look_init(&look, &server, context, ONE);
		assert_true(handshake_run(&look.handshake));
		if (!span_equal(look.tls.cipher, span_of(cases[i].cipher)) ||
		    !span_equal(look.tls.group, span_of(cases[i].group)))
			fail_msg("%s: %.*s, group %.*s", cases[i].cipher, (int)look.tls.cipher.n, look.tls.cipher.p,
				 (int)look.tls.group.n, look.tls.group.p);
		look_fini(&look);
	}
}

static void only_dhe(SSL_CTX *ctx)
{
	EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	EVP_PKEY *group = NULL;

	assert_int_equal(SSL_CTX_set_cipher_list(ctx, "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0"), 1);
	assert_true(EVP_PKEY_paramgen_init(make) == 1 && EVP_PKEY_CTX_set_group_name(make, "modp_1536") == 1 &&
		    EVP_PKEY_paramgen(make, &group) == 1);
	assert_int_equal(SSL_CTX_set0_tmp_dh_pkey(ctx, group), 1);
	EVP_PKEY_CTX_free(make);
}

static void what_senders_find_strong_enough_is(void **state)
{
	EVP_PKEY *small = EVP_RSA_gen(1024), *tiny = EVP_RSA_gen(768);
	X509 *small_leaf = leaf_of(ONE, small, 0), *tiny_leaf = leaf_of(ONE, tiny, 0);
	const struct {
		const char *what;
		struct handshake_server server;
		int error; /* X509_V_ERR_… */
	} cases[] = {
		{ "RSA of 1024 bits", { .chain = { small_leaf, middle }, .key = small }, X509_V_OK },
		{ "RSA of 768 bits", { .chain = { tiny_leaf, middle }, .key = tiny }, X509_V_ERR_EE_KEY_TOO_SMALL },
		{ "DHE of 1536 bits",
		  { .chain = { leaf_rsa, middle }, .key = rsa, .max_version = TLS1_2_VERSION, .tune = only_dhe },
		  X509_V_OK },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct look look;

		look_init(&look, &cases[i].server, context, ONE);
		if (!handshake_run(&look.handshake))
			fail_msg("%s: no handshake", cases[i].what);
		if ((look.tls.error_count > 0 ? look.tls.error[0].code : X509_V_OK) != cases[i].error)
			fail_msg("%s: error %u", cases[i].what, look.tls.error_count > 0 ? look.tls.error[0].code : 0);
		look_fini(&look);
	}
	X509_free(small_leaf);
	X509_free(tiny_leaf);
	EVP_PKEY_free(small);
	EVP_PKEY_free(tiny);
}

/* ---- old versions ---- */

struct version_case {
	const char *name;
	int server_max;
	bool old;
	bool done, refused;
	enum tls_version version;
};

static const struct version_case version_cases[] = {
	{ "1.3", TLS1_3_VERSION, false, true, false, TLS_1_3 },
	{ "1.2", TLS1_2_VERSION, false, true, false, TLS_1_2 },
	{ "1.1 at most", TLS1_1_VERSION, false, false, true, TLS_NONE },
	{ "1.0 at most", TLS1_VERSION, false, false, true, TLS_NONE },
	{ "1.1, asked for", TLS1_1_VERSION, true, true, false, TLS_1_1 },
	{ "1.0, asked for", TLS1_VERSION, true, true, false, TLS_1_0 },
};

static void old_versions_are_taken_by_the_old_context_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(version_cases); i++) {
		const struct version_case *c = &version_cases[i];
		struct handshake_server server = { .chain = { leaf_rsa, middle },
						   .key = rsa,
						   .max_version = c->server_max };
		struct look look;

		look_init(&look, &server, c->old ? old_context : context, ONE);
		if (handshake_run(&look.handshake) != c->done || look.watch.done != c->done ||
		    look.watch.version_refused != c->refused || look.tls.version != c->version)
			fail_msg("%s: done %d, refused %d, version %d", c->name, look.watch.done,
				 look.watch.version_refused, look.tls.version);
		assert_int_equal(tls_watch_verified(&look.watch), c->done);
		look_fini(&look);
	}
}

/* Answers to a ClientHello, sent as they are. */
struct answer_case {
	const char *name;
	const char *octets;
	size_t n;
	bool refused;
	enum tls_version version;
};

#define ANSWER(text) text, sizeof(text) - 1

/* A ServerHello of @version, as far as OpenSSL 3.0 looks before it refuses. */
#define OLD_HELLO(version)                                                                                             \
	"\x16\x03" version "\x00\x2a\x02\x00\x00\x26\x03" version "0123456789abcdef0123456789abcdef"                   \
	"\x00\x00\x2f\x00"

static const struct answer_case answer_cases[] = {
	{ "alert protocol_version", ANSWER("\x15\x03\x01\x00\x02\x02\x46"), true, TLS_NONE },
	{ "alert handshake_failure", ANSWER("\x15\x03\x01\x00\x02\x02\x28"), false, TLS_NONE },
	{ "a ServerHello of 1.0", ANSWER(OLD_HELLO("\x01")), true, TLS_1_0 },
	{ "a ServerHello of 1.1", ANSWER(OLD_HELLO("\x02")), true, TLS_1_1 },
	{ "a ServerHello of 1.2, then no TLS",
	  ANSWER("\x16\x03\x03\x00\x31\x02\x00\x00\x2d\x03\x03"
		 "0123456789abcdef0123456789abcdef"
		 "\x00\xc0\x2f\x00\x00\x05\xff\x01\x00\x01\x00\x16\x09\x09\x00\x02\x00\x00"),
	  false, TLS_1_2 },
	{ "no TLS", ANSWER("454 4.7.0 TLS not available\r\n"), false, TLS_NONE },
	{ "version 9.9", ANSWER("\x16\x09\x09\x00\x02\x02\x46"), false, TLS_NONE },
};

static void a_refused_version_is_told_from_what_is_no_tls(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(answer_cases); i++) {
		const struct answer_case *c = &answer_cases[i];
		const struct handshake_server server = { .chain = { leaf_one, middle }, .key = key };
		struct look look;

		look_init(&look, &server, context, ONE);
		SSL_do_handshake(look.handshake.client);
		assert_int_equal(BIO_write(SSL_get_wbio(look.handshake.server), c->octets, (int)c->n), (int)c->n);
		assert_int_not_equal(SSL_do_handshake(look.handshake.client), 1);
		if (look.watch.version_refused != c->refused || look.tls.version != c->version)
			fail_msg("%s: refused %d, version %d", c->name, look.watch.version_refused, look.tls.version);
		assert_false(look.watch.done);
		look_fini(&look);
	}
}

/* ---- limits ---- */

static EVP_PKEY *large_group(void)
{
	EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	EVP_PKEY *made = NULL;

	assert_int_equal(EVP_PKEY_keygen_init(make), 1);
	assert_int_equal(EVP_PKEY_CTX_set_dh_nid(make, NID_ffdhe6144), 1);
	assert_int_equal(EVP_PKEY_keygen(make, &made), 1);
	EVP_PKEY_CTX_free(make);
	return made;
}

static void offer_large_group(SSL_CTX *ctx)
{
	static EVP_PKEY *made; /* takes a while: for both contexts */

	if (!made)
		made = large_group();
	EVP_PKEY_up_ref(made);
	assert_int_equal(SSL_CTX_set0_tmp_dh_pkey(ctx, made), 1);
	SSL_CTX_set_cipher_list(ctx, "DHE:@SECLEVEL=0");
}

static void a_handshake_that_costs_too_much_fails_in_both_contexts(void **state)
{
	const struct {
		const char *name;
		struct handshake_server server;
		bool old;
	} cases[] = {
		{ "a chain of 100 KiB", { { leaf_large, middle }, key, 0, NULL }, false },
		{ "a chain of 100 KiB, old", { { leaf_large, middle }, key, 0, NULL }, true },
		{ "DH of 6144 bits", { { leaf_rsa, middle }, rsa, TLS1_2_VERSION, offer_large_group }, false },
		{ "DH of 6144 bits, old", { { leaf_rsa, middle }, rsa, TLS1_2_VERSION, offer_large_group }, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct look look;

		look_init(&look, &cases[i].server, cases[i].old ? old_context : context, ONE);
		if (handshake_run(&look.handshake) || look.watch.done)
			fail_msg("%s: the handshake is complete", cases[i].name);
		assert_false(look.watch.version_refused);
		look_fini(&look);
	}
}

/* What comes after the handshake has no other end than the limit. */
static void messages_without_end_are_cut_off(void **state)
{
	const struct handshake_server server = { .chain = { leaf_one, middle }, .key = key };
	struct look look;
	char octet;
	int sent = 0;

	(void)state;
	look_init(&look, &server, context, ONE);
	assert_true(handshake_run(&look.handshake));
	while (!look.watch.cut && sent++ < 2 * TLS_MESSAGES_MAX) {
		assert_int_equal(SSL_key_update(look.handshake.server, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
		assert_int_equal(SSL_do_handshake(look.handshake.server), 1);
		assert_int_not_equal(SSL_read(look.handshake.client, &octet, 1), 1);
	}
	assert_true(look.watch.cut && sent < TLS_MESSAGES_MAX);
	SSL_write(look.handshake.server, "x", 1);
	assert_int_not_equal(SSL_read(look.handshake.client, &octet, 1), 1);
	look_fini(&look);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handshakes_of_one_context_are_kept_apart),
		cmocka_unit_test(keys_have_their_names_and_sizes),
		cmocka_unit_test(unknown_algorithms_keep_their_numbers),
		cmocka_unit_test(a_certificate_is_kept_whole_up_to_its_limit),
		cmocka_unit_test(a_serial_number_has_its_limit),
		cmocka_unit_test(what_was_agreed_on_is_kept),
		cmocka_unit_test(what_senders_find_strong_enough_is),
		cmocka_unit_test(old_versions_are_taken_by_the_old_context_alone),
		cmocka_unit_test(a_refused_version_is_told_from_what_is_no_tls),
		cmocka_unit_test(a_handshake_that_costs_too_much_fails_in_both_contexts),
		cmocka_unit_test(messages_without_end_are_cut_off),
	};

	return cmocka_run_group_tests_name("tls", tests, set_up, tear_down);
}
