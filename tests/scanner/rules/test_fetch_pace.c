/* SPDX-License-Identifier: BSD-2-Clause */
/* What a policy fetch waits for besides a place: the pace of its host and provider; and how long slow servers are
 * waited for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scanner/rules/address.h"
#include "tests/scanner/https/net_curl_rig.h"

enum { SECOND = 1000000, FEW = 16 };

static struct obs_address address(const char *text)
{
	struct obs_address parsed;

	assert_true(address_parse(span_of(text), &parsed));
	return parsed;
}

/* How many connections may begin within a second, all asked for at its start. */
static unsigned at_once(struct fetch_pace *pace, const char *const *addresses, const char *target, unsigned asked)
{
	unsigned n = 0, i = 0;

	for (unsigned k = 0; k < asked; k++) {
		struct obs_address to = address(addresses[i]);

		n += fetch_pace_reserve(pace, &to, span_of(target), 5ull * SECOND) < SECOND;
		i = addresses[i + 1] ? i + 1 : 0;
	}
	return n;
}

struct pace_case {
	const char *name;
	double host_rate, provider_rate;
	const char *exempt;
	const char *address[4];
	const char *target;
	unsigned begun; /* of 1,000 asked for */
};

/* The first second has the rate, as any other. */
static const struct pace_case pace_cases[] = {
	{ "one address", 50, 200, NULL, { "192.0.2.1" }, "", 50 },
	{ "three addresses", 50, 0, NULL, { "192.0.2.1", "192.0.2.2", "2001:db8::1" }, "", 150 },
	{ "no limit", 0, 0, NULL, { "192.0.2.1" }, "a.provider.example", 1000 },
	{ "one provider on three addresses",
	  1000,
	  100,
	  NULL,
	  { "192.0.2.1", "192.0.2.2", "192.0.2.3" },
	  "p.provider.example",
	  100 },
	{ "the slower of the two counts", 10, 100, NULL, { "192.0.2.1" }, "p.provider.example", 10 },
	{ "of part of a connection there is none", 10.9, 0, NULL, { "192.0.2.1" }, "", 10 },
	{ "a lab's addresses are exempt", 50, 200, "192.0.2.0/24", { "192.0.2.1" }, "p.provider.example", 1000 },
};

static void hosts_and_providers_have_their_rates(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pace_cases); i++) {
		const struct pace_case *c = &pace_cases[i];
		struct cidr_set *exempt = cidr_set_new();
		struct fetch_pace *pace;
		unsigned n;

		if (c->exempt)
			assert_int_equal(cidr_set_add(exempt, span_of(c->exempt)), 0);
		pace = fetch_pace_new(c->host_rate, c->provider_rate, exempt);
		n = at_once(pace, c->address, c->target, 1000);
		if (n != c->begun)
			fail_msg("%s: %u, not %u", c->name, n, c->begun);
		fetch_pace_free(pace);
		cidr_set_free(exempt);
	}
}

static void one_provider_is_one_registrable_domain(void **state)
{
	struct fetch_pace *pace = fetch_pace_new(0, 10, NULL);
	struct obs_address a = address("192.0.2.1"), b = address("192.0.2.2");

	(void)state;
	assert_int_equal(fetch_pace_reserve(pace, &a, SPAN_LITERAL("a.one.co.uk"), SECOND), 0);
	assert_int_equal(fetch_pace_reserve(pace, &a, SPAN_LITERAL("b.one.co.uk"), SECOND), SECOND / 10);
	assert_int_equal(fetch_pace_reserve(pace, &b, SPAN_LITERAL("c.d.ONE.co.uk"), SECOND), SECOND / 5);
	assert_int_equal(fetch_pace_reserve(pace, &b, SPAN_LITERAL("a.two.co.uk"), SECOND), 0);
	fetch_pace_free(pace);
}

