#include "scanner/run/scan_main.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include "output/command.h"
#include "output/sink.h"
#include "scanner/run/early_signal.h"
#include "scanner/base/log.h"
#include "scanner/dns/private_resolver.h"
#include "scanner/run/resume.h"
#include "scanner/run/scan.h"
#include "scanner/run/scan_report.h"
#include "scanner/dns/udp_batch.h"
#include "scanner/run/worker.h"

enum {
	SAMPLE_WAIT_MS = 1000,         /* for the list's first names, which the checks of the name servers may need */
	UNKNOWN_PERCENT_MAX = 1,       /* above it, the exit status says that the scan measured too little */
	FILES_FOR_US = 64,             /* descriptors besides those of questions and fetches */
	FILES_LEAST = 20,              /* below, not even files and the main loop have theirs, … */
	FILES_A_WORKER = 8,            /* … its loop and one fetch, … */
	FILES_A_SERVER = 3,            /* … its UDP sockets and a TCP connection, for each worker */
	SINK_BUFFERS_SPARE = 2,        /* beyond one a worker: one being written, one ready */
	CONTACT_EXPECTED_ABOVE = 1000, /* domains outside reserved space a stranger may want to ask about */
	ANSWER_COST = 420,             /* octets of a socket's receive buffer that one waiting answer takes up */
	SIGNALS = 4,
};

/* SIGUSR1 and SIGUSR2 change the rate by a quarter each time. */
#define RATE_STEP 1.25
/* What the first lowering starts from where there was no limit: packets a second. */
#define RATE_UNLIMITED 100000.0

struct survey {
	const struct options *options;
	struct scan scan;
	struct resume resume;
	struct server_check *check;
	uv_loop_t loop;
	uv_async_t ended;
	uv_timer_t second;
	uv_signal_t signal[SIGNALS];
	struct feed_batch *first; /* taken for its names before the workers started */
	struct scan_report report;
	int64_t start_ms;
	int argc;
	char **argv;
	int signal_seen; /* 0: none */
	bool runtime_over;
	bool contact_missed; /* the user was told */
	bool buffer_seen;    /* the name servers' sockets have room enough, or the user was told */
	struct error error;
};

static int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- before ---- */

static int raise_file_limit(struct survey *survey)
{
	const struct options *options = survey->options;
	struct rlimit limit;
	unsigned long least = FILES_LEAST +
			      options->threads * (FILES_A_WORKER + FILES_A_SERVER * options->server_count);
	unsigned long wanted = options->http_concurrency + FILES_FOR_US + 16UL * options->server_count;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return 0;
	if (limit.rlim_cur < least)
		return error_set(&survey->error,
				 "%lu file descriptors are allowed, at least %lu are needed: ulimit -n %lu",
				 (unsigned long)limit.rlim_cur, least, wanted);
	log_warning("%lu file descriptors are allowed, %lu would be good: ulimit -n %lu", (unsigned long)limit.rlim_cur,
		    wanted, wanted);
	return 0;
}

static void on_feed_ready(void *arg)
{
	scan_wake_all(arg);
}

static bool is_done(void *arg, uint64_t index)
{
	return resume_has(arg, index);
}

static int open_feed(struct survey *survey)
{
	const struct options *options = survey->options;
	struct feed_options feed = { .path = options->input_file,
				     .format = options->input_format,
				     .shards = options->shards,
				     .shard = options->shard,
				     .seed = options->seed,
				     .shuffle = options->has_seed,
				     .max_domains = options->max_domains,
				     .domain_blocklist = options->domain_blocklist,
				     .on_ready = on_feed_ready,
				     .arg = &survey->scan };
	uint64_t size, sample;
	int64_t mtime;

	if (options->resume) {
		if (resume_load(&survey->resume, options->output_file, options, &survey->error) < 0)
			return -1;
		feed.is_done = is_done;
		feed.is_done_arg = &survey->resume;
	}
	if (feed_open(&survey->scan.feed, &feed, &survey->error) < 0)
		return -1;
	feed_identity(survey->scan.feed, &size, &mtime, &sample);
	return resume_check_input(&survey->resume, options->input_file, size, mtime, sample, &survey->error);
}

