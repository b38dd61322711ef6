/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/run/scan_setup.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "scanner/base/log.h"
#include "scanner/base/wall_clock.h"
#include "scanner/dns/preflight.h"
#include "scanner/rules/public_resolvers.h"
#include "scanner/scan/canaries.h"
#include "scanner/run/early_signal.h"
#include "scanner/live/ehlo_name.h"
#include "scanner/progress/progress.h"

enum {
	SAMPLE_WAIT_S = 1,      /* for the list's first names, which the checks of the name servers may need */
	FILES_FOR_US = 64,      /* descriptors besides those of questions and fetches */
	FILES_LEAST = 20,       /* below, not even files and the main loop have theirs, … */
	FILES_A_WORKER = 8,     /* … its loop and one fetch, … */
	FILES_A_SERVER = 3,     /* … its UDP sockets and a TCP connection, for each worker */
	FILES_PROBES_PART = 4,  /* of all, where they are few, is for probes of mail servers at least */
	SINK_BUFFERS_SPARE = 2, /* beyond one a worker: one being written, one ready */
};

static unsigned long files_but_probes(const struct options *options)
{
	return options->http_concurrency + FILES_FOR_US + 16UL * options->server_count;
}

static int raise_file_limit(const struct options *options, struct error *error)
{
	struct rlimit limit;
	unsigned long least = FILES_LEAST +
			      options->threads * (FILES_A_WORKER + FILES_A_SERVER * options->server_count);
	unsigned long wanted = files_but_probes(options) + (options_probes(options) ? options->smtp_concurrency : 0);

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return 0;
	if (limit.rlim_cur < least)
		return error_set(error, "%lu file descriptors are allowed, at least %lu are needed: ulimit -n %lu",
				 (unsigned long)limit.rlim_cur, least, wanted);
	log_warning("%lu file descriptors are allowed, %lu would be good: ulimit -n %lu", (unsigned long)limit.rlim_cur,
		    wanted, wanted);
	return 0;
}

/* Where descriptors are few, those that policy fetches leave are for probes, half of them for such as wait beside the
 * window. */
static void share_probes(struct scan *scan)
{
	const struct options *options = scan->options;
	unsigned long others = files_but_probes(options), all = options->smtp_concurrency;
	unsigned long slow = (unsigned long)SMTP_SLOW_MAX * scan->workers, left;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
		left = limit.rlim_cur / FILES_PROBES_PART;
		if (limit.rlim_cur > others && limit.rlim_cur - others > left)
			left = limit.rlim_cur - others;
		if (all + slow > left) {
			all = all < left / 2 ? all : left / 2;
			slow = slow < left - all ? slow : left - all;
		}
	}
	scan->live.probes_at_once = options_part((unsigned)all, scan->workers);
	scan->live.probes_slow = options_part((unsigned)slow, scan->workers);
}

/* glibc sets 64 MiB of addresses aside for each thread's own memory. Under a limit on addresses (ulimit -v) the threads
 * had better share what there is: one would starve beside another's plenty. */
static void share_addresses(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		mallopt(M_ARENA_MAX, 1);
}

/* Who tells a rate knows what the name servers bear. */
static void start_slowly(struct scan *scan)
{
	double most = scan->options->rate, start = most;

	if (!options_given(scan->options, "rate") && most > CONGESTION_START)
		start = CONGESTION_START;
	congestion_init(&scan->congestion, most, start, options_timeout_ms(scan->options));
	scan_set_rate(scan);
}

static void open_hosts(struct scan *scan)
{
	scan->is_named = ehlo_name_find(scan->options, scan->live.ehlo);
	if (!scan->is_named)
		log_warning("this machine has no name that the internet could know: mail servers are greeted as %s, "
			    "and some "
			    "will turn us away for it; --ehlo-domain NAME",
			    scan->live.ehlo);
	share_probes(scan);
	host_queue_open(&scan->hosts);
	atomic_store(&scan->naming, scan->workers);
}

