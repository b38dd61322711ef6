/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/worker/worker.h"

#include <pthread.h>
#include <stdlib.h>

#include "analysis/classify/classify.h"
#include "scanner/base/thread_alloc.h"
#include "scanner/base/log.h"
#include "scanner/job/job_slots.h"
#include "scanner/scan/domain_log.h"
#include "scanner/worker/host_window.h"
#include "scanner/worker/records.h"
#include "scanner/worker/source.h"
#include "scanner/worker/window.h"

enum {
	REFILL_MAX = 256,         /* jobs begun between two looks at the network, so that answers don't pile up */
	REFILL_NAMES_MAX = 16384, /* names of hosts, which are but noted */
	TICK_MS = 100,
};

enum worker_state {
	WORKER_OPEN,    /* its handles are open; no thread runs it, or none yet */
	WORKER_RUNNING, /* it takes targets and surveys them */
	WORKER_STOPPED, /* its network is shut: what is in flight comes back with a fault, and is left to --resume */
	WORKER_IDLE,    /* nothing is left to do in this phase: it waits for the next one */
	WORKER_CLOSING, /* its handles close: it must not be woken any more */
	WORKER_ENDED,   /* its thread is over */
};

struct worker {
	struct net_live live;
	struct scan *scan;
	struct worker_counts *counts;
	pthread_t thread;
	uv_loop_t loop;
	uv_async_t wake;
	uv_check_t check;
	uv_timer_t tick;
	struct job_context context;
	/* its jobs */
	struct job_slots slots;
	struct window window;
	unsigned in_flight;
	struct job_list finished; /* to be judged and recorded */
	struct job_list faulted;  /* to be begun again after the pause */
	uint64_t pause_end_ms;
	struct host_window *hosts; /* NULL: none are probed */
	bool has_named_all;        /* hosts of its domains, in this phase */
	/* where targets come from, and records go */
	struct source source;
	struct records records;
	/* its life */
	pthread_mutex_t lock;
	enum worker_state state; /* assigned by enter alone; other threads look at it under the lock */
	int idle_phase;          /* while idle */
};

/* Once a worker is seen to have ended it sends nothing any more, so that the main loop may go. */
static void enter(struct worker *worker, enum worker_state state)
{
	pthread_mutex_lock(&worker->lock);
	worker->state = state;
	if (state == WORKER_ENDED)
		uv_async_send(worker->scan->on_worker_ended);
	pthread_mutex_unlock(&worker->lock);
}

static enum worker_state state_of(struct worker *worker)
{
	enum worker_state state;

	pthread_mutex_lock(&worker->lock);
	state = worker->state;
	pthread_mutex_unlock(&worker->lock);
	return state;
}

static void on_job_done(struct job *job)
{
	/* Inside a library's callback: what follows waits for the loop. */
	STAILQ_INSERT_TAIL(&((struct worker *)job->context->arg)->finished, job, next);
}

static void on_host_done(struct host_job *job)
{
	host_window_take_back(((struct worker *)job->context->arg)->hosts, job);
}

/* ---- records ---- */

/* False: no memory just now. */
static bool record(struct worker *worker, const struct observation *observation, const struct judgement *judgement)
{
	if (record_put_domain(worker->records.buffer, observation) < 0)
		return false;
	counts_add_domain(&worker->counts->recorded, observation, judgement);
	domain_log_judged(observation->name, judgement, "recorded");
	if (worker->hosts)
		host_queue_add_domain(&worker->scan->hosts, worker->scan->options->smtp, observation, judgement);
	records_added(&worker->records);
	return true;
}

/* A domain or line that was not surveyed: no more is known of it than the reason. False as record. */
static bool record_bare(struct worker *worker, struct observation *observation)
{
	struct classification result;

	observation->policy.address_used = -1;
	classify(observation, &result);
	return record(worker, observation, &result.judgement);
}

/* While stopping, what stays unknown is left to --resume. */
static bool defer(struct worker *worker, const struct job *job)
{
	struct name_entry entry = { .index = job->index, .rank = job->rank, .name = job->name, .extra = job->extra };

	source_note_deferred(job, &entry);
	if (!scan_is_stopping(worker->scan) && deferred_put(&worker->scan->deferred, &entry) < 0)
		return false;
	counts_add(&worker->counts->deferred, 1);
	return true;
}

