#include "scanner/connect_meaning.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "scanner/address.h"

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

struct errno_row {
	int error;
	struct connect_meaning meaning;
};

static const struct errno_row errno_rows[] = {
	{ ECONNREFUSED, { CONNECT_REFUSED, NET_OK } },
	{ ETIMEDOUT, { CONNECT_TIMEOUT, NET_OK } },
	{ ECONNRESET, { CONNECT_RESET, NET_OK } },
	{ ECONNABORTED, { CONNECT_RESET, NET_OK } },
	{ ENETUNREACH, { CONNECT_UNREACHABLE, NET_OK } },
	{ EHOSTUNREACH, { CONNECT_UNREACHABLE, NET_OK } },
	{ ENETDOWN, { CONNECT_SKIPPED, NET_FAULT_SOCKETS } },
	{ EHOSTDOWN, { CONNECT_UNREACHABLE, NET_OK } },
	{ EACCES, { CONNECT_UNREACHABLE, NET_OK } }, /* broadcast, or a local prohibit rule */
	{ EPERM, { CONNECT_UNREACHABLE, NET_OK } },
	{ EINVAL, { CONNECT_UNREACHABLE, NET_OK } },       /* no unicast address */
	{ ENOPROTOOPT, { CONNECT_UNREACHABLE, NET_OK } },  /* ICMP protocol unreachable */
	{ EAFNOSUPPORT, { CONNECT_UNREACHABLE, NET_OK } }, /* a kernel without IPv6 */
	{ EADDRNOTAVAIL, { CONNECT_SKIPPED, NET_FAULT_SOCKETS } },
	{ EAGAIN, { CONNECT_SKIPPED, NET_FAULT_SOCKETS } },
	{ EMFILE, { CONNECT_SKIPPED, NET_FAULT_SOCKETS } },
	{ ENFILE, { CONNECT_SKIPPED, NET_FAULT_SOCKETS } },
	{ ENOBUFS, { CONNECT_SKIPPED, NET_FAULT_SOCKETS } },
	{ ENOMEM, { CONNECT_SKIPPED, NET_FAULT_MEMORY } },
};

void routes_look(struct routes *routes)
{
	routes->ipv4 = has_route(4);
	routes->ipv6 = has_route(6);
}

struct connect_meaning connect_meaning_of(int error, const struct obs_address *address, const struct routes *before)
{
	const struct connect_meaning unreachable = { CONNECT_UNREACHABLE, NET_OK };
	struct connect_meaning meaning = unreachable;

	for (size_t i = 0; i < sizeof(errno_rows) / sizeof(*errno_rows); i++) {
		if (errno_rows[i].error == error)
			meaning = errno_rows[i].meaning;
	}
	/* No local address for it (IPv6 switched off), or every local port to it in use? Only TCP needs a free port. */
	if (error == EADDRNOTAVAIL && route_errno(address) != 0)
		return unreachable;
	/* We were on the internet when we started and are no more. */
	if (error == ENETUNREACH && (address->family == 4 ? before->ipv4 : before->ipv6) && !has_route(address->family))
		return (struct connect_meaning){ CONNECT_SKIPPED, NET_FAULT_SOCKETS };
	return meaning;
}