static void addresses_asked_for_long_ago_make_room(void **state)
{
	struct fetch_pace *pace = fetch_pace_new(1, 0, NULL);
	struct obs_address first = address("192.0.2.1"), other = address("10.0.0.0");

	(void)state;
	for (unsigned i = 0; i < 3 * FETCH_PACE_KEYS; i++) {
		other.octet[2] = (uint8_t)(i >> 8);
		other.octet[3] = (uint8_t)i;
		other.octet[1] = (uint8_t)(i >> 16);
		assert_int_equal(fetch_pace_reserve(pace, &other, SPAN_LITERAL(""), SECOND), 0);
		assert_int_equal(fetch_pace_reserve(pace, &first, SPAN_LITERAL(""), SECOND), i * (uint64_t)SECOND);
	}
	assert_int_equal(fetch_pace_reserve(pace, &other, SPAN_LITERAL(""), SECOND), SECOND);
	other = address("10.0.0.1");
	assert_int_equal(fetch_pace_reserve(pace, &other, SPAN_LITERAL(""), SECOND), 0); /* forgotten */
	fetch_pace_free(pace);
}

/* ---- in the fetch ---- */

static const struct tls_peer_plan *plan_with(void (*bare)(struct tls_peer *, int),
					     void (*play)(struct tls_peer *, SSL *))
{
	static struct tls_peer_plan plan;

	plan = (struct tls_peer_plan){ .chain = { rig_pki.leaf, rig_pki.middle },
				       .key = rig_pki.key,
				       .answer = OK_ANSWER,
				       .bare = bare,
				       .play = play };
	return &plan;
}

static void fetches_wait_for_the_pace(void **state)
{
	struct fetch_pace *pace = fetch_pace_new(20, 0, NULL); /* one each 50 ms */
	struct rig_fetch fetch[FEW];
	struct tls_peer peer;
	struct rig rig;
	uint64_t began;

	(void)state;
	tls_peer_start(&peer, plan_with(NULL, NULL), NULL, 0);
	/* waiting takes longer than a fetch may: it must not count */
	rig_init(&rig, &(struct rig_options){ .store = rig_pki.store,
					      .port = peer.port,
					      .pace = pace,
					      .per_host = 100,
					      .concurrency = 100,
					      .timeout_s = 30 });
	began = uv_hrtime();
	for (int i = 0; i < FEW; i++)
		rig_begin(&rig, &fetch[i], HOST, NULL);
	assert_int_equal(net_curl_gate(rig.curl)->open, 1);
	assert_int_equal(net_curl_gate(rig.curl)->waiting, FEW - 1);
	rig_run(&rig);
	assert_true(uv_hrtime() - began >= (FEW - 1) * UINT64_C(49000000)); /* never sooner than the pace allows */
	for (int i = 0; i < FEW; i++) {
		assert_int_equal(fetch[i].done, 1);
		assert_int_equal(fetch[i].policy.status, CONNECT_SUCCESS);
		rig_fetch_fini(&fetch[i]);
	}
	rig_fini(&rig);
	fetch_pace_free(pace);
	tls_peer_stop(&peer);
}

static void stopping_ends_those_that_wait_for_the_pace(void **state)
{
	struct fetch_pace *pace = fetch_pace_new(1, 0, NULL);
	struct rig_fetch fetch[3];
	struct tls_peer peer;
	struct rig rig;

	(void)state;
	tls_peer_start(&peer, plan_with(NULL, NULL), NULL, 0);
	rig_init(&rig, &(struct rig_options){ .store = rig_pki.store, .port = peer.port, .pace = pace, .per_host = 2 });
	for (int i = 0; i < 3; i++)
		rig_begin(&rig, &fetch[i], HOST, NULL);
	net_curl_stop(rig.curl);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fetch[i].done, 1);
		assert_int_equal(fetch[i].fetch.fault, NET_FAULT_SHUTDOWN);
		rig_fetch_fini(&fetch[i]);
	}
	rig_fini(&rig);
	fetch_pace_free(pace);
	tls_peer_stop(&peer);
}

static void bare_silence(struct tls_peer *peer, int fd)
{
	tls_peer_wait(peer, fd);
}

static void play_silence(struct tls_peer *peer, SSL *ssl)
{
	tls_peer_wait(peer, SSL_get_fd(ssl));
}

static void play_a_line(struct tls_peer *peer, SSL *ssl)
{
	SSL_write(ssl, "HTTP/1.1 200 OK\r\n", 17);
	tls_peer_wait(peer, SSL_get_fd(ssl));
}

