#include "scanner/run/worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "analysis/classify/classify.h"
#include "scanner/base/freelist.h"
#include "scanner/job/job_slots.h"
#include "scanner/base/log.h"
#include "scanner/run/nets.h"

enum {
	REFILL_MAX = 256, /* jobs begun between two looks at the network, so that answers don't pile up */
	TICK_MS = 100,
	FAULT_PAUSE_MS = 500, /* before a job that met a fault of ours is begun again */
	WINDOW_START = 256,   /* jobs at once to begin with: one more for each one finished, as TCP starts slowly */
	REGROW_AFTER = 16,    /* domains finished for each one the window grows again after a fault of ours */
	FAULTS_MAX = 8,       /* after so many the domain is recorded as what it is: not found out */
};

struct worker {
	struct nets nets;
	struct scan *scan;
	pthread_t thread;
	uv_loop_t loop;
	uv_async_t wake;
	uv_check_t check;
	uv_timer_t tick;
	struct job_context context;
	/* the window */
	struct job_slots slots;
	unsigned window;  /* the most jobs at once … */
	unsigned allowed; /* … and how many just now, after faults of ours */
	unsigned in_flight;
	struct job_list finished; /* to be judged and recorded */
	struct job_list faulted;  /* to be begun again */
	uint64_t faulted_at_ms;
	unsigned regrow;
	bool shrunk; /* by a fault of ours */
	/* where targets come from, and records go */
	struct feed_batch *batch, *room;
	struct record_buffer *buffer; /* NULL: all are with the sink */
	uint64_t buffer_since_ms;
	int idle_in; /* the phase it has nothing left to do in; -1: none */
	bool stopped;
	bool running; /* the thread was started */
	pthread_mutex_t wake_lock;
	bool closing; /* no more waking; under wake_lock for other threads */
	_Atomic bool ended;
	struct worker_counts counts;
};

static void on_job_done(struct job *job)
{
	/* Inside a library's callback: what follows waits for the loop. */
	STAILQ_INSERT_TAIL(&((struct worker *)job->context->arg)->finished, job, next);
}

/* ---- records ---- */

static bool have_buffer(struct worker *worker)
{
	if (!worker->buffer) {
		worker->buffer = sink_take(worker->scan->sink);
		worker->buffer_since_ms = uv_now(&worker->loop);
	}
	return worker->buffer;
}

static void give_buffer(struct worker *worker)
{
	sink_give(worker->scan->sink, worker->buffer);
	worker->buffer = NULL;
}

/* False: no memory just now; the job stays with us. */
static bool record(struct worker *worker, const struct observation *observation)
{
	if (record_put_domain(worker->buffer, observation) < 0)
		return false;
	worker_count(&worker->counts.domains, 1);
	if (record_buffer_content(worker->buffer).n >= SINK_FRAME_TARGET)
		give_buffer(worker);
	return true;
}

/* Judge one domain and record or defer it. False: it must wait. */
static bool settle(struct worker *worker, struct job *job)
{
	struct observation observation;
	struct classification result;

	job_observation(job, &observation);
	classify(&observation, &result);
	if (!job->last_pass && retry_is_worth_it(&observation, &result.judgement)) {
		/* While stopping it is left to --resume. */
		if (atomic_load(&worker->scan->stop) != SCAN_RUN ||
		    retry_put(worker->scan->retry, job->index, job->rank, job->name) == 0) {
			worker_count(&worker->counts.deferred, 1);
			return true;
		}
	}
	if (!record(worker, &observation))
		return false;
	worker_count_judged(&worker->counts, &result);
	return true;
}

static void give_slot_back(struct worker *worker, struct job *job)
{
	worker->in_flight--;
	job_slots_give(&worker->slots, job);
	if (worker->allowed < worker->window && ++worker->regrow >= (worker->shrunk ? REGROW_AFTER : 1)) {
		worker->allowed++;
		worker->regrow = 0;
	}
}

/* What a domain is that could not be surveyed for our own sake: nothing is known of it. */
static bool record_unmeasured(struct worker *worker, const struct job *job)
{
	struct observation observation = { .name = job->name,
					   .index = job->index,
					   .rank = job->rank,
					   .time_ms = job->time_ms,
					   .mx.answer.status = DNS_ERROR };

	observation.policy.address_used = -1;
	if (!record(worker, &observation))
		return false;
	worker_count(&worker->counts.unknown, 1);
	return true;
}

