/* SPDX-License-Identifier: BSD-2-Clause */
/* The policy fetch: which address, how many at once, and how it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "tests/scanner/https/net_curl_rig.h"

enum { MANY = 100, PER_HOST = 5 };

static const struct tls_peer_plan *good_plan(void)
{
	static struct tls_peer_plan plan;

	plan = (struct tls_peer_plan){ .chain = { rig_pki.leaf, rig_pki.middle },
				       .key = rig_pki.key,
				       .answer = OK_ANSWER };
	return &plan;
}

/* ---- addresses ---- */

struct address_case {
	const char *name;
	const char *address[4];
	const char *block;
	enum connect_status status;
	int used;
};

static const struct address_case address_cases[] = {
	{ "the first is good", { "127.0.0.1", "127.0.0.2" }, NULL, CONNECT_SUCCESS, 0 },
	{ "refused, then good", { "127.0.0.2", "127.0.0.1" }, NULL, CONNECT_SUCCESS, 1 },
	{ "unreachable, then good", { "255.255.255.255", "127.0.0.1" }, NULL, CONNECT_SUCCESS, 1 },
	{ "all refused", { "127.0.0.2", "127.0.0.3", "127.0.0.4" }, NULL, CONNECT_REFUSED, 2 },
	{ "the last one's failure", { "127.0.0.2", "255.255.255.255" }, NULL, CONNECT_UNREACHABLE, 1 },
	{ "link-local without a link", { "fe80::1" }, NULL, CONNECT_UNREACHABLE, 0 },
	{ "blocked", { "127.0.0.1" }, "127.0.0.1", CONNECT_BLOCKLISTED, -1 },
	{ "reserved", { "10.0.0.1", "::ffff:192.168.0.1" }, NULL, CONNECT_BLOCKLISTED, -1 },
	{ "blocked, then refused", { "127.0.0.1", "127.0.0.2" }, "127.0.0.1", CONNECT_REFUSED, 1 },
	{ "refused, then blocked", { "127.0.0.2", "127.0.0.1" }, "127.0.0.1", CONNECT_REFUSED, 0 },
	{ "no address", { NULL }, NULL, CONNECT_SKIPPED, -1 },
};

static void addresses_are_tried_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(address_cases); i++) {
		const struct address_case *c = &address_cases[i];
		struct tls_peer peer;
		struct rig rig;
		struct rig_fetch fetch;

		tls_peer_start(&peer, good_plan(), NULL, 0);
		rig_init(&rig, &(struct rig_options){ .store = rig_pki.store, .port = peer.port, .block = c->block });
		rig_begin(&rig, &fetch, HOST, c->address);
		rig_run(&rig);
		if (fetch.fetch.fault != NET_OK || fetch.policy.status != c->status ||
		    fetch.policy.address_used != c->used)
			fail_msg("%s: fault %d, status %d, address %d", c->name, fetch.fetch.fault, fetch.policy.status,
				 fetch.policy.address_used);
		assert_int_equal(peer.accepted, c->status == CONNECT_SUCCESS);
		rig_fetch_fini(&fetch);
		rig_fini(&rig);
		tls_peer_stop(&peer);
	}
}

/* After a TCP connection whatever happens is final: the second address hears nothing. */
static void no_second_address_after_a_connection(void **state)
{
	static const char *const addresses[] = { "127.0.0.2", "127.0.0.1", NULL };
	struct tls_peer good, bad;
	struct tls_peer_plan no_certificate = { .answer = "" };
	struct rig rig;
	struct rig_fetch fetch;

	(void)state;
	tls_peer_start(&good, good_plan(), NULL, 0);
	tls_peer_start(&bad, &no_certificate, "127.0.0.2", good.port);
	rig_init(&rig, &(struct rig_options){ .store = rig_pki.store, .port = good.port });
	rig_begin(&rig, &fetch, HOST, addresses);
	rig_run(&rig);
	assert_int_equal(fetch.policy.status, CONNECT_HANDSHAKE_ERROR);
	assert_int_equal(fetch.policy.address_used, 0);
	assert_int_equal(good.accepted, 0);
	rig_fetch_fini(&fetch);
	rig_fini(&rig);
	tls_peer_stop(&good);
	tls_peer_stop(&bad);
}

