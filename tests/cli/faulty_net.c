/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/cli/faulty_net.c - preloaded: a call on a socket, or for memory, fails as on a machine that is short of
 * something.
 *
 * FAULTY_NET=CALL:ERRNO:PORT:EVERY:SWITCH:AFTER. CALL is udp-socket, tcp-socket, udp-connect, tcp-connect, sendmmsg,
 * tcp-send, tcp-recv or (faulty_memory) malloc; of connects, sends and receipts only those to or from PORT count, where
 * it is not 0. While the switch is on, and once the file AFTER exists (where it is not empty), each EVERYth such call
 * fails with ERRNO. SWITCH is a file of two native 32-bit numbers that the test shares: 1 for on, and how many calls
 * have failed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

struct fault_switch {
	_Atomic uint32_t on, failed;
};

static struct {
	char call[16];
	int error;
	unsigned port, every;
	char after[PATH_MAX];
	struct fault_switch *state; /* NULL: no order */
	_Atomic unsigned calls;
} order;

__attribute__((constructor)) static void read_order(void)
{
	const char *text = getenv("FAULTY_NET");
	char path[PATH_MAX];
	int fd, fields;

	if (!text)
		return;
	fields = sscanf(text, "%15[^:]:%d:%u:%u:%4095[^:]:%4095[^:]", order.call, &order.error, &order.port,
			&order.every, path, order.after);
	fd = fields >= 5 ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		abort(); /* a test that tests nothing */
	order.state = mmap(NULL, sizeof(*order.state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (order.state == MAP_FAILED || order.every == 0)
		abort();
}

static bool fails(const char *call)
{
	if (!order.state || strcmp(call, order.call) != 0 || !order.state->on)
		return false;
	if (order.after[0] != '\0' && access(order.after, F_OK) != 0)
		return false;
	if (atomic_fetch_add(&order.calls, 1) % order.every != 0)
		return false;
	order.state->failed++;
	errno = order.error;
	return true;
}

int socket(int domain, int type, int protocol)
{
	int (*real)(int, int, int);
	bool datagram = (type & 15) == SOCK_DGRAM;

	*(void **)&real = dlsym(RTLD_NEXT, "socket");
	if ((domain == AF_INET || domain == AF_INET6) && fails(datagram ? "udp-socket" : "tcp-socket"))
		return -1;
	return real(domain, type, protocol);
}

int connect(int fd, const struct sockaddr *to, socklen_t size)
{
	int (*real)(int, const struct sockaddr *, socklen_t);
	int type = 0;
	socklen_t length = sizeof(type);
	bool inet = to->sa_family == AF_INET;

	*(void **)&real = dlsym(RTLD_NEXT, "connect");
	if (inet && (order.port == 0 || ntohs(((const struct sockaddr_in *)to)->sin_port) == order.port)) {
		getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length);
		if (fails(type == SOCK_DGRAM ? "udp-connect" : "tcp-connect"))
			return -1;
	}
	return real(fd, to, size);
}

int sendmmsg(int fd, struct mmsghdr *message, unsigned n, int flags)
{
	int (*real)(int, struct mmsghdr *, unsigned, int);

	*(void **)&real = dlsym(RTLD_NEXT, "sendmmsg");
	return fails("sendmmsg") ? -1 : real(fd, message, n, flags);
}

/* Is @fd connected to the port that counts? */
static bool is_to_port(int fd)
{
	struct sockaddr_in to = { 0 };
	socklen_t size = sizeof(to);

	return getpeername(fd, (struct sockaddr *)&to, &size) == 0 &&
	       (order.port == 0 || ntohs(to.sin_port) == order.port); /* of IPv6, too: it stands at the same place */
}

ssize_t send(int fd, const void *octets, size_t n, int flags)
{
	ssize_t (*real)(int, const void *, size_t, int);

	*(void **)&real = dlsym(RTLD_NEXT, "send");
	return is_to_port(fd) && fails("tcp-send") ? -1 : real(fd, octets, n, flags);
}

ssize_t recv(int fd, void *octets, size_t n, int flags)
{
	ssize_t (*real)(int, void *, size_t, int);

	*(void **)&real = dlsym(RTLD_NEXT, "recv");
	return is_to_port(fd) && fails("tcp-recv") ? -1 : real(fd, octets, n, flags);
}

#ifdef FAULTY_MEMORY
/* In a library of its own, since a sanitizer's memory must not be had from here. glibc's own names: dlsym itself asks
 * for memory. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

void *malloc(size_t size)
{
	return fails("malloc") ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails("malloc") ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
	return size > 0 && fails("malloc") ? NULL : __libc_realloc(block, size);
}
#endif