static const char *input_name(const struct survey *survey)
{
	const char *path = survey->options->input_file;

	return strcmp(path, "-") == 0 ? "standard input" : path;
}

static int fail_empty(struct survey *survey)
{
	return error_set(&survey->error, "%s: no domain in it; one name a line is expected", input_name(survey));
}

/* The first batch, waited for a moment: a pipe may be slow. Where all may be done it is waited for: without one,
 * nothing needs to be touched. */
static int take_first(struct survey *survey)
{
	enum feed_result result = FEED_WAIT;

	for (unsigned ms = 0; ms < SAMPLE_WAIT_MS || survey->resume.complete; ms++) {
		result = feed_take(survey->scan.feed, &survey->first);
		if (result != FEED_WAIT)
			break;
		usleep(1000);
	}
	if (result == FEED_BATCH_TAKEN) {
		survey->first->used = 0;
		return 0;
	}
	survey->first = NULL;
	if (result == FEED_FAILED) {
		feed_error(survey->scan.feed, &survey->error);
		return -1;
	}
	return result == FEED_END && feed_entries(survey->scan.feed) == 0 ? fail_empty(survey) : 0;
}

static int check_servers(struct survey *survey)
{
	struct span sample[PREFLIGHT_SAMPLES];
	size_t samples = 0;

	for (unsigned i = 0; survey->first && i < survey->first->count && samples < PREFLIGHT_SAMPLES; i++)
		if (survey->first->target[i].input == INPUT_OK)
			sample[samples++] = survey->first->target[i].name;
	return preflight(survey->options->server, survey->options->server_count,
			 (uint32_t)(survey->options->timeout * 1000), sample, samples, survey->check, &survey->error);
}

static void warn_of_rates(const struct options *options)
{
	double together = options->resolver_rate * options->server_count;

	if (options->resolver_rate > 0 && options->rate > together)
		log_warning("--rate %.0f is more than the name servers get together (%u × --resolver-rate %.0f)",
			    options->rate, options->server_count, options->resolver_rate);
}

/* A lab: addresses of its own, and name servers that are no stranger's either. */
static bool is_lab(const struct options *options)
{
	bool lab = options->allow_reserved && !options->resolver;

	for (unsigned i = 0; i < options->server_count; i++)
		lab = lab && !address_is_global(&options->server[i].address);
	return lab;
}

static void warn_of_servers(const struct survey *survey)
{
	for (unsigned i = 0; i < survey->options->server_count; i++)
		preflight_warn(&survey->options->server[i], &survey->check[i], is_lab(survey->options));
}

static void header_of(const struct survey *survey, struct record_header *header)
{
	const struct options *options = survey->options;

	*header = (struct record_header){ .tool = SPAN_LITERAL("stsurvey " STSURVEY_VERSION),
					  .major = RECORD_SCHEMA_MAJOR,
					  .minor = RECORD_SCHEMA_MINOR,
					  .start_ms = survey->start_ms,
					  .option = options->given,
					  .option_count = options->given_count,
					  .input = span_of(options->input_file),
					  .shards = options->shards,
					  .shard = options->shard };
	feed_identity(survey->scan.feed, &header->input_size, &header->input_mtime, &header->input_sample);
}

static int open_sink(struct survey *survey)
{
	const struct options *options = survey->options;
	struct sink_options sink = { .path = options->output_file,
				     .force = options->force,
				     .resume_at = -1,
				     .sync_interval = options->sync_interval,
				     .buffers = survey->scan.workers + SINK_BUFFERS_SPARE,
				     .on_free = on_feed_ready,
				     .arg = &survey->scan };
	struct record_header header;

	/* --resume of a file that is not there begins it */
	if (options->resume && (survey->resume.whole > 0 || access(options->output_file, F_OK) == 0))
		sink.resume_at = survey->resume.whole;
	if (survey->resume.torn)
		log_info("%s: what was written behind its last whole frame is cut off", options->output_file);
	header_of(survey, &header);
	return sink_open(&survey->scan.sink, &sink, &header, &survey->error);
}

