/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/soak/hosts.h"

#include <stdio.h>

#define POLICY "version: STSv1\nmode: enforce\nmax_age: 1209600\nmx: mail.example.com\n"
#define OK "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"

static const struct soak_host hosts[] = {
	{ PLAY_ABSENT, CERT_GOOD, NULL, FINDING_POLICY_TCP_REFUSED, COMPONENT_TCP },
	{ PLAY_RESET, CERT_GOOD, NULL, FINDING_POLICY_TCP_RESET, COMPONENT_TCP },
	{ PLAY_SILENT, CERT_GOOD, NULL, FINDING_POLICY_TLS_HANDSHAKE, COMPONENT_TLS },
	{ PLAY_ALERT, CERT_GOOD, NULL, FINDING_POLICY_TLS_NO_CERTIFICATE, COMPONENT_TLS },
	{ PLAY_SERVE, CERT_EXPIRED, NULL, FINDING_POLICY_TLS_EXPIRED, COMPONENT_TLS },
	{ PLAY_SERVE, CERT_OTHER_NAME, NULL, FINDING_POLICY_TLS_NAME_MISMATCH, COMPONENT_TLS },
	{ PLAY_SERVE, CERT_SELF_SIGNED, NULL, FINDING_POLICY_TLS_SELF_SIGNED, COMPONENT_TLS },
	{ PLAY_SERVE, CERT_UNTRUSTED, NULL, FINDING_POLICY_TLS_UNTRUSTED_ROOT, COMPONENT_TLS },
	{ PLAY_SERVE, CERT_GOOD, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", FINDING_POLICY_HTTP_NOT_FOUND,
	  COMPONENT_HTTP },
	{ PLAY_SERVE, CERT_GOOD, "HTTP/1.1 301 Moved\r\nLocation: https://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
	  FINDING_POLICY_HTTP_REDIRECT, COMPONENT_HTTP },
	{ PLAY_SERVE, CERT_GOOD, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", FINDING_POLICY_HTTP_SERVER_ERROR,
	  COMPONENT_HTTP },
	{ PLAY_SILENT_REQUEST, CERT_GOOD, NULL, FINDING_POLICY_HTTP_TIMEOUT, COMPONENT_HTTP },
	{ PLAY_DRIP, CERT_GOOD, NULL, FINDING_POLICY_HTTP_TIMEOUT, COMPONENT_HTTP },
	{ PLAY_ENDLESS, CERT_GOOD, NULL, FINDING_POLICY_HTTP_TOO_LARGE, COMPONENT_HTTP },
	{ PLAY_SERVE, CERT_GOOD, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5000\r\n\r\n" POLICY,
	  FINDING_POLICY_HTTP_PROTOCOL, COMPONENT_HTTP },
	{ PLAY_SERVE, CERT_GOOD, OK, FINDING_POLICY_EMPTY, COMPONENT_SYNTAX },
	{ PLAY_SERVE, CERT_GOOD, OK "<!DOCTYPE html><html><body>Welcome!</body></html>", FINDING_POLICY_HTML,
	  COMPONENT_SYNTAX },
	{ PLAY_SERVE, CERT_GOOD, OK "mode: enforce\nmax_age: 1209600\nmx: mail.example.com\n",
	  FINDING_POLICY_NO_VERSION, COMPONENT_SYNTAX },
};

static const struct soak_host good = { PLAY_SERVE, CERT_GOOD, NULL, FINDING_COUNT, COMPONENT_OK };

const struct soak_host *soak_host(unsigned number)
{
	return number < COUNT_OF(hosts) ? &hosts[number] : &good;
}

int soak_patterns(const struct world_domain *domain, const char *name, char *out, size_t size)
{
	const unsigned rank = (domain->bits & 15) * (domain->bits >> 4 & 15); /* as answer.c names hosters */

	switch (domain->mx) {
	case WORLD_MX_GOOGLE:
		return snprintf(out, size, "mx: aspmx.l.google.com\nmx: *.aspmx.l.google.com\n");
	case WORLD_MX_GOOGLE_ONE:
		return snprintf(out, size, "mx: smtp.google.com\n");
	case WORLD_MX_OUTLOOK:
		return snprintf(out, size, "mx: *.mail.protection.outlook.com\n");
	case WORLD_MX_APEX:
		return snprintf(out, size, "mx: %s\n", name);
	case WORLD_MX_HOSTER:
		return snprintf(out, size, "mx: *.hoster%u.%s\n", rank, rank % 3 ? "net" : "com");
	default:
		return snprintf(out, size, "mx: mail.%s\n", name);
	}
}
