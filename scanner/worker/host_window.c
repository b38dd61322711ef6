/* SPDX-License-Identifier: BSD-2-Clause */
#include "scanner/worker/host_window.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/classify/classify_host.h"
#include "scanner/scan/domain_log.h"

enum {
	HOSTS_AT_ONCE = 16,    /* allocated together */
	HOSTS_REFILL_MAX = 64, /* begun between two looks at the network */
	HOSTS_PASSES_MAX = 2,  /* looks at one host; the last one is patient */
	HOSTS_GROW_MS = 100,   /* so often the window grows, … */
	HOSTS_GROW_PART = 8, /* … by such a part: slow hosts finish none that would let it, and 40 times that is 100 */
};

struct host_slot {
	struct host_job job; /* first */
	uint8_t passes;      /* looks it had before */
};

struct host_slab {
	SLIST_ENTRY(host_slab) next;
	struct host_slot slot[HOSTS_AT_ONCE];
};

static struct host_slot *slot_of(struct host_job *job)
{
	return (struct host_slot *)job;
}

static struct host_job *pop(struct host_job_list *list)
{
	struct host_job *job = STAILQ_FIRST(list);

	if (job)
		STAILQ_REMOVE_HEAD(list, next);
	return job;
}

void host_window_init(struct host_window *hosts, struct scan *scan, struct worker_counts *counts,
		      struct records *records, const struct job_context *context, unsigned most)
{
	*hosts = (struct host_window){ .scan = scan, .counts = counts, .records = records, .context = context };
	SLIST_INIT(&hosts->slabs);
	STAILQ_INIT(&hosts->unused);
	STAILQ_INIT(&hosts->finished);
	STAILQ_INIT(&hosts->faulted);
	window_init(&hosts->window, most);
}

void host_window_fini(struct host_window *hosts)
{
	struct host_slab *slab;

	while ((slab = SLIST_FIRST(&hosts->slabs))) {
		SLIST_REMOVE_HEAD(&hosts->slabs, next);
		for (unsigned i = 0; i < HOSTS_AT_ONCE; i++)
			host_job_fini(&slab->slot[i].job);
		free(slab);
	}
	STAILQ_INIT(&hosts->unused);
}

void host_window_take_back(struct host_window *hosts, struct host_job *job)
{
	/* Inside a library's callback: what follows waits for the loop. */
	STAILQ_INSERT_TAIL(&hosts->finished, job, next);
}

static void give_slot_back(struct host_window *hosts, struct host_job *job)
{
	hosts->in_flight--;
	STAILQ_INSERT_TAIL(&hosts->unused, job, next);
	window_finished(&hosts->window);
}

/* NULL: no memory. */
static struct host_job *take_slot(struct host_window *hosts)
{
	struct host_slab *slab;

	if (STAILQ_EMPTY(&hosts->unused)) {
		slab = malloc(sizeof(*slab));
		if (!slab)
			return NULL;
		SLIST_INSERT_HEAD(&hosts->slabs, slab, next);
		for (unsigned i = 0; i < HOSTS_AT_ONCE; i++) {
			host_job_init(&slab->slot[i].job, hosts->context);
			STAILQ_INSERT_TAIL(&hosts->unused, &slab->slot[i].job, next);
		}
	}
	return pop(&hosts->unused);
}

/* ---- records ---- */

/* False: no memory just now. */
static bool record(struct host_window *hosts, const struct obs_host *facts)
{
	struct host_judgement result;

	if (record_put_host(hosts->records->buffer, facts) < 0)
		return false;
	classify_host(facts, &result);
	counts_add(&hosts->counts->hosts.recorded, 1);
	counts_add(&hosts->counts->hosts.unknown, result.state == MX_UNKNOWN);
	domain_log_host(facts->name, &result, "recorded");
	records_added(hosts->records);
	return true;
}

/* While stopping, what stays unknown is left to --resume. */
static bool defer(struct host_window *hosts, struct host_job *job)
{
	bool stopping = scan_is_stopping(hosts->scan);
	struct host_judgement result;

	if (!stopping && host_queue_defer(&hosts->scan->hosts, job->facts.name, job->facts.passes) < 0)
		return false;
	counts_add(&hosts->counts->hosts.deferred, 1);
	if (!log_wants(LOG_LEVEL_DEBUG))
		return true;
	classify_host(&job->facts, &result);
	domain_log_host(job->facts.name, &result, stopping ? "left to --resume" : "deferred");
	return true;
}

/* Judge one host, and record or defer it. False: it must wait. */
static bool settle(struct host_window *hosts, struct host_job *job)
{
	for (size_t i = 0; i < job->facts.probe_count; i++) {
		const struct obs_smtp *probe = &job->facts.probe[i];

		counts_add(&hosts->counts->hosts.connects, 1);
		counts_add(&hosts->counts->hosts.timeouts,
			   probe->phase == SMTP_CONNECT && probe->status == CONNECT_TIMEOUT);
	}
	if (slot_of(job)->passes + 1 < HOSTS_PASSES_MAX && host_worth_asking_again(&job->facts) && defer(hosts, job))
		return true;
	return record(hosts, &job->facts);
}

/* ---- faults of ours, as scanner/worker/worker.c has them of domains ---- */

