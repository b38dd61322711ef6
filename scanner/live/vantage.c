/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/live/vantage.h"

#include <stdlib.h>

#include "scanner/base/log.h"
#include "scanner/job/answers.h"
#include "scanner/live/canary_list.h"
#include "scanner/live/own_address.h"

/* One host over one family. */
struct way {
	struct vantage *vantage;
	struct canary *canary;
	struct net_query query;
	struct obs_answer answer;
	struct address_list list;
	struct net_probe probe;
	struct obs_smtp smtp;
};

struct canary {
	struct vantage_host host;
	struct arena arena[VANTAGE_FAMILIES];
	struct way way[VANTAGE_FAMILIES];
};

struct vantage {
	const struct options *options;
	struct net_live_shared *shared;
	struct net_live live;
	struct canary *canary;
	unsigned count;
	/* the test that is under way */
	unsigned first, asked; /* of the hosts */
	unsigned pending;      /* what has not ended; one for vantage_start itself */
	void (*on_done)(void *arg);
	void *arg;
	bool with_name;
	uv_timer_t closer; /* of the self-test: a network is not closed within its callbacks */
	struct own_name own[VANTAGE_FAMILIES];
	/* what came of it */
	struct obs_vantage seen;
	struct span asked_host[OBS_VANTAGE_HOST_MAX];
	char source[VANTAGE_FAMILIES][ADDRESS_TEXT_MAX];
};

static const uint16_t address_type[VANTAGE_FAMILIES] = { DNS_TYPE_A, DNS_TYPE_AAAA };

struct vantage *vantage_new(const struct options *options, struct net_live_shared *shared)
{
	struct vantage *vantage = calloc(1, sizeof(*vantage));
	bool own = options->canary_count > 0;

	if (!vantage)
		return NULL;
	vantage->options = options;
	vantage->shared = shared;
	vantage->count = own ? options->canary_count : (unsigned)canary_list_count;
	vantage->canary = calloc(vantage->count, sizeof(*vantage->canary));
	if (!vantage->canary) {
		free(vantage);
		return NULL;
	}
	for (unsigned i = 0; i < vantage->count; i++) {
		const struct options_host *host = &options->canary[i];

		vantage->canary[i].host.name = own ? (struct span){ host->text, host->n }
						   : span_of(canary_list[i].host);
		vantage->canary[i].host.run_by = own ? "" : canary_list[i].run_by;
	}
	return vantage;
}

void vantage_free(struct vantage *vantage)
{
	if (!vantage)
		return;
	for (unsigned i = 0; i < vantage->count; i++)
		for (int family = 0; family < VANTAGE_FAMILIES; family++)
			arena_fini(&vantage->canary[i].arena[family]);
	for (int family = 0; family < VANTAGE_FAMILIES; family++)
		own_name_fini(&vantage->own[family]);
	free(vantage->canary);
	free(vantage);
}

int vantage_open(struct vantage *vantage, uv_loop_t *loop, struct error *error)
{
	return net_live_open_canary(&vantage->live, loop, vantage->shared, VANTAGE_TIMEOUT_S, error);
}

void vantage_close(struct vantage *vantage)
{
	net_live_close(&vantage->live);
}

void vantage_closed(struct vantage *vantage)
{
	net_live_free(&vantage->live);
	vantage->live = (struct net_live){ 0 };
}

/* ---- what came of it ---- */

static enum vantage_state judge_family(const struct vantage *vantage, int family)
{
	struct canary_seen seen[OBS_VANTAGE_HOST_MAX];

	for (unsigned i = 0; i < vantage->asked; i++) {
		const struct canary *canary = &vantage->canary[(vantage->first + i) % vantage->count];

		seen[i] = (struct canary_seen){ canary->host.result[family], canary->way[family].smtp.greeting.text };
	}
	return vantage_judge(seen, vantage->asked);
}

static void judge_name(struct vantage *vantage, int family)
{
	const struct own_name *own = &vantage->own[family];
	struct obs_vantage *seen = &vantage->seen;

	if (own->address.family == 0)
		return;
	address_text(&own->address, vantage->source[family]);
	seen->source[family] = span_of(vantage->source[family]);
	seen->ptr[family] = own->ptr;
	seen->ptr_confirmed[family] = own->confirmed;
}

static void finish_one(struct vantage *vantage)
{
	if (--vantage->pending > 0)
		return;
	for (int family = 0; family < VANTAGE_FAMILIES; family++) {
		vantage->seen.state[family] = judge_family(vantage, family);
		if (vantage->with_name)
			judge_name(vantage, family);
	}
	vantage->on_done(vantage->arg);
}

/* ---- one host over one family ---- */

static int family_of(const struct way *way)
{
	return way == &way->canary->way[VANTAGE_IPV6] ? VANTAGE_IPV6 : VANTAGE_IPV4;
}

static void end(struct way *way, enum canary_result result)
{
	struct vantage_host *host = &way->canary->host;

	host->result[family_of(way)] = result;
	log_message(LOG_LEVEL_DEBUG, "%.*s: a canary, %s: %s", (int)host->name.n, host->name.p,
		    dns_type_name(address_type[family_of(way)]), canary_result_names[result]);
	finish_one(way->vantage);
}

static void on_probed(struct net_probe *probe)
{
	struct way *way = probe->arg;
	const struct obs_host host = { .name = way->canary->host.name,
				       .time_ms = way->vantage->seen.time_ms,
				       .address = way->list.address,
				       .address_count = way->list.count,
				       .probe = &way->smtp,
				       .probe_count = 1 };

	end(way, probe->fault ? CANARY_UNTESTED : canary_judge(&host, &way->smtp));
}