/* A fault of ours is no fact about the domain: begin it again, with fewer beside it. */
static void keep_faulted(struct worker *worker, struct job *job, int fault)
{
	/* While stopping it is left to --resume: nobody waits for what may never end. */
	if (fault == NET_FAULT_SHUTDOWN || worker->stopped || atomic_load(&worker->scan->stop) != SCAN_RUN) {
		give_slot_back(worker, job);
		return;
	}
	if (job->faults >= FAULTS_MAX && fault == NET_FAULT_MEMORY && have_buffer(worker) &&
	    record_unmeasured(worker, job)) {
		/* with everything else waiting, memory was not what lacked: the domain itself is too much */
		log_warning("%.*s: too much for the memory of one domain, recorded as unknown", (int)job->name.n,
			    job->name.p);
		give_slot_back(worker, job);
		return;
	}
	job->faults += job->faults < UINT8_MAX;
	worker_count(&worker->counts.faults, 1);
	if (uv_now(&worker->loop) >= worker->faulted_at_ms + FAULT_PAUSE_MS) {
		if (worker->allowed > 1) { /* else it has been said, and the progress line still does */
			worker->allowed /= 2;
			log_warning("out of %s: %u domains at once for now",
				    fault == NET_FAULT_MEMORY
					    ? "memory"
					    : "sockets (see ulimit -n and net.ipv4.ip_local_port_range)",
				    worker->allowed);
		}
		worker->faulted_at_ms = uv_now(&worker->loop);
		worker->shrunk = true;
	}
	STAILQ_INSERT_TAIL(&worker->faulted, job, next);
}

static void settle_finished(struct worker *worker)
{
	struct job *job;

	while (!STAILQ_EMPTY(&worker->finished) && have_buffer(worker)) {
		job = job_list_pop(&worker->finished);
		if (job_fault(job))
			keep_faulted(worker, job, job_fault(job));
		else if (settle(worker, job))
			give_slot_back(worker, job);
		else
			keep_faulted(worker, job, NET_FAULT_MEMORY);
	}
}

static void restart_faulted(struct worker *worker)
{
	struct job_list again = STAILQ_HEAD_INITIALIZER(again);
	struct job *job;

	if (STAILQ_EMPTY(&worker->faulted) || uv_now(&worker->loop) < worker->faulted_at_ms + FAULT_PAUSE_MS)
		return;
	STAILQ_CONCAT(&again, &worker->faulted);
	while ((job = job_list_pop(&again))) {
		if (atomic_load(&worker->scan->stop) != SCAN_RUN) {
			give_slot_back(worker, job);
			continue;
		}
		/* the name lies in the arena that job_start resets */
		char name[OBS_LINE_MAX];
		struct span copy = { name, job->name.n };

		memcpy(name, job->name.p, job->name.n);
		job_start(job, job->index, job->rank, copy, job->last_pass);
	}
}

/* ---- the window ---- */

/* A line that is not surveyed gets its record all the same. */
static bool record_unasked(struct worker *worker, const struct feed_target *target)
{
	struct observation observation = { .name = target->name,
					   .input = target->input,
					   .index = target->index,
					   .rank = target->rank,
					   .time_ms = net_wall_ms(&worker->nets.net) };
	struct classification result;

	observation.policy.address_used = -1;
	if (!record(worker, &observation))
		return false;
	classify(&observation, &result);
	worker_count_judged(&worker->counts, &result);
	return true;
}

static bool begin(struct worker *worker, const struct feed_target *target)
{
	struct job *job;

	if (target->input != INPUT_OK)
		return record_unasked(worker, target);
	job = job_slots_take(&worker->slots, &worker->context);
	if (!job)
		return false;
	/* whatever fails later, its name is kept to begin again with */
	if (!arena_reserve(&job->arena, target->name.n)) {
		job_slots_give(&worker->slots, job);
		return false;
	}
	worker->in_flight++;
	job->faults = 0;
	job_start(job, target->index, target->rank, target->name, atomic_load(&worker->scan->phase) == SCAN_RETRY);
	return true;
}

/* A target for the window; NULL: none now. *end: none in this phase. */
static const struct feed_target *next_target(struct worker *worker, bool *end)
{
	enum feed_result result;

	if (worker->batch && worker->batch->used == worker->batch->count) {
		scan_release(worker->scan, worker->batch, worker->room);
		worker->batch = NULL;
	}
	if (!worker->batch) {
		result = scan_take(worker->scan, &worker->batch, worker->room);
		*end = result == FEED_END || result == FEED_FAILED;
		if (result != FEED_BATCH_TAKEN) {
			worker->batch = NULL;
			return NULL;
		}
		worker->batch->used = 0;
	}
	return &worker->batch->target[worker->batch->used];
}

