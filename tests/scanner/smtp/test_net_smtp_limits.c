/* SPDX-License-Identifier: BSD-2-Clause */
/* What a probe may cost others, and what others may cost it: places, the window, limits of time, stops, and faults of
 * this machine. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/scanner/smtp/smtp_rig.h"

static const smtp_script good = { TO_TLS, BYE }, silent = { "W" }, waits = { "!", TO_TLS, BYE };

/* ---- what send() does, on the probe's thread ---- */

static _Thread_local int send_error;  /* errno; 0: it does what it does */
static _Thread_local bool send_short; /* it takes an octet */

ssize_t __real_send(int fd, const void *octets, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *octets, size_t n, int flags);

ssize_t __wrap_send(int fd, const void *octets, size_t n, int flags)
{
	if (send_error != 0) {
		errno = send_error;
		return -1;
	}
	return __real_send(fd, octets, send_short ? 1 : n, flags);
}

static struct smtp_rig_probe *probes_new(size_t count)
{
	struct smtp_rig_probe *probe = calloc(count, sizeof(*probe));

	assert_non_null(probe);
	for (size_t i = 0; i < count; i++) {
		probe[i].peer.script[0] = good;
		probe[i].peer.chain[0] = smtp_pki.leaf;
		probe[i].peer.key = smtp_pki.key;
	}
	return probe;
}

static void assert_told(const struct smtp_rig_probe *probe, enum smtp_phase phase, enum connect_status status)
{
	assert_int_equal(probe->done, 1);
	assert_int_equal(probe->probe.fault, NET_OK);
	assert_int_equal(probe->facts.phase, phase);
	assert_int_equal(probe->facts.status, status);
}

/* ---- connecting ---- */

/* A listener whose queue is full: the kernel drops the SYN, as a firewall would. */
static int full_listener(struct sockaddr_in *at, int filler[static 4])
{
	socklen_t n = sizeof(*at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(fd, (struct sockaddr *)at, n), 0);
	assert_int_equal(listen(fd, 0), 0);
	getsockname(fd, (struct sockaddr *)at, &n);
	for (int i = 0; i < 4; i++) {
		filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		connect(filler[i], (struct sockaddr *)at, sizeof(*at));
	}
	return fd;
}

static void a_connection_that_is_none_says_why(void **state)
{
	struct smtp_rig_probe *probe = probes_new(3);
	struct cidr_set *blocklist = cidr_set_new();
	struct sockaddr_in full;
	struct smtp_rig rig;
	int filler[4], fd = full_listener(&full, filler);

	(void)state;
	smtp_rig_init(&rig);
	probe[0].peer.script[0] = probe[1].peer.script[0] = NULL; /* nobody is there */
	assert_int_equal(cidr_set_add(blocklist, SPAN_LITERAL("127.0.0.1")), 0);
	smtp_rig_open(&rig, &probe[0], (struct net_smtp_options){ .smtp_port = 9 });
	smtp_rig_open(&rig, &probe[1],
		      (struct net_smtp_options){ .smtp_port = ntohs(full.sin_port), .phase_ms[SMTP_CONNECT] = 300 });
	smtp_rig_open(&rig, &probe[2], (struct net_smtp_options){ .address_blocklist = blocklist });
	for (size_t i = 0; i < 3; i++)
		smtp_rig_begin(&probe[i]);
	smtp_rig_run(&rig);
	assert_told(&probe[0], SMTP_CONNECT, CONNECT_REFUSED);
	assert_told(&probe[1], SMTP_CONNECT, CONNECT_TIMEOUT);
	assert_told(&probe[2], SMTP_NOT_TRIED, CONNECT_BLOCKLISTED);
	assert_int_equal(probe[2].peer.tls.accepted, 0);
	smtp_rig_end(&rig, probe, 3);
	for (int i = 0; i < 4; i++)
		close(filler[i]);
	close(fd);
	cidr_set_free(blocklist);
	free(probe);
}

/* A server without end to what it says, octet by octet, has the whole probe's time and no more; a patient probe has
 * SMTP_LAST_FACTOR times as much. */
