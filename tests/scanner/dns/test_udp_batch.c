/* SPDX-License-Identifier: BSD-2-Clause */
/* Datagrams in bulk, over the loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "scanner/dns/udp_batch.h"
#include "parsers/span.h"

struct pair {
	int here, there; /* connected to each other */
	struct udp_batch batch;
	struct udp_ring ring;
	uint64_t refused;
};

static int bound(struct sockaddr_in *address)
{
	socklen_t size = sizeof(*address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	*address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(fd, (struct sockaddr *)address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)address, &size), 0);
	return fd;
}

static int set_up(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	struct sockaddr_in here, there;

	assert_non_null(pair);
	pair->here = bound(&here);
	pair->there = bound(&there);
	assert_int_equal(connect(pair->here, (struct sockaddr *)&there, sizeof(there)), 0);
	assert_int_equal(connect(pair->there, (struct sockaddr *)&here, sizeof(here)), 0);
	udp_receive_buffer(pair->here); /* nothing is to be dropped on the way */
	udp_receive_buffer(pair->there);
	pair->batch.fd = pair->here;
	pair->ring.fd = -1;
	*state = pair;
	return 0;
}

static int tear_down(void **state)
{
	struct pair *pair = *state;

	close(pair->here);
	close(pair->there);
	free(pair);
	return 0;
}

static ssize_t receive(struct pair *pair, void *buffer, size_t size)
{
	struct sockaddr_storage from;
	socklen_t from_size = sizeof(from);

	return udp_ring_receive(&pair->ring, pair->here, buffer, size, (struct sockaddr *)&from, &from_size,
				&pair->refused);
}

static void nothing_is_sent_before_the_flush_and_everything_after(void **state)
{
	struct pair *pair = *state;
	char buffer[64];

	udp_batch_put(&pair->batch, "one", 3);
	udp_batch_put(&pair->batch, "three", 5);
	assert_int_equal(recv(pair->there, buffer, sizeof(buffer), 0), -1);
	udp_batch_flush(&pair->batch);
	assert_int_equal(recv(pair->there, buffer, sizeof(buffer), 0), 3);
	assert_memory_equal(buffer, "one", 3);
	assert_int_equal(recv(pair->there, buffer, sizeof(buffer), 0), 5);
	assert_memory_equal(buffer, "three", 5);
	assert_int_equal(recv(pair->there, buffer, sizeof(buffer), 0), -1);
	udp_batch_flush(&pair->batch); /* of nothing */
}

static void a_full_batch_sends_itself(void **state)
{
	struct pair *pair = *state;
	char data[300] = { 0 }, buffer[512];

	for (int i = 0; i < 3 * UDP_BATCH_SIZE; i++) {
		data[0] = (char)i;
		udp_batch_put(&pair->batch, data, sizeof(data)); /* octets run out before places */
	}
	udp_batch_flush(&pair->batch);
	for (int i = 0; i < 3 * UDP_BATCH_SIZE; i++) {
		assert_int_equal(recv(pair->there, buffer, sizeof(buffer), 0), sizeof(data));
		assert_int_equal(buffer[0], (char)i);
	}
}

static void what_is_too_large_is_dropped_and_costs_no_other(void **state)
{
	static char large[UDP_BATCH_OCTETS + 1];
	struct pair *pair = *state;
	char buffer[64];

	udp_batch_put(&pair->batch, "a", 1);
	udp_batch_put(&pair->batch, large, sizeof(large));
	udp_batch_put(&pair->batch, "b", 1);
	udp_batch_flush(&pair->batch);
	assert_int_equal(recv(pair->there, buffer, sizeof(buffer), 0), 1);
	assert_int_equal(recv(pair->there, buffer, sizeof(buffer), 0), 1);
	assert_int_equal(buffer[0], 'b');
}

static void answers_come_in_order_and_empty_and_oversized_ones_are_passed_over(void **state)
{
	static char large[UDP_DATAGRAM_MAX + 1];
	struct pair *pair = *state;
	char buffer[UDP_DATAGRAM_MAX];

	for (int i = 0; i < 2 * UDP_BATCH_SIZE + 5; i++) {
		send(pair->there, "", 0, 0);
		if (i % 10 == 0)
			send(pair->there, large, sizeof(large), 0);
		send(pair->there, &i, sizeof(i), 0);
	}
	send(pair->there, large, UDP_DATAGRAM_MAX, 0); /* just fits */
	for (int i = 0; i < 2 * UDP_BATCH_SIZE + 5; i++) {
		/* the loop comes back where a socket was emptied */
		ssize_t n = receive(pair, buffer, sizeof(buffer));

		if (n < 0)
			n = receive(pair, buffer, sizeof(buffer));
		assert_int_equal(n, sizeof(i));
		assert_memory_equal(buffer, &i, sizeof(i));
	}
	assert_int_equal(receive(pair, buffer, sizeof(buffer)), UDP_DATAGRAM_MAX);
	assert_int_equal(receive(pair, buffer, sizeof(buffer)), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(pair->refused, 0);
}

static void what_the_callers_buffer_cannot_hold_is_passed_over(void **state)
{
	struct pair *pair = *state;
	char buffer[8];

	send(pair->there, "0123456789", 10, 0);
	send(pair->there, "ok", 2, 0);
	assert_int_equal(receive(pair, buffer, sizeof(buffer)), 2);
}

/* The other end closes its port, so that the kernel refuses what is sent there … */
static void go_away(struct pair *pair, struct sockaddr_in *address)
{
	socklen_t size = sizeof(*address);

	assert_int_equal(getsockname(pair->there, (struct sockaddr *)address, &size), 0);
	close(pair->there);
}

/* … and has it again. */
static void come_back(struct pair *pair, const struct sockaddr_in *address)
{
	pair->there = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(pair->there, (const struct sockaddr *)address, sizeof(*address)), 0);
}

