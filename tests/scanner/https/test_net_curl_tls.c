/* SPDX-License-Identifier: BSD-2-Clause */
/* The policy fetch up to and in TLS: chains, names, alerts, and servers that speak something else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "tests/scanner/https/net_curl_rig.h"
#include "tests/scanner/tls/test_pki.h"
#include "tests/scanner/tls/tls_peer.h"

/* ---- certificates ---- */

static X509 *stranger, *strange_middle, *old_middle; /* a root outside the store; what it signed; one too old */

enum leaf {
	LEAF_EXPIRED,
	LEAF_FUTURE,
	LEAF_SELF_SIGNED,
	LEAF_STRANGER,
	LEAF_OTHER_NAME,
	LEAF_CN_ONLY,
	LEAF_WILDCARD,
	LEAF_WILDCARD_DEEP,
	LEAF_WILDCARD_HALF,
	LEAF_NUL,
	LEAF_MANY_NAMES,
	LEAF_MATCH_LAST,
	LEAF_TOO_MANY_NAMES,
	LEAF_HUGE,
	LEAF_OLD_MIDDLE,
	LEAF_COUNT /* the good one of rig_pki */
};

static X509 *leaf[LEAF_COUNT];

/* "n000000.example.test" … and, with @last, HOST at the end. */
static X509 *crowded_leaf(size_t count, bool last)
{
	struct span *names = calloc(count, sizeof(*names));
	char(*text)[40] = calloc(count, sizeof(*text));
	struct pki_spec spec = { HOST, names, count, 0, 0, false, rig_pki.middle, rig_pki.key, 0 };
	X509 *x509;

	for (size_t i = 0; i < count; i++) {
		snprintf(text[i], sizeof(text[i]), "n%06zu.example.test", i);
		names[i] = span_of(text[i]);
	}
	if (last)
		names[count - 1] = SPAN_LITERAL(HOST);
	x509 = pki_certificate(&spec, rig_pki.key);
	free(names);
	free(text);
	return x509;
}

