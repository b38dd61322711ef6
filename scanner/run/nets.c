#include "scanner/run/nets.h"

#include <stdio.h>

#include "scanner/base/limits.h"
#include "scanner/base/wall_clock.h"

int nets_shared_open(struct nets_shared *shared, const struct options *options, const struct server_check *check,
		     unsigned loops, struct error *error)
{
	*shared = (struct nets_shared){ .options = options, .check = check, .loops = loops };
	atomic_store(&shared->rate, options->rate / loops);
	snprintf(shared->user_agent, sizeof(shared->user_agent), "stsurvey/" STSURVEY_VERSION "%s%s%s",
		 options->contact ? " (" : "", options->contact ? options->contact : "", options->contact ? ")" : "");
	shared->hosts = host_limit_new(options->per_host);
	shared->pace = fetch_pace_new(options->host_rate, options->provider_rate,
				      options->pace_all ? NULL : options->allow_reserved);
	if (!shared->hosts || !shared->pace)
		return error_set(error, "no memory");
	return tls_store_open(&shared->store, options->ca_file, error);
}

void nets_shared_free(struct nets_shared *shared)
{
	host_limit_free(shared->hosts);
	fetch_pace_free(shared->pace);
	tls_store_free(shared->store);
}

static void ask(struct net *net, struct net_query *query)
{
	struct nets *nets = (struct nets *)net;

	if (query->shared)
		answer_cache_ask(nets->cache, query); /* sends it on, not shared, or answers */
	else
		net_cares_ask(nets->dns, query);
}

static void fetch(struct net *net, struct net_fetch *request)
{
	struct nets *nets = (struct nets *)net;

	nets->fetches++;
	net_curl_fetch(nets->web, request);
}

static int64_t wall_ms(struct net *net)
{
	(void)net;
	return wall_clock_ms();
}

static uint64_t now_ms(struct net *net)
{
	return uv_now(((struct nets *)net)->loop);
}

/* One that was of no use before the scan is down until it answers what another answered: asked in turn with the
 * others it would cost each second question a time-out. */
static void set_probe(struct resolver_server *server, const struct server_check *check, unsigned checks, unsigned own)
{
	unsigned from = own;

	for (unsigned i = 0; i < checks && check[from].probe_name[0] == '\0' && !check[own].useful; i++)
		from = i;
	if (check[from].probe_name[0] == '\0')
		return;
	if (from != own)
		server->state = RESOLVER_DOWN;
	server->probe_name = span_of(check[from].probe_name);
	server->probe_type = check[from].probe_type;
	server->probe_random = check[from].probe_random;
}

static int open_dns(struct nets *nets, struct nets_shared *shared, struct error *error)
{
	const struct options *options = shared->options;
	const struct net_cares_options dns = { .loop = nets->loop,
					       .server = options->server,
					       .server_count = options->server_count,
					       .timeout_ms = (uint32_t)(options->timeout * 1000),
					       .tries = 1 + options->retries,
					       .tries_ms = QUESTION_TRIES_MS,
					       .rate = &shared->rate,
					       .resolver_rate = options->resolver_rate / shared->loops };

	if (net_cares_open(&nets->dns, &dns, error) < 0)
		return -1;
	for (unsigned i = 0; i < options->server_count; i++)
		set_probe(&net_cares_resolver(nets->dns)->server[i], shared->check, options->server_count, i);
	return 0;
}

static int open_web(struct nets *nets, struct nets_shared *shared, struct error *error)
{
	const struct options *options = shared->options;
	const struct net_curl_options web = { .loop = nets->loop,
					      .store = shared->store,
					      .hosts = shared->hosts,
					      .pace = shared->pace,
					      .allow = options->allow_reserved,
					      .block = options->blocklist,
					      .https_port = options->https_port,
					      .timeout_s = options->http_timeout,
					      .concurrency = (options->http_concurrency + shared->loops - 1) /
							     shared->loops,
					      .user_agent = shared->user_agent };

	return net_curl_open(&nets->web, &web, error);
}

int nets_open(struct nets *nets, uv_loop_t *loop, struct nets_shared *shared, struct error *error)
{
	*nets = (struct nets){ .net = { ask, fetch, wall_ms, now_ms }, .loop = loop };
	nets->cache = answer_cache_new(&nets->net);
	if (!nets->cache)
		return error_set(error, "no memory");
	if (open_dns(nets, shared, error) < 0)
		return -1;
	return open_web(nets, shared, error);
}

void nets_stop(struct nets *nets)
{
	net_cares_stop(nets->dns);
	net_curl_stop(nets->web);
}

void nets_close(struct nets *nets)
{
	if (nets->dns) {
		net_cares_stop(nets->dns);
		net_cares_close(nets->dns);
	}
	if (nets->web)
		net_curl_close(nets->web); /* frees it */
	nets->web = NULL;
}

void nets_free(struct nets *nets)
{
	if (nets->dns)
		net_cares_free(nets->dns);
	answer_cache_free(nets->cache);
}
