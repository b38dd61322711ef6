/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/rules/address.h - IP addresses: text, endpoints, and which ones are reachable from anywhere. */
#ifndef STSURVEY_SCANNER_RULES_ADDRESS_H
#define STSURVEY_SCANNER_RULES_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "parsers/hash.h"
#include "output/address_text.h"
#include "parsers/observation.h"
#include "parsers/span.h"

/* An IPv4 or IPv6 address without brackets, port or zone. False for anything else. */
bool address_parse(struct span text, struct obs_address *address);
socklen_t address_sockaddr(const struct obs_address *address, uint16_t port, struct sockaddr_storage *out);

/* Put @address into @sorted in the order a client tries them (RFC 8305 4): the families in turn, IPv6 first. */
void address_interleave(const struct obs_address *address, size_t count, struct obs_address *sorted);

bool address_equal(const struct obs_address *a, const struct obs_address *b);

/* Octets of an address of its family: 4 or 16. */
static inline size_t address_octets(const struct obs_address *address)
{
	return address->family == 4 ? 4 : 16;
}

/* To choose addresses that collide one has to own them. */
static inline uint64_t address_hash(const struct obs_address *address)
{
	return hash_octets(hash_octet(HASH_NOTHING, address->family), address->octet, address_octets(address));
}

/* A server: where to send to. */
struct endpoint {
	struct obs_address address;
	uint16_t port;
};

/* "ip", "ip:port", "[v6]:port"; the port is left alone where the text has none. False for anything else. */
bool endpoint_parse(struct span text, struct endpoint *endpoint);

/* "192.0.2.1:53", "[2001:db8::1]:53" */
enum { ENDPOINT_TEXT_MAX = ADDRESS_TEXT_MAX + 8 };
void endpoint_text(const struct endpoint *endpoint, char text[static ENDPOINT_TEXT_MAX]);

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);

/* Is it globally reachable unicast, by the IANA special-purpose registries (RFC 6890 and its updates)? An address that
 * holds an IPv4 address is what that one is. */
bool address_is_global(const struct obs_address *address);

/* 127.0.0.0/8, ::1: of this machine. */
bool address_is_loopback(const struct obs_address *address);

/* Does it hold an IPv4 address, at whose host packets to it end: IPv4-mapped (::ffff:0:0/96), NAT64 (64:ff9b::/96),
 * 6to4 (2002::/16)? */
bool address_embeds(const struct obs_address *address, struct obs_address *inside);

enum { ADDRESS_MAPPED_BITS = 96 }; /* of ::ffff:0:0/96 */

/* Is it an IPv4-mapped one (RFC 4291 2.5.5.2), which is the IPv4 address on the wire? The others that hold one go
 * through somebody's gateway first. */
bool address_unmap(const struct obs_address *address, struct obs_address *inside);

/* Does it begin with the @length bits of @prefix, an address of @family? */
bool address_is_within(const struct obs_address *address, uint8_t family, const uint8_t *prefix, uint8_t length);

#endif
