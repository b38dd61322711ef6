/* SPDX-License-Identifier: BSD-2-Clause */
/* The dialogue of a probe, against servers of every conduct: what is told of each, and what each was told. All of them
 * run beside each other, since some of them wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/x509_vfy.h>

#include "tests/scanner/smtp/smtp_rig.h"

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X500 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50

enum { SHORT_MS = 300 /* of the one phase that a case waits for */ };

enum chain { CHAIN_GOOD, CHAIN_EXPIRED, CHAIN_OTHER };

struct conduct {
	const char *name;
	smtp_script script, again; /* of the first connection, and of the second, if any */
	int version;               /* of TLS */
	enum chain chain;
	enum smtp_phase limit; /* the phase that is limited to SHORT_MS */
	bool patient;
	/* what is told */
	enum smtp_phase phase;
	enum connect_status status;
	uint16_t greeting, ehlo, helo, starttls, quit; /* codes */
	bool cut;                                      /* any of them is */
	uint32_t injected;
	bool retried_old;
	enum tls_version tls;
	int alert, error;   /* fatal alert of theirs, X509_V_ERR_…; 0: none */
	const char *greets; /* text of the greeting, where it is of interest */
	/* what the server heard */
	const char *heard;
};

#define HEARD_EHLO "EHLO " EHLO_NAME "|"
#define HEARD_STARTTLS HEARD_EHLO "STARTTLS|"
#define HEARD_TLS HEARD_STARTTLS "T:" MX "|"
#define SECURE .phase = SMTP_SECURE, .status = CONNECT_SUCCESS, .greeting = 220, .ehlo = 250, .starttls = 220
#define SECURED SECURE, .quit = 221, .tls = TLS_1_3, .heard = HEARD_TLS "QUIT|bye|"
/* It does not come to STARTTLS, and we take our leave. */
#define NOT_OFFERED                                                                                                    \
	.phase = SMTP_EHLO, .status = CONNECT_SUCCESS, .greeting = 220, .ehlo = 250, .quit = 221,                      \
	.heard = HEARD_EHLO "QUIT|"
#define AT_EHLO(how) .phase = SMTP_EHLO, .status = how, .greeting = 220
#define AT_STARTTLS(how) .phase = SMTP_STARTTLS, .status = how, .greeting = 220, .ehlo = 250
#define AT_HANDSHAKE(how)                                                                                              \
	.phase = SMTP_HANDSHAKE, .status = how, .greeting = 220, .ehlo = 250, .starttls = 220, .heard = HEARD_STARTTLS

