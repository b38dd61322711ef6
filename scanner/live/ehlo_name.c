/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/live/ehlo_name.h"

#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "parsers/domain.h"
#include "scanner/rules/address.h"
#include "scanner/live/own_address.h"

bool ehlo_name_is_good(struct span name)
{
	return domain_is_host(name) && span_find(name, 0, '.') < name.n &&
	       !domain_is_below(name, SPAN_LITERAL("localdomain")) && !domain_is_below(name, SPAN_LITERAL("localhost"));
}

static bool take(const char *found, char name[static SMTP_EHLO_NAME_MAX + 1])
{
	if (!found || !ehlo_name_is_good(span_of(found)))
		return false;
	snprintf(name, SMTP_EHLO_NAME_MAX + 1, "%s", found);
	return true;
}

/* As hostname --fqdn does. */
static bool take_canonical(const char *host, char name[static SMTP_EHLO_NAME_MAX + 1])
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME };
	struct addrinfo *info = NULL;
	bool taken = getaddrinfo(host, NULL, &hints, &info) == 0 && info && take(info->ai_canonname, name);

	if (info)
		freeaddrinfo(info);
	return taken;
}

/* Where the internet sees it as we do; RFC 5321 4.1.3. */
static bool take_address(char name[static SMTP_EHLO_NAME_MAX + 1])
{
	struct obs_address own;
	char text[ADDRESS_TEXT_MAX];

	if (!own_address(4, &own) || !address_is_global(&own))
		return false;
	address_text(&own, text);
	snprintf(name, SMTP_EHLO_NAME_MAX + 1, "[%s]", text);
	return true;
}

bool ehlo_name_find(const struct options *options, char name[static SMTP_EHLO_NAME_MAX + 1])
{
	char host[SMTP_EHLO_NAME_MAX + 1] = "";

	if (options->ehlo_domain) {
		snprintf(name, SMTP_EHLO_NAME_MAX + 1, "%s", options->ehlo_domain);
		return true;
	}
	if (gethostname(host, sizeof(host) - 1) == 0 && (take(host, name) || take_canonical(host, name)))
		return true;
	if (!take_address(name))
		snprintf(name, SMTP_EHLO_NAME_MAX + 1, "localhost.localdomain");
	return false;
}
