/* scanner/https/net_curl_flight.h - one policy fetch on its way, and the lines it stands in; net_curl.c's own. */
#ifndef STSURVEY_SCANNER_HTTPS_NET_CURL_FLIGHT_H
#define STSURVEY_SCANNER_HTTPS_NET_CURL_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "scanner/rules/host_limit.h"
#include "scanner/https/net_curl_attempt.h"

struct net_curl;

/* Where a fetch is. Only the functions of net_curl.c named here assign it. */
enum flight_state {
	FLIGHT_WAITING, /* net_curl_fetch, next_address: in line for the window */
	FLIGHT_PARKED,  /* admit: its address has no place free; host_limit tells when */
	FLIGHT_PACED,   /* keep_pace: it has a place, and waits for the pace of its host */
	FLIGHT_FLYING,  /* take_off: an attempt is in curl's hands */
	FLIGHT_LANDED,  /* land: only the callback is missing */
};

struct flight {
	struct net_fetch *fetch;
	struct net_curl *owner;
	enum flight_state state;
	struct flight *next;          /* in the one queue that holds it, or the pool */
	struct flight *newer, *older; /* among all that have no callback yet */
	struct host_waiter place;     /* at the address being tried */
	bool has_place;
	bool has_token; /* its pace lets it go, from due_us on */
	uint64_t due_us;
	unsigned index; /* of the address being tried */
	uint64_t spent_ms, took_off_ms;
	enum net_curl_stage stage; /* as last looked at … */
	uint64_t stage_ms;         /* … and since when */

	CURL *easy;
	struct net_curl_attempt attempt;
};

/* First in, first out; a flight stands in one at a time. */
struct flight_queue {
	struct flight *first, **last;
};

void flight_queue_init(struct flight_queue *queue);
void flight_queue_push(struct flight_queue *queue, struct flight *flight);
void flight_queue_push_front(struct flight_queue *queue, struct flight *flight);

/* NULL: empty. */
struct flight *flight_queue_pop(struct flight_queue *queue);

/* All of @first before all of @queue; @first is empty then. */
void flight_queue_prepend(struct flight_queue *queue, struct flight_queue *first);

#endif
