/* SPDX-License-Identifier: BSD-2-Clause */
/* A fetch whose memory fails, at any of its allocations and those of curl and OpenSSL: it ends with that fault, or as
 * if nothing had happened, never with other facts; and the next one is as good as ever. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/fake/failing_malloc.h"
#include "tests/scanner/https/net_curl_rig.h"

enum {
	STEP = 97,           /* between the allocations that are tried: a prime, so that no loop is in step with it */
	ALL = 50000,         /* a fetch has five thousand */
	FAILED_IN_A_ROW = 3, /* where memory stays out for a while: what cleans up meets it, too, … */
	FAR = 1000,          /* … or all that comes */
	BEFORE_CONNECTING = 150, /* curl's first allocations */
};

static const char *const nowhere[] = { "127.0.0.2", "127.0.0.1", NULL }; /* the first refuses */

static void assert_good(const struct rig_fetch *fetch)
{
	assert_int_equal(fetch->fetch.fault, NET_OK);
	assert_int_equal(fetch->policy.status, CONNECT_SUCCESS);
	assert_int_equal(fetch->policy.tls.version, TLS_1_3);
	assert_int_equal(fetch->policy.tls.chain_count, 2);
	assert_int_equal(fetch->policy.tls.error_count, 0);
	assert_int_equal(fetch->policy.tls.chain[0].name_count, 1);
	assert_true(span_equal(fetch->policy.tls.chain[0].name[0], SPAN_LITERAL(HOST)));
	assert_true(span_equal(fetch->policy.tls.chain[0].issuer, SPAN_LITERAL("CN=Middle,O=stsurvey test")));
	assert_true(span_equal(fetch->policy.tls.chain[0].key_type, SPAN_LITERAL("EC:prime256v1")));
	assert_true(span_equal(fetch->policy.tls.chain[0].signature, SPAN_LITERAL("ecdsa-with-SHA256")));
	assert_true(fetch->policy.tls.chain[0].spki_known && fetch->policy.tls.chain[1].spki_known);
	assert_true(fetch->policy.tls.cipher.n > 0);
	assert_true(span_equal(fetch->policy.tls.group, SPAN_LITERAL("x25519")));
	assert_int_equal(fetch->policy.http.status, 200);
	assert_int_equal(fetch->policy.http.failure, HTTP_COMPLETE);
	assert_true(span_equal(fetch->policy.http.body, SPAN_LITERAL(POLICY)));
}

/* One fetch; true: memory has failed it. */
static bool fetch_once(struct rig *rig, const char *const *addresses)
{
	struct rig_fetch fetch;
	bool failed;

	rig_begin(rig, &fetch, HOST, addresses);
	rig_run(rig);
	left = -1;
	assert_int_equal(fetch.done, 1);
	failed = fetch.fetch.fault == NET_FAULT_MEMORY || fetch.fetch.fault == NET_FAULT_SOCKETS;
	if (!failed)
		assert_good(&fetch);
	rig_fetch_fini(&fetch);
	return failed;
}

/* Let @many allocations fail, @between good ones apart, at every @step-th of the first @end or of all. */
static void try_all(const char *const *addresses, long many, long between, long step, long end)
{
	struct tls_peer_plan plan = { .chain = { rig_pki.leaf, rig_pki.middle },
				      .key = rig_pki.key,
				      .answer = OK_ANSWER };
	struct tls_peer peer;
	struct rig rig;
	struct stat after = { 0 };
	unsigned rounds = 0, faults = 0;
	bool reached;

	tls_peer_start(&peer, &plan, NULL, 0);
	rig_init(&rig, &(struct rig_options){ .store = rig_pki.store, .port = peer.port });
	do {
		fail_at(step * rounds);
		more = many - 1;
		gap = between;
		faults += fetch_once(&rig, addresses);
		reached = hit;
		assert_false(fetch_once(&rig, addresses)); /* nothing is left of it */
		fstat(STDIN_FILENO, &after);
		assert_false(S_ISSOCK(after.st_mode)); /* curl 7.88 may close it, and the next socket has its number */
	} while (reached && step * ++rounds < end);
	assert_true(!reached || end < ALL);
	assert_true(rounds > 20 && faults > rounds / 2);
	rig_fini(&rig);
	tls_peer_stop(&peer);
}

static void one_allocation_fails(void **state)
{
	(void)state;
	try_all(NULL, 1, 0, STEP, ALL);
	try_all(nowhere, 1, 0, STEP, ALL);
}

static void several_allocations_fail(void **state)
{
	(void)state;
	try_all(NULL, FAILED_IN_A_ROW, 0, STEP, ALL);
	try_all(NULL, FAR, 0, STEP, ALL);
	try_all(NULL, FAILED_IN_A_ROW, 0, 1, BEFORE_CONNECTING);
	try_all(NULL, FAILED_IN_A_ROW, 1, 1, BEFORE_CONNECTING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_allocation_fails),
		cmocka_unit_test(several_allocations_fail),
	};

	return cmocka_run_group_tests_name("net_curl_memory", tests, rig_pki_init, rig_pki_fini);
}