/* A link-local address without a link fails at once with EINVAL, which curl keeps in its handle. */
static void an_error_of_one_address_is_not_the_next_ones(void **state)
{
	static const char *const addresses[] = { "fe80::1", "127.0.0.1", NULL };
	struct tls_peer_plan no_certificate = { .answer = "" };
	struct tls_peer bad;
	struct rig rig;
	struct rig_fetch fetch;

	(void)state;
	tls_peer_start(&bad, &no_certificate, NULL, 0);
	rig_init(&rig, &(struct rig_options){ .store = rig_pki.store, .port = bad.port });
	rig_begin(&rig, &fetch, HOST, addresses);
	rig_run(&rig);
	assert_int_equal(fetch.fetch.fault, NET_OK);
	assert_int_equal(fetch.policy.status, CONNECT_HANDSHAKE_ERROR);
	assert_int_equal(fetch.policy.address_used, 1);
	rig_fetch_fini(&fetch);
	rig_fini(&rig);
	tls_peer_stop(&bad);
}

/* A listener whose queue is full: the kernel drops the SYN, as a firewall would. */
static int full_listener(const char *address, uint16_t port, int filler[static 4])
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	inet_pton(AF_INET, address, &at.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 0), 0);
	for (int i = 0; i < 4; i++) {
		filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(filler[i], (struct sockaddr *)&at, sizeof(at));
	}
	return fd;
}

static void silent_address_leaves_time_for_the_next(void **state)
{
	static const char *const both[] = { "127.0.0.2", "127.0.0.1", NULL }, *const silent[] = { "127.0.0.2", NULL };
	struct tls_peer peer;
	struct rig rig;
	struct rig_fetch one, two;
	int filler[4], fd;

	(void)state;
	tls_peer_start(&peer, good_plan(), NULL, 0);
	fd = full_listener("127.0.0.2", peer.port, filler);
	rig_init(&rig, &(struct rig_options){ .store = rig_pki.store, .port = peer.port, .timeout_s = 2.5 });
	rig_begin(&rig, &one, HOST, both);
	rig_begin(&rig, &two, HOST, silent);
	rig_run(&rig);
	assert_int_equal(one.policy.status, CONNECT_SUCCESS);
	assert_int_equal(one.policy.address_used, 1);
	assert_int_equal(two.policy.status, CONNECT_TIMEOUT);
	assert_int_equal(two.policy.address_used, 0);
	/* one of two gets a part of the time, an only one all of it; a slow machine is never too soon */
	assert_true(one.place < two.place);
	assert_true(one.policy.fetch_ms >= 1000 && two.policy.fetch_ms >= 2300);
	rig_fetch_fini(&one);
	rig_fetch_fini(&two);
	rig_fini(&rig);
	for (int i = 0; i < 4; i++)
		close(filler[i]);
	close(fd);
	tls_peer_stop(&peer);
}

/* ---- many at once ---- */

static atomic_uint served, serving, most;

static void play_slowly(struct tls_peer *peer, SSL *ssl)
{
	struct timespec nap = { 0, 10 * 1000000 };
	unsigned now = atomic_fetch_add(&serving, 1) + 1;

	(void)peer;
	if (now > atomic_load(&most))
		atomic_store(&most, now);
	nanosleep(&nap, NULL);
	atomic_fetch_sub(&serving, 1); /* before the answer: the next one may come as soon as it is read */
	atomic_fetch_add(&served, 1);
	SSL_write(ssl, OK_ANSWER, (int)strlen(OK_ANSWER));
}

static void fetch_many(unsigned concurrency, unsigned per_host, unsigned limit)
{
	struct tls_peer_plan plan = *good_plan();
	struct tls_peer peer;
	struct rig rig;
	struct rig_fetch *fetch = calloc(MANY, sizeof(*fetch));

	plan.play = play_slowly;
	served = serving = most = 0;
	tls_peer_start(&peer, &plan, NULL, 0);
	rig_init(&rig, &(struct rig_options){ .store = rig_pki.store,
					      .port = peer.port,
					      .concurrency = concurrency,
					      .per_host = per_host,
					      .timeout_s = 20 });
	for (int i = 0; i < MANY; i++)
		rig_begin(&rig, &fetch[i], HOST, NULL);
	assert_int_equal(net_curl_gate(rig.curl)->open, limit);
	assert_int_equal(net_curl_gate(rig.curl)->waiting, MANY - limit);
	rig_run(&rig);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(fetch[i].done, 1);
		assert_int_equal(fetch[i].policy.status, CONNECT_SUCCESS);
		assert_int_equal(fetch[i].policy.http.status, 200);
		rig_fetch_fini(&fetch[i]);
	}
	assert_int_equal(served, MANY);
	assert_in_range(most, 2, limit);
	rig_fini(&rig);
	tls_peer_stop(&peer);
	free(fetch);
}