static const struct conduct conducts[] = {
	/* ---- what works ---- */
	{ .name = "a good one", .script = { TO_TLS, BYE }, SECURED, .greets = "220 " MX " ESMTP\r\n" },
	{ .name = "TLS 1.2",
	  .script = { TO_TLS, BYE },
	  .version = TLS1_2_VERSION,
	  SECURE,
	  .quit = 221,
	  .tls = TLS_1_2,
	  .heard = HEARD_TLS "QUIT|bye|" },
	{ .name = "an expired certificate",
	  .script = { TO_TLS, BYE },
	  .chain = CHAIN_EXPIRED,
	  SECURED,
	  .error = X509_V_ERR_CERT_HAS_EXPIRED },
	{ .name = "another's certificate", .script = { TO_TLS, BYE }, .chain = CHAIN_OTHER, SECURED },
	{ .name = "a greeting in several lines and segments",
	  .script = { ">2", "~", ">20-hello\r", "~", ">\n220", "~", "> there\r\n", "<EHLO", OFFERS, "<STARTTLS",
		      ">220 \r\n", "T", BYE },
	  SECURED,
	  .greets = "220-hello\r\n220 there\r\n" },
	{ .name = "a greeting without ESMTP or any text",
	  .script = { ">220\r\n", "<EHLO", OFFERS, "<STARTTLS", ">220\r\n", "T", BYE },
	  SECURED },
	{ .name = "a reply to EHLO of a hundred lines",
	  .script = { SAYS_HELLO, "L100", ">250-STARTTLS\r\n250 x\r\n", "<STARTTLS", ">220 \r\n", "T", BYE },
	  SECURED },
	{ .name = "an offer behind more text than is kept",
	  .script = { SAYS_HELLO, ">250-" X500 X500 X500 "\r\n250-" X500 X500 X500 "\r\n250-" X500 X500 X500 "\r\n",
		      "~", ">250 STARTTLS\r\n", "<STARTTLS", ">220 \r\n", "T", BYE },
	  SECURED,
	  .cut = true },
	{ .name = "an offer in lower case",
	  .script = { SAYS_HELLO, ">250-x\r\n250-starttls\r\n250 SIZE\r\n", "<STARTTLS", ">220 \r\n", "T", BYE },
	  SECURED },
	{ .name = "octets in the clear behind the reply to STARTTLS",
	  .script = { TO_STARTTLS, ">220 go ahead\r\n250 injected\r\n", "T", BYE },
	  SECURED,
	  .injected = 14 },
	{ .name = "QUIT is never answered",
	  .script = { TO_TLS, "<QUIT" },
	  .limit = SMTP_SECURE,
	  SECURE,
	  .tls = TLS_1_3,
	  .heard = HEARD_TLS "QUIT|bye|" },
	{ .name = "closed instead of an answer to QUIT",
	  .script = { TO_TLS, "." },
	  SECURE,
	  .tls = TLS_1_3,
	  .heard = HEARD_TLS },
	{ .name = "no SMTP instead of an answer to QUIT",
	  .script = { TO_TLS, "<QUIT", ">hello\r\n", "W" },
	  SECURE,
	  .tls = TLS_1_3,
	  .heard = HEARD_TLS "QUIT|" },

	/* ---- the greeting ---- */
	{ .name = "421 for a greeting",
	  .script = { ">421 4.7.0 too many connections\r\n", BYE },
	  .phase = SMTP_GREETING,
	  .status = CONNECT_SUCCESS,
	  .greeting = 421,
	  .quit = 221,
	  .heard = "QUIT|" },
	{ .name = "554 for a greeting, and closed",
	  .script = { ">554 no\r\n", "." },
	  .phase = SMTP_GREETING,
	  .status = CONNECT_SUCCESS,
	  .greeting = 554 },
	{ .name = "no greeting",
	  .script = { "W" },
	  .limit = SMTP_GREETING,
	  .phase = SMTP_GREETING,
	  .status = CONNECT_IO_TIMEOUT },
	{ .name = "no greeting, and much patience",
	  .script = { "W" },
	  .limit = SMTP_GREETING,
	  .patient = true,
	  .phase = SMTP_GREETING,
	  .status = CONNECT_IO_TIMEOUT },
	{ .name = "closed before a greeting", .script = { "." }, .phase = SMTP_GREETING, .status = CONNECT_RESET },
	{ .name = "closed within the greeting",
	  .script = { ">220-hello\r\n220 th", "." },
	  .phase = SMTP_GREETING,
	  .status = CONNECT_RESET,
	  .greets = "220-hello\r\n220 th" },
	{ .name = "an octet of a greeting now and then",
	  .script = { "D" },
	  .limit = SMTP_GREETING,
	  .phase = SMTP_GREETING,
	  .status = CONNECT_IO_TIMEOUT },
	{ .name = "a greeting in one line without end",
	  .script = { "F" },
	  .phase = SMTP_GREETING,
	  .status = CONNECT_PROTOCOL_ERROR,
	  .cut = true },
	{ .name = "a greeting of 200 lines",
	  .script = { "L200", "W" },
	  .phase = SMTP_GREETING,
	  .status = CONNECT_PROTOCOL_ERROR,
	  .cut = true },
	{ .name = "NUL in the greeting",
	  .script = { ">220 a", "0", ">b\r\n" },
	  .phase = SMTP_GREETING,
	  .status = CONNECT_PROTOCOL_ERROR,
	  .heard = "QUIT|" },
	{ .name = "HTTP for a greeting",
	  .script = { ">HTTP/1.1 400 Bad Request\r\n" },
	  .phase = SMTP_GREETING,
	  .status = CONNECT_PROTOCOL_ERROR,
	  .greets = "H",
	  .heard = "QUIT|" },
	{ .name = "TLS for a greeting",
	  .script = { "T" },
	  .limit = SMTP_GREETING,
	  .phase = SMTP_GREETING,
	  .status = CONNECT_IO_TIMEOUT },

	/* ---- EHLO ---- */
	{ .name = "no STARTTLS", .script = { SAYS_HELLO, ">250-x\r\n250 SIZE\r\n", BYE }, NOT_OFFERED },
	{ .name = "a host called STARTTLS, and no STARTTLS",
	  .script = { SAYS_HELLO, ">250-STARTTLS\r\n250-STARTTLS.h.test\r\n250 STARTTLSX\r\n", BYE },
	  NOT_OFFERED },
	{ .name = "450 to EHLO",
	  .script = { SAYS_HELLO, ">450 later\r\n", BYE },
	  AT_EHLO(CONNECT_SUCCESS),
	  .ehlo = 450,
	  .quit = 221,
	  .heard = HEARD_EHLO "QUIT|" },
	{ .name = "421 to EHLO, and closed",
	  .script = { SAYS_HELLO, ">421 bye\r\n", "." },
	  AT_EHLO(CONNECT_SUCCESS),
	  .ehlo = 421,
	  .heard = HEARD_EHLO },
	{ .name = "HELO alone",
	  .script = { SAYS_HELLO, ">502 what\r\n", "<HELO " EHLO_NAME, ">250 hello\r\n", BYE },
	  AT_EHLO(CONNECT_SUCCESS),
	  .ehlo = 502,
	  .helo = 250,
	  .quit = 221,
	  .heard = HEARD_EHLO "HELO " EHLO_NAME "|QUIT|" },
	{ .name = "502 to EHLO, and closed instead of a reply to HELO",
	  .script = { SAYS_HELLO, ">502 what\r\n", "<HELO", "." },
	  AT_EHLO(CONNECT_SUCCESS),
	  .ehlo = 502,
	  .heard = HEARD_EHLO "HELO " EHLO_NAME "|" },
	{ .name = "silence to EHLO",
	  .script = { SAYS_HELLO },
	  .limit = SMTP_EHLO,
	  AT_EHLO(CONNECT_IO_TIMEOUT),
	  .heard = HEARD_EHLO "QUIT|" },
	{ .name = "a reply to EHLO that does not end",
	  .script = { SAYS_HELLO, ">250-x\r\n250-STARTTLS\r\n" },
	  .limit = SMTP_EHLO,
	  AT_EHLO(CONNECT_IO_TIMEOUT),
	  .heard = HEARD_EHLO "QUIT|" },
	{ .name = "closed within the reply to EHLO",
	  .script = { SAYS_HELLO, ">250-x\r\n250-STARTTLS\r\n", "." },
	  AT_EHLO(CONNECT_RESET),
	  .heard = HEARD_EHLO },
	{ .name = "codes that differ in the reply to EHLO",
	  .script = { SAYS_HELLO, ">250-x\r\n550 STARTTLS\r\n" },
	  AT_EHLO(CONNECT_PROTOCOL_ERROR),
	  .heard = HEARD_EHLO "QUIT|" },
	{ .name = "a line of 10 KB in the reply to EHLO",
	  .script = { SAYS_HELLO,
		      ">250-" X500 X500 X500 X500 X500 X500 X500 X500 X500 X500 X500 X500 X500 X500 X500 X500 X500 X500
			      X500 X500 "\r\n",
		      ">250 STARTTLS\r\n" },
	  AT_EHLO(CONNECT_PROTOCOL_ERROR),
	  .cut = true,
	  .heard = HEARD_EHLO "QUIT|" },

	/* ---- STARTTLS ---- */
	{ .name = "454 to STARTTLS",
	  .script = { TO_STARTTLS, ">454 TLS not available\r\n", BYE },
	  AT_STARTTLS(CONNECT_SUCCESS),
	  .starttls = 454,
	  .quit = 221,
	  .heard = HEARD_STARTTLS "QUIT|" },
	{ .name = "250 to STARTTLS",
	  .script = { TO_STARTTLS, ">250 fine\r\n", BYE },
	  AT_STARTTLS(CONNECT_SUCCESS),
	  .starttls = 250,
	  .quit = 221,
	  .heard = HEARD_STARTTLS "QUIT|" },
	{ .name = "421 behind the reply to EHLO, and closed",
	  .script = { SAYS_HELLO, ">250-x\r\n250 STARTTLS\r\n421 bye\r\n", "<STARTTLS", "." },
	  AT_STARTTLS(CONNECT_SUCCESS),
	  .starttls = 421,
	  .heard = HEARD_STARTTLS },
	{ .name = "silence to STARTTLS",
	  .script = { TO_STARTTLS },
	  .limit = SMTP_STARTTLS,
	  AT_STARTTLS(CONNECT_IO_TIMEOUT),
	  .heard = HEARD_STARTTLS "QUIT|" },
	{ .name = "closed instead of a reply to STARTTLS",
	  .script = { TO_STARTTLS, "." },
	  AT_STARTTLS(CONNECT_RESET),
	  .heard = HEARD_STARTTLS },
	{ .name = "a bare LF behind STARTTLS",
	  .script = { TO_STARTTLS, ">220 go\n" },
	  AT_STARTTLS(CONNECT_PROTOCOL_ERROR),
	  .heard = HEARD_STARTTLS "QUIT|" },

	/* ---- the handshake ---- */
	{ .name = "reset behind the reply to STARTTLS",
	  .script = { TO_STARTTLS, ">220 go\r\n", "H", "R" },
	  AT_HANDSHAKE(CONNECT_RESET) },
	{ .name = "closed behind the reply to STARTTLS",
	  .script = { TO_STARTTLS, ">220 go\r\n", "." },
	  AT_HANDSHAKE(CONNECT_RESET) },
	{ .name = "silence to the ClientHello",
	  .script = { TO_STARTTLS, ">220 go\r\n", "W" },
	  .limit = SMTP_HANDSHAKE,
	  AT_HANDSHAKE(CONNECT_IO_TIMEOUT) },
	{ .name = "no TLS behind the reply to STARTTLS",
	  .script = { TO_STARTTLS, ">220 go\r\n", "H", ">500 what is this?\r\n", "W" },
	  AT_HANDSHAKE(CONNECT_HANDSHAKE_ERROR) },
	{ .name = "a certificate of ours is wanted",
	  .script = { TO_STARTTLS, ">220 go\r\n", "C" },
	  AT_HANDSHAKE(CONNECT_HANDSHAKE_ERROR),
	  .tls = TLS_1_3,
	  .alert = SSL_AD_CERTIFICATE_REQUIRED },
	{ .name = "a certificate of ours is wanted, in TLS 1.2",
	  .script = { TO_STARTTLS, ">220 go\r\n", "C" },
	  .version = TLS1_2_VERSION,
	  AT_HANDSHAKE(CONNECT_HANDSHAKE_ERROR),
	  .tls = TLS_1_2,
	  .alert = SSL_AD_HANDSHAKE_FAILURE },
	{ .name = "TLS 1.0 alone",
	  .script = { TO_STARTTLS, ">220 go\r\n", "T" },
	  .again = { TO_TLS, BYE },
	  .version = TLS1_VERSION,
	  SECURE,
	  .quit = 221,
	  .retried_old = true,
	  .tls = TLS_1_0,
	  .heard = HEARD_STARTTLS HEARD_TLS "QUIT|bye|" },
	{ .name = "TLS 1.1 alone",
	  .script = { TO_STARTTLS, ">220 go\r\n", "T" },
	  .again = { TO_TLS, BYE },
	  .version = TLS1_1_VERSION,
	  SECURE,
	  .quit = 221,
	  .retried_old = true,
	  .tls = TLS_1_1,
	  .heard = HEARD_STARTTLS HEARD_TLS "QUIT|bye|" },
	{ .name = "an alert about the version, whatever is tried",
	  .script = { TO_STARTTLS, ">220 go\r\n", "H", "A" },
	  .phase = SMTP_HANDSHAKE,
	  .status = CONNECT_HANDSHAKE_ERROR,
	  .greeting = 220,
	  .ehlo = 250,
	  .starttls = 220,
	  .retried_old = true,
	  .alert = 70,
	  .heard = HEARD_STARTTLS HEARD_STARTTLS },
	{ .name = "an alert about the version, and 421 at the second look",
	  .script = { TO_STARTTLS, ">220 go\r\n", "H", "A" },
	  .again = { ">421 enough\r\n", BYE },
	  .phase = SMTP_HANDSHAKE,
	  .status = CONNECT_HANDSHAKE_ERROR,
	  .greeting = 220,
	  .ehlo = 250,
	  .starttls = 220,
	  .alert = 70,
	  .heard = HEARD_STARTTLS "QUIT|" },
};

