/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/dns/server_health.h - which name server to ask, how long to wait for it, and whether it can be trusted
 * to be alive. Pure bookkeeping: no sockets, time is the caller's.
 *
 * A dead resolver must not look like an empty internet. Each server's answers are counted in short
 * windows; when nearly all of a window failed the server is SUSPECT and is sent probes whose answer is known to
 * be good in better times. They decide: one good answer vouches for the server (the domains are at fault), none
 * takes it DOWN until a later probe is good. With every server down the scan pauses.
 */
#ifndef STSURVEY_SCANNER_DNS_SERVER_HEALTH_H
#define STSURVEY_SCANNER_DNS_SERVER_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/observation.h"
#include "parsers/span.h"
#include "scanner/base/limits.h"
#include "scanner/rules/address.h"
#include "scanner/rules/pace.h"

enum {
	SERVER_WINDOW_MS = 500,       /* statistics of one window */
	SERVER_WINDOW_MIN = 8,        /* outcomes below which a window says nothing and is prolonged */
	SERVER_BAD_PERCENT = 90,      /* of a window's outcomes make a server suspect */
	SERVER_PROBES = 5,            /* at once, to one in doubt: all of them lost on the way is not plain loss */
	SERVER_PROBE_EVERY_MS = 1000, /* while down, one */
	SERVER_VOUCHED_MS = 5000,     /* a good probe ends suspicion for so long */
	SERVER_RTO_MIN_MS = 200,      /* a busy loop answers late; below this we would ask twice for nothing */
	SERVER_RTO_MARGIN_MS = 100,   /* above the mean at least, however steady the path: the same reason */
};

/* A loop that comes so late for packets that are due loses nothing of the rate, which is a fiftieth less for it
 * (pace_keep_within). */
#define SERVER_LATE_S 0.02

/* What server_health_pick says where there is no server for the packet. */
enum {
	SERVERS_ALL_DOWN = -1,
	SERVERS_ALL_BUSY = -2, /* those that are up have had what --resolver-rate allows just now */
};

enum server_state { SERVER_UP, SERVER_SUSPECT, SERVER_DOWN };

struct name_server {
	struct endpoint endpoint;
	/* the probe: a question this server answered well before the scan; empty name: the server is not watched */
	struct span probe_name;
	uint16_t probe_type;
	bool probe_random; /* put a random label in front, so that no cache answers */
	/* what it can do */
	bool edns_seen;    /* an answer of it held an OPT record */
	bool edns_refused; /* it answers FORMERR to OPT and never sent one: ask without (RFC 6891 7) */
	/* its state */
	enum server_state state;
	uint8_t probes;       /* unanswered */
	struct pace pace;     /* of the packets to it, … */
	unsigned unsent;      /* … of which so many are written and not yet sent */
	uint64_t probe_at_ms; /* when DOWN: the next probe */
	uint64_t vouched_until_ms;
	uint32_t good, bad;       /* in this window */
	uint32_t outstanding;     /* packets whose question is still open */
	float per_ms;             /* answers a millisecond, of the last whole window; 0 before */
	float srtt_ms, rttvar_ms; /* RFC 6298 2; 0 before the first answer */
	/* totals, for the metadata */
	uint64_t answered, failed, timeouts, times_down;
	uint64_t answered_before; /* when this window began */
};

struct server_health {
	struct name_server server[NAME_SERVERS_MAX];
	unsigned count;
	unsigned next;      /* round robin */
	uint64_t window_ms; /* when the present window began */
};

/* The server for the next packet, another one than @avoid (-1: none) where there is a choice, or SERVERS_ALL_…. */
int server_health_pick(struct server_health *health, int avoid, uint64_t now_ms);

/* Would server_health_pick say SERVERS_ALL_BUSY? */
bool server_health_is_busy(struct server_health *health, uint64_t now_ms);

/* An answer that says something (NOERROR or NXDOMAIN), and how long it took. */
void server_health_good(struct name_server *server, uint64_t rtt_ms);

/* SERVFAIL, REFUSED, or nothing at all. */
void server_health_bad(struct name_server *server, bool timeout);

/* This machine has no way to it: no domain's fault, so it is suspect at once. */
void server_health_cut_off(struct name_server *server);

/* Close the window if it is due, and call @probe for every server that needs one now, as often as it needs. */
void server_health_tick(struct server_health *health, uint64_t now_ms, void (*probe)(void *arg, unsigned server),
			void *arg);

/* A probe's outcome; or that it has none, as a fault of ours ended it: there is another at the next tick. */
void server_health_probed(struct server_health *health, unsigned server, bool good, uint64_t now_ms);
void server_health_not_probed(struct server_health *health, unsigned server);

/* Is every server down: is there no use in asking? */
bool server_health_is_paused(const struct server_health *health);

/* Is a failure just now perhaps the server's rather than the domain's? */
bool server_health_is_unsure(const struct server_health *health, unsigned server);

/* Milliseconds until a try is repeated: RFC 6298's estimate, between SERVER_RTO_MIN_MS and @max_ms; @max_ms before
 * anything was measured. It does not double: a path that loses packets at random gains nothing by waiting longer, and
 * the last domains of a scan would. Where many questions are outstanding it is at least what the server needs to answer
 * them twice over at its present pace: a queue is no loss, and asking again would lengthen it. */
uint32_t server_health_rto_ms(const struct name_server *server, uint32_t max_ms);

#endif