static void make_leaves(void)
{
	static const struct span host = SPAN_LITERAL(HOST), other = SPAN_LITERAL("www.example.test");
	static const struct span wild = SPAN_LITERAL("*.example.test"), deep = SPAN_LITERAL("*.*.test");
	static const struct span half = SPAN_LITERAL("mta-*.example.test");
	static const struct span nul = SPAN_LITERAL(HOST "\0.evil.test");
	const struct {
		enum leaf leaf;
		struct pki_spec spec;
	} table[] = {
		{ LEAF_EXPIRED, { HOST, &host, 1, -20 * PKI_DAY, -PKI_DAY, false, rig_pki.middle, rig_pki.key, 0 } },
		{ LEAF_FUTURE, { HOST, &host, 1, PKI_DAY, 20 * PKI_DAY, false, rig_pki.middle, rig_pki.key, 0 } },
		{ LEAF_SELF_SIGNED, { HOST, &host, 1, 0, 0, false, NULL, NULL, 0 } },
		{ LEAF_STRANGER, { HOST, &host, 1, 0, 0, false, strange_middle, rig_pki.key, 0 } },
		{ LEAF_OTHER_NAME, { HOST, &other, 1, 0, 0, false, rig_pki.middle, rig_pki.key, 0 } },
		{ LEAF_CN_ONLY, { HOST, NULL, 0, 0, 0, false, rig_pki.middle, rig_pki.key, 0 } },
		{ LEAF_WILDCARD, { "x", &wild, 1, 0, 0, false, rig_pki.middle, rig_pki.key, 0 } },
		{ LEAF_WILDCARD_DEEP, { "x", &deep, 1, 0, 0, false, rig_pki.middle, rig_pki.key, 0 } },
		{ LEAF_WILDCARD_HALF, { "x", &half, 1, 0, 0, false, rig_pki.middle, rig_pki.key, 0 } },
		{ LEAF_NUL, { "x", &nul, 1, 0, 0, false, rig_pki.middle, rig_pki.key, 0 } },
		{ LEAF_HUGE, { HOST, &host, 1, 0, 0, false, rig_pki.middle, rig_pki.key, 5 * 1024 * 1024 } },
		{ LEAF_OLD_MIDDLE, { HOST, &host, 1, 0, 0, false, old_middle, rig_pki.key, 0 } },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		leaf[table[i].leaf] = pki_certificate(&table[i].spec, rig_pki.key);
	leaf[LEAF_MANY_NAMES] = crowded_leaf(300, false);
	leaf[LEAF_MATCH_LAST] = crowded_leaf(300, true);
	leaf[LEAF_TOO_MANY_NAMES] = crowded_leaf(20000, true);
}

static int set_up(void **state)
{
	struct pki_spec root = { .common_name = "Strange Root", .ca = true };
	struct pki_spec strange = { .common_name = "Strange", .ca = true, .issuer_key = rig_pki.ca_key };
	struct pki_spec old = {
		.common_name = "Old Middle", .ca = true, .issuer_key = NULL, .from_s = -9 * PKI_DAY, .until_s = -PKI_DAY
	};

	rig_pki_init(state);
	stranger = pki_certificate(&root, rig_pki.ca_key);
	strange.issuer = stranger;
	strange.issuer_key = old.issuer_key = rig_pki.ca_key;
	strange_middle = pki_certificate(&strange, rig_pki.key);
	old.issuer = rig_pki.root;
	old_middle = pki_certificate(&old, rig_pki.key);
	make_leaves();
	return 0;
}

static int tear_down(void **state)
{
	for (int i = 0; i < LEAF_COUNT; i++)
		X509_free(leaf[i]);
	X509_free(stranger);
	X509_free(strange_middle);
	X509_free(old_middle);
	return rig_pki_fini(state);
}

/* ---- chains ---- */

struct chain_case {
	const char *name;
	enum leaf leaf;
	X509 **more[2]; /* of the intermediates sent with it */
	struct rig_expected want;
};

static const struct chain_case chain_cases[] = {
	{ "valid", LEAF_COUNT, { &rig_pki.middle }, { CONNECT_SUCCESS, RIG_READ, .chain = 2 } },
	{ "root sent too", LEAF_COUNT, { &rig_pki.middle, &rig_pki.root }, { CONNECT_SUCCESS, RIG_READ, .chain = 3 } },
	{ "expired",
	  LEAF_EXPIRED,
	  { &rig_pki.middle },
	  { CONNECT_HANDSHAKE_ERROR, RIG_READ, .chain = 2, .error = { X509_V_ERR_CERT_HAS_EXPIRED } } },
	{ "intermediate expired",
	  LEAF_OLD_MIDDLE,
	  { &old_middle },
	  { CONNECT_HANDSHAKE_ERROR, RIG_READ, .chain = 2, .error = { X509_V_ERR_CERT_HAS_EXPIRED } } },
	{ "not yet valid",
	  LEAF_FUTURE,
	  { &rig_pki.middle },
	  { CONNECT_HANDSHAKE_ERROR, RIG_READ, .chain = 2, .error = { X509_V_ERR_CERT_NOT_YET_VALID } } },
	{ "self-signed",
	  LEAF_SELF_SIGNED,
	  { NULL },
	  { CONNECT_HANDSHAKE_ERROR, RIG_READ, .chain = 1, .error = { X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT } } },
	{ "strange root sent",
	  LEAF_STRANGER,
	  { &strange_middle, &stranger },
	  { CONNECT_HANDSHAKE_ERROR, RIG_READ, .chain = 3, .error = { X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN } } },
	{ "strange root not sent",
	  LEAF_STRANGER,
	  { &strange_middle },
	  { CONNECT_HANDSHAKE_ERROR, RIG_READ, .chain = 2,
	    .error = { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY } } },
	{ "intermediate missing",
	  LEAF_COUNT,
	  { NULL },
	  { CONNECT_HANDSHAKE_ERROR, RIG_READ, .chain = 1,
	    .error = { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE } } },
	{ "other name", LEAF_OTHER_NAME, { &rig_pki.middle }, { CONNECT_HANDSHAKE_ERROR, RIG_READ, .chain = 2 } },
	{ "name only in CN", LEAF_CN_ONLY, { &rig_pki.middle }, { CONNECT_HANDSHAKE_ERROR, RIG_READ, .chain = 2 } },
	{ "wildcard", LEAF_WILDCARD, { &rig_pki.middle }, { CONNECT_SUCCESS, RIG_READ, .chain = 2 } },
	{ "wildcard in two labels",
	  LEAF_WILDCARD_DEEP,
	  { &rig_pki.middle },
	  { CONNECT_HANDSHAKE_ERROR, RIG_READ, .chain = 2 } },
	{ "wildcard in half a label",
	  LEAF_WILDCARD_HALF,
	  { &rig_pki.middle },
	  { CONNECT_HANDSHAKE_ERROR, RIG_READ, .chain = 2 } },
	{ "NUL in a name", LEAF_NUL, { &rig_pki.middle }, { CONNECT_HANDSHAKE_ERROR, RIG_READ, .chain = 2 } },
	{ "300 names, none ours",
	  LEAF_MANY_NAMES,
	  { &rig_pki.middle },
	  { CONNECT_HANDSHAKE_ERROR, RIG_READ, .chain = 2 } },
	{ "300 names, ours last", LEAF_MATCH_LAST, { &rig_pki.middle }, { CONNECT_SUCCESS, RIG_READ, .chain = 2 } },
	{ "20,000 names", LEAF_TOO_MANY_NAMES, { &rig_pki.middle }, { .status = CONNECT_HANDSHAKE_ERROR } },
	{ "5 MB certificate", LEAF_HUGE, { &rig_pki.middle }, { .status = CONNECT_HANDSHAKE_ERROR } },
};

static void chain_is_judged_and_policy_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(chain_cases); i++) {
		const struct chain_case *c = &chain_cases[i];
		struct tls_peer_plan plan = { .chain = { c->leaf == LEAF_COUNT ? rig_pki.leaf : leaf[c->leaf] },
					      .key = rig_pki.key,
					      .answer = OK_ANSWER };
		struct rig_expected want = c->want;

		for (int more = 0; more < 2 && c->more[more]; more++)
			plan.chain[more + 1] = *c->more[more];
		if (want.http_status == 0)
			want.version = TLS_1_2; /* a ServerHello came: RFC 8446 4.1.3 freezes its version there */
		rig_fetch_one(c->name, &plan, 5, &want, NULL);
	}
}

