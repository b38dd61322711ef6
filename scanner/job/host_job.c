/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/job/host_job.h"

#include "scanner/base/limits.h"
#include "scanner/job/address_choice.h"
#include "scanner/job/cname_chase.h"
#include "scanner/rules/address.h"

/* ---- addresses ---- */

static void on_address(struct net_query *query, const struct dns_answer *answer)
{
	struct host_job *host = query->arg;

	task_fail(&host->task, answers_keep_addresses(&host->arena, query, answer, query->into, &host->addresses));
	task_answered(&host->task);
}

/* As authentic as the chain that led there, which stands in the answer about IPv4. */
static void on_target_address(struct net_query *query, const struct dns_answer *answer)
{
	struct host_job *host = query->arg;

	task_fail(&host->task,
		  answers_keep_addresses(&host->arena, query, answer, &host->facts.aaaa, &host->addresses));
	host->facts.aaaa.ad = host->facts.aaaa.ad && host->facts.a.ad;
	task_answered(&host->task);
}

static bool is_blocked(const struct host_job *host)
{
	const struct obs_host *facts = &host->facts;

	return job_is_chain_blocked(host->context, &facts->a) || job_is_chain_blocked(host->context, &facts->aaaa);
}

/* Is it a name that can be asked for, once @more octets stand in front of it? What is not does not exist: no host has
 * such a name (RFC 1123 2.1). */
static bool is_askable(struct span name, size_t more)
{
	return name.n > 0 && name.n + more <= DOMAIN_NAME_MAX && span_find(name, 0, '\\') == name.n;
}

static uint8_t ask_a(struct task *task)
{
	struct host_job *host = (struct host_job *)task;
	struct obs_host *facts = &host->facts;

	if (!facts->name.p) {
		task_fail(task, NET_FAULT_MEMORY);
		return TASK_DONE;
	}
	if (!is_askable(facts->name, 0)) {
		facts->a.status = facts->aaaa.status = DNS_NXDOMAIN;
		return TASK_DONE;
	}
	if (!job_may_ask(host->context, facts->name)) {
		facts->blocklisted = true;
		return TASK_DONE;
	}
	host->query[0] = (struct net_query){ .type = DNS_TYPE_A, .on_answer = on_address, .into = &facts->a };
	job_ask(host->context, task, &host->query[0], facts->name);
	return HOST_ASK_AAAA;
}

static uint8_t ask_aaaa(struct task *task)
{
	struct host_job *host = (struct host_job *)task;
	struct obs_host *facts = &host->facts;
	struct span end = answers_known_end(&facts->a);

	if (facts->a.status == DNS_NXDOMAIN) { /* of no type (RFC 8020 2) */
		facts->aaaa.status = DNS_NXDOMAIN;
		return TASK_DONE;
	}
	if (is_blocked(host))
		return HOST_ASK_ALIAS; /* or the resolver would follow the alias once more */
	host->query[1] = (struct net_query){ .type = DNS_TYPE_AAAA,
					     .shared = end.p,
					     .on_answer = end.p ? on_target_address : on_address,
					     .into = &facts->aaaa };
	job_ask(host->context, task, &host->query[1], end.p ? end : facts->name);
	return HOST_CLOSER;
}

static uint8_t look_closer(struct task *task)
{
	struct host_job *host = (struct host_job *)task;
	struct obs_host *facts = &host->facts;
	const struct cname_chaser chaser = { host->context, &host->arena, host->start_ms, false };

	if (!host->patient)
		return HOST_ASK_ALIAS;
	for (size_t i = 0; i < COUNT_OF(host->query); i++)
		if (job_may_be_bogus(host->query[i].into))
			job_ask_unchecked(host->context, task, &host->query[i], net_query_name(&host->query[i]));
	if (host->addresses.count == 0 && facts->aaaa.status == DNS_SERVFAIL && cname_chase_is_due(&facts->a))
		cname_chase_start(&chaser, task, facts->name, &facts->a);
	return HOST_ASK_ALIAS;
}

/* ---- what is secure, and TLSA (RFC 7672 2.2.2) ---- */

