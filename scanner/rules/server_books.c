/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/rules/server_books.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "output/hash_table.h"
#include "parsers/hash.h"
#include "parsers/siphash.h"
#include "scanner/rules/address.h"
#include "scanner/rules/pace.h"
#include "scanner/rules/pace_book.h"
#include "scanner/rules/server_conduct.h"

enum {
	PREFIX_OCTETS_4 = 3, /* a /24 */
	PREFIX_OCTETS_6 = 6, /* a /48 */
	BUCKETS_MOST = 3,    /* that one question passes: its address's, its network's, its operator's */
};

struct server {
	struct bounded_entry known;
	double due_us; /* struct pace's */
	struct server_conduct conduct;
};

struct server_books {
	pthread_mutex_t lock;
	struct server_books_options options;
	uint8_t key[SIPHASH_KEY_OCTETS];
	struct bounded_table servers;
	double crowd_us; /* due_us of addresses without a place */
	struct pace_book networks, operators;
	struct server_books_counts counts; /* what is "ever" */
};

static bool may_be_forgotten(const void *entry, uint64_t now_us)
{
	const struct server *server = entry;

	return server->due_us <= (double)now_us && server_conduct_is_plain(&server->conduct, now_us);
}

struct server_books *server_books_new(const struct server_books_options *options)
{
	struct server_books *books = calloc(1, sizeof(*books));

	if (!books)
		return NULL;
	pthread_mutex_init(&books->lock, NULL); /* cannot fail */
	books->options = *options;
	hash_table_key(books->key);
	books->servers = (struct bounded_table){ .size = sizeof(struct server),
						 .most = SERVER_BOOKS_MAX,
						 .may_go = may_be_forgotten };
	pace_book_init(&books->networks, SERVER_BOOKS_MAX);
	pace_book_init(&books->operators, SERVER_BOOKS_MAX);
	if (options->begun_us > 0)
		books->crowd_us = (double)options->begun_us + SERVER_BOOKS_BURST_S * 1e6;
	books->networks.crowd_us = books->operators.crowd_us = books->crowd_us; /* all begin as that */
	return books;
}

void server_books_free(struct server_books *books)
{
	if (!books)
		return;
	bounded_table_fini(&books->servers);
	pace_book_fini(&books->networks);
	pace_book_fini(&books->operators);
	pthread_mutex_destroy(&books->lock);
	free(books);
}

/* ---- whose bucket ---- */

/* At whose host packets to @address end. False: nothing is kept of it. */
static bool is_kept(const struct server_books *books, const struct obs_address *address, struct obs_address *host)
{
	if (books->options.exempt && cidr_set_has(books->options.exempt, address))
		return false;
	if (address->family == 4 || !address_embeds(address, host))
		*host = *address;
	return true;
}

static uint64_t hash_of(const struct server_books *books, const struct obs_address *host, size_t octets)
{
	uint8_t text[1 + sizeof(host->octet)] = { host->family };

	memcpy(&text[1], host->octet, octets);
	return siphash(books->key, (struct span){ (const char *)text, 1 + octets });
}

static struct server *server_of(struct server_books *books, const struct obs_address *host)
{
	return bounded_table_find(&books->servers, hash_of(books, host, address_octets(host)));
}

/* NULL: there is no room. */
static struct server *server_or_new(struct server_books *books, const struct obs_address *host, uint64_t now_us)
{
	uint64_t hash = hash_of(books, host, address_octets(host));
	struct server *server = bounded_table_find(&books->servers, hash);

	if (server)
		return server;
	server = bounded_table_add(&books->servers, hash, now_us);
	if (server)
		server->due_us = books->crowd_us; /* it may be one of those that took from it */
	return server;
}

/* ---- tokens ---- */

/* All the buckets that a question passes. */
struct buckets {
	struct {
		struct pace pace;
		double *due_us;
	} bucket[BUCKETS_MOST];
	unsigned count;
};

static void buckets_add(struct buckets *buckets, double rate, double *due_us)
{
	if (rate <= 0)
		return;
	buckets->bucket[buckets->count].pace =
		(struct pace){ .rate = rate, .burst_s = SERVER_BOOKS_BURST_S, .due_us = *due_us };
	buckets->bucket[buckets->count++].due_us = due_us;
}

