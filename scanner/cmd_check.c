#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "analysis/classify.h"
#include "analysis/explain.h"
#include "output/command.h"
#include "scanner/answer_cache.h"
#include "scanner/idna.h"
#include "scanner/job.h"
#include "scanner/net_cares.h"
#include "scanner/net_curl.h"
#include "scanner/options.h"
#include "scanner/preflight.h"
#include "scanner/private_resolver.h"

/* A few domains at most: each in its own job, all at once. */
struct check {
	struct net net; /* first: what a job calls back with */
	const struct options *options;
	uv_loop_t loop;
	struct net_cares *dns;
	struct answer_cache *cache;
	struct net_curl *web;
	struct tls_store *store;
	struct host_limit *hosts;
	struct server_check *server;
	struct job_context context;
	struct job *job;
	unsigned jobs, pending;
};

static void ask(struct net *net, struct net_query *query)
{
	struct check *check = (struct check *)net;

	if (query->shared)
		answer_cache_ask(check->cache, query); /* sends it on, not shared, or answers */
	else
		net_cares_ask(check->dns, query);
}

static void fetch(struct net *net, struct net_fetch *request)
{
	net_curl_fetch(((struct check *)net)->web, request);
}

static int64_t wall_ms(struct net *net)
{
	uv_timeval64_t now = { 0 };

	(void)net;
	uv_gettimeofday(&now);
	return now.tv_sec * 1000 + now.tv_usec / 1000;
}

static uint64_t now_ms(struct net *net)
{
	return uv_now(&((struct check *)net)->loop);
}

static const struct net_ops check_net = { ask, fetch, wall_ms, now_ms };

static void on_done(struct job *job)
{
	((struct check *)job->context->arg)->pending--;
}

static int open_nets(struct check *check, char *error, size_t error_size)
{
	const struct options *options = check->options;
	struct net_cares_options dns = { .loop = &check->loop,
					 .server = options->server,
					 .server_count = options->server_count,
					 .timeout_ms = (uint32_t)(options->timeout * 1000),
					 .tries = 1 + options->retries };
	char user_agent[256];
	struct net_curl_options web = { .loop = &check->loop,
					.allow = options->allow_reserved,
					.block = options->blocklist,
					.https_port = options->https_port,
					.timeout_s = options->http_timeout,
					.concurrency = options->http_concurrency,
					.user_agent = user_agent };

	snprintf(user_agent, sizeof user_agent, "stsurvey/" STSURVEY_VERSION "%s%s%s", options->contact ? " (" : "",
		 options->contact ? options->contact : "", options->contact ? ")" : "");
	check->server = calloc(options->server_count, sizeof *check->server);
	check->hosts = host_limit_new(options->per_host);
	check->cache = answer_cache_new(&check->net);
	snprintf(error, error_size, "no memory");
	if (!check->server || !check->hosts || !check->cache ||
	    tls_store_open(&check->store, options->ca_file, error, error_size) < 0)
		return -1;
	web.store = check->store;
	web.hosts = check->hosts;
	if (net_cares_open(&check->dns, &dns, error, error_size) < 0)
		return -1;
	return net_curl_open(&check->web, &web, error, error_size);
}

/* A name as DNS has it; false with a line on standard error. */
static bool to_name(const char *argument, char name[DOMAIN_NAME_MAX + 1])
{
	size_t n;

	if (!idna_name(span_trim(span_of(argument)), name, &n)) {
		fprintf(stderr, "stsurvey check: %s: is no domain name\n", argument);
		return false;
	}
	name[n] = '\0';
	return true;
}

static int show(struct check *check)
{
	bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	int status = EXIT_COMPLETE;

	for (unsigned i = 0; i < check->jobs; i++) {
		struct observation observation;
		struct classification result;

		if (check->job[i].fault) {
			fprintf(stderr, "stsurvey check: %.*s: out of memory or sockets\n", (int)check->job[i].name.n,
				check->job[i].name.p);
			status = EXIT_FATAL;
			continue;
		}
		job_observation(&check->job[i], &observation);
		classify(&observation, &result);
		if (i > 0)
			putchar('\n');
		explain_domain(stdout, &observation, &result, colour);
		switch (result.judgement.verdict) {
		case VERDICT_NONE:
		case VERDICT_TESTING_OK:
		case VERDICT_ENFORCE_OK:
			break;
		default:
			status = EXIT_FATAL;
		}
	}
	if (fflush(stdout) != 0) {
		fprintf(stderr, "stsurvey check: standard output: %s\n", strerror(errno));
		status = EXIT_FATAL;
	}
	return status;
}

