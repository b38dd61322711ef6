/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/bus/bus_own.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SERVERS_MAX = 32,
	PORT_MAX = 65535,
	CONNECT_MS = 3000, /* for the TCP connection, INFO and the answer to our CONNECT */
	PING_MS = 20000,   /* after so long without a word we ask */
	PINGS_MAX = 2,     /* without an answer: the connection is dead */
	WRITE_MS = 10000   /* for what a server does not read: a message of 1 MiB at 1 Mbit/s */
};

/* ---- checks ---- */

/* The digits behind the last colon that is not within the brackets of an IPv6 address. */
static bool has_port(struct span url, size_t from)
{
	size_t colon = url.n;
	uint64_t port;

	for (size_t i = from; i < url.n; i++) {
		if (url.p[i] == ':')
			colon = i;
		else if (url.p[i] == ']')
			colon = url.n;
	}
	return colon == url.n || span_decimal(span_skip(url, colon + 1), PORT_MAX, &port);
}

static enum bus_result check_url(struct span url, struct error *error)
{
	size_t colon = span_find(url, 0, ':');
	bool has_scheme = url.n >= colon + 3 && memcmp(url.p + colon, "://", 3) == 0;
	struct span scheme = { url.p, has_scheme ? colon : 0 };

	if (span_find(url, 0, '@') < url.n)
		error_set(error, "--nats or NATS_URL: a URL with a user's name or password in it is shown on a "
				 "command line, and where the server is named; use --creds or --nkey, or NATS_USER and "
				 "NATS_PASSWORD");
	else if (url.n == 0)
		error_set(error, "--nats: an empty URL; expected one as nats://127.0.0.1:4222");
	else if (has_scheme && !span_equal(scheme, SPAN_LITERAL("nats")) && !span_equal(scheme, SPAN_LITERAL("tls")))
		error_set(error, "--nats: '%.*s': expected nats://HOST:PORT or tls://HOST:PORT", (int)url.n, url.p);
	else if (!has_port(url, has_scheme ? colon + 3 : 0))
		error_set(error, "--nats: '%.*s': expected a port as nats://127.0.0.1:4222", (int)url.n, url.p);
	else
		return BUS_OK;
	return BUS_REFUSED;
}

/* libnats tells of a file it cannot read only while it connects, and without its name. */
static enum bus_result check_file(const char *what, const char *path, struct error *error)
{
	FILE *file;

	if (!path)
		return BUS_OK;
	file = fopen(path, "re");
	if (!file || fgetc(file) == EOF) {
		error_set(error, "%s %s: %s", what, path, file ? "is empty, or cannot be read" : strerror(errno));
		if (file)
			fclose(file);
		return BUS_REFUSED;
	}
	fclose(file);
	return BUS_OK;
}

static enum bus_result check_pairs(const struct bus_options *options, struct error *error)
{
	if (!options->cert != !options->key)
		error_set(error, "--tlscert and --tlskey: a certificate needs its key, and a key its certificate");
	else if (options->password && !options->user)
		error_set(error, "NATS_PASSWORD: without NATS_USER");
	else if (options->creds && options->nkey)
		error_set(error, "--creds and --nkey: one of them, please");
	else
		return BUS_OK;
	return BUS_REFUSED;
}

enum bus_result bus_check_options(const struct bus_options *options, struct error *error)
{
	struct span rest = span_of(options->url ? options->url : ""), url;
	enum bus_result result = check_pairs(options, error);
	unsigned count = 0;

	while (result == BUS_OK && span_next_part(&rest, ',', &url)) {
		result = check_url(url, error);
		if (++count > SERVERS_MAX) {
			error_set(error, "--nats: more than %d URLs", SERVERS_MAX);
			result = BUS_REFUSED;
		}
	}
	return result;
}

static enum bus_result check_files(const struct bus_options *options, struct error *error)
{
	const char *file[][2] = { { "--creds", options->creds },
				  { "--nkey", options->nkey },
				  { "--tlscert", options->cert },
				  { "--tlskey", options->key },
				  { "--tlsca", options->ca } };
	enum bus_result result = BUS_OK;

