/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/run/scan_main.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/temporary_file.h"
#include "scanner/base/log.h"
#include "scanner/base/thread_alloc.h"
#include "scanner/base/wall_clock.h"
#include "scanner/options/exit_status.h"
#include "scanner/options/file_name.h"
#include "scanner/options/unmeasured.h"
#include "scanner/scan/canaries.h"
#include "scanner/run/scan_setup.h"
#include "scanner/run/scan_watch.h"
#include "scanner/worker/worker.h"

struct scan_main {
	const struct options *options;
	struct scan scan;
	struct progress progress;
	struct scan_watch watch;
	bool unwritten;      /* the sink failed */
	struct error *error; /* the first of all; "": none */
};

static bool has_failed(const struct scan_main *run)
{
	return run->error->text[0] != '\0';
}

static int run_workers(struct scan_main *run)
{
	struct scan *scan = &run->scan;

	for (unsigned i = 0; i < scan->workers; i++)
		if (worker_open(&scan->worker[i], scan, i, run->error) < 0)
			return -1;
	for (unsigned i = 0; i < scan->workers; i++) {
		if (worker_start(scan->worker[i]) == 0)
			continue;
		error_set(run->error, "no thread for worker %u of %u; see --threads", i + 1, scan->workers);
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
		*run->error = run->watch.error;
	if (!has_failed(run))
		feed_error(scan->feed, run->error);
	if (!has_failed(run))
		*run->error = scan->deferred.error;
	if (!has_failed(run))
		*run->error = scan->hosts.error;
	if (!has_failed(run) && scan->admission)
		admission_error(scan->admission, run->error);
}

/* Does the file hold what its header says: the whole list, or as many domains of it as it was begun for? */
static bool is_complete(const struct scan_main *run)
{
	const struct options *options = run->options;
	uint64_t wanted = run->scan.before.whole > 0 ? run->scan.before.limit : options->max_domains;
	uint64_t done = options->mx_hosts ? feed_handed(run->scan.feed) : SCAN_TOTAL(&run->scan, domains);

	if (scan_is_stopping(&run->scan) || has_failed(run))
		return false;
	return !feed_is_cut(run->scan.feed) || (wanted > 0 && done >= wanted);
}

/* Close the file with what is known now. 0, or -1 with the first error of all. */
static int close_sink(struct scan_main *run, enum record_completion completion)
{
	struct record_trailer trailer;
	struct moment moment;
	struct error error;

	moment_now(&run->scan, &moment);
	moment_trailer(&moment, completion, &trailer);
	run->unwritten = sink_close(run->scan.sink, &trailer, &error) < 0;
	if (run->unwritten && !has_failed(run))
		*run->error = error;
	run->scan.sink = NULL;
	return has_failed(run) ? -1 : 0;
}

/* What could not be kept for lack of room was not measured, either. */
static struct unmeasured measured_of(const struct moment *moment, const struct options *options)
{
	return (struct unmeasured){ .domains = moment->domains,
				    .unknown = moment->unknown,
				    .hosts = moment->hosts + moment->hosts_lost,
				    .hosts_unknown = moment->hosts_unknown + moment->hosts_lost,
				    .audit = moment->direct.audit,
				    .audit_limit = options->audit_limit };
}

static int exit_status(const struct scan_main *run)
{
	struct unmeasured of;
	struct moment moment;

	if (scan_is_stopping(&run->scan))
		return 128 + (run->watch.signal_seen ? run->watch.signal_seen : SIGINT);
	moment_now(&run->scan, &moment);
	of = measured_of(&moment, run->options);
	return unmeasured(&of) ? EXIT_UNMEASURED : EXIT_COMPLETE;
}

/* On standard error whatever --quiet and --log-file say: what makes doubtful every number is never without a word. */
static void tell(const struct error *what)
{
	bool is_elsewhere = log_is_file();

	log_warning("%s", what->text);
	if (is_elsewhere)
		fprintf(stderr, "stsurvey scan: %s\n", what->text);
}

/* The pass in which they would have been did not know of them. */
static void explain_not_deferred(const struct scan *scan)
{
	unsigned long long domains = atomic_load(&scan->deferred.failed);
	struct error what;

	if (domains == 0)
		return;
	error_set(
		&what,
		"%llu domains that stayed unknown were not asked again: the temporary file in %s took no more of them; "
		"TMPDIR names another folder",
		domains, temporary_folder());
	tell(&what);
}

static void explain_lost_hosts(const struct scan *scan)
{
	unsigned long long hosts = atomic_load(&scan->hosts.lost);
	struct error what;

	if (hosts == 0)
		return;
	error_set(&what,
		  "%llu mail servers were not probed: neither memory nor the temporary file in %s took their names; "
		  "--resume probes them; TMPDIR names another folder",
		  hosts, temporary_folder());
	tell(&what);
}

/* Why the exit status is EXIT_UNMEASURED. */
static void explain_unmeasured(struct moment *moment, const struct options *options)
{
	const char *const remedy[UNMEASURED_PARTS] = {
		[UNMEASURED_DOMAINS] = "stsurvey stats tells why",
		[UNMEASURED_HOSTS] =
			moment->hosts_lost > 0
				? "what could not be kept was not probed: see TMPDIR"
				: "perhaps they turn this machine away: see --ehlo-domain, and the metadata's smtp",
		[UNMEASURED_AUDITS] = "stsurvey export --where 'audit = data' shows which; where they are many, scan "
				      "without --direct",
	};
	const struct unmeasured of = measured_of(moment, options);

	for (enum unmeasured_part part = 0; part < UNMEASURED_PARTS; part++) {
		char *note = moment->note + strlen(moment->note);
		struct error why, line;

		if (!unmeasured_part(&of, part))
			continue;
		if (note > moment->note)
			note = stpcpy(note, "; ");
		unmeasured_explain(&of, part, &why);
		snprintf(note, (size_t)(moment->note + sizeof(moment->note) - note), "%s", why.text);
		error_set(&line, "%s; %s", why.text, remedy[part]);
		tell(&line);
	}
}

static void explain_doubt(struct moment *moment, const struct moment_doubt *doubt)
{
	char *note = moment->note + strlen(moment->note);
	struct error what;

	if (note > moment->note)
		note = stpcpy(note, "; ");
	snprintf(note, (size_t)(moment->note + sizeof(moment->note) - note),
		 "%llu of %llu %s (%.1f %%) %s, more than half", (unsigned long long)doubt->domains,
		 (unsigned long long)moment_entries(moment), moment->of_hosts ? "lines" : "domains", doubt->share * 100,
		 doubt->are);
	error_set(&what, "%s: %s", note, doubt->why);
	tell(&what);
}

/* How it stands at the end, and what its exit status and its numbers need said of them. */
static void conclude(const struct scan_main *run, int status, struct moment *moment)
{
	struct moment_doubt doubt;

	moment_now(&run->scan, moment);
	moment->note[0] = '\0';
	moment->unwritten = run->unwritten;
	if (run->unwritten)
		snprintf(moment->note, sizeof(moment->note), "%s", "stsurvey verify tells what the file holds");
	explain_not_deferred(&run->scan);
	explain_lost_hosts(&run->scan);
	if (status != EXIT_FATAL && !scan_is_stopping(&run->scan) && !is_complete(run)) {
		snprintf(moment->note, sizeof(moment->note), "--max-domains ended it; --resume goes on with the list");
		log_info("%s: %s", run->options->output_file, moment->note);
	}
	if (status == EXIT_UNMEASURED)
		explain_unmeasured(moment, run->options);
	if (status != EXIT_FATAL && moment_doubt(moment, &doubt))
		explain_doubt(moment, &doubt);
}

/* ---- the whole ---- */

/* What is behind such a name is looked for with other tools. */
static void warn_of_name(const struct options *options)
{
	static const char *const others[] = { ".json", ".jsonl", ".ndjson", ".csv", ".tsv",     ".txt",     ".html",
					      ".gz",   ".xz",    ".bz2",    ".zip", ".msgpack", ".parquet", NULL };
	const char *ending = file_name_ending(options->output_file, others);

	if (ending && !options->resume)
		log_warning("%s: what is written is no %s but a scan file, by custom NAME.msgpack.zst; stsurvey export "
			    "makes JSON Lines and CSV of it",
			    options->output_file, ending);
}

static int open_canaries(struct scan_main *run)
{
	return run->scan.canaries ? canaries_open(run->scan.canaries, &run->watch.loop, run->error) : 0;
}

/* From the first packet of the survey to the last octet of the file. */
static int scan_all(struct scan_main *run)
{
	struct scan *scan = &run->scan;
	struct moment moment;
	bool ended;
	int status;

	scan->start_ns = uv_hrtime();
	scan->start_wall_ms = wall_clock_ms();
	if (scan_watch_open(&run->watch, run->error) < 0)
		return close_sink(run, COMPLETION_ABORTED);
	moment_now(scan, &moment);
	if (progress_open(&run->progress, scan, &moment, run->error) == 0 && open_canaries(run) == 0 &&
	    run_workers(run) == 0) {
		if (scan->canaries)
			canaries_finish(scan->canaries, &run->watch.loop);
		find_failure(run);
	}
	if (scan->canaries)
		canaries_close(scan->canaries);
	scan_watch_close(&run->watch);
	ended = !scan_is_stopping(scan) && !has_failed(run);
	status = close_sink(run, is_complete(run) ? COMPLETION_COMPLETE : COMPLETION_ABORTED) < 0 ? EXIT_FATAL
												  : exit_status(run);
	conclude(run, status, &moment);
	if (ended && status != EXIT_FATAL)
		moment.fraction = 1;
	progress_close(&run->progress, &moment, status, run->error->text);
	return status;
}

static void clean_up(struct scan_main *run)
{
	struct scan *scan = &run->scan;
	struct feed_batch *first = atomic_load(&scan->first);

	if (first)
		feed_release(scan->feed, first);
	forecast_free(scan->forecast);
	/* its thread wakes workers: it ends before they do */
	feed_close(scan->feed);
	for (unsigned i = 0; scan->worker && i < scan->workers; i++)
		worker_free(scan->worker[i]);
	canaries_free(scan->canaries);
	free(scan->worker);
	free(scan->counts);
	net_live_shared_free(&scan->live);
	deferred_fini(&scan->deferred);
	admission_free(scan->admission);
	host_queue_fini(&scan->hosts);
	if (scan->kept)
		kept_free(scan->kept);
	resume_free(&scan->before);
	free(scan->check);
	thread_alloc_trim();
}

int scan_main_run(const struct options *options, struct error *error)
{
	struct scan_main run = { .options = options,
				 .scan = { .options = options, .wake = worker_wake },
				 .error = error };
	struct moment moment;
	int status;

	warn_of_name(options);
	run.watch.scan = &run.scan;
	run.watch.progress = &run.progress;
	status = scan_setup(&run.scan, error);
	if (status == SCAN_SETUP_NOTHING_LEFT)
		conclude(&run, status = exit_status(&run), &moment);
	else if (status == 0)
		status = scan_all(&run);
	clean_up(&run);
	return status < 0 ? EXIT_FATAL : status;
}