/* Which address of a name server's host a domain's questions go to; any thread. */
static bool draw_address(void *arg, const struct ns_addresses *addresses, struct obs_address *drawn, bool *forbidden)
{
	return direct_reach_draw(arg, addresses, drawn, forbidden);
}

static int open_admission(struct scan *scan, struct error *error)
{
	struct net_live_shared *live = &scan->live;
	struct admission_options admission = { .books = live->books,
					       .hosts = live->ns_hosts,
					       .patience_s = scan->options->server_patience,
					       .draw = draw_address,
					       .arg = &live->reach };

	if (getrandom(&admission.seed, sizeof(admission.seed), 0) != sizeof(admission.seed) ||
	    getrandom(&live->reach.seed, sizeof(live->reach.seed), 0) != sizeof(live->reach.seed) ||
	    getrandom(live->audit.key, sizeof(live->audit.key), 0) != sizeof(live->audit.key))
		return error_set(error, "no random numbers: %s", strerror(errno));
	scan->admission = admission_new(&admission);
	if (!scan->admission)
		return error_set(error, "no memory");
	admission_open(scan->admission);
	return 0;
}

static int open_shared(struct scan *scan, struct error *error)
{
	scan->workers = scan->options->threads;
	scan->worker = calloc(scan->workers, sizeof(*scan->worker));
	scan->counts = calloc(scan->workers, sizeof(*scan->counts));
	scan->check = calloc(scan->options->server_count, sizeof(*scan->check));
	deferred_init(&scan->deferred);
	host_queue_init(&scan->hosts);
	scan->kept = scan->options->keep_certificates ? kept_new() : NULL;
	deferred_open(&scan->deferred);
	atomic_store(&scan->busy, scan->workers);
	if (!scan->worker || !scan->counts || !scan->check || (scan->options->keep_certificates && !scan->kept))
		return error_set(error, "no memory");
	if (net_live_shared_open(&scan->live, scan->options, scan->check, scan->workers, error) < 0)
		return -1;
	start_slowly(scan);
	if (scan->options->direct && open_admission(scan, error) < 0)
		return -1;
	if (options_probes(scan->options))
		open_hosts(scan);
	return 0;
}

/* ---- the list ---- */

static void wake_workers(void *arg)
{
	scan_wake_all(arg);
}

/* What the scan and its forecast read alike. */
static struct feed_options list_of(const struct options *options)
{
	struct feed_options list = { .path = options->input_file,
				     .format = options->input_format,
				     .origin = options->origin,
				     .first_index = options->first_index,
				     .shards = options->shards,
				     .shard = options->shard,
				     .label = options->label,
				     .label_count = options->label_count,
				     .sample = options->sample,
				     .seed = options->seed,
				     .shuffle = options_given(options, "seed"),
				     .max_domains = options->max_domains,
				     .domain_blocklist = options->domain_blocklist };

	memcpy(list.sample_key, options->sample_key, sizeof(list.sample_key));
	return list;
}

static int open_feed(struct scan *scan, struct error *error)
{
	const struct options *options = scan->options;
	const struct feed_past past = { resume_look, resume_at_end, &scan->before };
	struct feed_options feed = list_of(options);

	feed.on_ready = wake_workers;
	feed.arg = scan;
	if (options->resume) {
		if (resume_load(&scan->before, options->output_file, options, &scan->hosts, scan->kept, error) < 0)
			return -1;
		feed.past = &past;
	}
	if (feed_open(&scan->feed, &feed, error) < 0)
		return -1;
	return resume_check_input(&scan->before, options->input_file, feed_identity(scan->feed), error);
}

/* The first batch, waited for a moment: a pipe may be slow. Where all may be done it is waited for: without one,
 * nothing needs to be touched; and so it is where the scan file is to name the list's columns. */
