/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel refuses, drops or is short of is ours, and never a server's. */
#include "tests/scanner/dns/direct_rig.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "parsers/dns_answer.h"
#include "tests/fake/failing_malloc.h"
#include "tests/fake/fake_clock.h"

/* What sendmmsg says, from the datagram on that has this number; 0: what it does say. */
static int send_errno;
static unsigned send_before, sent, send_calls;
static int socket_errno, receive_octets;
static uint32_t dropped; /* of each socket, as it were */

int __real_sendmmsg(int fd, struct mmsghdr *message, unsigned n, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *message, unsigned n, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *message, unsigned n, int flags)
{
	int done;

	send_calls++;
	if (send_errno != 0 && sent >= send_before) {
		errno = send_errno;
		return -1;
	}
	if (send_errno != 0 && n > send_before - sent)
		n = send_before - sent;
	done = __real_sendmmsg(fd, message, n, flags);
	sent += done > 0 ? (unsigned)done : 0;
	return done;
}

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol)
{
	if (socket_errno == 0)
		return __real_socket(domain, type, protocol);
	errno = socket_errno;
	return -1;
}

int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t n);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t n);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t n)
{
	if (receive_octets != 0 && level == SOL_SOCKET && name == SO_RCVBUFFORCE)
		return __real_setsockopt(fd, level, SO_RCVBUF, &receive_octets, sizeof(receive_octets));
	return __real_setsockopt(fd, level, name, value, n);
}

int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *n);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *n);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *n)
{
	int result = __real_getsockopt(fd, level, name, value, n);

	if (level == SOL_SOCKET && name == SO_MEMINFO)
		((uint32_t *)value)[SK_MEMINFO_DROPS] += dropped;
	return result;
}

static int set_up(void **state)
{
	*state = direct_rig_open();
	sent = send_calls = 0;
	return 0;
}

static int tear_down(void **state)
{
	send_errno = socket_errno = receive_octets = 0;
	dropped = 0;
	direct_rig_close(*state);
	return 0;
}

static void refuse_from(unsigned datagram, int error)
{
	send_errno = error;
	send_before = datagram;
	sent = 0;
}

/* ---- sending ---- */

static void a_datagram_that_is_refused_ends_its_question_alone(void **state)
{
	static const int errors[] = { EPERM, EACCES, EHOSTUNREACH, EINVAL };
	struct direct_rig *rig = *state;

	for (size_t i = 0; i < COUNT_OF(errors); i++) {
		struct direct_asked asked[5];

		memset(asked, 0, sizeof(asked));
		refuse_from(2, errors[i]);
		for (size_t j = 0; j < COUNT_OF(asked); j++)
			direct_rig_ask(rig, &asked[j], HERE, NAME);
		/* the third one is named; then the kernel is content */
		asked[2].then = NULL;
		while (asked[2].ends == 0) {
			uv_run(&rig->loop, UV_RUN_NOWAIT);
			if (asked[2].ends > 0)
				send_errno = 0;
		}
		assert_int_equal(asked[2].end, DIRECT_UNSENT);
		assert_false(asked[2].try.was_sent);
		direct_rig_await(&asked[0]);
		direct_rig_await(&asked[1]);
		assert_int_equal(asked[0].end, DIRECT_ANSWERED);
		assert_int_equal(asked[1].end, DIRECT_ANSWERED);
		assert_true(direct_rig_has_family(rig, 4));
		for (size_t j = 3; j < COUNT_OF(asked); j++)
			direct_rig_await(&asked[j]);
	}
}

static void without_a_route_a_family_is_left_alone_for_a_while(void **state)
{
	static const int errors[] = { ENETUNREACH, ENETDOWN, EADDRNOTAVAIL };
	struct direct_rig *rig = *state;

	for (size_t i = 0; i < COUNT_OF(errors); i++) {
		struct direct_asked asked[5], later = { 0 };
		unsigned calls;

		memset(asked, 0, sizeof(asked));
		refuse_from(0, errors[i]);
		send_calls = 0;
		for (size_t j = 0; j < COUNT_OF(asked); j++)
			direct_rig_ask(rig, &asked[j], HERE, NAME);
		for (size_t j = 0; j < COUNT_OF(asked); j++) {
			direct_rig_await(&asked[j]);
			assert_int_equal(asked[j].end, DIRECT_UNSENT);
		}
		assert_int_equal(send_calls, 1);
		assert_false(direct_rig_has_family(rig, 4));
		assert_true(direct_rig_has_family(rig, 6));
		calls = send_calls;
		direct_rig_ask(rig, &later, HERE, NAME);
		assert_int_equal(later.end, DIRECT_UNSENT); /* at once */
		assert_int_equal(send_calls, calls);

		send_errno = 0;
		direct_rig_pass(rig, 6000);
		assert_true(direct_rig_has_family(rig, 4));
		direct_rig_ask(rig, &later, HERE, NAME);
		direct_rig_await(&later);
		assert_int_equal(later.end, DIRECT_ANSWERED);
		direct_rig_pass(rig, 6000); /* until that answer, too, is none that shows a route */
	}
}

