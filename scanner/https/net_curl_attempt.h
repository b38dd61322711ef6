/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/https/net_curl_attempt.h - one connection to one address in curl's hands: its options, its callbacks, its
 * meaning. Steps 2 to 5 of scanner/https/net_curl.h.
 */
#ifndef STSURVEY_SCANNER_HTTPS_NET_CURL_ATTEMPT_H
#define STSURVEY_SCANNER_HTTPS_NET_CURL_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include <curl/curl.h>

#include "scanner/tls/connect_errno.h"
#include "scanner/https/http_answer.h"
#include "scanner/https/net_curl.h"
#include "scanner/rules/address.h"

enum net_curl_stage {
	NET_CURL_CONNECTING,
	NET_CURL_SHAKING, /* hands */
	NET_CURL_ASKING,  /* the request is out, or about to be */
	NET_CURL_READING, /* a line of an answer has come */
	NET_CURL_STAGES
};

enum { NET_CURL_ROUTE_MAX = ADDRESS_TEXT_MAX + 10 }; /* octets with NUL of "::[address]:port" */

struct net_curl_attempt {
	/* the owner's */
	void *owner;
	SLIST_ENTRY(net_curl_attempt) link;
	struct socket_poll *poll; /* of its socket; NULL: none */
	uint64_t began_ms;
	enum net_curl_stage stage; /* as last looked at … */
	uint64_t stage_ms;         /* … and since when */
	int fault;                 /* enum net_fault; set here, too */

	/* for life */
	const struct net_curl_options *options;
	const struct routes *routes;                       /* when we started */
	void (*unwatch)(struct net_curl_attempt *attempt); /* the owner's: the socket is about to be closed */
	CURL *easy;                                        /* NULL: to be made */
	int fd;                                            /* the one socket it has open, as far as we know, or -1 */
	ino_t inode;                                       /* of that socket, which its number may outlive */

	/* of one connection */
	struct obs_policy *policy;
	struct obs_address address;
	struct curl_slist route;
	char route_text[NET_CURL_ROUTE_MAX];
	bool connected;   /* TCP is */
	bool forbidden;   /* contact_check() said no */
	int socket_errno; /* why there is no socket; 0: there is */
	struct tls_watch tls;
	struct http_answer http;
};

/* To be used again and again; @options and @routes outlive it. NULL: no memory. */
struct net_curl_attempt *net_curl_attempt_new(const struct net_curl_options *options, const struct routes *routes,
					      void (*unwatch)(struct net_curl_attempt *attempt));
void net_curl_attempt_free(struct net_curl_attempt *attempt);

/* The one that @easy is the handle of. */
struct net_curl_attempt *net_curl_attempt_of(CURL *easy);

/* Make @attempt ready to fetch @fetch's policy from @address; both stay put until it is judged. Zeroes the owner's
 * members. Times in milliseconds, > 0: the whole attempt, and until TCP is connected. 0, or -1: no memory. */
__attribute__((warn_unused_result)) int net_curl_attempt_set(struct net_curl_attempt *attempt, struct net_fetch *fetch,
							     const struct obs_address *address, long left_ms,
							     long connect_ms);

enum net_curl_stage net_curl_attempt_stage(const struct net_curl_attempt *attempt);

enum net_curl_outcome {
	NET_CURL_FINAL,         /* policy->status, tls, http and *fault are the fetch's */
	NET_CURL_NOT_CONNECTED, /* policy->status tells why; another address may do better */
	NET_CURL_FORBIDDEN,     /* nothing was sent, policy->status is as before */
};

/* Its handle is out of curl's hands: close what is still open, and keep no handle that has met a fault, since a
 * library that got no memory is trusted with nothing more. */
void net_curl_attempt_clear(struct net_curl_attempt *attempt);

/* The transfer ended with @code, and no memory has failed meanwhile unless attempt->fault says so; the handle is still
 * the attempt's. It took @ms, for the log. */
enum net_curl_outcome net_curl_attempt_judge(struct net_curl_attempt *attempt, CURLcode code, uint64_t ms, int *fault);

#endif