/* Judge one domain and record or defer it. False: it must wait. */
static bool settle(struct worker *worker, struct job *job)
{
	struct observation observation;
	struct classification result;

	job_observation(job, &observation);
	records_put_labels(&worker->records, job->extra, &observation);
	classify(&observation, &result);
	if (!job->last_pass && classification_worth_asking_again(&observation, &result) && defer(worker, job)) {
		domain_log_judged(observation.name, &result.judgement,
				  scan_is_stopping(worker->scan) ? "left to --resume" : "deferred");
		return true;
	}
	return record(worker, &observation, &result.judgement);
}

static void give_slot_back(struct worker *worker, struct job *job)
{
	worker->in_flight--;
	job_slots_give(&worker->slots, job);
	window_finished(&worker->window);
}

/* ---- faults of ours: no fact about the domain, so it is begun again, with fewer beside it ---- */

/* Is there no use in beginning it again? Nobody waits for what may never end. */
static bool is_left(const struct worker *worker, int fault)
{
	return fault == NET_FAULT_SHUTDOWN || worker->state == WORKER_STOPPED || scan_is_stopping(worker->scan);
}

/* Memory that fails again and again: of a domain that asks for more than one may have, or, where all others wait, on a
 * machine that has not enough for one. Nothing is known of it. False: it is begun again. */
static bool give_up(struct worker *worker, struct job *job, int fault)
{
	struct observation observation = { .name = job->name,
					   .index = job->index,
					   .rank = job->rank,
					   .time_ms = job->time_ms,
					   .mx.answer.status = DNS_ERROR };
	bool is_greedy = job->arena.full;

	if (fault != NET_FAULT_MEMORY || (!is_greedy && worker->window.allowed > 1))
		return false; /* there may be enough once others have ended */
	records_put_labels(&worker->records, job->extra, &observation);
	job->faults += job->faults < UINT8_MAX;
	if (job->faults <= WINDOW_FAULTS_MAX || !records_have_room(&worker->records) ||
	    !record_bare(worker, &observation))
		return false;
	log_warning("%.*s: %s, recorded as unknown", (int)job->name.n, job->name.p,
		    is_greedy ? "too much for the memory of one domain" : "this machine has not enough memory for it");
	return true;
}

static void begin_pause(struct worker *worker, int fault)
{
	if (!worker->window.pausing)
		worker->pause_end_ms = uv_now(&worker->loop) + WINDOW_PAUSE_MS;
	if (window_fault(&worker->window)) /* else it has been said, and the progress line still does */
		log_warning("%s%s: %u domains at once for now", net_fault_name(fault), net_fault_remedy(fault),
			    worker->window.allowed);
}

static void settle_faulted(struct worker *worker, struct job *job, int fault)
{
	if (is_left(worker, fault)) {
		domain_log_fault(job->name, fault, "left to --resume");
		give_slot_back(worker, job);
	} else if ((fault == NET_FAULT_RESTING && source_put_back(&worker->source, job)) ||
		   give_up(worker, job, fault)) {
		give_slot_back(worker, job);
	} else {
		domain_log_fault(job->name, fault, "to be begun again");
		counts_add(&worker->counts->faults, 1);
		begin_pause(worker, fault);
		STAILQ_INSERT_TAIL(&worker->faulted, job, next);
	}
}

static void settle_finished(struct worker *worker)
{
	struct job *job;

	while (!STAILQ_EMPTY(&worker->finished) && records_have_room(&worker->records)) {
		job = job_list_pop(&worker->finished);
		if (job_fault(job))
			settle_faulted(worker, job, job_fault(job));
		else if (settle(worker, job))
			give_slot_back(worker, job);
		else
			settle_faulted(worker, job, NET_FAULT_MEMORY);
	}
}

