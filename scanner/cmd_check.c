/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <uv.h>

#include "analysis/classify/classify.h"
#include "analysis/explain/explain.h"
#include "analysis/lines/domain_json.h"
#include "scanner/base/log.h"
#include "scanner/base/thread_alloc.h"
#include "scanner/check_hosts.h"
#include "scanner/dns/preflight.h"
#include "scanner/live/ehlo_name.h"
#include "scanner/job/job.h"
#include "scanner/options/exit_status.h"
#include "scanner/program.h"
#include "scanner/rules/idna.h"
#include "scanner/scan/domain_log.h"
#include "scanner/live/net_live.h"

enum { PROBES_AT_ONCE = 64 }; /* as many as a domain has MX */

/* A few domains at most: each in its own job, all at once. */
struct check {
	const struct options *options;
	struct name {
		char text[DOMAIN_NAME_MAX];
		size_t n;
	} * name; /* the arguments that are domain names */
	unsigned names;
	struct name if_mx; /* n 0: none */
	uv_loop_t loop;
	struct net_live live;
	struct net_live_shared shared;
	struct server_check *server;
	struct job_context context;
	struct job *job;
	unsigned jobs, pending;
	struct check_hosts hosts;
};

static int worse(int a, int b)
{
	return a > b ? a : b;
}

static void on_done(struct job *job)
{
	((struct check *)job->context->arg)->pending--;
}

static void on_host_done(struct host_job *job)
{
	check_hosts_done(&((struct check *)job->context->arg)->hosts, job);
}

static int status_of(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_NONE:
	case VERDICT_TESTING_OK:
	case VERDICT_ENFORCE_OK:
		return EXIT_COMPLETE;
	default:
		return EXIT_NOT_IN_ORDER;
	}
}

/* A file or a pipe gets whole lines without colours; so does a terminal of which nothing is known. */
static struct explain_style style_of(const struct check *check)
{
	static const enum sender_gone gone[] = { [OPTIONS_GONE_NOTHING] = SENDER_GONE_NOTHING,
						 [OPTIONS_GONE_POLICY] = SENDER_GONE_POLICY,
						 [OPTIONS_GONE_RECORD] = SENDER_GONE_RECORD };
	struct explain_style style = { .https_port = check->options->https_port,
				       .what_if.gone = gone[check->options->if_gone] };
	const char *no_colour = getenv("NO_COLOR"); /* no-color.org: an empty one says nothing */
	struct winsize size;

	if (check->if_mx.n > 0)
		style.what_if.mx = (struct span){ check->if_mx.text, check->if_mx.n };
	if (!isatty(STDOUT_FILENO))
		return style;
	style.colour = log_terminal_obeys() && (!no_colour || no_colour[0] == '\0');
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		style.width = size.ws_col;
	return style;
}

/* The line that export would write. */
static bool show_json(const struct observation *observation, const struct classification *result)
{
	struct text line;
	bool complete;

	text_open_memory(&line);
	domain_json_write(&line, observation, result);
	complete = !text_failed(&line);
	if (complete)
		fwrite(line.data, 1, line.used, stdout);
	text_free(&line);
	return complete;
}

static bool show_text(const struct check *check, const struct observation *observation,
		      const struct classification *result, bool first)
{
	struct explain_style style = style_of(check);

	if (!first)
		putchar('\n');
	return explain_domain(stdout, observation, result, &style);
}

static int show(struct check *check, struct error *error)
{
	int status = EXIT_COMPLETE;

	for (unsigned i = 0; i < check->jobs; i++) {
		const struct obs_host *joined[OBS_MX_MAX];
		struct observation observation;
		struct classification result;

		if (job_fault(&check->job[i])) {
			fprintf(stderr, "stsurvey check: %.*s: %s\n", (int)check->job[i].name.n, check->job[i].name.p,
				net_fault_name(job_fault(&check->job[i])));
			status = EXIT_FATAL;
			continue;
		}
		job_observation(&check->job[i], &observation);
		if (options_probes(check->options))
			check_hosts_join(&check->hosts, &observation.mx, joined);
		classify(&observation, &result);
		domain_log_judged(observation.name, &result.judgement, "explained");
		if (!(check->options->json ? show_json(&observation, &result)
					   : show_text(check, &observation, &result, i == 0))) {
			error_set(error, "no memory");
			return EXIT_FATAL;
		}
		status = worse(status, status_of(result.judgement.verdict));
	}
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	text_explain("-", errno, error);
	return EXIT_FATAL;
}

static int open_nets(struct check *check, struct error *error)
{
	const struct options *options = check->options;

	check->job = calloc(check->names, sizeof(*check->job));
	check->server = calloc(options->server_count, sizeof(*check->server));
	if (!check->job || !check->server)
		return error_set(error, "no memory");
	if (net_live_shared_open(&check->shared, options, check->server, 1, error) < 0 ||
	    preflight(options->server, options->server_count, options_timeout_ms(options), NULL, 0, NULL, check->server,
		      error) < 0)
		return -1;
	check->shared.probes_at_once = PROBES_AT_ONCE;
	if (options_probes(options) && !ehlo_name_find(options, check->shared.ehlo))
		log_warning("this machine has no name to greet with, so %s: give one with --ehlo-domain",
			    check->shared.ehlo);
	for (unsigned i = 0; i < options->server_count; i++)
		preflight_warn(&options->server[i], &check->server[i], options_is_lab(options));
	if (options_probes(options))
		net_live_warn_of_ad(&check->shared);
	return net_live_open(&check->live, &check->loop, &check->shared, error);
}

