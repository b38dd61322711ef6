/* SPDX-License-Identifier: BSD-2-Clause */
/* scanner/rules/server_books.h - how often each authoritative server and its operator may be asked, for all threads.
 *
 * Buckets: an address (--server-rate), its /24 or /48 (SERVER_PREFIX_TIMES as much: a zone can name any address of a
 * victim's network), an operator (--operator-rate), which is the registrable domain of a name server's name. Each may
 * yield a tenth of a second's worth at once. What came back makes an address slower than its bucket: errors have a
 * budget of their own, since servers limit those first; silence and slips (TC without records, RRL's way of saying
 * "slower") halve its rate; silence without end makes it rest, ended by one probe. The numbers and where they come from
 * stand in the enum.
 *
 * Bounded: SERVER_BOOKS_MAX addresses, as many networks and operators, in memory as they are met with. What has not
 * been used for long makes room, but nothing that owes tokens, and for SERVER_REST_MOST_MS nothing that rests or is
 * slower than others: to be forgotten is no way to get more. Where none makes room, addresses without a place share one
 * bucket. An address that holds an IPv4 address (scanner/rules/address.h) is that one. No clock inside: @now_us is
 * microseconds of one monotonic clock. Any thread.
 */
#ifndef STSURVEY_SCANNER_RULES_SERVER_BOOKS_H
#define STSURVEY_SCANNER_RULES_SERVER_BOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "parsers/observation.h"
#include "scanner/rules/cidr_set.h"

/* Defaults, which --help tells as well. */
#define SERVER_RATE 50        /* --server-rate: what the largest published direct survey used (yodns) */
#define OPERATOR_RATE 1000    /* --operator-rate: 160 million domains, a fifth at one operator, in 25 hours */
#define SERVER_PATIENCE_S 600 /* --server-patience */

enum {
	SERVER_PREFIX_TIMES = 10,  /* the rate of a /24 or /48, in those of an address */
	SERVER_ERROR_RATE = 5,     /* errors a second above which an address gets so many questions a second; BIND's
				    * manual limits responses to 10 */
	SERVER_ERROR_PERCENT = 20, /* … or such a share of the last SERVER_ERROR_OF outcomes */
	SERVER_ERROR_OF = 100,
	SERVER_BOOKS_WINDOW_MS = 10000, /* outcomes are looked at over so long a time, … */
	SERVER_BOOKS_WINDOW_LEAST = 20, /* … where there are so many */
	SERVER_SILENT_PERCENT = 5,      /* time-outs above which the rate is halved, … */
	SERVER_SLIP_PERCENT = 1,        /* … and slips: one is, of fewer than 100; as is an answer too large */
	SERVER_RISE_PERCENT = 10,       /* and raised, each window without a reason to halve it */
	SERVER_HALVINGS = 3,            /* in a row: it rests, … */
	SERVER_SLIPS_STAY_PERCENT = 75, /* … unless slips alone were the reason, and such a share of them is left at a
					 * quarter of the rate: of a limit above 4 a second less would be */
	SERVER_SILENT_ROW = 20,         /* time-outs in a row: it rests */
	SERVER_REST_MS = 60000,         /* at first; doubled each time its probe fails … */
	SERVER_REST_MOST_MS = 900000,   /* … up to this */
	SERVER_PROBE_MS = 10000,        /* a probe not heard of any more is sent again */
	SERVER_LOOK_MS = 250,           /* whether a probe was answered is looked at so often */
	SERVER_OWED_MOST = 200, /* questions that an address may owe before it is asked no more second tries: what 32
				 * domains have reserved is 96 */
	SERVER_BOOKS_MAX = 1 << 17, /* addresses; half of all DNS traffic goes to 1,000 */
};

/* What so many seconds yield may be sent at once. */
#define SERVER_BOOKS_BURST_S 0.1
/* The least an address' rate is halved to, a second. */
#define SERVER_RATE_FLOOR 1.0

enum server_outcome {
	SERVER_ANSWERED, /* whatever it said, but for the two below */
	SERVER_ERRED,    /* REFUSED, SERVFAIL */
	SERVER_SLIPPED,  /* TC, and nothing in the answer section */
	SERVER_SILENT,
	SERVER_UNJUDGED, /* our own loss: the question has ended, and nothing is known */
};

struct server_books_options {
	double server_rate, operator_rate; /* a second; 0: no limit */
	uint64_t begun_us;                 /* nothing of them has been earned before: so many scans after each
					    * other, of parts of one list, have no burst each; 0: the clock's */
	const struct cidr_set *exempt;     /* not limited by either, nor made to rest nor known; NULL: none */
};

struct server_books;

/* NULL: no memory. @options is copied; its set outlives the books. */
struct server_books *server_books_new(const struct server_books_options *options);
void server_books_free(struct server_books *books);

/* May @questions be sent to @address now? Reserved then, in the buckets of the address and its network: 0. Else nothing
 * is taken: microseconds until it is worth asking again. Of a resting address one question becomes due as a probe once
 * the rest is over: whoever takes it is answered 0, everybody else waits for its outcome. More than a burst is taken
 * where all of it has been earned. */
uint64_t server_books_take(struct server_books *books, const struct obs_address *address, unsigned questions,
			   uint64_t now_us);

/* Reserve in any case: microseconds from now until they may be sent, in the order of asking. For a crowd of domains
 * that wait for one address, which would ask in vain over and over. Not for one that rests, also where a probe is due,
 * which is server_books_take's to give: UINT64_MAX, nothing is taken. It may rest by the time that they may be sent. */
uint64_t server_books_reserve(struct server_books *books, const struct obs_address *address, unsigned questions,
			      uint64_t now_us);

/* The same for the operator, by the hash of its registrable domain; 0: there is none, and no limit. */
uint64_t server_books_take_operator(struct server_books *books, uint64_t operator, unsigned questions, uint64_t now_us);

/* They were taken, and nothing was sent. */
void server_books_return_operator(struct server_books *books, uint64_t operator, unsigned questions, uint64_t now_us);

/* Taken without asking whether: a second try, or a question that goes to the resolver, which asks the same servers from
 * the same network. @address NULL: of the operator alone. */
void server_books_charge(struct server_books *books, const struct obs_address *address, uint64_t operator,
			 unsigned questions, uint64_t now_us);

/* Questions that were charged to it or reserved, beyond what it has earned. A zone that names a victim beside servers
 * that fail makes us owe it one for each try of theirs. */
unsigned server_books_owed(struct server_books *books, const struct obs_address *address, uint64_t now_us);

/* What a question sent to @address came to. */
void server_books_outcome(struct server_books *books, const struct obs_address *address, enum server_outcome outcome,
			  uint64_t now_us);

/* The same of SERVER_SILENT, to a question sent at @sent_us: who answered since then is not dead. */
void server_books_silent(struct server_books *books, const struct obs_address *address, uint64_t sent_us,
			 uint64_t now_us);

/* Does it rest? Until its probe is answered. *since_us: since when, over several rests. */
bool server_books_rests(struct server_books *books, const struct obs_address *address, uint64_t now_us,
			uint64_t *since_us);

struct server_books_counts {
	uint64_t addresses;                     /* known now */
	uint64_t slowed, limited, resting;      /* of these: halved, held to the error budget, at rest, now */
	uint64_t halvings, rests, error_limits; /* ever */
	uint64_t evicted;
};
void server_books_counts(struct server_books *books, struct server_books_counts *counts);

#endif