static void buckets_add_server(struct server_books *books, struct buckets *buckets, struct server *server,
			       const struct obs_address *host, uint64_t now_us)
{
	double full = books->options.server_rate;
	uint64_t network;

	if (server)
		buckets_add(buckets, server_conduct_rate(&server->conduct, full), &server->due_us);
	else
		buckets_add(buckets, full, &books->crowd_us);
	if (full <= 0)
		return;
	network = hash_of(books, host, host->family == 4 ? PREFIX_OCTETS_4 : PREFIX_OCTETS_6);
	buckets_add(buckets, full * SERVER_PREFIX_TIMES, pace_book_due(&books->networks, network, now_us));
}

static void buckets_add_operator(struct server_books *books, struct buckets *buckets, uint64_t operator,
				 uint64_t now_us)
{
	uint64_t seed;

	if (operator== 0 || books->options.operator_rate <= 0)
		return;
	memcpy(&seed, books->key, sizeof(seed));
	buckets_add(buckets, books->options.operator_rate,
		    pace_book_due(&books->operators, hash_mix(operator, seed), now_us));
}

static uint64_t buckets_wait(const struct buckets *buckets, unsigned questions, uint64_t now_us)
{
	uint64_t most_us = 0;

	for (unsigned i = 0; i < buckets->count; i++) {
		uint64_t wait_us = pace_wait_many(&buckets->bucket[i].pace, questions, now_us);

		most_us = wait_us > most_us ? wait_us : most_us;
	}
	return most_us;
}

/* To be used in @wait_us. Whatever the first bucket, the address's, earns until then is lost: it could be sent at once
 * with these. Of the others that would hold up addresses that may be asked now. */
static void buckets_take(struct buckets *buckets, unsigned questions, uint64_t now_us, uint64_t wait_us)
{
	for (unsigned i = 0; i < buckets->count; i++) {
		pace_reserve_many(&buckets->bucket[i].pace, questions, i == 0 ? now_us + wait_us : now_us);
		*buckets->bucket[i].due_us = buckets->bucket[i].pace.due_us;
	}
}

/* @address NULL, @operator 0: none. */
static uint64_t take(struct server_books *books, const struct obs_address *address, uint64_t operator,
		     unsigned questions, uint64_t now_us)
{
	struct buckets buckets = { .count = 0 };
	struct server *server = NULL;
	struct obs_address host;
	uint64_t wait_us = 0;

	if (address && !is_kept(books, address, &host))
		return 0;
	pthread_mutex_lock(&books->lock);
	if (address) {
		server = server_or_new(books, &host, now_us);
		wait_us = server ? server_conduct_wait(&server->conduct, now_us) : 0;
		buckets_add_server(books, &buckets, server, &host, now_us);
	}
	buckets_add_operator(books, &buckets, operator, now_us);
	if (wait_us == 0)
		wait_us = buckets_wait(&buckets, questions, now_us);
	if (wait_us == 0) {
		buckets_take(&buckets, questions, now_us, 0);
		if (server)
			server_conduct_asked(&server->conduct, now_us);
	}
	pthread_mutex_unlock(&books->lock);
	return wait_us;
}

uint64_t server_books_take(struct server_books *books, const struct obs_address *address, unsigned questions,
			   uint64_t now_us)
{
	return take(books, address, 0, questions, now_us);
}

uint64_t server_books_take_operator(struct server_books *books, uint64_t operator, unsigned questions, uint64_t now_us)
{
	return take(books, NULL, operator, questions, now_us);
}

void server_books_return_operator(struct server_books *books, uint64_t operator, unsigned questions, uint64_t now_us)
{
	struct buckets buckets = { .count = 0 };

	pthread_mutex_lock(&books->lock);
	buckets_add_operator(books, &buckets, operator, now_us);
	for (unsigned i = 0; i < buckets.count; i++)
		*buckets.bucket[i].due_us -= questions * 1e6 / buckets.bucket[i].pace.rate;
	pthread_mutex_unlock(&books->lock);
}

