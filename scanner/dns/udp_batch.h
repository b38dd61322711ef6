/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/dns/udp_batch.h - UDP datagrams in bulk: many sends in one sendmmsg, many receives in one
 * recvmmsg. Three quarters of a survey's time are the kernel's UDP path; this saves most of the system calls.
 */
#ifndef STSURVEY_SCANNER_DNS_UDP_BATCH_H
#define STSURVEY_SCANNER_DNS_UDP_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum {
	UDP_BATCH_SIZE = 64,     /* datagrams in one system call; more gains nothing measurable */
	UDP_BATCH_OCTETS = 8192, /* for the outgoing ones: 64 questions of usual length, and room for long names */
	UDP_DATAGRAM_MAX = 1536, /* a receive slot; above the EDNS size we announce and any Ethernet frame */
	UDP_RECEIVE_BUFFER = 4 * 1024 * 1024, /* octets asked of the kernel: 10,000 answers waiting */
};

/* Outgoing, one for each socket. */
struct udp_batch {
	int fd; /* connected; -1: none */
	unsigned count;
	size_t used;
	uint16_t length[UDP_BATCH_SIZE];
	char octets[UDP_BATCH_OCTETS];
};

/* Queue a datagram, sending first what is queued if there is no room. */
void udp_batch_put(struct udp_batch *batch, const void *datagram, size_t length);

/* Send what is queued. What the socket does not take now stays queued; a datagram it refuses for good is
 * dropped, as the network might have. */
void udp_batch_flush(struct udp_batch *batch);

/* Incoming; one serves all sockets of a thread, drained socket by socket. */
struct udp_ring {
	int fd; /* whose datagrams are in it */
	unsigned count, next;
	bool exhausted; /* the last call got fewer than asked for: the socket is empty */
	uint16_t length[UDP_BATCH_SIZE];
	struct sockaddr_storage from[UDP_BATCH_SIZE];
	uint8_t octets[UDP_BATCH_SIZE][UDP_DATAGRAM_MAX];
};

/* The next datagram of @fd as recvfrom gives it, or -1 with EAGAIN. ICMP errors, empty and oversized datagrams are
 * passed over; @refused counts the former. */
ssize_t udp_ring_receive(struct udp_ring *ring, int fd, void *buffer, size_t size, struct sockaddr *from,
			 socklen_t *from_size, uint64_t *refused);

/* Forget what is left of @fd's, before it is closed. */
void udp_ring_forget(struct udp_ring *ring, int fd);

/* Ask for a large receive buffer; returns what the kernel gave, in octets. */
size_t udp_receive_buffer(int fd);

#endif
