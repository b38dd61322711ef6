/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/tls/connect_errno.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scanner/rules/address.h"

/* Would a packet find its way? Connecting a UDP socket asks the routing table and sends nothing. 0 or errno. */
static int route_errno(const struct obs_address *address)
{
	struct sockaddr_storage to;
	socklen_t n = address_sockaddr(address, 443, &to);
	int fd = socket(address->family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd < 0)
		return errno;
	if (connect(fd, (struct sockaddr *)&to, n) != 0)
		error = errno;
	close(fd);
	return error;
}

/* Has this machine a way to the internet? Two root servers stand for it; nothing is sent to them. */
static bool has_route(unsigned family)
{
	static const char *const root[] = { "198.41.0.4", "2001:503:ba3e::2:30" };
	struct obs_address address;

	return address_parse(span_of(root[family == 6]), &address) && route_errno(&address) == 0;
}

/* What it depends on whether an errno speaks of them or of us. */
enum doubt {
	NO_DOUBT,
	OUR_LINK, /* ICMP, or our own table: were we on the internet when we started and are no more? */
	OUR_RULE, /* ICMPv6 "administratively prohibited", or a rule of this machine: what does our own table say? */
	OUR_PORT, /* every local port in use, or no local address to reach theirs from? Only TCP needs a free port. */
};

struct errno_row {
	int error;
	struct connect_meaning meaning;
	enum doubt doubt;
};

static const struct errno_row errno_rows[] = {
	{ ECONNREFUSED, { CONNECT_REFUSED, NET_OK }, NO_DOUBT },
	{ ETIMEDOUT, { CONNECT_TIMEOUT, NET_OK }, NO_DOUBT },
	{ ECONNRESET, { CONNECT_RESET, NET_OK }, NO_DOUBT },
	{ ECONNABORTED, { CONNECT_RESET, NET_OK }, NO_DOUBT },
	{ ENETUNREACH, { CONNECT_UNREACHABLE, NET_OK }, OUR_LINK },
	{ EHOSTUNREACH, { CONNECT_UNREACHABLE, NET_OK }, OUR_LINK },
	{ EHOSTDOWN, { CONNECT_UNREACHABLE, NET_OK }, OUR_LINK },
	{ ENONET, { CONNECT_UNREACHABLE, NET_OK }, NO_DOUBT },
	{ EPROTO, { CONNECT_UNREACHABLE, NET_OK }, NO_DOUBT },       /* ICMP parameter problem */
	{ ENOPROTOOPT, { CONNECT_UNREACHABLE, NET_OK }, NO_DOUBT },  /* ICMP protocol unreachable */
	{ EINVAL, { CONNECT_UNREACHABLE, NET_OK }, NO_DOUBT },       /* no unicast address */
	{ EAFNOSUPPORT, { CONNECT_UNREACHABLE, NET_OK }, NO_DOUBT }, /* a kernel without IPv6 */
	{ EACCES, { CONNECT_UNREACHABLE, NET_OK }, OUR_RULE },
	{ EPERM, { CONNECT_SKIPPED, NET_OK }, NO_DOUBT }, /* from a firewall of this machine, and from nothing else */
	{ ENETDOWN, { CONNECT_SKIPPED, NET_FAULT_SOCKETS }, NO_DOUBT },
	{ EADDRNOTAVAIL, { CONNECT_SKIPPED, NET_FAULT_SOCKETS }, OUR_PORT },
	{ EAGAIN, { CONNECT_SKIPPED, NET_FAULT_SOCKETS }, NO_DOUBT },
};

void routes_look(struct routes *routes)
{
	routes->ipv4 = has_route(4);
	routes->ipv6 = has_route(6);
}

struct connect_meaning connect_errno_meaning(int error, const struct obs_address *address, const struct routes *before)
{
	int fault = net_errno_is_shortage(error) ? NET_FAULT_SOCKETS : NET_OK;
	struct errno_row row = { error, { CONNECT_SKIPPED, fault }, NO_DOUBT };
	bool had_route = address->family == 4 ? before->ipv4 : before->ipv6;

	for (size_t i = 0; i < COUNT_OF(errno_rows); i++)
		if (errno_rows[i].error == error)
			row = errno_rows[i];
	if (row.doubt == OUR_LINK && had_route && !has_route(address->family))
		return (struct connect_meaning){ CONNECT_SKIPPED, NET_FAULT_SOCKETS };
	if (row.doubt == OUR_RULE && (address->family == 4 || route_errno(address) != 0))
		return (struct connect_meaning){ CONNECT_SKIPPED, NET_OK };
	if (row.doubt == OUR_PORT && route_errno(address) != 0)
		return (struct connect_meaning){ CONNECT_UNREACHABLE, NET_OK };
	return row.meaning;
}

struct connect_meaning connected_errno_meaning(int error, const struct obs_address *address,
					       const struct routes *before)
{
	static const int theirs[] = { 0, ECONNRESET, EPIPE, ECONNABORTED, ECONNREFUSED, ETIMEDOUT };

	for (size_t i = 0; i < COUNT_OF(theirs); i++)
		if (theirs[i] == error)
			return (struct connect_meaning){ CONNECT_RESET, NET_OK };
	return (struct connect_meaning){ CONNECT_SKIPPED, connect_errno_meaning(error, address, before).fault };
}
