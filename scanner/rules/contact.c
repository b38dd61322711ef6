#include "scanner/rules/contact.h"

#include <string.h>

#include "scanner/rules/address.h"

enum contact_verdict contact_check(const struct obs_address *address, const struct cidr_set *allow,
				   const struct cidr_set *blocklist)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };
	struct obs_address inside;
	bool embeds = address_embeds(address, &inside);

	if (blocklist && (cidr_set_has(blocklist, address) || (embeds && cidr_set_has(blocklist, &inside))))
		return CONTACT_BLOCKLISTED;
	if (address_is_global(address) || (allow && cidr_set_has(allow, address)))
		return CONTACT_ALLOWED;
	/* A mapped address is the IPv4 address on the wire; a translated one goes through somebody's gateway first. */
	if (allow && embeds && memcmp(address->octet, mapped, sizeof(mapped)) == 0 && cidr_set_has(allow, &inside))
		return CONTACT_ALLOWED;
	return CONTACT_RESERVED;
}
