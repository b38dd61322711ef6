/* SPDX-License-Identifier: BSD-2-Clause */
/* A probe whose memory fails, at any of its allocations and those of OpenSSL: it ends with that fault, or as if nothing
 * had happened, never with other facts; and the next one is as good as ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/fake/failing_malloc.h"
#include "tests/scanner/smtp/smtp_rig.h"

enum {
	STEP = 31,           /* between the allocations that are tried: a prime, so that no loop is in step with it */
	FIRST = 40,          /* of these each one is tried: the dialogue in the clear */
	ALL = 20000,         /* a probe has two thousand */
	FAILED_IN_A_ROW = 3, /* where memory stays out for a while: what cleans up meets it, too, … */
	FAR = 1000,          /* … or all that comes */
};

/* A reply in pieces, so that it is kept in a buffer that grows. */
static const smtp_script in_pieces = {
	">220-a long name of a server that has much to say, and says it in several lines\r\n",
	"~",
	">220-x\r\n220 y\r\n",
	"<EHLO",
	OFFERS,
	"<STARTTLS",
	">220 go ahead\r\n",
	"T",
	BYE,
};

static void assert_good(const struct smtp_rig_probe *probe)
{
	const struct obs_smtp *smtp = &probe->facts;

	assert_int_equal(smtp->phase, SMTP_SECURE);
	assert_int_equal(smtp->status, CONNECT_SUCCESS);
	assert_int_equal(smtp->greeting.code, 220);
	assert_int_equal(smtp->greeting.text.n, strlen(in_pieces[0]) - 1 + 14);
	assert_true(span_equal(smtp->ehlo.text, span_of(&OFFERS[1])));
	assert_int_equal(smtp->starttls.code, 220);
	assert_int_equal(smtp->quit.code, 221);
	assert_false(smtp->retried_old);
	assert_int_equal(smtp->tls.version, TLS_1_3);
	assert_int_equal(smtp->tls.chain_count, 1);
	assert_int_equal(smtp->tls.error_count, 0);
	assert_int_equal(smtp->tls.chain[0].name_count, 1);
	assert_true(span_equal(smtp->tls.chain[0].name[0], SPAN_LITERAL(MX)));
}

/* True: memory has failed it. */
static bool probe_once(struct smtp_rig_probe *probe)
{
	bool failed;

	smtp_rig_begin(probe);
	smtp_rig_run(probe->rig);
	left = -1;
	assert_int_equal(probe->done, 1);
	failed = probe->probe.fault == NET_FAULT_MEMORY;
	if (!failed) {
		assert_int_equal(probe->probe.fault, NET_OK);
		assert_good(probe);
	}
	arena_reset(&probe->arena);
	return failed;
}

/* Let @many allocations fail, at every @step-th of the first @end or of all. */
static void try_all(long many, long step, long end)
{
	struct smtp_rig_probe *probe = calloc(1, sizeof(*probe));
	unsigned rounds = 0, faults = 0;
	struct smtp_rig rig;
	bool reached;

	assert_non_null(probe);
	probe->peer.script[0] = in_pieces;
	probe->peer.chain[0] = smtp_pki.leaf;
	probe->peer.key = smtp_pki.key;
	smtp_rig_init(&rig);
	smtp_rig_open(&rig, probe, (struct net_smtp_options){ 0 });
	do {
		fail_at(step * rounds);
		more = many - 1;
		faults += probe_once(probe);
		reached = hit;
		assert_false(probe_once(probe)); /* nothing is left of it */
	} while (reached && step * ++rounds < end);
	assert_true(!reached || end < ALL);
	assert_true(rounds > 20 && faults > rounds / 2);
	smtp_rig_end(&rig, probe, 1);
	free(probe);
}

static void one_allocation_fails(void **state)
{
	(void)state;
	try_all(1, 1, FIRST);
	try_all(1, STEP, ALL);
}

static void several_allocations_fail(void **state)
{
	(void)state;
	try_all(FAILED_IN_A_ROW, STEP, ALL);
	try_all(FAR, 1, FIRST);
	try_all(FAR, STEP, ALL);
}

static void without_memory_it_does_not_open(void **state)
{
	struct net_smtp_options options = { .store = smtp_pki.store, .concurrency = 1, .ehlo_domain = EHLO_NAME };
	struct net_smtp *smtp;
	struct error error;
	uv_loop_t loop;
	long n = 0;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	options.loop = &loop;
	do {
		fail_at(n);
		if (net_smtp_open(&smtp, &options, &error) == 0)
			net_smtp_close(smtp);
		else
			assert_null(smtp);
		n += n < FIRST ? 1 : STEP;
		left = -1;
		uv_run(&loop, UV_RUN_DEFAULT);
	} while (hit);
	assert_true(n > FIRST);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_allocation_fails),
		cmocka_unit_test(several_allocations_fail),
		cmocka_unit_test(without_memory_it_does_not_open),
	};

	return cmocka_run_group_tests_name("net_smtp_memory", tests, smtp_pki_init, smtp_pki_fini);
}