static int open_shared(struct survey *survey)
{
	const struct options *options = survey->options;
	struct scan *scan = &survey->scan;

	scan->options = options;
	scan->workers = options->threads;
	scan->worker = calloc(scan->workers, sizeof(struct worker *));
	scan->deferred = deferred_new();
	atomic_store(&scan->busy, scan->workers);
	if (!scan->worker || !scan->deferred)
		return error_set(&survey->error, "no memory");
	return net_live_shared_open(&scan->live, options, survey->check, scan->workers, &survey->error);
}

/* ---- meanwhile ---- */

static void stop_for(struct survey *survey, int number)
{
	bool again = survey->signal_seen != 0;

	survey->signal_seen = number;
	log_warning(again ? "stopping at once; --resume goes on from here"
			  : "stopping when what is in flight is finished; once more stops at once");
	scan_stop(&survey->scan, again ? SCAN_AT_ONCE : SCAN_DRAIN);
}

static void change_rate(struct survey *survey, double factor)
{
	double rate = atomic_load(&survey->scan.live.rate);

	if (rate <= 0 && factor > 1)
		return;
	rate = (rate > 0 ? rate : RATE_UNLIMITED / survey->scan.workers) * factor;
	atomic_store(&survey->scan.live.rate, rate);
	log_info("rate is now %.0f queries a second", rate * survey->scan.workers);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct survey *survey = handle->data;

	switch (number) {
	case SIGUSR1:
		change_rate(survey, RATE_STEP);
		break;
	case SIGUSR2:
		change_rate(survey, 1 / RATE_STEP);
		break;
	default:
		stop_for(survey, number);
	}
}

/* Whoever finds us in a log should know whom to ask. */
static void warn_without_contact(struct survey *survey)
{
	uint64_t domains = 0;

	if (survey->contact_missed || survey->options->contact || is_lab(survey->options))
		return;
	for (unsigned i = 0; i < survey->scan.workers; i++)
		domains += atomic_load(&worker_counts(survey->scan.worker[i])->domains);
	if (domains <= CONTACT_EXPECTED_ABOVE)
		return;
	survey->contact_missed = true;
	log_warning("more than %d domains without --contact: give a URL or mail address, so that those who run them "
		    "can ask "
		    "what this is",
		    CONTACT_EXPECTED_ABOVE);
}

/* What the kernel has no room for is lost, and asked again. */
static void warn_of_small_buffers(struct survey *survey)
{
	const struct options *options = survey->options;
	uint64_t granted = atomic_load(&worker_counts(survey->scan.worker[0])->receive_buffer);
	uint64_t needed = (uint64_t)options->concurrency / options->threads * ANSWER_COST;

	if (survey->buffer_seen || granted == 0)
		return;
	survey->buffer_seen = true;
	if (granted < needed && granted < UDP_RECEIVE_BUFFER)
		log_warning("sockets may hold %llu octets of answers, %llu would be good: sysctl -w "
			    "net.core.rmem_max=%d, or "
			    "a smaller --concurrency",
			    (unsigned long long)granted,
			    (unsigned long long)(needed < UDP_RECEIVE_BUFFER ? needed : UDP_RECEIVE_BUFFER),
			    UDP_RECEIVE_BUFFER);
}

static void on_second(uv_timer_t *timer)
{
	struct survey *survey = timer->data;
	double limit = survey->options->max_runtime;

	scan_report_tick(&survey->report);
	warn_without_contact(survey);
	warn_of_small_buffers(survey);
	if (survey->options->started && survey->error.text[0] == '\0' &&
	    private_resolver_has_ended(survey->options->started, &survey->error))
		scan_stop(&survey->scan, SCAN_AT_ONCE);
	if (limit > 0 && scan_report_elapsed_s(&survey->report) >= limit && !survey->runtime_over) {
		survey->runtime_over = true;
		log_info("--max-runtime is over: finishing what is in flight");
		scan_stop(&survey->scan, SCAN_DRAIN);
	}
}

