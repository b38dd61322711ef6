/* SPDX-License-Identifier: BSD-2-Clause */
/* The policy fetch after TLS: answers that are right, and every kind that is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/scanner/https/net_curl_rig.h"

#define SHORT 0.7 /* seconds; for servers that never come to an end */
#define TLS .version = TLS_1_3, .chain = 2

static void nap(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static bool say(SSL *ssl, const char *text)
{
	return SSL_write(ssl, text, (int)strlen(text)) > 0;
}

/* ---- servers without manners ---- */

static void play_silence(struct tls_peer *peer, SSL *ssl)
{
	tls_peer_wait(peer, SSL_get_fd(ssl));
}

static void play_endless_body(struct tls_peer *peer, SSL *ssl)
{
	static const char junk[16384] = { 'x' };

	(void)peer;
	say(ssl, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
	while (SSL_write(ssl, junk, sizeof(junk)) > 0)
		continue;
}

static void play_drip(struct tls_peer *peer, SSL *ssl)
{
	say(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
	while (!peer->stopping && say(ssl, "x"))
		nap(50);
}

static void play_interim_flood(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	while (say(ssl, "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"))
		continue;
}

static void play_interim_few(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	say(ssl, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nContent-Type: a/b\r\n\r\n" OK_ANSWER);
}

static void play_header_flood(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	say(ssl, "HTTP/1.1 200 OK\r\n");
	while (say(ssl, "X-Flood: 0123456789012345678901234567890123456789012345678901234567890123456789\r\n"))
		continue;
}

static void play_long_header(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	say(ssl, "HTTP/1.1 200 OK\r\nX-Flood: ");
	while (say(ssl, "0123456789012345678901234567890123456789012345678901234567890123456789"))
		continue;
}

static void play_octet_by_octet(struct tls_peer *peer, SSL *ssl)
{
	const char *answer = OK_ANSWER;

	(void)peer;
	for (size_t i = 0; answer[i]; i++)
		SSL_write(ssl, answer + i, 1);
}

static void play_reset_in_body(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	say(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nversion");
	nap(50);
	tls_peer_reset(SSL_get_fd(ssl));
}

static void play_reset(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	tls_peer_reset(SSL_get_fd(ssl));
}

static void sized_answer(SSL *ssl, const char *head, size_t n)
{
	char *body = malloc(n);

	memset(body, 'b', n);
	say(ssl, head);
	SSL_write(ssl, body, (int)n);
	free(body);
}

static void play_largest(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	sized_answer(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n", POLICY_BODY_MAX);
}

static void play_one_too_many(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	sized_answer(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n", POLICY_BODY_MAX + 1);
}

static void play_large_error(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	sized_answer(ssl, "HTTP/1.1 404 Not Found\r\nContent-Length: 50000\r\n\r\n", 50000);
}

struct http_case {
	const char *name;
	const char *answer;
	void (*play)(struct tls_peer *peer, SSL *ssl);
	double timeout_s;
	bool abrupt;
	struct rig_expected want;
};

static const struct http_case http_cases[] = {
	{ "200", OK_ANSWER, NULL, 5, false, { CONNECT_SUCCESS, RIG_READ, .chain = 2 } },
	{ "200 closed without close_notify, but whole",
	  OK_ANSWER,
	  NULL,
	  5,
	  true,
	  { CONNECT_SUCCESS, RIG_READ, .chain = 2 } },
	{ "until the connection closes",
	  "HTTP/1.0 200 OK\r\n\r\nversion",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .size = 7, .body = 7 } },
	{ "until it closes without close_notify",
	  "HTTP/1.0 200 OK\r\n\r\nversion",
	  NULL,
	  5,
	  true,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL, .size = 7, .body = 7 } },
	{ "chunked",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nver\r\n4\r\nsion\r\n0\r\nContent-Type: "
	  "a/b\r\n\r\n",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .size = 7, .body = 7 } },
	{ "chunked, and the connection cut behind it",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity, Chunked\r\n\r\n7\r\nversion\r\n0\r\n\r\n",
	  NULL,
	  5,
	  true,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .size = 7, .body = 7 } },
	{ "chunked without its last chunk",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nversion\r\n",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL, .size = 7, .body = 7 } },
	{ "a length that a transfer coding makes void",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 7\r\n\r\nversion",
	  NULL,
	  5,
	  true,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL, .size = 7, .body = 7 } },
	{ "chunk that is none",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nver",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL } },
	{ "empty",
	  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200 } },
	{ "404",
	  "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 404, .size = 2, .body = 2 } },
	{ "204", "HTTP/1.1 204 No Content\r\n\r\n", NULL, 5, false, { CONNECT_SUCCESS, TLS, .http_status = 204 } },
	{ "the same length twice",
	  "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Length: 7\r\n\r\nversion",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .size = 7, .body = 7 } },
	{ "the same length in a list",
	  "HTTP/1.1 200 OK\r\nContent-Length: 7, 7\r\nContent-Length: 07\r\n\r\nversion",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .size = 7, .body = 7 } },
	{ "two lengths",
	  "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Length: 3\r\n\r\nversion",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL } },
	{ "two lengths, the longer last",
	  "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 7\r\n\r\nversion",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL } },
	{ "two lengths in a list",
	  "HTTP/1.1 200 OK\r\nContent-Length: 7, 3\r\n\r\nversion",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL } },
	{ "a length that is none",
	  "HTTP/1.1 200 OK\r\nContent-Length: 7x\r\n\r\nversion",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL } },
	{ "a length with a sign",
	  "HTTP/1.1 200 OK\r\nContent-Length: +7\r\n\r\nversion",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL } },
	{ "a length below 0",
	  "HTTP/1.1 200 OK\r\nContent-Length: -7\r\n\r\nversion",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL } },
	{ "an empty length",
	  "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nversion",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL } },
	{ "a length and chunks",
	  "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nversion\r\n0\r\n\r\n",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL } },
	{ "chunks and a length",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 7\r\n\r\n7\r\nversion\r\n0\r\n\r\n",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL } },
	{ "a length and no coding",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 7\r\n\r\nversion",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .size = 7, .body = 7 } },
	{ "two lengths of no body",
	  "HTTP/1.1 204 No Content\r\nContent-Length: 7\r\nContent-Length: 3\r\n\r\n",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 204 } },
	{ "short body",
	  "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nversion",
	  NULL,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL, .size = 7, .body = 7 } },
	{ "reset in the body",
	  NULL,
	  play_reset_in_body,
	  5,
	  true,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL, .size = 7, .body = 7 } },
	{ "reset instead of an answer",
	  NULL,
	  play_reset,
	  5,
	  true,
	  { CONNECT_PROTOCOL_ERROR, TLS, .failure = HTTP_PROTOCOL } },
	{ "closed instead of an answer",
	  "",
	  NULL,
	  5,
	  false,
	  { CONNECT_PROTOCOL_ERROR, TLS, .failure = HTTP_PROTOCOL } },
	{ "HTTP/0.9", "version: STSv1\r\n", NULL, 5, false, { CONNECT_PROTOCOL_ERROR, TLS, .failure = HTTP_PROTOCOL } },
	{ "silence after TLS", NULL, play_silence, SHORT, false, { CONNECT_IO_TIMEOUT, TLS, .failure = HTTP_TIMEOUT } },
	{ "endless body",
	  NULL,
	  play_endless_body,
	  5,
	  true,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_TOO_LARGE, .size = RIG_MORE,
	    .body = POLICY_BODY_MAX } },
	{ "largest body",
	  NULL,
	  play_largest,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .size = POLICY_BODY_MAX, .body = POLICY_BODY_MAX } },
	{ "one octet too many",
	  NULL,
	  play_one_too_many,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_TOO_LARGE, .size = POLICY_BODY_MAX + 1,
	    .body = POLICY_BODY_MAX } },
	{ "large error page",
	  NULL,
	  play_large_error,
	  5,
	  false,
	  { CONNECT_SUCCESS, TLS, .http_status = 404, .size = RIG_MORE, .body = HTTP_ERROR_BODY_MAX } },
	{ "20 octets a second",
	  NULL,
	  play_drip,
	  SHORT,
	  true,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_TIMEOUT, .size = RIG_SOME, .body = RIG_SOME } },
	{ "1xx without end",
	  NULL,
	  play_interim_flood,
	  5,
	  true,
	  { CONNECT_PROTOCOL_ERROR, TLS, .failure = HTTP_PROTOCOL } },
	{ "two 1xx", NULL, play_interim_few, 5, false, { CONNECT_SUCCESS, RIG_READ, .chain = 2 } },
	{ "headers without end",
	  NULL,
	  play_header_flood,
	  5,
	  true,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL } },
	{ "one header without end",
	  NULL,
	  play_long_header,
	  5,
	  true,
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL } },
	{ "TLS records of one octet", NULL, play_octet_by_octet, 5, false, { CONNECT_SUCCESS, RIG_READ, .chain = 2 } },
};

