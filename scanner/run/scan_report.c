#include "scanner/run/scan_report.h"

#include "output/json.h"
#include "scanner/base/log.h"
#include "scanner/base/wall_clock.h"
#include "scanner/dns/preflight.h"

/* Of this run. */
#define SUM(report, member) SCAN_SUM((report)->scan, member)
/* Of the file: an earlier run's domains and this one's. */
#define TOTAL(report, member) (atomic_load(&(report)->before->counts.member) + SUM(report, recorded.member))

double scan_report_elapsed_s(const struct scan_report *report)
{
	return (double)(uv_hrtime() - report->start_ns) / 1e9;
}

/* Deferred domains that are still to be asked again. */
static uint64_t deferred_left(const struct scan_report *report)
{
	switch (atomic_load(&report->scan->phase)) {
	case SCAN_LIST:
		return SUM(report, deferred);
	case SCAN_SECOND_PASS:
		return deferred_count(report->scan->deferred);
	default:
		return 0;
	}
}

double scan_report_fraction(double of_feed, uint64_t handed, uint64_t through, uint64_t recorded, uint64_t most)
{
	double fraction = of_feed;

	if (fraction > 0 && through < handed)
		fraction *= (double)through / (double)handed;
	if (most > 0 && (double)recorded / (double)most > fraction)
		fraction = (double)recorded / (double)most;
	return fraction < 1 ? fraction : 1;
}

static double fraction_now(const struct scan_report *report)
{
	const struct feed *feed = report->scan->feed;
	uint64_t recorded = TOTAL(report, domains);

	return scan_report_fraction(feed_fraction(feed),
				    atomic_load(&report->before->counts.domains) + feed_handed(feed),
				    recorded + SUM(report, deferred), recorded, report->scan->options->max_domains);
}

static void moment_now(const struct scan_report *report, struct progress_moment *moment)
{
	*moment = (struct progress_moment){
		.now_ms = uv_hrtime() / 1000000,
		.wall_ms = wall_clock_ms(),
		.fraction = fraction_now(report),
		.counts = { .deferred_left = deferred_left(report),
			    .domains = TOTAL(report, domains),
			    .sts = TOTAL(report, sts),
			    .fetched = TOTAL(report, fetched),
			    .unknown = TOTAL(report, unknown),
			    .blocklisted = TOTAL(report, blocklisted),
			    .illegal = TOTAL(report, illegal),
			    .queries = report->before->queries + SUM(report, packets),
			    .fetches = report->before->fetches + SUM(report, fetches),
			    .traffic_lost = report->before->traffic_lost,
			    .in_flight = SUM(report, in_flight),
			    .fetching = SUM(report, fetching) },
	};
	if (scan_is_paused(report->scan))
		moment->note = "paused: no name server answers";
	else if (SUM(report, starved) > 0)
		moment->note = "waiting: this machine is out of sockets or memory";
	else if (atomic_load(&report->scan->phase) == SCAN_SECOND_PASS)
		moment->note = "asking again what stayed unknown";
}

static void put_server(struct json *json, const struct scan_report *report, unsigned i)
{
	const struct endpoint *server = &report->scan->options->server[i];
	const struct server_check *check = &report->check[i];
	char address[ADDRESS_TEXT_MAX];

	address_text(&server->address, address);
	json_open_object(json, NULL);
	json_text(json, "address", address);
	json_uint(json, "port", server->port);
	json_bool(json, "answers", check->answers);
	json_text(json, "no_such_name", dns_status_name(check->status));
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

/* All of this run. */
static void put_run(struct json *json, void *arg)
{
	const struct scan_report *report = arg;

	json_open_object(json, "run");
	json_uint(json, "domains", SUM(report, recorded.domains));
	json_uint(json, "queries", SUM(report, packets));
	json_uint(json, "fetches", SUM(report, fetches));
	json_close_object(json);
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
	json_uint(json, "not_deferred", deferred_refused(report->scan->deferred));
	json_uint(json, "local_faults", SUM(report, faults));
}

int scan_report_open(struct scan_report *report, int argc, char **argv, struct error *error)
{
	struct progress_about about = { .argc = argc,
					.argv = argv,
					.input = report->scan->options->input_file,
					.resumed = atomic_load(&report->before->counts.domains),
					.extra = put_run,
					.arg = report };
	struct progress_moment moment;

	feed_identity(report->scan->feed, &about.input_size, &about.input_mtime, &about.input_sample);
	moment_now(report, &moment);
	return progress_open(&report->progress, report->scan->options, &about, &moment, error);
}

void scan_report_tick(struct scan_report *report)
{
	struct progress_moment moment;

	moment_now(report, &moment);
	progress_tick(report->progress, &moment);
}

void scan_report_trailer(const struct scan_report *report, enum record_completion completion,
			 struct record_trailer *trailer)
{
	const struct resume *before = report->before;

	*trailer = (struct record_trailer){ .completion = completion,
					    .end_ms = wall_clock_ms(),
					    .domains = TOTAL(report, domains),
					    .unknown = TOTAL(report, unknown),
					    .blocklisted = TOTAL(report, blocklisted),
					    .illegal = TOTAL(report, illegal) };
	if (!before->traffic_lost) {
		trailer->queries = before->queries + SUM(report, packets);
		trailer->fetches = before->fetches + SUM(report, fetches);
	}
}

static void summarise(const struct scan_report *report)
{
	unsigned long long domains = SUM(report, recorded.domains), queries = SUM(report, packets);
	double seconds = scan_report_elapsed_s(report);

	log_info("this run: %llu domains in %.1f s, %.0f a second; %llu queries, %.2f a domain, %llu of them repeats, "
		 "%llu over TCP; %llu policies fetched of %llu tried; %llu domains deferred",
		 domains, seconds, (double)domains / seconds, queries,
		 domains ? (double)queries / (double)domains : 0.0, (unsigned long long)SUM(report, repeats),
		 (unsigned long long)SUM(report, tcp), (unsigned long long)SUM(report, recorded.fetched),
		 (unsigned long long)SUM(report, fetches), (unsigned long long)SUM(report, deferred));
	log_info("the file: %llu domains, %llu STS records, %llu policies, %llu domains unknown",
		 (unsigned long long)TOTAL(report, domains), (unsigned long long)TOTAL(report, sts),
		 (unsigned long long)TOTAL(report, fetched), (unsigned long long)TOTAL(report, unknown));
}

void scan_report_close(struct scan_report *report, enum progress_end end, int exit_status, const char *error)
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
