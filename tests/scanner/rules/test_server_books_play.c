/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole plays with servers as they are: such as limit their answers (RRL), such as are dead for a while. Time passes in
 * steps of a millisecond, all of it in the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/scanner/rules/books_rig.h"

enum { ANSWER_MS = 20, SILENCE_MS = 2000 };

/* ---- response rate limiting ---- */

/* How a server limits the answers of one bucket, those to names that it does not serve: one bucket, whatever the name.
 */
struct limiter {
	double rate;
	double debt_s;   /* so many seconds' worth it goes below zero */
	unsigned slip;   /* each so-manieth of those beyond is TC; 0: all are dropped */
	double balance;  /* answers that may be given now */
	uint64_t now_us; /* of the balance */
	unsigned beyond; /* ever */
};

/* BIND with rate-limit { responses-per-second 10; }: errors were dropped, not slipped. */
static const struct limiter bind_10 = { .rate = 10, .debt_s = 15, .balance = 10 };
/* NSD as Debian installs it. */
static const struct limiter nsd_200 = { .rate = 200, .debt_s = 0, .slip = 2, .balance = 200 };

static enum server_outcome limited(struct limiter *limiter, enum server_outcome answer, uint64_t now_us)
{
	double balance = limiter->balance + limiter->rate * (double)(now_us - limiter->now_us) / SECOND;

	limiter->now_us = now_us;
	limiter->balance = (balance > limiter->rate ? limiter->rate : balance) - 1;
	if (limiter->balance >= 0)
		return answer;
	if (limiter->balance < -limiter->debt_s * limiter->rate) /* what is not answered counts, as far as it may */
		limiter->balance += 1;
	return limiter->slip > 0 && ++limiter->beyond % limiter->slip == 0 ? SERVER_SLIPPED : SERVER_SILENT;
}

/* One domain in flight: asked for MX, then for the others at once. */
struct flight {
	uint64_t due_us;
	enum server_outcome comes;
	bool is_lame;
	uint8_t left; /* questions after this one */
};

enum { FLIGHTS = 512 };

struct list_play {
	struct server_books *books;
	struct obs_address address;
	struct limiter limiter;
	struct flight flight[FLIGHTS];
	unsigned flights;
	unsigned good, lost, lame, unheard; /* domains: answered, given up; refused, given up */
	struct meter used;
};

static void send_one(struct list_play *play, struct flight *flight, uint64_t now_us)
{
	flight->comes = flight->is_lame ? limited(&play->limiter, SERVER_ERRED, now_us) : SERVER_ANSWERED;
	flight->due_us = now_us + (flight->comes == SERVER_SILENT ? SILENCE_MS : ANSWER_MS) * MS;
}

/* False: it has ended. */
static bool flight_goes_on(struct list_play *play, struct flight *flight, uint64_t now_us)
{
	server_books_outcome(play->books, &play->address, flight->comes, now_us);
	if (flight->comes == SERVER_ANSWERED && flight->left > 0) {
		flight->left--;
		send_one(play, flight, now_us);
		return true;
	}
	play->good += !flight->is_lame && flight->comes == SERVER_ANSWERED;
	play->lost += !flight->is_lame && flight->comes != SERVER_ANSWERED;
	play->lame += flight->is_lame && flight->comes == SERVER_ERRED;
	play->unheard += flight->is_lame && flight->comes != SERVER_ERRED;
	if (flight->is_lame) { /* the resolver asks the same server, from the same network */
		server_books_charge(play->books, &play->address, OPERATOR, 1, now_us);
		limited(&play->limiter, SERVER_ERRED, now_us);
		meter(&play->used, 50, 1, now_us);
	}
	return false;
}

/* Ask for all of @domains, of each hundred of which @lame are; how many seconds it took. */
static unsigned play_list(struct list_play *play, unsigned domains, unsigned lame)
{
	uint64_t now_us = SECOND;

	for (unsigned begun = 0; begun < domains || play->flights > 0; now_us += MS) {
		for (unsigned i = 0; i < play->flights;) {
			struct flight *flight = &play->flight[i];

			if (flight->due_us > now_us || flight_goes_on(play, flight, now_us))
				i++;
			else
				*flight = play->flight[--play->flights];
		}
		if (begun == domains || play->flights == FLIGHTS ||
		    server_books_take(play->books, &play->address, 3, now_us) > 0)
			continue;
		meter(&play->used, 50, 3, now_us);
		play->flight[play->flights] = (struct flight){ .is_lame = chance(100) < lame, .left = 2 };
		send_one(play, &play->flight[play->flights++], now_us);
		begun++;
	}
	return (unsigned)(now_us / SECOND);
}

struct list_case {
	const char *name;
	const struct limiter *limiter;
	unsigned lame;
	unsigned most_s;
	unsigned unheard; /* at most */
};

/* Of a thousand domains of one server, half of which it does not know. */
static const struct list_case list_cases[] = {
	{ "NSD, all good", &nsd_200, 0, 62, 0 },     { "NSD, half lame", &nsd_200, 50, 800, 0 },
	{ "BIND, all good", &bind_10, 0, 62, 0 },    { "BIND, few lame", &bind_10, 3, 70, 0 },
	{ "BIND, half lame", &bind_10, 50, 800, 5 }, { "BIND, all lame", &bind_10, 100, 900, 5 },
};

