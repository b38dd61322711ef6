/* scanner/https/net_curl_loop.h - libcurl's multi_socket interface on a libuv loop; knows nothing of fetches. */
#ifndef STSURVEY_SCANNER_HTTPS_NET_CURL_LOOP_H
#define STSURVEY_SCANNER_HTTPS_NET_CURL_LOOP_H

#include <curl/curl.h>
#include <uv.h>

struct net_curl_loop {
	/* the owner's */
	void (*on_action)(void *arg);           /* after every socket and timer action: drain the messages */
	void (*on_deaf)(void *arg, CURL *easy); /* a socket of @easy cannot be watched; no multi calls from here */
	void *arg;

	/* read-only for the owner */
	CURLM *multi;

	/* its own */
	uv_loop_t *loop;
	uv_timer_t timer;
	unsigned handles; /* of libuv, not yet closed */
	void (*on_closed)(struct net_curl_loop *loop);
};

/* Zeroes the whole struct; set the owner's members afterwards. 0, or -1: no memory, and nothing to undo. */
__attribute__((warn_unused_result)) int net_curl_loop_init(struct net_curl_loop *loop, uv_loop_t *uv);

/* No easy handle may be left in the multi. @on_closed is called from the libuv loop, when the memory may go. */
void net_curl_loop_fini(struct net_curl_loop *loop, void (*on_closed)(struct net_curl_loop *loop));

#endif