static const char *const first_address[] = { "127.0.0.1", NULL }, *const second_address[] = { "127.0.0.2", NULL };

static void expect_end(const char *name, const struct rig_fetch *fetch, enum connect_status status)
{
	if (fetch->fetch.fault != NET_OK || fetch->policy.status != status)
		fail_msg("%s: fault %d, status %d", name, fetch->fetch.fault, fetch->policy.status);
	if (status != CONNECT_HANDSHAKE_ERROR)
		assert_int_equal(fetch->policy.http.failure, HTTP_TIMEOUT);
}

/* Two fetches are silent in different stages, and one of these has a limit below that of the whole: its fetch ends
 * first, though it began last. */
static void each_stage_has_its_limit(void **state)
{
	static const struct stage_case {
		const char *name;
		uint32_t handshake_ms, first_line_ms;
		bool shakes; /* the limit is that of the handshake */
	} cases[] = {
		{ "silence in the handshake", 300, 60000, true },
		{ "silence after the request", 60000, 300, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct stage_case *c = &cases[i];
		struct tls_peer shaking, asked;
		struct rig_fetch first, last;
		struct rig rig;

		tls_peer_start(&shaking, plan_with(bare_silence, NULL), NULL, 0);
		tls_peer_start(&asked, plan_with(NULL, play_silence), "127.0.0.2", shaking.port);
		rig_init(&rig, &(struct rig_options){ .store = rig_pki.store,
						      .port = shaking.port,
						      .timeout_s = 1.2,
						      .handshake_ms = c->handshake_ms,
						      .first_line_ms = c->first_line_ms });
		rig_begin(&rig, &first, HOST, c->shakes ? second_address : first_address);
		rig_begin(&rig, &last, HOST, c->shakes ? first_address : second_address);
		rig_run(&rig);
		expect_end(c->name, c->shakes ? &last : &first, CONNECT_HANDSHAKE_ERROR);
		expect_end(c->name, c->shakes ? &first : &last, CONNECT_IO_TIMEOUT);
		if (last.place != 1)
			fail_msg("%s is not told earlier than by the time for all", c->name);
		rig_fetch_fini(&first);
		rig_fetch_fini(&last);
		rig_fini(&rig);
		tls_peer_stop(&shaking);
		tls_peer_stop(&asked);
	}
}

/* Beside one whose answer does not begin, and which began before it. */
static void an_answer_that_has_begun_has_the_time_of_the_whole(void **state)
{
	struct rig_fetch asking, reading;
	struct tls_peer silent, slow;
	struct rig rig;

	(void)state;
	tls_peer_start(&silent, plan_with(NULL, play_silence), NULL, 0);
	tls_peer_start(&slow, plan_with(NULL, play_a_line), "127.0.0.2", silent.port);
	rig_init(&rig, &(struct rig_options){ .store = rig_pki.store,
					      .port = silent.port,
					      .timeout_s = 1.2,
					      .handshake_ms = 600,
					      .first_line_ms = 600 });
	rig_begin(&rig, &asking, HOST, first_address);
	rig_begin(&rig, &reading, HOST, second_address);
	rig_run(&rig);
	expect_end("silence after the request", &asking, CONNECT_IO_TIMEOUT);
	expect_end("silence after the first line", &reading, CONNECT_SUCCESS);
	assert_int_equal(asking.place, 1);
	rig_fetch_fini(&asking);
	rig_fetch_fini(&reading);
	rig_fini(&rig);
	tls_peer_stop(&silent);
	tls_peer_stop(&slow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_and_providers_have_their_rates),
		cmocka_unit_test(one_provider_is_one_registrable_domain),
		cmocka_unit_test(addresses_asked_for_long_ago_make_room),
		cmocka_unit_test(fetches_wait_for_the_pace),
		cmocka_unit_test(stopping_ends_those_that_wait_for_the_pace),
		cmocka_unit_test(each_stage_has_its_limit),
		cmocka_unit_test(an_answer_that_has_begun_has_the_time_of_the_whole),
	};

	return cmocka_run_group_tests(tests, rig_pki_init, rig_pki_fini);
}
