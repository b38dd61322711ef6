/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/rules/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

bool address_parse(struct span text, struct obs_address *address)
{
	char copy[ADDRESS_TEXT_MAX];
	struct obs_address parsed = { 0 };

	if (text.n == 0 || text.n >= sizeof(copy) || memchr(text.p, '\0', text.n))
		return false;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	if (inet_pton(AF_INET, copy, parsed.octet) == 1)
		parsed.family = 4;
	else if (inet_pton(AF_INET6, copy, parsed.octet) == 1)
		parsed.family = 6;
	else
		return false;
	*address = parsed;
	return true;
}

socklen_t address_sockaddr(const struct obs_address *address, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	memset(out, 0, sizeof(*out));
	if (address->family == 4) {
		memcpy(&v4.sin_addr, address->octet, 4);
		memcpy(out, &v4, sizeof(v4));
		return sizeof(v4);
	}
	memcpy(&v6.sin6_addr, address->octet, 16);
	memcpy(out, &v6, sizeof(v6));
	return sizeof(v6);
}

static bool parse_port(struct span text, uint16_t *port)
{
	uint64_t value;

	if (!span_decimal(text, UINT16_MAX, &value) || value == 0)
		return false;
	*port = (uint16_t)value;
	return true;
}

bool address_equal(const struct obs_address *a, const struct obs_address *b)
{
	return a->family == b->family && memcmp(a->octet, b->octet, address_octets(a)) == 0;
}

bool endpoint_parse(struct span text, struct endpoint *endpoint)
{
	struct endpoint parsed = *endpoint;
	size_t end;

	if (address_parse(text, &endpoint->address)) /* also IPv6 without brackets, which has no port then */
		return true;
	if (text.n > 0 && text.p[0] == '[') {
		end = span_find(text, 0, ']');
		if (end == text.n || !address_parse((struct span){ text.p + 1, end - 1 }, &parsed.address) ||
		    parsed.address.family != 6)
			return false;
		if (end + 1 < text.n && (text.p[end + 1] != ':' || !parse_port(span_skip(text, end + 2), &parsed.port)))
			return false;
	} else {
		end = span_find(text, 0, ':');
		if (end == text.n || !address_parse((struct span){ text.p, end }, &parsed.address) ||
		    !parse_port(span_skip(text, end + 1), &parsed.port))
			return false;
	}
	*endpoint = parsed;
	return true;
}

void endpoint_text(const struct endpoint *endpoint, char text[static ENDPOINT_TEXT_MAX])
{
	char address[ADDRESS_TEXT_MAX];

	address_text(&endpoint->address, address);
	snprintf(text, ENDPOINT_TEXT_MAX, endpoint->address.family == 4 ? "%s:%u" : "[%s]:%u", address, endpoint->port);
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && address_equal(&a->address, &b->address);
}

/* What a row of the registries says of the addresses it covers. */
enum reach {
	REACH_NO,    /* refused */
	REACH_YES,   /* globally reachable */
	REACH_INSIDE /* as the IPv4 address at @embedded says */
};

struct special {
	uint8_t family, length; /* 4 or 6; bits of the prefix */
	enum reach reach;
	uint8_t embedded; /* REACH_INSIDE: the octet where the IPv4 address begins */
	uint8_t prefix[16];
	const char *source;
};

/* The IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, RFC 8190). The first row that covers
 * an address decides, so exceptions stand before what they are excepted from. */
