/* scanner/https/net_curl.h - the policy fetch (RFC 8461 3.3): libcurl's multi interface on a libuv loop.
 *
 * One net_curl belongs to one loop and its thread; trust store, host limit and pace are shared by all of them. A fetch
 * waits for its turn in the window, a place at its host and the host's pace, then tries its addresses in order until
 * one accepts a TCP connection; from there on whatever happens is final. It never resolves a name, follows a redirect,
 * uses a proxy, or sends a credential.
 *
 * What it fills of obs_policy: status, address_used (the address whose outcome is recorded: the one that connected, or
 * else the last one tried; -1 where none was), fetch_ms (the sum of the attempts, without waiting), tls, http.
 *
 *   CONNECT_HANDSHAKE_ERROR  TLS failed, or the chain did, or no SAN dNSName matches; http is filled all the same
 *   CONNECT_SUCCESS          TLS verified and a final status line came, whatever followed (http.failure tells)
 *   CONNECT_IO_TIMEOUT       TLS verified, then no status line in time; http.failure is HTTP_TIMEOUT
 *   CONNECT_PROTOCOL_ERROR   TLS verified, and what came is no HTTP; http.failure is HTTP_PROTOCOL
 *   CONNECT_BLOCKLISTED      address_check() refused every address at the last moment
 */
#ifndef STSURVEY_SCANNER_HTTPS_NET_CURL_H
#define STSURVEY_SCANNER_HTTPS_NET_CURL_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "output/error.h"
#include "scanner/rules/address.h"
#include "scanner/rules/fetch_pace.h"
#include "scanner/rules/host_limit.h"
#include "scanner/base/limits.h"
#include "scanner/job/net.h"
#include "scanner/https/tls.h"

struct net_curl_options {
	uv_loop_t *loop;
	const struct tls_store *store; /* shared */
	struct host_limit *hosts;      /* shared: connections at once to one address */
	struct fetch_pace *pace;       /* shared: connections a second; NULL: no limit */
	const struct cidr_set *allow;  /* NULL: none */
	const struct cidr_set *block;  /* NULL: none */
	uint16_t https_port;
	double timeout_s;       /* one whole fetch, at most NET_CURL_TIMEOUT_MAX_S; waiting does not count */
	uint32_t handshake_ms;  /* 0: NET_CURL_HANDSHAKE_MS */
	uint32_t first_line_ms; /* 0: NET_CURL_FIRST_LINE_MS */
	unsigned concurrency;   /* fetches in flight; the others wait in order */
	const char *user_agent; /* copied */
};

struct net_curl_counters {
	uint64_t begun, done; /* fetches handed in, and called back */
	unsigned in_flight;   /* connections */
	unsigned waiting;     /* for the window, a place at their address, or its pace */
	uint64_t attempts;    /* connections tried: addresses, not fetches */
	uint64_t octets;      /* of body received */
};

struct net_curl;

/* All options but @user_agent's text outlive the net_curl. 0, or -1 with one line for the user in @error. */
__attribute__((warn_unused_result)) int net_curl_open(struct net_curl **curl, const struct net_curl_options *options,
						      struct error *error);

/* Fetch the policy of @fetch->host. Exactly one callback; it may come before this returns, and may fetch again. */
void net_curl_fetch(struct net_curl *curl, struct net_fetch *fetch);

/* Call back every fetch, and each one still to come, with NET_FAULT_SHUTDOWN. */
void net_curl_stop(struct net_curl *curl);

/* Stop, then free once the loop has run its close callbacks. Not from inside a fetch's callback. */
void net_curl_close(struct net_curl *curl);

struct net_curl_counters net_curl_counters(const struct net_curl *curl);

#endif