static int run(struct check *check, char **domains, unsigned count)
{
	char error[OPTIONS_ERROR_MAX], name[DOMAIN_NAME_MAX + 1];
	int status = EXIT_FATAL;

	check->job = calloc(count, sizeof *check->job);
	if (!check->job || open_nets(check, error, sizeof error) < 0 ||
	    preflight(check->options, NULL, 0, check->server, error, sizeof error) < 0) {
		fprintf(stderr, "stsurvey check: %s\n", check->job ? error : "no memory");
		return EXIT_FATAL;
	}
	check->context = (struct job_context){ .net = &check->net,
					       .allow = check->options->allow_reserved,
					       .unasked = check->options->domain_blocklist,
					       .block = check->options->blocklist,
					       .done = on_done,
					       .arg = check };
	for (unsigned i = 0; i < count; i++) {
		struct job *job = &check->job[check->jobs];

		if (!to_name(domains[i], name))
			return EXIT_USAGE;
		if (check->options->domain_blocklist &&
		    domain_set_has(check->options->domain_blocklist, span_of(name))) {
			fprintf(stderr, "stsurvey check: %s: is on the --domain-blocklist-file\n", name);
			return EXIT_FATAL;
		}
		check->jobs++;
		check->pending++;
		job_init(job, &check->context);
		job_start(job, i, 0, span_of(name), true);
	}
	while (check->pending > 0)
		uv_run(&check->loop, UV_RUN_ONCE);
	status = show(check);
	return status;
}

static void clean_up(struct check *check)
{
	if (check->dns) {
		net_cares_stop(check->dns);
		net_cares_close(check->dns);
	}
	if (check->web)
		net_curl_close(check->web);
	uv_run(&check->loop, UV_RUN_DEFAULT);
	uv_loop_close(&check->loop);
	for (unsigned i = 0; i < check->jobs; i++)
		job_fini(&check->job[i]);
	free(check->job);
	if (check->dns)
		net_cares_free(check->dns);
	answer_cache_free(check->cache);
	if (check->hosts)
		host_limit_free(check->hosts);
	if (check->store)
		tls_store_free(check->store);
	free(check->server);
}

static int check_all(struct options *options, char **domains, unsigned count)
{
	struct check check = { .net = { &check_net }, .options = options };
	char error[OPTIONS_ERROR_MAX];
	int status;

	if (options->resolver) {
		if (private_resolver_start(&options->started, options->resolver_config, options->threads, count,
					   &options->server[0], error, sizeof error) < 0) {
			fprintf(stderr, "stsurvey check: %s\n", error);
			return EXIT_FATAL;
		}
		options->server_count = 1;
	}
	uv_loop_init(&check.loop);
	status = run(&check, domains, count);
	clean_up(&check);
	private_resolver_stop(options->started);
	return status;
}

int cmd_check(int argc, char **argv)
{
	char error[OPTIONS_ERROR_MAX];
	struct options options;
	int status, first;

	switch (options_read(&options, OPTIONS_CHECK, argc, argv, &first, error)) {
	case OPTIONS_HELP_SHOWN:
		return EXIT_COMPLETE;
	case OPTIONS_USAGE:
		fprintf(stderr, "stsurvey check: %s\n", error);
		return EXIT_USAGE;
	case OPTIONS_FATAL:
		fprintf(stderr, "stsurvey check: %s\n", error);
		return EXIT_FATAL;
	case OPTIONS_OK:
		break;
	}
	if (first >= argc) {
		fprintf(stderr, "stsurvey check: which DOMAIN? see 'stsurvey help check'\n");
		status = EXIT_USAGE;
	} else {
		status = check_all(&options, argv + first, (unsigned)(argc - first));
	}
	options_free(&options);
	return status;
}
