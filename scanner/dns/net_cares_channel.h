/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/dns/net_cares_channel.h - one c-ares channel: one server, one UDP socket or TCP connection at a time, and its
 * place in the loop. What is asked and when is net_cares.c's.
 */
#ifndef STSURVEY_SCANNER_DNS_NET_CARES_CHANNEL_H
#define STSURVEY_SCANNER_DNS_NET_CARES_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <ares.h>
#include <uv.h>

#include "scanner/rules/address.h"
#include "scanner/dns/udp_batch.h"

enum {
	CHANNEL_IN_FLIGHT_MAX = 8000, /* c-ares finds a question in 2,048 lists: beyond, it walks them */
	CHANNEL_HIDDEN_FORMERR = 15,  /* an rcode nobody sends; see receive() */
	CHANNEL_RENEW_AFTER = 32000,  /* questions; then another socket, and so another source port (RFC 5452 9.2) */
};

struct channel;
struct net_try; /* the owner's: a packet that is out */
LIST_HEAD(net_try_list, net_try);

/* What the channels of one thread share. */
struct channel_group {
	uv_loop_t *loop;
	uint32_t timeout_ms; /* of one try */
	struct udp_ring *ring;
	/* The owner's: a failure of @n octets came without its question, which c-ares would pass over: put it into
	 * @packet, which has room for DNS_QUERY_MAX. Returns the packet's octets then. */
	size_t (*complete)(const struct channel *channel, uint8_t *packet, size_t n);
	SLIST_HEAD(, channel) dirty; /* with datagrams waiting for channel_group_flush */
	uint64_t icmp;               /* errors of the kernel passed over */
	int fault;                   /* the last socket that could not be had: NET_FAULT_…; 0 none */
	unsigned failures;           /* of memory, at channel_group_forget_errno */
	bool cut_off;                /* this machine has no way to the server the last one was for, or forbids it */
	size_t receive_buffer;       /* octets granted to the newest UDP socket */
	unsigned char random[512];   /* for ids: unpredictable (RFC 5452 9.1) and cheap */
	size_t random_left;
};

TAILQ_HEAD(channel_list, channel);

struct channel {
	struct channel_group *group;
	TAILQ_ENTRY(channel) next; /* the owner's list */
	ares_channel ares;
	unsigned server; /* the owner's number for it */
	bool tcp, dirty;
	unsigned in_flight, issued; /* questions: those that c-ares has not called back for, and all */
	unsigned answers;           /* packets that came */
	struct net_try_list tries;  /* the owner's, of those in flight */
	SLIST_ENTRY(channel) next_dirty;
	struct channel_socket *polled; /* NULL: c-ares has none open */
	struct udp_batch out;
};

/* NULL: no memory. */
struct channel *channel_open(struct channel_group *group, const struct endpoint *server, bool tcp);

/* It has sent all that it may: to be closed when nothing is in flight any more. */
static inline bool channel_is_retiring(const struct channel *channel)
{
	return channel->issued >= CHANNEL_RENEW_AFTER;
}

/* Send no more over it. */
static inline void channel_retire(struct channel *channel)
{
	channel->issued = CHANNEL_RENEW_AFTER;
}

/* Let c-ares look at its time-outs. */
void channel_tick(struct channel *channel);

/* Ends what is in flight with ARES_EDESTRUCTION and frees the channel. Not from inside a callback of c-ares. */
void channel_close(struct channel *channel);

/* An id for a question. Two in flight may have the same: c-ares compares the question as well. */
uint16_t channel_random(struct channel_group *group);

/* Before c-ares is called: what `fault` and `cut_off` say afterwards came of that call. */
void channel_group_forget_errno(struct channel_group *group);

/* What this machine lacked since then: enum net_fault. c-ares has many words for memory that it did not get. */
int channel_group_fault(const struct channel_group *group);

/* Send every datagram that waits. */
void channel_group_flush(struct channel_group *group);

#endif