static void look_at_facts(const struct obs_policy *policy, struct tls_peer *peer)
{
	const struct obs_certificate *one = &policy->tls.chain[0];
	uint8_t sha256[32];
	unsigned n;

	(void)peer;
	X509_digest(rig_pki.leaf, EVP_sha256(), sha256, &n);
	assert_memory_equal(one->sha256, sha256, 32);
	assert_true(span_equal(one->common_name, SPAN_LITERAL(HOST)));
	assert_true(span_equal(one->issuer, SPAN_LITERAL("CN=Middle,O=stsurvey test")));
	assert_int_equal(one->name_count, 1);
	assert_true(span_equal(one->name[0], SPAN_LITERAL(HOST)));
	assert_int_equal(one->not_after - one->not_before, 91 * PKI_DAY);
	assert_true(llabs((long long)one->not_before - ((long long)time(NULL) - PKI_DAY)) < 100);
	assert_true(one->spki_known && !one->self_issued);
	assert_true(span_equal(one->key_type, SPAN_LITERAL("EC:prime256v1")));
	assert_int_equal(one->key_bits, 256);
	assert_true(span_equal(one->signature, SPAN_LITERAL("ecdsa-with-SHA256")));
	assert_true(one->serial.n > 0 && !one->der.p);
	assert_true(span_equal(policy->tls.group, SPAN_LITERAL("x25519")));
	assert_true(policy->tls.cipher.n > 0);
	assert_true(span_equal(policy->tls.chain[1].issuer, SPAN_LITERAL("CN=Test Root,O=stsurvey test")));
	assert_true(span_equal(policy->http.content_type, SPAN_LITERAL("text/plain; charset=utf-8")));
	assert_null(policy->http.location.p);
	assert_true(span_equal(policy->http.body, SPAN_LITERAL(POLICY)));
	assert_null(policy->http.challenge.p);
}