static int take_first(struct scan *scan, struct error *error)
{
	struct feed_batch *batch = NULL;
	enum feed_result result;

	do
		result = feed_await(scan->feed, &batch, SAMPLE_WAIT_S);
	while (result == FEED_WAIT && (scan->before.complete || scan->options->label_count > 0));
	if (result == FEED_FAILED) {
		feed_error(scan->feed, error);
		return -1;
	}
	atomic_store(&scan->first, batch);
	return 0;
}

/* The file has one key, however often the scan was begun. */
static void keep_audit_key(struct scan *scan)
{
	if (scan->before.direct)
		memcpy(scan->live.audit.key, scan->before.audit_key, sizeof(scan->live.audit.key));
}

/* How many negative answers the whole list will have, about. */
static void expect_negatives(struct scan *scan, double domains)
{
	atomic_store(&scan->live.audit.expected, (uint64_t)(domains * DIRECT_NEGATIVE_OF_DOMAIN));
}

static void on_counted(void *arg, uint64_t domains)
{
	expect_negatives(arg, (double)domains);
}

/* Of a list that can be read twice it is soon known. Not asked for by a scan whose servers have no limits, which is a
 * lab's: it may be over before. */
static void begin_forecast(struct scan *scan)
{
	const struct options *options = scan->options;
	bool is_paced = !options->allow_reserved || options->pace_reserved_servers;
	const struct forecast_options forecast = { .feed = list_of(options),
						   .operator_rate = options->operator_rate,
						   .server_rate = is_paced ? options->server_rate : 0,
						   .on_counted = on_counted,
						   .arg = scan };
	double fraction = feed_fraction(scan->feed);

	if (fraction > 0)
		expect_negatives(scan, (double)feed_handed(scan->feed) / fraction);
	if (forecast.operator_rate > 0 || forecast.server_rate > 0)
		scan->forecast = forecast_begin(&forecast);
}

/* ---- the name servers ---- */

static int check_servers(struct scan *scan, struct error *error)
{
	const struct options *options = scan->options;
	const struct feed_batch *first = atomic_load(&scan->first);
	struct preflight_rates rates = { .all = options->rate, .each = options->resolver_rate };
	struct span sample[PREFLIGHT_SAMPLES];
	size_t samples = 0;

	for (unsigned i = 0; first && i < first->count && samples < PREFLIGHT_SAMPLES; i++)
		if (first->target[i].input == INPUT_OK)
			sample[samples++] = first->target[i].name;
	if (preflight(options->server, options->server_count, options_timeout_ms(options), sample, samples, &rates,
		      scan->check, error) < 0)
		return -1;
	scan->live.earned_us = rates.earned_us;
	return 0;
}

static void warn_of_rates(const struct options *options)
{
	const struct endpoint *open = options_public_resolver(options);
	double together = options->resolver_rate * options->server_count;
	char text[ADDRESS_TEXT_MAX];

	if (options->resolver_rate > 0 && options->rate > together)
		log_warning("--rate %.0f is more than the name servers get together (%u × --resolver-rate %.0f)",
			    options->rate, options->server_count, options->resolver_rate);
	if (!open)
		return;
	address_text(&open->address, text);
	if (options->rate > 0 && options->rate <= PUBLIC_RESOLVER_RATE)
		log_warning(
			"name server %s is a public resolver (%s): it is asked %.*f questions a second at most, and "
			"%d is the most that such a one should be asked (docs/before-you-scan.md); with --resolver "
			"unbound there is no such limit",
			text, public_resolver_operator(&open->address), congestion_digits(options->rate), options->rate,
			PUBLIC_RESOLVER_RATE);
	else
		log_warning(
			"name server %s is a public resolver (%s) and --rate %.10g%s: more than %d questions a second "
			"should not be asked of such a one (docs/before-you-scan.md), what is above its own limit "
			"is lost; use --resolver unbound",
			text, public_resolver_operator(&open->address), options->rate,
			options->rate > 0 ? "" : " is no limit", PUBLIC_RESOLVER_RATE);
}