static void answers_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(http_cases); i++) {
		const struct http_case *c = &http_cases[i];
		struct tls_peer_plan plan = { .chain = { rig_pki.leaf, rig_pki.middle },
					      .key = rig_pki.key,
					      .answer = c->answer,
					      .play = c->play,
					      .abrupt = c->abrupt };

		rig_fetch_one(c->name, &plan, c->timeout_s, &c->want, NULL);
	}
}

/* ---- header fields ---- */

struct field_case {
	const char *name, *fields, *content_type, *challenge; /* NULL: no such field */
	unsigned status;
	const char *body;
};

static const struct field_case field_cases[] = {
	{ "no content type", "", NULL, NULL, 200, "" },
	{ "empty content type", "Content-Type:\r\n", "", NULL, 200, "" },
	{ "any case, any space", "CONTENT-type: \t text/HTML ;x=y \r\n", "text/HTML ;x=y", NULL, 200, "" },
	{ "two that differ", "Content-Type: a/b\r\nContent-Type: c/d\r\n", "a/b, c/d", NULL, 200, "" },
	{ "three that differ", "Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Type: e/f\r\n", "a/b, c/d, e/f", NULL,
	  200, "" },
	{ "two that do not", "Content-Type: a/b\r\nContent-Type: A/B\r\n", "a/b", NULL, 200, "" },
	{ "cf-mitigated", "CF-Mitigated: \t Challenge \r\n", NULL, "cf-mitigated: Challenge", 403, "" },
	{ "of two marks the first", "SG-Captcha:\r\nX-Sucuri-Block: 1\r\n", NULL, "sg-captcha: ", 200, "" },
	{ "403 alone", "", NULL, NULL, 403, "forbidden" },
};

