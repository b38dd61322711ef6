#include "scanner/run/scan_main.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "scanner/base/log.h"
#include "scanner/options/exit_status.h"
#include "scanner/run/scan_report.h"
#include "scanner/run/scan_setup.h"
#include "scanner/run/scan_watch.h"
#include "scanner/run/worker.h"

enum {
	UNKNOWN_PERCENT_MAX = 1, /* above it, the exit status says that the scan measured too little */
};

struct scan_main {
	const struct options *options;
	struct scan scan;
	struct resume resume;
	struct server_check *check;
	struct scan_report report;
	struct scan_watch watch;
	struct error error; /* the first of all; "": none */
};

static bool has_failed(const struct scan_main *run)
{
	return run->error.text[0] != '\0';
}

static int run_workers(struct scan_main *run)
{
	struct scan *scan = &run->scan;

	for (unsigned i = 0; i < scan->workers; i++)
		if (worker_open(&scan->worker[i], scan, i, &run->error) < 0)
			return -1;
	for (unsigned i = 0; i < scan->workers; i++) {
		if (worker_start(scan->worker[i]) == 0)
			continue;
		error_set(&run->error, "no thread for worker %u of %u; see --threads", i + 1, scan->workers);
		scan_stop(scan, SCAN_AT_ONCE);
		uv_async_send(scan->on_worker_ended); /* nobody else would, were it the only one */
	}
	atomic_store(&scan->started, true);
	scan_wake_all(scan);
	scan_watch_run(&run->watch);
	for (unsigned i = 0; i < scan->workers; i++)
		worker_join(scan->worker[i]);
	return 0;
}

/* ---- the end ---- */

/* Whatever broke on the way, unless something is known to have failed already. */
static void find_failure(struct scan_main *run)
{
	struct scan *scan = &run->scan;

	if (!has_failed(run))
		run->error = run->watch.error;
	if (!has_failed(run))
		feed_error(scan->feed, &run->error);
	if (!has_failed(run))
		deferred_error(scan->deferred, &run->error);
	/* a pipe that ended after scan_setup had stopped waiting */
	if (!has_failed(run) && !scan_is_stopping(scan) && feed_entries(scan->feed) == 0)
		scan_setup_fail_empty(run->options, &run->error);
}

/* Another format than ours: each line has its record, but nothing was surveyed. */
static void warn_of_another_format(const struct scan_main *run)
{
	struct record_trailer trailer;

	scan_report_trailer(&run->report, COMPLETION_COMPLETE, &trailer);
	if (trailer.domains > 0 && trailer.illegal == trailer.domains)
		log_warning(
			"%s: no line of it is a domain name; one name a line, or rank,domain CSV, in UTF-8 is expected",
			scan_setup_input(run->options));
}

/* Close the file with what is known now. 0, or -1 with the first error of all. */
static int close_sink(struct scan_main *run, enum record_completion completion)
{
	struct record_trailer trailer;
	struct error error;

	scan_report_trailer(&run->report, completion, &trailer);
	if (sink_close(run->scan.sink, &trailer, &error) < 0 && !has_failed(run))
		run->error = error;
	run->scan.sink = NULL;
	return has_failed(run) ? -1 : 0;
}

/* On standard error whatever --quiet and --log-file say: a status that means trouble is never without a word. */
static void explain_unmeasured(const struct scan_main *run, const struct record_trailer *trailer)
{
	struct error what;

	error_set(
		&what,
		"%llu of %llu domains (%.1f %%) could not be measured, more than %d %%: exit status %d; stsurvey stats "
		"tells why",
		(unsigned long long)trailer->unknown, (unsigned long long)trailer->domains,
		(double)trailer->unknown * 100 / (double)trailer->domains, UNKNOWN_PERCENT_MAX, EXIT_UNMEASURED);
	log_warning("%s", what.text);
	if (run->options->log_file)
		fprintf(stderr, "stsurvey scan: %s\n", what.text);
}

static int exit_status(const struct scan_main *run)
{
	struct record_trailer trailer;

	if (scan_is_stopping(&run->scan))
		return 128 + (run->watch.signal_seen ? run->watch.signal_seen : SIGINT);
	scan_report_trailer(&run->report, COMPLETION_COMPLETE, &trailer);
	if (trailer.unknown * 100 <= trailer.domains * UNKNOWN_PERCENT_MAX)
		return EXIT_COMPLETE;
	explain_unmeasured(run, &trailer);
	return EXIT_UNMEASURED;
}

/* ---- the whole ---- */

/* From the first packet of the survey to the last octet of the file. */
static int scan_all(struct scan_main *run, int argc, char **argv)
{
	bool stopped, failed;
	int status;

	if (scan_watch_open(&run->watch, &run->error) < 0)
		return close_sink(run, COMPLETION_ABORTED);
	if (scan_report_open(&run->report, argc, argv, &run->error) < 0 || run_workers(run) < 0) {
		scan_watch_close(&run->watch);
		(void)!close_sink(run, COMPLETION_ABORTED); /* it has failed already */
		scan_report_close(&run->report, PROGRESS_FAILED, EXIT_FATAL, run->error.text);
		return -1;
	}
	find_failure(run);
	warn_of_another_format(run);
	stopped = scan_is_stopping(&run->scan);
	failed = close_sink(run, stopped || has_failed(run) ? COMPLETION_ABORTED : COMPLETION_COMPLETE) < 0;
	status = failed ? EXIT_FATAL : exit_status(run);
	scan_report_close(&run->report,
			  failed    ? PROGRESS_FAILED
			  : stopped ? PROGRESS_ABORTED
				    : PROGRESS_COMPLETE,
			  status, run->error.text);
	return failed ? -1 : status;
}

static void clean_up(struct scan_main *run)
{
	struct scan *scan = &run->scan;
	struct feed_batch *first = atomic_load(&scan->first);

	if (first)
		feed_release(scan->feed, first);
	/* its thread wakes workers: it ends before they do */
	feed_close(scan->feed);
	for (unsigned i = 0; scan->worker && i < scan->workers; i++)
		worker_free(scan->worker[i]);
	free(scan->worker);
	free(scan->counts);
	net_live_shared_free(&scan->live);
	deferred_free(scan->deferred);
	resume_free(&run->resume);
	free(run->check);
}

int scan_main_run(const struct options *options, int argc, char **argv)
{
	struct scan_main run = { .options = options, .scan = { .options = options, .wake = worker_wake } };
	int status;

	run.check = calloc(options->server_count, sizeof(*run.check));
	run.report = (struct scan_report){
		.scan = &run.scan, .before = &run.resume, .check = run.check, .start_ns = uv_hrtime()
	};
	run.watch.scan = &run.scan;
	run.watch.report = &run.report;
	status = run.check ? scan_setup(&run.scan, &run.resume, run.check, &run.error)
			   : error_set(&run.error, "no memory");
	if (status == SCAN_SETUP_NOTHING_LEFT)
		status = exit_status(&run);
	else if (status == 0)
		status = scan_all(&run, argc, argv);
	clean_up(&run);
	if (status < 0) {
		log_error("%s", run.error.text);
		return EXIT_FATAL;
	}
	return status;
}