static void a_whole_probe_has_its_time(void **state)
{
	static const smtp_script drips = { SAYS_HELLO, "D" };
	struct smtp_rig_probe *probe = probes_new(2);
	struct smtp_rig rig;

	(void)state;
	smtp_rig_init(&rig);
	for (size_t i = 0; i < 2; i++) {
		probe[i].peer.script[0] = drips;
		smtp_rig_open(&rig, &probe[i], (struct net_smtp_options){ .timeout_s = 0.4 });
		probe[i].probe.patient = i == 1;
		smtp_rig_begin(&probe[i]);
	}
	smtp_rig_run(&rig);
	for (size_t i = 0; i < 2; i++)
		assert_told(&probe[i], SMTP_EHLO, CONNECT_IO_TIMEOUT);
	assert_true(probe[0].place < probe[1].place);
	assert_true(probe[1].facts.ms[SMTP_GREETING] + probe[1].facts.ms[SMTP_EHLO] >= 1000); /* never too soon */
	assert_true(probe[1].facts.ehlo.text.n > 0 && probe[1].facts.ehlo.code == 0);
	smtp_rig_end(&rig, probe, 2);
	free(probe);
}

/* ---- places and room ---- */

static void one_connection_at_an_address(void **state)
{
	enum { MANY = 5 };
	struct smtp_rig_probe *probe = probes_new(MANY);
	struct host_limit *one = host_limit_new(1);
	struct smtp_rig rig;

	(void)state;
	smtp_rig_init(&rig);
	probe[0].peer.script[0] = waits;
	smtp_rig_open(&rig, &probe[0], (struct net_smtp_options){ .hosts = one });
	for (size_t i = 1; i < MANY; i++) {
		probe[i].peer.script[0] = NULL; /* all at the first one's */
		smtp_rig_join(&probe[0], &probe[i], "127.0.0.1");
	}
	for (size_t i = 0; i < MANY; i++)
		smtp_rig_begin(&probe[i]);
	for (unsigned i = 1; i <= MANY; i++) {
		while (probe[0].peer.arrived < i)
			uv_run(&rig.loop, UV_RUN_NOWAIT);
		assert_int_equal(probe[0].peer.tls.accepted, i); /* the next one comes when this has gone */
		assert_int_equal(net_smtp_gate(probe[0].smtp)->waiting, MANY - i);
		smtp_peer_go(&probe[0].peer);
	}
	smtp_rig_run(&rig);
	for (size_t i = 0; i < MANY; i++)
		assert_told(&probe[i], SMTP_SECURE, CONNECT_SUCCESS);
	smtp_rig_end(&rig, probe, MANY);
	host_limit_free(one);
	free(probe);
}

/* Two tarpits and a good server, room for one and for one slow one. The first tarpit gives its room to the second,
 * which keeps it, so that the good one comes when one of them is left. */
static void a_slow_one_gives_its_room_and_so_many_may(void **state)
{
	struct smtp_rig_probe *probe = probes_new(3);
	const struct gate *gate;
	struct smtp_rig rig;

	(void)state;
	smtp_rig_init(&rig);
	probe[0].peer.script[0] = probe[1].peer.script[0] = silent;
	smtp_rig_open(&rig, &probe[0],
		      (struct net_smtp_options){
			      .concurrency = 1, .slow_max = 1, .slow_ms = 1, .phase_ms[SMTP_GREETING] = 1000 });
	smtp_rig_join(&probe[0], &probe[1], "127.0.0.2");
	smtp_rig_join(&probe[0], &probe[2], "127.0.0.3");
	gate = net_smtp_gate(probe[0].smtp);
	for (size_t i = 0; i < 3; i++)
		smtp_rig_begin(&probe[i]);
	assert_int_equal(gate->open, 1);
	while (gate->slow == 0 && rig.ended == 0)
		uv_run(&rig.loop, UV_RUN_ONCE);
	assert_int_equal(probe[0].done, 0); /* it goes on */
	assert_int_equal(gate->open + gate->slow, 2);
	assert_int_equal(gate->waiting, 1);
	smtp_rig_run(&rig);
	assert_told(&probe[0], SMTP_GREETING, CONNECT_IO_TIMEOUT);
	assert_told(&probe[1], SMTP_GREETING, CONNECT_IO_TIMEOUT);
	assert_told(&probe[2], SMTP_SECURE, CONNECT_SUCCESS);
	assert_true(probe[0].place == 1); /* before it the good one had no room */
	smtp_rig_end(&rig, probe, 3);
	free(probe);
}

