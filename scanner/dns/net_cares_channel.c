/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/dns/net_cares_channel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <unistd.h>

#include "parsers/dns_answer.h"
#include "scanner/base/counted_alloc.h"
#include "scanner/job/net.h"

struct channel_socket {
	uv_poll_t poll;
	struct channel *channel; /* NULL once closed */
	int fd;
};

/* ---- c-ares's sockets are ours ---- */

/* @result of a call on a socket; where it failed, its errno says something about this machine: it is short of
 * something, which passes, or without a way to the server, as it may be without this server alone. */
static ssize_t noted(struct channel_group *group, ssize_t result)
{
	static const int no_way[] = { ENETUNREACH, EHOSTUNREACH, ENETDOWN, EPERM /* by a firewall */,
				      EACCES,      EAFNOSUPPORT, EINVAL /* a route into a black hole */ };

	if (result >= 0)
		return result;
	if (net_errno_is_shortage(errno)) {
		group->fault = NET_FAULT_SOCKETS;
		group->cut_off = false;
	}
	for (size_t i = 0; i < COUNT_OF(no_way); i++) {
		if (no_way[i] == errno) {
			group->fault = NET_OK;
			group->cut_off = true;
		}
	}
	return result;
}

void channel_group_forget_errno(struct channel_group *group)
{
	group->fault = NET_OK;
	group->cut_off = false;
	group->failures = counted_alloc_failures();
}

int channel_group_fault(const struct channel_group *group)
{
	return counted_alloc_failures() != group->failures ? NET_FAULT_MEMORY : group->fault;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

/* Before its socket is closed, always: libuv aborts when it meets a closed one. */
static void unwatch(struct channel *channel)
{
	if (!channel->polled)
		return;
	channel->polled->channel = NULL;
	uv_close((uv_handle_t *)&channel->polled->poll, on_closed);
	channel->polled = NULL;
}

static ares_socket_t open_socket(int domain, int type, int protocol, void *arg)
{
	struct channel *channel = arg;
	int fd = (int)noted(channel->group, socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));

	if (fd >= 0 && type == SOCK_DGRAM) {
		channel->group->receive_buffer = udp_receive_buffer(fd);
		channel->out.fd = fd;
	}
	return fd;
}

static int close_socket(ares_socket_t fd, void *arg)
{
	struct channel *channel = arg;

	if (channel->polled && channel->polled->fd == fd)
		unwatch(channel);
	if (fd == channel->out.fd) {
		channel->out.fd = -1;
		channel->out.count = 0;
		channel->out.used = 0;
		udp_ring_forget(channel->group->ring, fd);
	}
	return close(fd);
}

static int connect_socket(ares_socket_t fd, const struct sockaddr *address, ares_socklen_t size, void *arg)
{
	struct channel *channel = arg;
	int result = connect(fd, address, size);

	/* Linux says EAGAIN where a UDP socket gets no local port. c-ares would take it for a connection under way. */
	if (result < 0 && errno == EAGAIN)
		errno = EADDRNOTAVAIL;
	return (int)noted(channel->group, result);
}

static ares_ssize_t receive(ares_socket_t fd, void *buffer, size_t size, int flags, struct sockaddr *from,
			    ares_socklen_t *from_size, void *arg)
{
	struct channel *channel = arg;
	uint8_t *octet = buffer;
	ssize_t n;

	if (fd != channel->out.fd)
		return noted(channel->group, recvfrom(fd, buffer, size, flags, from, from_size));
	/* On an error c-ares closes a UDP socket, which costs every question on it a try: it is told of none. */
	n = udp_ring_receive(channel->group->ring, fd, buffer, size, from, from_size, &channel->group->icmp);
	if (n >= DNS_HEADER_SIZE && size >= DNS_QUERY_MAX && dns_question_count(octet) == 0 &&
	    dns_status_is_transient(dns_status_of_rcode(dns_rcode(octet))))
		n = (ssize_t)channel->group->complete(channel, octet, (size_t)n);
	/* To a FORMERR without OPT it would turn EDNS off for the whole channel, and cut later answers
	 * at 512 octets: it sees another rcode. */
	if (n >= DNS_HEADER_SIZE && dns_rcode(octet) == DNS_RCODE_FORMERR)
		dns_rcode_set(octet, CHANNEL_HIDDEN_FORMERR);
	return n;
}

static ares_ssize_t send_parts(ares_socket_t fd, const struct iovec *part, int parts, void *arg)
{
	struct channel *channel = arg;

	if (fd != channel->out.fd)
		return noted(channel->group, writev(fd, part, parts));
	udp_batch_put(&channel->out, part->iov_base, part->iov_len); /* a datagram has one part */
	if (!channel->dirty) {
		channel->dirty = true;
		SLIST_INSERT_HEAD(&channel->group->dirty, channel, next_dirty);
	}
	return (ares_ssize_t)part->iov_len;
}

