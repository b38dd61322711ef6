/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/dns/udp_batch.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

enum { REFUSALS_MAX = 64 }; /* pending ICMP errors passed over in one call, so that it ends */

static bool send_some(struct udp_batch *batch, unsigned *sent, size_t *at)
{
	struct mmsghdr message[UDP_BATCH_SIZE];
	struct iovec part[UDP_BATCH_SIZE];
	unsigned n = batch->count - *sent;
	size_t octet = *at;
	int done;

	for (unsigned i = 0; i < n; i++) {
		part[i] = (struct iovec){ batch->octets + octet, batch->length[*sent + i] };
		message[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &part[i], .msg_iovlen = 1 } };
		octet += part[i].iov_len;
	}
	done = sendmmsg(batch->fd, message, n, 0);
	if (done < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM))
		return false;
	/* An ICMP error of an earlier datagram is reported here once; it says nothing about this one. Any
	 * other refusal costs one datagram, which its question's retry makes good. */
	if (done < 0)
		done = errno == EINTR || errno == ECONNREFUSED ? 0 : 1;
	for (int i = 0; i < done; i++)
		*at += batch->length[(*sent)++];
	return true;
}

void udp_batch_flush(struct udp_batch *batch)
{
	unsigned sent = 0;
	size_t at = 0;

	for (unsigned calls = 0; sent < batch->count && calls < UDP_BATCH_SIZE + REFUSALS_MAX; calls++)
		if (!send_some(batch, &sent, &at))
			break;
	if (sent < batch->count) {
		memmove(batch->octets, batch->octets + at, batch->used - at);
		memmove(batch->length, batch->length + sent, (batch->count - sent) * sizeof(batch->length[0]));
	}
	batch->count -= sent;
	batch->used -= at;
}

void udp_batch_put(struct udp_batch *batch, const void *datagram, size_t length)
{
	if (length > UDP_BATCH_OCTETS)
		return;
	if (batch->count == UDP_BATCH_SIZE || batch->used + length > UDP_BATCH_OCTETS)
		udp_batch_flush(batch);
	/* The socket took nothing: drop what waits, as a full queue on the way would. */
	if (batch->count == UDP_BATCH_SIZE || batch->used + length > UDP_BATCH_OCTETS)
		batch->count = 0, batch->used = 0;
	memcpy(batch->octets + batch->used, datagram, length);
	batch->length[batch->count++] = (uint16_t)length;
	batch->used += length;
}

static int fill(struct udp_ring *ring, int fd, uint64_t *refused)
{
	struct mmsghdr message[UDP_BATCH_SIZE];
	struct iovec part[UDP_BATCH_SIZE];
	int n = -1;

	ring->fd = fd;
	ring->count = ring->next = 0;
	for (unsigned i = 0; i < UDP_BATCH_SIZE; i++) {
		part[i] = (struct iovec){ ring->octets[i], UDP_DATAGRAM_MAX };
		message[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &ring->from[i],
							    .msg_namelen = sizeof(ring->from[i]),
							    .msg_iov = &part[i],
							    .msg_iovlen = 1 } };
	}
	for (unsigned calls = 0; n < 0 && calls < REFUSALS_MAX; calls++) {
		n = recvmmsg(fd, message, UDP_BATCH_SIZE, MSG_DONTWAIT, NULL);
		if (n >= 0 || errno == EAGAIN)
			break;
		*refused += errno != EINTR;
	}
	ring->exhausted = n < UDP_BATCH_SIZE;
	for (int i = 0; i < n; i++)
		ring->length[i] = message[i].msg_hdr.msg_flags & MSG_TRUNC ? 0 : (uint16_t)message[i].msg_len;
	ring->count = n > 0 ? (unsigned)n : 0;
	return n;
}

ssize_t udp_ring_receive(struct udp_ring *ring, int fd, void *buffer, size_t size, struct sockaddr *from,
			 socklen_t *from_size, uint64_t *refused)
{
	for (;;) {
		if (ring->fd == fd && ring->next < ring->count) {
			unsigned i = ring->next++;
			size_t length = ring->length[i];

			if (length == 0 || length > size)
				continue;
			memcpy(buffer, ring->octets[i], length);
			if (*from_size <= sizeof(ring->from[i]))
				memcpy(from, &ring->from[i], *from_size);
			return (ssize_t)length;
		}
		/* A short batch emptied the socket; the loop says when there is more. */
		if ((ring->fd == fd && ring->exhausted && ring->count > 0) || fill(ring, fd, refused) <= 0) {
			ring->fd = -1;
			errno = EAGAIN;
			return -1;
		}
	}
}

void udp_ring_forget(struct udp_ring *ring, int fd)
{
	if (ring->fd == fd)
		ring->fd = -1;
}

size_t udp_receive_buffer(int fd)
{
	int size = UDP_RECEIVE_BUFFER;
	socklen_t length = sizeof(size);

	/* FORCE goes beyond net.core.rmem_max and needs CAP_NET_ADMIN. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	size = 0;
	getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &length);
	return size > 0 ? (size_t)size / 2 : 0; /* the kernel doubles what it is asked for */
}