uint64_t server_books_reserve(struct server_books *books, const struct obs_address *address, unsigned questions,
			      uint64_t now_us)
{
	struct buckets buckets = { .count = 0 };
	uint64_t wait_us = UINT64_MAX;
	struct obs_address host;
	struct server *server;

	if (!is_kept(books, address, &host))
		return 0;
	pthread_mutex_lock(&books->lock);
	server = server_or_new(books, &host, now_us);
	if (!server || server->conduct.state == SERVER_AWAKE) {
		buckets_add_server(books, &buckets, server, &host, now_us);
		wait_us = buckets_wait(&buckets, questions, now_us);
		buckets_take(&buckets, questions, now_us, wait_us);
	}
	pthread_mutex_unlock(&books->lock);
	return wait_us;
}

void server_books_charge(struct server_books *books, const struct obs_address *address, uint64_t operator,
			 unsigned questions, uint64_t now_us)
{
	struct buckets buckets = { .count = 0 };
	struct obs_address host;

	if (address && !is_kept(books, address, &host))
		return;
	pthread_mutex_lock(&books->lock);
	if (address)
		buckets_add_server(books, &buckets, server_or_new(books, &host, now_us), &host, now_us);
	buckets_add_operator(books, &buckets, operator, now_us);
	buckets_take(&buckets, questions, now_us, 0);
	pthread_mutex_unlock(&books->lock);
}

unsigned server_books_owed(struct server_books *books, const struct obs_address *address, uint64_t now_us)
{
	struct obs_address host;
	struct server *server;
	double owed = 0;

	if (!is_kept(books, address, &host))
		return 0;
	pthread_mutex_lock(&books->lock);
	server = server_of(books, &host);
	if (server && server->due_us > (double)now_us)
		owed = (server->due_us - (double)now_us) / 1e6 *
		       server_conduct_rate(&server->conduct, books->options.server_rate);
	pthread_mutex_unlock(&books->lock);
	return owed < UINT_MAX ? (unsigned)owed : UINT_MAX;
}

/* ---- what came back ---- */

static void take_outcome(struct server_books *books, const struct obs_address *address, enum server_outcome outcome,
			 uint64_t sent_us, uint64_t now_us)
{
	double rate = books->options.server_rate;
	struct obs_address host;
	struct server *server;

	if (!is_kept(books, address, &host))
		return;
	pthread_mutex_lock(&books->lock);
	server = server_of(books, &host);
	if (server && outcome == SERVER_SILENT)
		server_conduct_silent(&server->conduct, rate, sent_us, now_us, &books->counts);
	else if (server)
		server_conduct_outcome(&server->conduct, outcome, rate, now_us, &books->counts);
	pthread_mutex_unlock(&books->lock);
}

void server_books_outcome(struct server_books *books, const struct obs_address *address, enum server_outcome outcome,
			  uint64_t now_us)
{
	take_outcome(books, address, outcome, now_us, now_us);
}

void server_books_silent(struct server_books *books, const struct obs_address *address, uint64_t sent_us,
			 uint64_t now_us)
{
	take_outcome(books, address, SERVER_SILENT, sent_us, now_us);
}

bool server_books_rests(struct server_books *books, const struct obs_address *address, uint64_t now_us,
			uint64_t *since_us)
{
	struct obs_address host;
	struct server *server;
	bool rests;

	(void)now_us; /* a rest that is over ends with its probe */
	if (!is_kept(books, address, &host))
		return false;
	pthread_mutex_lock(&books->lock);
	server = server_of(books, &host);
	rests = server && server->conduct.state != SERVER_AWAKE;
	if (rests)
		*since_us = server->conduct.since_us;
	pthread_mutex_unlock(&books->lock);
	return rests;
}

void server_books_counts(struct server_books *books, struct server_books_counts *counts)
{
	pthread_mutex_lock(&books->lock);
	*counts = books->counts;
	counts->addresses = books->servers.count;
	counts->evicted = books->servers.evicted;
	for (uint32_t i = 0; i < books->servers.count; i++) {
		const struct server *server = bounded_table_at(&books->servers, i);

		counts->slowed += server->conduct.rate > 0;
		counts->limited += server->conduct.limited_us > 0;
		counts->resting += server->conduct.state != SERVER_AWAKE;
	}
	pthread_mutex_unlock(&books->lock);
}
