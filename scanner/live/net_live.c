/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/live/net_live.h"

#include <stdio.h>

#include "scanner/base/limits.h"
#include "scanner/base/log.h"
#include "scanner/base/wall_clock.h"
#include "scanner/live/own_address.h"
#include "scanner/rules/address.h"

enum { MAIL_HOST_CONNECTIONS = 1 }; /* at once to one address: Fastmail and Google block who opens several */

static int share_mail(struct net_live_shared *shared)
{
	const struct options *options = shared->options;

	shared->mail_hosts = host_limit_new(MAIL_HOST_CONNECTIONS);
	shared->mail_pace = fetch_pace_new(options->host_rate, options->provider_rate,
					   options->pace_reserved ? NULL : options->allow_reserved);
	return shared->mail_hosts && shared->mail_pace ? 0 : -1;
}

static int share_direct(struct net_live_shared *shared)
{
	const struct options *options = shared->options;
	const struct server_books_options books = { .server_rate = options->server_rate,
						    .operator_rate = options->operator_rate,
						    .begun_us = uv_hrtime() / 1000,
						    .exempt = options->pace_reserved_servers
								      ? NULL
								      : options->allow_reserved };
	struct obs_address own;

	shared->books = server_books_new(&books);
	shared->ns_hosts = ns_hosts_new();
	shared->reach.allow = options->allow_reserved;
	shared->reach.blocklist = options->address_blocklist;
	shared->reach.no_ipv6 = !own_address(6, &own);
	/* a lab's loopback has no way to the internet either */
	shared->reach.no_ipv4 = !own_address(4, &own) && !shared->reach.no_ipv6;
	shared->audit.share = options->audit;
	shared->audit.least = options->audit_least;
	return shared->books && shared->ns_hosts ? 0 : -1;
}

int net_live_shared_open(struct net_live_shared *shared, const struct options *options,
			 const struct server_check *check, unsigned loops, struct error *error)
{
	*shared = (struct net_live_shared){ .options = options, .check = check, .loops = loops };
	atomic_store(&shared->rate, options->rate / loops);
	snprintf(shared->user_agent, sizeof(shared->user_agent), "stsurvey/" STSURVEY_VERSION "%s%s%s",
		 options->contact ? " (" : "", options->contact ? options->contact : "", options->contact ? ")" : "");
	shared->hosts = host_limit_new(options->per_host);
	shared->pace = fetch_pace_new(options->host_rate, options->provider_rate,
				      options->pace_reserved ? NULL : options->allow_reserved);
	if (!shared->hosts || !shared->pace || (options_probes(options) && share_mail(shared) < 0) ||
	    (options->direct && share_direct(shared) < 0))
		return error_set(error, "no memory");
	return tls_store_open(&shared->store, options->ca_file, error);
}

void net_live_shared_free(struct net_live_shared *shared)
{
	host_limit_free(shared->hosts);
	fetch_pace_free(shared->pace);
	host_limit_free(shared->mail_hosts);
	fetch_pace_free(shared->mail_pace);
	server_books_free(shared->books);
	ns_hosts_free(shared->ns_hosts);
	tls_store_free(shared->store);
}

static void ask(struct net *net, struct net_query *query)
{
	struct net_live *live = (struct net_live *)net;

	if (query->delegation && live->direct)
		net_direct_ask(live->direct, query); /* what it sends on has none */
	else if (query->shared)
		answer_cache_ask(live->cache, query); /* sends it on, not shared, or answers */
	else
		net_cares_ask(live->dns, query);
}

static void fetch(struct net *net, struct net_fetch *request)
{
	struct net_live *live = (struct net_live *)net;

	live->fetches++;
	net_curl_fetch(live->web, request);
}

static void probe(struct net *net, struct net_probe *request)
{
	struct net_live *live = (struct net_live *)net;

	live->probes++;
	net_smtp_probe(live->mail, request);
}

static int64_t wall_ms(struct net *net)
{
	(void)net;
	return wall_clock_ms();
}

static uint64_t now_ms(struct net *net)
{
	return uv_now(((struct net_live *)net)->loop);
}

/* The check whose question server @own is probed with: the first one that has a question, where its own is of no use.
 */