/* True: there is nothing left to begin in this phase. */
static bool refill(struct worker *worker)
{
	bool end = false;

	if (worker->stopped || atomic_load(&worker->scan->stop) == SCAN_AT_ONCE)
		return true;
	if (resolver_is_paused(net_cares_resolver(worker->nets.dns)))
		return atomic_load(&worker->scan->stop) != SCAN_RUN;
	for (unsigned begun = 0; begun < REFILL_MAX && worker->in_flight < worker->allowed; begun++) {
		const struct feed_target *target;

		if (!STAILQ_EMPTY(&worker->faulted) || !have_buffer(worker))
			break;
		if (atomic_load(&worker->scan->stop) != SCAN_RUN)
			return true;
		target = next_target(worker, &end);
		if (!target || !begin(worker, target))
			break;
		worker->batch->used++;
	}
	return end;
}

/* ---- the loop ---- */

static void close_all(struct worker *worker)
{
	pthread_mutex_lock(&worker->wake_lock);
	worker->closing = true;
	pthread_mutex_unlock(&worker->wake_lock);
	nets_close(&worker->nets);
	uv_close((uv_handle_t *)&worker->check, NULL);
	uv_close((uv_handle_t *)&worker->tick, NULL);
	uv_close((uv_handle_t *)&worker->wake, NULL);
}

static void stop_at_once(struct worker *worker)
{
	struct job *job;

	worker->stopped = true;
	nets_stop(&worker->nets);
	while ((job = job_list_pop(&worker->faulted)))
		give_slot_back(worker, job);
}

/* Nobody answers and nobody is to wait: what is in flight is left to --resume. */
static void obey_stop(struct worker *worker)
{
	struct scan *scan = worker->scan;
	struct job *job;

	if (sink_failed(scan->sink) ||
	    (atomic_load(&scan->stop) == SCAN_DRAIN && resolver_is_paused(net_cares_resolver(worker->nets.dns))))
		scan_stop(scan, SCAN_AT_ONCE);
	if (atomic_load(&scan->stop) != SCAN_AT_ONCE)
		return;
	if (!worker->stopped)
		stop_at_once(worker);
	while ((job = job_list_pop(&worker->finished)))
		give_slot_back(worker, job);
}

/* What fell due since the last look at the network. */
static void turn(struct worker *worker)
{
	int phase = atomic_load(&worker->scan->phase);
	bool end;

	if (worker->closing)
		return;
	if (phase == SCAN_END) {
		close_all(worker);
		return;
	}
	if (worker->idle_in == phase)
		return;
	obey_stop(worker);
	settle_finished(worker);
	restart_faulted(worker);
	end = refill(worker);
	if (!end || worker->in_flight > 0)
		return;
	if (worker->buffer)
		give_buffer(worker);
	worker->idle_in = phase;
	scan_idle(worker->scan);
}

static void on_check(uv_check_t *check)
{
	turn(check->data);
}

static void on_wake(uv_async_t *wake)
{
	turn(wake->data);
}

static void copy_server_counts(struct worker_counts *counts, const struct resolver *resolver)
{
	for (unsigned i = 0; i < resolver->count; i++) {
		const struct resolver_server *server = &resolver->server[i];

		atomic_store(&counts->server[i].answered, server->answered);
		atomic_store(&counts->server[i].failed, server->failed);
		atomic_store(&counts->server[i].timeouts, server->timeouts);
		atomic_store(&counts->server[i].times_down, server->times_down);
	}
}

static void copy_counts(struct worker *worker)
{
	struct worker_counts *counts = &worker->counts;
	struct net_cares_counts dns;
	struct answer_cache_counts cache;

	net_cares_counts(worker->nets.dns, &dns);
	answer_cache_counts(worker->nets.cache, &cache);
	atomic_store(&counts->saved, cache.hits + cache.joined);
	atomic_store(&counts->packets, dns.packets);
	atomic_store(&counts->repeats, dns.repeats);
	atomic_store(&counts->tcp, dns.tcp);
	atomic_store(&counts->parked, dns.parked);
	atomic_store(&counts->icmp, dns.icmp);
	atomic_store(&counts->in_flight, worker->in_flight);
	atomic_store(&counts->short_of, !STAILQ_EMPTY(&worker->faulted) && worker->allowed == 1);
	atomic_store(&counts->fetches, worker->nets.fetches);
	atomic_store(&counts->fetching, worker->nets.web ? net_curl_gate(worker->nets.web)->open : 0);
	atomic_store(&counts->paused, resolver_is_paused(net_cares_resolver(worker->nets.dns)));
	atomic_store(&counts->receive_buffer, net_cares_receive_buffer(worker->nets.dns));
	copy_server_counts(counts, net_cares_resolver(worker->nets.dns));
}