/* Many tarpits beside as many good servers, and room for a few: every good one is told of, and no tarpit has ended. */
static void tarpits_hold_up_nobody(void **state)
{
	enum { EACH = 100, ROOM = 20 };
	static const smtp_script drips = { "D" };
	struct smtp_rig_probe *probe = probes_new(2 * EACH);
	struct smtp_rig rig;

	(void)state;
	smtp_rig_init(&rig);
	probe[0].peer.script[0] = drips;
	smtp_rig_open(&rig, &probe[0],
		      (struct net_smtp_options){ .concurrency = ROOM, .slow_max = EACH, .slow_ms = 1 });
	for (size_t i = 1; i < 2 * EACH; i++) {
		if (i > 1)
			probe[i].peer.script[0] = NULL; /* one server is all tarpits, one all the others */
		smtp_rig_join(&probe[0], &probe[i], i % 2 == 0 ? "127.0.0.1" : "127.0.0.2");
	}
	for (size_t i = 0; i < 2 * EACH; i++)
		smtp_rig_begin(&probe[i]);
	while (rig.ended < EACH)
		uv_run(&rig.loop, UV_RUN_ONCE);
	for (size_t i = 1; i < 2 * EACH; i += 2)
		assert_told(&probe[i], SMTP_SECURE, CONNECT_SUCCESS);
	net_smtp_stop(probe[0].smtp);
	for (size_t i = 0; i < 2 * EACH; i += 2)
		assert_int_equal(probe[i].probe.fault, NET_FAULT_SHUTDOWN);
	smtp_rig_end(&rig, probe, 2 * EACH);
	free(probe);
}

/* ---- stops ---- */

static const struct {
	const char *name;
	smtp_script script;
	const char *heard; /* in all, with the farewell where one may be said */
} stops[] = {
	{ "before the greeting", { "!", "W" }, "" },
	{ "within the greeting", { ">220-x\r\n", "!" }, "" },
	{ "at EHLO", { SAYS_HELLO, "!" }, "EHLO " EHLO_NAME "|QUIT|" },
	{ "within the reply to EHLO", { SAYS_HELLO, ">250-x\r\n", "!" }, "EHLO " EHLO_NAME "|QUIT|" },
	{ "at HELO", { SAYS_HELLO, ">502 no\r\n", "<HELO", "!" }, "EHLO " EHLO_NAME "|HELO " EHLO_NAME "|QUIT|" },
	{ "at STARTTLS", { TO_STARTTLS, "!" }, "EHLO " EHLO_NAME "|STARTTLS|QUIT|" },
	{ "in the handshake", { TO_STARTTLS, ">220 go\r\n", "H", "!", "W" }, "EHLO " EHLO_NAME "|STARTTLS|" },
	{ "at QUIT", { TO_TLS, "<QUIT", "!" }, "EHLO " EHLO_NAME "|STARTTLS|T:" MX "|QUIT|bye|" },
	{ "at QUIT in the clear", { ">554 no\r\n", "<QUIT", "!" }, "QUIT|" },
};

/* Stop when the server of @i has come to its "!", with another probe at the gate. */
static void stop_at(size_t i)
{
	struct smtp_rig_probe *probe = probes_new(2);
	struct smtp_rig rig;

	smtp_rig_init(&rig);
	probe[0].peer.script[0] = stops[i].script;
	smtp_rig_open(&rig, &probe[0], (struct net_smtp_options){ .concurrency = 1 });
	smtp_rig_join(&probe[0], &probe[1], "127.0.0.2");
	smtp_rig_begin(&probe[0]);
	while (probe[0].peer.arrived == 0)
		uv_run(&rig.loop, UV_RUN_NOWAIT);
	smtp_rig_begin(&probe[1]);
	net_smtp_stop(probe[0].smtp);
	assert_int_equal(rig.open, 0);
	for (size_t k = 0; k < 2; k++)
		if (probe[k].done != 1 || probe[k].probe.fault != NET_FAULT_SHUTDOWN)
			fail_msg("%s: fault %d", stops[i].name, probe[k].probe.fault);
	smtp_rig_begin(&probe[1]); /* too late */
	assert_int_equal(probe[1].probe.fault, NET_FAULT_SHUTDOWN);
	smtp_peer_go(&probe[0].peer);
	smtp_rig_close(&probe[0]);
	smtp_rig_fini(&rig);
	for (size_t k = 0; k < 2; k++)
		smtp_rig_stop(&probe[k]);
	if (strcmp(probe[0].peer.heard, stops[i].heard) != 0)
		fail_msg("%s: heard %s, not %s", stops[i].name, probe[0].peer.heard, stops[i].heard);
	for (size_t k = 0; k < 2; k++)
		smtp_rig_free(&probe[k]);
	free(probe);
}

