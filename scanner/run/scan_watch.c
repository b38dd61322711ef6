/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/run/scan_watch.h"

#include <signal.h>
#include <stddef.h>

#include "scanner/queue/admission.h"
#include "scanner/base/log.h"
#include "scanner/base/stop_signal.h"
#include "scanner/dns/private_resolver.h"
#include "scanner/dns/udp_batch.h"
#include "scanner/scan/canaries.h"
#include "scanner/run/early_signal.h"
#include "scanner/run/scan_setup.h"
#include "scanner/worker/worker.h"

enum {
	SECOND_MS = 1000,
	CONTACT_EXPECTED_ABOVE = 1000, /* domains outside reserved space a stranger may want to ask about */
	ANSWER_COST = 420,             /* octets of a socket's receive buffer that one waiting answer takes up */
	DOUBT_EARLY = 1000,            /* domains after which a share of them is no chance any more */
	OUTAGE_SAID_S = 10,            /* shorter ones pass without a message */
};

/* SIGUSR1 and SIGUSR2 change the rate by a quarter each time. */
#define RATE_STEP 1.25
/* What the first lowering starts from where there was no limit: packets a second. */
#define RATE_UNLIMITED 100000.0

/* ---- signals ---- */

static void drain(struct scan *scan, const char *why, const char *and_then)
{
	if (scan_is_stopping(scan))
		return;
	scan->drain_end_s = scan_elapsed_s(scan) + SCAN_WATCH_DRAIN_S;
	log_warning("%sstopping when what is in flight is finished, after %d s at the latest%s", why,
		    SCAN_WATCH_DRAIN_S, and_then);
	scan_stop(scan, SCAN_DRAIN);
}

static void stop_for(struct scan_watch *watch, int number)
{
	bool again = watch->signal_seen != 0;

	watch->signal_seen = number;
	drain(watch->scan, "", "; once more stops at once");
	if (!again)
		return;
	log_warning("stopping at once; --resume goes on from here");
	scan_stop(watch->scan, SCAN_AT_ONCE);
}

/* What has its time-outs before it, or waits in a line. */
static void end_drain(struct scan_watch *watch, double now_s)
{
	struct scan *scan = watch->scan;

	/* the next look would be too late */
	if (atomic_load(&scan->stop) != SCAN_DRAIN || now_s + SECOND_MS / 1000.0 <= scan->drain_end_s)
		return;
	if (options_probes(scan->options))
		log_warning("stopping at once: %llu domains and %llu mail servers in flight are left to --resume",
			    (unsigned long long)SCAN_SUM(scan, in_flight),
			    (unsigned long long)SCAN_SUM(scan, hosts.in_flight));
	else
		log_warning("stopping at once: %llu domains in flight are left to --resume",
			    (unsigned long long)SCAN_SUM(scan, in_flight));
	scan_stop(scan, SCAN_AT_ONCE);
}

static void change_rate(struct scan *scan, double factor)
{
	if (scan->congestion.rate <= 0 && factor > 1) {
		log_info("there is no rate to be raised: queries are sent without a limit");
		return;
	}
	congestion_scale(&scan->congestion, factor, RATE_UNLIMITED, RATE_LEAST);
	scan_set_rate(scan);
	log_info("rate is now %.*f queries a second", congestion_digits(scan->congestion.rate), scan->congestion.rate);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct scan_watch *watch = handle->data;

	switch (number) {
	case SIGUSR1:
		change_rate(watch->scan, RATE_STEP);
		break;
	case SIGUSR2:
		change_rate(watch->scan, 1 / RATE_STEP);
		break;
	default:
		stop_for(watch, number);
	}
}

/* ---- each second ---- */

/* Those who find us in a log should know whom to ask. */
static void warn_without_contact(struct scan_watch *watch)
{
	const struct options *options = watch->scan->options;

	if (watch->contact_missed || options->contact || options_is_lab(options) ||
	    SCAN_SUM(watch->scan, recorded.domains) + SCAN_SUM(watch->scan, hosts.recorded) <= CONTACT_EXPECTED_ABOVE)
		return;
	watch->contact_missed = true;
	log_warning("more than %d domains%s without --contact: give a URL or mail address, so that those who run them "
		    "can ask what this is",
		    CONTACT_EXPECTED_ABOVE, options_probes(options) ? " and mail servers" : "");
}

