#include "scanner/run/survey_report.h"

#include "output/json.h"
#include "scanner/base/log.h"
#include "scanner/base/wall_clock.h"
#include "scanner/run/worker.h"

static uint64_t sum(const struct scan *scan, size_t offset)
{
	uint64_t total = 0;

	/* the first moment is told before the workers are there */
	for (unsigned i = 0; i < scan->workers && scan->worker[i]; i++) {
		const char *counts = (const char *)worker_counts(scan->worker[i]);

		total += atomic_load_explicit((const _Atomic uint64_t *)(counts + offset), memory_order_relaxed);
	}
	return total;
}

#define SUM(report, member) sum((report)->scan, offsetof(struct worker_counts, member))

double survey_report_elapsed_s(const struct survey_report *report)
{
	return (double)(uv_hrtime() - report->start_ns) / 1e9;
}

/* Domains whose facts are not known yet count as unknown until the second pass has asked again. */
static uint64_t unknown_now(const struct survey_report *report)
{
	uint64_t recorded = report->before->unknown + SUM(report, unknown);

	switch (atomic_load(&report->scan->phase)) {
	case SCAN_LIST:
		return recorded + SUM(report, deferred);
	case SCAN_RETRY:
		return recorded + retry_count(report->scan->retry);
	default:
		return recorded;
	}
}

static double fraction_now(const struct survey_report *report)
{
	uint64_t most = report->scan->options->max_domains;
	uint64_t handed = feed_handed(report->scan->feed);
	uint64_t through = SUM(report, domains) + SUM(report, deferred);
	double fraction = feed_fraction(report->scan->feed);

	/* the feed runs ahead of the scan */
	if (fraction > 0 && through < handed)
		fraction *= (double)through / (double)handed;
	if (most > 0 && (double)SUM(report, domains) / (double)most > fraction)
		fraction = (double)SUM(report, domains) / (double)most;
	return fraction;
}

static void moment_now(const struct survey_report *report, struct progress_moment *moment)
{
	const struct record_trailer *before = report->before;
	uint64_t paused = SUM(report, paused);

	*moment = (struct progress_moment){
		.now_ms = uv_hrtime() / 1000000,
		.wall_ms = wall_clock_ms(),
		.fraction = fraction_now(report),
		.counts = { .domains = before->domains + SUM(report, domains),
			    .sts = SUM(report, sts),
			    .fetched = SUM(report, fetched),
			    .unknown = unknown_now(report),
			    .blocklisted = before->blocklisted + SUM(report, blocklisted),
			    .illegal = before->illegal + SUM(report, illegal),
			    .queries = before->queries + SUM(report, packets),
			    .fetches = before->fetches + SUM(report, fetches),
			    .in_flight = SUM(report, in_flight),
			    .fetching = SUM(report, fetching) },
	};
	if (paused > 0 && paused == report->scan->workers)
		moment->note = "paused: no name server answers";
	else if (SUM(report, short_of) > 0)
		moment->note = "waiting: this machine is out of sockets or memory";
	else if (atomic_load(&report->scan->phase) == SCAN_RETRY)
		moment->note = "asking again what stayed unknown";
}

static void put_server(struct json *json, const struct survey_report *report, unsigned i)
{
	const struct endpoint *server = &report->scan->options->server[i];
	const struct server_check *check = &report->check[i];
	char address[ADDRESS_TEXT_MAX];

	address_text(&server->address, address);
	json_open_object(json, NULL);
	json_text(json, "address", address);
	json_uint(json, "port", server->port);
	json_bool(json, "answers", check->answers);
	json_text(json, "no_such_name", dns_status_names[check->status]);
	json_bool(json, "rewrites_nxdomain", check->rewrites);
	json_bool(json, "tcp", check->tcp);
	json_bool(json, "edns", check->edns);
	if (check->edns)
		json_uint(json, "edns_size", check->edns_size);
	else
		json_null(json, "edns_size");
	json_bool(json, "validates_dnssec", check->validates);
	json_uint(json, "answered", SUM(report, server[i].answered));
	json_uint(json, "failed", SUM(report, server[i].failed));
	json_uint(json, "timeouts", SUM(report, server[i].timeouts));
	json_uint(json, "times_down", SUM(report, server[i].times_down));
	json_close_object(json);
}