static void a_list_of_names_that_are_not_served_comes_to_its_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(list_cases); i++) {
		const struct list_case *c = &list_cases[i];
		struct list_play play = { .books = books_of(50, 0),
					  .address = address_of("192.0.2.1"),
					  .limiter = *c->limiter };
		struct server_books_counts counts;
		unsigned seconds = play_list(&play, 1000, c->lame);

		server_books_counts(play.books, &counts);
		if (play.lost > 0 || play.unheard > c->unheard || seconds > c->most_s || counts.rests > 0 ||
		    play.used.highest > 16)
			fail_msg("%s: %u s, good %u, lost %u, lame %u, unheard %u; %u rests, %g at once", c->name,
				 seconds, play.good, play.lost, play.lame, play.unheard, (unsigned)counts.rests,
				 play.used.highest);
		server_books_free(play.books);
	}
}

/* Of one zone a server limits even good answers: a rate beyond its own comes down until it no longer minds. */
static void slips_bring_the_rate_down(void **state)
{
	struct server_books *books = books_of(1000, 0);
	struct obs_address address = address_of("192.0.2.1");
	struct limiter limiter = nsd_200;
	struct server_books_counts counts;
	unsigned asked = 0, answered = 0;

	(void)state;
	for (uint64_t now_us = SECOND; now_us < 600 * UINT64_C(1000000); now_us += MS) {
		enum server_outcome outcome;

		if (server_books_take(books, &address, 1, now_us) > 0)
			continue;
		outcome = limited(&limiter, SERVER_ANSWERED, now_us);
		server_books_outcome(books, &address, outcome, now_us);
		asked += now_us > 60 * SECOND;
		answered += now_us > 60 * SECOND && outcome == SERVER_ANSWERED;
	}
	server_books_counts(books, &counts);
	if (answered < asked * 0.97 || asked < 500 * 100 || counts.rests > 1)
		fail_msg("%u of %u, %u rests", answered, asked, (unsigned)counts.rests);
	server_books_free(books);
}

/* ---- silence ---- */

/* A provider is dead for 20 s, and everybody wants to know of its domains: what all of them ask, second tries and what
 * goes to the resolver included, is never more than the rate. */
enum { SILENT_MOST = 1 << 10 };

static void a_dead_provider_is_asked_no_more_than_its_rate(void **state)
{
	enum { SERVERS = 4, DEAD_S = 10, ALIVE_S = 30, END_S = 200 };
	struct server_books *books = books_of(50, 150);
	struct obs_address server[SERVERS] = { address_of("192.0.2.1"), address_of("192.0.2.2"),
					       address_of("198.51.100.1"), address_of("2001:db8::1") };
	struct meter used[SERVERS] = { { 0 } }, all = { 0 };
	struct {
		uint64_t at_us;
		unsigned server;
	} *silent = test_calloc(SILENT_MOST, sizeof(*silent));
	unsigned first = 0, end = 0, dead = 0, after = 0, i;
	bool paid = false;

	(void)state;
	for (uint64_t now_us = 0; now_us < END_S * UINT64_C(1000000); now_us += MS) {
		bool is_dead = now_us >= DEAD_S * SECOND && now_us < ALIVE_S * SECOND;

		for (; first < end && silent[first % SILENT_MOST].at_us <= now_us; first++) {
			i = silent[first % SILENT_MOST].server;
			server_books_outcome(books, &server[i], SERVER_SILENT, now_us);
			server_books_charge(books, NULL, OPERATOR, 1, now_us); /* to the resolver, which asks, too */
			meter(&all, 150, 1, now_us);
		}
		i = chance(SERVERS);
		if (take_both(books, &server[i], OPERATOR, &paid, 1, now_us) > 0)
			continue;
		meter(&used[i], 50, 1, now_us);
		meter(&all, 150, 1, now_us);
		dead += is_dead;
		after += now_us >= 100 * UINT64_C(1000000);
		if (!is_dead) {
			server_books_outcome(books, &server[i], SERVER_ANSWERED, now_us);
			continue;
		}
		silent[end % SILENT_MOST].at_us = now_us + SILENCE_MS * MS;
		silent[end++ % SILENT_MOST].server = i;
		assert_true(end - first < SILENT_MOST);
	}
	for (i = 0; i < SERVERS; i++)
		assert_true(used[i].highest <= 6);
	if (all.highest > 16 + SERVERS * SERVER_SILENT_ROW) /* charged for questions that were under way */
		fail_msg("%g at once", all.highest);
	if (dead > SERVERS * 50 * SILENCE_MS / 1000 * 2 || after < 100 * 150 * 0.95)
		fail_msg("%u while it was dead, %u after it", dead, after);
	test_free(silent);
	server_books_free(books);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_of_names_that_are_not_served_comes_to_its_end),
		cmocka_unit_test(slips_bring_the_rate_down),
		cmocka_unit_test(a_dead_provider_is_asked_no_more_than_its_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