static const struct server_check *probe_for(const struct server_check *check, unsigned checks, unsigned own)
{
	for (unsigned i = 0; i < checks && !check[own].useful; i++)
		if (check[i].probe_name[0])
			return &check[i];
	return &check[own];
}

static void set_probe(struct name_server *server, const struct server_check *probe)
{
	if (probe->probe_name[0] == '\0')
		return;
	server->probe_name = span_of(probe->probe_name);
	server->probe_type = probe->probe_type;
	server->probe_random = probe->probe_random;
}

static int open_dns(struct net_live *live, struct net_live_shared *shared, struct error *error)
{
	const struct options *options = shared->options;
	const struct net_cares_options dns = { .loop = live->loop,
					       .server = options->server,
					       .server_count = options->server_count,
					       .timeout_ms = options_timeout_ms(options),
					       .tries_max = 1 + options->retries,
					       .tries_ms = QUESTION_TRIES_MS,
					       .rate = &shared->rate,
					       .resolver_rate = options->resolver_rate / shared->loops,
					       .earned_us = shared->earned_us };

	if (net_cares_open(&live->dns, &dns, error) < 0)
		return -1;
	for (unsigned i = 0; i < options->server_count; i++) {
		struct name_server *server = &net_cares_health(live->dns)->server[i];
		const struct server_check *probe = probe_for(shared->check, options->server_count, i);

		set_probe(server, probe);
		/* It would make every question it is asked wait for a time-out: it is down until it answers. */
		if (probe != &shared->check[i])
			server->state = SERVER_DOWN;
	}
	return 0;
}

static int open_web(struct net_live *live, struct net_live_shared *shared, struct error *error)
{
	const struct options *options = shared->options;
	const struct net_curl_options web = { .loop = live->loop,
					      .store = shared->store,
					      .hosts = shared->hosts,
					      .pace = shared->pace,
					      .allow = options->allow_reserved,
					      .address_blocklist = options->address_blocklist,
					      .https_port = options->https_port,
					      .timeout_s = options->http_timeout,
					      .concurrency = options_part(options->http_concurrency, shared->loops),
					      .user_agent = shared->user_agent,
					      .keep_certificates = options->keep_certificates };

	return net_curl_open(&live->web, &web, error);
}

static int open_mail(struct net_live *live, struct net_live_shared *shared, double timeout_s, struct error *error)
{
	const struct options *options = shared->options;
	const struct net_smtp_options mail = { .loop = live->loop,
					       .store = shared->store,
					       .hosts = live->own_hosts ? live->own_hosts : shared->mail_hosts,
					       .pace = live->own_hosts ? NULL : shared->mail_pace,
					       .allow = options->allow_reserved,
					       .address_blocklist = options->address_blocklist,
					       .ehlo_domain = shared->ehlo,
					       .smtp_port = (uint16_t)options->smtp_port,
					       .timeout_s = timeout_s,
					       .keep_certificates = options->keep_certificates,
					       .concurrency = shared->probes_at_once,
					       .slow_max = shared->probes_slow };

	live->net.probe = probe;
	return net_smtp_open(&live->mail, &mail, error);
}

static int open_questions(struct net_live *live, uv_loop_t *loop, struct net_live_shared *shared, struct error *error)
{
	*live = (struct net_live){ .net = { .ask = ask, .fetch = fetch, .wall_ms = wall_ms, .now_ms = now_ms },
				   .loop = loop };
	live->cache = answer_cache_new(&live->net);
	if (!live->cache)
		return error_set(error, "no memory");
	return open_dns(live, shared, error);
}

static int open_direct(struct net_live *live, struct net_live_shared *shared, struct error *error)
{
	const struct options *options = shared->options;
	const struct net_direct_options direct = { .engine = { .loop = live->loop,
							       .port = (uint16_t)options->dns_port,
							       .timeout_ms = options_timeout_ms(options),
							       .allow = options->allow_reserved,
							       .blocklist = options->address_blocklist },
						   .books = shared->books,
						   .hosts = shared->ns_hosts,
						   .audit = &shared->audit,
						   .reach = &shared->reach,
						   .domain_blocklist = options->domain_blocklist,
						   .resolver = &live->net };

	return net_direct_open(&live->direct, &direct, error) < 0 ? -1 : 0;
}