static void begin_again(struct worker *worker, struct job *job)
{
	/* its texts lie in the arena that job_start resets */
	char text[FEED_TARGET_MAX + EXTRA_MAX], *servers = text + job->name.n + job->extra.n;
	struct net_delegation delegation;
	struct job_target target = {
		job->index, job->rank, { text, job->name.n }, { text + job->name.n, job->extra.n }, NULL
	};

	if (scan_is_stopping(worker->scan)) {
		give_slot_back(worker, job);
		return;
	}
	memcpy(text, job->name.p, job->name.n);
	if (job->extra.n > 0)
		memcpy(text + job->name.n, job->extra.p, job->extra.n);
	if (job->delegation) {
		delegation = *job->delegation;
		if (delegation.servers.p == job->extra.p)
			delegation.servers.p = target.extra.p;
		else if (delegation.servers.n > 0)
			delegation.servers.p = memcpy(servers, delegation.servers.p, delegation.servers.n);
		target.delegation = &delegation;
	}
	job_start(job, &target, job->last_pass);
}

static void end_pause(struct worker *worker)
{
	struct job_list again = STAILQ_HEAD_INITIALIZER(again);
	struct job *job;

	if (!worker->window.pausing || uv_now(&worker->loop) < worker->pause_end_ms)
		return;
	window_resume(&worker->window);
	STAILQ_CONCAT(&again, &worker->faulted);
	while ((job = job_list_pop(&again)))
		begin_again(worker, job);
}

/* ---- targets ---- */

/* A line that is not surveyed gets its record all the same. */
static bool record_unasked(struct worker *worker, const struct feed_target *target)
{
	struct observation observation = { .name = target->name,
					   .input = target->input,
					   .index = target->index,
					   .rank = target->rank,
					   .time_ms = worker->live.net.wall_ms(&worker->live.net) };

	records_put_labels(&worker->records, target->extra, &observation);
	return record_bare(worker, &observation);
}

static bool begin(struct worker *worker, const struct feed_target *target, const struct net_delegation *delegation)
{
	const struct job_target its = { target->index, target->rank, target->name, target->extra, delegation };
	struct job *job;

	if (target->input != INPUT_OK)
		return record_unasked(worker, target);
	if (worker->scan->options->mx_hosts) {
		host_queue_add(&worker->scan->hosts, target->name);
		return true;
	}
	job = job_slots_take(&worker->slots, &worker->context);
	if (!job)
		return false;
	/* whatever fails later, its texts are kept to begin again with */
	if (!arena_reserve(&job->arena, job_target_octets(&its))) {
		job_slots_give(&worker->slots, job);
		return false;
	}
	worker->in_flight++;
	job->faults = 0;
	job_start(job, &its, atomic_load(&worker->scan->phase) == SCAN_SECOND_PASS);
	return true;
}

/* True: there is nothing left to begin in this phase. */
static bool refill(struct worker *worker)
{
	const unsigned most = worker->scan->options->mx_hosts ? REFILL_NAMES_MAX : REFILL_MAX;
	bool end = false;

	if (worker->state == WORKER_STOPPED)
		return true;
	if (server_health_is_paused(net_cares_health(worker->live.dns)))
		return scan_is_stopping(worker->scan);
	for (unsigned begun = 0; begun < most && worker->in_flight < worker->window.allowed; begun++) {
		const struct net_delegation *delegation;
		const struct feed_target *target;

		if (!STAILQ_EMPTY(&worker->faulted) || !records_have_room(&worker->records))
			break;
		if (scan_is_stopping(worker->scan))
			return true;
		target = source_next(&worker->source, worker->window.allowed - worker->in_flight, &delegation, &end);
		if (!target || !begin(worker, target, delegation))
			break;
		source_taken(&worker->source);
	}
	return end;
}

/* ---- the loop ---- */

static void close_all(struct worker *worker)
{
	enter(worker, WORKER_CLOSING);
	net_live_close(&worker->live);
	source_close(&worker->source);
	uv_close((uv_handle_t *)&worker->check, NULL);
	uv_close((uv_handle_t *)&worker->tick, NULL);
	uv_close((uv_handle_t *)&worker->wake, NULL);
}

static void stop_at_once(struct worker *worker)
{
	struct job *job;

	enter(worker, WORKER_STOPPED);
	net_live_stop(&worker->live);
	while ((job = job_list_pop(&worker->faulted)))
		give_slot_back(worker, job);
	if (worker->hosts)
		host_window_drop(worker->hosts);
}