static void close_walk(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void on_ended(uv_async_t *async)
{
	struct survey *survey = async->data;

	for (unsigned i = 0; i < survey->scan.workers; i++)
		if (!worker_has_ended(survey->scan.worker[i]))
			return;
	uv_walk(&survey->loop, close_walk, NULL);
}

static int open_loop(struct survey *survey)
{
	static const int numbers[SIGNALS] = { SIGINT, SIGTERM, SIGUSR1, SIGUSR2 };

	if (uv_loop_init(&survey->loop) < 0)
		return error_set(&survey->error, "no memory or file descriptors for an event loop; see ulimit -n");
	uv_async_init(&survey->loop, &survey->ended, on_ended);
	survey->ended.data = survey;
	survey->scan.on_worker_ended = &survey->ended;
	uv_timer_init(&survey->loop, &survey->second);
	survey->second.data = survey;
	for (unsigned i = 0; i < SIGNALS; i++) {
		uv_signal_init(&survey->loop, &survey->signal[i]);
		survey->signal[i].data = survey;
		uv_signal_start(&survey->signal[i], on_signal, numbers[i]);
	}
	if (early_signal_held())
		stop_for(survey, early_signal_held());
	uv_timer_start(&survey->second, on_second, 1000, 1000);
	return 0;
}

/* ---- the scan ---- */

static int run_workers(struct survey *survey)
{
	struct scan *scan = &survey->scan;
	unsigned started = 0;

	while (started < scan->workers && worker_open(&scan->worker[started], scan, &survey->error) == 0)
		started++;
	if (started < scan->workers)
		return -1;
	atomic_store(&scan->first, survey->first);
	survey->first = NULL;
	for (unsigned i = 0; i < scan->workers; i++) {
		if (worker_start(scan->worker[i]) == 0)
			continue;
		error_set(&survey->error, "no thread for worker %u of %u; see --threads", i + 1, scan->workers);
		scan_stop(scan, SCAN_AT_ONCE);
		uv_async_send(&survey->ended); /* nobody else would, were it the only one */
	}
	atomic_store(&scan->started, true);
	scan_wake_all(scan);
	uv_run(&survey->loop, UV_RUN_DEFAULT);
	uv_loop_close(&survey->loop);
	warn_without_contact(survey); /* a second may have been enough */
	for (unsigned i = 0; i < scan->workers; i++)
		worker_join(scan->worker[i]);
	return 0;
}

/* Close the file with what is known now. 0, or -1 with the first error of all. */
static int close_sink(struct survey *survey, bool complete)
{
	struct record_trailer trailer;
	struct error error;
	int result;

	scan_report_trailer(&survey->report, complete ? COMPLETION_COMPLETE : COMPLETION_ABORTED, &trailer);
	result = sink_close(survey->scan.sink, &trailer, &error);
	survey->scan.sink = NULL;
	if (result < 0 && survey->error.text[0] == '\0')
		survey->error = error;
	return survey->error.text[0] == '\0' ? 0 : -1;
}

/* On standard error whatever --quiet and --log-file say: a status that means trouble is never without a word. */
static void explain_unmeasured(const struct survey *survey, const struct record_trailer *trailer)
{
	struct error what;

	error_set(
		&what,
		"%llu of %llu domains (%.1f %%) could not be measured, more than %d %%: exit status %d; stsurvey stats "
		"tells why",
		(unsigned long long)trailer->unknown, (unsigned long long)trailer->domains,
		(double)trailer->unknown * 100 / (double)trailer->domains, UNKNOWN_PERCENT_MAX, EXIT_UNMEASURED);
	log_warning("%s", what.text);
	if (survey->options->log_file)
		fprintf(stderr, "stsurvey scan: %s\n", what.text);
}

static int exit_status(const struct survey *survey)
{
	struct record_trailer trailer;

	if (atomic_load(&survey->scan.stop) != SCAN_RUN)
		return 128 + (survey->signal_seen ? survey->signal_seen : SIGINT);
	scan_report_trailer(&survey->report, COMPLETION_COMPLETE, &trailer);
	if (trailer.unknown * 100 <= trailer.domains * UNKNOWN_PERCENT_MAX)
		return EXIT_COMPLETE;
	explain_unmeasured(survey, &trailer);
	return EXIT_UNMEASURED;
}

/* Another format than ours: each line has its record, but nothing was surveyed. */
static void warn_of_another_format(const struct survey *survey)
{
	struct record_trailer trailer;

	scan_report_trailer(&survey->report, COMPLETION_COMPLETE, &trailer);
	if (trailer.domains > 0 && trailer.illegal == trailer.domains)
		log_warning(
			"%s: no line of it is a domain name; one name a line, or rank,domain CSV, in UTF-8 is expected",
			input_name(survey));
}

/* From the first packet of the survey to the last octet of the file. */
static int scan_all(struct survey *survey)
{
	bool stopped, failed;
	int status;

	if (open_loop(survey) < 0)
		return close_sink(survey, false);
	if (scan_report_open(&survey->report, survey->argc, survey->argv, &survey->error) < 0 ||
	    run_workers(survey) < 0) {
		uv_walk(&survey->loop, close_walk, NULL);
		uv_run(&survey->loop, UV_RUN_DEFAULT);
		uv_loop_close(&survey->loop);
		(void)!close_sink(survey, false); /* it has failed already */
		scan_report_close(&survey->report, PROGRESS_FAILED, EXIT_FATAL, survey->error.text);
		return -1;
	}
	if (survey->error.text[0] == '\0')
		feed_error(survey->scan.feed, &survey->error);
	stopped = atomic_load(&survey->scan.stop) != SCAN_RUN;
	if (survey->error.text[0] == '\0' && !stopped && feed_entries(survey->scan.feed) == 0)
		fail_empty(survey); /* a pipe that ended after take_first had stopped waiting */
	warn_of_another_format(survey);
	failed = close_sink(survey, !stopped && survey->error.text[0] == '\0') < 0;
	status = failed ? EXIT_FATAL : exit_status(survey);
	scan_report_close(&survey->report,
			  failed    ? PROGRESS_FAILED
			  : stopped ? PROGRESS_ABORTED
				    : PROGRESS_COMPLETE,
			  status, survey->error.text);
	return failed ? -1 : status;
}

static int run(struct survey *survey)
{
	if (raise_file_limit(survey) < 0 || open_shared(survey) < 0 || open_feed(survey) < 0)
		return -1;
	if (take_first(survey) < 0)
		return -1;
	if (survey->resume.complete && !survey->first) {
		log_info("%s: is complete, nothing is left to do", survey->options->output_file);
		return exit_status(survey);
	}
	if (check_servers(survey) < 0)
		return -1;
	warn_of_rates(survey->options);
	warn_of_servers(survey);
	early_signal_hold();
	if (progress_check(survey->options, &survey->error) < 0 || open_sink(survey) < 0)
		return -1;
	return scan_all(survey);
}

static void clean_up(struct survey *survey)
{
	struct scan *scan = &survey->scan;

	if (!survey->first)
		survey->first = atomic_load(&scan->first);
	if (survey->first)
		feed_release(scan->feed, survey->first);
	/* its thread wakes workers: it ends before they do */
	if (scan->feed)
		feed_close(scan->feed);
	for (unsigned i = 0; scan->worker && i < scan->workers; i++)
		worker_free(scan->worker[i]);
	free(scan->worker);
	net_live_shared_free(&scan->live);
	deferred_free(scan->deferred);
	resume_free(&survey->resume);
	free(survey->check);
}

int scan_main_run(const struct options *options, int argc, char **argv)
{
	struct survey survey = { .options = options };
	int status;

	survey.argc = argc;
	survey.argv = argv;
	survey.start_ms = wall_ms();
	survey.check = calloc(options->server_count, sizeof(*survey.check));
	survey.report = (struct scan_report){
		.scan = &survey.scan, .before = &survey.resume.counts, .check = survey.check, .start_ns = uv_hrtime()
	};
	status = survey.check ? run(&survey) : error_set(&survey.error, "no memory");
	clean_up(&survey);
	if (status < 0) {
		log_error("%s", survey.error.text);
		return EXIT_FATAL;
	}
	return status;
}
