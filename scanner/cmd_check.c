#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "analysis/classify/classify.h"
#include "analysis/explain.h"
#include "output/command.h"
#include "output/usage.h"
#include "scanner/rules/idna.h"
#include "scanner/job/job.h"
#include "scanner/base/limits.h"
#include "scanner/run/net_live.h"
#include "scanner/options/options.h"
#include "scanner/dns/preflight.h"
#include "scanner/dns/private_resolver.h"

/* A few domains at most: each in its own job, all at once. */
struct check {
	const struct options *options;
	uv_loop_t loop;
	struct net_live live;
	struct net_live_shared shared;
	struct server_check *server;
	struct job_context context;
	struct job *job;
	unsigned jobs, pending;
};

static void on_done(struct job *job)
{
	((struct check *)job->context->arg)->pending--;
}

/* A name as DNS has it; false with a line on standard error. */
static bool to_name(const char *argument, char name[static DOMAIN_NAME_MAX + 1])
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

		if (job_fault(&check->job[i])) {
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

static int open_nets(struct check *check, unsigned count, struct error *error)
{
	const struct options *options = check->options;

	check->job = calloc(count, sizeof(*check->job));
	check->server = calloc(options->server_count, sizeof(*check->server));
	if (!check->job || !check->server)
		return error_set(error, "no memory");
	if (net_live_shared_open(&check->shared, options, check->server, 1, error) < 0 ||
	    preflight(options->server, options->server_count, (uint32_t)(options->timeout * 1000), NULL, 0,
		      check->server, error) < 0)
		return -1;
	return net_live_open(&check->live, &check->loop, &check->shared, error);
}

static int run(struct check *check, char **domains, unsigned count)
{
	char name[DOMAIN_NAME_MAX + 1];
	struct error error;

	if (open_nets(check, count, &error) < 0)
		return usage_fatal("check", error.text);
	check->context = (struct job_context){ .net = &check->live.net,
					       .allow = check->options->allow_reserved,
					       .domain_blocklist = check->options->domain_blocklist,
					       .address_blocklist = check->options->blocklist,
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
	return show(check);
}

static void clean_up(struct check *check)
{
	net_live_close(&check->live);
	uv_run(&check->loop, UV_RUN_DEFAULT);
	uv_loop_close(&check->loop);
	for (unsigned i = 0; i < check->jobs; i++)
		job_fini(&check->job[i]);
	free(check->job);
	net_live_free(&check->live);
	net_live_shared_free(&check->shared);
	free(check->server);
}

static int check_all(struct options *options, char **domains, unsigned count)
{
	struct check check = { .options = options };
	struct error error;
	int status;

	if (options->resolver) {
		if (private_resolver_start(&options->started, options->resolver_config, options->threads, count,
					   &options->server[0], &error) < 0)
			return usage_fatal("check", error.text);
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
	struct error error;
	struct options options;
	int status, first;

	switch (options_read(&options, OPTIONS_CHECK, argc, argv, &first, &error)) {
	case OPTIONS_HELP_SHOWN:
		return EXIT_COMPLETE;
	case OPTIONS_USAGE:
		fprintf(stderr, "stsurvey check: %s\n", error.text);
		return EXIT_USAGE;
	case OPTIONS_FATAL:
		return usage_fatal("check", error.text);
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
