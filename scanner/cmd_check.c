#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "analysis/classify/classify.h"
#include "analysis/explain.h"
#include "scanner/dns/preflight.h"
#include "scanner/job/job.h"
#include "scanner/options/exit_status.h"
#include "scanner/program.h"
#include "scanner/rules/idna.h"
#include "scanner/run/domain_log.h"
#include "scanner/run/net_live.h"

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

static int show(struct check *check, struct error *error)
{
	bool colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	int status = EXIT_COMPLETE;

	for (unsigned i = 0; i < check->jobs; i++) {
		struct observation observation;
		struct classification result;

		if (job_fault(&check->job[i])) {
			fprintf(stderr, "stsurvey check: %.*s: %s\n", (int)check->job[i].name.n, check->job[i].name.p,
				net_fault_name(job_fault(&check->job[i])));
			status = EXIT_FATAL;
			continue;
		}
		job_observation(&check->job[i], &observation);
		classify(&observation, &result);
		domain_log_judged(observation.name, &result.judgement, "explained");
		if (i > 0)
			putchar('\n');
		explain_domain(stdout, &observation, &result, colour);
		switch (result.judgement.verdict) {
		case VERDICT_NONE:
		case VERDICT_TESTING_OK:
		case VERDICT_ENFORCE_OK:
			break;
		default:
			status = EXIT_NOT_IN_ORDER;
		}
	}
	if (fflush(stdout) == 0)
		return status;
	error_set(error, "standard output: %s", strerror(errno));
	return EXIT_FATAL;
}

static int open_nets(struct check *check, struct error *error)
{
	const struct options *options = check->options;

	check->job = calloc((size_t)options->operands, sizeof(*check->job));
	check->server = calloc(options->server_count, sizeof(*check->server));
	if (!check->job || !check->server)
		return error_set(error, "no memory");
	if (net_live_shared_open(&check->shared, options, check->server, 1, error) < 0 ||
	    preflight(options->server, options->server_count, options_timeout_ms(options), NULL, 0, check->server,
		      error) < 0)
		return -1;
	for (unsigned i = 0; i < options->server_count; i++)
		preflight_warn(&options->server[i], &check->server[i], options_is_lab(options));
	return net_live_open(&check->live, &check->loop, &check->shared, error);
}

/* Begin a domain. The exit status is not COMPLETE where it cannot be. */
static int begin(struct check *check, const char *argument, struct error *error)
{
	const struct domain_set *unasked = check->options->domain_blocklist;
	struct job *job = &check->job[check->jobs];
	char text[DOMAIN_NAME_MAX];
	struct span name = { text, 0 };

	if (!idna_name(span_trim(span_of(argument)), text, &name.n)) {
		error_set(error, "%s: is no domain name", argument);
		return EXIT_USAGE;
	}
	if (unasked && domain_set_has(unasked, name)) {
		error_set(error, "%.*s: is on the --domain-blocklist-file", (int)name.n, name.p);
		return EXIT_FATAL;
	}
	check->pending++;
	job_init(job, &check->context);
	job_start(job, check->jobs++, 0, name, true);
	return EXIT_COMPLETE;
}

static int run(struct check *check, struct error *error)
{
	const struct options *options = check->options;
	int status = EXIT_COMPLETE;

	if (open_nets(check, error) < 0)
		return EXIT_FATAL;
	check->context = net_live_context(&check->live, options, on_done, check);
	for (int i = 0; i < options->operands && status == EXIT_COMPLETE; i++)
		status = begin(check, options->operand[i], error);
	if (status != EXIT_COMPLETE)
		return status;
	while (check->pending > 0)
		uv_run(&check->loop, UV_RUN_ONCE);
	return show(check, error);
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

int cmd_check(const struct options *options, struct error *error)
{
	struct check check = { .options = options };
	int status;

	if (uv_loop_init(&check.loop) < 0) {
		error_set(error, "no memory or file descriptors for an event loop; see ulimit -n");
		return EXIT_FATAL;
	}
	status = run(&check, error);
	clean_up(&check);
	return status;
}
