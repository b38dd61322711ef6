/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "parsers/hash.h"
#include "scanner/queue/admission_own.h"
#include "scanner/rules/address.h"
#include "scanner/rules/operator.h"

enum {
	CHOICES = 3,       /* addresses of one domain that are asked for tokens, before it takes its turn at one */
	POLL_US = 10000,   /* until a domain that waits for a look-up or a rest is looked at again, … */
	SLOW_US = 1000000, /* a wait so long would hold up the others of its line */
	POLL_DOUBLED = 8,  /* … twice as long each time, so often: whatever waits, looking costs little */
	ORDERS_OCTETS = 64 << 10, /* of names that nobody has begun to look up yet; what is more is asked for again,
				     NS_HOSTS_LOOKING_S later */
};

/* What its servers came to, one after the other. */
struct seen {
	bool unseen, forbidden;
	bool comes; /* addresses of one are looked up */
	bool rests;
	uint64_t comes_us, rests_us; /* when to look again */
	uint64_t rest_since;         /* of the one that began last */
	unsigned busy;               /* which have addresses that lack tokens … */
	struct obs_address resting;  /* one that rests */
	uint64_t busy_us;            /* … the shortest time until one has some, … */
	struct admission_start best; /* … and which */
};

/* No stranger gains by knowing which server is drawn. */
static uint64_t draw(struct admission *admission)
{
	return hash_mix(admission->drawn++, admission->options.seed) >> 32;
}