static void compare(const struct conduct *want, const struct smtp_rig_probe *probe)
{
	const struct obs_smtp *got = &probe->facts;
	const char *heard = want->heard ? want->heard : "";
	bool cut = got->greeting.cut || got->ehlo.cut || got->helo.cut || got->starttls.cut || got->quit.cut;

#define SAME(have, due)                                                                                                \
	do {                                                                                                           \
		if ((long)(have) != (long)(due))                                                                       \
			fail_msg("%s: " #have " is %ld, not %ld", want->name, (long)(have), (long)(due));              \
	} while (0)
	SAME(probe->done, 1);
	SAME(probe->probe.fault, NET_OK);
	SAME(got->phase, want->phase);
	SAME(got->status, want->status);
	SAME(got->address, 7);
	SAME(got->greeting.code, want->greeting);
	SAME(got->ehlo.code, want->ehlo);
	SAME(got->helo.code, want->helo);
	SAME(got->starttls.code, want->starttls);
	SAME(got->quit.code, want->quit);
	SAME(cut, want->cut);
	SAME(got->injected, want->injected);
	SAME(got->retried_old, want->retried_old);
	SAME(got->tls.version, want->tls);
	SAME(got->tls.alerted, want->alert != 0);
	SAME(got->tls.alert, want->alert);
	SAME(got->tls.chain_count, want->tls != TLS_NONE ? 1 : 0);
	SAME(got->tls.error_count, want->error != 0);
	if (want->error)
		SAME(got->tls.error[0].code, want->error);
	if (want->greets && !span_equal(got->greeting.text, span_of(want->greets)))
		fail_msg("%s: greeting \"%.*s\"", want->name, (int)got->greeting.text.n, got->greeting.text.p);
	if (strcmp(probe->peer.heard, heard) != 0)
		fail_msg("%s: heard %s, not %s", want->name, probe->peer.heard, heard);
#undef SAME
}

static struct net_smtp_options options_of(const struct conduct *conduct)
{
	struct net_smtp_options options = { 0 };

	if (conduct->patient) /* the phase's own limit is a minute then */
		options.greeting_patient_ms = SHORT_MS;
	else if (conduct->limit != SMTP_NOT_TRIED)
		options.phase_ms[conduct->limit] = SHORT_MS;
	return options;
}

static void open_conduct(struct smtp_rig *rig, const struct conduct *conduct, struct smtp_rig_probe *probe)
{
	static X509 **const chains[] = { &smtp_pki.leaf, &smtp_pki.expired, &smtp_pki.other };
	struct smtp_peer *peer = &probe->peer;

	peer->script[0] = conduct->script;
	peer->script[1] = conduct->again[0] ? conduct->again : NULL;
	peer->chain[0] = *chains[conduct->chain];
	peer->key = smtp_pki.key;
	peer->version = conduct->version;
	smtp_rig_open(rig, probe, options_of(conduct));
	probe->probe.patient = conduct->patient;
}

static void each_conduct_is_told_as_it_is(void **state)
{
	struct smtp_rig_probe *probe = calloc(COUNT_OF(conducts), sizeof(*probe));
	struct smtp_rig rig;

	(void)state;
	assert_non_null(probe);
	smtp_rig_init(&rig);
	for (size_t i = 0; i < COUNT_OF(conducts); i++)
		open_conduct(&rig, &conducts[i], &probe[i]);
	for (size_t i = 0; i < COUNT_OF(conducts); i++)
		smtp_rig_begin(&probe[i]);
	smtp_rig_run(&rig);
	for (size_t i = 0; i < COUNT_OF(conducts); i++)
		smtp_rig_close(&probe[i]);
	smtp_rig_fini(&rig);
	for (size_t i = 0; i < COUNT_OF(conducts); i++) {
		smtp_rig_stop(&probe[i]);
		compare(&conducts[i], &probe[i]);
		smtp_rig_free(&probe[i]);
	}
	free(probe);
}

/* ---- what the request says beside the address ---- */

/* A "3 1 1" record of the leaf's key. */
static void tlsa_of(const X509 *x509, unsigned char digest[static 32])
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);

	assert_int_equal(EVP_Digest(der, (size_t)n, digest, NULL, EVP_sha256(), NULL), 1);
	OPENSSL_free(der);
}