static void icmp_errors_are_counted_and_hide_no_answer(void **state)
{
	struct pair *pair = *state;
	struct sockaddr_in address;
	char buffer[64];

	go_away(pair, &address);
	for (int i = 0; i < 5; i++) {
		udp_batch_put(&pair->batch, "?", 1);
		udp_batch_flush(&pair->batch); /* a refusal of the one before costs this one nothing */
		assert_int_equal(pair->batch.count, 0);
	}
	assert_int_equal(receive(pair, buffer, sizeof(buffer)), -1);
	assert_int_equal(errno, EAGAIN);
	assert_true(pair->refused > 0);
	come_back(pair, &address);
	udp_batch_put(&pair->batch, "!", 1);
	udp_batch_flush(&pair->batch);
	assert_int_equal(recv(pair->there, buffer, sizeof(buffer), 0), 1);
}

/* The error of an earlier datagram is told at the next send; that one goes out all the same. */
static void a_pending_icmp_error_costs_the_next_datagram_nothing(void **state)
{
	struct pair *pair = *state;
	struct sockaddr_in address;
	char buffer[64];

	go_away(pair, &address);
	udp_batch_put(&pair->batch, "?", 1);
	udp_batch_flush(&pair->batch);
	come_back(pair, &address);
	udp_batch_put(&pair->batch, "!", 1);
	udp_batch_put(&pair->batch, "!", 1);
	udp_batch_flush(&pair->batch);
	assert_int_equal(recv(pair->there, buffer, sizeof(buffer), 0), 1);
	assert_int_equal(recv(pair->there, buffer, sizeof(buffer), 0), 1);
}

/* The kernel's refusals of the next sendmmsg; the linker sends it here (--wrap). */
static int refuse_with;
int __real_sendmmsg(int fd, struct mmsghdr *message, unsigned count, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *message, unsigned count, int flags);

int __wrap_sendmmsg(int fd, struct mmsghdr *message, unsigned count, int flags)
{
	if (!refuse_with)
		return __real_sendmmsg(fd, message, count, flags);
	errno = refuse_with;
	refuse_with = 0;
	return -1;
}

static void what_the_kernel_has_no_room_for_waits_and_what_it_refuses_is_dropped(void **state)
{
	static const struct {
		int error;
		unsigned wait, come; /* of two datagrams: left after the flush, there in the end */
	} table[] = {
		{ EAGAIN, 2, 2 }, { ENOBUFS, 2, 2 }, { ENOMEM, 2, 2 }, { EINTR, 0, 2 }, { EPERM, 0, 1 },
	};
	struct pair *pair = *state;
	char buffer[64];

	for (size_t i = 0; i < COUNT_OF(table); i++) {
		unsigned come = 0;

		udp_batch_put(&pair->batch, "1", 1);
		udp_batch_put(&pair->batch, "2", 1);
		refuse_with = table[i].error;
		udp_batch_flush(&pair->batch);
		assert_int_equal(pair->batch.count, table[i].wait);
		udp_batch_flush(&pair->batch);
		while (recv(pair->there, buffer, sizeof(buffer), 0) > 0)
			come++;
		assert_int_equal(come, table[i].come);
	}
}

static void a_closed_socket_leaves_nothing_behind(void **state)
{
	struct pair *pair = *state;
	char buffer[64];

	send(pair->there, "1", 1, 0);
	send(pair->there, "2", 1, 0);
	assert_int_equal(receive(pair, buffer, sizeof(buffer)), 1);
	udp_ring_forget(&pair->ring, pair->here + 1); /* another one's */
	assert_int_equal(receive(pair, buffer, sizeof(buffer)), 1);
	send(pair->there, "3", 1, 0);
	send(pair->there, "4", 1, 0);
	assert_int_equal(receive(pair, buffer, sizeof(buffer)), -1); /* emptied: the loop tells when there is more */
	assert_int_equal(receive(pair, buffer, sizeof(buffer)), 1);
	udp_ring_forget(&pair->ring, pair->here);
	assert_int_equal(receive(pair, buffer, sizeof(buffer)), -1);
}

static void the_receive_buffer_is_told(void **state)
{
	struct pair *pair = *state;

	assert_true(udp_receive_buffer(pair->here) >= 65536);
	assert_int_equal(udp_receive_buffer(-1), 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(nothing_is_sent_before_the_flush_and_everything_after),
		test(a_full_batch_sends_itself),
		test(what_is_too_large_is_dropped_and_costs_no_other),
		test(answers_come_in_order_and_empty_and_oversized_ones_are_passed_over),
		test(what_the_callers_buffer_cannot_hold_is_passed_over),
		test(icmp_errors_are_counted_and_hide_no_answer),
		test(a_pending_icmp_error_costs_the_next_datagram_nothing),
		test(what_the_kernel_has_no_room_for_waits_and_what_it_refuses_is_dropped),
		test(a_closed_socket_leaves_nothing_behind),
		test(the_receive_buffer_is_told),
	};

	return cmocka_run_group_tests_name("udp_batch", tests, NULL, NULL);
}
