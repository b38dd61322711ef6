/* SPDX-License-Identifier: BSD-2-Clause */
/* A thread that stands still, be it stopped, suspended or without a processor, while probes are under way: they are
 * begun again, and its time-outs are no host's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/fake/stood_still.h"
#include "tests/scanner/smtp/smtp_rig.h"

enum { STOP_MS = 601000 /* longer than any limit of a probe */ };

/* Where the server waits, at each connection, and we stand still. */
static const struct {
	const char *name;
	smtp_script script;
} steps[] = {
	{ "the greeting", { "!", TO_TLS, BYE } },
	{ "within the greeting",
	  { ">220-x\r\n", "!", ">220 x\r\n", "<EHLO", OFFERS, "<STARTTLS", ">220\r\n", "T", BYE } },
	{ "EHLO", { SAYS_HELLO, "!", OFFERS, "<STARTTLS", ">220\r\n", "T", BYE } },
	{ "STARTTLS", { TO_STARTTLS, "!", ">220\r\n", "T", BYE } },
	{ "the handshake", { TO_STARTTLS, ">220\r\n", "!", "T", BYE } },
};

/* What one is begun with that has hung up meanwhile. */
static const smtp_script hangs_up = { SAYS_HELLO, "!", "." };

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* Probe a server after @script, and stand still at each of its first @count connections. */
static void probe_with_stops(struct smtp_rig_probe *probe, const char *const *script, unsigned count)
{
	struct smtp_rig rig;

	*probe = (struct smtp_rig_probe){ 0 };
	probe->peer.script[0] = script;
	probe->peer.script[1] = script == hangs_up ? steps[0].script : NULL;
	probe->peer.chain[0] = smtp_pki.leaf;
	probe->peer.key = smtp_pki.key;
	smtp_rig_init(&rig);
	smtp_rig_open(&rig, probe, (struct net_smtp_options){ 0 });
	smtp_rig_begin(probe);
	for (unsigned i = 1; i <= count && probe->done == 0; i++) {
		while (probe->peer.arrived < i && probe->done == 0)
			uv_run(&rig.loop, UV_RUN_NOWAIT);
		atomic_fetch_add(&stood_still_ms, STOP_MS);
		smtp_peer_go(&probe->peer); /* its answer comes meanwhile, or just after */
		nap();
	}
	smtp_peer_go(&probe->peer); /* the last one, at which we do not */
	smtp_rig_run(&rig);
	smtp_rig_close(probe);
	smtp_rig_fini(&rig);
	smtp_rig_stop(probe);
	assert_int_equal(probe->done, 1);
	assert_int_equal(probe->probe.fault, NET_OK);
}

/* ---- in the middle of waiting for the network ---- */

static void *stop_while_it_waits(void *arg)
{
	struct smtp_peer *peer = arg;

	while (atomic_load(&peer->arrived) == 0)
		nap();
	atomic_fetch_add(&stood_still_ms, STOP_MS);
	smtp_peer_go(peer);
	smtp_peer_go(peer); /* the second one, at which we do not */
	return NULL;
}

static void assert_whole(const char *name, const struct smtp_rig_probe *probe)
{
	const struct obs_smtp *smtp = &probe->facts;

	if (smtp->phase != SMTP_SECURE || smtp->status != CONNECT_SUCCESS || smtp->tls.chain_count != 1 ||
	    smtp->quit.code != 221 || smtp->retried_old)
		fail_msg("%s: phase %d, status %d", name, smtp->phase, smtp->status);
	for (unsigned phase = 0; phase < SMTP_PHASE_COUNT; phase++)
		assert_true(smtp->ms[phase] < UINT16_MAX); /* by the clock that was moved: its own time alone */
}

static void what_is_under_way_is_begun_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		struct smtp_rig_probe probe;

		probe_with_stops(&probe, steps[i].script, i == 0 ? NET_CURL_AGAIN_MAX : 1);
		assert_whole(steps[i].name, &probe);
		smtp_rig_free(&probe);
	}
}

static void a_server_that_has_hung_up_meanwhile_is_asked_again(void **state)
{
	struct smtp_rig_probe probe;

	(void)state;
	probe_with_stops(&probe, hangs_up, 1);
	assert_whole("hung up", &probe);
	smtp_rig_free(&probe);
}

/* What has come meanwhile is met before the clock. */
static void what_wakes_it_is_not_looked_at(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		struct smtp_rig_probe probe = { .peer = { .script = { hangs_up, steps[i].script },
							  .chain = { smtp_pki.leaf },
							  .key = smtp_pki.key } };
		struct smtp_rig rig;
		pthread_t thread;

		smtp_rig_init(&rig);
		smtp_rig_open(&rig, &probe, (struct net_smtp_options){ 0 });
		assert_int_equal(pthread_create(&thread, NULL, stop_while_it_waits, &probe.peer), 0);
		smtp_rig_begin(&probe);
		smtp_rig_run(&rig);
		pthread_join(thread, NULL);
		assert_int_equal(probe.probe.fault, NET_OK);
		assert_whole(steps[i].name, &probe);
		smtp_rig_end(&rig, &probe, 1);
	}
}

/* Where that goes on and on it ends, and nothing is known. */
static void a_probe_is_not_begun_for_ever(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		struct smtp_rig_probe probe;

		probe_with_stops(&probe, steps[i].script, NET_CURL_AGAIN_MAX + 1);
		assert_int_equal(probe.facts.phase, SMTP_NOT_TRIED);
		assert_int_equal(probe.facts.status, CONNECT_SKIPPED);
		assert_int_equal(probe.facts.greeting.code, 0);
		assert_null(probe.facts.greeting.text.p);
		assert_int_equal(probe.facts.tls.version, TLS_NONE);
		smtp_rig_free(&probe);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_under_way_is_begun_again),
		cmocka_unit_test(a_server_that_has_hung_up_meanwhile_is_asked_again),
		cmocka_unit_test(what_wakes_it_is_not_looked_at),
		cmocka_unit_test(a_probe_is_not_begun_for_ever),
	};

	return cmocka_run_group_tests_name("net_smtp_stop", tests, smtp_pki_init, smtp_pki_fini);
}