/* Nobody who names an address without a route has a family switched off that works. */
static void one_address_without_a_route_is_one_where_others_answer(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 };

	direct_rig_ask(rig, &asked, HERE, NAME);
	direct_rig_await(&asked);
	refuse_from(0, ENETUNREACH);
	direct_rig_ask(rig, &asked, SILENT, NAME);
	direct_rig_await(&asked);
	assert_int_equal(asked.end, DIRECT_UNSENT);
	assert_true(direct_rig_has_family(rig, 4));
	send_errno = 0;
	direct_rig_ask(rig, &asked, HERE, NAME);
	direct_rig_await(&asked);
	assert_int_equal(asked.end, DIRECT_ANSWERED);
}

static void what_the_kernel_has_no_room_for_goes_out_later(void **state)
{
	enum { MANY = 150 };
	static const int errors[] = { EAGAIN, ENOBUFS, ENOMEM };
	struct direct_rig *rig = *state;

	for (size_t i = 0; i < COUNT_OF(errors); i++) {
		struct direct_asked *asked = calloc(MANY, sizeof(*asked));
		unsigned before = rig->peer->questions;
		static char address[MANY][16];

		assert_non_null(asked);
		refuse_from(70, errors[i]);
		for (unsigned j = 0; j < MANY; j++) {
			snprintf(address[j], sizeof(address[j]), "127.0.%u.%u", 1 + j / 100, 1 + j % 100);
			direct_rig_ask(rig, &asked[j], j % 3 == 0 ? HERE : address[j], NAME);
		}
		DIRECT_RIG_UNTIL(rig, sent >= 70);
		direct_rig_settle(rig);
		assert_int_equal(sent, 70);
		send_errno = 0;
		for (unsigned j = 0; j < MANY; j++) {
			direct_rig_await(&asked[j]);
			assert_int_equal(asked[j].end, j % 3 == 0 ? DIRECT_ANSWERED : DIRECT_TIMED_OUT);
		}
		assert_int_equal(rig->peer->questions, before + MANY / 3);
		assert_int_equal(sent, MANY);
		free(asked);
	}
}

static void what_the_kernel_never_has_room_for_is_our_fault(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 };

	refuse_from(0, ENOBUFS);
	direct_rig_ask(rig, &asked, HERE, NAME);
	direct_rig_await(&asked);
	assert_int_equal(asked.end, DIRECT_FAULT);
	assert_int_equal(asked.try.fault, NET_FAULT_SOCKETS);
	assert_false(asked.try.was_sent);
	assert_int_equal(direct_rig_counts(rig).timeouts, 0);
	send_errno = 0;
	direct_rig_ask(rig, &asked, HERE, NAME);
	direct_rig_await(&asked);
	assert_int_equal(asked.end, DIRECT_ANSWERED);
}

/* ---- receiving ---- */

static void what_our_buffer_dropped_is_nobodys_silence(void **state)
{
	enum { AT_ONCE = 40 };
	struct direct_rig *rig;
	struct direct_asked *asked = calloc(AT_ONCE, sizeof(*asked)), elsewhere = { 0 };
	unsigned answered = 0, lost = 0, questions;
	uint16_t port;

	assert_non_null(asked);
	receive_octets = 1; /* the kernel's least: two answers */
	rig = *state = direct_rig_open();
	for (unsigned i = 0; i < AT_ONCE; i++)
		direct_rig_ask(rig, &asked[i], HERE, NAME);
	DIRECT_RIG_UNTIL(rig, rig->peer->questions == AT_ONCE); /* from one socket */
	direct_rig_settle(rig);
	port = rig->last.from.sin_port;
	do { /* from another, which dropped nothing */
		rig->on_question = direct_rig_silence;
		questions = rig->peer->questions;
		direct_rig_ask(rig, &elsewhere, HERE, NAME);
		DIRECT_RIG_UNTIL(rig, rig->peer->questions > questions);
		if (rig->last.from.sin_port != port)
			break;
		dns_peer_answer(rig->peer, &rig->last);
		direct_rig_await(&elsewhere);
	} while (true);
	direct_rig_await(&elsewhere);
	assert_int_equal(elsewhere.end, DIRECT_TIMED_OUT);
	for (unsigned i = 0; i < AT_ONCE; i++) {
		direct_rig_await(&asked[i]);
		answered += asked[i].end == DIRECT_ANSWERED;
		lost += asked[i].end == DIRECT_LOST;
	}
	assert_int_equal(answered + lost, AT_ONCE);
	assert_true(lost > 0);
	assert_int_equal(direct_rig_counts(rig).dropped, lost);
	assert_int_equal(direct_rig_counts(rig).timeouts, 1);
	free(asked);
}