static void put_extra(struct json *json, void *arg)
{
	const struct survey_report *report = arg;

	json_open_array(json, "servers");
	for (unsigned i = 0; i < report->scan->options->server_count; i++)
		put_server(json, report, i);
	json_close_array(json);
	json_open_object(json, "dns");
	json_uint(json, "repeats", SUM(report, repeats));
	json_uint(json, "tcp", SUM(report, tcp));
	json_uint(json, "saved", SUM(report, saved));
	json_uint(json, "icmp_errors", SUM(report, icmp));
	json_uint(json, "parked", SUM(report, parked));
	json_uint(json, "receive_buffer", SUM(report, receive_buffer) / report->scan->workers);
	json_close_object(json);
	json_uint(json, "deferred", SUM(report, deferred));
	json_uint(json, "local_faults", SUM(report, faults));
}

int survey_report_open(struct survey_report *report, int argc, char **argv, struct error *error)
{
	struct progress_about about = { .argc = argc,
					.argv = argv,
					.input = report->scan->options->input_file,
					.resumed = report->before->domains,
					.extra = put_extra,
					.arg = report };
	struct progress_moment moment;

	feed_identity(report->scan->feed, &about.input_size, &about.input_mtime, &about.input_sample);
	moment_now(report, &moment);
	return progress_open(&report->progress, report->scan->options, &about, &moment, error);
}

void survey_report_tick(struct survey_report *report)
{
	struct progress_moment moment;

	moment_now(report, &moment);
	progress_tick(report->progress, &moment);
}

void survey_report_trailer(const struct survey_report *report, enum record_completion completion,
			   struct record_trailer *trailer)
{
	const struct record_trailer *before = report->before;

	*trailer = (struct record_trailer){ .completion = completion,
					    .end_ms = wall_clock_ms(),
					    .domains = before->domains + SUM(report, domains),
					    .unknown = before->unknown + SUM(report, unknown),
					    .blocklisted = before->blocklisted + SUM(report, blocklisted),
					    .illegal = before->illegal + SUM(report, illegal),
					    .queries = before->queries + SUM(report, packets),
					    .fetches = before->fetches + SUM(report, fetches) };
}

static void summarise(const struct survey_report *report)
{
	unsigned long long domains = SUM(report, domains), queries = SUM(report, packets);
	double seconds = survey_report_elapsed_s(report);

	log_info("%llu domains in %.1f s, %.0f a second; %llu queries, %.2f a domain, %llu of them repeats, %llu over "
		 "TCP",
		 domains, seconds, (double)domains / seconds, queries,
		 domains ? (double)queries / (double)domains : 0.0, (unsigned long long)SUM(report, repeats),
		 (unsigned long long)SUM(report, tcp));
	log_info("%llu STS records, %llu policies fetched of %llu tried; %llu domains unknown, %llu asked twice",
		 (unsigned long long)SUM(report, sts), (unsigned long long)SUM(report, fetched),
		 (unsigned long long)SUM(report, fetches),
		 (unsigned long long)(report->before->unknown + SUM(report, unknown)),
		 (unsigned long long)SUM(report, deferred));
}

void survey_report_close(struct survey_report *report, enum progress_end end, int exit_status, const char *error)
{
	struct progress_moment moment;

	if (!report->progress)
		return;
	moment_now(report, &moment);
	if (end == PROGRESS_COMPLETE)
		moment.fraction = 1;
	moment.note = NULL;
	progress_close(report->progress, &moment, end, exit_status, error);
	report->progress = NULL;
	summarise(report);
}