static void a_stop_ends_each_step_once_and_politely(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(stops); i++)
		stop_at(i);
}

static void a_stop_in_a_callback_ends_all(void **state)
{
	struct smtp_rig_probe *probe = probes_new(3);
	struct smtp_rig rig;

	(void)state;
	smtp_rig_init(&rig);
	smtp_rig_open(&rig, &probe[0], (struct net_smtp_options){ .concurrency = 2 });
	for (size_t i = 1; i < 3; i++)
		smtp_rig_join(&probe[0], &probe[i], i == 1 ? "127.0.0.2" : "127.0.0.3");
	for (size_t i = 0; i < 3; i++) {
		probe[i].stop_when_done = true;
		smtp_rig_begin(&probe[i]);
	}
	smtp_rig_run(&rig);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(probe[i].done, 1);
		assert_int_equal(probe[i].probe.fault == NET_OK, probe[i].place == 1);
	}
	smtp_rig_end(&rig, probe, 3);
	free(probe);
}

/* No descriptor left: our fault, and nothing is said about the host. */
static void no_descriptor_is_a_fault(void **state)
{
	struct smtp_rig_probe *probe = probes_new(1);
	struct rlimit before, now;
	struct smtp_rig rig;

	(void)state;
	smtp_rig_init(&rig);
	smtp_rig_open(&rig, &probe[0], (struct net_smtp_options){ 0 });
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	now = before;
	now.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
	smtp_rig_begin(&probe[0]);
	smtp_rig_run(&rig);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(probe[0].done, 1);
	assert_int_equal(probe[0].probe.fault, NET_FAULT_SOCKETS);
	smtp_rig_begin(&probe[0]);
	smtp_rig_run(&rig);
	assert_told(&probe[0], SMTP_SECURE, CONNECT_SUCCESS);
	smtp_rig_end(&rig, probe, 1);
	free(probe);
}

/* EHLO cannot be sent: theirs, ours, or nobody knows. */
static void what_send_says_is_told_apart(void **state)
{
	static const struct {
		int error; /* 0: it takes less than all */
		int fault;
		enum connect_status status;
	} cases[] = {
		{ 0, NET_OK, CONNECT_IO_TIMEOUT },
		{ EAGAIN, NET_OK, CONNECT_IO_TIMEOUT }, /* they take nothing */
		{ EPIPE, NET_OK, CONNECT_RESET },       /* they have closed: what they said before is read */
		{ ECONNRESET, NET_OK, CONNECT_RESET },
		{ EPERM, NET_OK, CONNECT_SKIPPED }, /* this machine forbids it */
		{ ENOBUFS, NET_FAULT_SOCKETS, CONNECT_SKIPPED },
		{ ENETDOWN, NET_FAULT_SOCKETS, CONNECT_SKIPPED },
	};
	static const smtp_script closes = { ">220 x\r\n", "." };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct smtp_rig_probe *probe = probes_new(1);
		struct smtp_rig rig;

		smtp_rig_init(&rig);
		probe->peer.script[0] = closes;
		smtp_rig_open(&rig, probe, (struct net_smtp_options){ 0 });
		send_error = cases[i].error;
		send_short = cases[i].error == 0;
		smtp_rig_begin(probe);
		smtp_rig_run(&rig);
		send_error = 0;
		send_short = false;
		assert_int_equal(probe->done, 1);
		if (probe->probe.fault != cases[i].fault || probe->facts.status != cases[i].status ||
		    (cases[i].fault == NET_OK && probe->facts.phase != SMTP_EHLO))
			fail_msg("%s: fault %d, phase %d, status %d", strerror(cases[i].error), probe->probe.fault,
				 probe->facts.phase, probe->facts.status);
		smtp_rig_end(&rig, probe, 1);
		free(probe);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_that_is_none_says_why),
		cmocka_unit_test(a_whole_probe_has_its_time),
		cmocka_unit_test(one_connection_at_an_address),
		cmocka_unit_test(a_slow_one_gives_its_room_and_so_many_may),
		cmocka_unit_test(tarpits_hold_up_nobody),
		cmocka_unit_test(a_stop_ends_each_step_once_and_politely),
		cmocka_unit_test(a_stop_in_a_callback_ends_all),
		cmocka_unit_test(no_descriptor_is_a_fault),
		cmocka_unit_test(what_send_says_is_told_apart),
	};

	return cmocka_run_group_tests_name("net_smtp_limits", tests, smtp_pki_init, smtp_pki_fini);
}
