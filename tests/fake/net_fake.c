/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/fake/net_fake.h"

#include <stdio.h>
#include <stdlib.h>

#include "scanner/rules/address.h"
#include "tests/fake/give_answer.h"

static void complain(struct net_fake *fake, const char *what, struct span name, unsigned type)
{
	if (fake->why[0] == '\0')
		snprintf(fake->why, sizeof(fake->why), "%s: question %u, %.*s type %u", what, fake->asked, (int)name.n,
			 name.p, type);
}

static bool is_faulted(const struct net_fake *fake, unsigned number)
{
	return fake->twist.fault_at >= 0 && (unsigned)fake->twist.fault_at == number;
}

/* ---- questions ---- */

static void answer(struct net_fake *fake, struct net_query *query, unsigned number)
{
	const struct net_fake_answer *scripted = &fake->answer[number];

	query->fault = (int8_t)(is_faulted(fake, number) ? fake->twist.fault : scripted->fault);
	query->packets_sent = scripted->tries;
	query->source = scripted->source;
	query->fall_back = scripted->fall_back;
	if (scripted->audit.kind != AUDIT_NONE && !query->fault) {
		query->audit = arena_alloc(query->arena, sizeof(*query->audit));
		if (query->audit)
			*query->audit = scripted->audit;
		else
			query->fault = NET_FAULT_MEMORY;
	}
	if (query->fault)
		give_answer(query, NULL, 0, DNS_SKIPPED);
	else
		give_answer(query, scripted->packet, scripted->len, scripted->status);
}

/* Where what is to be answered in @ms is noted; NULL: too much is. */
static struct net_fake_pending *postpone(struct net_fake *fake, unsigned number, uint32_t ms)
{
	if (fake->pending_count == NET_FAKE_PENDING_MAX) {
		complain(fake, "too much is pending", SPAN_LITERAL(""), 0);
		abort(); /* the asker would wait for ever */
	}
	fake->pending[fake->pending_count] = (struct net_fake_pending){ .number = number, .due_ms = fake->now_ms + ms };
	return &fake->pending[fake->pending_count++];
}

/* Is @query asked as the script has it? */
static bool is_as_scripted(const struct net_query *query, const struct net_fake_answer *scripted)
{
	return query->type == scripted->type && query->shared == scripted->shared &&
	       query->unchecked == scripted->unchecked && query->decided == scripted->decided &&
	       query->validated == scripted->validated && query->lame == scripted->lame &&
	       !query->delegation == !scripted->delegated && span_equal(net_query_name(query), span_of(scripted->name));
}

static void ask(struct net *net, struct net_query *query)
{
	struct net_fake *fake = (struct net_fake *)net;
	unsigned number = fake->asked - fake->fetched;
	const struct net_fake_answer *scripted = number < fake->answers ? &fake->answer[number] : NULL;

	if (!scripted || !is_as_scripted(query, scripted)) {
		complain(fake, scripted ? "another question was expected" : "no further question was expected",
			 net_query_name(query), query->type);
		query->fault = NET_FAULT_SHUTDOWN;
		give_answer(query, NULL, 0, DNS_SKIPPED);
		return;
	}
	fake->asked++;
	if (scripted->at_once || fake->twist.all_at_once)
		answer(fake, query, number);
	else
		postpone(fake, number, scripted->after_ms)->query = query;
}

/* ---- the fetch: facts are put where net_curl puts them ---- */

static bool keep(struct arena *arena, struct span *text)
{
	if (text->p)
		*text = arena_copy(arena, *text);
	else
		return true;
	return text->p;
}

static bool keep_certificate(struct arena *arena, struct obs_certificate *certificate)
{
	struct span *name = arena_alloc(arena, certificate->name_count * sizeof(*name));

	if (!name)
		return false;
	for (size_t i = 0; i < certificate->name_count; i++) {
		name[i] = certificate->name[i];
		if (!keep(arena, &name[i]))
			return false;
	}
	certificate->name = name;
	return keep(arena, &certificate->common_name) && keep(arena, &certificate->issuer);
}