static void on_tick(uv_timer_t *tick)
{
	struct worker *worker = tick->data;

	if (worker->closing)
		return;
	copy_counts(worker);
	if (worker->buffer && record_buffer_content(worker->buffer).n > 0 &&
	    uv_now(&worker->loop) - worker->buffer_since_ms >= worker->scan->options->sync_interval * 1000)
		give_buffer(worker);
}

static void *run(void *arg)
{
	struct worker *worker = arg;
	struct scan *scan = worker->scan;

	turn(worker);
	uv_run(&worker->loop, UV_RUN_DEFAULT);
	copy_counts(worker);
	uv_loop_close(&worker->loop);
	job_slots_free(&worker->slots);
	freelist_trim();
	atomic_store(&worker->ended, true);
	uv_async_send(scan->on_worker_ended);
	return NULL;
}

int worker_open(struct worker **result, struct scan *scan, struct error *error)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	const struct options *options = scan->options;

	if (!worker)
		return error_set(error, "no memory");
	*worker = (struct worker){ .scan = scan, .idle_in = -1 };
	pthread_mutex_init(&worker->wake_lock, NULL);
	worker->context = (struct job_context){ .net = &worker->nets.net,
						.allow = options->allow_reserved,
						.block = options->blocklist,
						.unasked = options->domain_blocklist,
						.done = on_job_done,
						.arg = worker };
	worker->window = (options->concurrency + scan->workers - 1) / scan->workers;
	worker->allowed = worker->window < WINDOW_START ? worker->window : WINDOW_START;
	worker->room = malloc(sizeof(*worker->room));
	job_slots_init(&worker->slots);
	STAILQ_INIT(&worker->finished);
	STAILQ_INIT(&worker->faulted);
	if (uv_loop_init(&worker->loop) < 0) {
		pthread_mutex_destroy(&worker->wake_lock);
		free(worker->room);
		free(worker);
		return error_set(error, "no memory or file descriptors for a worker; see ulimit -n and --threads");
	}
	worker->wake.data = worker->check.data = worker->tick.data = worker;
	uv_async_init(&worker->loop, &worker->wake, on_wake);
	uv_check_init(&worker->loop, &worker->check);
	uv_check_start(&worker->check, on_check);
	uv_timer_init(&worker->loop, &worker->tick);
	uv_timer_start(&worker->tick, on_tick, TICK_MS, TICK_MS);
	*result = worker;
	if (!worker->room)
		return error_set(error, "no memory");
	return nets_open(&worker->nets, &worker->loop, &scan->nets, error);
}

int worker_start(struct worker *worker)
{
	worker->running = pthread_create(&worker->thread, NULL, run, worker) == 0;
	if (worker->running)
		return 0;
	atomic_store(&worker->ended, true);
	scan_idle(worker->scan);
	return -1;
}

void worker_wake(struct worker *worker)
{
	if (!worker)
		return;
	/* A loop that has closed must not be sent to. */
	pthread_mutex_lock(&worker->wake_lock);
	if (!worker->closing)
		uv_async_send(&worker->wake);
	pthread_mutex_unlock(&worker->wake_lock);
}

const struct worker_counts *worker_counts(const struct worker *worker)
{
	return &worker->counts;
}

bool worker_has_ended(const struct worker *worker)
{
	return atomic_load(&worker->ended);
}

void worker_join(struct worker *worker)
{
	if (worker->running)
		pthread_join(worker->thread, NULL);
	if (worker->batch)
		scan_release(worker->scan, worker->batch, worker->room);
	worker->batch = NULL;
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	if (!worker->running) {
		close_all(worker);
		uv_run(&worker->loop, UV_RUN_DEFAULT);
		uv_loop_close(&worker->loop);
	}
	nets_free(&worker->nets);
	pthread_mutex_destroy(&worker->wake_lock);
	free(worker->room);
	free(worker);
}