/* Nobody answers and nobody is to wait: what is in flight is left to --resume. */
static void obey_stop(struct worker *worker)
{
	struct scan *scan = worker->scan;
	struct job *job;

	if (sink_failed(scan->sink) ||
	    (atomic_load(&scan->stop) == SCAN_DRAIN && server_health_is_paused(net_cares_health(worker->live.dns))))
		scan_stop(scan, SCAN_AT_ONCE);
	if (atomic_load(&scan->stop) != SCAN_AT_ONCE)
		return;
	if (worker->state != WORKER_STOPPED)
		stop_at_once(worker);
	while ((job = job_list_pop(&worker->finished)))
		give_slot_back(worker, job);
	if (worker->hosts)
		host_window_drop(worker->hosts);
}

static void go_idle(struct worker *worker, int phase)
{
	records_give(&worker->records);
	worker->idle_phase = phase;
	worker->has_named_all = false;
	enter(worker, WORKER_IDLE);
	scan_idle(worker->scan);
}

/* @end: there is no domain any more. True: nor is there a host, in this phase. */
static bool turn_hosts(struct worker *worker, bool end)
{
	if (end && !worker->has_named_all) {
		worker->has_named_all = true;
		scan_named_all(worker->scan);
	}
	worker->context.no_ipv4 = atomic_load(&worker->scan->left_out[VANTAGE_IPV4]);
	worker->context.no_ipv6 = atomic_load(&worker->scan->left_out[VANTAGE_IPV6]);
	host_window_turn(worker->hosts, uv_now(&worker->loop),
			 atomic_load(&worker->scan->held) ||
				 server_health_is_paused(net_cares_health(worker->live.dns)));
	return end && worker->hosts->in_flight == 0 &&
	       (worker->state == WORKER_STOPPED || scan_is_stopping(worker->scan) ||
		!scan_may_have_hosts(worker->scan));
}

/* What fell due since the last look at the network. */
static void turn(struct worker *worker)
{
	int phase = atomic_load(&worker->scan->phase);
	bool end;

	if (worker->state == WORKER_CLOSING || (worker->state == WORKER_IDLE && worker->idle_phase == phase))
		return;
	if (phase == SCAN_END) {
		close_all(worker);
		return;
	}
	if (worker->state == WORKER_IDLE)
		enter(worker, WORKER_RUNNING);
	obey_stop(worker);
	settle_finished(worker);
	end_pause(worker);
	end = refill(worker) && worker->in_flight == 0;
	if (worker->hosts)
		end = turn_hosts(worker, end);
	if (end)
		go_idle(worker, phase);
}

static void on_check(uv_check_t *check)
{
	turn(check->data);
}

static void on_wake(uv_async_t *wake)
{
	turn(wake->data);
}

static void copy_counts(struct worker *worker)
{
	struct worker_counts *counts = worker->counts;
	struct net_cares_counts dns;
	struct answer_cache_counts cache;

	net_cares_counts(worker->live.dns, &dns);
	answer_cache_counts(worker->live.cache, &cache);
	atomic_store(&counts->saved, cache.hits + cache.joined);
	atomic_store(&counts->packets, dns.packets);
	atomic_store(&counts->repeats, dns.repeats);
	atomic_store(&counts->judged_packets, dns.packets - dns.silent_packets);
	atomic_store(&counts->judged_repeats, dns.repeats - dns.silent_repeats);
	atomic_store(&counts->tcp, dns.tcp);
	atomic_store(&counts->parked, dns.parked);
	atomic_store(&counts->icmp, dns.icmp);
	atomic_store(&counts->in_flight, worker->in_flight);
	atomic_store(&counts->starved, !STAILQ_EMPTY(&worker->faulted) && worker->window.allowed == 1);
	atomic_store(&counts->fetches, worker->live.fetches);
	atomic_store(&counts->fetching, worker->live.web ? net_curl_gate(worker->live.web)->open : 0);
	if (worker->hosts) {
		if (host_window_is_starved(worker->hosts))
			atomic_store(&counts->starved, 1);
		atomic_store(&counts->hosts.in_flight, worker->hosts->in_flight);
		atomic_store(&counts->hosts.probes, worker->live.probes);
		atomic_store(&counts->hosts.probing, net_live_probing(&worker->live));
	}
	atomic_store(&counts->paused, server_health_is_paused(net_cares_health(worker->live.dns)));
	atomic_store(&counts->receive_buffer, net_cares_receive_buffer(worker->live.dns));
	counts_copy_servers(counts, net_cares_health(worker->live.dns));
	if (worker->live.direct)
		counts_copy_direct(counts, worker->live.direct);
}

