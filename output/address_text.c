/* SPDX-License-Identifier: BSD-2-Clause */
#include "output/address_text.h"

#include <arpa/inet.h>

void address_text(const struct obs_address *address, char text[static ADDRESS_TEXT_MAX])
{
	if (!inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->octet, text, ADDRESS_TEXT_MAX))
		text[0] = '\0';
}