static void look_at_request(const struct obs_policy *policy, struct tls_peer *peer)
{
	char want[512];

	look_at_facts(policy, peer);
	snprintf(want, sizeof(want),
		 "GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: " HOST ":%u\r\n"
		 "User-Agent: stsurvey/test (+https://example.test/)\r\nAccept: */*\r\nAccept-Encoding: "
		 "identity\r\n\r\n",
		 peer->port);
	assert_string_equal(tls_peer_request(peer), want);
}

static void look_at_whole_certificates(const struct obs_policy *policy, struct tls_peer *peer)
{
	(void)peer;
	for (size_t i = 0; i < policy->tls.chain_count; i++) {
		const struct obs_certificate *one = &policy->tls.chain[i];
		uint8_t sha256[32];

		assert_true(one->der.n > 0);
		EVP_Digest(one->der.p, one->der.n, sha256, NULL, EVP_sha256(), NULL);
		assert_memory_equal(one->sha256, sha256, sizeof(sha256));
	}
}

static void look_at_nul(const struct obs_policy *policy, struct tls_peer *peer)
{
	(void)peer;
	assert_true(span_equal(policy->tls.chain[0].name[0], SPAN_LITERAL(HOST "\0.evil.test")));
}

static void look_at_last_name(const struct obs_policy *policy, struct tls_peer *peer)
{
	const struct obs_certificate *one = &policy->tls.chain[0];

	(void)peer;
	assert_int_equal(one->name_count, OBS_CERT_NAMES_MAX);
	assert_int_equal(one->name_omitted, 300 - OBS_CERT_NAMES_MAX);
	assert_true(span_equal(one->name[OBS_CERT_NAMES_MAX - 1], SPAN_LITERAL(HOST)));
}

static void facts_are_kept(void **state)
{
	struct tls_peer_plan plan = { .chain = { rig_pki.leaf, rig_pki.middle },
				      .key = rig_pki.key,
				      .answer = OK_ANSWER };
	struct rig_expected good = { CONNECT_SUCCESS, RIG_READ, .chain = 2 };
	struct rig_expected bad = { CONNECT_HANDSHAKE_ERROR, RIG_READ, .chain = 2 };

	(void)state;
	rig_fetch_one("facts", &plan, 5, &good, look_at_request);
	plan.max_version = TLS1_2_VERSION;
	good.version = TLS_1_2;
	rig_fetch_one("facts in TLS 1.2", &plan, 5, &good, look_at_facts);
	plan.max_version = 0;
	good.version = TLS_1_3;
	rig_keep_certificates = true;
	rig_fetch_one("whole certificates", &plan, 5, &good, look_at_whole_certificates);
	rig_keep_certificates = false;
	plan.chain[0] = leaf[LEAF_NUL];
	rig_fetch_one("NUL stays", &plan, 5, &bad, look_at_nul);
	plan.chain[0] = leaf[LEAF_MATCH_LAST];
	rig_fetch_one("the match stays", &plan, 5, &good, look_at_last_name);
}

/* ---- before and during TLS ---- */

static void bare_close(struct tls_peer *peer, int fd)
{
	char hello[4096];

	(void)peer;
	(void)!read(fd, hello, sizeof(hello));
}

static void bare_reset(struct tls_peer *peer, int fd)
{
	bare_close(peer, fd);
	tls_peer_reset(fd);
}

static void bare_reset_at_once(struct tls_peer *peer, int fd)
{
	(void)peer;
	tls_peer_reset(fd);
}

static void bare_silence(struct tls_peer *peer, int fd)
{
	tls_peer_wait(peer, fd);
}

static void bare_send(int fd, const void *octets, size_t n)
{
	char hello[4096];

	(void)!read(fd, hello, sizeof(hello));
	(void)!write(fd, octets, n);
}