static const struct field_case *field_case;

static void look_at_fields(const struct obs_policy *policy, struct tls_peer *peer)
{
	(void)peer;
	if (!field_case->challenge)
		assert_null(policy->http.challenge.p);
	else if (!span_equal(policy->http.challenge, span_of(field_case->challenge)))
		fail_msg("%s: challenge is wrong", field_case->name);
	if (!field_case->content_type)
		assert_null(policy->http.content_type.p);
	else if (!span_equal(policy->http.content_type, span_of(field_case->content_type)) ||
		 !policy->http.content_type.p)
		fail_msg("%s: content type is wrong", field_case->name);
}

static void fields_are_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(field_cases); i++) {
		const struct field_case *c = field_case = &field_cases[i];
		struct rig_expected want = { CONNECT_SUCCESS, TLS, .http_status = c->status, .size = strlen(c->body),
					     .body = strlen(c->body) };
		char answer[512];
		struct tls_peer_plan plan = { .chain = { rig_pki.leaf, rig_pki.middle },
					      .key = rig_pki.key,
					      .answer = answer };

		snprintf(answer, sizeof(answer), "HTTP/1.1 %u X\r\nContent-Length: %zu\r\n%s\r\n%s", c->status,
			 strlen(c->body), c->fields, c->body);
		rig_fetch_one(c->name, &plan, 5, &want, look_at_fields);
	}
}

struct coding_case {
	const char *name, *answer;
	struct rig_expected want;
};

static const struct coding_case coding_cases[] = {
	{ "cut in the middle",
	  "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08",
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL } },
	{ "no such stream",
	  "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\nversion",
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL } },
	{ "a coding nobody knows",
	  "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 7\r\n\r\nversion",
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .failure = HTTP_PROTOCOL, .size = 7, .body = 7 } },
	{ "identity",
	  "HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 7\r\n\r\nversion",
	  { CONNECT_SUCCESS, TLS, .http_status = 200, .size = 7, .body = 7 } },
	{ "coded, and empty",
	  "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n",
	  { CONNECT_SUCCESS, TLS, .http_status = 200 } },
};

static void content_codings(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(coding_cases); i++) {
		const struct coding_case *c = &coding_cases[i];
		struct tls_peer_plan plan = { .chain = { rig_pki.leaf, rig_pki.middle },
					      .key = rig_pki.key,
					      .answer = c->answer };

		rig_fetch_one(c->name, &plan, 5, &c->want, NULL);
	}
}

static const uint8_t gzipped[] = { 0x1f, 0x8b, 8,    0,    0,    0,    0,    0,    0,    3, 0x2b, 0x4b, 0x2d, 0x2a,
				   0xce, 0xcc, 0xcf, 0x03, 0x00, 0xc3, 0xd3, 0x1c, 0xbf, 7, 0,    0,    0 };