/* What the kernel has no room for is lost, and asked again. */
static void warn_of_small_buffers(struct scan_watch *watch)
{
	const struct options *options = watch->scan->options;
	uint64_t granted = atomic_load(&watch->scan->counts[0].receive_buffer);
	uint64_t needed = (uint64_t)options->concurrency / options->threads * ANSWER_COST;

	if (watch->buffer_seen || granted == 0)
		return;
	watch->buffer_seen = true;
	if (granted < needed && granted < UDP_RECEIVE_BUFFER)
		log_warning("sockets may hold %llu octets of answers, %llu would be good: sysctl -w "
			    "net.core.rmem_max=%d, or a smaller --concurrency",
			    (unsigned long long)granted,
			    (unsigned long long)(needed < UDP_RECEIVE_BUFFER ? needed : UDP_RECEIVE_BUFFER),
			    UDP_RECEIVE_BUFFER);
}

/* Better known now than after the last one. */
static void warn_of_doubt(struct scan_watch *watch, const struct moment *moment)
{
	struct moment_doubt doubt;

	if (watch->doubt_seen || moment->domains < DOUBT_EARLY)
		return;
	watch->doubt_seen = true;
	if (moment_doubt(moment, &doubt))
		log_warning("%.1f %% of the first %llu domains %s: %s", doubt.share * 100,
			    (unsigned long long)moment->domains, doubt.are, doubt.why);
}

/* The name servers, or what is behind them, may bear less than they are asked. */
static void watch_congestion(struct scan *scan, uint64_t now_ms)
{
	struct congestion *congestion = &scan->congestion;
	struct congestion_counts counts = { .packets = SCAN_SUM(scan, judged_packets),
					    .repeats = SCAN_SUM(scan, judged_repeats) };
	enum congestion_change change;

	for (unsigned i = 0; i < scan->options->server_count; i++)
		counts.answered += SCAN_SUM(scan, server[i].answered);
	change = congestion_tick(congestion, &counts, scan_is_paused(scan), now_ms);
	if (change == CONGESTION_SAME)
		return;
	scan_set_rate(scan);
	if (change == CONGESTION_DOWN && congestion->decreases == 1)
		log_warning(
			"%.0f %% of the questions had to be repeated: %.*f a second from now on, and more once fewer "
			"are lost; see --rate",
			congestion->share * 100, congestion_digits(congestion->rate), congestion->rate);
	else if (change == CONGESTION_DOWN)
		log_info("%.0f %% of the questions had to be repeated: %.*f a second from now on",
			 congestion->share * 100, congestion_digits(congestion->rate), congestion->rate);
	else if (congestion->decreases > 0 && !congestion_is_lowered(congestion))
		log_info("the rate of questions is back at what --rate allows");
}

static void end_after_runtime(struct scan_watch *watch, double now_s)
{
	double limit = watch->scan->options->max_runtime;

	if (limit <= 0 || now_s < limit || watch->runtime_over)
		return;
	watch->runtime_over = true;
	drain(watch->scan, "--max-runtime is over: ", "");
}

double scan_watch_outage_s(struct scan_watch *watch, double now_s)
{
	if (!scan_is_paused(watch->scan))
		watch->answered_s = now_s;
	return now_s - watch->answered_s;
}

static void end_for_outage(struct scan_watch *watch, double now_s)
{
	double limit = watch->scan->options->max_outage, outage = scan_watch_outage_s(watch, now_s);

	if (outage >= OUTAGE_SAID_S && !watch->outage_said)
		log_warning("no name server has answered for %.0f s: the scan waits; --max-outage says for how long at "
			    "most",
			    outage);
	if (outage <= 0 && watch->outage_said)
		log_warning("name servers answer again: the scan goes on");
	watch->outage_said = outage >= OUTAGE_SAID_S;
	if (limit <= 0 || outage < limit)
		return;
	error_set(&watch->error, "no name server has answered for %.0f s (--max-outage); --resume goes on from here",
		  outage);
	scan_stop(watch->scan, SCAN_AT_ONCE);
}