/* The domain that was probably meant by a URL or a mail address; p NULL: none is in it. */
static struct span host_within(struct span text)
{
	static const char behind[] = "/?#:"; /* what ends the host of a URL (RFC 3986 3.2) */
	struct span rest = text;
	size_t colon = span_find(text, 0, ':'), at;

	if (colon < text.n)
		rest = span_skip(text, colon + 1);
	while (rest.n > 0 && rest.p[0] == '/')
		rest = span_skip(rest, 1);
	if (colon < text.n && rest.p == text.p + colon + 1 && rest.n > 0 && rest.p[0] >= '0' && rest.p[0] <= '9')
		rest = text; /* a port, not a scheme */
	at = span_find(rest, 0, '@');
	if (at < rest.n)
		rest = span_skip(rest, at + 1);
	for (size_t i = 0; i < rest.n; i++)
		if (strchr(behind, rest.p[i]))
			rest.n = i;
	return rest.n > 0 && rest.n < text.n ? rest : (struct span){ NULL, 0 };
}

/* A name that senders ask for beside a mail domain is hardly one itself. */
static void warn_of_label(struct span name)
{
	static const struct span label[] = { SPAN_LITERAL("_mta-sts."), SPAN_LITERAL("mta-sts."),
					     SPAN_LITERAL("_smtp._tls.") };

	for (size_t i = 0; i < COUNT_OF(label); i++)
		if (span_starts_with(name, label[i]))
			log_warning("%.*s: is looked at as a mail domain; did you mean %.*s?", (int)name.n, name.p,
				    (int)(name.n - label[i].n), name.p + label[i].n);
}

/* What keeps one argument from being looked at keeps no other. */
static int take_name(struct check *check, const char *argument)
{
	const struct domain_set *unasked = check->options->domain_blocklist;
	struct name *name = &check->name[check->names];
	struct span text = span_trim(span_of(argument)), host = host_within(text);
	struct error what;

	if (!idna_name(text, name->text, &name->n)) {
		bool meant = host.p && idna_name(host, name->text, &name->n);

		error_set(&what, "%s: is no domain name%s%.*s%s", argument, meant ? "; did you mean " : "",
			  meant ? (int)name->n : 0, name->text, meant ? "?" : "");
		fprintf(stderr, "stsurvey check: %s\n", what.text);
		return EXIT_USAGE;
	}
	if (unasked && domain_set_has(unasked, (struct span){ name->text, name->n })) {
		fprintf(stderr, "stsurvey check: %.*s: is on the --domain-blocklist-file\n", (int)name->n, name->text);
		return EXIT_FATAL;
	}
	warn_of_label((struct span){ name->text, name->n });
	check->names++;
	return EXIT_COMPLETE;
}

static int take_names(struct check *check, struct error *error)
{
	const struct options *options = check->options;
	int status = EXIT_COMPLETE;

	check->name = calloc((size_t)options->operands, sizeof(*check->name));
	if (!check->name) {
		error_set(error, "no memory");
		return EXIT_FATAL;
	}
	for (int i = 0; i < options->operands; i++)
		status = worse(status, take_name(check, options->operand[i]));
	return status;
}

/* The MX that is imagined. */
static int take_mx(struct check *check, struct error *error)
{
	const char *text = check->options->if_mx;

	if (!text || idna_name(span_of(text), check->if_mx.text, &check->if_mx.n))
		return EXIT_COMPLETE;
	error_set(error, "--if-mx '%s': is no host name", text);
	return EXIT_USAGE;
}

static void begin(struct check *check, const struct name *name)
{
	struct job *job = &check->job[check->jobs];

	check->pending++;
	job_init(job, &check->context);
	job_start(
		job,
		&(struct job_target){ .index = check->jobs++, .rank = 0, .name = (struct span){ name->text, name->n } },
		true);
}

static int look_at_hosts(struct check *check, struct error *error)
{
	for (unsigned i = 0; i < check->jobs; i++)
		if (!job_fault(&check->job[i]) && check_hosts_add(&check->hosts, &check->job[i].mx) < 0)
			return error_set(error, "no memory");
	while (check->hosts.pending > 0)
		uv_run(&check->loop, UV_RUN_ONCE);
	if (check_hosts_none_reached(&check->hosts))
		log_warning("no mail server could be connected to: perhaps port %u is shut to this machine, as on most "
			    "clouds "
			    "and access lines, and none of them is to blame",
			    check->options->smtp_port);
	return 0;
}

static int run(struct check *check, struct error *error)
{
	int status = take_mx(check, error);

	if (status != EXIT_COMPLETE)
		return status;
	status = take_names(check, error);
	if (check->names == 0)
		return status;
	if (open_nets(check, error) < 0)
		return EXIT_FATAL;
	check->context = net_live_context(&check->live, &check->shared, on_done, check);
	check->context.host_done = on_host_done;
	check->context.without_sni = true; /* of a few hosts */
	check->hosts.context = &check->context;
	for (unsigned i = 0; i < check->names; i++)
		begin(check, &check->name[i]);
	while (check->pending > 0)
		uv_run(&check->loop, UV_RUN_ONCE);
	if (options_probes(check->options) && look_at_hosts(check, error) < 0)
		return EXIT_FATAL;
	return worse(status, show(check, error));
}

static void clean_up(struct check *check)
{
	net_live_close(&check->live);
	uv_run(&check->loop, UV_RUN_DEFAULT);
	uv_loop_close(&check->loop);
	for (unsigned i = 0; i < check->jobs; i++)
		job_fini(&check->job[i]);
	free(check->job);
	check_hosts_fini(&check->hosts);
	free(check->name);
	net_live_free(&check->live);
	net_live_shared_free(&check->shared);
	free(check->server);
	thread_alloc_trim();
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
