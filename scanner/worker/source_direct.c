/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/worker/source_direct.h"

#include <stdlib.h>

#include "scanner/rules/operator.h"
#include "scanner/queue/admission.h"

enum {
	WAKE_MOST_MS = 100, /* between looks whether something may begin */
	ASKS_MOST = 10000,  /* questions who serves a domain, of one worker, whatever its window */
};

/* A domain whose servers the resolver is asked for. */
struct ns_ask {
	struct source_direct *direct;
	STAILQ_ENTRY(ns_ask) next;
	struct net_query query;
	struct feed_target target;
	struct span servers; /* of one that is answered and has no room; a struct extra would be 8 KiB */
	char text[];         /* of the target */
};

_Static_assert(sizeof(struct ns_ask) <= 512, "of a plain list as many are open as domains may be at once");

struct source_direct {
	struct scan *scan;
	struct net_live *live;
	struct feed_batch *ready; /* may begin; NULL: none */
	unsigned next;
	struct admission_start start[FEED_BATCH];
	struct span servers[FEED_BATCH];
	struct net_delegation delegation; /* of the next */
	bool is_given;                    /* source_direct_next has given it */
	unsigned asking;
	STAILQ_HEAD(, ns_ask) answered; /* there was no room for */
	uv_timer_t timer;
	bool has_timer;
};

static uint64_t now_us(void)
{
	return uv_hrtime() / 1000;
}

static void on_timer(uv_timer_t *timer)
{
	(void)timer; /* the loop's turn is what it was for */
}

struct source_direct *source_direct_new(struct scan *scan, struct net_live *live)
{
	struct source_direct *direct = calloc(1, sizeof(*direct));

	if (!direct)
		return NULL;
	direct->scan = scan;
	direct->live = live;
	STAILQ_INIT(&direct->answered);
	return direct;
}

/* ---- who serves a domain? ---- */

/* The first names, in the order that they came; such as no text can ask for are passed over. */
static void keep_servers(const struct dns_answer *answer, struct extra *servers)
{
	char text[DNS_NAME_ESCAPED_MAX];

	extra_begin(servers, EXTRA_SERVERS);
	for (size_t i = 0; i < answer->count && servers->items < EXTRA_SERVERS_ASKED; i++) {
		int n = dns_name_text(answer, answer->rdata[i].at, text);
		struct span name = { text, n > 0 ? (size_t)n : 0 };

		if (name.n > 0 && name.n <= DOMAIN_NAME_MAX && span_find(name, 0, '\\') == name.n)
			extra_add(servers, name);
	}
}

static void free_ask(struct ns_ask *ask)
{
	free((char *)ask->servers.p);
	free(ask);
}

static bool put(const struct ns_ask *ask, struct span servers)
{
	return admission_put(ask->direct->scan->admission, &ask->target, servers,
			     servers.n > 0 ? FALL_BACK_NONE : FALL_BACK_UNDELEGATED, now_us());
}

static bool put_answered(struct ns_ask *ask)
{
	if (!put(ask, ask->servers))
		return false;
	free_ask(ask);
	return true;
}

/* There is no room yet. Where there is no memory either it goes to the resolver, as one whose servers nobody knows. */
static void keep_answered(struct ns_ask *ask, struct span servers)
{
	char *copy = servers.n > 0 ? malloc(servers.n) : NULL;

	if (copy)
		ask->servers = (struct span){ memcpy(copy, servers.p, servers.n), servers.n };
	STAILQ_INSERT_TAIL(&ask->direct->answered, ask, next);
}

static void on_servers(struct net_query *query, const struct dns_answer *answer)
{
	struct ns_ask *ask = query->arg;
	struct source_direct *direct = ask->direct;
	struct extra found;
	struct span servers = { NULL, 0 };

	found.n = found.items = 0;
	direct->asking--;
	if (query->fault == NET_FAULT_SHUTDOWN) {
		free_ask(ask); /* left to --resume */
		return;
	}
	/* an alias is not delegated itself */
	if (answer && query->status == DNS_NOERROR && answer->cname_count == 0)
		keep_servers(answer, &found);
	if (found.items > 0)
		servers = extra_octets(&found);
	if (STAILQ_EMPTY(&direct->answered) && put(ask, servers))
		free_ask(ask);
	else
		keep_answered(ask, servers);
}

static bool ask_servers(struct source_direct *direct, const struct feed_target *target)
{
	struct ns_ask *ask = malloc(sizeof(*ask) + target->name.n + target->extra.n);
	struct net *net = &direct->live->net;

	if (!ask)
		return false;
	ask->direct = direct;
	ask->target = *target;
	ask->servers = (struct span){ NULL, 0 };
	memcpy(ask->text, target->name.p, target->name.n);
	if (target->extra.n > 0)
		memcpy(ask->text + target->name.n, target->extra.p, target->extra.n);
	ask->target.name.p = ask->text;
	ask->target.extra.p = ask->text + target->name.n;
	/* where it fails the domain goes to the resolver, which is asked once more then */
	ask->query = (struct net_query){ .type = DNS_TYPE_NS, .decided = true, .on_answer = on_servers, .arg = ask };
	net_query_about(&ask->query, ask->target.name);
	direct->asking++;
	net->ask(net, &ask->query);
	return true;
}