static bool give_up(struct host_window *hosts, struct host_job *job, int fault)
{
	struct obs_host facts = { .name = job->facts.name,
				  .time_ms = job->facts.time_ms,
				  .passes = (uint8_t)(slot_of(job)->passes + 1),
				  .a.status = DNS_ERROR,
				  .aaaa.status = DNS_ERROR };
	bool is_greedy = job->arena.full;

	if (fault != NET_FAULT_MEMORY || (!is_greedy && hosts->window.allowed > 1))
		return false; /* there may be enough once others have ended */
	job->faults += job->faults < UINT8_MAX;
	if (job->faults <= WINDOW_FAULTS_MAX || !records_have_room(hosts->records) || !record(hosts, &facts))
		return false;
	log_warning("%.*s: %s, recorded as unknown", (int)facts.name.n, facts.name.p,
		    is_greedy ? "too much for the memory of one mail server"
			      : "this machine has not enough memory for it");
	return true;
}

static void settle_faulted(struct host_window *hosts, struct host_job *job, int fault, uint64_t now_ms)
{
	if (fault == NET_FAULT_SHUTDOWN || scan_is_stopping(hosts->scan)) {
		domain_log_fault(job->facts.name, fault, "left to --resume");
		give_slot_back(hosts, job);
	} else if (give_up(hosts, job, fault)) {
		give_slot_back(hosts, job);
	} else {
		domain_log_fault(job->facts.name, fault, "to be begun again");
		counts_add(&hosts->counts->faults, 1);
		if (!hosts->window.pausing)
			hosts->pause_end_ms = now_ms + WINDOW_PAUSE_MS;
		if (window_fault(&hosts->window))
			log_warning("%s%s: %u mail servers at once for now", net_fault_name(fault),
				    net_fault_remedy(fault), hosts->window.allowed);
		STAILQ_INSERT_TAIL(&hosts->faulted, job, next);
	}
}

static void settle_finished(struct host_window *hosts, uint64_t now_ms)
{
	struct host_job *job;

	while (!STAILQ_EMPTY(&hosts->finished) && records_have_room(hosts->records)) {
		job = pop(&hosts->finished);
		if (host_job_fault(job))
			settle_faulted(hosts, job, host_job_fault(job), now_ms);
		else if (settle(hosts, job))
			give_slot_back(hosts, job);
		else
			settle_faulted(hosts, job, NET_FAULT_MEMORY, now_ms);
	}
}

/* ---- the window ---- */

static void end_pause(struct host_window *hosts, uint64_t now_ms)
{
	struct host_job_list again = STAILQ_HEAD_INITIALIZER(again);
	struct host_job *job;

	if (!hosts->window.pausing || now_ms < hosts->pause_end_ms)
		return;
	window_resume(&hosts->window);
	STAILQ_CONCAT(&again, &hosts->faulted);
	while ((job = pop(&again))) {
		/* the name lies in the arena that host_job_start resets */
		char name[HOST_QUEUE_NAME_MAX];
		struct span copy = { name, job->facts.name.n };

		if (scan_is_stopping(hosts->scan)) {
			give_slot_back(hosts, job);
			continue;
		}
		memcpy(name, job->facts.name.p, copy.n);
		host_job_start(job, copy, slot_of(job)->passes);
	}
}

static void grow(struct host_window *hosts, uint64_t now_ms)
{
	struct window *window = &hosts->window;
	unsigned by = window->allowed / HOSTS_GROW_PART;

	if (window->shrunk || hosts->in_flight < window->allowed || now_ms - hosts->grown_ms < HOSTS_GROW_MS)
		return;
	window->allowed = window->most - window->allowed > by ? window->allowed + by : window->most;
	hosts->grown_ms = now_ms;
}

/* False: none can be begun now. */
static bool begin(struct host_window *hosts, bool second)
{
	struct host_job *job = take_slot(hosts);
	struct host_taken taken;

	/* whatever fails later, its name is kept to begin again with */
	if (!job || !arena_reserve(&job->arena, HOST_QUEUE_NAME_MAX) ||
	    !host_queue_take(&hosts->scan->hosts, second, &taken)) {
		if (job)
			STAILQ_INSERT_HEAD(&hosts->unused, job, next);
		return false;
	}
	hosts->in_flight++;
	job->faults = 0;
	slot_of(job)->passes = taken.passes;
	host_job_start(job, taken.name, taken.passes);
	return true;
}

void host_window_turn(struct host_window *hosts, uint64_t now_ms, bool held)
{
	bool second = atomic_load(&hosts->scan->phase) == SCAN_SECOND_PASS;

	settle_finished(hosts, now_ms);
	end_pause(hosts, now_ms);
	grow(hosts, now_ms);
	if (held || !STAILQ_EMPTY(&hosts->faulted) || scan_is_stopping(hosts->scan))
		return;
	for (unsigned begun = 0; begun < HOSTS_REFILL_MAX && hosts->in_flight < hosts->window.allowed; begun++)
		if (host_queue_is_empty(&hosts->scan->hosts, second) || !records_have_room(hosts->records) ||
		    !begin(hosts, second))
			break;
}

bool host_window_is_starved(const struct host_window *hosts)
{
	return !STAILQ_EMPTY(&hosts->faulted) && hosts->window.allowed == 1;
}

void host_window_drop(struct host_window *hosts)
{
	struct host_job *job;

	while ((job = pop(&hosts->faulted)) || (job = pop(&hosts->finished)))
		give_slot_back(hosts, job);
}