static void probe(struct way *way)
{
	struct vantage *vantage = way->vantage;
	struct obs_address own;

	if (!own_address_towards(&way->list.address[0], &own)) {
		end(way, CANARY_NO_ROUTE);
		return;
	}
	vantage->own[family_of(way)].address = own;
	way->probe = (struct net_probe){ .host = way->canary->host.name,
					 .sni_name = way->canary->host.name,
					 .address = &way->list.address[0],
					 .arena = &way->canary->arena[family_of(way)],
					 .smtp = &way->smtp,
					 .on_done = on_probed,
					 .arg = way };
	vantage->live.net.probe(&vantage->live.net, &way->probe);
}

static void on_address(struct net_query *query, const struct dns_answer *answer)
{
	struct way *way = query->arg;
	int fault = answers_keep_addresses(&way->canary->arena[family_of(way)], query, answer, &way->answer,
					   &way->list);

	if (fault || way->list.count == 0)
		end(way, CANARY_UNTESTED);
	else
		probe(way);
}

static void begin(struct vantage *vantage, struct canary *canary, int family)
{
	struct way *way = &canary->way[family];

	arena_reset(&canary->arena[family]);
	*way = (struct way){ .vantage = vantage, .canary = canary };
	if (vantage->options->domain_blocklist &&
	    domain_set_has(vantage->options->domain_blocklist, canary->host.name)) {
		end(way, CANARY_UNTESTED);
		return;
	}
	way->query = (struct net_query){ .on_answer = on_address, .arg = way, .type = address_type[family] };
	net_query_about(&way->query, canary->host.name);
	vantage->live.net.ask(&vantage->live.net, &way->query);
}

/* ---- the test ---- */

static void on_own_name(void *arg)
{
	finish_one(arg);
}

static void start(struct vantage *vantage, unsigned first, unsigned count)
{
	vantage->first = first % vantage->count;
	vantage->asked = count < vantage->count ? count : vantage->count;
	vantage->seen = (struct obs_vantage){ .time_ms = vantage->live.net.wall_ms(&vantage->live.net),
					      .canary = !vantage->with_name,
					      .host = vantage->asked_host,
					      .host_count = vantage->asked,
					      .ehlo = span_of(vantage->shared->ehlo) };
	vantage->pending = 1 + vantage->asked * VANTAGE_FAMILIES;
	for (int family = 0; family < VANTAGE_FAMILIES && vantage->with_name; family++)
		vantage->own[family].address.family = 0;
	for (unsigned i = 0; i < vantage->asked; i++) {
		struct canary *canary = &vantage->canary[(vantage->first + i) % vantage->count];

		vantage->asked_host[i] = canary->host.name;
		for (int family = 0; family < VANTAGE_FAMILIES; family++)
			begin(vantage, canary, family);
	}
	finish_one(vantage);
}

void vantage_start(struct vantage *vantage, unsigned first, unsigned count, void (*on_done)(void *arg), void *arg)
{
	vantage->with_name = false;
	vantage->on_done = on_done;
	vantage->arg = arg;
	start(vantage, first, count);
}

static void on_closer(uv_timer_t *closer)
{
	vantage_close(closer->data);
	uv_close((uv_handle_t *)closer, NULL);
}

static void close_soon(void *arg)
{
	struct vantage *vantage = arg;

	uv_timer_start(&vantage->closer, on_closer, 0, 0);
}

/* The hosts have been asked: from which address they were is known. */
static void look_at_name(void *arg)
{
	struct vantage *vantage = arg;

	vantage->on_done = close_soon;
	vantage->pending = 1;
	for (int family = 0; family < VANTAGE_FAMILIES; family++) {
		if (vantage->own[family].address.family == 0)
			continue;
		vantage->pending++;
		own_name_start(&vantage->own[family], &vantage->live.net, vantage->options, on_own_name, vantage);
	}
	finish_one(vantage);
}

int vantage_self_test(struct vantage *vantage, struct error *error)
{
	uv_loop_t loop;
	int result;

	if (uv_loop_init(&loop) < 0)
		return error_set(error, "no memory or file descriptors for the self-test of port 25; see ulimit -n");
	uv_timer_init(&loop, &vantage->closer);
	vantage->closer.data = vantage;
	vantage->with_name = true;
	vantage->on_done = look_at_name;
	vantage->arg = vantage;
	result = vantage_open(vantage, &loop, error);
	if (result == 0)
		start(vantage, 0, vantage->count);
	else
		close_soon(vantage);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	vantage_closed(vantage);
	return result;
}

const struct obs_vantage *vantage_seen(const struct vantage *vantage)
{
	return &vantage->seen;
}

bool vantage_is_open(const struct vantage *vantage)
{
	return vantage_state_is_open(vantage->seen.state[VANTAGE_IPV4]) ||
	       vantage_state_is_open(vantage->seen.state[VANTAGE_IPV6]);
}

const struct own_name *vantage_own_name(const struct vantage *vantage, int family)
{
	return &vantage->own[family];
}

unsigned vantage_host_count(const struct vantage *vantage)
{
	return vantage->count;
}

const struct vantage_host *vantage_host(const struct vantage *vantage, unsigned i)
{
	return &vantage->canary[i].host;
}