static void watch_canaries(struct scan_watch *watch, double now_s)
{
	double limit = watch->scan->options->max_outage, shut;

	if (!watch->scan->canaries)
		return;
	shut = canaries_tick(watch->scan->canaries, now_s);
	if (limit <= 0 || shut < limit)
		return;
	error_set(&watch->error, "port %u has been shut to us for %.0f s (--max-outage); --resume goes on from here",
		  watch->scan->options->smtp_port, shut);
	scan_stop(watch->scan, SCAN_AT_ONCE);
}

static void end_without_resolver(struct scan_watch *watch)
{
	struct private_resolver *started = watch->scan->options->started;

	if (!started || !private_resolver_has_ended(started, &watch->error))
		return;
	error_prefix(&watch->error, "--resume goes on from here");
	scan_stop(watch->scan, SCAN_AT_ONCE);
}

/* Whose name servers are waited for. */
static void watch_waiting(struct scan *scan, const struct moment *moment)
{
	if (moment->slowest_n > 0)
		slow_operators_note(&scan->slow, (struct span){ moment->slowest, moment->slowest_n },
				    moment->slowest_waiting);
}

static void on_second(uv_timer_t *timer)
{
	struct scan_watch *watch = timer->data;
	double now_s = scan_elapsed_s(watch->scan);
	struct moment moment;

	moment_now(watch->scan, &moment);
	watch_waiting(watch->scan, &moment);
	progress_tick(watch->progress, &moment);
	warn_without_contact(watch);
	warn_of_small_buffers(watch);
	warn_of_doubt(watch, &moment);
	end_drain(watch, now_s);
	watch_congestion(watch->scan, moment.elapsed_ms);
	if (watch->error.text[0])
		return;
	watch_canaries(watch, now_s);
	end_without_resolver(watch);
	end_after_runtime(watch, now_s);
	end_for_outage(watch, now_s);
}

/* ---- its life ---- */

static void on_ended(uv_async_t *async)
{
	struct scan_watch *watch = async->data;

	for (unsigned i = 0; i < watch->scan->workers; i++)
		if (!worker_has_ended(watch->scan->worker[i]))
			return;
	uv_stop(&watch->loop);
}

int scan_watch_open(struct scan_watch *watch, struct error *error)
{
	static const int numbers[SCAN_WATCH_SIGNALS] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 };

	if (uv_loop_init(&watch->loop) < 0)
		return error_set(error, "no memory or file descriptors for an event loop; see ulimit -n");
	uv_async_init(&watch->loop, &watch->ended, on_ended);
	watch->ended.data = watch->second.data = watch;
	watch->scan->on_worker_ended = &watch->ended;
	uv_timer_init(&watch->loop, &watch->second);
	for (unsigned i = 0; i < SCAN_WATCH_SIGNALS; i++) {
		uv_signal_init(&watch->loop, &watch->signal[i]);
		watch->signal[i].data = watch;
		/* the last two were, by early_signal_catch */
		if (numbers[i] == SIGUSR1 || numbers[i] == SIGUSR2 || !stop_signal_is_ignored(numbers[i]))
			uv_signal_start(&watch->signal[i], on_signal, numbers[i]);
	}
	if (early_signal_held())
		stop_for(watch, early_signal_held());
	uv_timer_start(&watch->second, on_second, SECOND_MS, SECOND_MS);
	return 0;
}

void scan_watch_run(struct scan_watch *watch)
{
	uv_run(&watch->loop, UV_RUN_DEFAULT);
	warn_without_contact(watch); /* a second may have been enough */
}

/* A trailer and the metadata are still to be written, and libuv gives signals back to their defaults: none may end the
 * process there, nor is one lost. */
void scan_watch_close(struct scan_watch *watch)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	uv_close((uv_handle_t *)&watch->ended, NULL);
	uv_close((uv_handle_t *)&watch->second, NULL);
	for (unsigned i = 0; i < SCAN_WATCH_SIGNALS; i++)
		uv_close((uv_handle_t *)&watch->signal[i], NULL);
	/* what else is there closes by itself: the canaries' network */
	uv_run(&watch->loop, UV_RUN_DEFAULT);
	uv_loop_close(&watch->loop);
	early_signal_catch();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}