/* ---- into the admission ---- */

bool source_direct_put(struct source_direct *direct, const struct feed_target *target, unsigned room)
{
	bool is_second = atomic_load(&direct->scan->phase) == SCAN_SECOND_PASS;
	struct span servers = extra_is(target->extra, EXTRA_SERVERS) ? target->extra : target->servers;

	if (!STAILQ_EMPTY(&direct->answered)) /* nor is there room for these */
		return false;
	if (is_second || servers.n > 0)
		return admission_put(direct->scan->admission, target, servers,
				     is_second ? (enum obs_fall_back)target->why : FALL_BACK_NONE, now_us());
	return direct->asking < room && direct->asking < ASKS_MOST && ask_servers(direct, target);
}

/* So it takes the tokens of one of these, and ends: each time there are fewer. */
static void others_than_drawn(const struct net_delegation *delegation, struct extra *left)
{
	struct span server[EXTRA_SERVERS_ASKED];
	size_t servers = extra_items(delegation->servers, server, COUNT_OF(server));

	extra_begin(left, EXTRA_SERVERS);
	for (size_t i = 0; i < servers; i++)
		if (i != delegation->drawn)
			extra_add(left, server[i]);
}

bool source_direct_put_back(struct source_direct *direct, const struct job *job)
{
	const struct feed_target target = {
		.index = job->index, .rank = job->rank, .input = INPUT_OK, .name = job->name, .extra = job->extra
	};

	const struct net_delegation *delegation = job->delegation;
	struct extra left;

	if (!delegation->has_failed)
		return admission_put(direct->scan->admission, &target, delegation->servers, FALL_BACK_NONE, now_us());
	others_than_drawn(delegation, &left);
	return admission_put(direct->scan->admission, &target, extra_octets(&left), FALL_BACK_NONE, now_us());
}

/* ---- out of it ---- */

static void look_up_hosts(struct source_direct *direct)
{
	char name[DOMAIN_NAME_MAX];
	size_t n;

	while ((n = admission_next_look_up(direct->scan->admission, name)) > 0)
		net_direct_look_up(direct->live->direct, (struct span){ name, n });
}

static void wake_in(struct source_direct *direct, uint64_t wait_us)
{
	uint64_t ms = wait_us / 1000 + 1;

	if (!direct->has_timer) {
		uv_timer_init(direct->live->loop, &direct->timer);
		direct->has_timer = true;
	}
	uv_timer_start(&direct->timer, on_timer, ms < WAKE_MOST_MS ? ms : WAKE_MOST_MS, 0);
}

bool source_direct_is_ready(struct source_direct *direct)
{
	uint64_t wait_us;
	struct ns_ask *ask;

	if (direct->ready && direct->next < direct->ready->count)
		return true;
	while ((ask = STAILQ_FIRST(&direct->answered))) {
		STAILQ_REMOVE_HEAD(&direct->answered, next);
		if (!put_answered(ask)) {
			STAILQ_INSERT_HEAD(&direct->answered, ask, next);
			break;
		}
	}
	if (!direct->ready && !(direct->ready = feed_spare(direct->scan->feed)))
		return false; /* no memory just now */
	direct->next = 0;
	direct->ready->count = direct->ready->used = 0;
	admission_take(direct->scan->admission, direct->ready, direct->start, direct->servers, FEED_BATCH, now_us(),
		       &wait_us);
	look_up_hosts(direct);
	if (direct->ready->count == 0)
		wake_in(direct, wait_us);
	return direct->ready->count > 0;
}

const struct feed_target *source_direct_next(struct source_direct *direct, const struct net_delegation **delegation)
{
	const struct feed_target *target;

	if (!source_direct_is_ready(direct))
		return NULL;
	target = &direct->ready->target[direct->next];
	direct->delegation = (struct net_delegation){ .zone = target->name,
						      .servers = direct->servers[direct->next],
						      .operator= operator_of(direct->servers[direct->next]),
						      .address = direct->start[direct->next].address,
						      .why = direct->start[direct->next].why,
						      .drawn = direct->start[direct->next].drawn };
	*delegation = &direct->delegation;
	direct->is_given = true;
	return target;
}

bool source_direct_taken(struct source_direct *direct)
{
	bool is_given = direct->is_given;

	direct->next += is_given;
	direct->is_given = false;
	return is_given;
}

bool source_direct_is_empty(const struct source_direct *direct)
{
	if (direct->asking > 0 || !STAILQ_EMPTY(&direct->answered) ||
	    (direct->ready && direct->next < direct->ready->count))
		return false;
	return admission_waiting(direct->scan->admission) == 0;
}

/* ---- the end ---- */

void source_direct_close(struct source_direct *direct)
{
	if (direct->has_timer)
		uv_close((uv_handle_t *)&direct->timer, NULL);
	direct->has_timer = false;
}

void source_direct_free(struct source_direct *direct)
{
	struct ns_ask *ask;

	while ((ask = STAILQ_FIRST(&direct->answered))) {
		STAILQ_REMOVE_HEAD(&direct->answered, next);
		free_ask(ask);
	}
	if (direct->ready)
		feed_release(direct->scan->feed, direct->ready);
	free(direct);
}