static void the_chain_is_held_against_tlsa_records(void **state)
{
	static const struct {
		const char *name;
		bool none, wrong;
		enum dane_match match;
	} cases[] = { { "a match", false, false, DANE_MATCH },
		      { "none", false, true, DANE_MISMATCH },
		      { "no records", true, false, DANE_NOT_TRIED } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct smtp_rig_probe probe = { .peer = { .chain = { smtp_pki.leaf }, .key = smtp_pki.key } };
		unsigned char digest[32];
		struct obs_tlsa_record record = { .usage = 3, .selector = 1, .matching = 1 };
		struct obs_tlsa tlsa = { .record = &record, .count = 1 };
		struct smtp_rig rig;

		tlsa_of(smtp_pki.leaf, digest);
		digest[0] ^= cases[i].wrong;
		record.data = (struct span){ (const char *)digest, sizeof(digest) };
		smtp_rig_init(&rig);
		probe.peer.script[0] = conducts[0].script;
		smtp_rig_open(&rig, &probe, (struct net_smtp_options){ .keep_certificates = i == 0 });
		probe.probe.tlsa = cases[i].none ? NULL : &tlsa;
		smtp_rig_begin(&probe);
		smtp_rig_run(&rig);
		if (probe.facts.dane.match != cases[i].match || probe.facts.status != CONNECT_SUCCESS)
			fail_msg("%s: %d", cases[i].name, probe.facts.dane.match);
		assert_int_equal(probe.facts.tls.chain[0].der.n > 0, i == 0);
		smtp_rig_end(&rig, &probe, 1);
	}
}