static void on_tick(uv_timer_t *tick)
{
	struct worker *worker = tick->data;

	if (worker->state == WORKER_CLOSING)
		return;
	copy_counts(worker);
	records_give_old(&worker->records, (uint64_t)(worker->scan->options->sync_interval * 1000));
}

static void *run(void *arg)
{
	struct worker *worker = arg;

	turn(worker);
	uv_run(&worker->loop, UV_RUN_DEFAULT);
	copy_counts(worker);
	uv_loop_close(&worker->loop);
	job_slots_free(&worker->slots);
	if (worker->hosts)
		host_window_fini(worker->hosts);
	thread_alloc_trim();
	enter(worker, WORKER_ENDED);
	return NULL;
}

static int open_hosts(struct worker *worker, struct error *error)
{
	worker->hosts = malloc(sizeof(*worker->hosts));
	if (!worker->hosts)
		return error_set(error, "no memory");
	worker->context.host_done = on_host_done;
	host_window_init(worker->hosts, worker->scan, worker->counts, &worker->records, &worker->context,
			 worker->scan->live.probes_at_once + worker->scan->live.probes_slow);
	return 0;
}

int worker_open(struct worker **result, struct scan *scan, unsigned number, struct error *error)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	const struct options *options = scan->options;

	if (!worker)
		return error_set(error, "no memory");
	worker->scan = scan;
	worker->counts = &scan->counts[number];
	worker->records = (struct records){ .sink = scan->sink, .loop = &worker->loop, .options = scan->options };
	worker->context = net_live_context(&worker->live, &scan->live, on_job_done, worker);
	window_init(&worker->window, options_part(options->concurrency, scan->workers));
	job_slots_init(&worker->slots);
	STAILQ_INIT(&worker->finished);
	STAILQ_INIT(&worker->faulted);
	if (uv_loop_init(&worker->loop) < 0) {
		free(worker);
		return error_set(error, "no memory or file descriptors for a worker; see ulimit -n and --threads");
	}
	pthread_mutex_init(&worker->lock, NULL);
	worker->wake.data = worker->check.data = worker->tick.data = worker;
	uv_async_init(&worker->loop, &worker->wake, on_wake);
	uv_check_init(&worker->loop, &worker->check);
	uv_check_start(&worker->check, on_check);
	uv_timer_init(&worker->loop, &worker->tick);
	uv_timer_start(&worker->tick, on_tick, TICK_MS, TICK_MS);
	*result = worker;
	if (source_open(&worker->source, scan, &worker->live, error) < 0 ||
	    (options_probes(options) && open_hosts(worker, error) < 0))
		return -1;
	return net_live_open(&worker->live, &worker->loop, &scan->live, error);
}

int worker_start(struct worker *worker)
{
	enter(worker, WORKER_RUNNING);
	if (pthread_create(&worker->thread, NULL, run, worker) == 0)
		return 0;
	enter(worker, WORKER_OPEN);
	scan_idle(worker->scan);
	return -1;
}

void worker_wake(struct worker *worker)
{
	/* A loop that has closed must not be sent to. */
	pthread_mutex_lock(&worker->lock);
	if (worker->state < WORKER_CLOSING)
		uv_async_send(&worker->wake);
	pthread_mutex_unlock(&worker->lock);
}

bool worker_has_ended(struct worker *worker)
{
	enum worker_state state = state_of(worker);

	return state == WORKER_OPEN || state == WORKER_ENDED;
}

void worker_join(struct worker *worker)
{
	if (state_of(worker) != WORKER_OPEN)
		pthread_join(worker->thread, NULL);
	source_free(&worker->source);
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	if (worker->state == WORKER_OPEN) {
		close_all(worker);
		uv_run(&worker->loop, UV_RUN_DEFAULT);
		uv_loop_close(&worker->loop);
	}
	net_live_free(&worker->live);
	source_free(&worker->source);
	free(worker->hosts);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
}