static const struct special special[] = {
	{ 4, 8, REACH_NO, 0, { 0 }, "RFC 791 3.2: this network" },
	{ 4, 8, REACH_NO, 0, { 10 }, "RFC 1918: private use" },
	{ 4, 10, REACH_NO, 0, { 100, 64 }, "RFC 6598: shared address space" },
	{ 4, 8, REACH_NO, 0, { 127 }, "RFC 1122 3.2.1.3: loopback" },
	{ 4, 16, REACH_NO, 0, { 169, 254 }, "RFC 3927: link local" },
	{ 4, 12, REACH_NO, 0, { 172, 16 }, "RFC 1918: private use" },
	{ 4, 32, REACH_YES, 0, { 192, 0, 0, 9 }, "RFC 7723: port control protocol anycast" },
	{ 4, 32, REACH_YES, 0, { 192, 0, 0, 10 }, "RFC 8155: TURN anycast" },
	{ 4, 24, REACH_NO, 0, { 192, 0, 0 }, "RFC 6890 2.1: IETF protocol assignments" },
	{ 4, 24, REACH_NO, 0, { 192, 0, 2 }, "RFC 5737: documentation" },
	{ 4, 24, REACH_YES, 0, { 192, 31, 196 }, "RFC 7535: AS112-v4" },
	{ 4, 24, REACH_YES, 0, { 192, 52, 193 }, "RFC 7450: AMT" },
	{ 4, 24, REACH_NO, 0, { 192, 88, 99 }, "RFC 7526: deprecated 6to4 relay anycast" },
	{ 4, 16, REACH_NO, 0, { 192, 168 }, "RFC 1918: private use" },
	{ 4, 24, REACH_YES, 0, { 192, 175, 48 }, "RFC 7534: direct delegation AS112 service" },
	{ 4, 15, REACH_NO, 0, { 198, 18 }, "RFC 2544: benchmarking" },
	{ 4, 24, REACH_NO, 0, { 198, 51, 100 }, "RFC 5737: documentation" },
	{ 4, 24, REACH_NO, 0, { 203, 0, 113 }, "RFC 5737: documentation" },
	{ 4, 4, REACH_NO, 0, { 224 }, "RFC 5771: multicast" },
	{ 4, 4, REACH_NO, 0, { 240 }, "RFC 1112 4, RFC 919 7: reserved, limited broadcast" },
	{ 4, 0, REACH_YES, 0, { 0 }, "the rest is global unicast" },

	{ 6, 96, REACH_INSIDE, 12, { [10] = 0xff, 0xff }, "RFC 4291 2.5.5.2: IPv4-mapped" },
	{ 6, 96, REACH_INSIDE, 12, { 0, 0x64, 0xff, 0x9b }, "RFC 6052 2.1: IPv4-IPv6 translation" },
	{ 6, 48, REACH_NO, 0, { 0, 0x64, 0xff, 0x9b, 0, 1 }, "RFC 8215: local-use translation" },
	{ 6, 64, REACH_NO, 0, { 1 }, "RFC 6666: discard-only" },
	{ 6, 128, REACH_YES, 0, { 0x20, 1, 0, 1, [15] = 1 }, "RFC 7723: port control protocol anycast" },
	{ 6, 128, REACH_YES, 0, { 0x20, 1, 0, 1, [15] = 2 }, "RFC 8155: TURN anycast" },
	{ 6, 128, REACH_YES, 0, { 0x20, 1, 0, 1, [15] = 3 }, "RFC 9665: DNS-SD service registration anycast" },
	{ 6, 32, REACH_YES, 0, { 0x20, 1, 0, 3 }, "RFC 7450: AMT" },
	{ 6, 48, REACH_YES, 0, { 0x20, 1, 0, 4, 1, 0x12 }, "RFC 7535: AS112-v6" },
	{ 6, 28, REACH_YES, 0, { 0x20, 1, 0, 0x20 }, "RFC 7343: ORCHIDv2" },
	{ 6, 28, REACH_YES, 0, { 0x20, 1, 0, 0x30 }, "RFC 9374: drone remote ID" },
	{ 6, 32, REACH_NO, 0, { 0x20, 1, 0, 0 }, "RFC 4380: Teredo" },
	{ 6, 23, REACH_NO, 0, { 0x20, 1 }, "RFC 2928: IETF protocol assignments" },
	{ 6, 32, REACH_NO, 0, { 0x20, 1, 0x0d, 0xb8 }, "RFC 3849: documentation" },
	{ 6, 16, REACH_INSIDE, 2, { 0x20, 2 }, "RFC 3056: 6to4" },
	{ 6, 20, REACH_NO, 0, { 0x3f, 0xff }, "RFC 9637: documentation" },
	{ 6, 3, REACH_YES, 0, { 0x20 }, "RFC 4291 2.4, RFC 3587: global unicast" },
	{ 6, 16, REACH_NO, 0, { 0x5f }, "RFC 9602: segment routing SIDs" },
	{ 6, 7, REACH_NO, 0, { 0xfc }, "RFC 4193: unique local" },
	{ 6, 10, REACH_NO, 0, { 0xfe, 0x80 }, "RFC 4291 2.5.6: link local" },
	{ 6, 8, REACH_NO, 0, { 0xff }, "RFC 4291 2.7: multicast" },
	{ 6, 0, REACH_NO, 0, { 0 }, "RFC 4291 2.4: not assigned as global unicast" },
};

bool address_is_within(const struct obs_address *address, uint8_t family, const uint8_t *prefix, uint8_t length)
{
	size_t whole = length / 8;
	uint8_t mask = (uint8_t)(0xff00 >> (length % 8));

	return family == address->family && memcmp(prefix, address->octet, whole) == 0 &&
	       (mask == 0 || ((prefix[whole] ^ address->octet[whole]) & mask) == 0);
}

bool address_is_loopback(const struct obs_address *address)
{
	static const uint8_t four[] = { 127 }, six[16] = { [15] = 1 };

	return address_is_within(address, 4, four, 8) || address_is_within(address, 6, six, 128);
}

static const struct special *special_of(const struct obs_address *address)
{
	for (size_t i = 0; i < COUNT_OF(special); i++)
		if (address_is_within(address, special[i].family, special[i].prefix, special[i].length))
			return &special[i];
	return NULL; /* neither family 4 nor 6 */
}

bool address_embeds(const struct obs_address *address, struct obs_address *inside)
{
	const struct special *row = special_of(address);

	if (!row || row->reach != REACH_INSIDE)
		return false;
	*inside = (struct obs_address){ .family = 4 };
	memcpy(inside->octet, address->octet + row->embedded, 4);
	return true;
}

bool address_unmap(const struct obs_address *address, struct obs_address *inside)
{
	static const uint8_t mapped[ADDRESS_MAPPED_BITS / 8] = { [10] = 0xff, 0xff };

	return address->family == 6 && memcmp(address->octet, mapped, sizeof(mapped)) == 0 &&
	       address_embeds(address, inside);
}

bool address_is_global(const struct obs_address *address)
{
	struct obs_address inside;
	const struct special *row = special_of(address_embeds(address, &inside) ? &inside : address);

	return row && row->reach == REACH_YES;
}

void address_interleave(const struct obs_address *address, size_t count, struct obs_address *sorted)
{
	size_t all[2] = { 0, 0 }, seen[2] = { 0, 0 }; /* of IPv6, of IPv4 */

	for (size_t i = 0; i < count; i++)
		all[address[i].family == 4]++;
	for (size_t i = 0; i < count; i++) {
		unsigned family = address[i].family == 4;
		size_t others = all[!family], at = seen[family]++;

		sorted[at < others ? 2 * at + family : at + others] = address[i];
	}
}
