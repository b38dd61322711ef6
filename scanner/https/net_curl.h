/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/https/net_curl.h - the policy fetch (RFC 8461 3.3): libcurl's multi interface on a libuv loop.
 *
 * One net_curl belongs to one loop and its thread; trust store, host limit and pace are shared by all of them. The way
 * of one fetch:
 *
 * 1. Gate (scanner/job/gate.h). It waits for room in the window, a place at its first address, and its turn in the
 *    pace. That is our affair: neither the time-out nor fetch_ms counts it.
 * 2. Connection (net_curl_attempt.h). It goes to an address, so no name is resolved; contact_check() has the last word
 *    before the socket is made. An address gets NET_CURL_CONNECT_MS to accept, and leaves time for the next one. If it
 *    does not connect, connect_errno.h says whether that is about them or about us: a fault of ours ends the fetch;
 *    after a failure of theirs the next address begins at 1., at the head of the line.
 * 3. TLS (tls.h). TCP is connected: from here on whatever happens is final, and theirs unless a call on the socket
 * failed for a reason of this machine. Chain and name are verified within handshake_ms; errors are recorded, and the
 * handshake goes on, so that one connection yields the failure and the content.
 * 4. HTTP (http_answer.h). The first line of the answer has first_line_ms; header and body have their limits. No
 *    redirect is followed, no proxy used, no credential sent.
 * 5. Judgement (net_curl_attempt_judge). 2. to 4. together have ended by timeout_s, over all addresses. How far the
 *    last attempt came is obs_policy's status:
 *
 *   CONNECT_SKIPPED          this machine forbids it (connect_errno.h) or stood still too often; what came is not kept
 *   CONNECT_BLOCKLISTED      2. contact_check() refused every address
 *   CONNECT_TIMEOUT          2. no answer in time; other errors: connect_errno.h
 *   CONNECT_RESET            3. the connection ended before one octet came
 *   CONNECT_HANDSHAKE_ERROR  3. TLS failed, or the chain did, or no SAN dNSName matches; http is filled all the same
 *   CONNECT_IO_TIMEOUT       4. TLS verified, then no status line in time; http.failure is HTTP_TIMEOUT
 *   CONNECT_PROTOCOL_ERROR   4. TLS verified, and what came is no HTTP; http.failure is HTTP_PROTOCOL
 *   CONNECT_SUCCESS          4. TLS verified and a final status line came, whatever followed (http.failure tells)
 *
 * Where this thread has stood still for NET_CURL_LATE_MS (stopped, suspended, without a processor), the fetches under
 * way are begun again from 1., at the same address, NET_CURL_AGAIN_MAX times each: neither a time-out that has passed
 * meanwhile nor a server that has hung up is the domain's.
 *
 * Also filled of obs_policy: address_used (the address whose outcome is recorded: the one that connected, or else the
 * last one tried; -1 where none was), fetch_ms (the sum of the attempts), tls, http.
 */
#ifndef STSURVEY_SCANNER_HTTPS_NET_CURL_H
#define STSURVEY_SCANNER_HTTPS_NET_CURL_H

#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "output/error.h"
#include "scanner/base/limits.h"
#include "scanner/job/gate.h"
#include "scanner/job/net.h"
#include "scanner/tls/tls.h"
#include "scanner/rules/cidr_set.h"

struct net_curl_options {
	uv_loop_t *loop;
	const struct tls_store *store;            /* shared */
	struct host_limit *hosts;                 /* shared; for the gate */
	struct fetch_pace *pace;                  /* shared; for the gate; NULL: no limit */
	const struct cidr_set *allow;             /* NULL: none */
	const struct cidr_set *address_blocklist; /* NULL: none */
	uint16_t https_port;
	double timeout_s;       /* one whole fetch, at most NET_CURL_TIMEOUT_MAX_S; waiting does not count */
	uint32_t handshake_ms;  /* 0: NET_CURL_HANDSHAKE_MS */
	uint32_t first_line_ms; /* 0: NET_CURL_FIRST_LINE_MS */
	unsigned concurrency;   /* connections at once: the gate's window */
	bool keep_certificates; /* whole, beside what is read of them */
	const char *user_agent;
};

struct net_curl;

/* All that @options point to outlives the net_curl. 0, or -1 with one line for the user in @error. */
__attribute__((warn_unused_result)) int net_curl_open(struct net_curl **curl, const struct net_curl_options *options,
						      struct error *error);

/* Fetch the policy of @fetch->host. Exactly one callback; it may come before this returns, and may fetch again. */
void net_curl_fetch(struct net_curl *curl, struct net_fetch *fetch);

/* Call back every fetch, and each one still to come, with NET_FAULT_SHUTDOWN. */
void net_curl_stop(struct net_curl *curl);

/* Stop, then free once the loop has run its close callbacks. Not from inside a fetch's callback. */
void net_curl_close(struct net_curl *curl);

/* Its gate, to be read: how many fetches are connected, or wait to be. */
const struct gate *net_curl_gate(const struct net_curl *curl);

/* Of libcurl, as it runs. */
const char *net_curl_library_version(void);

#endif
