/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/rules/contact.h"

#include "scanner/rules/address.h"

enum contact_verdict contact_check(const struct obs_address *address, const struct cidr_set *allow,
				   const struct cidr_set *blocklist)
{
	struct obs_address inside;
	bool embeds = address_embeds(address, &inside);

	if (blocklist && (cidr_set_has(blocklist, address) || (embeds && cidr_set_has(blocklist, &inside))))
		return CONTACT_BLOCKLISTED;
	if (address_is_global(address) || (allow && cidr_set_has(allow, address)))
		return CONTACT_ALLOWED;
	return CONTACT_RESERVED;
}
