/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/bench/small_buffer.c - preloaded into a program, it gives its sockets small receive buffers.
 *
 * What a machine does whose limits are low (net.core.rmem_max) and whose answers come in bursts: most of a
 * burst is lost. LD_PRELOAD=libsmall_buffer.so program…
 */
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SMALL = 16 * 1024 }; /* octets; some forty answers */

int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
	const int small = SMALL;

	if (level == SOL_SOCKET && (option == SO_RCVBUF || option == SO_RCVBUFFORCE)) {
		option = SO_RCVBUF;
		value = &small;
		size = sizeof(small);
	}
	return (int)syscall(SYS_setsockopt, fd, level, option, value, size);
}
