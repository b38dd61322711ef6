/* scanner/https/net_curl_attempt.h - one connection to one address in curl's hands: its options, its callbacks, its
 * meaning. Steps 2 to 5 of scanner/https/net_curl.h.
 */
#ifndef STSURVEY_SCANNER_HTTPS_NET_CURL_ATTEMPT_H
#define STSURVEY_SCANNER_HTTPS_NET_CURL_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <curl/curl.h>

#include "scanner/rules/address.h"
#include "scanner/https/connect_meaning.h"
#include "scanner/https/http_answer.h"
#include "scanner/job/net.h"
#include "scanner/https/tls.h"

/* What all attempts of a net_curl share. */
struct net_curl_world {
	const struct tls_store *store;
	const struct cidr_set *allow, *block;
	uint16_t https_port;
	struct routes routes; /* when we started */
	char user_agent[256];
};

enum net_curl_stage {
	NET_CURL_CONNECTING,
	NET_CURL_SHAKING, /* hands */
	NET_CURL_ASKING,  /* the request is out, or about to be */
	NET_CURL_READING, /* a line of an answer has come */
	NET_CURL_STAGES
};

enum { NET_CURL_ROUTE_MAX = 64 }; /* octets of "::[address]:port" */

struct net_curl_attempt {
	/* the owner's */
	void *owner;
	SLIST_ENTRY(net_curl_attempt) link;
	uint64_t began_ms;
	enum net_curl_stage stage; /* as last looked at … */
	uint64_t stage_ms;         /* … and since when */
	int fault;                 /* enum net_fault; set here, too */

	/* for life */
	const struct net_curl_world *world;
	CURL *easy;

	/* of one connection */
	struct obs_policy *policy;
	struct obs_address address;
	struct curl_slist route;
	char route_text[NET_CURL_ROUTE_MAX];
	bool connected;   /* TCP is */
	bool forbidden;   /* address_check() said no */
	int socket_errno; /* why there is no socket; 0: there is */
	struct tls_watch tls;
	struct http_answer http;
};

/* One with a handle of curl's, to be used again and again; @world outlives it. NULL: no memory. */
struct net_curl_attempt *net_curl_attempt_new(const struct net_curl_world *world);
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

/* The transfer ended with @code; the handle is still the attempt's. It took @ms, for the log. */
enum net_curl_outcome net_curl_attempt_judge(struct net_curl_attempt *attempt, CURLcode code, uint64_t ms, int *fault);

#endif