/* Compressed though identity was asked for: what is kept is what a sender's library reads. */
static void play_gzip(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	say(ssl, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 27\r\n\r\n");
	SSL_write(ssl, gzipped, sizeof(gzipped));
}

/* The same as a transfer coding, with chunks around it, and the connection cut. */
static void play_gzip_chunked(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	say(ssl, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1b\r\n");
	SSL_write(ssl, gzipped, sizeof(gzipped));
	say(ssl, "\r\n0\r\n\r\n");
}

static void look_at_body(const struct obs_policy *policy, struct tls_peer *peer)
{
	(void)peer;
	assert_memory_equal(policy->http.body.p, "version", 7);
	assert_null(policy->http.content_encoding.p);
}

static void look_at_gzip(const struct obs_policy *policy, struct tls_peer *peer)
{
	(void)peer;
	assert_memory_equal(policy->http.body.p, "version", 7);
	assert_true(span_equal(policy->http.content_encoding, SPAN_LITERAL("gzip")));
}

static void a_compressed_body_is_read(void **state)
{
	struct tls_peer_plan plan = { .chain = { rig_pki.leaf, rig_pki.middle },
				      .key = rig_pki.key,
				      .play = play_gzip };
	struct rig_expected want = { CONNECT_SUCCESS, TLS, .http_status = 200, .size = 7, .body = 7 };

	(void)state;
	rig_fetch_one("gzip", &plan, 5, &want, look_at_gzip);
	plan.play = play_gzip_chunked;
	plan.abrupt = true;
	rig_fetch_one("gzip, chunked", &plan, 5, &want, look_at_body);
}

static void look_at_location(const struct obs_policy *policy, struct tls_peer *peer)
{
	assert_true(span_starts_with(policy->http.location, SPAN_LITERAL("https://127.0.0.1:")));
	assert_int_equal(peer->accepted, 1);
}

static void redirect_is_recorded_and_not_followed(void **state)
{
	struct tls_peer target;
	char answer[256];
	struct tls_peer_plan plan = { .chain = { rig_pki.leaf, rig_pki.middle }, .key = rig_pki.key, .answer = answer };
	struct rig_expected want = { CONNECT_SUCCESS, TLS, .http_status = 301 };

	(void)state;
	tls_peer_start(&target, &plan, NULL, 0);
	snprintf(answer, sizeof(answer),
		 "HTTP/1.1 301 Moved\r\nLocation: https://127.0.0.1:%u/\r\nContent-Length: 0\r\n\r\n", target.port);
	rig_fetch_one("redirect", &plan, 5, &want, look_at_location);
	assert_int_equal(target.accepted, 0);
	tls_peer_stop(&target);
}

/* The environment and the home directory of whoever runs the survey change nothing. */
static void proxies_and_netrc_are_ignored(void **state)
{
	struct tls_peer proxy;
	char home[] = "/tmp/stsurvey-test-home.XXXXXX", path[64], url[64];
	struct tls_peer_plan plan = { .chain = { rig_pki.leaf, rig_pki.middle },
				      .key = rig_pki.key,
				      .answer = OK_ANSWER };
	struct rig_expected want = { CONNECT_SUCCESS, RIG_READ, .chain = 2 };
	FILE *netrc;

	(void)state;
	tls_peer_start(&proxy, &plan, NULL, 0);
	assert_non_null(mkdtemp(home));
	snprintf(path, sizeof(path), "%s/.netrc", home);
	netrc = fopen(path, "w");
	assert_non_null(netrc);
	fprintf(netrc, "machine " HOST " login someone password secret\n");
	fclose(netrc);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", proxy.port);
	setenv("HOME", home, 1);
	setenv("https_proxy", url, 1);
	setenv("HTTPS_PROXY", url, 1);
	setenv("ALL_PROXY", url, 1);
	rig_fetch_one("environment", &plan, 5, &want, NULL);
	assert_int_equal(proxy.accepted, 0);
	tls_peer_stop(&proxy);
	unlink(path);
	rmdir(home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_told_apart),
		cmocka_unit_test(fields_are_kept),
		cmocka_unit_test(content_codings),
		cmocka_unit_test(a_compressed_body_is_read),
		cmocka_unit_test(redirect_is_recorded_and_not_followed),
		cmocka_unit_test(proxies_and_netrc_are_ignored),
	};

	return cmocka_run_group_tests(tests, rig_pki_init, rig_pki_fini);
}