static const struct ares_socket_functions socket_functions = { open_socket, close_socket, connect_socket, receive,
							       send_parts };

/* ---- the loop ---- */

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct channel_socket *polled = poll->data;
	struct channel *channel = polled->channel;
	int fd = polled->fd;

	/* libuv stops polling on EPOLLERR, which an ICMP error raises; reading takes the error away. */
	if (status < 0)
		events = UV_READABLE;
	channel_group_forget_errno(channel->group);
	ares_process_fd(channel->ares, events & UV_READABLE ? fd : ARES_SOCKET_BAD,
			events & UV_WRITABLE ? fd : ARES_SOCKET_BAD);
	/* polled is freed by the loop later at the earliest, also where c-ares has closed its socket just now */
	if (status < 0 && polled->channel)
		uv_poll_start(poll, UV_READABLE, on_poll);
}

static void on_socket_state(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct channel *channel = arg;
	struct channel_socket *polled = channel->polled;

	if (!readable && !writable) { /* about to be closed */
		unwatch(channel);
		return;
	}
	if (!polled) {
		polled = calloc(1, sizeof(*polled));
		if (!polled || uv_poll_init(channel->group->loop, &polled->poll, fd) < 0) {
			/* unwatched, its questions time out and are asked again */
			channel->group->fault = NET_FAULT_MEMORY;
			free(polled);
			return;
		}
		polled->poll.data = polled;
		polled->channel = channel;
		polled->fd = fd;
		channel->polled = polled;
	}
	uv_poll_start(&polled->poll, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0), on_poll);
}

/* ---- channels ---- */

uint16_t channel_random(struct channel_group *group)
{
	uint16_t value;

	if (group->random_left < sizeof(value)) {
		if (getrandom(group->random, sizeof(group->random), 0) != (ssize_t)sizeof(group->random))
			abort(); /* ids that can be guessed are worse than no scan */
		group->random_left = sizeof(group->random);
	}
	group->random_left -= sizeof(value);
	memcpy(&value, group->random + group->random_left, sizeof(value));
	return value;
}

static int set_server(struct channel *channel, const struct endpoint *server)
{
	struct ares_addr_port_node node = { .family = server->address.family == 4 ? AF_INET : AF_INET6,
					    .udp_port = server->port,
					    .tcp_port = server->port };

	memcpy(&node.addr, server->address.octet, address_octets(&server->address));
	return ares_set_servers_ports(channel->ares, &node);
}

static int jittered(struct channel_group *group, uint32_t ms)
{
	uint32_t part = ms / DNS_JITTER_PART;

	return (int)(ms - part + (part ? channel_random(group) % (2 * part) : 0));
}

struct channel *channel_open(struct channel_group *group, const struct endpoint *server, bool tcp)
{
	struct channel *channel = calloc(1, sizeof(*channel));
	char lookups[] = "b"; /* DNS alone, no hosts file */
	struct ares_options options = {
		/* Every answer is handed over as it is: SERVFAIL and TC are ours to judge. Without the EDNS flag it
		 * would cut answers at 512 octets. */
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_NOCHECKRESP | ARES_FLAG_IGNTC |
			 ARES_FLAG_EDNS | (tcp ? ARES_FLAG_USEVC : 0),
		.timeout = jittered(group, group->timeout_ms),
		.tries = 1,
		.lookups = lookups,
		.sock_state_cb = on_socket_state,
		.sock_state_cb_data = channel,
		.ednspsz = UDP_DATAGRAM_MAX,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB |
		   ARES_OPT_EDNSPSZ;

	if (!channel)
		return NULL;
	channel->group = group;
	channel->tcp = tcp;
	channel->out.fd = -1;
	if (ares_init_options(&channel->ares, &options, mask) != ARES_SUCCESS) {
		free(channel);
		return NULL;
	}
	ares_set_socket_functions(channel->ares, &socket_functions, channel);
	if (set_server(channel, server) != ARES_SUCCESS) {
		channel_close(channel);
		return NULL;
	}
	return channel;
}

void channel_tick(struct channel *channel)
{
	channel_group_forget_errno(channel->group);
	ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void channel_close(struct channel *channel)
{
	ares_destroy(channel->ares);
	if (channel->dirty)
		SLIST_REMOVE(&channel->group->dirty, channel, channel, next_dirty);
	free(channel);
}

void channel_group_flush(struct channel_group *group)
{
	struct channel *channel, *next;

	for (channel = SLIST_FIRST(&group->dirty); channel; channel = next) {
		next = SLIST_NEXT(channel, next_dirty);
		udp_batch_flush(&channel->out);
		if (channel->out.count > 0)
			continue; /* the socket is full: again at the next flush */
		channel->dirty = false;
		SLIST_REMOVE(&group->dirty, channel, channel, next_dirty);
	}
}