/* False: there is no room. */
static bool order(struct admission *admission, struct span name)
{
	struct octet_pool *pool = &admission->store.pool;
	struct octet_queue *orders = &admission->orders;
	uint8_t length = (uint8_t)name.n;

	return name.n > 0 && name.n <= DOMAIN_NAME_MAX && orders->n < ORDERS_OCTETS &&
	       octet_queue_needs(orders, 1 + name.n) <= pool->left && octet_queue_put(pool, orders, &length, 1) &&
	       octet_queue_put(pool, orders, name.p, name.n);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void leave_out(struct ns_addresses *addresses, const struct obs_address *address)
{
	unsigned count = 0;

	for (unsigned i = 0; i < addresses->count; i++)
		if (!address_equal(&addresses->address[i], address))
			addresses->address[count++] = addresses->address[i];
	addresses->count = count;
}

/* It rests. True: one domain is its probe. */
static bool ask_resting(struct admission *admission, const struct obs_address *address, uint64_t since_us,
			uint64_t now_us, struct seen *seen)
{
	uint64_t wait_us = server_books_take(admission->options.books, address, ADMISSION_QUESTIONS, now_us);

	seen->rest_since = seen->rests && seen->rest_since > since_us ? seen->rest_since : since_us;
	seen->rests = true;
	seen->resting = *address;
	seen->rests_us = least(seen->rests_us, wait_us);
	return wait_us == 0;
}

/* May an address of the server be asked now? Where the one drawn rests, as those of IPv6 do of many that have them,
 * another is drawn. */
static bool ask_books(struct admission *admission, struct ns_addresses *addresses, uint8_t drawn, uint64_t now_us,
		      struct seen *seen, struct admission_start *start)
{
	const struct admission_options *options = &admission->options;
	struct obs_address address;
	bool forbidden = false;
	uint64_t since_us, wait_us;

	while (options->draw(options->arg, addresses, &address, &forbidden)) {
		*start = (struct admission_start){ .address = address, .drawn = drawn };
		if (server_books_rests(options->books, &address, now_us, &since_us)) {
			if (ask_resting(admission, &address, since_us, now_us, seen))
				return true;
			leave_out(addresses, &address);
			continue;
		}
		wait_us = server_books_take(options->books, &address, ADMISSION_QUESTIONS, now_us);
		if (wait_us > 0 && (seen->busy++ == 0 || wait_us < seen->busy_us)) {
			seen->busy_us = wait_us;
			seen->best = *start;
		}
		return wait_us == 0;
	}
	seen->forbidden |= forbidden;
	return false;
}

static bool look_at(struct admission *admission, struct span name, uint8_t drawn, bool again, uint64_t now_us,
		    struct seen *seen, struct admission_start *start)
{
	struct ns_addresses addresses = { 0 };
	uint64_t wait_us = 0;

	/* while one is looked up none of the others is, but they may be known */
	switch (seen->comes ? ns_hosts_known(admission->options.hosts, name, now_us, &addresses)
			    : ns_hosts_find(admission->options.hosts, name, again, now_us, &addresses, &wait_us)) {
	case NS_HOST_KNOWN:
		return ask_books(admission, &addresses, drawn, now_us, seen, start);
	case NS_HOST_WANTED:
		seen->comes = true;
		if (!order(admission, name)) /* as one that is lost */
			seen->comes_us = NS_HOSTS_LOOKING_S * UINT64_C(1000000);
		break;
	case NS_HOST_COMING:
		if (!seen->comes)
			seen->comes_us = wait_us;
		seen->comes = true;
		break;
	case NS_HOST_UNSEEN:
		seen->unseen = true;
		break;
	case NS_HOST_NONE:
		break;
	}
	return false;
}

/* Look at its servers in an order that is drawn, until it may go, or enough is seen: a look-up is begun for one alone.
 */
static bool look(struct admission *admission, const struct admission_entry *entry, bool again, uint64_t now_us,
		 struct seen *seen, struct admission_start *start)
{
	struct span server[EXTRA_SERVERS_ASKED];
	size_t count = extra_items(entry->servers, server, COUNT_OF(server));
	uint8_t place[EXTRA_SERVERS_ASKED];

	for (size_t i = 0; i < count; i++)
		place[i] = (uint8_t)i;
	for (size_t i = 0; i < count && seen->busy < CHOICES; i++) {
		size_t other = i + draw(admission) % (count - i);
		uint8_t drawn = place[other];

		place[other] = place[i];
		if (look_at(admission, server[drawn], drawn, again, now_us, seen, start))
			return true;
	}
	return false;
}

static bool to_resolver(struct admission_start *start, enum obs_fall_back why)
{
	*start = (struct admission_start){ .why = why };
	return true;
}

static bool wait_until(struct admission_state *state, uint64_t due_us)
{
	state->due_us = due_us;
	return false;
}

/* Keys of lines: no operator's, as far as hashes go. */
static uint64_t line_of_server(const struct obs_address *address)
{
	return ~address_hash(address);
}

static uint64_t line_of_look_ups(const struct admission *admission, const struct admission_entry *entry)
{
	return hash_mix(~operator_of(entry->servers), admission->options.seed) | 1;
}

bool admission_choice(struct admission *admission, const struct admission_entry *entry, struct admission_state *state,
		      uint64_t now_us, struct admission_start *start, uint64_t *apart)
{
	struct seen seen = { .rests_us = ADMISSION_NEVER };
	struct server_books *books = admission->options.books;
	bool again = state->looks > 0;
	uint64_t poll_us = (uint64_t)POLL_US << (state->looks < POLL_DOUBLED ? state->looks : POLL_DOUBLED), since_us,
		 patience_us;

	if (entry->why != FALL_BACK_NONE)
		return to_resolver(start, entry->why);
	if (entry->servers.n <= EXTRA_HEAD)
		return to_resolver(start, FALL_BACK_UNDELEGATED);
	if (state->address.family != 0 && !server_books_rests(books, &state->address, now_us, &since_us)) {
		*start = (struct admission_start){ .address = state->address, .drawn = state->drawn };
		return true;
	}
	state->address.family = 0;
	if (apart)
		*apart = 0;
	state->looks += state->looks < UINT8_MAX;
	if (look(admission, entry, again, now_us, &seen, start))
		return true;
	if (seen.busy > 0 && apart && seen.busy_us > SLOW_US) {
		*apart = line_of_server(&seen.best.address);
		return wait_until(state, now_us + seen.busy_us);
	}
	if (seen.busy > 0) {
		uint64_t wait_us = server_books_reserve(books, &seen.best.address, ADMISSION_QUESTIONS, now_us);

		*start = seen.best;
		if (wait_us == 0)
			return true;
		if (wait_us == ADMISSION_NEVER) /* it rests by now */
			return wait_until(state, now_us + poll_us);
		state->address = seen.best.address;
		state->drawn = seen.best.drawn;
		return wait_until(state, now_us + wait_us);
	}
	if (seen.comes) {
		uint64_t wait_us = seen.comes_us > poll_us ? seen.comes_us : poll_us;

		if (apart && wait_us > SLOW_US) /* below one domain few begin, and a zone may name many hosts there */
			*apart = line_of_look_ups(admission, entry);
		return wait_until(state, now_us + wait_us);
	}
	if (!seen.rests)
		return to_resolver(start, seen.unseen      ? FALL_BACK_UNSEEN
					  : seen.forbidden ? FALL_BACK_FORBIDDEN
							   : FALL_BACK_ADDRESSLESS);
	patience_us = seen.rest_since + (uint64_t)(admission->options.patience_s * 1e6);
	if (patience_us <= now_us)
		return to_resolver(start, FALL_BACK_PATIENCE);
	if (apart)
		*apart = line_of_server(&seen.resting);
	return wait_until(state, least(patience_us, now_us + (seen.rests_us > poll_us ? seen.rests_us : poll_us)));
}