static bool is_secure(const struct host_job *host, const struct obs_answer *answer)
{
	return host->context->ad_believed && answer->status == DNS_NOERROR && answer->ad;
}

/* Of two families one is enough: a resolver that makes up IPv6 addresses (RFC 6147) can sign none. */
static bool are_addresses_secure(const struct host_job *host)
{
	return is_secure(host, &host->facts.a) || is_secure(host, &host->facts.aaaa);
}

static void choose_addresses(struct host_job *host)
{
	struct obs_host *facts = &host->facts;
	struct address_choice choice;

	task_fail(&host->task, address_choose(host->context, &host->arena, &host->addresses, &choice));
	if (task_fault(&host->task))
		return;
	facts->reserved = choice.reserved;
	facts->blocklisted = choice.blocklisted;
	facts->address = host->addresses.address;
	facts->address_count = choice.kept;
	facts->address_omitted = choice.omitted;
	facts->address_untried = choice.untried;
	host->allowed = choice.allowed;
}

/* What the alias is cannot be found out: neither can TLSA be. */
static void on_alias(struct net_query *query, const struct dns_answer *answer)
{
	struct host_job *host = query->arg;
	struct obs_tlsa *initial = &host->facts.tlsa[HOST_TLSA_INITIAL];

	answers_log(query, answer);
	task_fail(&host->task, query->fault);
	host->alias_secure = query->status == DNS_NOERROR && answer && answer->ad;
	if (dns_status_is_transient(query->status)) {
		initial->base = host->facts.name;
		initial->answer.status = query->status;
		initial->answer.ede = answer ? answer->ede : 0;
	}
	task_answered(&host->task);
}

static uint8_t ask_alias(struct task *task)
{
	struct host_job *host = (struct host_job *)task;
	struct obs_host *facts = &host->facts;

	if (host->addresses.count > 0)
		choose_addresses(host);
	if (is_blocked(host)) {
		facts->blocklisted = true;
		host->allowed = 0;
	}
	if (task_fault(task) || host->allowed == 0)
		return TASK_DONE;
	if (host->context->ad_believed && !are_addresses_secure(host) && obs_host_has_chain(&host->facts)) {
		host->query[0] = (struct net_query){ .type = DNS_TYPE_CNAME, .on_answer = on_alias };
		job_ask(host->context, task, &host->query[0], facts->name);
	}
	return HOST_ASK_EXPANDED;
}

static void on_tlsa(struct net_query *query, const struct dns_answer *answer)
{
	struct host_job *host = query->arg;

	task_fail(&host->task, answers_keep_tlsa(&host->arena, query, answer, query->into));
	task_answered(&host->task);
}

/* @base lives as long as the arena. */
static void ask_tlsa(struct host_job *host, int which, struct span base)
{
	static const struct span port = SPAN_LITERAL("_25._tcp."); /* RFC 7672 2.2.3 */
	struct obs_tlsa *tlsa = &host->facts.tlsa[which];
	struct net_query *query = &host->query[which];
	char *text;

	tlsa->base = base;
	if (!is_askable(base, port.n)) {
		tlsa->answer.status = DNS_NXDOMAIN;
		return;
	}
	text = arena_text(&host->arena, port.n + base.n);
	if (!text) {
		task_fail(&host->task, NET_FAULT_MEMORY);
		return;
	}
	*query = (struct net_query){
		.type = DNS_TYPE_TLSA, .shared = which == HOST_TLSA_EXPANDED, .on_answer = on_tlsa, .into = tlsa
	};
	job_ask(host->context, &host->task, query, domain_join(port, base, text));
}

static uint8_t ask_expanded(struct task *task)
{
	struct host_job *host = (struct host_job *)task;

	if (are_addresses_secure(host) && obs_host_has_chain(&host->facts))
		ask_tlsa(host, HOST_TLSA_EXPANDED, obs_host_end(&host->facts));
	return HOST_ASK_INITIAL;
}

/* Senders go on to the host's own name where the chain's end has no TLSA, or none that is secure; not where the answer
 * is a failure. */