static void bare_banner(struct tls_peer *peer, int fd)
{
	bare_send(fd, "220 mail.example.test ESMTP\r\n", 29);
	tls_peer_wait(peer, fd);
}

static void bare_one_octet(struct tls_peer *peer, int fd)
{
	(void)peer;
	bare_send(fd, "\x16", 1);
}

static void bare_alert_name(struct tls_peer *peer, int fd)
{
	(void)peer;
	bare_send(fd, "\x15\x03\x03\x00\x02\x02\x70", 7); /* fatal unrecognized_name (112) */
}

static void bare_alert_version(struct tls_peer *peer, int fd)
{
	(void)peer;
	bare_send(fd, "\x15\x03\x01\x00\x02\x02\x46", 7); /* fatal protocol_version (70) */
}

/* A ServerHello of TLS 1.0, as from a server that ignores what it was asked for. */
static void bare_old_hello(struct tls_peer *peer, int fd)
{
	char hello[5 + 4 + 2 + 32 + 1 + 2 + 1] = "\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01";

	hello[sizeof(hello) - 3] = 0x00; /* TLS_RSA_WITH_AES_128_CBC_SHA */
	hello[sizeof(hello) - 2] = 0x2f;
	bare_send(fd, hello, sizeof(hello));
	tls_peer_wait(peer, fd);
}

struct handshake_case {
	const char *name;
	void (*bare)(struct tls_peer *peer, int fd);
	int max_version;
	double timeout_s;
	struct rig_expected want;
};

static const struct handshake_case handshake_cases[] = {
	{ "closed after the ClientHello", bare_close, 0, 5, { .status = CONNECT_RESET } },
	{ "reset after the ClientHello", bare_reset, 0, 5, { .status = CONNECT_RESET } },
	{ "reset at once", bare_reset_at_once, 0, 5, { .status = CONNECT_RESET } },
	{ "silence", bare_silence, 0, 0.7, { .status = CONNECT_HANDSHAKE_ERROR } },
	{ "a banner of something else", bare_banner, 0, 5, { .status = CONNECT_HANDSHAKE_ERROR } },
	{ "closed after one octet", bare_one_octet, 0, 5, { .status = CONNECT_HANDSHAKE_ERROR } },
	{ "alert unrecognized_name", bare_alert_name, 0, 5, { CONNECT_HANDSHAKE_ERROR, .alert = 112 } },
	{ "alert protocol_version", bare_alert_version, 0, 5, { CONNECT_HANDSHAKE_ERROR, .alert = 70 } },
	{ "TLS 1.1 alone", NULL, TLS1_1_VERSION, 5, { CONNECT_HANDSHAKE_ERROR, .alert = 70 } },
	{ "TLS 1.0 though not asked for", bare_old_hello, 0, 5, { CONNECT_HANDSHAKE_ERROR, .version = TLS_1_0 } },
};

static void handshake_failures_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(handshake_cases); i++) {
		const struct handshake_case *c = &handshake_cases[i];
		struct tls_peer_plan plan = { .bare = c->bare,
					      .max_version = c->max_version,
					      .chain = { rig_pki.leaf, rig_pki.middle },
					      .key = rig_pki.key,
					      .answer = OK_ANSWER };

		rig_fetch_one(c->name, &plan, c->timeout_s, &c->want, NULL);
	}
}

/* A server that has no certificate for the name aborts with handshake_failure. */
static void no_certificate_is_an_alert(void **state)
{
	struct tls_peer_plan plan = { .answer = "" };
	struct rig_expected want = { CONNECT_HANDSHAKE_ERROR, .alert = SSL_AD_HANDSHAKE_FAILURE };

	(void)state;
	rig_fetch_one("no certificate", &plan, 5, &want, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chain_is_judged_and_policy_is_read),
		cmocka_unit_test(facts_are_kept),
		cmocka_unit_test(handshake_failures_are_told_apart),
		cmocka_unit_test(no_certificate_is_an_alert),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