int net_live_open(struct net_live *live, uv_loop_t *loop, struct net_live_shared *shared, struct error *error)
{
	const struct options *options = shared->options;

	if (open_questions(live, loop, shared, error) < 0 || open_web(live, shared, error) < 0 ||
	    (shared->books && open_direct(live, shared, error) < 0))
		return -1;
	return options_probes(options) ? open_mail(live, shared, options->smtp_timeout, error) : 0;
}

int net_live_open_canary(struct net_live *live, uv_loop_t *loop, struct net_live_shared *shared, double timeout_s,
			 struct error *error)
{
	if (open_questions(live, loop, shared, error) < 0)
		return -1;
	live->own_hosts = host_limit_new(MAIL_HOST_CONNECTIONS);
	if (!live->own_hosts)
		return error_set(error, "no memory");
	return open_mail(live, shared, timeout_s, error);
}

/* Does it not validate? Of an answer without AD nobody knows then whether it is insecure. What a lab's internet says of
 * a name that is signed in the real one tells nothing of its resolver. */
static bool is_blind(const struct net_live_shared *shared, unsigned server)
{
	return shared->check[server].unvalidated && !options_is_lab(shared->options);
}

static bool is_believed(const struct net_live_shared *shared, unsigned server)
{
	const struct options *options = shared->options;

	/* AD of a resolver elsewhere could be anybody's (RFC 4035 4.9.3) */
	return !is_blind(shared, server) &&
	       (options->trust_ad || address_is_loopback(&options->server[server].address));
}

static unsigned believed(const struct net_live_shared *shared)
{
	unsigned i = 0;

	while (i < shared->options->server_count && is_believed(shared, i))
		i++;
	return i;
}

bool net_live_believes_ad(const struct net_live_shared *shared)
{
	return believed(shared) == shared->options->server_count;
}

void net_live_warn_of_ad(const struct net_live_shared *shared)
{
	unsigned first = believed(shared);
	char text[ADDRESS_TEXT_MAX];

	if (first == shared->options->server_count)
		return;
	address_text(&shared->options->server[first].address, text);
	if (is_blind(shared, first))
		log_warning(
			"DANE is not looked at: name server %s does not validate DNSSEC; --resolver unbound starts one "
			"that does",
			text);
	else
		log_warning("DANE is not looked at: name server %s is not on this machine, so that its AD bit could be "
			    "anybody's; --trust-ad believes it, --resolver unbound starts one here",
			    text);
}

struct job_context net_live_context(struct net_live *live, const struct net_live_shared *shared,
				    void (*done)(struct job *job), void *arg)
{
	const struct options *options = shared->options;

	return (struct job_context){ .net = &live->net,
				     .allow = options->allow_reserved,
				     .address_blocklist = options->address_blocklist,
				     .domain_blocklist = options->domain_blocklist,
				     .done = done,
				     .ad_believed = net_live_believes_ad(shared),
				     .all_hosts = options->smtp == OPTIONS_SMTP_ALL,
				     .without_sni = options->smtp_without_sni,
				     .arg = arg };
}

unsigned net_live_probing(const struct net_live *live)
{
	const struct gate *gate = live->mail ? net_smtp_gate(live->mail) : NULL;

	return gate ? gate->open + gate->slow : 0;
}

void net_live_stop(struct net_live *live)
{
	if (live->direct)
		net_direct_stop(live->direct);
	net_cares_stop(live->dns);
	net_curl_stop(live->web);
	if (live->mail)
		net_smtp_stop(live->mail);
}

void net_live_close(struct net_live *live)
{
	if (live->direct)
		net_direct_close(live->direct);
	if (live->dns) {
		net_cares_stop(live->dns);
		net_cares_close(live->dns);
	}
	if (live->web)
		net_curl_close(live->web); /* frees it */
	live->web = NULL;
	if (live->mail)
		net_smtp_close(live->mail); /* likewise */
	live->mail = NULL;
}

void net_live_free(struct net_live *live)
{
	if (live->direct)
		net_direct_free(live->direct);
	if (live->dns)
		net_cares_free(live->dns);
	answer_cache_free(live->cache);
	host_limit_free(live->own_hosts);
}