static bool is_initial_due(const struct host_job *host)
{
	const struct obs_answer *expanded = &host->facts.tlsa[HOST_TLSA_EXPANDED].answer;

	if (!are_addresses_secure(host))
		return host->alias_secure;
	return !dns_status_is_transient(expanded->status) && !is_secure(host, expanded);
}

static uint8_t ask_initial(struct task *task)
{
	struct host_job *host = (struct host_job *)task;

	if (is_initial_due(host))
		ask_tlsa(host, HOST_TLSA_INITIAL, host->facts.name);
	return HOST_TLSA_CLOSER;
}

static uint8_t look_closer_at_tlsa(struct task *task)
{
	struct host_job *host = (struct host_job *)task;

	for (size_t i = 0; host->patient && i < HOST_TLSA_BASES; i++) {
		struct net_query *query = &host->query[i];
		struct obs_answer *answer = &host->facts.tlsa[i].answer;

		if (query->type != DNS_TYPE_TLSA || !job_may_be_bogus(answer))
			continue;
		query->into = answer;
		job_ask_unchecked(host->context, task, query, net_query_name(query));
	}
	return HOST_PROBE;
}

/* The records a sender uses; NULL: none. */
static const struct obs_tlsa *used_tlsa(const struct host_job *host)
{
	for (size_t i = 0; i < HOST_TLSA_BASES; i++)
		if (is_secure(host, &host->facts.tlsa[i].answer))
			return &host->facts.tlsa[i];
	return NULL;
}

/* ---- probes ---- */

_Static_assert((int)OBS_PROBE_MAX == (int)HOST_PROBES, "what is kept of a host, and what it may cost");

static bool has_route(const struct job_context *context, const struct obs_address *address)
{
	struct obs_address inside;

	return address->family == 4 || address_unmap(address, &inside) ? !context->no_ipv4 : !context->no_ipv6;
}

/* Nobody is connected to twice for being named twice. */
static bool is_repeated(const struct obs_address *address, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (address_equal(&address[i], &address[at]))
			return true;
	return false;
}

static void on_probed(struct net_probe *request)
{
	struct host_job *host = request->arg;

	if (request->fault == NET_FAULT_MEMORY && host->arena.full) /* what the others have sent is kept */
		host->facts.address_unprobed += request->sni == SMTP_SNI_HOST;
	else
		task_fail(&host->task, request->fault);
	if (!request->fault) {
		host->facts.probe_count++;
		host->silent += request->smtp->status == CONNECT_IO_TIMEOUT;
	}
	task_answered(&host->task);
}

static uint8_t probe(struct host_job *host, size_t at, enum smtp_sni sni)
{
	const struct obs_tlsa *tlsa = used_tlsa(host);
	const struct span names[] = { [SMTP_SNI_HOST] = host->facts.name,
				      [SMTP_SNI_BASE] = tlsa ? tlsa->base : host->facts.name,
				      [SMTP_SNI_NONE] = { NULL, 0 } };
	struct obs_smtp *smtp = &host->probe[host->facts.probe_count];
	struct net *net = host->context->net;

	*smtp = (struct obs_smtp){ .address = (uint8_t)at, .sni = sni };
	if (!tlsa || !span_equal(names[sni], tlsa->base))
		tlsa = NULL; /* they are for the name asked for (RFC 7672 8.1) */
	host->request = (struct net_probe){ .host = host->facts.name,
					    .sni = sni,
					    .sni_name = names[sni],
					    .address = &host->facts.address[at],
					    .target = obs_host_end(&host->facts),
					    .tlsa = tlsa,
					    .patient = host->patient && host->silent < HOST_PATIENT_MAX,
					    .arena = &host->arena,
					    .smtp = smtp,
					    .on_done = on_probed,
					    .arg = host };
	task_wait(&host->task);
	net->probe(net, &host->request);
	return HOST_PROBE;
}

/* The first probe that came so far as @phase; NULL: none did. */
static const struct obs_smtp *first_at(const struct host_job *host, enum smtp_phase phase)
{
	for (size_t i = 0; i < host->facts.probe_count; i++)
		if (host->probe[i].sni == SMTP_SNI_HOST && host->probe[i].phase >= phase)
			return &host->probe[i];
	return NULL;
}

