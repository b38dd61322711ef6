/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/queue/admission.h - domains of --direct that wait for their name servers' turn, before they become jobs.
 *
 * A domain is begun when the buckets of the address drawn and of its operator (scanner/rules/server_books.h) have what
 * its three questions need; until then it is its name, its number and its servers' names in its operator's line, first
 * in, first out. Lines are short in memory: what is more lies in one temporary file (scanner/queue/spill_queue.h). A
 * slow operator never holds up another's domains, nor one slow server the others of its operator: of each line
 * ADMISSION_AHEAD domains are looked at, and one that would wait for long moves to the line of the server it waits for,
 * or to that of look-ups, which a zone may make as many as it likes; while one is looked up another that is known will
 * do. So a domain is written once and read once, or twice where it moves. Operators beyond ADMISSION_LINES, and what
 * memory has no room for, share one line, from which they go to their own when there is room: there the first holds up
 * those behind it.
 *
 * What a domain waits for: the addresses of the host drawn (scanner/dns/ns_hosts.h; looked up by whoever takes the
 * order), its tokens, the end of a rest. A host seen for the first time, and one without an address or with none that
 * may be contacted, is passed over for another of the domain's; where none is left the domain goes to the resolver, as
 * does one whose servers have all rested for longer than the patience. Those take tokens of their operator, too.
 *
 * Nothing here is the scan's memory: after a crash what waited is not in the scan file, and --resume reads it again.
 * Any thread; no clock inside: @now_us is microseconds of one monotonic clock.
 */
#ifndef STSURVEY_SCANNER_QUEUE_ADMISSION_H
#define STSURVEY_SCANNER_QUEUE_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "output/error.h"
#include "parsers/domain.h"
#include "scanner/dns/ns_hosts.h"
#include "scanner/feed/feed.h"
#include "scanner/rules/server_books.h"

enum {
	ADMISSION_QUESTIONS = 3,     /* of a domain: MX and two TXT */
	ADMISSION_AHEAD = 32,        /* domains of one line that may be looked at, not only its first */
	ADMISSION_LINES = 1 << 16,   /* operators with a line of their own */
	ADMISSION_SPILLED = 2000,    /* of these, with extents in the file of their own: up to 8 KiB each in memory */
	ADMISSION_OCTETS = 24 << 20, /* in memory, of all lines together, whatever waits */
};

/* What a domain may be asked through; beside its target. */
struct admission_start {
	struct obs_address address; /* of the server drawn; family 0: the resolver … */
	enum obs_fall_back why : 8; /* … for this */
	uint8_t drawn;              /* which of its servers */
};

struct admission_options {
	struct server_books *books;
	struct ns_hosts *hosts;
	double patience_s;
	uint64_t seed; /* of what is drawn */
	/* May this address be asked, as direct_reach_draw has it? */
	bool (*draw)(void *arg, const struct ns_addresses *addresses, struct obs_address *drawn, bool *forbidden);
	void *arg;
};

struct admission;

/* NULL: no memory. */
struct admission *admission_new(const struct admission_options *options);
void admission_free(struct admission *admission);

/* Make its file now, so that what is wrong with the folder is told before the scan; it goes on without, and reads no
 * more of the list than memory holds. */
void admission_open(struct admission *admission);

/* A domain begins to wait; its texts are copied. @servers: EXTRA_SERVERS; n 0: none are known. @why: FALL_BACK_NONE, or
 * why the resolver alone is to be asked, for which it waits for its operator's tokens only. False: there is neither
 * memory nor room in the file just now: ask again once some were taken. */
__attribute__((warn_unused_result)) bool admission_put(struct admission *admission, const struct feed_target *target,
						       struct span servers, enum obs_fall_back why, uint64_t now_us);

/* Fill @batch (empty, as of feed_spare), @start and @servers, of its targets in order, with domains that may begin now;
 * servers point into the batch's text. How many. *wait_us: where it is 0, how long nothing may be ready, unless some
 * are put; UINT64_MAX: none waits. */
unsigned admission_take(struct admission *admission, struct feed_batch *batch, struct admission_start start[FEED_BATCH],
			struct span servers[FEED_BATCH], unsigned most, uint64_t now_us, uint64_t *wait_us);

/* A host whose addresses are to be looked up now: copied into @name, which has room for DOMAIN_NAME_MAX octets. 0:
 * none.
 */
size_t admission_next_look_up(struct admission *admission, char name[static DOMAIN_NAME_MAX]);

/* Domains that wait now. */
uint64_t admission_waiting(struct admission *admission);

/* Why some that waited will not be handed out; "" as long as nothing is wrong. */
void admission_error(struct admission *admission, struct error *error);

struct admission_counts {
	uint64_t waiting;         /* domains, now */
	uint64_t lines, spilled;  /* operators that wait, and octets in the file, now */
	uint64_t put, refused;    /* ever: domains; times that there was no room for one */
	struct span slowest;      /* the operator whose line is longest, valid until the next call; p NULL: none */
	uint64_t slowest_waiting; /* domains in it */
};
/* It looks at all lines: not for each domain. */
void admission_counts(struct admission *admission, struct admission_counts *counts);

#endif