static void window_bounds_what_is_in_flight(void **state)
{
	(void)state;
	fetch_many(20, 0, 20);
}

static void host_limit_bounds_one_address(void **state)
{
	(void)state;
	fetch_many(100, PER_HOST, PER_HOST);
}

/* A fetch for another address is not held up behind those that wait for a place. */
static void waiting_for_one_host_delays_no_other(void **state)
{
	static const char *const elsewhere[] = { "127.0.0.2", NULL };
	struct tls_peer slow, quick;
	struct tls_peer_plan plan = *good_plan();
	struct rig rig;
	struct rig_fetch fetch[8], other;

	(void)state;
	plan.play = play_slowly;
	tls_peer_start(&slow, &plan, NULL, 0);
	tls_peer_start(&quick, good_plan(), "127.0.0.2", slow.port);
	rig_init(&rig,
		 &(struct rig_options){ .store = rig_pki.store, .port = slow.port, .concurrency = 4, .per_host = 1 });
	for (int i = 0; i < 8; i++)
		rig_begin(&rig, &fetch[i], HOST, NULL);
	rig_begin(&rig, &other, HOST, elsewhere);
	while (other.done == 0)
		uv_run(&rig.loop, UV_RUN_NOWAIT);
	assert_int_equal(other.policy.status, CONNECT_SUCCESS);
	assert_true(rig.open >= 5);
	rig_run(&rig);
	for (int i = 0; i < 8; i++)
		rig_fetch_fini(&fetch[i]);
	rig_fetch_fini(&other);
	rig_fini(&rig);
	tls_peer_stop(&slow);
	tls_peer_stop(&quick);
}

/* ---- threads ---- */

struct worker {
	pthread_t thread;
	uint16_t port;
	struct host_limit *hosts;
	unsigned good;
};

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct rig_fetch fetch[MANY / 4];
	struct rig rig;

	rig_init(&rig, &(struct rig_options){ .store = rig_pki.store,
					      .port = worker->port,
					      .hosts = worker->hosts,
					      .concurrency = 64,
					      .timeout_s = 20 });
	for (int i = 0; i < MANY / 4; i++)
		rig_begin(&rig, &fetch[i], HOST, NULL);
	rig_run(&rig);
	for (int i = 0; i < MANY / 4; i++) {
		worker->good += fetch[i].done == 1 && fetch[i].policy.status == CONNECT_SUCCESS;
		rig_fetch_fini(&fetch[i]);
	}
	rig_fini(&rig);
	return NULL;
}