enum { BATCH = 64 };
static struct direct_asked late_batch[BATCH];

static void ask_a_batch_late(struct direct_asked *asked)
{
	fake_clock_advance(50);
	for (unsigned i = 0; i < BATCH; i++)
		direct_rig_ask(asked->rig, &late_batch[i], i % 2 == 0 ? SILENT : "127.0.0.10", NAME);
	assert_true(late_batch[BATCH - 1].try.was_sent);
	dropped = 1;
}

/* What is sent at the end of a long callback is sent later than the loop's time is, by which a loss is noticed. */
static void what_was_dropped_in_a_long_callback_is_nobodys_silence(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked asked = { .then = ask_a_batch_late };

	memset(late_batch, 0, sizeof(late_batch));
	rig->on_question = direct_rig_silence;
	direct_rig_ask(rig, &asked, HERE, NAME);
	DIRECT_RIG_UNTIL(rig, rig->peer->questions == 1);
	fake_clock_advance(30);
	dns_peer_answer(rig->peer, &rig->last);
	direct_rig_await(&asked);
	for (unsigned i = 0; i < BATCH; i++) {
		direct_rig_await(&late_batch[i]);
		assert_int_equal(late_batch[i].end, DIRECT_LOST);
	}
	assert_int_equal(direct_rig_counts(rig).timeouts, 0);
}

/* ---- shortages ---- */

static void without_descriptors_it_does_not_open_and_says_so(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_engine_options options = { .loop = &rig->loop, .port = 53, .timeout_ms = 1000 };
	struct direct_engine *engine;
	struct error error = { 0 };

	socket_errno = EMFILE;
	assert_int_equal(direct_engine_open(&engine, &options, &error), NET_FAULT_SOCKETS);
	assert_non_null(strstr(error.text, "ulimit -n"));
}

static void a_family_that_this_kernel_lacks_is_done_without(void **state)
{
	static const struct {
		int error;
		enum direct_end end;
		int fault;
	} table[] = { { EAFNOSUPPORT, DIRECT_UNSENT, NET_OK }, { EMFILE, DIRECT_FAULT, NET_FAULT_SOCKETS } };
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 };

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		socket_errno = table[i].error;
		direct_rig_ask(rig, &asked, "::1", NAME);
		assert_int_equal(asked.end, table[i].end);
		assert_int_equal(asked.try.fault, table[i].fault);
		assert_false(direct_rig_has_family(rig, 6));
		assert_true(direct_rig_has_family(rig, 4));
		direct_rig_pass(rig, 6000);
	}
	direct_rig_ask(rig, &asked, HERE, NAME);
	direct_rig_await(&asked);
	assert_int_equal(asked.end, DIRECT_ANSWERED);
}

/* The sockets that are there go on. */
static void without_descriptors_sockets_are_not_renewed(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 };

	socket_errno = EMFILE;
	for (unsigned i = 0; i < 40; i++) {
		direct_rig_ask(rig, &asked, HERE, NAME);
		direct_rig_await(&asked);
		assert_int_equal(asked.end, DIRECT_ANSWERED);
		direct_rig_pass(rig, 1000);
	}
	assert_true(rig->peer->ports <= DIRECT_SOCKETS);
}

/* Each allocation of an ask fails once; under AddressSanitizer every block is malloc's own. */
static void without_memory_a_question_ends_with_a_fault(void **state)
{
	struct direct_rig *rig = *state;
	struct direct_asked asked = { 0 };
	unsigned failed = 0;

	for (long n = 0; n < 10; n++) {
		fail_at(n);
		direct_rig_ask(rig, &asked, SILENT, NAME);
		fail_at(-1);
		direct_rig_await(&asked);
		if (asked.end == DIRECT_FAULT) {
			assert_int_equal(asked.try.fault, NET_FAULT_MEMORY);
			failed++;
		} else {
			assert_int_equal(asked.end, DIRECT_TIMED_OUT);
		}
	}
	assert_true(failed > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_memory_a_question_ends_with_a_fault, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_datagram_that_is_refused_ends_its_question_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_a_route_a_family_is_left_alone_for_a_while, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_address_without_a_route_is_one_where_others_answer, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_the_kernel_has_no_room_for_goes_out_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_the_kernel_never_has_room_for_is_our_fault, set_up, tear_down),
		cmocka_unit_test_teardown(what_our_buffer_dropped_is_nobodys_silence, tear_down),
		cmocka_unit_test_setup_teardown(what_was_dropped_in_a_long_callback_is_nobodys_silence, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(without_descriptors_it_does_not_open_and_says_so, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_family_that_this_kernel_lacks_is_done_without, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_descriptors_sockets_are_not_renewed, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