/* Some senders ask for no name, some for the TLSA base. */
static void the_name_that_is_asked_for_is_the_requests(void **state)
{
	static const struct {
		enum smtp_sni sni;
		const char *name, *heard;
	} cases[] = { { SMTP_SNI_NONE, NULL, HEARD_STARTTLS "T:|QUIT|bye|" },
		      { SMTP_SNI_BASE, "base.example.test", HEARD_STARTTLS "T:base.example.test|QUIT|bye|" } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct smtp_rig_probe probe = { .peer = { .chain = { smtp_pki.leaf }, .key = smtp_pki.key } };
		struct smtp_rig rig;

		smtp_rig_init(&rig);
		probe.peer.script[0] = conducts[0].script;
		smtp_rig_open(&rig, &probe, (struct net_smtp_options){ 0 });
		probe.probe.sni = cases[i].sni;
		probe.probe.sni_name = cases[i].name ? span_of(cases[i].name) : (struct span){ NULL, 0 };
		smtp_rig_begin(&probe);
		smtp_rig_run(&rig);
		assert_int_equal(probe.facts.sni, cases[i].sni);
		smtp_rig_close(&probe);
		smtp_rig_fini(&rig);
		smtp_rig_stop(&probe);
		assert_string_equal(probe.peer.heard, cases[i].heard);
		smtp_rig_free(&probe);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_conduct_is_told_as_it_is),
		cmocka_unit_test(the_chain_is_held_against_tlsa_records),
		cmocka_unit_test(the_name_that_is_asked_for_is_the_requests),
	};

	return cmocka_run_group_tests_name("net_smtp", tests, smtp_pki_init, smtp_pki_fini);
}