static bool keep_tls(struct arena *arena, struct obs_tls *tls)
{
	struct obs_certificate *chain = arena_alloc(arena, tls->chain_count * sizeof(*chain));
	struct obs_verify_error *error = arena_alloc(arena, tls->error_count * sizeof(*error));

	if (!chain || !error)
		return false;
	for (size_t i = 0; i < tls->chain_count; i++) {
		chain[i] = tls->chain[i];
		if (!keep_certificate(arena, &chain[i]))
			return false;
	}
	for (size_t i = 0; i < tls->error_count; i++)
		error[i] = tls->error[i];
	tls->chain = chain;
	tls->error = error;
	return true;
}

/* The place among all of its addresses of the @n-th that may be contacted; their number where there are fewer. */
static size_t allowed_at(const struct net_fetch *fetch, size_t n)
{
	size_t at = 0;

	while (at < fetch->address_count && (!(fetch->allowed >> at & 1) || n-- > 0))
		at++;
	return at;
}

static bool keep_outcome(struct net_fetch *fetch, const struct obs_policy *outcome)
{
	struct obs_policy *policy = fetch->policy;

	policy->status = outcome->status;
	policy->address_used =
		(int8_t)(outcome->address_used < 0 ? -1 : (int)allowed_at(fetch, (size_t)outcome->address_used));
	policy->fetch_ms = outcome->fetch_ms;
	policy->tls = outcome->tls;
	policy->http = outcome->http;
	return keep_tls(fetch->arena, &policy->tls) && keep(fetch->arena, &policy->http.content_type) &&
	       keep(fetch->arena, &policy->http.location) && keep(fetch->arena, &policy->http.body);
}

static void finish(struct net_fake *fake, struct net_fetch *fetch)
{
	fetch->fault = is_faulted(fake, (unsigned)fake->answers) ? fake->twist.fault : fake->fetch->fault;
	if (!fetch->fault && !keep_outcome(fetch, &fake->fetch->outcome))
		fetch->fault = NET_FAULT_MEMORY;
	fetch->on_done(fetch);
}

static bool is_expected(const struct net_fake *fake, const struct net_fetch *fetch)
{
	const struct net_fake_fetch *scripted = fake->fetch;

	if (!scripted || !scripted->expected || fake->fetched > 0 ||
	    !span_equal(fetch->host, span_of(scripted->host)) ||
	    !span_equal(fetch->target, scripted->target ? span_of(scripted->target) : SPAN_LITERAL("")) ||
	    allowed_at(fetch, scripted->address_count) < fetch->address_count)
		return false;
	for (size_t i = 0; i < scripted->address_count; i++) {
		size_t at = allowed_at(fetch, i);

		if (at == fetch->address_count || !address_equal(&fetch->address[at], &scripted->address[i]))
			return false;
	}
	return true;
}

static void fetch_policy(struct net *net, struct net_fetch *fetch)
{
	struct net_fake *fake = (struct net_fake *)net;

	if (!is_expected(fake, fetch)) {
		complain(fake, "no such fetch was expected", fetch->host, (unsigned)fetch->address_count);
		fetch->fault = NET_FAULT_SHUTDOWN;
		fetch->on_done(fetch);
		return;
	}
	fake->fetched++;
	fake->asked++;
	if (fake->fetch->at_once || fake->twist.all_at_once)
		finish(fake, fetch);
	else
		postpone(fake, 0, fake->fetch->after_ms)->fetch = fetch;
}

/* ---- probes ---- */

static void end_probe(struct net_fake *fake, struct net_probe *probe, unsigned number)
{
	const struct net_fake_probe *scripted = &fake->probe[number];

	probe->fault = is_faulted(fake, (unsigned)fake->answers + number) ? fake->twist.fault : scripted->fault;
	if (!probe->fault) {
		uint8_t address = probe->smtp->address;

		*probe->smtp = scripted->outcome;
		probe->smtp->address = address;
		probe->smtp->sni = probe->sni;
		if (scripted->octets > 0 && !arena_text(probe->arena, scripted->octets))
			probe->fault = NET_FAULT_MEMORY;
	}
	probe->on_done(probe);
}

