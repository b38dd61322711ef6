/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread that stands still, be it stopped, suspended or without a processor, while fetches are under way: they are
 * begun again, and its time-outs are no domain's. */
#include <setjmp.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/fake/stood_still.h"
#include "tests/scanner/https/net_curl_rig.h"

enum { STOP_MS = 61000 /* longer than any limit of a fetch */ };

/* ---- a server that waits at one step for us to stand still, at each of its first `left` connections ---- */

static atomic_int left;
static atomic_uint waiting, stops; /* connections that have begun to wait, and what ends the wait of each */

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void await_stop(void)
{
	unsigned number;

	if (atomic_fetch_sub(&left, 1) <= 0)
		return;
	number = atomic_fetch_add(&waiting, 1) + 1;
	while (atomic_load(&stops) < number)
		nap();
}

static int on_hello(SSL *ssl, int *alert, void *arg)
{
	(void)ssl;
	(void)alert;
	(void)arg;
	await_stop();
	return SSL_CLIENT_HELLO_SUCCESS;
}

static void wait_at_hello(SSL_CTX *ctx)
{
	SSL_CTX_set_client_hello_cb(ctx, on_hello, NULL);
}

static void play_wait_first(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	await_stop();
	SSL_write(ssl, OK_ANSWER, (int)strlen(OK_ANSWER));
}

static void play_wait_within(struct tls_peer *peer, SSL *ssl)
{
	(void)peer;
	SSL_write(ssl, OK_ANSWER, (int)strlen(OK_ANSWER) - 20);
	await_stop();
	SSL_write(ssl, OK_ANSWER + strlen(OK_ANSWER) - 20, 20);
}

/* It gives up waiting for us, as servers do after a minute. */
static void play_hang_up(struct tls_peer *peer, SSL *ssl)
{
	bool last = atomic_load(&left) <= 0;

	(void)peer;
	await_stop();
	if (last)
		SSL_write(ssl, OK_ANSWER, (int)strlen(OK_ANSWER));
}

static const struct {
	const char *name;
	void (*tune)(SSL_CTX *ctx);
	void (*play)(struct tls_peer *peer, SSL *ssl);
} steps[] = {
	{ "handshake", wait_at_hello, NULL },
	{ "first line", NULL, play_wait_first },
	{ "body", NULL, play_wait_within },
	{ "hung up", NULL, play_hang_up },
};

/* Fetch from a server that waits as steps[step], at @count of its connections, and stand still then. */
static void fetch_with_stops(size_t step, unsigned count, struct rig_fetch *fetch)
{
	struct tls_peer_plan plan = { .chain = { rig_pki.leaf, rig_pki.middle },
				      .key = rig_pki.key,
				      .tune = steps[step].tune,
				      .play = steps[step].play,
				      .answer = OK_ANSWER };
	struct tls_peer peer;
	struct rig rig;

	left = (int)count;
	waiting = stops = 0;
	tls_peer_start(&peer, &plan, NULL, 0);
	rig_init(&rig, &(struct rig_options){ .store = rig_pki.store, .port = peer.port, .timeout_s = 60 });
	rig_begin(&rig, fetch, HOST, NULL);
	for (unsigned i = 1; i <= count && fetch->done == 0; i++) {
		while (waiting < i && fetch->done == 0)
			uv_run(&rig.loop, UV_RUN_NOWAIT);
		atomic_fetch_add(&stood_still_ms, STOP_MS);
		atomic_store(&stops, i); /* its answer comes meanwhile, or just after */
		nap();
	}
	rig_run(&rig);
	atomic_store(&stops, UINT_MAX);
	assert_int_equal(fetch->done, 1);
	assert_int_equal(fetch->fetch.fault, NET_OK);
	rig_fini(&rig);
	tls_peer_stop(&peer);
}

static void what_is_under_way_is_begun_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		struct rig_fetch fetch;

		fetch_with_stops(i, i == 0 ? NET_CURL_AGAIN_MAX : 1, &fetch);
		if (fetch.policy.status != CONNECT_SUCCESS || fetch.policy.http.failure != HTTP_COMPLETE ||
		    !span_equal(fetch.policy.http.body, SPAN_LITERAL(POLICY)) || fetch.policy.tls.chain_count != 2 ||
		    fetch.policy.address_used != 0)
			fail_msg("%s: status %d, failure %d", steps[i].name, fetch.policy.status,
				 fetch.policy.http.failure);
		assert_true(fetch.policy.fetch_ms < STOP_MS); /* by the clock that was moved: its own time alone */
		rig_fetch_fini(&fetch);
	}
}

/* Where that goes on and on it ends, and nothing is known. */
static void a_fetch_is_not_begun_for_ever(void **state)
{
	struct rig_fetch fetch;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		fetch_with_stops(i, NET_CURL_AGAIN_MAX + 1, &fetch);
		assert_int_equal(fetch.policy.status, CONNECT_SKIPPED);
		assert_int_equal(fetch.policy.address_used, -1);
		assert_int_equal(fetch.policy.tls.version, TLS_NONE);
		assert_int_equal(fetch.policy.tls.chain_count, 0);
		assert_int_equal(fetch.policy.http.status, 0);
		assert_int_equal(fetch.policy.http.failure, HTTP_COMPLETE);
		rig_fetch_fini(&fetch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_under_way_is_begun_again),
		cmocka_unit_test(a_fetch_is_not_begun_for_ever),
	};

	return cmocka_run_group_tests_name("net_curl_stop", tests, rig_pki_init, rig_pki_fini);
}
