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
	struct error error;
	char *file;

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
	file = pki_file(root);
	if (tls_store_open(&store, file, &error) != 0)
		fail_msg("%s", error.text);
	unlink(file);
	free(file);
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

static void offer_large_group(SSL_CTX *ctx)
{
	EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	EVP_PKEY *group_key = NULL;

	assert_int_equal(EVP_PKEY_keygen_init(make), 1);
	assert_int_equal(EVP_PKEY_CTX_set_dh_nid(make, NID_ffdhe6144), 1);
	assert_int_equal(EVP_PKEY_keygen(make, &group_key), 1);
	EVP_PKEY_CTX_free(make);
	assert_int_equal(SSL_CTX_set0_tmp_dh_pkey(ctx, group_key), 1);
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
		cmocka_unit_test(old_versions_are_taken_by_the_old_context_alone),
		cmocka_unit_test(a_refused_version_is_told_from_what_is_no_tls),
		cmocka_unit_test(a_handshake_that_costs_too_much_fails_in_both_contexts),
		cmocka_unit_test(messages_without_end_are_cut_off),
	};

	return cmocka_run_group_tests_name("tls", tests, set_up, tear_down);
}