/* ---- the scan file ---- */

static void header_of(const struct scan *scan, struct span *label, struct record_header *header)
{
	const struct options *options = scan->options;
	struct feed_identity input = feed_identity(scan->feed);

	*header = (struct record_header){ .tool = SPAN_LITERAL("stsurvey " STSURVEY_VERSION),
					  .major = RECORD_SCHEMA_MAJOR,
					  .minor = RECORD_SCHEMA_MINOR,
					  .start_ms = wall_clock_ms(),
					  .option = options->given,
					  .option_count = options->given_count,
					  .input = span_of(options->input_file),
					  .input_size = input.size,
					  .input_mtime = input.mtime,
					  .input_sample = input.sample,
					  .input_hash = input.hash,
					  .shards = options->shards,
					  .shard = options->shard,
					  .first_index = options->first_index,
					  .has_gaps = options->input_format == FEED_FORMAT_CHUNK,
					  .sample = options->sample,
					  .label = label,
					  .label_count = options->label_count };
	memcpy(header->sample_key, options->sample_key, sizeof(header->sample_key));
	if (options->direct) {
		header->direct = true;
		header->audit = options->audit;
		header->audit_least = options->audit_least;
		memcpy(header->audit_key, scan->live.audit.key, sizeof(header->audit_key));
	}
	for (size_t i = 0; i < options->label_count; i++)
		label[i] = feed_label(scan->feed, i);
}

static int open_sink(struct scan *scan, struct error *error)
{
	const struct options *options = scan->options;
	const struct resume *before = &scan->before;
	struct sink_options sink = { .path = options->output_file,
				     .force = options->force,
				     .resume_at = -1,
				     .sync_interval = options->sync_interval,
				     .buffers = scan->workers + SINK_BUFFERS_SPARE,
				     .kept = scan->kept,
				     .on_free = wake_workers,
				     .arg = scan };
	struct span label[OBS_LABEL_MAX];
	struct record_header header;

	/* --resume of a file that is not there begins it */
	if (options->resume && (before->whole > 0 || access(options->output_file, F_OK) == 0))
		sink.resume_at = before->whole;
	if (before->torn)
		log_info("%s: what was written behind its last whole frame is cut off", options->output_file);
	header_of(scan, label, &header);
	return sink_open(&scan->sink, &sink, &header, error);
}

/* Of a list of hosts all are known by their names alone; which they are, its content told. */
static bool is_all_done(struct scan *scan)
{
	const struct resume *before = &scan->before;

	return before->complete && host_queue_is_empty(&scan->hosts, true) &&
	       (!atomic_load(&scan->first) || (before->of_hosts && before->limit == 0 && before->input.sample));
}

int scan_setup(struct scan *scan, struct error *error)
{
	const struct options *options = scan->options;

	share_addresses();
	if (raise_file_limit(options, error) < 0 || open_shared(scan, error) < 0 || open_feed(scan, error) < 0 ||
	    take_first(scan, error) < 0)
		return -1;
	if (is_all_done(scan)) {
		log_info("%s: is complete, nothing is left to do", options->output_file);
		return SCAN_SETUP_NOTHING_LEFT;
	}
	warn_of_rates(options);
	if (check_servers(scan, error) < 0)
		return -1;
	for (unsigned i = 0; i < options->server_count; i++)
		preflight_warn(&options->server[i], &scan->check[i], options_is_lab(options));
	if (options_probes(options))
		net_live_warn_of_ad(&scan->live);
	if (options_probes(options) && !(scan->canaries = canaries_new(scan, error)))
		return -1;
	if (options->direct)
		keep_audit_key(scan);
	early_signal_hold();
	if (progress_check(options, error) < 0 || open_sink(scan, error) < 0)
		return -1;
	if (options->direct)
		begin_forecast(scan);
	return 0;
}