	for (size_t i = 0; result == BUS_OK && i < COUNT_OF(file); i++)
		result = check_file(file[i][0], file[i][1], error);
	return result;
}

/* ---- for libnats ---- */

static natsStatus set_servers(natsOptions *nats, const char *urls, bool *wants_tls)
{
	char *copy = strdup(urls), *place = NULL;
	const char *url[SERVERS_MAX];
	int count = 0;
	natsStatus status = copy ? NATS_OK : NATS_NO_MEMORY;

	for (char *one = copy ? strtok_r(copy, ", ", &place) : NULL; one && count < SERVERS_MAX;
	     one = strtok_r(NULL, ", ", &place)) {
		url[count++] = one;
		*wants_tls = *wants_tls || strncmp(one, "tls://", strlen("tls://")) == 0;
	}
	if (status == NATS_OK)
		status = natsOptions_SetServers(nats, url, count);
	free(copy);
	return status;
}

static natsStatus set_connection(natsOptions *nats, const struct bus_options *options)
{
	natsStatus status = natsOptions_SetAllowReconnect(nats, false); /* bus_connect.c does it */

	if (status == NATS_OK && options->name)
		status = natsOptions_SetName(nats, options->name);
	if (status == NATS_OK)
		status = natsOptions_SetTimeout(nats, CONNECT_MS);
	if (status == NATS_OK)
		status = natsOptions_SetPingInterval(nats, PING_MS);
	if (status == NATS_OK)
		status = natsOptions_SetMaxPingsOut(nats, PINGS_MAX);
	if (status == NATS_OK)
		status = natsOptions_SetWriteDeadline(nats, WRITE_MS);
	if (status == NATS_OK)
		status = natsOptions_SetSendAsap(nats, true); /* else a thread sends it a millisecond later */
	if (status == NATS_OK)
		status = natsOptions_SetErrorHandler(nats, bus_denied_handler, NULL);
	return status;
}

static natsStatus set_credentials(natsOptions *nats, const struct bus_options *options, const char *public_key)
{
	natsStatus status = NATS_OK;

	if (options->user)
		status = natsOptions_SetUserInfo(nats, options->user, options->password);
	if (status == NATS_OK && options->creds)
		status = natsOptions_SetUserCredentialsFromFiles(nats, options->creds, NULL);
	if (status == NATS_OK && options->nkey)
		status = natsOptions_SetNKeyFromSeed(nats, public_key, options->nkey);
	return status;
}

static natsStatus set_tls(natsOptions *nats, const struct bus_options *options, bool wanted)
{
	natsStatus status = NATS_OK;

	if (wanted || options->cert || options->ca)
		status = natsOptions_SetSecure(nats, true);
	if (status == NATS_OK && options->ca)
		status = natsOptions_LoadCATrustedCertificates(nats, options->ca);
	if (status == NATS_OK && options->cert)
		status = natsOptions_LoadCertificatesChain(nats, options->cert, options->key);
	return status;
}

enum bus_result bus_make_options(const struct bus_options *options, natsOptions **out, struct error *error)
{
	char public_key[BUS_NKEY_MAX] = "";
	natsOptions *nats = NULL;
	bool wants_tls = false;
	natsStatus status;

	if (check_files(options, error) != BUS_OK ||
	    (options->nkey && bus_nkey_public(options->nkey, public_key, error) != 0))
		return BUS_REFUSED;
	status = natsOptions_Create(&nats);
	if (status == NATS_OK)
		status = set_servers(nats, options->url, &wants_tls);
	if (status == NATS_OK)
		status = set_connection(nats, options);
	if (status == NATS_OK)
		status = set_credentials(nats, options, public_key);
	if (status == NATS_OK)
		status = set_tls(nats, options, wants_tls);
	if (status != NATS_OK) {
		natsOptions_Destroy(nats);
		if (status == NATS_NO_MEMORY)
			return bus_no_memory(error);
		error_set(error, "%s: %s", options->url, nats_GetLastError(NULL));
		return BUS_REFUSED;
	}
	*out = nats;
	return BUS_OK;
}
