/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/rules/public_resolvers.h"

#include "scanner/rules/address.h"

static const struct {
	struct obs_address network;
	uint8_t length;
	const char *operator;
} public_resolvers[] = {
#include "public_resolvers.inc"
};

const char *public_resolver_operator(const struct obs_address *address)
{
	struct obs_address inside;
	const struct obs_address *asked = address_embeds(address, &inside) ? &inside : address;

	for (size_t i = 0; i < COUNT_OF(public_resolvers); i++)
		if (address_is_within(asked, public_resolvers[i].network.family, public_resolvers[i].network.octet,
				      public_resolvers[i].length))
			return public_resolvers[i].operator;
	return NULL;
}
