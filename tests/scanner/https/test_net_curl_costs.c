/* SPDX-License-Identifier: BSD-2-Clause */
/* What a peer may cost: octets without end, at each place where a library would read on by itself, end at our limit and
 * not at the time-out; a handshake that is dear is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/dh.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "parsers/span.h"
#include "tests/scanner/https/net_curl_rig.h"
#include "tests/scanner/tls/test_pki.h"

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"

enum {
	PIECE = 16000,      /* octets written at once */
	PATIENCE_S = 60,    /* whoever waits for it has failed */
	TICKETS_USUAL = 20, /* more than any server sends */
};

static void say_for_ever(SSL *ssl, const char *head, char what)
{
	char piece[PIECE];

	memset(piece, what, sizeof(piece));
	if (SSL_write(ssl, head, (int)strlen(head)) <= 0)
		return;
	while (SSL_write(ssl, piece, sizeof(piece)) > 0)
		continue;
}

static void play_chunk_extension(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	say_for_ever(ssl, HEAD "5;", 'x');
}

static void play_carriage_returns(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	say_for_ever(ssl, HEAD "5", '\r');
}

static void play_spaces(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	say_for_ever(ssl, HEAD "5", ' ');
}

static void play_leading_zeros(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	say_for_ever(ssl, HEAD, '0');
}

/* OpenSSL's server does not mind that nobody takes them: it does not go on for ever. */
static void send_tickets(SSL *ssl, int count)
{
	for (int i = 0; i < count; i++)
		if (SSL_new_session_ticket(ssl) != 1 || SSL_do_handshake(ssl) != 1)
			return;
	SSL_write(ssl, OK_ANSWER, (int)strlen(OK_ANSWER));
}

static void play_many_tickets(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	send_tickets(ssl, TLS_MESSAGES_MAX + 1);
}

static void play_few_tickets(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	send_tickets(ssl, TICKETS_USUAL);
}

static void play_key_updates(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	while (SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 && SSL_do_handshake(ssl) == 1)
		continue;
}

struct cost_case {
	const char *name;
	void (*play)(struct tls_peer *peer, SSL *ssl);
	struct rig_expected want;
};

#define CUT_OFF                                                                                                        \
	{                                                                                                              \
		CONNECT_SUCCESS, TLS_1_3, .chain = 2, .http_status = 200, .failure = HTTP_PROTOCOL                     \
	}
#define NO_ANSWER                                                                                                      \
	{                                                                                                              \
		CONNECT_PROTOCOL_ERROR, TLS_1_3, .chain = 2, .failure = HTTP_PROTOCOL                                  \
	}

static const struct cost_case cost_cases[] = {
	{ "a chunk extension without end", play_chunk_extension, CUT_OFF },
	{ "a chunk size and CR without end", play_carriage_returns, CUT_OFF },
	{ "a chunk size and spaces without end", play_spaces, CUT_OFF },
	{ "a chunk size without end", play_leading_zeros, CUT_OFF },
	{ "tickets by the hundred", play_many_tickets, NO_ANSWER },
	{ "key updates without end", play_key_updates, NO_ANSWER },
	{ "twenty tickets", play_few_tickets, { CONNECT_SUCCESS, RIG_READ, .chain = 2 } },
};

static void what_has_no_end_is_cut_off(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cost_cases); i++) {
		const struct cost_case *c = &cost_cases[i];
		struct tls_peer_plan plan = { .chain = { rig_pki.leaf, rig_pki.middle },
					      .key = rig_pki.key,
					      .play = c->play };

		rig_fetch_one(c->name, &plan, PATIENCE_S, &c->want, NULL);
	}
}

/* RFC 5246 7.4.1.1: a client in the middle of a handshake ignores them, OpenSSL without a look at how many. */
static void bare_hello_requests(struct tls_peer *peer, int fd)
{
	unsigned char record[5 + PIECE] = { 22, 3, 3, PIECE >> 8, PIECE & 0xff };
	char hello[4096];

	(void)peer;
	(void)!read(fd, hello, sizeof(hello));
	while (write(fd, record, sizeof(record)) > 0)
		continue;
}

static void a_handshake_without_end_is_cut_off(void **state)
{
	struct tls_peer_plan plan = { .bare = bare_hello_requests };
	struct rig_expected want = { .status = CONNECT_HANDSHAKE_ERROR };

	(void)state;
	rig_fetch_one("hello requests without end", &plan, PATIENCE_S, &want, NULL);
}

static int group; /* NID */

static void offer_dh(SSL_CTX *ctx)
{
	EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	EVP_PKEY *key = NULL;

	assert_int_equal(EVP_PKEY_keygen_init(make), 1);
	assert_int_equal(EVP_PKEY_CTX_set_dh_nid(make, group), 1);
	assert_int_equal(EVP_PKEY_keygen(make, &key), 1);
	EVP_PKEY_CTX_free(make);
	assert_int_equal(SSL_CTX_set0_tmp_dh_pkey(ctx, key), 1);
	SSL_CTX_set_cipher_list(ctx, "DHE:@SECLEVEL=0");
}

static void a_dear_group_is_refused(void **state)
{
	static const struct {
		const char *name;
		int group;
		struct rig_expected want;
	} cases[] = {
		{ "4096 bits", NID_ffdhe4096, { CONNECT_SUCCESS, RIG_READ, .chain = 2 } },
		{ "6144 bits", NID_ffdhe6144, { CONNECT_HANDSHAKE_ERROR, .chain = 2 } },
	};

	static const struct span host = SPAN_LITERAL(HOST);
	EVP_PKEY *key = EVP_RSA_gen(2048); /* which these cipher suites want */
	X509 *leaf = pki_certificate(
		&(struct pki_spec){ .san = &host, .san_count = 1, .issuer = rig_pki.middle, .issuer_key = rig_pki.key },
		key);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct tls_peer_plan plan = { .chain = { leaf, rig_pki.middle },
					      .key = key,
					      .max_version = TLS1_2_VERSION,
					      .tune = offer_dh,
					      .answer = OK_ANSWER };
		struct rig_expected want = cases[i].want;

		group = cases[i].group;
		want.version = TLS_1_2;
		rig_fetch_one(cases[i].name, &plan, PATIENCE_S, &want, NULL);
	}
	X509_free(leaf);
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_no_end_is_cut_off),
		cmocka_unit_test(a_handshake_without_end_is_cut_off),
		cmocka_unit_test(a_dear_group_is_refused),
	};

	return cmocka_run_group_tests_name("net_curl_costs", tests, rig_pki_init, rig_pki_fini);
}