/* Where to ask for another name, or none; NULL: nowhere. A server that knows only the other name may have refused. */
static const struct obs_smtp *extra_at(const struct host_job *host, enum smtp_sni sni)
{
	const struct obs_tlsa *tlsa = used_tlsa(host);
	const struct obs_smtp *secure = first_at(host, SMTP_SECURE);

	if (host->arena.full)
		return NULL;
	if (sni == SMTP_SNI_NONE)
		return host->context->without_sni ? secure : NULL;
	if (!tlsa || span_equal(tlsa->base, host->facts.name))
		return NULL;
	return secure ? secure : first_at(host, SMTP_HANDSHAKE);
}

static struct obs_smtp *probe_room(struct host_job *host)
{
	size_t most = OBS_PROBE_MAX - OBS_PROBE_ADDRESS_MAX;

	most += host->allowed < OBS_PROBE_ADDRESS_MAX ? host->allowed : OBS_PROBE_ADDRESS_MAX;
	return most <= COUNT_OF(host->few) ? host->few : arena_alloc(&host->arena, most * sizeof(*host->probe));
}

static uint8_t probe_next(struct task *task)
{
	static const enum smtp_sni extras[] = { SMTP_SNI_BASE, SMTP_SNI_NONE };
	struct host_job *host = (struct host_job *)task;
	struct obs_host *facts = &host->facts;

	if (host->allowed == 0 || !host->context->net->probe)
		return TASK_DONE;
	if (!host->probe)
		facts->probe = host->probe = probe_room(host);
	if (!host->probe) {
		task_fail(task, NET_FAULT_MEMORY);
		return TASK_DONE;
	}
	while (host->tried < host->allowed) {
		size_t at = host->tried++;

		if (!has_route(host->context, &facts->address[at]) || is_repeated(facts->address, at))
			continue;
		if (facts->probe_count < OBS_PROBE_ADDRESS_MAX && !host->arena.full)
			return probe(host, at, SMTP_SNI_HOST);
		facts->address_unprobed++;
	}
	while (host->extra < COUNT_OF(extras)) {
		enum smtp_sni sni = extras[host->extra++];
		const struct obs_smtp *first = extra_at(host, sni);

		if (first)
			return probe(host, first->address, sni);
	}
	return TASK_DONE;
}

/* ---- from outside ---- */

static void ended(struct task *task)
{
	struct host_job *host = (struct host_job *)task;

	host->facts.duration_ms = job_age_ms(host->context, host->start_ms);
	host->context->host_done(host); /* the job is no longer ours */
}

void host_job_init(struct host_job *job, const struct job_context *context)
{
	*job = (struct host_job){ .context = context };
}

void host_job_fini(struct host_job *job)
{
	arena_fini(&job->arena);
}

void host_job_start(struct host_job *job, struct span name, uint8_t passes)
{
	static uint8_t (*const steps[])(struct task * task) = {
		[HOST_ASK_A] = ask_a,
		[HOST_ASK_AAAA] = ask_aaaa,
		[HOST_CLOSER] = look_closer,
		[HOST_ASK_ALIAS] = ask_alias,
		[HOST_ASK_EXPANDED] = ask_expanded,
		[HOST_ASK_INITIAL] = ask_initial,
		[HOST_TLSA_CLOSER] = look_closer_at_tlsa,
		[HOST_PROBE] = probe_next,
	};
	static const struct task_kind kind = { steps, ended };
	const struct job_context *context = job->context;
	struct arena arena = job->arena;
	uint8_t faults = job->faults;

	arena_reset(&arena);
	*job = (struct host_job){ .context = context, .arena = arena, .faults = faults, .patient = passes > 0 };
	job->facts.name = arena_copy(&job->arena, name);
	job->facts.passes = passes < UINT8_MAX ? passes + 1 : passes;
	job->facts.ad_believed = context->ad_believed;
	job->facts.time_ms = context->net->wall_ms(context->net);
	job->start_ms = (uint32_t)context->net->now_ms(context->net);
	task_start(&job->task, &kind, NULL);
}