static void host_limit_holds_across_threads(void **state)
{
	struct tls_peer_plan plan = *good_plan();
	struct tls_peer peer;
	struct host_limit *hosts = host_limit_new(PER_HOST);
	struct worker worker[4] = { 0 };

	(void)state;
	plan.play = play_slowly;
	served = serving = most = 0;
	tls_peer_start(&peer, &plan, NULL, 0);
	for (int i = 0; i < 4; i++) {
		worker[i].port = peer.port;
		worker[i].hosts = hosts;
		assert_int_equal(pthread_create(&worker[i].thread, NULL, work, &worker[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(worker[i].thread, NULL);
		assert_int_equal(worker[i].good, MANY / 4);
	}
	assert_int_equal(served, MANY);
	assert_in_range(most, 2, PER_HOST);
	tls_peer_stop(&peer);
	host_limit_free(hosts);
}

/* ---- faults and the end ---- */

static void bare_silence(struct tls_peer *peer, int fd)
{
	tls_peer_wait(peer, fd);
}

static void stop_calls_everyone_back_once(void **state)
{
	struct tls_peer_plan plan = { .bare = bare_silence };
	struct tls_peer peer;
	struct rig rig;
	struct rig_fetch fetch[12], late;

	(void)state;
	tls_peer_start(&peer, &plan, NULL, 0);
	rig_init(&rig,
		 &(struct rig_options){ .store = rig_pki.store, .port = peer.port, .concurrency = 6, .per_host = 3 });
	for (int i = 0; i < 12; i++)
		rig_begin(&rig, &fetch[i], HOST, NULL);
	while (peer.accepted < 3)
		uv_run(&rig.loop, UV_RUN_NOWAIT);
	net_curl_stop(rig.curl);
	assert_int_equal(rig.open, 0);
	rig_begin(&rig, &late, HOST, NULL);
	assert_int_equal(late.done, 1);
	assert_int_equal(late.fetch.fault, NET_FAULT_SHUTDOWN);
	for (int i = 0; i < 12; i++) {
		assert_int_equal(fetch[i].done, 1);
		assert_int_equal(fetch[i].fetch.fault, NET_FAULT_SHUTDOWN);
		rig_fetch_fini(&fetch[i]);
	}
	rig_fetch_fini(&late);
	rig_fini(&rig);
	tls_peer_stop(&peer);
}

/* One is refused, one is connected, one waits for room; the first one's callback stops all. */
static void a_callback_may_stop_all(void **state)
{
	static const char *const refused[] = { "127.0.0.2", NULL };
	struct tls_peer_plan plan = { .bare = bare_silence };
	struct rig_fetch fetch[3];
	struct tls_peer peer;
	struct rig rig;

	(void)state;
	tls_peer_start(&peer, &plan, NULL, 0);
	rig_init(&rig, &(struct rig_options){ .store = rig_pki.store, .port = peer.port, .concurrency = 2 });
	rig.stop_when_done = true;
	rig_begin(&rig, &fetch[0], HOST, refused);
	rig_begin(&rig, &fetch[1], HOST, NULL);
	rig_begin(&rig, &fetch[2], HOST, NULL);
	rig_run(&rig);
	assert_int_equal(fetch[0].policy.status, CONNECT_REFUSED);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fetch[i].done, 1);
		assert_int_equal(fetch[i].fetch.fault, i == 0 ? NET_OK : NET_FAULT_SHUTDOWN);
		rig_fetch_fini(&fetch[i]);
	}
	rig_fini(&rig);
	tls_peer_stop(&peer);
}

/* No descriptor left: our fault, and nothing is said about the domain. */
static void no_descriptor_is_a_fault(void **state)
{
	struct rig rig;
	struct rig_fetch fetch;
	struct rlimit before, now;

	(void)state;
	rig_init(&rig, &(struct rig_options){ .store = rig_pki.store, .port = 9 });
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	now = before;
	now.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
	rig_begin(&rig, &fetch, HOST, NULL);
	rig_run(&rig);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(fetch.fetch.fault, NET_FAULT_SOCKETS);
	assert_int_equal(fetch.policy.status, CONNECT_SKIPPED);
	rig_fetch_fini(&fetch);
	rig_fini(&rig);
}

static void a_store_without_anchors_is_refused(void **state)
{
	struct tls_store *store;
	struct error error;

	(void)state;
	assert_int_equal(tls_store_open(&store, "/nowhere/ca.pem", &error), -1);
	assert_non_null(strstr(error.text, "/nowhere/ca.pem: No such file"));
	assert_int_equal(tls_store_open(&store, "/dev/null", &error), -1);
	assert_non_null(strstr(error.text, "no certificate"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_tried_in_order),
		cmocka_unit_test(no_second_address_after_a_connection),
		cmocka_unit_test(an_error_of_one_address_is_not_the_next_ones),
		cmocka_unit_test(silent_address_leaves_time_for_the_next),
		cmocka_unit_test(window_bounds_what_is_in_flight),
		cmocka_unit_test(host_limit_bounds_one_address),
		cmocka_unit_test(waiting_for_one_host_delays_no_other),
		cmocka_unit_test(host_limit_holds_across_threads),
		cmocka_unit_test(stop_calls_everyone_back_once),
		cmocka_unit_test(a_callback_may_stop_all),
		cmocka_unit_test(no_descriptor_is_a_fault),
		cmocka_unit_test(a_store_without_anchors_is_refused),
	};

	return cmocka_run_group_tests(tests, rig_pki_init, rig_pki_fini);
}