static bool is_name(struct span name, const char *due)
{
	return due ? span_equal(name, span_of(due)) : name.n == 0;
}

static bool is_probe_expected(const struct net_fake *fake, const struct net_probe *probe)
{
	const struct net_fake_probe *scripted = &fake->probe[fake->probed];

	return fake->probed < fake->probes && span_equal(probe->host, span_of(fake->host)) &&
	       address_equal(probe->address, &scripted->address) && probe->sni == scripted->sni &&
	       is_name(probe->sni_name, scripted->sni_name) && (probe->sni != SMTP_SNI_NONE || !probe->sni_name.p) &&
	       span_equal(probe->target, scripted->target ? span_of(scripted->target) : probe->host) &&
	       probe->patient == (fake->patient && !scripted->hasty) &&
	       is_name(probe->tlsa ? probe->tlsa->base : (struct span){ NULL, 0 }, scripted->tlsa);
}

static void probe_host(struct net *net, struct net_probe *probe)
{
	struct net_fake *fake = (struct net_fake *)net;
	unsigned number = fake->probed;

	if (!is_probe_expected(fake, probe)) {
		snprintf(fake->why, sizeof(fake->why), "probe %u is not the one expected: name %.*s, records of %.*s",
			 number, (int)probe->sni_name.n, probe->sni_name.n ? probe->sni_name.p : "",
			 probe->tlsa ? (int)probe->tlsa->base.n : 0, probe->tlsa ? probe->tlsa->base.p : "");
		probe->fault = NET_FAULT_SHUTDOWN;
		probe->on_done(probe);
		return;
	}
	fake->probed++;
	if (fake->probe[number].at_once || fake->twist.all_at_once)
		end_probe(fake, probe, number);
	else
		postpone(fake, number, fake->probe[number].after_ms)->probe = probe;
}

/* ---- time ---- */

static int64_t wall_ms(struct net *net)
{
	const struct net_fake *fake = (struct net_fake *)net;

	return fake->wall_ms + (int64_t)(fake->now_ms - NET_FAKE_EPOCH_MS);
}

static uint64_t now_ms(struct net *net)
{
	return ((struct net_fake *)net)->now_ms;
}

void net_fake_init(struct net_fake *fake)
{
	*fake = (struct net_fake){
		.net = { .ask = ask, .fetch = fetch_policy, .probe = probe_host, .wall_ms = wall_ms, .now_ms = now_ms },
		.now_ms = NET_FAKE_EPOCH_MS,
		.twist.fault_at = -1
	};
}

static unsigned next_due(const struct net_fake *fake)
{
	unsigned next = 0;

	for (unsigned i = 1; i < fake->pending_count; i++) {
		uint64_t best = fake->pending[next].due_ms, due = fake->pending[i].due_ms;

		if (fake->twist.reverse ? due >= best : due < best)
			next = i;
	}
	return next;
}

void net_fake_run(struct net_fake *fake)
{
	while (fake->pending_count > 0) {
		unsigned at = next_due(fake);
		struct net_fake_pending due = fake->pending[at];

		if (due.due_ms > fake->now_ms)
			fake->now_ms = due.due_ms;
		fake->pending_count--;
		for (unsigned i = at; i < fake->pending_count; i++)
			fake->pending[i] = fake->pending[i + 1];
		if (due.query)
			answer(fake, due.query, due.number);
		else if (due.fetch)
			finish(fake, due.fetch);
		else
			end_probe(fake, due.probe, due.number);
	}
}

void net_fake_end(struct net_fake *fake)
{
	unsigned questions = fake->asked - fake->fetched;

	if (fake->why[0] != '\0')
		return;
	if (questions < fake->answers)
		snprintf(fake->why, sizeof(fake->why), "only %u of %zu questions were asked; %s was not", questions,
			 fake->answers, fake->answer[questions].name);
	else if (fake->fetch && fake->fetch->expected && fake->fetched == 0)
		snprintf(fake->why, sizeof(fake->why), "no policy was fetched");
	else if (fake->probed < fake->probes)
		snprintf(fake->why, sizeof(fake->why), "only %u of %zu probes were made", fake->probed, fake->probes);
}
